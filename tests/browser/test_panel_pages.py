"""The panelist's pages for those who use only a keyboard, a small phone, or colours of their own."""

import re
from collections.abc import Callable, Iterator
from itertools import pairwise

from playwright.sync_api import Page, expect

from tests.browser.conftest import SECTION
from tests.browser.site import Site
from tests.browser.visitor import Visitor, level_of, says

SAVED = re.compile(r"Saved \d\d:\d\d")
SMALLEST_TARGET = 24  # pixels, WCAG 2.2 criterion 2.5.8
FINGER = 44  # pixels, criterion 2.5.5
MOST_STEPS = 60
PHONE = {"width": 320, "height": 640}

FOCUSED = """() => {
  // A level of a scale is a hidden radio with a box beside it; everything else is marked itself.
  const one = document.activeElement, marked = one.matches(".scale input") ? one.nextElementSibling : one;
  const style = getComputedStyle(marked), box = marked.getBoundingClientRect();
  const outlined = style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2;
  return { outlined, onScreen: box.width > 1 && box.top >= 0 && box.bottom <= innerHeight, html: one.outerHTML.slice(0, 120) };
}"""
LOOKS = """cell => { const style = getComputedStyle(cell);
  return [style.backgroundColor, style.borderTopWidth, style.borderTopColor, style.outlineStyle].join(" "); }"""


def tab_to(page: Page, selector: str) -> None:
    """Press Tab until the focus is on what the selector names, and see each stop on the way marked and on the screen."""
    for _ in range(MOST_STEPS):
        page.keyboard.press("Tab")
        focused = page.evaluate(FOCUSED)
        assert focused["outlined"], f"nobody can see that the focus is on {focused['html']}"
        assert focused["onScreen"], f"the focus is out of sight on {focused['html']}"
        if page.evaluate("selector => document.activeElement.matches(selector)", selector):
            return
    raise AssertionError(f"Tab does not lead to {selector}")


def press_to_next_page(visitor: Visitor, selector: str) -> None:
    """Go to a link or button by Tab and press Enter on it."""
    tab_to(visitor.page, selector)
    with visitor.page.expect_navigation():
        visitor.page.keyboard.press("Enter")
    visitor.looked_over()


def choose_by_keyboard(page: Page, field: str, level: int) -> None:
    """Go to a scale by Tab, choose its first level and move on to the one that is meant."""
    tab_to(page, f"[name={field}]")
    page.keyboard.press("Space")
    for _ in range(level - 1):
        page.keyboard.press("ArrowRight")
    expect(page.locator(f"[name={field}][value='{level}']")).to_be_checked()


def test_the_keyboard_alone_leads_through_a_whole_round(visit: Callable[..., Visitor], links: Iterator[str], site: Site) -> None:
    visitor = visit(timezone_id="UTC")
    page = visitor.go(next(links))

    press_to_next_page(visitor, "main button")
    tab_to(page, "#agree")
    page.keyboard.press("Space")
    press_to_next_page(visitor, "main button")
    press_to_next_page(visitor, "main button")
    press_to_next_page(visitor, ".next-step a")
    choose_by_keyboard(page, "rating-0", 3)
    tab_to(page, "details summary")
    page.keyboard.press("Enter")
    tab_to(page, "textarea")
    page.keyboard.type("Typed with the keyboard alone.")
    choose_by_keyboard(page, "rating-1", 8)
    says(page, re.compile(r"^Saved \d\d:\d\d$"))  # as this reader's own clock shows it
    press_to_next_page(visitor, ".save-bar button")
    choose_by_keyboard(page, "rating-2", 9)
    says(page, SAVED)
    press_to_next_page(visitor, ".save-bar button")
    press_to_next_page(visitor, "form[action$=finish] button")

    expect(page.locator("h1")).to_have_text("You have finished round 1")
    expect(page.locator(".summary-list")).to_contain_text("Your receipt")
    assert site.query("SELECT count(*) FROM comment_versions WHERE text = 'Typed with the keyboard alone.'") == [(1,)]


