"""Two people for a step, and an opening that is taken back, as pages."""

import re
from datetime import timedelta

import pytest
from sqlalchemy import select

from delphi.models import Role, Round, RoundStatus, RoundStep, Study, StudyRole
from delphi.services.progress import count_now
from tests import cast
from tests.web import stages
from tests.web.test_office_routes import _dump

SECOND = f"{stages.HOME}/second-word"
NEXT = f"{stages.HOME}/rounds/next"
BEA = "bea@example.org"


@pytest.fixture(autouse=True)
def study(database):
    """A study with its panel, run by Ruth and Bea, in which nobody takes a step alone."""
    with database.transaction() as session:
        study = stages.with_reader(session)
        stages.researcher_with(session, BEA, study, Role.FACILITATOR)
        session.flush()
        cast.choose(session, study, sign_off=tuple(RoundStep))


@pytest.fixture
def bea(visitor):
    browser = visitor()
    browser.get("/office/sign-in")
    browser.post("/office/sign-in", {"email": BEA, "password": cast.PASSWORD})
    return browser


def statuses(database):
    with database.reading() as session:
        return list(session.scalars(select(Round.status)))


def ask_to_open(ruth):
    ruth.get(NEXT)
    return ruth.post(NEXT, {"ask": "1", "deadline": stages.later(20)})


def test_the_page_offers_to_ask_and_a_step_alone_is_refused_and_changes_nothing(database, ruth):
    page = ruth.get(NEXT).text
    before = _dump(database)

    refused = ruth.post(NEXT, {"deadline": stages.later(20)})

    assert "Ask a second person to open round 1" in page
    assert refused.status_code == 409
    assert "The protocol lets nobody open round 1 alone." in refused.text
    assert _dump(database) == before


def test_what_was_asked_for_is_told_on_every_page_and_done_when_the_other_gives_their_word(database, ruth, bea):
    answer = ask_to_open(ruth)
    assert answer.location == SECOND
    assert "somebody else gives the second word" in ruth.get(SECOND).text
    assert "A step waits for a second person" in bea.get(f"{stages.HOME}/").text
    page = bea.get(SECOND).text
    assert "ruth@example.org asks for it" in page
    assert statuses(database) == []

    done = bea.post(f"{SECOND}/1/confirm")

    assert done.status_code == 303
    assert statuses(database) == [RoundStatus.OPEN]
    assert "A step waits" not in bea.get(f"{stages.HOME}/").text
    with database.reading() as session:
        assert session.scalars(select(Round)).one().deadline.date().isoformat() == stages.later(20)


def test_closing_and_publishing_take_two_as_well(database, ruth, bea):
    ask_to_open(ruth)
    bea.get(SECOND)
    bea.post(f"{SECOND}/1/confirm")
    for n, step in enumerate(("close", "publish"), start=2):
        page = f"{stages.HOME}/rounds/1/{step}"
        ruth.get(page)
        assert ruth.post(page).status_code == 409
        assert ruth.post(page, {"ask": "1"}).status_code == 303
        bea.get(SECOND)
        assert bea.post(f"{SECOND}/{n}/confirm").status_code == 303

    assert statuses(database) == [RoundStatus.PUBLISHED]
    log = bea.get(f"{stages.HOME}/log").text
    assert "gave the second word on closing round 1" in log


def test_one_person_cannot_be_both(database, ruth):
    ask_to_open(ruth)
    ruth.get(SECOND)

    refused = ruth.post(f"{SECOND}/1/confirm")

    assert refused.status_code == 403
    assert "somebody else has to give the second word" in refused.text
    assert statuses(database) == []


def test_declining_needs_a_reason_which_stands_in_the_log(database, ruth, bea):
    ask_to_open(ruth)
    bea.get(SECOND)
    assert bea.post(f"{SECOND}/1/decline", {"reason": " "}).status_code == 422

    assert bea.post(f"{SECOND}/1/decline", {"reason": "Two carers are missing."}).status_code == 303

    assert statuses(database) == []
    assert "Nothing waits" in ruth.get(SECOND).text
    assert "Two carers are missing." in ruth.get(f"{stages.HOME}/log").text
    assert bea.post(f"{SECOND}/1/confirm").status_code == 409


