"""The card of round 3, as people see it who last rated in round 1, in round 2 and never."""

import re
from collections.abc import Callable
from itertools import pairwise

import pytest
from flask import Flask, g

from delphi.database import Database
from delphi.models import Ballot
from delphi.services.answering import feedback_before, sheet_of
from delphi.services.studies import find_round, find_study
from delphi.web.panel.cards import Typed, card
from tests import cast
from tests.web import stages
from tests.web.conftest import Visitor

SECTION = "/panel/sections/first-meeting"
PLACE, PACE = cast.ITEMS[:2]
APART = "You and most others see this differently. Both views stay on record, and your reason can be printed."

Enter = Callable[[str], Visitor]


def card_of(visitor: Visitor, key: str) -> str:
    page = visitor.get(SECTION).get_data(as_text=True)
    start = page.index(f'id="item-{key}"')
    return re.sub(r"\s+", " ", page[start : page.index("</article>", start)])


def words(html: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html))


@pytest.fixture
def third(database: Database) -> None:
    with database.transaction() as session:
        stages.round_three(session)


@pytest.fixture
def offering(database: Database) -> None:
    """Round 3 under a protocol that has the own last rating chosen beforehand."""
    with database.transaction() as session:
        stages.round_three(session, preselect_last=True)


def test_who_last_rated_in_round_1_sees_all_that_changed_since_with_both_reasons(third: None, enter: Enter) -> None:
    shown = card_of(enter(stages.LAST_IN_ROUND_1), PLACE)

    assert "What changed in the words since you rated it in round 1" in shown
    assert "that the person deleted: has chosen inserted: likes, at a time that suits them" in words(shown)
    assert shown.index(stages.REASONS[0]) < shown.index(stages.REASONS[1])
    assert [shown.count(reason) for reason in stages.REASONS] == [1, 1]
    assert "In round 1 you chose 2, for the earlier words." in shown
    assert "What the panel said in round 2, of the words then" in shown


def test_who_last_rated_in_round_2_sees_the_last_change_alone(third: None, enter: Enter) -> None:
    shown = card_of(enter(stages.LAST_IN_ROUND_2), PLACE)

    assert "What changed in the words since you rated it in round 2" in shown
    assert "inserted: , at a time that suits them" in words(shown)
    assert "<del>" not in shown
    assert stages.REASONS[0] not in shown
    assert stages.REASONS[1] in shown


def test_who_never_rated_sees_no_changes_and_the_figures_of_others(third: None, enter: Enter) -> None:
    shown = card_of(enter(stages.NEVER), PLACE)

    assert "<ins>" not in shown
    assert "What changed" not in shown
    assert not any(reason in shown for reason in stages.REASONS)
    assert "you chose" not in shown
    assert "What the panel said in round 2, of the words then" in shown
    assert "14 of 14 people chose 7 to 9" in shown


def test_who_sees_it_otherwise_than_most_is_told_so_with_the_way_to_the_comment(third: None, enter: Enter) -> None:
    apart, along = (card_of(enter(address), PACE) for address in (stages.LAST_IN_ROUND_1, stages.LAST_IN_ROUND_2))

    assert APART in words(apart)
    assert '<a href="#box-1">' in apart
    assert "<details class=comment id=box-1>" in apart
    assert "see this differently" not in along


def test_nothing_is_chosen_beforehand_unless_the_protocol_says_so(third: None, enter: Enter) -> None:
    shown = card_of(enter(stages.LAST_IN_ROUND_2), PACE)

    assert "In round 2 you chose 8." in shown
    assert not [name for name in chosen(shown) if name.startswith(("rating", "offered"))]


def slots(database: Database, address: str) -> list[int]:
    with database.reading() as session:
        round_ = find_round(session, find_study(session, stages.SLUG), 3)
        ballot = session.get(Ballot, (round_.id, cast.member(session, round_, address).panelist_id))
        return list(ballot.payload) if ballot else []


def chosen(html: str) -> dict[str, str]:
    """Return what a browser would send of a page's rating form if nothing on it were touched."""
    hidden = re.findall(r"<input type=hidden name=((?:seen|offered)-\d+)(?: value=(\w+))?>", html)
    radios = re.findall(r"name=(rating-\d+) value=(\S+) checked", html)
    return {"round": "3", **dict(hidden), **dict(radios)}


