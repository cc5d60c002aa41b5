"""Ratings and comments that are no answers: each gets a sentence with the range or the limit, and spoils nothing beside it."""

import html
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import select
from werkzeug.datastructures import MultiDict

from delphi.database import Database
from delphi.models import Ballot, Comment, Proposal, Round
from tests import cast
from tests.fields import PACE
from tests.web.conftest import Visitor

SECTION = "/panel/sections/first-meeting"
GOOD = 1  # the slot that is answered as it should be, beside whatever else is sent
RANGE = "Choose a whole number from 1 to 9, or “unable to rate”."
OTHER_ROUND = "This form belongs to another round."
LIMIT = "at most 4000 characters; this one has"
RTL = "\u202egnorw si siht"


@pytest.fixture
def ada(visitor: Callable[[], Visitor], database: Database) -> Visitor:
    """A carer with the first section of an open round before her."""
    with database.transaction() as session:
        study = cast.begin_study(session)
        addresses = cast.add_panel(session, study, {"Carers": 6})
        link = f"/p/{cast.token(session, cast.open_round(session, study), addresses[0])}"
    browser = visitor()
    browser.get(link)
    browser.post(link)
    browser.get("/panel/consent")
    browser.post("/panel/consent", {"agree": "y", "number": "1"})
    browser.get(SECTION)
    return browser


@pytest.fixture
def stored(database: Database) -> Callable[[], tuple[list[int], list[str]]]:
    """Return a way to see what is stored: the ballot's bytes, and all texts."""

    def read() -> tuple[list[int], list[str]]:
        with database.reading() as session:
            ballot = session.scalars(select(Ballot)).one_or_none()
            texts = [one.text for kind in (Comment, Proposal) for one in session.scalars(select(kind))]
            return list(ballot.payload) if ballot else [], texts

    return read


@pytest.mark.parametrize(
    ("value", "says"),
    [
        ("", RANGE),
        ("0", RANGE),
        ("10", RANGE),
        ("5.5", RANGE),
        ("5,5", RANGE),
        ("９", RANGE),
        ("1e0", RANGE),
        ("NaN", RANGE),
        ("+5", RANGE),
        ("-5", RANGE),
        (" 5", RANGE),
        ("not my area", RANGE),
        ("\x00", RANGE),
        ("9" * 100_000, RANGE),
    ],
)
@pytest.mark.parametrize("fragment", [False, True])
def test_a_value_off_the_scale_is_answered_with_the_range_and_the_others_are_kept(
    ada: Visitor, stored: Callable[[], tuple[list[int], list[str]]], value: str, says: str, fragment: bool
) -> None:
    sent = {"round": "1", "rating-0": value, f"rating-{GOOD}": "4", **({"fragment": "1"} if fragment else {})}

    answer = ada.post(SECTION, sent)

    assert answer.status_code == 422
    assert says in html.unescape(answer.text if not fragment else answer.json["message"])  # type: ignore[index]
    assert stored()[0][GOOD] == 4
    assert stored()[0][0] == 0
    if not fragment:
        assert 'id="error-summary"' in answer.text
        assert 'href="#rating-0-1"' in answer.text


def test_two_values_for_one_question_are_not_chosen_between(
    ada: Visitor, stored: Callable[[], tuple[list[int], list[str]]]
) -> None:
    form = MultiDict([("csrf_token", ada.csrf_token), ("round", "1"), ("rating-0", "3"), ("rating-0", "8"), ("rating-1", "4")])

    answer = ada.client.post(SECTION, data=form)

    assert answer.status_code == 422
    assert "There are two answers to one question. Choose one." in answer.text
    assert stored()[0] == [0, 4, 0, 0]


@pytest.mark.parametrize("slot", ["4", "99999", "254"])
def test_a_question_that_is_not_asked_is_refused_in_words_and_the_others_are_kept(
    ada: Visitor, stored: Callable[[], tuple[list[int], list[str]]], slot: str
) -> None:
    script = ada.post(SECTION, {"round": "1", f"rating-{slot}": "5", "fragment": "1"})
    answer = ada.post(SECTION, {"round": "1", f"rating-{slot}": "5", "rating-1": "4"})

    assert (script.status_code, answer.status_code) == (422, 422)
    assert OTHER_ROUND in script.json["message"]  # type: ignore[index]
    assert stored()[0] == [0, 4, 0, 0]


@pytest.mark.parametrize("field", ["rating--1", "rating-x", "rating-1e0", "rating-"])
def test_a_field_of_no_question_changes_nothing(
    ada: Visitor, stored: Callable[[], tuple[list[int], list[str]]], field: str
) -> None:
    answer = ada.post(SECTION, {"round": "1", field: "5", "rating-1": "4"})

    assert answer.status_code < 500
    assert stored() == ([0, 4, 0, 0], [])


def test_a_text_at_no_place_of_the_four_items_changes_nothing(
    ada: Visitor, stored: Callable[[], tuple[list[int], list[str]]]
) -> None:
    places = ["pace", "unheard-of", "4", "99999", "9" * 5000, "-1", "0x", "01", "+1", "1 ", "\u0661", ""]
    fields = {f"{box}-{place}": "team" for box in ("comment", "audience", "wording") for place in places}

    answer = ada.post(SECTION, {"round": "1", **fields, "rating-1": "4"})

    assert answer.status_code == 422
    assert "Some of what you wrote was not saved" in answer.text
    assert stored() == ([0, 4, 0, 0], [])