def test_who_has_asked_takes_the_request_back(ruth, bea):
    ask_to_open(ruth)
    bea.get(SECOND)
    assert bea.post(f"{SECOND}/1/take-back").status_code == 403

    assert ruth.post(f"{SECOND}/1/take-back").status_code == 303

    assert "Nothing waits" in bea.get(SECOND).text


def test_the_protocol_page_keeps_what_takes_two(database, ruth):
    page = ruth.get(f"{stages.HOME}/protocol").text

    assert [bool(re.search(rf'checked[^>]*value="{step}"|value="{step}"[^>]*checked', page)) for step in RoundStep] == [True] * 3


class TestTakingBack:
    """The opening of a round, taken back."""

    UNDO = f"{stages.HOME}/rounds/1/take-back"

    @pytest.fixture(autouse=True)
    def opened(self, database, study):
        with database.transaction() as session:
            found = session.scalars(select(Study)).one()
            cast.choose(session, found, sign_off=())
            return cast.token(session, cast.open_round(session, found), "carers-1@example.org")

    def test_the_round_goes_and_who_has_a_link_is_told(self, database, ruth, visitor, opened):
        assert "the opening can be taken back" in ruth.get(f"{stages.HOME}/rounds/1").text
        ruth.get(self.UNDO)

        answer = ruth.post(self.UNDO, {"reason": "The wrong draft."})

        assert answer.location == f"{stages.HOME}/"
        assert statuses(database) == []
        told = visitor().get(f"/p/{opened}")
        assert told.status_code == 404
        assert "The team has taken the opening of this round back" in told.text
        assert "took the opening of round 1 back" in ruth.get(f"{stages.HOME}/log").text

    def test_it_needs_a_reason_and_is_refused_once_somebody_has_agreed(self, database, ruth, enter):
        ruth.get(self.UNDO)
        assert ruth.post(self.UNDO, {"reason": ""}).status_code == 422
        enter("carers-1@example.org")
        assert "the opening can be taken back" in ruth.get(f"{stages.HOME}/rounds/1").text
        assert 'name="reason"' in ruth.get(self.UNDO).text

        refused = ruth.post(self.UNDO, {"reason": "The wrong draft."})

        assert refused.status_code == 409
        assert "can no longer be taken back" in refused.text
        assert statuses(database) == [RoundStatus.OPEN]

    def test_it_is_offered_until_a_count_shows_that_somebody_has_begun(self, database, ruth):
        offers = []
        for day in (1, 2):
            with database.transaction() as session:
                count_now(session, session.scalars(select(Round)).one(), now=cast.NOW + timedelta(days=day))
            offers.append("the opening can be taken back" in ruth.get(f"{stages.HOME}/rounds/1").text)
            with database.transaction() as session:
                cast.rate(session, session.scalars(select(Round)).one(), "carers-1@example.org", {"pace": 7})

        assert offers == [True, False]

    def test_a_panelist_who_was_signed_in_is_asked_to_come_in_again(self, database, ruth, visitor, opened):
        browser = visitor()
        browser.get(f"/p/{opened}")
        browser.post(f"/p/{opened}")
        ruth.get(self.UNDO)
        ruth.post(self.UNDO, {"reason": "The wrong draft."})

        assert browser.get("/panel/").status_code == 401


def test_an_owner_may_be_the_second_person(database, ruth, bea):
    with database.transaction() as session:
        rows = session.scalars(select(StudyRole).where(StudyRole.role == Role.FACILITATOR, StudyRole.researcher_id == 1))
        for row in rows.all():
            session.delete(row)
    bea.get(NEXT)
    bea.post(NEXT, {"ask": "1", "deadline": stages.later(20)})
    ruth.get(SECOND)

    assert ruth.post(f"{SECOND}/1/confirm").status_code == 303
    assert statuses(database) == [RoundStatus.OPEN]
