"""The site on a database of its own, and a browser's worth of session for each of the cast."""

import re
from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from delphi.config import Settings
from delphi.database import Database
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
