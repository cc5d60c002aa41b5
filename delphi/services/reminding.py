"""Reminding by hand: once a day at most, and only whoever still has something to do and wants to hear of it."""

from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from delphi.database import lock_row
from delphi.errors import ConflictError
from delphi.models import MailKind, OutboxMail, Round, RoundStatus, Study
from delphi.services import auditing
from delphi.services.outbox import queue_reminders

SHORTEST_WAIT = timedelta(days=1)


def remind(session: Session, study: Study, round_: Round, *, actor: str, now: datetime) -> bool:
    """Write down a reminder to everybody in the open round who is to get one; tell whether there was anybody.

    How many there were is told to nobody: from it would follow who has paused reminders.
    """
    lock_row(session, study)
    if round_.status != RoundStatus.OPEN:
        raise ConflictError("Round {number} is closed, so there is nothing to remind of.", number=round_.number)
    if has_reminded(session, round_, now=now):
        raise ConflictError("A reminder went out within the last day. The next can go out a day after it.")
    n_queued = queue_reminders(session, round_, now=now, occasion=f"{now:%Y-%m-%dT%H:%M}")
    auditing.record(session, study, "reminder sent", actor=actor, now=now, detail={"round": round_.number})
    return n_queued > 0


def has_reminded(session: Session, round_: Round, *, now: datetime) -> bool:
    """Tell whether a reminder of this round was written down within the last day."""
    latest = select(OutboxMail.id).where(
        OutboxMail.round_id == round_.id, OutboxMail.kind == MailKind.REMINDER, OutboxMail.queued_at > now - SHORTEST_WAIT
    )
    return session.scalar(latest.limit(1)) is not None
