"""Who stayed and whether to stop, as the office reads it; figures worked by hand in tests/services/test_linking.py."""

import re

import pytest

from tests import cast
from tests.web import stages

WHO, STOP = (f"{stages.HOME}/rounds/2/{page}" for page in ("who-stayed", "time-to-stop"))


@pytest.fixture
def two_rounds(database, ruth):
    def close(**more):
        with database.transaction() as session:
            stages.round_two_closed(session, **more)

    return close


def words(page):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page))


def test_who_stayed_and_how_those_had_rated_who_left(ruth, two_rounds):
    two_rounds()

    page = words(ruth.get(WHO).text)

    assert "Of 20 people who answered the round before, 15 stayed and 5 left; 0 joined." in page
    assert "those who stayed had rated 6.8 on average, those who left 8." in page
    assert re.search(r"Practitioners 14 9 5 0 9 9 8 8", page)
    assert re.search(r"Carers 6 6 0 0 6 6 5 –", page)


def test_what_the_verdicts_would_be_had_those_who_left_answered(ruth, two_rounds):
    two_rounds()

    page = words(ruth.get(WHO).text)

    # With five of twenty at the lowest level 25 % are low, where fewer than 15 % are needed.
    assert "The verdicts on 2 items of 2 depend on who left" in page
    assert page.count("75 % – 100 %") == 2
    assert page.count("depends on who left") == 2


def test_nothing_depends_on_nobody(ruth, two_rounds):
    two_rounds(leaving=())

    page = words(ruth.get(WHO).text)

    assert "No verdict depends on who left" in page
    assert "0 left" in page


def test_what_few_had_rated_is_not_shown(ruth, two_rounds):
    two_rounds(leaving=stages.FIVE_LEAVE[:2])

    page = words(ruth.get(WHO).text)

    assert "18 stayed and 2 left" in page
    assert "on average" not in page
    assert page.count("not shown not shown") == 3
    assert "What fewer than 5 people had rated is not shown" in page


def test_a_first_round_has_nothing_before_it(ruth, two_rounds):
    two_rounds()

    page = words(ruth.get(WHO.replace("/2/", "/1/")).text)

    assert "Who stays can be told once the next round is closed." in page
    assert "From round" not in page


def test_the_answer_stands_with_its_clause(ruth, two_rounds):
    two_rounds(planned_rounds=3)

    page = words(ruth.get(STOP).text)

    assert "Not yet: of 2 open items 1 is not stable and 1 was not rated by the same people in two rounds. Another round" in page
    assert "After round 1" in page
    assert "Not stable yet Consensus: in 40 15" in page


def test_at_the_last_round_by_the_plan_it_is_time(ruth, two_rounds):
    two_rounds(planned_rounds=2)

    assert re.search(r"Round 2 is the last of 2: .*? Stop", words(ruth.get(STOP).text))


def test_what_remains_open_is_listed_with_its_reason(ruth, two_rounds, database):
    two_rounds()
    with database.transaction() as session:
        study = session.query(stages.Study).one()
        stages.rounds.publish_round(session, study, stages.find_round(session, study, 2), actor="researcher 1", now=cast.NOW)

    assert "Nothing: every item is settled, kept or dropped." in words(ruth.get(STOP).text)
    assert "What remains open" not in words(ruth.get(STOP.replace("/2/", "/1/")).text)


@pytest.mark.parametrize("page", [WHO, STOP])
def test_a_round_that_is_open_or_is_not_there_is_refused(database, ruth, page):
    with database.transaction() as session:
        stages.round_open(session)

    assert ruth.get(page.replace("/2/", "/1/")).status_code == 409
    assert ruth.get(page).status_code == 404
    assert ruth.get(page.replace("/2/", "/0/")).status_code == 404
