"""What could not be saved stays on the device: offline, signed out, too late, in two tabs; and Exit clears it."""

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import SECTION
from tests.browser.test_autosave import (
    FAILED_LOAD,
    PACE,
    PLACE,
    SAVED,
    SAVING,
    UNSAVED,
    answers,
    choose,
    comments,
    pseudonym,
    write,
)
from tests.browser.visitor import Visitor, box_of, level_of, says, sign_in_elsewhere
from tests.fields import PACE as ON_PACE

READERS = f"[name={ON_PACE.audience}]"
LATEST_READERS = """SELECT v.audience FROM comment_versions v JOIN comments c ON c.id = v.comment_id
                    JOIN panelists p ON p.id = c.panelist_id WHERE p.pseudonym = ? ORDER BY v.number DESC LIMIT 1"""
# What is kept here, in both of the browser's stores; the answer comes as soon as what was being written is written.
KEPT = """new Promise((resolve, reject) => {
  const asked = indexedDB.open("drafts", 1), here = Object.keys(localStorage).filter(key => key.startsWith("draft:")).length;
  asked.onupgradeneeded = () => asked.result.createObjectStore("kept", { keyPath: "key" });
  asked.onerror = reject;
  asked.onsuccess = () => {
    const count = asked.result.transaction("kept", "readwrite").objectStore("kept").count();
    count.onsuccess = () => { asked.result.close(); resolve([here, count.result]); };
  };
})"""
NOTHING = [0, 0]
SIGNED_OUT = "You are signed out; nothing is lost. Open your link again."
NO_STORAGE = "Object.defineProperty(window, 'localStorage', { get() { throw new Error('switched off') } })"
NO_DATABASE = "Object.defineProperty(window, 'indexedDB', { get() { throw new Error('switched off') } })"
SILENT_DATABASE = "IDBFactory.prototype.open = () => ({})"
FULL_STORAGE = "Storage.prototype.setItem = () => { throw new DOMException('full', 'QuotaExceededError') }"


@pytest.fixture
def reader(reader: Visitor) -> Visitor:
    """A panelist with the first section open, who will lose the line."""
    reader.expect_refusals(FAILED_LOAD)
    return reader


def cut(page: Page) -> None:
    """Let nothing arrive that is to be saved."""
    page.route(SAVING, lambda route: route.abort() if route.request.method == "POST" else route.fallback())


def type_offline(visitor: Visitor, text: str) -> None:
    cut(visitor.page)
    write(visitor, "pace", text)
    says(visitor.page, UNSAVED)


def answer_dialogs(page: Page, asked: list[str], *, accept: bool = True) -> None:
    page.on("dialog", lambda dialog: (asked.append(dialog.message), dialog.accept() if accept else dialog.dismiss()))


@pytest.mark.parametrize("broken", ["", NO_DATABASE, SILENT_DATABASE], ids=["whole", "no database", "silent database"])
def test_ratings_stay_on_the_device_and_are_saved_when_the_page_is_opened_again(reader: Visitor, broken: str) -> None:
    me = pseudonym(reader)
    reader.page.add_init_script(broken)
    reader.go(SECTION)
    cut(reader.page)
    choose(reader, PLACE, 7)
    choose(reader, PACE, "unable")
    says(reader.page, UNSAVED)
    answer_dialogs(reader.page, [])

    reader.page.goto("about:blank")
    before = answers(reader, me)
    reader.page.unroute_all()
    reader.go(SECTION)
    expect(level_of(reader.page, PLACE, 7)).to_be_checked()
    says(reader.page, SAVED)

    assert before == {}
    assert answers(reader, me) == {PLACE: 7, PACE: 255}
    assert broken or reader.page.evaluate(KEPT) == NOTHING


