"""Whatever goes wrong is answered with a sentence and the right status, never with a traceback."""

from collections.abc import Callable

import pytest
from flask import Flask, g
from sqlalchemy.exc import IntegrityError, OperationalError
from sqlalchemy.orm.exc import StaleDataError

from delphi.database import Database
from delphi.errors import ConflictError
from delphi.models import Study
from tests import cast
from tests.web.conftest import Visitor

SECRET_DETAIL = "UNIQUE constraint failed: contacts"
CASES = [
    (ConflictError("Round {number} is closed.", number=3), 409, "Round 3 is closed."),
    (IntegrityError("INSERT", {}, Exception(SECRET_DETAIL)), 409, "at the same moment"),
    (StaleDataError(SECRET_DETAIL), 409, "changed this meanwhile"),
    (OperationalError("SELECT", {}, Exception(SECRET_DETAIL)), 503, "The site is busy"),
    (ZeroDivisionError(SECRET_DETAIL), 500, "Something went wrong on our side"),
]


@pytest.mark.parametrize(("error", "status", "words"), CASES)
def test_an_error_is_a_sentence_on_a_page_and_for_a_script(
    app: Flask, visitor: Callable[[], Visitor], error: Exception, status: int, words: str
) -> None:
    def fail() -> str:
        raise error

    app.add_url_rule("/fails", view_func=fail)
    page = visitor().get("/fails")
    script = visitor().get("/fails", headers={"Accept": "application/json"})

    assert page.status_code == script.status_code == status
    assert words in page.get_data(as_text=True)
    assert script.json is not None
    assert words in script.json["message"]
    for answer in (page, script):
        assert "Traceback" not in answer.get_data(as_text=True)
        assert SECRET_DETAIL not in answer.get_data(as_text=True)


def test_every_answer_forbids_what_comes_from_elsewhere_and_is_not_kept(visitor: Callable[[], Visitor]) -> None:
    answer = visitor().get("/no-such-page")

    assert answer.status_code == 404
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Referrer-Policy"] == "same-origin"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_a_name_that_is_not_the_sites_is_refused(visitor: Callable[[], Visitor]) -> None:
    answer = visitor().get("/", headers={"Host": "elsewhere.example"})

    assert answer.status_code == 400


@pytest.mark.parametrize("number", ["2", "9" * 25])
@pytest.mark.parametrize("page", ["rounds/{}", "rounds/{}/results", "drafts/{}", "drafts/{}/changes"])
def test_a_number_that_nothing_has_is_not_there(database: Database, ruth: Visitor, page: str, number: str) -> None:
    with database.transaction() as session:
        cast.begin_study(session)

    assert ruth.get(f"/office/studies/connections/{page.format(number)}").status_code == 404


def test_a_failure_in_the_database_itself_is_a_page_too(app: Flask, ruth: Visitor, open_study: None) -> None:
    def collide() -> str:
        study = g.study
        for _ in range(2):
            g.session.add(Study(slug="twice", title="Twice", language="en", created_at=study.created_at))
        g.session.flush()
        return ""

    app.view_functions["office.send_reminder"] = lambda slug, number: collide()
    ruth.get("/office/")

    answer = ruth.post("/office/studies/connections/rounds/1/remind")

    assert answer.status_code == 409
    assert "at the same moment" in answer.text


def test_a_server_can_fork_once_the_site_is_made(app: Flask) -> None:
    pool = app.extensions["delphi"].database.engine.pool

    assert pool.checkedin() + pool.checkedout() == 0  # no connection may be shared by two processes
