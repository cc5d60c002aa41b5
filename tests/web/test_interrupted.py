"""A session that ends while somebody types, without scripts: nothing is lost, shown to others, or saved without its writer."""

import html
import re
from collections.abc import Callable

import pytest
from sqlalchemy import select
from werkzeug.test import TestResponse

from delphi.config import Settings
from delphi.database import Database
from delphi.models import Ballot, Comment, Proposal, Round, Study
from delphi.services import links, rounds
from delphi.services.consent import save_consent
from tests import cast
from tests.fields import PACE
from tests.web.conftest import Visitor

ADA, BO = "carers-1@example.org", "carers-2@example.org"
SECTION = "/panel/sections/first-meeting"
FIELD = re.compile(r'<input type="?hidden"? name="?([^">\s]+)"?(?: value="?([^">]*))?')
MARKUP = "“Whose” pace?\n<script>alert(1)</script> & {curly}"
SIGNED_OUT = "You are signed out; nothing is lost. Open your link again."


@pytest.fixture
def study(database: Database) -> None:
    with database.transaction() as session:
        study = cast.begin_study(session)
        cast.add_panel(session, study, {"Carers": 6})
        cast.open_round(session, study)


def link_of(database: Database, address: str) -> str:
    with database.reading() as session:
        return f"/p/{cast.token(session, session.scalars(select(Round)).one(), address)}"


@pytest.fixture
def come_in(visitor: Callable[[], Visitor], database: Database, study: None) -> Callable[..., Visitor]:
    """Return a way to come in by the personal link, on a device of one's own or a given one."""

    def enter(address: str = ADA, device: Visitor | None = None) -> Visitor:
        link = link_of(database, address)
        device = device or visitor()
        device.get(link)
        answer = device.post(link)
        if "consent" in device.get(answer.headers["Location"]).headers.get("Location", ""):
            device.get("/panel/consent")
            device.post("/panel/consent", {"agree": "y", "number": "1"})
        return device

    return enter


@pytest.fixture
def ada(come_in: Callable[..., Visitor]) -> Visitor:
    return come_in(ADA)


@pytest.fixture
def held(database: Database) -> Callable[[], tuple[list[int], list[str]]]:
    """Return a way to see what the database holds: the one ballot's bytes, and all texts."""

    def read() -> tuple[list[int], list[str]]:
        with database.reading() as session:
            ballots = session.scalars(select(Ballot)).all()
            texts = [one.text for kind in (Comment, Proposal) for one in session.scalars(select(kind))]
            return list(ballots[0].payload) if ballots else [], texts

    return read


def fields_of(answer: TestResponse) -> dict[str, object]:
    """Return the hidden fields of a page, as a browser would send them."""
    found = FIELD.findall(answer.text.replace("\r\n", "\n"))
    return {name: html.unescape(value).replace("\n", "\r\n") for name, value in found if name != "csrf_token"}


def said(answer: TestResponse) -> str:
    """Return what a page says, as a browser reads it."""
    return html.unescape(answer.text).replace("\r\n", "\n")


def form_of(visitor: Visitor, **typed: str) -> dict[str, object]:
    """Return the section's form as this visitor's browser sends it, with what was typed."""
    return {**fields_of(visitor.get(SECTION)), **typed}


def sign_out(visitor: Visitor) -> None:
    visitor.client.delete_cookie("delphi", domain="localhost")


TYPED = {"rating-0": "9", "rating-1": "unable", PACE.comment: MARKUP, PACE.audience: "verbatim", PACE.wording: "Slowly."}


def test_what_was_typed_comes_back_on_its_section_after_coming_in_again_and_is_one_button_from_saved(
    ada: Visitor, come_in: Callable[..., Visitor], held: Callable[[], tuple[list[int], list[str]]]
) -> None:
    form = form_of(ada, **TYPED)
    sign_out(ada)

    refused = ada.post(SECTION, form)
    assert refused.status_code in (400, 401)
    for words in (SIGNED_OUT, "question 1 of this section", "I am unable to rate this", html.escape("<script>alert(1)</script>")):
        assert words in refused.text
    assert "<script>alert" not in refused.text
    carried = fields_of(refused)

    come_in(ADA, ada)
    shown = ada.post(f"{SECTION}/typed", carried)
    assert shown.status_code == 200
    assert "name=rating-0 value=9 checked" in shown.text
    assert "name=rating-1 value=unable checked" in shown.text
    assert said(shown).count(MARKUP) == 1
    assert "is not saved yet" in shown.text
    assert held() == ([], [])

    saved = ada.post(SECTION, {**form, **fields_of(shown)})
    assert saved.status_code == 303
    assert held() == ([9, 255, 0, 0], [MARKUP, "Slowly."])


