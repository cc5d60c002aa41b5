"""Archiving a study: everything stays to be read, nothing goes on, and its owner can bring it back."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from delphi.database import lock_row
from delphi.errors import ConflictError
from delphi.models import OutboxMail, RoundStatus, Study
from delphi.services import auditing
from delphi.services.outbox import give_up
from delphi.services.studies import rounds_of


def archive(session: Session, study: Study, *, actor: str, now: datetime) -> None:
    """Let nothing in the study be changed from now on, and no mail of it go out; refused while a round is open."""
    lock_row(session, study)
    if study.archived_at is not None:
        raise ConflictError("This study is archived already.")
    auditing.record(session, study, "study archived", actor=actor, now=now)
    opened = next((round_ for round_ in rounds_of(session, study) if round_.status == RoundStatus.OPEN), None)
    if opened is not None:
        raise ConflictError("Round {number} is open. Close it first; then the study can be archived.", number=opened.number)
    study.archived_at = now
    unsent = select(OutboxMail).where(
        OutboxMail.study_id == study.id, OutboxMail.sent_at.is_(None), OutboxMail.ended_at.is_(None)
    )
    for mail in session.scalars(unsent).all():
        give_up(session, mail, now=now)
    session.flush()


def bring_back(session: Session, study: Study, *, actor: str, now: datetime) -> None:
    """Let an archived study go on where it was; mail that was given up stays so."""
    lock_row(session, study)
    if study.archived_at is None:
        raise ConflictError("This study is not archived.")
    study.archived_at = None
    session.flush()
    auditing.record(session, study, "study brought back", actor=actor, now=now)