def test_a_rating_that_is_offered_counts_once_it_is_saved(offering: None, enter: Enter, database: Database) -> None:
    visitor = enter(stages.LAST_IN_ROUND_2)
    page = visitor.get(SECTION).get_data(as_text=True)
    before = slots(database, stages.LAST_IN_ROUND_2)

    visitor.post(SECTION, chosen(page))

    after = visitor.get(SECTION).get_data(as_text=True)
    assert "It is chosen here already and counts once you save it" in page
    assert re.findall(r"name=offered-(\d+) value=(\w+)", page) == [("1", "8")]  # not of the item with new words
    assert before == []
    assert slots(database, stages.LAST_IN_ROUND_2) == [0, 8, 0, 0]
    assert "It is chosen here already" not in after
    assert "name=seen-1 value=8" in after


def test_what_is_offered_replaces_no_answer_that_was_given_elsewhere(offering: None, enter: Enter, database: Database) -> None:
    visitor = enter(stages.LAST_IN_ROUND_2)
    untouched = chosen(visitor.get(SECTION).get_data(as_text=True))
    visitor.post(SECTION, {"round": "3", "rating-1": "4", "seen-1": ""})

    visitor.post(SECTION, untouched)

    assert slots(database, stages.LAST_IN_ROUND_2) == [0, 4, 0, 0]


def test_another_choice_than_the_one_that_is_offered_is_an_answer_like_any_other(
    offering: None, enter: Enter, database: Database
) -> None:
    visitor = enter(stages.LAST_IN_ROUND_2)
    form = chosen(visitor.get(SECTION).get_data(as_text=True))
    visitor.post(SECTION, {"round": "3", "rating-1": "4", "seen-1": ""})

    visitor.post(SECTION, {**form, "rating-1": "6"})

    assert slots(database, stages.LAST_IN_ROUND_2) == [0, 6, 0, 0]


def test_the_card_of_round_two_can_be_built_again_from_the_record_in_round_three(app: Flask, database: Database) -> None:
    def card_in_round_two() -> dict[str, object]:
        with database.reading() as session, app.test_request_context("/"):
            g.session = session
            round_ = find_round(session, find_study(session, stages.SLUG), 2)
            member = cast.member(session, round_, "practitioners-1@example.org")
            sheet, shown = sheet_of(session, member, round_), feedback_before(session, member, round_)
            made = card(sheet.asked[PLACE], sheet, shown, member.group.label, Typed())
            answered = {"own", "seen", "offered"}
            return {**made, "slots": [{key: slot[key] for key in slot.keys() - answered} for slot in made["slots"]]}

    with database.transaction() as session:
        stages.round_two(session)
    seen = card_in_round_two()
    with database.transaction() as session:
        stages.after_round_two(session, find_round(session, find_study(session, stages.SLUG), 2))

    assert card_in_round_two() == seen
    assert "Carers could not agree to it." in str(seen["changed"])
    assert seen["feedback"]


def test_the_team_reads_how_many_had_answered_the_round_before(ruth: Visitor, third: None) -> None:
    page = words(ruth.get(f"{stages.HOME}/rounds/2").get_data(as_text=True))

    assert "Who took part, and had answered round 1" in page
    assert "Everybody 16 14 14 0" in page
    assert "Carers 6 4 not shown not shown" in page
    assert "had answered round" not in words(ruth.get(f"{stages.HOME}/rounds/1").get_data(as_text=True))


def test_the_page_of_results_has_a_heading_for_each_round_section_and_item_and_a_list_of_them(third: None, enter: Enter) -> None:
    page = enter(stages.LAST_IN_ROUND_2).get("/panel/results").text.partition("<main")[2]

    headings = [(int(level), words(text).strip()) for level, text in re.findall(r"<h([1-6])[^>]*>(.*?)</h", page, re.DOTALL)]
    listed = re.findall(r'href="#([^"]+)"', page[page.index('id="contents"') : page.index("</nav>")])
    assert [text for level, text in headings if level == 2][-2:] == ["Round 2", "Round 1"]
    assert [text for level, text in headings if level == 3][-2:] == ["Meeting for the first time", "Going along"]
    assert len([text for level, text in headings if level == 4]) == page.count("<article")
    assert all(after - before <= 1 for (before, _), (after, _) in pairwise(headings))
    assert listed
    assert all(f'id="{anchor}"' in page for anchor in listed)
