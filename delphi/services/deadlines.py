"""Deadlines: a round ends with a day, by the clocks of where its panel lives."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from delphi.language import UTC_ZONE
from delphi.models import MailPlan

LAST_MINUTE = time(23, 59)


def zone_of(session: Session, study_id: int) -> str:
    """Return the name of the study's time zone, by which its mail goes out and its rounds end."""
    plan = session.get(MailPlan, study_id)
    return plan.time_zone if plan else UTC_ZONE


def end_of(day: date, zone: str) -> datetime:
    """Return the last minute of the day in the zone, as a moment of UTC.

    >>> end_of(date(2026, 7, 25), "Europe/London").isoformat()
    '2026-07-25T22:59:00+00:00'
    """
    return datetime.combine(day, LAST_MINUTE, ZoneInfo(zone)).astimezone(UTC)


def usual_day(weeks: int, zone: str, *, now: datetime) -> date:
    """Return the last day of a round that opens now and stays open for so many weeks."""
    return (now.astimezone(ZoneInfo(zone)) + timedelta(weeks=weeks)).date()
