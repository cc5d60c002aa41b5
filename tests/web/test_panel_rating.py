"""Reading a section and answering it: what is saved is said, what is not comes back as it was typed."""

import re
from collections.abc import Callable
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from delphi.database import Database
from delphi.models import Action, Ballot, BallotChange, Comment, MailPlan, Round, Study
from delphi.services import decisions, rounds
from delphi.services.decisions import Verdict
from tests import cast
from tests.fields import PACE
from tests.web.conftest import Visitor

SECTION = "/panel/sections/first-meeting"


@pytest.fixture
def payload(database: Database) -> Callable[[], list[int]]:
    """Return a way to see the one ballot's bytes."""

    def read() -> list[int]:
        with database.reading() as session:
            ballots = session.scalars(select(Ballot)).all()
            return list(ballots[0].payload) if ballots else []

    return read


def test_answers_are_saved_and_the_next_section_follows(ada: Visitor, payload: Callable[[], list[int]]) -> None:
    answer = ada.post(SECTION, {"round": "1", "rating-0": "9", "seen-0": "", "rating-1": "unable", "seen-1": ""})

    assert answer.headers["Location"] == "/panel/sections/going-along"
    assert payload() == [9, 255, 0, 0]
    assert "Saved" in ada.get("/panel/sections/going-along").get_data(as_text=True)


def test_what_a_form_leaves_out_stays_and_clear_takes_back(ada: Visitor, payload: Callable[[], list[int]]) -> None:
    ada.post(SECTION, {"round": "1", "rating-0": "9", "rating-1": "4"})

    ada.post(SECTION, {"round": "1", "rating-1": "clear", "seen-1": "4"})

    assert payload() == [9, 0, 0, 0]


@pytest.mark.parametrize("value", ["10", "0", "5.5", "９", "1e0", "NaN", "+5", "", "-1", "<script>"])
def test_what_is_no_answer_comes_back_and_the_others_are_kept(ada: Visitor, payload: Callable[[], list[int]], value: str) -> None:
    answer = ada.post(SECTION, {"round": "1", "rating-0": value, "rating-1": "4", PACE.comment: "Whose pace?"})

    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert "whole number from 1 to 9" in page
    assert "There is a problem" in page
    assert "Whose pace?" in page
    assert "<script>" not in page.replace("<script src", "")
    assert payload() == [0, 4, 0, 0]


def test_a_form_of_another_round_is_refused_and_what_was_typed_given_back(ada: Visitor, payload: Callable[[], list[int]]) -> None:
    answer = ada.post(SECTION, {"round": "2", "rating-0": "9", PACE.comment: "Whose pace?"})

    assert answer.status_code == 409
    assert "another round" in answer.text
    assert "Whose pace?" in answer.text
    assert payload() == []


def test_what_was_written_on_a_page_older_than_the_site_is_given_back_and_the_rest_saved(
    ada: Visitor, payload: Callable[[], list[int]]
) -> None:
    ada.post(SECTION, {"round": "1", PACE.comment: "Kept\r\nbefore."})

    answer = ada.post(
        SECTION,
        {
            "round": "1",
            "rating-0": "9",
            "comment-pace": "Whose\npace?",
            "wording-pace": " Kept\r\nbefore.",
            "comment-seen-pace": "1",
        },
    )

    assert answer.status_code == 422
    assert "the page you wrote it on was older" in answer.text
    assert re.findall(r'<dd class="typed">([^<]*)', answer.text) == ["Whose\npace?"]
    assert payload() == [9, 0, 0, 0]


def test_who_empties_a_text_on_a_page_older_than_the_site_is_told_that_it_stands(ada: Visitor) -> None:
    ada.post(SECTION, {"round": "1", PACE.comment: "Kept before."})

    answer = ada.post(SECTION, {"round": "1", "comment-pace": "", "comment-seen-pace": "1"})

    assert answer.status_code == 422
    assert re.findall(r'<dd class="typed">([^<]*)', answer.text) == ["(emptied)"]


