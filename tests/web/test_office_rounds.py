"""Opening, closing and publishing rounds, and what of them is shown."""

from datetime import timedelta

import pytest
from sqlalchemy import delete

from delphi.models import OutboxMail, Role, Round, RoundStatus, StudyRole
from delphi.services.progress import count_now
from delphi.services.studies import find_study
from tests import cast
from tests.web import stages

NEXT = f"{stages.HOME}/rounds/next"
FIRST = f"{stages.HOME}/rounds/1"


@pytest.fixture
def at(database, ruth):
    """Bring Ruth's study to a stage."""

    def bring(stage):
        with database.transaction() as session:
            stage(session)
        ruth.get("/office/")

    return bring


def status(database):
    with database.reading() as session:
        return [RoundStatus(round_.status) for round_ in session.query(Round)]


def test_the_look_before_opening_says_what_is_asked_of_whom(ruth, at):
    at(stages.with_panel)

    page = ruth.get(NEXT).text

    assert "<dd>4</dd>" in page
    assert "<dd>16</dd>" in page
    assert "It has not been rated yet." in page
    assert "before you press the button below" in page
    assert "The protocol is sealed: from then on only an amendment changes it" in page
    assert "Without a mail server it reaches nobody." in page
    assert "Only the safeguarding reader reads what people write." not in page


def test_opening_a_round_invites_everybody(database, ruth, at):
    at(stages.with_panel)

    answer = ruth.post(NEXT, {"deadline": "2099-05-01"})

    assert answer.status_code == 303
    assert answer.location == FIRST
    with database.reading() as session:
        assert session.query(OutboxMail).count() == 16
        assert session.query(Round).one().deadline.isoformat() == "2099-05-01T23:59:00+00:00"


def test_whoever_reminds_reads_that_the_invitations_have_only_just_gone_out(database, ruth, at):
    at(stages.round_open)
    said = "The invitations are less than a day old."

    assert said in ruth.get(FIRST).text
    with database.transaction() as session:
        session.query(Round).one().opened_at -= timedelta(days=1)
    assert said not in ruth.get(FIRST).text


def test_without_a_panel_there_is_no_button_and_no_round(database, ruth, at):
    at(cast.begin_study)

    page = ruth.get(NEXT).text
    assert "Import the panel first" in page
    assert "before you press the button below" not in page
    assert ruth.post(NEXT, {"deadline": "2099-05-01"}).status_code == 409
    assert status(database) == []


def test_a_second_round_waits_until_the_first_is_published(database, ruth, at):
    at(stages.round_closed)

    assert "is not published yet" in ruth.get(NEXT).text
    assert ruth.post(NEXT, {"deadline": "2099-05-01"}).status_code == 409
    assert len(status(database)) == 1


def test_an_open_round_shows_how_many_have_completed_and_no_answer(database, ruth, at):
    at(stages.round_open)

    first_day = (cast.NOW + timedelta(days=1)).strftime("%-d %B %Y")
    assert f"counted for the first time on {first_day}" in ruth.get(FIRST).text
    overview = ruth.get(f"{stages.HOME}/").text
    assert f"counted for the first time on {first_day}" in overview
    assert "See how many have answered" not in overview
    with database.transaction() as session:
        count_now(session, session.query(Round).one(), now=cast.NOW)

    page = ruth.get(FIRST).text

    assert "counted for the first time" not in page + ruth.get(f"{stages.HOME}/").text
    row = '<th scope="row">Carers</th><td class="numeric">6</td><td class="numeric">6</td>'
    assert row in " ".join(page.split()).replace("> <", "><")
    assert "Not every house" not in page
    for closed_only in ("/results", f"/items/{cast.ITEMS[0]}", "/decisions"):
        refused = ruth.get(f"{FIRST}{closed_only}")
        assert refused.status_code == 409
        assert "Not every house" not in refused.text


