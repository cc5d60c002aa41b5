"""Saving as people answer: what the page says is what the database holds, with the script and without it."""

import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Route, expect

from tests.browser.conftest import SECTION
from tests.browser.site import Site
from tests.browser.visitor import Visitor, box_of, level_of, says
from tests.fields import PACE as ON_PACE

SAVED = re.compile(r"Saved \d\d:\d\d")
UNSAVED = "Not saved yet – kept on this device"
SAVING = "**/panel/sections/*"
PLACE, PACE, ALONG = 0, 1, 2  # slots of the ballot: one criterion, items in the manual's order
FAILED_LOAD = "Failed to load resource"

BALLOT = """SELECT b.payload, b.revision, b.is_finished, b.receipt FROM ballots b
            JOIN panelists p ON p.id = b.panelist_id WHERE p.pseudonym = ?"""
COMMENTS = """SELECT v.text FROM comment_versions v JOIN comments c ON c.id = v.comment_id
              JOIN panelists p ON p.id = c.panelist_id JOIN item_versions i ON i.id = c.item_version_id
              JOIN items k ON k.id = i.item_id WHERE p.pseudonym = ? AND k.key = ? ORDER BY v.number"""

LISTEN = """() => { const line = document.querySelector("[data-save-status]"); window.said = [];
  new MutationObserver(() => said.push(line.textContent)).observe(line, { childList: true }); }"""


def pseudonym(visitor: Visitor) -> str:
    return str(visitor.page.locator("#rating-form").get_attribute("data-ballot")).partition("-")[2]


def answers(visitor: Visitor, of: str) -> dict[int, int]:
    """Return what the database holds of this panelist's ratings: the level by slot, without those not answered."""
    rows = visitor.site.query(BALLOT, of)
    return {slot: byte for slot, byte in enumerate(rows[0][0]) if byte} if rows else {}  # type: ignore[arg-type]


def comments(visitor: Visitor, of: str, item: str) -> list[str]:
    return [str(text) for (text,) in visitor.site.query(COMMENTS, of, item)]


def choose(visitor: Visitor, slot: int, level: int | str) -> None:
    chosen = level_of(visitor.page, slot, level)
    if level == "clear" and visitor.has_script:
        chosen = visitor.page.locator(f"#rating-{slot}").get_by_role("button", name="Clear my answer")
    chosen.click()


def write(visitor: Visitor, item: str, text: str) -> None:
    box = box_of(visitor.page, "comment", item)
    if not box.is_visible():
        visitor.page.locator(f"#item-{item} summary", has_text="Comment").click()
    box.fill(text)


def keep(visitor: Visitor) -> None:
    """Wait until the page has saved what was answered, or save it by the button where no script does."""
    if visitor.has_script:
        says(visitor.page, SAVED)
    else:
        visitor.press("Save and go on")


def slow_down(visitor: Visitor, milliseconds: int) -> None:
    """Let every answer of the server take this much longer."""
    conditions = {"offline": False, "latency": milliseconds, "downloadThroughput": -1, "uploadThroughput": -1}
    visitor.context.new_cdp_session(visitor.page).send("Network.emulateNetworkConditions", conditions)


WITHOUT_SCRIPT = pytest.mark.parametrize("either", [False], indirect=True, ids=["no script"])


def test_a_rating_is_called_saved_only_when_the_database_holds_it(reader: Visitor) -> None:
    held: list[Route] = []
    reader.page.route(SAVING, lambda route: held.append(route))
    reader.page.evaluate(LISTEN)
    me = pseudonym(reader)

    choose(reader, PLACE, 7)
    says(reader.page, "Saving…")
    said, before = reader.page.evaluate("said"), answers(reader, me)
    held[0].continue_()
    says(reader.page, SAVED)

    assert said == ["Saving…"]
    assert before == {}
    assert answers(reader, me) == {PLACE: 7}


def test_a_reply_that_is_lost_is_asked_for_again_and_the_answer_is_stored_once(reader: Visitor) -> None:
    reader.expect_refusals(FAILED_LOAD)
    me = pseudonym(reader)

    def lose(route: Route) -> None:
        route.fetch()
        route.abort()

    reader.page.route(SAVING, lose, times=1)
    choose(reader, PLACE, 4)
    says(reader.page, UNSAVED)
    says(reader.page, SAVED)

    assert answers(reader, me) == {PLACE: 4}
    assert reader.site.query(BALLOT, me)[0][1] == 1


