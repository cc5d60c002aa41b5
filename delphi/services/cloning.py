"""A new study begun from another one: its manual and how it is run, and nobody and nothing that anybody said."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from delphi.models import Code, MailKind, MailPlan, MailText, Researcher, StakeholderGroup, Study
from delphi.services import auditing
from delphi.services.care import CONTACT_FACT, CRISIS_FACT
from delphi.services.consent import current_consent, is_as_it_came
from delphi.services.drafts import latest_draft, outline_of
from delphi.services.mail_texts import checked
from delphi.services.protocol import choices_of, current_protocol, written
from delphi.services.studies import create_study


def clone_study(
    session: Session, origin: Study, *, owner: Researcher, actor: str, now: datetime, title: str = "", slug: str = ""
) -> Study:
    """Begin a study with the newest draft of another, its protocol, groups, codebook, mail, consent and words on care.

    The protocol is not sealed. Whom it names for safeguarding and for a second word are people, so they stay behind, as do the
    panel, answers, comments and decisions, and the team: the owner holds every role until others join.
    """
    draft = latest_draft(session, origin)
    outline = outline_of(session, draft)
    begun = replace(outline, meta={**outline.meta, "language": origin.language})
    study = create_study(session, begun, owner=owner, actor=actor, now=now, title=title or origin.title, slug=slug)
    session.flush()
    _copy_protocol(session, origin, study)
    _copy_words(session, origin, study)
    groups = select(StakeholderGroup).where(StakeholderGroup.study_id == origin.id).order_by(StakeholderGroup.position)
    for group in session.scalars(groups):
        session.add(StakeholderGroup(study_id=study.id, label=group.label, position=group.position, target=group.target))
    for code in session.scalars(select(Code).where(Code.study_id == origin.id).order_by(Code.id)):
        session.add(Code(study_id=study.id, name=code.name, definition=code.definition))
    session.flush()
    detail = {"from": origin.slug, "draft": draft.number, "protocol": current_protocol(session, study).sha256}
    auditing.record(session, study, "study cloned", actor=actor, now=now, detail=detail)
    return study


def _copy_protocol(session: Session, origin: Study, study: Study) -> None:
    choices = replace(choices_of(current_protocol(session, origin)), safeguarding=None, sign_off=())
    protocol = current_protocol(session, study)
    protocol.content, protocol.sha256 = written(choices)


def _copy_words(session: Session, origin: Study, study: Study) -> None:
    """Take over what people are told: information and consent, mail and when it goes out, whom to turn to."""
    told, text = current_consent(session, study), current_consent(session, origin)
    told.statement = text.statement
    # What nobody has touched is not the team's own word; the new study has begun with the same, made out to its own title.
    if not is_as_it_came(origin, text.information):
        told.information = text.information.replace(f"*{origin.title}*", f"*{study.title}*")
    study.facts = {name: origin.facts[name] for name in (CONTACT_FACT, CRISIS_FACT) if name in origin.facts}
    session.add_all(list(mail_of(session, origin, study)))


def mail_of(session: Session, origin: Study, study: Study) -> Iterator[MailText | MailPlan]:
    """Yield what another study says in its mail and when it goes out, made out to this one."""
    for own in session.scalars(select(MailText).where(MailText.study_id == origin.id)):
        # The subject must not name the new study either.
        wording = checked(study, MailKind(own.kind), own.subject, own.body)
        yield MailText(study_id=study.id, kind=own.kind, subject=wording.subject, body=wording.body)
    if plan := session.get(MailPlan, origin.id):
        when = {"time_zone": plan.time_zone, "reminder_days": list(plan.reminder_days), "thanks": plan.thanks}
        yield MailPlan(study_id=study.id, sender=plan.sender, **when)
