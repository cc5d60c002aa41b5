"""Reminders paused and the study left: what the page says before, what happens, and what the team sees of it."""

import pytest
from flask import Flask
from sqlalchemy import select

from delphi.database import Database
from delphi.models import Ballot, OutboxMail, Round, Standing, Study
from delphi.services import progress
from delphi.services.protocol import choices_of, current_protocol
from tests import cast
from tests.web import stages
from tests.web.conftest import Visitor
from tests.web.entering import ADA, Visit, come_in, standing, token

SAID = {
    "stop": "stay in the study and count",
    "delete": "in a round that is still open are deleted",
    "erase": "of every round are deleted",
}


@pytest.fixture(params=["stop", "delete", "erase"])
def rule(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def round_(database: Database, rule: str) -> Round:
    """An open round under the rule, in which everybody has rated the pace."""
    with database.transaction() as session:
        study = cast.begin_study(session)
        cast.choose(session, study, withdrawal=rule)
        people = cast.add_panel(session, study, {"Carers": 6, "Academics": 6})
        opened = cast.open_round(session, study)
        for address in people:
            cast.rate(session, opened, address, {"pace": 7})
        return opened


def n_ballots(database: Database) -> int:
    with database.reading() as session:
        return len(session.scalars(select(Ballot)).all())


def test_what_withdrawing_does_is_said_before_consent_and_before_the_button(
    database: Database, visitor: Visit, round_: Round, rule: str
) -> None:
    ada = visitor()
    ada.get(f"/p/{token(database, round_)}")
    ada.post(f"/p/{token(database, round_)}")

    for page in ("/panel/consent", "/panel/taking-part", "/panel/withdraw"):
        shown = ada.get(page)
        assert shown.status_code == 200
        assert SAID[rule] in shown.text
        assert not any(words in shown.text for other, words in SAID.items() if other != rule)
    page = ada.get("/panel/withdraw").text
    assert page.index(SAID[rule]) < page.index("Withdraw for good")


def test_withdrawing_takes_one_confirmation_and_does_what_was_said(
    database: Database, visitor: Visit, ruth: Visitor, round_: Round, rule: str
) -> None:
    link = token(database, round_)
    phone, ada = come_in(visitor(), link), come_in(visitor(), link)
    ada.get("/panel/withdraw")
    assert standing(database, round_) == Standing.ACTIVE

    done = ada.post("/panel/withdraw")

    assert (done.status_code, done.headers["Location"]) == (303, f"/goodbye/{rule}")
    assert done.headers["Clear-Site-Data"] == '"cache", "storage"'
    assert "You have withdrawn" in ada.get(f"/goodbye/{rule}").text
    assert n_ballots(database) == {"stop": 12, "delete": 11, "erase": 11}[rule]
    assert (ada.get("/panel/").status_code, phone.get("/panel/").status_code) == (401, 401)
    assert visitor().get(f"/p/{link}").status_code == 404
    with database.transaction() as session:
        progress.count_now(session, session.get_one(Round, round_.id), now=cast.NOW)
    page = ruth.get(f"{stages.HOME}/rounds/1").text
    assert "1 of those invited has said no or withdrawn" in page


def test_the_round_page_says_how_many_were_erased_since(
    database: Database, app: Flask, ruth: Visitor, round_: Round, rule: str
) -> None:
    ada = come_in(Visitor(app.test_client()), token(database, round_))
    with database.transaction() as session:
        study = session.scalars(select(Study)).one()
        cast.close_and_publish(session, study, session.get_one(Round, round_.id))
    ada.get("/panel/withdraw")
    assert ada.post("/panel/withdraw").status_code == 303

    page = ruth.get(f"{stages.HOME}/rounds/1").text

    assert ("1 person whose answers were erased since" in page) == (rule == "erase")
    assert ruth.get(f"{stages.HOME}/rounds/1/results").status_code == 200
    log = ruth.get(f"{stages.HOME}/log").text
    assert "withdrew" in log
    assert "Carers Person" not in log


def test_reminders_are_paused_and_taken_up_again(database: Database, visitor: Visit, round_: Round) -> None:
    ada = come_in(visitor(), token(database, round_))
    ada.get("/panel/taking-part")

    ada.post("/panel/reminders/pause")
    paused = ada.get("/panel/taking-part").text
    with database.reading() as session:
        wanted = cast.member(session, round_, ADA).panelist.wants_reminders
    ada.post("/panel/reminders/resume")
    resumed = ada.get("/panel/taking-part").text

    assert wanted is False
    assert "You get no reminders" in paused
    assert "Send me no reminders" in resumed
    with database.reading() as session:
        assert cast.member(session, round_, ADA).panelist.wants_reminders


def test_every_page_of_a_panelist_leads_to_taking_part(database: Database, visitor: Visit, round_: Round) -> None:
    ada = come_in(visitor(), token(database, round_))

    for page in ("/panel/", "/panel/sections/first-meeting", "/panel/review"):
        assert 'href="/panel/taking-part"' in ada.get(page).text


def test_the_office_reminds_once_a_day(database: Database, ruth: Visitor, round_: Round) -> None:
    page = f"{stages.HOME}/rounds/1"
    assert "Send a reminder now" in ruth.get(page).text

    first = ruth.post(f"{page}/remind")
    second = ruth.post(f"{page}/remind")

    assert (first.status_code, second.status_code) == (303, 409)
    assert "within the last day" in second.text
    shown = ruth.get(page).text
    assert "Send a reminder now" not in shown
    with database.reading() as session:
        kinds = [mail.kind for mail in session.scalars(select(OutboxMail))]
    assert kinds.count("reminder") == 12  # nobody has answered four fifths


def test_the_rule_is_chosen_in_the_protocol_and_sealed_with_it(database: Database, ruth: Visitor, rule: str) -> None:
    with database.transaction() as session:
        cast.begin_study(session)
        cast.add_panel(session, session.scalars(select(Study)).one(), {"Carers": 6})
    page = f"{stages.HOME}/protocol"
    assert "When somebody withdraws" in ruth.get(page).text
    filled = {
        "version": "1",
        "scale": "1-9",
        "low": "no",
        "high": "yes",
        "criteria": "importance",
        "rule": "70/15",
        "planned_rounds": "2",
        "weeks": "4",
        "withdrawal": rule,
    }

    kept = ruth.post(page, filled)

    assert kept.status_code == 303, kept.text
    with database.transaction() as session:
        study = session.scalars(select(Study)).one()
        assert choices_of(current_protocol(session, study)).withdrawal == rule
        cast.open_round(session, study)
    sealed = ruth.get(page).text
    assert {"stop": "stays and counts", "delete": "in an open round are deleted", "erase": "all that is theirs"}[rule] in sealed
