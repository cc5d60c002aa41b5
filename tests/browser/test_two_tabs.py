"""One person at two tabs, or twice at one button: the later rating wins and says so, of two texts the page shows both."""

import pytest
from playwright.sync_api import Route, expect

from tests.browser.conftest import SECTION
from tests.browser.test_autosave import (
    FAILED_LOAD,
    PACE,
    PLACE,
    SAVED,
    SAVING,
    answers,
    choose,
    comments,
    keep,
    pseudonym,
    slow_down,
    write,
)
from tests.browser.test_kept_on_the_device import cut
from tests.browser.visitor import Visitor, box_of, level_of, says


@pytest.fixture
def reader(reader: Visitor) -> Visitor:
    """A panelist with the first section open, who will lose the line."""
    reader.expect_refusals(FAILED_LOAD)
    return reader


def test_of_two_tabs_the_later_rating_wins_and_says_so(either: Visitor) -> None:
    me, second = pseudonym(either), either.second_tab()

    choose(either, PLACE, 3)
    keep(either)
    choose(second, PLACE, 8)
    if second.has_script:
        says(second.page, "It replaced another answer that you gave elsewhere.")
    else:
        second.press("Save and go on")
        expect(second.page.locator(".notice-done")).to_contain_text("Some of it replaced other answers that you gave elsewhere.")

    assert answers(either, me) == {PLACE: 8}


def test_of_two_tabs_neither_overwrites_the_others_comment(either: Visitor) -> None:
    me, second = pseudonym(either), either.second_tab()
    second.expect_refusals(FAILED_LOAD)

    write(either, "pace", "From the first tab")
    keep(either)
    write(second, "pace", "From the second tab")
    if second.has_script:
        says(second.page, "Not saved: this comment was changed elsewhere.")
    second.press("Save and go on")
    stored = comments(either, me, "pace")
    expect(second.page.locator("main")).to_contain_text("There it says: “From the first tab”")
    expect(box_of(second.page, "comment", "pace")).to_have_value("From the second tab")
    second.press("Save and go on")

    assert stored == ["From the first tab"]
    assert comments(either, me, "pace") == ["From the first tab", "From the second tab"]


def chosen_in_two_tabs_without_a_line(reader: Visitor) -> tuple[str, Visitor]:
    """Choose in one tab and then otherwise in a second one; return who they are and that tab."""
    me, second = pseudonym(reader), reader.second_tab()
    for tab in (reader, second):
        cut(tab.page)
    choose(reader, PLACE, 3)
    choose(second, PLACE, 8)
    expect(level_of(reader.page, PLACE, 8)).to_be_checked()
    return me, second


def test_of_two_tabs_without_a_line_the_one_that_chose_later_wins(reader: Visitor) -> None:
    me, second = chosen_in_two_tabs_without_a_line(reader)

    for tab in (reader, second):
        tab.page.unroute_all()
        tab.page.evaluate("window.dispatchEvent(new Event('online'))")

    says(second.page, SAVED)
    assert answers(reader, me) == {PLACE: 8}


def test_what_another_tab_chose_is_saved_even_if_that_tab_is_gone(reader: Visitor) -> None:
    me, second = chosen_in_two_tabs_without_a_line(reader)

    second.page.close()
    reader.page.unroute_all()
    reader.page.evaluate("window.dispatchEvent(new Event('online'))")

    says(reader.page, SAVED)
    assert answers(reader, me) == {PLACE: 8}


def test_a_rating_whose_reply_was_lost_does_not_undo_a_later_one_from_another_tab(reader: Visitor) -> None:
    me, second = pseudonym(reader), reader.second_tab()
    held: list[Route] = []

    def lose(route: Route) -> None:
        route.fetch()
        held.append(route)

    reader.page.route(SAVING, lose, times=1)
    choose(reader, PLACE, 4)
    expect(reader.page.locator("[data-save-status]")).to_contain_text("Saving…")
    choose(second, PLACE, 8)
    says(second.page, SAVED)
    held[0].abort()
    says(reader.page, "kept on this device")
    expect(level_of(reader.page, PLACE, 8)).to_be_checked(timeout=10_000)

    assert answers(reader, me) == {PLACE: 8}


def test_the_back_button_does_not_bring_an_old_answer_over_a_newer_one(either: Visitor) -> None:
    me = pseudonym(either)
    choose(either, PLACE, 3)
    either.press("Save and go on")
    second = either.second_tab()
    second.go(SECTION)
    choose(second, PLACE, 8)
    second.press("Save and go on")

    either.back()
    choose(either, PACE, 2)
    either.press("Save and go on")

    assert answers(either, me) == {PLACE: 8, PACE: 2}


def test_a_button_that_is_pressed_twice_at_once_saves_once(either: Visitor) -> None:
    me = pseudonym(either)
    choose(either, PLACE, 6)
    write(either, "pace", "Pressed twice")
    slow_down(either, 300)  # so that both come before the next page

    with either.page.expect_navigation(url="**/going-along"):
        either.page.get_by_role("button", name="Save and go on", exact=True).dblclick()
    either.looked_over()
    either.go(SECTION)

    expect(level_of(either.page, PLACE, 6)).to_be_checked()
    expect(box_of(either.page, "comment", "pace")).to_have_value("Pressed twice")
    assert answers(either, me) == {PLACE: 6}
    assert comments(either, me, "pace") == ["Pressed twice"]
