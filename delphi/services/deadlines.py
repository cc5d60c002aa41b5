"""Deadlines: a round ends with a day, by the clocks of where its panel lives."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from delphi.errors import InvalidError
from delphi.language import UTC_ZONE, marked
from delphi.models import MailPlan

MINUTE = timedelta(minutes=1)
LONGEST_ROUND = timedelta(days=36_525)
TOO_FAR = marked("The deadline is more than a hundred years away. Check its year.")


def zone_of(session: Session, study_id: int) -> str:
    """Return the name of the study's time zone, by which its mail goes out and its rounds end."""
    plan = session.get(MailPlan, study_id)
    return plan.time_zone if plan else UTC_ZONE


def end_of(day: date, zone: str) -> datetime:
    """Return the last minute of the day in the zone, as a moment of UTC.

    >>> end_of(date(2026, 7, 25), "Europe/London").isoformat()
    '2026-07-25T22:59:00+00:00'
    """
    try:
        # Where clocks are changed in the last hour, 23:59 comes twice that day or not at all; the day after always begins.
        return datetime.combine(day + timedelta(days=1), time(), ZoneInfo(zone)).astimezone(UTC) - MINUTE
    except OverflowError as error:  # the last day that there is has no day after it
        raise InvalidError(TOO_FAR).about("deadline") from error


def require_to_come(deadline: datetime, zone: str, *, now: datetime) -> None:
    """Refuse a deadline that has passed, or that nobody can mean."""
    if deadline <= now:
        earliest = now.astimezone(ZoneInfo(zone)).date().isoformat()
        raise InvalidError("The deadline has passed already. The earliest day is {day}.", day=earliest).about("deadline")
    if deadline > now + LONGEST_ROUND:
        raise InvalidError(TOO_FAR).about("deadline")


def usual_day(weeks: int, zone: str, *, now: datetime) -> date:
    """Return the last day of a round that opens now and stays open for so many weeks."""
    return (now.astimezone(ZoneInfo(zone)) + timedelta(weeks=weeks)).date()
