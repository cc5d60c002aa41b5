"""The pack for an ethics committee: what people are told, who sees what, the protocol, the mails and the blank questions."""

from datetime import timedelta
from typing import Any

from flask import g
from sqlalchemy import select

from delphi.mail import message_of
from delphi.manual.outline import Outline
from delphi.models import Audience, ItemVersion, MailKind, Researcher, Role, StudyRole
from delphi.services.amending import amendments_of
from delphi.services.answering import Asked, Sheet
from delphi.services.ballots import Questionnaire
from delphi.services.care import crisis_words, outside_contact
from delphi.services.consent import current_consent
from delphi.services.drafts import latest_draft, outline_of
from delphi.services.letters import Letter, own_wording
from delphi.services.minutes import longest_minutes
from delphi.services.panel import group_sizes
from delphi.services.protocol import Choices, choices_of, current_protocol
from delphi.services.researchers import ROLE_WORDS
from delphi.services.rounds import proposed_items
from delphi.services.sight import sight_of
from delphi.services.studies import rounds_of
from delphi.web.access import now, site
from delphi.web.panel.cards import Typed, card
from delphi.web.panel.writing import audience_word
from delphi.web.paper import sections_on_paper
from delphi.web.prints import document
from delphi.web.protocol_words import changed_lines, lines_of
from delphi.web.words import gettext

# News are worded each time, so there is nothing to show of them beforehand; the pack says so.
TOLD_BY_MAIL = (MailKind.INVITATION, MailKind.REMINDER, MailKind.NEW_LINK, MailKind.ANSWER, MailKind.THANKS)


def ethics_pack_html() -> str:
    """Return the pack of the study at hand as one document that needs no other file."""
    protocol = current_protocol(g.session, g.study)
    choices = choices_of(protocol)
    outline = outline_of(g.session, latest_draft(g.session, g.study))
    groups = group_sizes(g.session, g.study)
    headings = {chapter.key: chapter.heading for chapter in outline.chapters}
    asked = [proposal.version for proposal in proposed_items(g.session, g.study) if proposal.is_asked]
    keys, labels = {version.item.key for version in asked}, [group.label for group in groups]
    minutes = longest_minutes(outline, keys, choices, labels)
    return document(
        "paper/ethics_pack.html",
        study=g.study,
        made=now(),
        consent=current_consent(g.session, g.study),
        choices=choices,
        sight=sight_of(g.session, g.study),
        crisis=crisis_words(g.study),
        outside=outside_contact(g.study),
        team=_team(),
        protocol=protocol,
        lines=lines_of(choices, headings),
        amendments=[(one.protocol.reason, changed_lines(one, headings)) for one in amendments_of(g.session, g.study)],
        groups=groups,
        n_items=len(asked),
        minutes=minutes,
        mails=[_mail(kind, choices, minutes) for kind in TOLD_BY_MAIL],
        chapters=_blank_chapters(outline, asked, choices),
        audiences=_audiences(choices),
    )


def _audiences(choices: Choices) -> list[str]:
    has_reader = choices.safeguarding is not None
    return [audience_word(audience, has_reader=has_reader) for audience in Audience] if choices.show_comments else []


def _team() -> list[dict[str, str]]:
    """Return who works on the study, by address, each with their roles."""
    rows = select(Researcher.email, StudyRole.role).join(StudyRole, StudyRole.researcher_id == Researcher.id)
    held: dict[str, list[str]] = {}
    for address, role in g.session.execute(rows.where(StudyRole.study_id == g.study.id).order_by(Researcher.email)):
        held.setdefault(address, []).append(gettext(ROLE_WORDS[Role(role)]))
    return [{"address": address, "roles": ", ".join(roles)} for address, roles in held.items()]


def _mail(kind: MailKind, choices: Choices, minutes: int) -> dict[str, str]:
    """Return a mail as it goes out, to nobody in particular and with no way in."""
    owners = select(Researcher.email).join(StudyRole, StudyRole.researcher_id == Researcher.id)
    contact = g.session.scalars(owners.where(StudyRole.study_id == g.study.id, StudyRole.role == Role.OWNER)).first()
    letter = Letter(
        mail_id=0,
        kind=kind,
        name=gettext("[name]"),
        address="name@example.org",
        study_title=g.study.title,
        contact=contact or "owner@example.org",
        round_number=len(rounds_of(g.session, g.study)) + 1,
        deadline=now() + timedelta(weeks=choices.weeks),
        token="…",
        language=g.study.language,
        code="…",
        wording=own_wording(g.session, g.study.id, kind),
        minutes=minutes,
    )
    message = message_of(site().settings, letter, now=now())
    return {"subject": str(message["Subject"]), "body": message.get_content()}


def _blank_chapters(outline: Outline, asked: list[ItemVersion], choices: Choices) -> list[dict[str, Any]]:
    """Return the chapters that ask something with a card for each item, as nobody has answered it yet."""
    sheet = Sheet(Questionnaire(tuple(asked), choices), outline.chapters, {}, {})
    cards = {
        version.item.key: card(_unanswered(version, place, choices), sheet, {}, "", Typed())
        for place, version in enumerate(asked)
    }
    asking = [chapter for chapter in outline.chapters if any(item.key in cards for item in chapter.items)]
    return [{"heading": chapter.heading, "sections": sections_on_paper(chapter, cards)} for chapter in asking]


def _unanswered(version: ItemVersion, place: int, choices: Choices) -> Asked:
    nothing = ("",) * len(choices.criteria)
    return Asked(version, place, nothing, "", 0, Audience.TEAM, "", 0, None, None, ())