def test_a_small_group_is_said_to_be_hidden(database, ruth):
    with database.transaction() as session:
        study = cast.begin_study(session)
        cast.add_panel(session, study, {"Carers": 4, "Practitioners": 10})
        count_now(session, cast.open_round(session, study), now=cast.NOW)

    assert "not shown, to protect few people" in ruth.get(FIRST).text


def test_closing_is_asked_first_and_then_for_good(database, ruth, at):
    at(stages.round_open)
    asked = ruth.get(f"{FIRST}/close").text
    assert "Close round 1 for good?" in asked
    assert "From then on no answer is taken, also none on paper or by telephone, which can be typed in until" in asked
    assert status(database) == [RoundStatus.OPEN]

    answer = ruth.post(f"{FIRST}/close")

    assert answer.status_code == 303
    assert status(database) == [RoundStatus.CLOSED]
    again = ruth.post(f"{FIRST}/close")
    assert again.status_code == 409
    assert "Round 1 is already closed." in again.text


def test_publishing_says_what_the_panel_will_see_and_happens_once(database, ruth, at):
    at(stages.round_closed)
    page = ruth.get(f"{FIRST}/publish").text
    assert "how many rated it low, middle and high, and the median" in page
    assert "level by level" in page

    assert ruth.post(f"{FIRST}/publish").status_code == 303
    assert status(database) == [RoundStatus.PUBLISHED]
    assert ruth.post(f"{FIRST}/publish").status_code == 409


def test_an_open_round_says_truly_who_can_see_who_has_completed(database, ruth, at):
    at(stages.round_open)
    page = f"{stages.HOME}/rounds/1"
    offered = ruth.get(page).text
    said = ("counted for the first time on", "As a custodian you can see who has completed it</a>", "Invited, by group")
    places = [offered.index(words) for words in said]
    assert places == sorted(places)
    assert offered.count(f'href="{page}/completed"') == 1

    with database.transaction() as session:
        session.execute(delete(StudyRole).where(StudyRole.role == Role.CUSTODIAN))

    told = ruth.get(page).text
    assert "Only a custodian can see who has completed it." in told
    assert f"{page}/completed" not in told


def test_the_safeguarding_reader_is_led_to_what_people_write_while_a_round_is_open(database, ruth, at):
    at(stages.with_reader)
    pages = (f"{stages.HOME}/", FIRST)
    assert "Only the safeguarding reader reads what people write." in ruth.get(NEXT).text
    assert "You read for safeguarding" not in ruth.get(pages[0]).text

    ruth.post(NEXT, {"deadline": "2099-05-01"})

    for page in pages:
        assert f'<a href="{stages.HOME}/safeguarding">You read for safeguarding' in ruth.get(page).text
    led = f'it is written to a file, and reaches nobody. <a href="{FIRST}">How people'
    assert led in ruth.get(pages[0]).text
    with database.transaction() as session:
        study = find_study(session, stages.SLUG)
        cast.amend(session, study, safeguarding=None)
    for page in pages:
        assert "You read for safeguarding" not in ruth.get(page).text


def test_an_open_round_cannot_be_published(database, ruth, at):
    at(stages.round_open)

    assert ruth.post(f"{FIRST}/publish").status_code == 409
    assert status(database) == [RoundStatus.OPEN]


@pytest.mark.parametrize(
    ("stage", "title"),
    [
        (cast.begin_study, "Import the panel"),
        (stages.with_panel, "Check the protocol"),
        (stages.round_open, "Wait for answers to round 1"),
        (stages.round_closed, "Read the results of round 1 and publish them"),
        (stages.round_published, "Decide on the items of round 1"),
        (stages.decided, "Open round 2"),
    ],
)
def test_the_overview_says_the_next_thing_to_do(ruth, at, stage, title):
    at(stage)

    assert f'<h2 id="next-step-title">{title}</h2>' in ruth.get(f"{stages.HOME}/").text
