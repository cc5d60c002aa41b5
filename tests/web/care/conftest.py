"""A study whose protocol names a safeguarding reader, Ada of its panel, and the office."""

from collections.abc import Callable

import pytest
from sqlalchemy import select

from delphi.database import Database
from delphi.models import Role, Study
from delphi.services.background import parse_questions
from delphi.services.protocol import Safeguarding
from delphi.services.studies import find_round
from tests import cast
from tests.web import stages
from tests.web.conftest import Visitor

HOME = stages.HOME
ADA = "carers-1@example.org"
NADIA, SOL = "nadia@example.org", "sol@example.org"
QUESTIONS = parse_questions("How long have you done this?\n- Under two years\n- Longer")


@pytest.fixture
def opened(database: Database) -> None:
    """A study with an open round whose protocol names Nadia as the reader and Sol as the second person."""
    with database.transaction() as session:
        study = cast.begin_study(session)
        cast.add_panel(session, study, {"Carers": 6, "Practitioners": 6})
        for address in (NADIA, SOL):
            stages.researcher_with(session, address, study, Role.OBSERVER)
        session.flush()
        cast.choose(session, study, questions=QUESTIONS, safeguarding=Safeguarding(NADIA, SOL))
        cast.open_round(session, study)


@pytest.fixture
def ada(database: Database, visitor: Callable[[], Visitor], opened: None) -> Visitor:
    """Ada, signed in by her link, before she has agreed."""
    browser = visitor()
    with database.reading() as session:
        study = session.scalars(select(Study)).one()
        link = f"/p/{cast.token(session, find_round(session, study, 1), ADA)}"
    browser.get(link)
    browser.post(link)
    return browser


@pytest.fixture
def agreed(ada: Visitor) -> Visitor:
    ada.get("/panel/consent")
    ada.post("/panel/consent", {"agree": "y", "number": "1"})
    ada.get("/panel/")
    return ada


@pytest.fixture
def office(visitor: Callable[[], Visitor], opened: None) -> Callable[[str], Visitor]:
    def sign_in(address: str) -> Visitor:
        browser = visitor()
        browser.get("/office/sign-in")
        assert browser.post("/office/sign-in", {"email": address, "password": cast.PASSWORD}).status_code == 303
        browser.get("/office/")
        return browser

    return sign_in