def test_nothing_of_an_older_page_is_said_to_be_saved_beside_what_is_wrong(
    ada: Visitor, payload: Callable[[], list[int]]
) -> None:
    answer = ada.post(SECTION, {"round": "1", "rating-0": "10", "wording-pace": "Slowly."})

    assert answer.status_code == 422
    assert "whole number from 1 to 9" in answer.text
    assert "Slowly." in answer.text


def test_the_script_is_told_what_the_server_holds_only_after_it_does(ada: Visitor, payload: Callable[[], list[int]]) -> None:
    sent = {"round": "1", "rating-1": "7", "seen-1": "", "fragment": "1"}
    answer = ada.post(SECTION, sent, headers={"Accept": "application/json"})
    again = ada.post(SECTION, sent, headers={"Accept": "application/json"})

    assert answer.status_code == again.status_code == 200
    assert answer.json is not None
    assert answer.json["seen"] == {"seen-1": "7"}
    assert answer.json["saved_at"] == f"{answer.json['clocks']['time']} UTC"
    assert answer.json["clocks"]["minutes_ahead"] == 0
    assert payload() == [0, 7, 0, 0]


def test_the_script_gets_a_sentence_and_no_time_when_nothing_was_saved(ada: Visitor) -> None:
    answer = ada.post(SECTION, {"round": "1", "rating-1": "12", "fragment": "1"}, headers={"Accept": "application/json"})

    assert answer.status_code == 422
    assert answer.json is not None
    assert "saved_at" not in answer.json
    assert "whole number from 1 to 9" in answer.json["message"]


def test_times_are_those_of_the_zone_that_the_study_keeps_to_and_say_so(ada: Visitor, database: Database) -> None:
    plain = ada.get("/panel/").text
    with database.transaction() as session:
        session.add(MailPlan(study_id=session.scalars(select(Study.id)).one(), time_zone="Asia/Tokyo"))

    pages = [ada.get(address).text for address in ("/panel/", "/panel/review", "/panel/stop")]
    saved = ada.post(SECTION, {"round": "1", "rating-0": "9", "fragment": "1"}).get_json()["saved_at"]

    assert re.search(r"open until \w+ \d+ \w+ \d+, \d\d:\d\d UTC\.", plain)
    assert all(re.search(r"until \w+ \d+ \w+ \d+, \d\d:\d\d Japan Standard Time\.", page) for page in pages)
    assert saved == f"{cast.NOW.astimezone(ZoneInfo('Asia/Tokyo')):%H:%M} Japan Standard Time"


def test_a_session_that_ended_is_told_to_the_script_as_json(visitor: Callable[[], Visitor], open_study: None) -> None:
    nobody = visitor()
    nobody.get("/")
    nobody.get("/office/sign-in")

    answer = nobody.post(SECTION, {"round": "1", "fragment": "1"}, headers={"Accept": "application/json"})

    assert answer.status_code == 401
    assert answer.json is not None
    assert answer.json["held"]


def test_a_comment_changed_in_another_tab_is_not_overwritten_and_both_are_shown(ada: Visitor, database: Database) -> None:
    ada.post(SECTION, {"round": "1", PACE.comment: "First words", PACE.comment_seen: "0"})
    ada.post(SECTION, {"round": "1", PACE.comment: "Newer words", PACE.comment_seen: "1"})

    stale = ada.post(SECTION, {"round": "1", PACE.comment: "Words of a stale tab", PACE.comment_seen: "1"})

    page = stale.get_data(as_text=True)
    assert stale.status_code == 409
    assert "Newer words" in page
    assert "Words of a stale tab" in page
    with database.reading() as session:
        assert session.scalars(select(Comment)).one().text == "Newer words"


def test_a_comment_that_is_too_long_comes_back_whole(ada: Visitor) -> None:
    long = "words " * 700

    answer = ada.post(SECTION, {"round": "1", PACE.comment: long})

    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert "at most 4000 characters" in page
    assert page.count("words ") >= 700


def test_after_the_close_nothing_is_saved_and_typed_text_is_given_back(ada: Visitor, database: Database) -> None:
    with database.transaction() as session:
        study = session.scalars(select(Study)).one()
        rounds.close_round(session, study, session.scalars(select(Round)).one(), actor="researcher 1", now=cast.NOW)

    answer = ada.post(SECTION, {"round": "1", "rating-0": "9", PACE.comment: "Too late, but mine"})

    page = answer.get_data(as_text=True)
    assert answer.status_code == 409
    assert "Round 1 is closed" in page
    assert "Too late, but mine" in page
    with database.reading() as session:
        assert session.scalars(select(BallotChange)).all() == []