def test_arrow_keys_on_a_slow_line_end_on_the_last_value(reader: Visitor) -> None:
    slow_down(reader, 300)

    level_of(reader.page, PLACE, 1).focus()
    reader.page.keyboard.press("Space")
    for _ in range(6):
        reader.page.keyboard.press("ArrowRight")
        reader.page.wait_for_timeout(80)
    says(reader.page, SAVED)
    expect(reader.page.locator(f"[name=seen-{PLACE}]")).to_have_value("7")

    assert answers(reader, pseudonym(reader)) == {PLACE: 7}
    expect(level_of(reader.page, PLACE, 7)).to_be_checked()


def test_clearing_takes_the_answer_back(reader: Visitor) -> None:
    choose(reader, PACE, 5)
    says(reader.page, SAVED)

    choose(reader, PACE, "clear")
    expect(reader.page.locator(f"[name=seen-{PACE}]")).to_have_value("")

    assert answers(reader, pseudonym(reader)) == {}
    expect(reader.page.locator(f"[name=rating-{PACE}]:checked")).to_have_count(0)
    says(reader.page, "The answer is cleared.")
    expect(level_of(reader.page, PACE, 1)).to_be_focused()


@pytest.mark.parametrize(("start", "key"), [(1, "ArrowLeft"), ("unable", "ArrowRight")])
def test_arrow_keys_never_come_to_what_clears_an_answer(reader: Visitor, start: int | str, key: str) -> None:
    choose(reader, PACE, start)
    says(reader.page, SAVED)

    level_of(reader.page, PACE, start).focus()
    reader.page.keyboard.press(key)

    other = "unable" if start == 1 else 1
    expect(level_of(reader.page, PACE, other)).to_be_focused()
    expect(reader.page.locator(f"[name=seen-{PACE}]")).to_have_value(str(other))
    assert answers(reader, pseudonym(reader)) == {PACE: 255 if other == "unable" else 1}


def test_unable_to_rate_is_an_answer_of_its_own(reader: Visitor) -> None:
    choose(reader, PACE, "unable")
    says(reader.page, SAVED)

    assert answers(reader, pseudonym(reader)) == {PACE: 255}


def test_a_comment_survives_a_reload_before_it_was_saved(reader: Visitor) -> None:
    reader.expect_refusals(FAILED_LOAD)
    me = pseudonym(reader)
    reader.page.route(SAVING, lambda route: route.fallback() if route.request.method == "GET" else route.abort())

    write(reader, "pace", "Say “slowly” & mean it: 100 %")
    reader.reload()
    before = comments(reader, me, "pace")
    expect(box_of(reader.page, "comment", "pace")).to_have_value("Say “slowly” & mean it: 100 %")
    reader.page.unroute_all()
    says(reader.page, SAVED)

    assert before == []
    assert comments(reader, me, "pace") == ["Say “slowly” & mean it: 100 %"]


def test_what_was_chosen_while_the_server_was_away_is_saved_when_it_is_back(reader: Visitor) -> None:
    reader.expect_refusals(FAILED_LOAD)
    me = pseudonym(reader)

    reader.site.stop()
    try:
        choose(reader, PLACE, 2)
        write(reader, "pace", "Typed while nobody listened")
        says(reader.page, UNSAVED)
    finally:
        reader.site.start()
    expect(reader.page.locator(f"[name={ON_PACE.comment_seen}]")).to_have_value("1", timeout=40_000)
    says(reader.page, SAVED)

    assert answers(reader, me) == {PLACE: 2}
    assert comments(reader, me, "pace") == ["Typed while nobody listened"]