@pytest.mark.parametrize(
    ("there", "and_back"),
    [
        (f"[name=rating-{PLACE}][value='8']", f"[name=rating-{PLACE}][value='3']"),
        (f"{READERS}[value=verbatim]", f"{READERS}[value=team]"),
    ],
    ids=["rating", "readers"],
)
def test_what_was_taken_back_does_not_stand_because_it_arrived_late(reader: Visitor, there: str, and_back: str) -> None:
    me, page = pseudonym(reader), reader.page
    choose(reader, PLACE, 3)
    write(reader, "pace", "Words that stand")
    page.keyboard.press("Tab")
    says(page, SAVED)
    answer_dialogs(page, [])

    # The page that sent it is gone when it arrives, and the next one was made before.
    cut(page)
    with page.expect_request(lambda request: request.method == "POST") as sent:
        page.locator(there).click()
    page.locator(and_back).click()
    reader.reload()
    late = {"Accept": "application/json", "Content-Type": "application/x-www-form-urlencoded"}
    assert reader.context.request.post(page.url, data=sent.value.post_data, headers=late).ok
    page.unroute_all()
    page.evaluate("window.dispatchEvent(new Event('online'))")
    says(page, SAVED)

    assert answers(reader, me) == {PLACE: 3}
    assert reader.site.query(LATEST_READERS, me) == [("team",)]
    assert page.locator(f"{and_back}:checked").count() == 1


def test_another_page_tells_of_what_is_kept_and_leads_there(reader: Visitor) -> None:
    type_offline(reader, "Kept <b>here</b>")
    answer_dialogs(reader.page, [])

    reader.go("/panel/")
    expect(reader.page.locator("[data-drafts]")).to_contain_text("Kept <b>here</b>")
    reader.page.unroute_all()
    reader.follow("Open its section")
    says(reader.page, SAVED)

    reader.go("/panel/")
    expect(reader.page.locator("[data-drafts]")).to_be_hidden()


@pytest.mark.parametrize("broken", [NO_STORAGE, FULL_STORAGE])
def test_a_browser_that_keeps_nothing_is_not_said_to(reader: Visitor, broken: str) -> None:
    reader.page.add_init_script(broken)
    reader.go(SECTION)
    cut(reader.page)
    choose(reader, PLACE, 7)
    says(reader.page, "this browser keeps nothing, so leave this page open")
    reader.page.unroute_all()
    reader.page.evaluate("window.dispatchEvent(new Event('online'))")

    says(reader.page, SAVED)
    assert answers(reader, pseudonym(reader)) == {PLACE: 7}


def test_of_what_a_killed_browser_had_written_out_and_what_was_typed_after_it_the_later_comes_back(reader: Visitor) -> None:
    me, page = pseudonym(reader), reader.page
    type_offline(reader, "Written out in time")
    answer_dialogs(page, [])
    written_out = page.evaluate("JSON.stringify(localStorage)")
    write(reader, "pace", "Written out in time, and typed on")

    reader.go("/")
    page.evaluate("items => { localStorage.clear(); Object.assign(localStorage, JSON.parse(items)); }", written_out)
    page.unroute_all()
    reader.go(SECTION)
    says(page, SAVED)

    assert comments(reader, me, "pace")[-1] == "Written out in time, and typed on"
    assert page.evaluate(KEPT) == NOTHING


def test_exit_clears_before_it_leaves_even_if_the_server_tells_the_browser_nothing(reader: Visitor) -> None:
    type_offline(reader, "Not for the next reader")
    before = reader.page.evaluate(KEPT)
    answer_dialogs(reader.page, [])
    reader.page.route("**/panel/leave", lambda route: route.fulfill(status=204))

    with reader.page.expect_response("**/panel/leave"):
        reader.page.get_by_role("button", name="Exit").first.click()

    assert before == [1, 1]
    assert reader.page.evaluate(KEPT) == NOTHING


