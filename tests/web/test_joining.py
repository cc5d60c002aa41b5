"""Joining by a study's link, and what the office does about it."""

import time
from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import func, select

from delphi.database import Database
from delphi.models import Applicant, OutboxMail, Panelist, Recruitment, Role, Study
from delphi.services import recruiting
from delphi.services.recruiting import Call, Screening
from delphi.web import limits
from tests import cast
from tests.web import stages
from tests.web.conftest import Visitor

RECRUITING = f"{stages.HOME}/panel/recruiting"
DI = "di@example.org"
FILLED = {"answer_0": "yes", "answer_1": "no", "group": "Carers", "name": "Di <b>Ng</b>", "address": DI}
QUESTIONS = (Screening("Do you care for <i>somebody</i>?", "yes"), Screening("Are you under 18?", "no"))
CALL = Call("We look for **carers**.<script>x</script>", QUESTIONS, is_open=True)
WRITTEN = {"version": "1", "words": "Come **in**", "is_open": "y", "question_0": "Are you well?", "wanted_0": "no"}


@pytest.fixture(autouse=True)
def join(database: Database) -> str:
    """The study's link, which is open; round 1 has not begun."""
    with database.transaction() as session:
        study = stages.with_panel(session)
        made = recruiting.save_recruitment(session, study, CALL, version=0, actor="researcher 1", now=cast.NOW)
        return f"/join/{made.key}"


@pytest.fixture
def di(visitor: Callable[[], Visitor], join: str) -> Visitor:
    browser = visitor()
    browser.get(join)
    return browser


@pytest.fixture(autouse=True)
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "SAME_TIME", 0.0)


def n_rows(database: Database) -> tuple[int, int]:
    """Return how many applicants and mails there are."""
    with database.reading() as session:
        found = [session.scalar(select(func.count()).select_from(table)) or 0 for table in (Applicant, OutboxMail)]
    return found[0], found[1]


def dump(database: Database) -> list[str]:
    with database.engine.connect() as connection:
        return list(connection.connection.driver_connection.iterdump())  # type: ignore[union-attr]


def confirming(database: Database) -> str:
    with database.reading() as session:
        return f"/confirm/{cast.keyring().confirming_token(session.scalars(select(Applicant.id)).one())}"


def asked(database: Database, di: Visitor, join: str) -> str:
    """Ask to join, and return the link that the mail brings."""
    assert di.post(join, FILLED).status_code == 303
    return confirming(database)


def waiting(database: Database, di: Visitor, join: str) -> int:
    """Ask to join, confirm, and return the number under which the custodian answers."""
    link = asked(database, di, join)
    di.get(link)
    assert di.post(link).status_code == 303
    with database.reading() as session:
        return session.scalars(select(Applicant.id)).one()


def signed_in(database: Database, visitor: Callable[[], Visitor], *roles: Role) -> Visitor:
    with database.transaction() as session:
        stages.researcher_with(session, "other@example.org", session.scalars(select(Study)).one(), *roles)
    browser = visitor()
    browser.get("/office/sign-in")
    assert browser.post("/office/sign-in", {"email": "other@example.org", "password": cast.PASSWORD}).status_code == 303
    browser.get("/office/")
    return browser


def test_the_page_says_what_it_is_about_and_looking_changes_nothing(database: Database, di: Visitor, join: str) -> None:
    before = dump(database)

    page = di.get(join.lower()).text

    assert "<strong>carers</strong>" in page
    assert "<script>x" not in page
    assert "Do you care for &lt;i&gt;somebody&lt;/i&gt;?" in page
    assert all(f'value="{group}"' in page for group in stages.SIZES)
    assert 'content="noindex' in page
    assert dump(database) == before


@pytest.mark.parametrize("after", ["", "/look-into-your-mail", "/not-this-time"])
def test_guessing_reveals_no_study(database: Database, di: Visitor, join: str, after: str) -> None:
    with database.transaction() as session:
        session.scalars(select(Recruitment)).one().is_open = False

    answers = [di.get(f"/join/{key}{after}") for key in ("connections", "1", join.removeprefix("/join/"))]

    assert {answer.status_code for answer in answers} == {404}
    for answer in answers:
        assert "does not lead to a study that people can join" in answer.text
        assert "Making connections" not in answer.text


def test_it_looks_the_same_whether_or_not_the_address_is_known(database: Database, di: Visitor, join: str) -> None:
    new = di.post(join, FILLED)
    assert n_rows(database) == (1, 1)
    known = di.post(join, {**FILLED, "address": "Carers-1@example.org"})

    assert n_rows(database) == (1, 1)
    assert (new.status_code, new.headers["Location"]) == (known.status_code, known.headers["Location"])
    assert "A mail with a link is on its way" in di.get(new.headers["Location"]).text


