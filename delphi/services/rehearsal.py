"""A study copied with an invented panel, into a database of its own, to see what it will be like before anything opens."""

from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from delphi.files.panel import PanelRow
from delphi.language import gettext, marked, speaking
from delphi.models import Applicant, AuditEntry, ConsentText, Protocol, Researcher, Role, Study, StudyRole
from delphi.models.studies import REHEARSAL
from delphi.services.attributes import FACT, known_values
from delphi.services.cloning import mail_of
from delphi.services.consent import current_consent
from delphi.services.drafts import first_draft, latest_draft, outline_of
from delphi.services.joining import Request, ask_to_join, confirm
from delphi.services.keyring import Keyring
from delphi.services.next_step import REHEARSED
from delphi.services.panel import group_sizes, import_panel
from delphi.services.protocol import choices_of, current_protocol, written
from delphi.services.recruiting import call_of, recruitment_of, save_recruitment
from delphi.services.researchers import roles_in
from delphi.services.rounds import open_round
from delphi.services.simulating import fill_in

MOST_OF_A_GROUP = 40
ENOUGH = 12
INVENTED_GROUPS = (marked("An invented group"), marked("Another invented group"))
TITLE = marked("Rehearsal: {title}")
INVENTED_VALUES = 3
APPLICANTS = 3
SEED = 1
# What a rehearsal copies, by the acts on the log that change it in the study.
COPIED = {
    "manual": {
        *("draft imported", "section edited", "items marked", "item moved"),
        *("decision", "proposal accepted", "proposal merged"),
    },
    "panel": {"panel imported", "panelist moved", "panelist removed", "group renamed", "late addition", "recruitment changed"},
    "protocol": {"protocol changed", "protocol amended"},
    "consent": {"consent text changed"},
    "mail": {"mail planned", "mail worded", "mail worded as usual"},
    "care": {"help and contact changed"},
    "team": {"role given", "role taken away", "invitation accepted"},
}


@dataclass(frozen=True)
class Age:
    """When the study's rehearsal was begun, and what of the study has changed since, by the names in `COPIED`."""

    begun_at: datetime
    changed: tuple[str, ...]


def rehearse(source: Session, scratch: Session, keyring: Keyring, study: Study, *, actor: str, now: datetime) -> Study:
    """Copy the study as it stands into an empty database, with as many invented people, and open and fill round 1 there.

    Researchers keep their accounts and roles. Of the panel only the sizes of its groups are taken.
    """
    with speaking(study.language):
        copy = _copy(source, scratch, study, now)
        _invite_nobody(source, scratch, keyring, study, copy, actor=actor, now=now)
        opened = open_round(scratch, keyring, copy, actor=actor, now=now)
        fill_in(scratch, keyring, opened, seed=SEED, now=now)
        _let_some_ask_to_join(source, scratch, keyring, study, copy, actor=actor, now=now)
    return copy


def _let_some_ask_to_join(
    source: Session, scratch: Session, keyring: Keyring, study: Study, copy: Study, *, actor: str, now: datetime
) -> None:
    """Take over how people join by a link; where a custodian admits them, one of each of a few groups has asked and waits."""
    written_here = recruitment_of(source, study)
    if written_here is None:
        return
    call = call_of(written_here)
    recruitment = save_recruitment(scratch, copy, call, version=0, actor=actor, now=now)
    if not call.is_open or call.admits_all:
        return
    answers = [question.wanted for question in call.questions]
    for n, size in enumerate(group_sizes(scratch, copy)[:APPLICANTS], start=1):
        request = Request(gettext("Invented applicant %(n)s", n=n), f"applicant-{n}@example.org", size.label, answers)
        ask_to_join(scratch, keyring, recruitment, copy, request, now=now)
    for number in scratch.scalars(select(Applicant.id)).all():
        confirm(scratch, keyring, keyring.confirming_token(number), now=now)


