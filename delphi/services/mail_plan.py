"""When a study's mail goes out by itself: reminders on certain days of a round, in the daytime where people live, and thanks."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo, available_timezones

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from delphi.database import lock_row
from delphi.errors import ConflictError, InvalidError
from delphi.models import (
    Ballot,
    Contact,
    MailKind,
    MailPlan,
    OutboxMail,
    Panelist,
    Round,
    RoundOccasion,
    RoundStatus,
    Study,
    Thanks,
)
from delphi.services import auditing
from delphi.services.ballots import n_answered
from delphi.services.outbox import can_be_written_to, queue_mail, queue_reminders
from delphi.services.protocol import choices_of, current_protocol
from delphi.services.reminding import BY_SCHEDULE, has_reminded

USUAL_DAYS = (7, 17, 25)
MOST_REMINDERS, LATEST_DAY = 6, 180
HOUR, LAST_HOUR = 10, 18  # mail that is late goes out until then, or the next day
LONGEST_SENDER = 100
STALE = timedelta(days=2)  # an occasion that has been missed for longer is left out


@dataclass(frozen=True)
class Plan:
    """A study's plan; no days mean that no reminder goes out by itself. Version 0: nobody has changed it."""

    time_zone: str = "UTC"
    reminder_days: tuple[int, ...] = USUAL_DAYS
    thanks: Thanks = Thanks.NEVER
    sender: str = ""
    version: int = 0

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.time_zone)


def plan_of(session: Session, study_id: int) -> Plan:
    """Return the study's plan, or what is usual."""
    row = session.get(MailPlan, study_id)
    return Plan(row.time_zone, tuple(row.reminder_days), Thanks(row.thanks), row.sender, row.version) if row else Plan()


def save_plan(session: Session, study: Study, plan: Plan, *, actor: str, now: datetime) -> None:
    """Keep the plan, unless somebody else has changed it since its version was read."""
    lock_row(session, study)
    row = session.get(MailPlan, study.id, populate_existing=True)
    if (row.version if row else 0) != plan.version:
        raise ConflictError("Somebody else has changed these settings meanwhile. Look at theirs, then make your change again.")
    _require_sensible(plan)
    if row is None:
        row = MailPlan(study_id=study.id)
        session.add(row)
    row.time_zone, row.reminder_days, row.thanks = plan.time_zone, list(plan.reminder_days), plan.thanks
    row.sender = plan.sender.strip()
    session.flush()
    detail = {"zone": plan.time_zone, "days": list(plan.reminder_days), "thanks": plan.thanks}
    auditing.record(session, study, "mail planned", actor=actor, now=now, detail=detail)


def next_reminder(session: Session, round_: Round, *, now: datetime) -> datetime | None:
    """Return when the next reminder of the schedule goes out, in the study's time zone; None when there is none left."""
    plan = plan_of(session, round_.study_id)
    if round_.status != RoundStatus.OPEN:
        return None
    done = _done(session, round_)
    moments = [moment for day, moment in _moments(plan, round_) if _name(day) not in done and moment > now - STALE]
    return min((moment for moment in moments if moment < round_.deadline), default=None)


def days_in_vain(session: Session, study: Study) -> tuple[int, ...]:
    """Return the reminder days that lie after the deadline: of the open round, or of one as long as the protocol plans."""
    plan = plan_of(session, study.id)
    open_now = session.scalar(select(Round).where(Round.study_id == study.id, Round.status == RoundStatus.OPEN))
    if open_now is not None:
        return tuple(day for day, moment in _moments(plan, open_now) if moment >= open_now.deadline)
    last = 7 * choices_of(current_protocol(session, study)).weeks
    return tuple(day for day in plan.reminder_days if day > last)