@pytest.mark.parametrize("field", ["comment-4", "comment-pace", "wording-unheard-of", "audience-0x"])
def test_a_script_whose_text_has_no_place_here_is_never_told_that_it_is_saved(
    ada: Visitor, stored: Callable[[], tuple[list[int], list[str]]], field: str
) -> None:
    answer = ada.post(SECTION, {"round": "1", field: "Whose pace?", "fragment": "1"})

    assert answer.status_code == 422
    assert OTHER_ROUND in answer.json["message"]  # type: ignore[index]
    assert stored()[1] == []


def test_unable_to_rate_is_an_answer_and_nothing_at_all_is_none(
    ada: Visitor, stored: Callable[[], tuple[list[int], list[str]]]
) -> None:
    ada.post(SECTION, {"round": "1", "rating-0": "unable"})

    assert stored()[0] == [255, 0, 0, 0]


@pytest.mark.parametrize("seen", ["10", "x", "9" * 5000, "<b>"])
def test_what_a_form_says_it_had_shown_cannot_break_it(
    ada: Visitor, stored: Callable[[], tuple[list[int], list[str]]], seen: str
) -> None:
    answer = ada.post(SECTION, {"round": "1", "rating-0": "5", "seen-0": seen, PACE.comment_seen: seen, PACE.comment: "Hm."})

    assert answer.status_code in (303, 422)
    assert stored()[1] == ["Hm."]


@pytest.mark.parametrize("revision", ["-1", "x", "1e3", "9" * 5000, ""])
def test_a_revision_that_no_ballot_has_does_not_break_the_save(
    ada: Visitor, stored: Callable[[], tuple[list[int], list[str]]], revision: str
) -> None:
    answer = ada.post(SECTION, {"round": "1", "rating-0": "5", "revision": revision, "fragment": "1"})

    assert answer.status_code == 200
    assert stored()[0][0] == 5


@pytest.mark.parametrize("n", [4001, 1_000_000])
def test_a_comment_over_the_limit_comes_back_whole_with_count_and_limit(
    ada: Visitor, stored: Callable[[], tuple[list[int], list[str]]], n: int
) -> None:
    answer = ada.post(SECTION, {"round": "1", PACE.comment: "x" * n, "rating-1": "4"})

    assert answer.status_code == 422
    assert f"{LIMIT} {n}" in answer.text
    assert "x" * n in answer.text
    assert stored() == ([0, 4, 0, 0], [])


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("👩‍👧 zoë 中文 ≥", "👩‍👧 zoë 中文 ≥"),
        (RTL, RTL),
        ("a\x00b", "ab"),
        ("x" * 4000, "x" * 4000),
        ("👩" * 4000, "👩" * 4000),
        ("<script>alert(1)</script><img src=x onerror=alert(1)>", "<script>alert(1)</script><img src=x onerror=alert(1)>"),
        ("=1+1\n{{ 7*7 }}\n'; DROP TABLE ballots; --", "=1+1\n{{ 7*7 }}\n'; DROP TABLE ballots; --"),
    ],
)
def test_a_comment_is_kept_as_it_was_typed_and_shown_as_text(
    ada: Visitor, stored: Callable[[], tuple[list[int], list[str]]], typed: str, kept: str
) -> None:
    answer = ada.post(SECTION, {"round": "1", PACE.comment: typed})
    page = ada.get(SECTION).text

    assert answer.status_code == 303
    assert stored()[1] == [kept]
    assert str(html.escape(kept, quote=False)) in html.escape(html.unescape(page), quote=False)
    assert "<script>alert" not in page
    assert "<img src=x" not in page


def test_a_name_or_an_address_in_a_comment_is_pointed_out_and_kept(
    ada: Visitor, stored: Callable[[], tuple[list[int], list[str]]]
) -> None:
    answer = ada.post(SECTION, {"round": "1", PACE.comment: "Write to carers-1@example.org", "fragment": "1"})

    assert answer.status_code == 200
    assert "This may identify you" in answer.json["message"]  # type: ignore[index]
    assert stored()[1] == ["Write to carers-1@example.org"]


def test_the_same_form_twenty_times_at_once_is_one_change(ada: Visitor, database: Database) -> None:
    app, cookie = ada.client.application, ada.client.get_cookie("delphi")
    assert cookie is not None
    form = {"csrf_token": ada.csrf_token, "round": "1", "rating-0": "7", "rating-1": "unable", PACE.comment: "Once."}

    def send(_n: int) -> int:
        browser = app.test_client()
        browser.set_cookie("delphi", cookie.value)
        return browser.post(SECTION, data=form).status_code

    with ThreadPoolExecutor(20) as many:
        statuses = set(many.map(send, range(20)))

    with database.reading() as session:
        ballot = session.scalars(select(Ballot)).one()
        comment = session.scalars(select(Comment)).one()
        assert session.scalars(select(Round)).one().number == 1
        assert (list(ballot.payload), ballot.revision) == ([7, 255, 0, 0], 1)
        assert [version.text for version in comment.versions] == ["Once."]
    assert statuses == {303}