def test_the_first_stop_of_every_page_skips_to_its_content(panelist: Visitor) -> None:
    panelist.page.keyboard.press("Tab")
    panelist.page.keyboard.press("Enter")
    panelist.page.keyboard.press("Tab")

    assert panelist.page.evaluate("document.querySelector('main').contains(document.activeElement)")


def test_on_a_small_phone_no_page_is_wider_than_the_screen(visit: Callable[..., Visitor], links: Iterator[str]) -> None:
    visitor = visit(viewport=PHONE, has_touch=True)

    visitor.come_in(next(links))
    for address in (SECTION, "/panel/review", "/panel/results", "/panel/", "/who-sees-what", "/"):
        visitor.go(address)  # and its width is looked at

    assert visitor.faults == []


def test_on_a_small_phone_every_level_is_large_enough_for_a_finger(visit: Callable[..., Visitor], links: Iterator[str]) -> None:
    visitor = visit(viewport=PHONE, has_touch=True)
    visitor.come_in(next(links))
    page = visitor.go(SECTION)

    targets = [target.bounding_box() for target in page.locator(".scale input[type=radio]:visible").all()]

    says(page, "Each answer is saved as you give it.")
    levels = [level.bounding_box() for level in page.locator(".scale").first.locator(".scale-levels label").all()]
    assert len(targets) >= 2 * 10
    assert [box for box in levels if box["width"] < FINGER or box["height"] < FINGER] == []
    assert sorted(levels, key=lambda box: (box["y"], box["x"])) == levels
    # Under two rows no place is that of one level, so the words follow one another and none stands under another level's number.
    words = page.locator(".scale").first.locator("> [aria-hidden]")
    boxes = [word.bounding_box() for word in words.locator("span").all()]
    assert len(boxes) == 3
    assert all(
        after["y"] > before["y"] or after["x"] - before["x"] - before["width"] < FINGER / 2 for before, after in pairwise(boxes)
    )
    assert [box for box in targets if box["width"] < SMALLEST_TARGET or box["height"] < SMALLEST_TARGET] == []
    assert all(box["x"] >= 0 and box["x"] + box["width"] <= PHONE["width"] for box in targets)


def test_on_a_small_phone_statement_and_scale_fit_one_screen(visit: Callable[..., Visitor], links: Iterator[str]) -> None:
    visitor = visit(viewport=PHONE, has_touch=True)
    visitor.come_in(next(links))
    page = visitor.go(SECTION)

    for item in ("first-meeting-place", "pace"):
        card = page.locator(f"#item-{item}")
        top = card.locator(".item-statement").bounding_box()["y"]
        scale = card.locator(".scale").bounding_box()
        bar = page.locator(".save-bar").bounding_box()["height"]

        assert scale["y"] + scale["height"] - top <= PHONE["height"] - bar


def test_in_colours_of_the_readers_own_the_chosen_level_still_stands_out(
    visit: Callable[..., Visitor], links: Iterator[str]
) -> None:
    visitor = visit(forced_colors="active", timezone_id="Asia/Tokyo")
    visitor.come_in(next(links))
    page = visitor.go(SECTION)

    level_of(page, 0, 7).click()
    says(page, re.compile(r"Saved \d\d:\d\d UTC"))  # the study's clocks are not those of Tokyo
    page.mouse.move(0, 0)
    page.evaluate("document.activeElement.blur()")
    chosen, other = (level_of(page, 0, level).locator("xpath=following-sibling::b").evaluate(LOOKS) for level in (7, 6))

    assert chosen != other


def test_in_the_dark_every_page_keeps_its_contrast(visit: Callable[..., Visitor], links: Iterator[str]) -> None:
    visitor = visit(color_scheme="dark")

    visitor.come_in(next(links))
    for address in (SECTION, "/panel/review", "/panel/"):
        visitor.go(address)  # and its contrast is looked at

    assert visitor.faults == []