def test_the_code_that_is_typed_below_it_leads_to_the_section_with_what_was_typed(ada: Visitor, database: Database) -> None:
    form = form_of(ada, **TYPED)
    sign_out(ada)
    carried = fields_of(ada.post(SECTION, form))
    with database.reading() as session:
        one = cast.member(session, session.scalars(select(Round)).one(), ADA)
        code = cast.keyring().typed_code(one.panelist_id, one.round_id, one.panelist.link_serial)

    mistyped = ada.post("/enter", {**carried, "code": "00000-00000"})
    entered = ada.post("/enter", {**fields_of(mistyped), "code": code})
    shown = ada.client.post(entered.headers["Location"], data=fields_of(mistyped))

    assert mistyped.status_code == 404
    assert fields_of(mistyped) == carried
    assert entered.status_code == 307  # a browser sends what it sent once more
    assert MARKUP in said(shown)
    assert "is not saved yet" in shown.text


def test_coming_in_again_leads_to_the_item_where_it_was_typed_once(ada: Visitor, database: Database) -> None:
    form, link = form_of(ada, **TYPED), link_of(database, ADA)
    sign_out(ada)
    ada.post(SECTION, {**form, "item": "item-pace"})
    ada.get(link)

    entered = ada.post(link)
    first, second = ada.get(entered.headers["Location"]), ada.get("/panel/")

    assert (first.status_code, first.headers["Location"]) == (303, f"{SECTION}#item-pace")
    assert second.status_code == 200


@pytest.mark.parametrize("death", ["cookie", "link replaced", "secret changed"])
def test_however_the_session_died_the_answer_is_the_page_with_all_that_was_typed(
    ada: Visitor, database: Database, settings: Settings, death: str
) -> None:
    form = form_of(ada, **TYPED)
    if death == "cookie":
        sign_out(ada)
    elif death == "link replaced":
        with database.transaction() as session:
            round_, study = session.scalars(select(Round)).one(), session.scalars(select(Study)).one()
            links.replace_link(session, cast.keyring(), study, cast.member(session, round_, ADA), actor="r", now=cast.NOW)
    else:
        ada.client.application.secret_key = "another secret, as long as the first one was before"

    answer = ada.post(SECTION, form)
    script = ada.post(SECTION, {**form, "fragment": "1"}, headers={"Accept": "application/json"})

    assert {answer.status_code, script.status_code} <= {400, 401}
    assert said(answer).count(MARKUP) == 3  # to read, and to carry on either way
    assert script.json == {"message": SIGNED_OUT, "held": True, "way": {"text": "Type your code", "url": "/enter"}}


def test_pressed_before_coming_in_the_button_loses_nothing(ada: Visitor) -> None:
    form = form_of(ada, **TYPED)
    sign_out(ada)
    first = ada.post(SECTION, form)

    again = ada.post(f"{SECTION}/typed", fields_of(first))

    assert again.status_code == 401
    assert fields_of(again) == fields_of(first)
    assert "question 2 of this section" in again.text


def test_somebody_else_on_the_device_sees_and_saves_nothing_of_it(
    ada: Visitor, come_in: Callable[..., Visitor], held: Callable[[], tuple[list[int], list[str]]]
) -> None:
    form = form_of(ada, **TYPED)
    sign_out(ada)
    carried = fields_of(ada.post(SECTION, form))

    bo = come_in(BO, ada)
    answers = [bo.post(f"{SECTION}/typed", carried), bo.post(SECTION, form), bo.post(SECTION, {**form, "csrf_token": "dead"})]

    assert [answer.status_code for answer in answers] == [409, 409, 409]
    for answer in answers:
        assert "somebody else" in answer.text
        assert "Whose" not in answer.text
    assert held() == ([], [])


def test_a_form_that_names_no_ballot_is_shown_to_nobody(ada: Visitor) -> None:
    assert ada.post(f"{SECTION}/typed", {"round": "1", PACE.comment: "Planted"}).status_code == 409


def test_a_page_from_elsewhere_cannot_put_its_words_on_this_site(visitor: Callable[[], Visitor], study: None) -> None:
    answer = visitor().post(SECTION, {PACE.comment: "Planted"}, headers={"Origin": "https://elsewhere.example"})

    assert answer.status_code == 400
    assert "Planted" not in answer.text


