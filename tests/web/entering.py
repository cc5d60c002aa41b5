"""An open round, its links and codes, and people who come in by them."""

from collections.abc import Callable

import pytest
from werkzeug.test import TestResponse

from delphi.database import Database
from delphi.models import Round
from tests import cast
from tests.web.conftest import Visitor

ADA, BO = "carers-1@example.org", "carers-2@example.org"
Visit = Callable[[], Visitor]


@pytest.fixture
def round_(database: Database) -> Round:
    """An open round of six carers and six academics."""
    with database.transaction() as session:
        study = cast.begin_study(session)
        cast.add_panel(session, study, {"Carers": 6, "Academics": 6})
        return cast.open_round(session, study)


def token(database: Database, round_: Round, address: str = ADA) -> str:
    with database.reading() as session:
        return cast.token(session, round_, address)


def code(database: Database, round_: Round, address: str = ADA) -> str:
    with database.reading() as session:
        return cast.code(session, round_, address)


def standing(database: Database, round_: Round, address: str = ADA) -> str:
    with database.reading() as session:
        return cast.member(session, round_, address).panelist.standing


def come_in(visitor: Visitor, token: str) -> Visitor:
    visitor.get(f"/p/{token}")
    assert visitor.post(f"/p/{token}").status_code == 303
    visitor.get("/panel/consent")
    visitor.post("/panel/consent", {"agree": "y", "number": "1"})
    assert visitor.get("/panel/").status_code == 200
    return visitor


def type_in(visitor: Visitor, code: str, **more: str) -> TestResponse:
    visitor.get("/enter")
    return visitor.post("/enter", {"code": code, **more})
