"""Mail that goes out by itself: reminders in the morning of certain days, once for each occasion, and thanks once."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from delphi.errors import ConflictError, InvalidError
from delphi.models import Ballot, MailKind, OutboxMail, Round, RoundStatus, Study, Thanks
from delphi.services import auditing, mail_plan, rounds, taking_part
from delphi.services.ratings import finish
from delphi.services.reminding import remind
from delphi.services.schedule import act_on_schedule
from tests import cast

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
MORNING = datetime(2026, 3, 9, 10, 0, tzinfo=UTC)  # the seventh day after cast.NOW


def plan(session: Session, study: Study, **changes: object) -> None:
    now = mail_plan.plan_of(session, study.id)
    mail_plan.save_plan(session, study, replace(now, **changes), actor="researcher 1", now=cast.NOW)  # type: ignore[arg-type]


def mails(session: Session, kind: MailKind) -> list[OutboxMail]:
    return list(session.scalars(select(OutboxMail).where(OutboxMail.kind == kind)))


def reminded_at(session: Session, study: Study, *moments: datetime) -> list[int]:
    """Return how many reminders there are after the worker has looked at each of these moments."""
    counts = []
    for moment in moments:
        act_on_schedule(session, study, now=moment)
        session.flush()
        counts.append(len(mails(session, MailKind.REMINDER)))
    return counts


def test_reminders_go_out_on_the_days_of_the_plan_each_once(session: Session, study: Study, round_: Round) -> None:
    moments = [
        MORNING - MINUTE,
        MORNING,
        MORNING + MINUTE,
        MORNING + 9 * DAY,
        MORNING + 10 * DAY,
        MORNING + 18 * DAY,
        MORNING + 19 * DAY,
    ]

    assert reminded_at(session, study, *moments) == [0, 6, 6, 6, 12, 18, 18]
    entries = [entry for entry in auditing.entries(session, study) if entry.action == "reminder sent"]
    assert [(entry.actor, entry.detail) for entry in entries] == [
        ("schedule", f'{{"day":{day},"round":1}}') for day in (7, 17, 25)
    ]


def test_only_who_has_not_completed_and_wants_to_hear_of_it_is_reminded(session: Session, study: Study, round_: Round) -> None:
    cast.rate(session, round_, "carers-1@example.org", dict.fromkeys(cast.ITEMS, 7))
    taking_part.pause_reminders(session, cast.member(session, round_, "carers-2@example.org").panelist)

    assert reminded_at(session, study, MORNING) == [4]


def test_who_takes_reminders_up_again_is_not_reminded_of_an_occasion_that_has_passed(
    session: Session, study: Study, round_: Round
) -> None:
    ada = cast.member(session, round_, "carers-1@example.org").panelist
    taking_part.pause_reminders(session, ada)
    assert reminded_at(session, study, MORNING) == [5]
    taking_part.resume_reminders(session, ada)

    assert reminded_at(session, study, MORNING + HOUR) == [5]


@pytest.mark.parametrize(("zone", "utc_hour"), [("Europe/Vienna", 9), ("America/New_York", 14), ("Asia/Tokyo", 1)])
def test_ten_in_the_morning_is_where_the_panel_lives(
    session: Session, study: Study, round_: Round, zone: str, utc_hour: int
) -> None:
    plan(session, study, time_zone=zone)
    moment = MORNING.replace(hour=utc_hour)

    assert mail_plan.next_reminder(session, round_, now=cast.NOW) == moment
    assert reminded_at(session, study, moment - MINUTE, moment) == [0, 6]


def test_over_a_change_of_the_clocks_it_stays_ten_in_the_morning(session: Session, study: Study, round_: Round) -> None:
    plan(session, study, time_zone="Europe/Vienna", reminder_days=(27,))  # the clocks go forward on 29 March; 2 + 27 March

    assert reminded_at(session, study, datetime(2026, 3, 29, 7, 59, tzinfo=UTC), datetime(2026, 3, 29, 8, 0, tzinfo=UTC)) == [
        0,
        6,
    ]


def test_a_worker_that_was_away_reminds_later_in_the_day_or_the_next_never_at_night(
    session: Session, study: Study, round_: Round
) -> None:
    assert reminded_at(session, study, MORNING + 8 * HOUR, MORNING + 23 * HOUR, MORNING + DAY) == [0, 0, 6]


def test_an_occasion_that_was_missed_for_days_is_left_out(session: Session, study: Study, round_: Round) -> None:
    assert reminded_at(session, study, MORNING + 2 * DAY) == [0]


def test_within_a_day_of_a_reminder_by_hand_none_goes_out_by_itself(session: Session, study: Study, round_: Round) -> None:
    remind(session, study, round_, actor="researcher 1", now=MORNING - HOUR)
    session.flush()

    assert reminded_at(session, study, MORNING, MORNING + DAY) == [6, 12]


def test_after_the_deadline_and_of_a_closed_round_nobody_is_reminded(session: Session, study: Study, round_: Round) -> None:
    round_.deadline = MORNING - HOUR
    assert reminded_at(session, study, MORNING) == [0]
    assert mail_plan.next_reminder(session, round_, now=cast.NOW) is None

    round_.deadline = MORNING + DAY
    cast.close_and_publish(session, study, round_)
    assert reminded_at(session, study, MORNING) == [0]


def test_no_days_switch_reminders_off(session: Session, study: Study, round_: Round) -> None:
    plan(session, study, reminder_days=())

    assert reminded_at(session, study, MORNING, MORNING + 10 * DAY) == [0, 0]
    assert mail_plan.next_reminder(session, round_, now=cast.NOW) is None


def test_what_comes_next_is_told(session: Session, study: Study, round_: Round) -> None:
    assert mail_plan.next_reminder(session, round_, now=cast.NOW) == MORNING
    act_on_schedule(session, study, now=MORNING)
    session.flush()

    assert mail_plan.next_reminder(session, round_, now=MORNING) == MORNING + 10 * DAY


@pytest.mark.parametrize(
    "changes",
    [
        {"time_zone": "Atlantis/Capital"},
        {"time_zone": "../../etc/passwd"},
        {"reminder_days": (0,)},
        {"reminder_days": (7, 7)},
        {"reminder_days": (17, 7)},
        {"reminder_days": (181,)},
        {"reminder_days": (1, 2, 3, 4, 5, 6, 7)},
    ],
)
def test_a_plan_that_cannot_be_kept_is_refused(session: Session, study: Study, changes: dict[str, object]) -> None:
    with pytest.raises(InvalidError):
        plan(session, study, **changes)


def test_of_two_who_change_the_plan_at_once_the_second_is_told(session: Session, study: Study) -> None:
    plan(session, study, reminder_days=(3,))

    with pytest.raises(ConflictError, match="Somebody else"):
        mail_plan.save_plan(session, study, mail_plan.Plan(reminder_days=(4,)), actor="researcher 1", now=cast.NOW)


def test_unless_it_is_planned_nobody_is_thanked(session: Session, study: Study, round_: Round) -> None:
    cast.rate(session, round_, "carers-1@example.org", {"pace": 7})
    finish(session, cast.member(session, round_, "carers-1@example.org"), now=cast.NOW)
    rounds.close_round(session, study, round_, actor="researcher 1", now=cast.NOW)

    assert mails(session, MailKind.THANKS) == []


def test_who_says_that_they_are_done_is_thanked_once(session: Session, study: Study, round_: Round) -> None:
    plan(session, study, thanks=Thanks.FINISHING)
    for _ in range(2):
        finish(session, cast.member(session, round_, "carers-1@example.org"), now=cast.NOW)
        session.flush()
    plan(session, study, thanks=Thanks.CLOSE)
    cast.rate(session, round_, "carers-1@example.org", {"pace": 7})
    rounds.close_round(session, study, round_, actor="researcher 1", now=cast.NOW)

    (mail,) = mails(session, MailKind.THANKS)
    assert mail.panelist_id == cast.member(session, round_, "carers-1@example.org").panelist_id


def test_at_the_close_whoever_answered_something_is_thanked(session: Session, study: Study, round_: Round) -> None:
    plan(session, study, thanks=Thanks.CLOSE)
    for n in (1, 2, 3):
        cast.rate(session, round_, f"carers-{n}@example.org", {"pace": 7})
    cleared = cast.member(session, round_, "carers-2@example.org")
    session.get_one(Ballot, (round_.id, cleared.panelist_id)).payload = bytes(len(cast.ITEMS))
    taking_part.decline(session, cast.member(session, round_, "carers-3@example.org"), now=cast.NOW)

    rounds.close_round(session, study, round_, actor="researcher 1", now=cast.NOW)

    assert [mail.panelist_id for mail in mails(session, MailKind.THANKS)] == [
        cast.member(session, round_, "carers-1@example.org").panelist_id
    ]


def test_days_after_the_deadline_are_told(session: Session, study: Study, round_: Round) -> None:
    plan(session, study, reminder_days=(7, 27, 28, 29, 40))

    assert mail_plan.days_in_vain(session, study) == (29, 40)  # the round ends at the end of day 28
    round_.status = RoundStatus.CLOSED
    session.flush()
    assert mail_plan.days_in_vain(session, study) == (29, 40)  # four weeks, as the protocol plans them