def test_it_takes_as_long_whether_or_not_the_address_is_known(di: Visitor, join: str, monkeypatch: pytest.MonkeyPatch) -> None:
    slept: list[float] = []
    monkeypatch.setattr(limits, "SAME_TIME", 60.0)
    monkeypatch.setattr(time, "sleep", slept.append)

    for answers in ({}, {"address": "carers-1@example.org"}, {"website": "spam"}, {"answer_0": "no"}):
        assert di.post(join, {**FILLED, **answers}).status_code == 303

    assert [seconds > 30 for seconds in slept if seconds > 1] == [True] * 4


def test_who_does_not_fit_is_told_kindly_and_nothing_is_kept(database: Database, di: Visitor, join: str) -> None:
    before = dump(database)

    answer = di.post(join, {**FILLED, "answer_0": "no"})

    page = di.get(answer.headers["Location"]).text
    assert "looks for people with other answers" in page
    assert "Nothing of what you wrote was kept" in page
    assert dump(database) == before


def test_a_program_that_fills_every_field_is_answered_as_everybody_and_nothing_is_kept(
    database: Database, di: Visitor, join: str
) -> None:
    before = dump(database)

    answer = di.post(join, {**FILLED, "website": "https://example.org"})

    assert answer.headers["Location"].endswith("/look-into-your-mail")
    assert dump(database) == before


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"answer_1": ""}, "Answer this question."),
        ({"answer_1": "perhaps"}, "Choose one of the answers that are there."),
        ({"group": "Invented"}, "Choose one of the answers that are there."),
        ({"name": " "}, "Write your name."),
        ({"name": "x" * 201}, "longer than 200 characters"),
        ({"name": "Di\x07"}, "Write your name, in at most 200 characters."),
        ({"address": "di at example.org"}, "is not an e-mail address"),
    ],
)
def test_what_cannot_be_used_comes_back_with_what_was_typed(
    database: Database, di: Visitor, join: str, changed: dict[str, str], said: str
) -> None:
    typed = {**FILLED, "name": "Di Ng", **changed}

    answer = di.post(join, typed)

    assert answer.status_code == 422
    assert said in answer.text
    assert f'value="{typed["address"]}"' in answer.text
    assert n_rows(database) == (0, 0)


def test_only_the_button_confirms_and_the_link_tells_no_name(database: Database, di: Visitor, join: str) -> None:
    link = asked(database, di, join)
    before = dump(database)

    page = [di.get(link) for _ in range(5)][-1]

    assert page.headers["Referrer-Policy"] == "strict-origin"
    assert "for the group Carers" in page.text
    assert DI not in page.text
    assert "&lt;b&gt;" not in page.text
    assert dump(database) == before
    assert di.post(link).headers["Location"].endswith("/address-confirmed")
    assert "Your request waits" in di.get(link).text


def test_who_has_changed_their_mind_has_everything_deleted(database: Database, di: Visitor, join: str) -> None:
    link = asked(database, di, join)
    di.get(link)

    answer = di.post(f"{link}/take-back")

    assert "Nothing is kept of you" in di.get(answer.headers["Location"]).text
    assert n_rows(database)[0] == 0
    assert di.get(link).status_code == 404
    assert di.get("/confirm/NOBODY").status_code == 404


def test_who_asks_again_and_again_is_stopped(app: Flask, join: str, monkeypatch: pytest.MonkeyPatch) -> None:
    moment = time.time()
    monkeypatch.setattr(time, "time", lambda: moment)
    monkeypatch.setattr(limits.limiter, "enabled", True)
    limits.limiter.reset()
    guesser = Visitor(app.test_client())
    guesser.get(join)

    statuses = [guesser.post(join, {**FILLED, "address": f"p{n}@example.org"}).status_code for n in range(12)]

    limits.limiter.reset()
    assert statuses == [303] * 10 + [429] * 2


def test_a_custodian_adds_who_waits(database: Database, ruth: Visitor, di: Visitor, join: str) -> None:
    number = waiting(database, di, join)
    assert "1 person waits" in ruth.get(f"{stages.HOME}/panel").text
    page = ruth.get(RECRUITING).text
    assert "Di &lt;b&gt;Ng&lt;/b&gt;" in page
    assert DI in page

    answer = ruth.post(f"{RECRUITING}/answer", {"applicant": str(number), "answer": "yes"})

    assert answer.status_code == 303
    assert "invited when the next round opens" in ruth.get(RECRUITING).text
    with database.reading() as session:
        assert session.query(Panelist).count() == 17
    assert n_rows(database)[0] == 0
    assert ruth.post(f"{RECRUITING}/answer", {"applicant": str(number), "answer": "yes"}).status_code == 404