def test_the_carried_fields_are_the_answers_and_nothing_else(ada: Visitor) -> None:
    form = form_of(ada, **TYPED)
    sign_out(ada)

    carried = fields_of(
        ada.post(
            SECTION, {**form, "then": "x", "is_admin": "1", "rating-pace": "5", "comment-<x>": "x", "comment-" + "1" * 200: "x"}
        )
    )

    assert {name for name in carried if not re.search(r"seen-", name)} == {
        "round", "ballot", "carry", "rating-0", "rating-1", PACE.comment, PACE.audience, PACE.wording
    }  # fmt: skip


def test_what_was_written_on_a_page_older_than_the_site_is_carried_on_and_shown(
    ada: Visitor, come_in: Callable[..., Visitor]
) -> None:
    form = form_of(ada, **{"comment-pace": "Whose pace?"})
    sign_out(ada)
    carried = ada.post(SECTION, form)
    come_in(ADA, ada)

    shown = ada.post(f"{SECTION}/typed", fields_of(carried))

    assert "Whose pace?" in said(carried)
    assert shown.status_code == 422
    assert "the page you wrote it on was older" in shown.text
    assert "Whose pace?" in said(shown)


def test_what_was_saved_elsewhere_meanwhile_is_not_written_over(
    ada: Visitor, come_in: Callable[..., Visitor], held: Callable[[], tuple[list[int], list[str]]]
) -> None:
    form = form_of(ada, **{PACE.comment: "Typed here", "rating-0": "3"})
    sign_out(ada)
    carried = fields_of(ada.post(SECTION, form))
    come_in(ADA, ada)
    ada.post(SECTION, form_of(ada, **{PACE.comment: "Saved on the phone", "rating-0": "3"}))

    shown = ada.post(f"{SECTION}/typed", carried)
    both = ada.post(SECTION, {**fields_of(shown), PACE.comment: "Typed here"})

    assert shown.text.count(f'href="#{PACE.comment}"') == 1
    assert 'href="#rating-0"' not in shown.text  # it is the same by now
    assert both.status_code == 409
    assert "Saved on the phone" in both.text
    assert "Typed here" in both.text
    assert held()[1] == ["Saved on the phone"]


def test_changed_information_keeps_what_was_typed_until_it_is_agreed_to(ada: Visitor, database: Database) -> None:
    form = form_of(ada, **TYPED)
    with database.transaction() as session:
        study = session.scalars(select(Study)).one()
        save_consent(session, study, "Quotes are printed.", "I agree.", number=1, actor="researcher 1", now=cast.NOW)

    refused = ada.post(SECTION, form)
    early = ada.post(f"{SECTION}/typed", fields_of(refused))
    ada.get("/panel/consent")
    agreed = ada.post("/panel/consent", {"agree": "y", "number": "2"})
    led = ada.get(agreed.headers["Location"])
    shown = ada.post(f"{SECTION}/typed", fields_of(early))

    assert (refused.status_code, early.status_code, shown.status_code) == (409, 409, 200)
    for answer in (refused, early, shown):
        assert MARKUP in said(answer)
    assert led.headers["Location"].endswith(SECTION)


def test_too_late_gives_back_ratings_comments_and_wordings(
    ada: Visitor, come_in: Callable[..., Visitor], database: Database, held: Callable[[], tuple[list[int], list[str]]]
) -> None:
    form = form_of(ada, **TYPED)
    with database.transaction() as session:
        study = session.scalars(select(Study)).one()
        rounds.close_round(session, study, session.scalars(select(Round)).one(), actor="researcher 1", now=cast.NOW)

    for answer in (ada.post(SECTION, form), ada.post(f"{SECTION}/typed", form)):
        assert answer.status_code == 409
        assert "Round 1 is closed" in answer.text
        for words in ("question 1 of this section", "Slowly.", MARKUP):
            assert words in said(answer)
    assert held() == ([], [])


def test_showing_what_was_typed_changes_nothing_even_without_a_token(ada: Visitor, database: Database) -> None:
    form = form_of(ada, **TYPED)
    with database.engine.connect() as connection:
        before = list(connection.connection.driver_connection.iterdump())  # type: ignore[union-attr]

    assert ada.client.post(f"{SECTION}/typed", data=form).status_code == 200

    with database.engine.connect() as connection:
        assert list(connection.connection.driver_connection.iterdump()) == before  # type: ignore[union-attr]