def test_review_lists_what_is_missing_and_finishing_gives_a_receipt(ada: Visitor, database: Database) -> None:
    ada.post(SECTION, {"round": "1", "rating-0": "9", "rating-1": "unable"})

    review = ada.get("/panel/review").get_data(as_text=True)
    finished = ada.post("/panel/finish")
    done = ada.get("/panel/done").get_data(as_text=True)

    assert "2 of 4 answered" in review
    assert "The worker offers to go along for the first time." in review
    assert "somewhere that the person has chosen" not in review
    assert finished.status_code == 303
    with database.reading() as session:
        assert session.scalars(select(Ballot)).one().receipt in done


def test_in_round_two_a_card_shows_what_changed_why_and_the_own_last_rating(
    open_study: None, enter: Callable[[str], Visitor], database: Database
) -> None:
    people = [f"{group}-{n}@example.org" for group in ("carers", "academics") for n in range(1, 7)]
    with database.transaction() as session:
        study, first = session.scalars(select(Study)).one(), session.scalars(select(Round)).one()
        for n, address in enumerate(people):
            cast.rate(session, first, address, {"pace": 9 if n < 7 else 5, "step-back": 8})
        cast.close_and_publish(session, study, first)
        verdict = Verdict(Action.REWORD, "You asked whose pace is meant.", {"pace": "The person sets the pace."})
        decisions.decide(session, study, first, "pace", verdict, version=0, by=None, actor="researcher 1", now=cast.NOW)
        cast.open_round(session, study)

    page = enter("academics-6@example.org").get(SECTION).get_data(as_text=True)

    assert "<ins>" in page
    assert "<del>" in page
    assert "You asked whose pace is meant." in page
    assert "In round 1 you chose 5, for the earlier words." in page
    assert "7 of 12 people chose 7 to 9" in page
    assert "median 9" in page
    assert not re.search(r"name=rating-[^>]* checked", page)


def test_someone_who_skipped_a_round_sees_the_feedback_without_an_own_rating(
    open_study: None, enter: Callable[[str], Visitor], database: Database
) -> None:
    with database.transaction() as session:
        study, first = session.scalars(select(Study)).one(), session.scalars(select(Round)).one()
        for n in range(1, 7):
            cast.rate(session, first, f"academics-{n}@example.org", {"pace": 5})
            cast.rate(session, first, f"carers-{n}@example.org", {"pace": 5} if n > 1 else {"step-back": 9})
        cast.close_and_publish(session, study, first)
        cast.open_round(session, study)

    page = enter("carers-1@example.org").get(SECTION).get_data(as_text=True)

    assert "0 of 11 people chose 7 to 9" in page
    assert "you chose" not in page


def test_a_version_that_no_comment_can_have_does_not_break_the_form(ada: Visitor) -> None:
    answer = ada.post(SECTION, {"round": "1", PACE.comment: "Whose pace?", PACE.comment_seen: "9" * 5000})

    assert answer.status_code == 303


def test_plain_words_stand_under_the_statement_for_everyone_and_never_instead(
    database: Database, enter: Callable[..., Visitor]
) -> None:
    plain = "the pace of the person.\n\n::: plain\nWe go as fast as you like.\n:::\n"
    with database.transaction() as session:
        study = cast.begin_study(session, manual=cast.MANUAL.replace("the pace of the person.\n", plain))
        cast.add_panel(session, study, {"Carers": 6, "Academics": 6})
        cast.open_round(session, study)
    in_order = ("at the pace of the person", "In plain words", "We go as fast", "name=rating-1 ")

    for address in ("carers-1@example.org", "academics-1@example.org"):
        page = enter(address).get(SECTION).get_data(as_text=True)
        card = page[page.index('id="item-pace"') :].partition("</article>")[0]
        places = [card.index(words) for words in in_order]
        assert places == sorted(places)
