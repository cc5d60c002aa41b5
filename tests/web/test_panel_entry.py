"""Coming in by a personal link, agreeing to take part, and leaving again."""

import re
from collections.abc import Callable

import pytest
from sqlalchemy import func, select

from delphi.database import Database
from delphi.models import Consent, Round, Study
from delphi.services.consent import save_consent
from tests import cast
from tests.fields import PACE
from tests.web.conftest import Visitor


@pytest.fixture
def link(database: Database) -> str:
    """The personal link of the first of six carers to an open round."""
    with database.transaction() as session:
        study = cast.begin_study(session)
        addresses = cast.add_panel(session, study, {"Carers": 6, "Academics": 6})
        return f"/p/{cast.token(session, cast.open_round(session, study), addresses[0])}"


def test_a_link_opens_a_page_without_names_and_only_its_button_signs_in(visitor: Callable[[], Visitor], link: str) -> None:
    ada = visitor()

    page = ada.get(link).get_data(as_text=True)

    assert "Your link works" in page
    assert re.search(r"About [1-9] min to read what taking part means, then about [1-9] min to answer\.", page)
    assert "Carers Person" not in page
    assert "example.org" not in page
    assert ada.get("/panel/").status_code == 401
    entered = ada.post(link)
    assert (entered.status_code, entered.headers["Location"]) == (303, "/panel/")


@pytest.mark.parametrize("mangle", [str.lower, lambda link: f"{link[:7]}-{link[7:]}"])
def test_a_link_that_was_typed_by_hand_still_works(
    visitor: Callable[[], Visitor], link: str, mangle: Callable[[str], str]
) -> None:
    token = link.removeprefix("/p/")

    answer = visitor().get(f"/p/{mangle(token)}")

    assert answer.status_code == 200


@pytest.mark.parametrize("token", ["0" * 26, "short", "A" * 200, "%00"])
def test_every_dead_link_is_answered_alike(visitor: Callable[[], Visitor], link: str, token: str) -> None:
    answer = visitor().get(f"/p/{token}")

    assert answer.status_code == 404
    assert "This link does not work" in answer.get_data(as_text=True)


def test_looking_at_a_link_changes_nothing(visitor: Callable[[], Visitor], link: str, database: Database) -> None:
    with database.engine.connect() as connection:
        before = list(connection.connection.driver_connection.iterdump())  # type: ignore[union-attr]

    for _ in range(5):
        visitor().get(link)
        visitor().client.head(link)

    with database.engine.connect() as connection:
        assert list(connection.connection.driver_connection.iterdump()) == before  # type: ignore[union-attr]


def test_nothing_is_shown_before_consent_and_the_version_agreed_to_is_kept(
    visitor: Callable[[], Visitor], link: str, database: Database
) -> None:
    ada = visitor()
    ada.get(link)
    ada.post(link)

    assert ada.get("/panel/sections/first-meeting").headers["Location"] == "/panel/consent"
    refused = ada.get("/panel/consent") and ada.post("/panel/consent")
    agreed = ada.post("/panel/consent", {"agree": "y", "number": "1"})

    assert refused.status_code == 422
    assert "Tick the box" in refused.get_data(as_text=True)
    assert agreed.status_code == 303
    assert ada.get("/panel/sections/first-meeting").status_code == 200
    with database.reading() as session:
        assert session.scalar(select(func.count()).select_from(Consent)) == 1


def test_leaving_forgets_the_person_on_this_device(visitor: Callable[[], Visitor], link: str) -> None:
    ada = visitor()
    ada.get(link)
    ada.post(link)
    ada.get("/panel/consent")

    ada.post("/panel/leave")

    assert ada.get("/panel/").status_code == 401


def test_the_link_of_a_study_does_not_open_another(visitor: Callable[[], Visitor], link: str, database: Database) -> None:
    with database.transaction() as session:
        other = cast.begin_study(session, slug="other", title="Another study")
        addresses = cast.add_panel(session, other, {"Carers": 6})
        other_link = f"/p/{cast.token(session, cast.open_round(session, other), addresses[0])}"
    ada = visitor()
    ada.get(link)
    ada.post(link)
    ada.get("/panel/consent")
    ada.post("/panel/consent", {"agree": "y", "number": "1"})

    overview = ada.get("/panel/").get_data(as_text=True)
    ada.get(other_link)
    ada.post(other_link)
    elsewhere = ada.get("/panel/consent").get_data(as_text=True)

    assert "Another study" not in overview
    assert "Another study" in elsewhere


def test_an_old_link_dies_when_the_next_round_opens(visitor: Callable[[], Visitor], link: str, database: Database) -> None:
    ada = visitor()
    ada.get(link)
    ada.post(link)
    with database.transaction() as session:
        study = session.scalars(select(Study)).one()
        cast.close_and_publish(session, study, session.scalars(select(Round)).one())
    still = ada.get("/panel/consent").status_code
    with database.transaction() as session:
        cast.open_round(session, session.scalars(select(Study)).one())

    assert still == 200
    assert ada.get("/panel/consent").status_code == 401
    assert visitor().get(link).status_code == 404


def test_nobody_agrees_to_a_text_that_they_have_not_seen(visitor: Callable[[], Visitor], link: str, database: Database) -> None:
    ada = visitor()
    ada.get(link)
    ada.post(link)
    ada.get("/panel/consent")
    _change_consent(database)

    answer = ada.post("/panel/consent", {"agree": "y", "number": "1"})

    assert answer.status_code == 422
    assert "has changed since you opened it" in answer.text
    assert "Your answers may be quoted." in answer.text
    with database.reading() as session:
        assert session.scalar(select(func.count()).select_from(Consent)) == 0
    assert ada.post("/panel/consent", {"agree": "y", "number": "2"}).status_code == 303


@pytest.mark.parametrize("more", [{}, {"fragment": "1"}])
def test_what_is_sent_after_the_information_has_changed_is_said_to_be_unsaved(
    visitor: Callable[[], Visitor], link: str, database: Database, more: dict[str, object]
) -> None:
    ada = visitor()
    ada.get(link)
    ada.post(link)
    ada.get("/panel/consent")
    ada.post("/panel/consent", {"agree": "y", "number": "1"})
    _change_consent(database)

    answer = ada.post("/panel/sections/first-meeting", {"round": "1", PACE.comment: "Whose pace?", **more})

    assert answer.status_code == 409
    assert "not saved yet" in answer.text


def test_leaving_clears_what_the_device_keeps(visitor: Callable[[], Visitor], link: str) -> None:
    ada = visitor()
    ada.get(link)
    ada.post(link)
    ada.get("/panel/consent")

    assert ada.post("/panel/leave").headers["Clear-Site-Data"] == '"cache", "storage"'


def test_the_address_of_a_link_is_told_to_nobody(visitor: Callable[[], Visitor], link: str) -> None:
    ada = visitor()

    assert ada.get(link).headers["Referrer-Policy"] == "strict-origin"
    assert ada.post(link).headers["Referrer-Policy"] == "strict-origin"


def _change_consent(database: Database) -> None:
    with database.transaction() as session:
        study = session.scalars(select(Study)).one()
        save_consent(session, study, "Your answers may be quoted.", "I agree.", number=1, actor="researcher 1", now=cast.NOW)
