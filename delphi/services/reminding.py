"""Reminding by hand: once a day at most, and only whoever still has something to do and wants to hear of it."""

from datetime import datetime, timedelta

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from delphi.database import lock_row
from delphi.errors import ConflictError
from delphi.models import Round, RoundOccasion, RoundStatus, Study
from delphi.services import auditing
from delphi.services.outbox import queue_reminders

SHORTEST_WAIT = timedelta(days=1)
BY_SCHEDULE, BY_HAND = "day ", "by hand "  # what occasions on which a round is reminded of are called


def remind(session: Session, study: Study, round_: Round, *, actor: str, now: datetime) -> None:
    """Write down a reminder to everybody in the open round who is to get one.

    How many there were is told to nobody, nor whether there was anybody: from it would follow who has paused reminders, or
    between two counts that the last has answered.
    """
    lock_row(session, study)
    if round_.status != RoundStatus.OPEN:
        raise ConflictError("Round {number} is closed, so there is nothing to remind of.", number=round_.number)
    if has_reminded(session, round_, now=now):
        raise ConflictError("A reminder went out within the last day. The next can go out a day after it.")
    occasion = f"{now:%Y-%m-%dT%H:%M}"
    session.add(RoundOccasion(round_id=round_.id, name=f"{BY_HAND}{occasion}", at=now))
    queue_reminders(session, round_, now=now, occasion=occasion)
    auditing.record(session, study, "reminder sent", actor=actor, now=now, detail={"round": round_.number})


def has_reminded(session: Session, round_: Round, *, now: datetime) -> bool:
    """Tell whether the round was reminded of within the last day, whoever was left to be."""
    latest = select(RoundOccasion.name).where(
        RoundOccasion.round_id == round_.id,
        RoundOccasion.at > now - SHORTEST_WAIT,
        or_(RoundOccasion.name.startswith(BY_SCHEDULE), RoundOccasion.name.startswith(BY_HAND)),
    )
    return session.scalar(latest.limit(1)) is not None