def test_exit_asks_before_it_clears_what_is_not_saved_and_leaves_nothing(reader: Visitor) -> None:
    asked: list[str] = []
    type_offline(reader, "Not for the next reader")
    answer_dialogs(reader.page, asked)

    reader.press("Exit")

    assert "not saved yet, and Exit clears it" in asked[0]
    assert reader.page.evaluate(KEPT) == NOTHING


def test_exit_in_one_tab_clears_what_the_others_keep_and_show(reader: Visitor) -> None:
    other = reader.second_tab()
    type_offline(other, "Not for the next reader")
    answer_dialogs(reader.page, [])  # it asks, as something is not saved

    reader.press("Exit")
    other.page.wait_for_url(f"{reader.site.url}/")
    other.looked_over()

    assert "Not for the next reader" not in other.page.content()
    assert reader.page.evaluate(KEPT) == NOTHING


def test_exit_that_was_not_meant_clears_nothing(reader: Visitor) -> None:
    type_offline(reader, "Still mine")

    # Exit first tries to save: the question comes when that has failed, and the line is mended only then.
    with reader.page.expect_event("dialog") as asked:
        reader.page.on("dialog", lambda dialog: dialog.dismiss())
        reader.page.get_by_role("button", name="Exit").first.click()
    assert "Exit clears it" in asked.value.message
    reader.page.unroute_all()
    reader.page.evaluate("window.dispatchEvent(new Event('online'))")

    says(reader.page, SAVED)
    assert comments(reader, pseudonym(reader), "pace") == ["Still mine"]


def test_exit_first_saves_what_is_on_its_way(reader: Visitor) -> None:
    me, asked = pseudonym(reader), []
    answer_dialogs(reader.page, asked)

    write(reader, "pace", "The last words")
    reader.press("Exit")

    assert asked == []
    assert comments(reader, me, "pace") == ["The last words"]


def test_a_page_that_was_signed_out_goes_on_when_its_writer_has_come_in_in_another_tab(
    visit: Callable[..., Visitor], links: Iterator[str]
) -> None:
    visitor, link = visit(), next(links)
    visitor.expect_refusals(FAILED_LOAD)
    visitor.come_in(link)
    visitor.go(SECTION)
    me = pseudonym(visitor)
    visitor.context.clear_cookies()
    choose(visitor, PLACE, 6)
    write(visitor, "pace", "Typed while signed out")
    says(visitor.page, SIGNED_OUT)

    sign_in_elsewhere(visitor, link)
    visitor.page.evaluate("window.dispatchEvent(new Event('focus'))")

    says(visitor.page, SAVED)
    assert answers(visitor, me) == {PLACE: 6}
    assert comments(visitor, me, "pace") == ["Typed while signed out"]


def test_nothing_of_one_person_is_shown_or_saved_for_the_next_on_the_same_device(
    visit: Callable[..., Visitor], links: Iterator[str]
) -> None:
    visitor, ada, bo = visit(), next(links), next(links)
    visitor.expect_refusals(FAILED_LOAD)
    visitor.come_in(ada)
    visitor.go(SECTION)
    first = pseudonym(visitor)
    visitor.context.clear_cookies()
    write(visitor, "pace", "Ada’s words")
    says(visitor.page, SIGNED_OUT)

    visitor.come_in(bo)
    visitor.go(SECTION)
    second = pseudonym(visitor)
    visitor.page.wait_for_timeout(1500)

    assert second != first
    expect(box_of(visitor.page, "comment", "pace")).to_have_value("")
    assert "Ada" not in visitor.page.content()
    assert comments(visitor, first, "pace") == comments(visitor, second, "pace") == []


def test_the_back_button_after_saving_shows_what_is_saved(reader: Visitor) -> None:
    me = pseudonym(reader)
    choose(reader, PLACE, 5)
    reader.press("Save and go on")

    reader.back()
    expect(level_of(reader.page, PLACE, 5)).to_be_checked()
    choose(reader, PACE, 2)
    reader.press("Save and go on")

    assert answers(reader, me) == {PLACE: 5, PACE: 2}
