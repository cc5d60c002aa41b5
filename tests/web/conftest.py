"""The site on a database of its own, and a browser's worth of session for each of the cast."""

import re
from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from delphi.config import Settings
from delphi.database import Database
from delphi.models import Round
from delphi.web import create_app
from tests import cast

_TOKEN = re.compile(r'name="csrf_token"[^>]*value="([^"]+)"')


class Visitor:
    """A browser without JavaScript: keeps its session and sends back the token of the last form it saw."""

    def __init__(self, client: FlaskClient) -> None:
        self.client = client
        self.csrf_token = ""

    def get(self, url: str, **more: object) -> TestResponse:
        response = self.client.get(url, **more)  # type: ignore[arg-type]
        self._remember(response)
        return response

    def post(self, url: str, data: dict[str, object] | None = None, **more: object) -> TestResponse:
        response = self.client.post(url, data={"csrf_token": self.csrf_token, **(data or {})}, **more)  # type: ignore[arg-type]
        self._remember(response)
        return response

    def _remember(self, response: TestResponse) -> None:
        if response.mimetype == "text/html" and (found := _TOKEN.search(response.get_data(as_text=True))):
            self.csrf_token = found[1]


@pytest.fixture
def app(settings: Settings, database: Database) -> Flask:
    app = create_app(settings, clock=lambda: cast.NOW)
    app.config.update(TESTING=True, PROPAGATE_EXCEPTIONS=False, RATELIMIT_ENABLED=False)
    return app


@pytest.fixture
def visitor(app: Flask) -> Callable[[], Visitor]:
    """Return a maker of visitors, each with a session of its own."""
    return lambda: Visitor(app.test_client())


@pytest.fixture
def ruth(database: Database, visitor: Callable[[], Visitor]) -> Visitor:
    """Ruth, signed in to the office."""
    with database.transaction() as session:
        cast.ruth(session)
    browser = visitor()
    browser.get("/office/sign-in")
    assert browser.post("/office/sign-in", {"email": cast.RUTH, "password": cast.PASSWORD}).status_code == 303
    return browser


@pytest.fixture
def open_study(database: Database) -> None:
    """An open first round with six carers and six academics."""
    with database.transaction() as session:
        study = cast.begin_study(session)
        cast.add_panel(session, study, {"Carers": 6, "Academics": 6})
        cast.open_round(session, study)


@pytest.fixture
def enter(visitor: Callable[[], Visitor], database: Database) -> Callable[..., Visitor]:
    """Return a way to come in, by address, with consent given, on a device of one's own or a given one."""

    def come_in(address: str, browser: Visitor | None = None) -> Visitor:
        with database.reading() as session:
            newest = session.scalars(select(Round).order_by(Round.number.desc())).first()
            assert newest is not None
            link = f"/p/{cast.token(session, newest, address)}"
        browser = browser or visitor()
        browser.get(link)
        browser.post(link)
        browser.get("/panel/consent")
        browser.post("/panel/consent", {"agree": "y", "number": "1"})
        browser.get("/panel/")
        return browser

    return come_in


@pytest.fixture
def ada(open_study: None, enter: Callable[[str], Visitor]) -> Visitor:
    """A carer who has opened the first section."""
    browser = enter("carers-1@example.org")
    browser.get("/panel/sections/first-meeting")
    return browser