def test_a_session_that_has_ended_is_said_and_the_text_comes_back_with_the_link(
    visit: Callable[..., Visitor], links: Iterator[str]
) -> None:
    visitor, link = visit(), next(links)
    visitor.expect_refusals(FAILED_LOAD)
    visitor.come_in(link)
    visitor.go(SECTION)
    me, asked = pseudonym(visitor), []
    visitor.page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.accept()))

    visitor.context.clear_cookies()
    write(visitor, "pace", "Typed after the session had ended")
    says(visitor.page, "You are signed out; nothing is lost. Open your link again.")
    expect(box_of(visitor.page, "comment", "pace")).to_have_value("Typed after the session had ended")
    kept_out = comments(visitor, me, "pace")
    visitor.go(link)
    visitor.press("Continue")
    says(visitor.page, SAVED)

    assert visitor.page.url.endswith(f"{SECTION}#item-pace")
    assert kept_out == []
    assert asked == []
    assert comments(visitor, me, "pace") == ["Typed after the session had ended"]


def test_save_and_go_on_sends_what_is_still_on_its_way(reader: Visitor) -> None:
    me = pseudonym(reader)
    slow_down(reader, 600)

    choose(reader, PLACE, 9)
    choose(reader, PACE, 1)
    write(reader, "pace", "The last words")
    reader.press("Save and go on")

    assert reader.page.url.endswith("/going-along")
    assert answers(reader, me) == {PLACE: 9, PACE: 1}
    assert comments(reader, me, "pace") == ["The last words"]


@WITHOUT_SCRIPT
def test_without_script_the_button_saves_and_clear_takes_back(either: Visitor) -> None:
    me = pseudonym(either)

    choose(either, PLACE, 6)
    choose(either, PACE, "unable")
    write(either, "pace", "Sent by the button")
    either.press("Save and go on")
    saved = answers(either, me)
    either.go(SECTION)
    choose(either, PLACE, "clear")
    either.press("Save and go on")

    assert saved == {PLACE: 6, PACE: 255}
    assert answers(either, me) == {PACE: 255}
    assert comments(either, me, "pace") == ["Sent by the button"]


@WITHOUT_SCRIPT
def test_without_script_a_comment_that_is_too_long_is_kept_on_the_page(either: Visitor) -> None:
    either.expect_refusals(FAILED_LOAD)
    me, long = pseudonym(either), "Too many words. " * 300

    choose(either, PLACE, 6)
    write(either, "pace", long)
    either.press("Save and go on")

    assert either.page.title().startswith("Error: ")
    expect(either.page.locator("#error-summary")).to_be_focused()
    assert box_of(either.page, "comment", "pace").input_value().strip() == long.strip()
    assert answers(either, me) == {PLACE: 6}
    assert comments(either, me, "pace") == []


def test_the_whole_questionnaire_leads_to_a_receipt(either: Visitor) -> None:
    me = pseudonym(either)

    choose(either, PLACE, 9)
    choose(either, PACE, "unable")
    write(either, "pace", "Whose pace?")
    either.press("Save and go on")
    choose(either, ALONG, 7)
    either.press("Save and go on")
    either.press("Finish")

    assert answers(either, me) == {PLACE: 9, PACE: 255, ALONG: 7}
    assert comments(either, me, "pace") == ["Whose pace?"]
    _, _, is_finished, receipt = either.site.query(BALLOT, me)[0]
    assert is_finished
    expect(either.page.locator(".summary-list")).to_contain_text(str(receipt))


def test_the_ways_to_the_sections_beside_it_save_what_stands_on_the_page(either: Visitor) -> None:
    either.expect_refusals(FAILED_LOAD)
    me, long = pseudonym(either), "Too many words. " * 300

    choose(either, PLACE, 6)
    write(either, "pace", long)
    either.press("Next: Going along")
    refused = box_of(either.page, "comment", "pace").input_value()
    box_of(either.page, "comment", "pace").fill("Kept by going on")
    either.press("Next: Going along")
    choose(either, ALONG, 7)
    either.press("Back: Meeting for the first time")

    assert refused.strip() == long.strip()
    assert either.page.url.endswith(SECTION)
    assert answers(either, me) == {PLACE: 6, ALONG: 7}
    assert comments(either, me, "pace") == ["Kept by going on"]


def test_the_site_comes_back_with_what_it_had(reader: Visitor, site: Site) -> None:
    me = pseudonym(reader)
    choose(reader, PLACE, 5)
    says(reader.page, SAVED)

    site.stop()
    site.start()
    reader.go(SECTION)

    expect(level_of(reader.page, PLACE, 5)).to_be_checked()
    assert answers(reader, me) == {PLACE: 5}