def test_while_a_round_is_open_the_invitation_goes_at_once(database: Database, ruth: Visitor, di: Visitor, join: str) -> None:
    with database.transaction() as session:
        cast.open_round(session, session.scalars(select(Study)).one())
    number = waiting(database, di, join)
    ruth.get(RECRUITING)

    ruth.post(f"{RECRUITING}/answer", {"applicant": str(number), "answer": "yes"})

    assert "their invitation to round 1 is on its way" in ruth.get(RECRUITING).text
    assert "invited somebody to round 1, which was open already" in ruth.get(f"{stages.HOME}/log").text


def test_a_custodian_says_no(database: Database, ruth: Visitor, di: Visitor, join: str) -> None:
    number = waiting(database, di, join)
    ruth.get(RECRUITING)

    ruth.post(f"{RECRUITING}/answer", {"applicant": str(number), "answer": "no"})

    assert n_rows(database)[0] == 0
    log = ruth.get(f"{stages.HOME}/log").text
    assert "said no to somebody who had asked to join" in log
    assert "&lt;b&gt;" not in log
    assert DI not in log


@pytest.mark.parametrize(
    "sent",
    [{}, {"applicant": "x"}, {"applicant": "1" * 40, "answer": "yes"}, {"applicant": "-1", "answer": "yes"}, {"answer": "yes"}],
)
def test_an_answer_to_nobody_is_refused(ruth: Visitor, sent: dict[str, str]) -> None:
    ruth.get(RECRUITING)

    assert ruth.post(f"{RECRUITING}/answer", sent).status_code == 422


def test_an_answer_that_is_neither_yes_nor_no_is_refused(database: Database, ruth: Visitor, di: Visitor, join: str) -> None:
    number = waiting(database, di, join)
    ruth.get(RECRUITING)

    assert ruth.post(f"{RECRUITING}/answer", {"applicant": str(number), "answer": "maybe"}).status_code == 422
    assert n_rows(database)[0] == 1


def test_who_runs_rounds_and_keeps_no_contacts_sees_numbers_and_no_names(
    database: Database, visitor: Callable[[], Visitor], di: Visitor, join: str
) -> None:
    waiting(database, di, join)

    page = signed_in(database, visitor, Role.FACILITATOR).get(RECRUITING).text

    assert join in page
    assert DI not in page
    assert "Who waits" not in page


def test_a_custodian_alone_cannot_change_what_is_asked(database: Database, visitor: Callable[[], Visitor]) -> None:
    page = signed_in(database, visitor, Role.CUSTODIAN).get(RECRUITING).text

    assert "Who waits" in page
    assert 'name="words"' not in page


def test_the_questions_are_written_and_the_link_is_closed_and_opened(
    database: Database, ruth: Visitor, visitor: Callable[[], Visitor], join: str
) -> None:
    ruth.get(RECRUITING)
    assert ruth.post(RECRUITING, {**WRITTEN, "new_groups": "Academics\r\n"}).status_code == 303

    page = visitor().get(join).text
    assert "Come <strong>in</strong>" in page
    assert "Are you well?" in page
    assert "Do you care" not in page
    assert 'value="Academics"' in page
    closing = {**WRITTEN, "version": "2"}
    del closing["is_open"]
    ruth.get(RECRUITING)
    assert ruth.post(RECRUITING, closing).status_code == 303
    assert visitor().get(join).status_code == 404
    with database.reading() as session:
        assert recruiting.call_of(session.scalars(select(Recruitment)).one()).questions == (Screening("Are you well?", "no"),)


@pytest.mark.parametrize(
    ("changed", "status", "said"),
    [
        ({"words": " "}, 422, "Write what people read before they ask to join."),
        ({"question_1": "And you?"}, 422, "Say which answer lets people in."),
        ({"question_1": "And you?", "wanted_1": "perhaps"}, 422, "which answer lets people in: yes or no"),
        ({"new_groups": "carers"}, 422, "differ in capitals only"),
        ({"version": "7"}, 409, "Somebody else has changed this meanwhile"),
        ({"version": ""}, 422, "Write a whole number."),
    ],
)
def test_what_is_written_wrongly_comes_back(
    database: Database, ruth: Visitor, changed: dict[str, str], status: int, said: str
) -> None:
    ruth.get(RECRUITING)

    answer = ruth.post(RECRUITING, {**WRITTEN, **changed})

    assert answer.status_code == status
    assert said in answer.text
    assert 'value="Are you well?"' in answer.text
    with database.reading() as session:
        assert recruiting.call_of(session.scalars(select(Recruitment)).one()) == CALL