def age_of(session: Session, study: Study) -> Age | None:
    """Return how old the study's latest rehearsal is; None where none is on record."""
    begun = select(AuditEntry).where(AuditEntry.study_id == study.id, AuditEntry.action == REHEARSED)
    latest = session.scalar(begun.order_by(AuditEntry.id.desc()).limit(1))
    if latest is None:
        return None
    later = select(AuditEntry.action).where(AuditEntry.study_id == study.id, AuditEntry.id > latest.id).distinct()
    acts = set(session.scalars(later))
    return Age(latest.at, tuple(name for name, changing in COPIED.items() if acts & changing))


def _copy(source: Session, scratch: Session, study: Study, now: datetime) -> Study:
    title = gettext(TITLE).format(title=study.title)
    facts = {name: fact for name, fact in study.facts.items() if name != FACT} | {REHEARSAL: True}  # its people are invented
    copy = Study(slug=study.slug, title=title, language=study.language, facts=facts, created_at=now)
    scratch.add(copy)
    scratch.flush()
    _copy_team(source, scratch, study, copy, now)
    outline = outline_of(source, latest_draft(source, study))
    called = gettext(TITLE).format(title=outline.title)
    opening = (replace(outline.sections[0], heading=called),) if outline.has_opening else ()
    renamed = replace(outline, meta={**outline.meta, "title": called}, sections=(*opening, *outline.body))
    first_draft(scratch, copy, renamed, now=now)
    # Nobody has to wait for a second word in a copy that counts nowhere.
    content, sha256 = written(replace(choices_of(current_protocol(source, study)), sign_off=()))
    scratch.add(Protocol(study_id=copy.id, number=1, content=content, sha256=sha256))
    text = current_consent(source, study)
    said = {"language": text.language, "information": text.information, "statement": text.statement}
    scratch.add(ConsentText(study_id=copy.id, number=1, created_at=now, **said))
    scratch.add_all(list(mail_of(source, study, copy)))
    scratch.flush()
    return copy


def _copy_team(source: Session, scratch: Session, study: Study, copy: Study, now: datetime) -> None:
    team = select(Researcher).where(Researcher.id.in_(select(StudyRole.researcher_id).where(StudyRole.study_id == study.id)))
    for one in source.scalars(team):
        account = {"email": one.email, "password_hash": one.password_hash, "session_epoch": one.session_epoch}
        scratch.add(Researcher(id=one.id, created_at=now, **account))
        scratch.flush()
        for role in roles_in(source, one, study):
            scratch.add(StudyRole(study_id=copy.id, researcher_id=one.id, role=Role(role), granted_at=now))


def _invite_nobody(
    source: Session, scratch: Session, keyring: Keyring, study: Study, copy: Study, *, actor: str, now: datetime
) -> None:
    """Put invented people on the panel, with addresses at which there is nobody.

    What is known of people beforehand is known of these too, by its name alone: its values are invented.
    """
    known = group_sizes(source, study)
    named = sorted({group for groups in choices_of(current_protocol(source, study)).asked_of.values() for group in groups})
    labels = [size.label for size in known] or named or [gettext(label) for label in INVENTED_GROUPS]
    sizes = {size.label: min(size.n, MOST_OF_A_GROUP) for size in known if size.n} or dict.fromkeys(labels, ENOUGH)
    attributes = sorted(known_values(source, study))
    people = [(group, n) for group, size in sizes.items() for n in range(1, size + 1)]
    rows = [
        PanelRow(
            line,
            gettext("Invented person %(n)s", n=line - 1),
            f"invented-{line - 1}@example.org",
            group,
            {name: gettext("Invented value %(n)s", n=1 + line % INVENTED_VALUES) for name in attributes},
        )
        for line, (group, _) in enumerate(people, start=2)
    ]
    import_panel(scratch, keyring, copy, rows, source="rehearsal", actor=actor, now=now, attributes=attributes)