def remind_on_schedule(session: Session, study: Study, round_: Round, *, now: datetime) -> bool:
    """Write down the reminder that is due in the open round, once for each occasion; tell whether one was."""
    plan = plan_of(session, study.id)
    due = [day for day, moment in _moments(plan, round_) if moment <= now < moment + STALE]
    if not due or now >= round_.deadline or not HOUR <= now.astimezone(plan.zone).hour < LAST_HOUR:
        return False
    name = _name(due[-1])
    if name in _done(session, round_) or has_reminded(session, round_, now=now):
        return False
    session.add(RoundOccasion(round_id=round_.id, name=name, at=now))
    queue_reminders(session, round_, now=now, occasion=name)
    detail = {"round": round_.number, "day": due[-1]}
    auditing.record(session, study, "reminder sent", actor=auditing.SCHEDULE, now=now, detail=detail)
    return True


def thank_at_the_close(session: Session, round_: Round, *, now: datetime) -> None:
    """Write down thanks to whoever answered something in the round that has just closed, if that is the plan."""
    if plan_of(session, round_.study_id).thanks is not Thanks.CLOSE:
        return
    rows = session.execute(
        select(Panelist, Ballot.payload)
        .join(Ballot, Ballot.panelist_id == Panelist.id)
        .join(Contact, Contact.panelist_id == Panelist.id)
        .where(Ballot.round_id == round_.id, can_be_written_to())
        .order_by(Panelist.id)
    )
    thanked = set(session.scalars(_thanked(round_)))
    for panelist, payload in rows.all():
        if n_answered(payload) and panelist.id not in thanked:
            queue_mail(session, round_, panelist, MailKind.THANKS, now=now)


def thank_on_finishing(session: Session, round_: Round, panelist: Panelist, *, now: datetime) -> None:
    """Write down thanks to somebody who has just said that they are done, once, if that is the plan."""
    if plan_of(session, round_.study_id).thanks is not Thanks.FINISHING:
        return
    thanked = _thanked(round_).where(OutboxMail.panelist_id == panelist.id)
    if session.scalar(thanked.limit(1)) is None:
        queue_mail(session, round_, panelist, MailKind.THANKS, now=now)


def time_zones() -> Sequence[str]:
    """Return the names of the zones that may be chosen: continents and cities, and UTC."""
    return ["UTC", *sorted(name for name in available_timezones() if "/" in name and not name.startswith(("Etc/", "posix")))]


def _require_sensible(plan: Plan) -> None:
    if plan.time_zone not in time_zones():
        raise InvalidError(
            "There is no time zone called {zone}. Name one by continent and city, such as Europe/Vienna.", zone=plan.time_zone
        )
    if len(plan.sender) > LONGEST_SENDER or not plan.sender.isprintable():
        raise InvalidError("A name stands on one line and has at most {most} characters.", most=LONGEST_SENDER)
    days = plan.reminder_days
    if len(days) > MOST_REMINDERS or any(not 1 <= day <= LATEST_DAY for day in days) or list(days) != sorted(set(days)):
        raise InvalidError(
            "Give up to {most} days in rising order, each from 1 to {latest}, or none at all.",
            most=MOST_REMINDERS,
            latest=LATEST_DAY,
        )


def _moments(plan: Plan, round_: Round) -> list[tuple[int, datetime]]:
    """Return each reminder's day and moment: the morning of that day after the one on which the round opened."""
    opened = round_.opened_at.astimezone(plan.zone).date()
    return [(day, datetime.combine(opened + timedelta(days=day), time(HOUR), plan.zone)) for day in plan.reminder_days]


def _name(day: int) -> str:
    return f"{BY_SCHEDULE}{day}"


def _thanked(round_: Round) -> Select[int | None]:
    return select(OutboxMail.panelist_id).where(OutboxMail.round_id == round_.id, OutboxMail.kind == MailKind.THANKS)


def _done(session: Session, round_: Round) -> set[str]:
    return set(session.scalars(select(RoundOccasion.name).where(RoundOccasion.round_id == round_.id)))
