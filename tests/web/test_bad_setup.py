"""What cannot be while a study is set up, a test a row: a day that will not do, nothing to ask, the same name twice."""

import re
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from delphi.models import MailPlan, Round, Study
from delphi.services.decisions import Verdict, decide
from delphi.services.studies import find_study
from tests import cast
from tests.web import stages
from tests.web.test_refused_fields import problems

NEXT = f"{stages.HOME}/rounds/next"
DEADLINE = f"{stages.HOME}/rounds/1/deadline"
PASSED = "The deadline has passed already. The earliest day is 2026-03-02."


@pytest.fixture
def at(database, ruth):
    """Bring Ruth's study to a stage, with its clocks in a zone."""

    def bring(stage, zone="UTC"):
        with database.transaction() as session:
            stage(session)
            study = find_study(session, stages.SLUG)
            if zone != "UTC":
                session.add(MailPlan(study_id=study.id, time_zone=zone, reminder_days=[]))
        ruth.get("/office/")

    return bring


def rounds(database):
    with database.reading() as session:
        return [(round_.number, round_.deadline) for round_ in session.query(Round)]


@pytest.mark.parametrize(
    ("day", "said"),
    [
        ("2026-03-01", PASSED),
        ("2020-01-01", PASSED),
        ("9999-12-31", "The deadline is more than a hundred years away. Check its year."),
        ("2026-02-30", "Write a date: the year, the month and the day."),
        ("soon", "Write a date: the year, the month and the day."),
    ],
)
def test_a_day_that_will_not_do_is_refused_at_its_field_with_one_that_would(database, ruth, at, day, said):
    at(stages.with_panel)

    page = ruth.post(NEXT, {"deadline": day})

    assert page.status_code == 422
    assert problems(page.text) == [("deadline", said)]
    assert rounds(database) == []


@pytest.mark.parametrize(
    ("day", "said"),
    [
        ("2026-03-30", "A deadline can only be put off: people were told that they have until then. Give a later day."),
        ("9999-12-31", "The deadline is more than a hundred years away. Check its year."),
    ],
)
def test_neither_is_a_day_to_which_a_deadline_cannot_be_put_off(database, ruth, at, day, said):
    at(stages.round_open)
    before = rounds(database)

    page = ruth.post(DEADLINE, {"deadline": day, "reason": "Many were away."})

    assert page.status_code == 422
    assert problems(page.text) == [("deadline", said)]
    assert "Many were away." in page.text
    assert rounds(database) == before


def test_a_deadline_that_is_over_is_put_off_to_a_day_to_come(database, ruth, at):
    at(stages.round_open)
    with database.transaction() as session:
        session.query(Round).one().deadline = cast.NOW - timedelta(days=9)

    page = ruth.post(DEADLINE, {"deadline": "2026-03-01", "reason": "Many were away."})

    assert (page.status_code, problems(page.text)) == (422, [("deadline", PASSED)])


@pytest.mark.parametrize(
    ("day", "zone", "ends"),
    [
        # At 23:00 the clocks go on to midnight: there is no 23:59, and the day ends at 22:59.
        ("2026-03-28", "America/Nuuk", "2026-03-29T00:59:00+00:00"),
        # At midnight they go back to 23:00: there are two 23:59, and the day ends with the second.
        ("2026-10-29", "Africa/Cairo", "2026-10-29T21:59:00+00:00"),
        # In the night before 29 March they go forward, so that it has but 23 hours.
        ("2026-03-29", "Europe/London", "2026-03-29T22:59:00+00:00"),
    ],
)
def test_where_clocks_are_changed_the_day_that_was_given_ends_with_its_last_minute(database, ruth, at, day, zone, ends):
    at(stages.with_panel, zone)

    assert ruth.post(NEXT, {"deadline": day}).status_code == 303

    ((_, deadline),) = rounds(database)
    assert deadline == datetime.fromisoformat(ends)
    local, after = (moment.astimezone(ZoneInfo(zone)) for moment in (deadline, deadline + timedelta(minutes=1)))
    assert (local.date().isoformat(), after.date() - local.date()) == (day, timedelta(days=1))
    assert f"answers until {local:%-d %B %Y}" in ruth.get(f"{stages.HOME}/rounds/1").text


def test_a_draft_without_any_item_is_asked_about_section_by_section_and_the_check_says_so(database, ruth):
    with database.transaction() as session:
        cast.begin_study(session, manual="---\ntitle: Bare\n---\n\n## Pace\n\nSlow.\n\n## Place\n\nHere.\n")

    check = ruth.get(f"{stages.HOME}/check").text

    assert "No item is marked, so every section is rated as a whole, as flexible." in check


def test_no_round_opens_on_nothing(database, ruth, at):
    at(stages.round_published)
    with database.transaction() as session:
        study, round_ = session.query(Study).one(), session.query(Round).one()
        for key in cast.ITEMS:
            told = {"version": 0, "by": None, "actor": "researcher 1", "now": cast.NOW}
            decide(session, study, round_, key, Verdict("keep", "It stays as it is."), **told)

    assert "There is nothing to ask: no item is left to rate." in ruth.get(f"{stages.HOME}/check").text
    page = ruth.post(NEXT, {"deadline": stages.later(20)})

    assert page.status_code == 409
    assert "There is nothing left to ask: every item is settled, kept or dropped. The manual is ready." in page.text
    assert len(rounds(database)) == 1


def test_no_edit_leaves_a_manual_without_any_item(ruth, at):
    at(cast.begin_study)
    bare = {"first-meeting": "## Meeting {#first-meeting}\n\nSlowly.\n", "going-along": "## Going {#going-along}\n\nTogether.\n"}
    answers = []

    for key, text in bare.items():
        address = f"{stages.HOME}/manual/sections/{key}"
        edition = re.search(r'name="edition"[^>]*value="([^"]*)"', ruth.get(address).text)[1]
        fields = {"edition": edition, "text": text, "edit_class": "substantive", "reason": "Only prose."}
        answers.append(ruth.post(address, fields))

    assert [answer.status_code for answer in answers] == [303, 422]
    assert "This would leave the manual without any item. Keep at least one." in answers[1].text
    assert "Together." in answers[1].text
