"""Somebody new sets up a study of their own, by visible links and buttons alone: from a draft without marks to an open round."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.visitor import Visitor

DRAFT = """\
---
title: Going out again
---

# Meeting

The first meeting takes place where the person likes.

Nobody is hurried.

# Going along

The worker offers to go along.

- the first time
- whenever the person asks
"""
# A careful first-time user takes about six minutes for what is to be done, and is to be through in 18: the rest is for reading.
WORDS_A_MINUTE, MINUTES_TO_READ = 238, 11.5
COUNT = """() => {
  const seen = [], walker = document.createTreeWalker(document.querySelector("main"), NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const { parentElement: place, textContent: text } = walker.currentNode;
    if (place.checkVisibility() && !place.closest(".visually-hidden, option:not(:checked)")) seen.push(text);
  }
  return seen.join(" ").split(/\\s+/).filter((word) => /\\w/.test(word)).length;
}"""
PEOPLE = [f"Person {n},new-{n}@example.org,{'Carers' if n < 6 else 'Practitioners'}" for n in range(12)]


def sign_in(visitor: Visitor) -> None:
    visitor.go("/office/sign-in")
    visitor.page.get_by_label("E-mail address").fill("ruth@example.org")
    visitor.page.get_by_label("Password").fill("three plain words")
    visitor.press("Sign in")


def mark(visitor: Visitor, kinds: list[str], button: str) -> None:
    """Say of each paragraph of the section on the page what it is, and that the section is not rated as a whole."""
    paragraphs = visitor.page.locator("fieldset.mark")
    expect(paragraphs).to_have_count(len(kinds))
    for place, kind in enumerate(kinds):
        paragraphs.nth(place).get_by_label(kind, exact=True).check()
    folded = visitor.page.locator("summary", has_text="The section as a whole: Rated if it has no items")
    folded.click()
    visitor.page.get_by_label("Not rated as a whole").check()
    visitor.press(button)


def go_on(visitor: Visitor, link: str) -> None:
    """Follow the link to the next step, which stands where the page says that a step is kept, in sight."""
    confirmation = visitor.page.locator(".notice-done a").first
    expect(confirmation).to_have_text(link)
    expect(confirmation).to_be_in_viewport()
    visitor.use(confirmation)


def words_in_sight(visitor: Visitor) -> dict[str, int]:
    """Return how many words there are to read on each page that the visitor comes to from now on, filled in as they go."""
    counts: dict[str, int] = {}
    look_over = visitor.looked_over

    def count(page: Page | None = None) -> Page:
        counts[f"{len(counts) + 1}: {visitor.page.title()}"] = visitor.page.evaluate(COUNT)
        return look_over(page)

    visitor.looked_over = count  # type: ignore[method-assign]
    return counts


def menu_of(visitor: Visitor) -> object:
    """Return where the menu of the study stands, and how large it is."""
    return visitor.page.get_by_role("navigation", name="This study").bounding_box()


@pytest.mark.parametrize(("script", "width"), [(True, 1280), (False, 320)])
def test_a_new_user_gets_from_an_unmarked_draft_to_an_open_round(visit: Callable[..., Visitor], script: bool, width: int) -> None:
    title = f"A study of my own, {width}"
    ruth = visit(java_script_enabled=script, viewport={"width": width, "height": 800}, timezone_id="Asia/Tokyo")
    words = words_in_sight(ruth)
    sign_in(ruth)
    ruth.follow("Begin a study")
    ruth.page.get_by_label("Title of the study").fill(title)
    ruth.page.get_by_label("Files of the draft").set_input_files(
        {"name": "draft.md", "mimeType": "text/markdown", "buffer": DRAFT.encode()}
    )
    ruth.press("Begin the study")
    overview, menu = ruth.page.url, menu_of(ruth)

    ruth.follow("Mark items")
    mark(ruth, ["Core item", "Text"], "Keep and go on")
    mark(ruth, ["Flexible item", "Text", "Core item"], "Keep these items")
    expect(ruth.page.locator(".manual-item")).to_have_count(3)

    go_on(ruth, "Panel")
    ruth.page.get_by_label("Panel file").set_input_files(
        {"name": "panel.csv", "mimeType": "text/csv", "buffer": "\n".join(["name,email,group", *PEOPLE]).encode()}
    )
    ruth.press("Look at these people")
    ruth.use(ruth.page.get_by_role("button", name="Add these"))

    told = ruth.page.get_by_role("columnheader", name="What the panel sees of its figures").bounding_box()
    assert told
    assert told["width"] > 200  # sentences stand in it, on a phone too

    go_on(ruth, "Protocol")
    assert menu_of(ruth) == menu
    ruth.page.locator("summary", has_text="What counts as consensus").click()
    percent = ruth.page.get_by_label("At least so many percent in the highest zone")
    expect(percent).to_be_hidden()
    ruth.page.get_by_label("A rule of your own, made of percentages").check()
    percent.fill("80")
    ruth.page.get_by_label("In every group", exact=True).check()
    ruth.press("Show the rules for the scale chosen above")
    words.popitem()  # the usual rule is a good one: who keeps it does not read these
    expect(ruth.page.locator("#rule-own-more")).to_contain_text("in every group of 5 or more, at least 80 %")
    ruth.press("Keep the protocol")

    go_on(ruth, "Information and consent")
    for label in ("Who you are", "Who pays for the study", "Which committee has approved it", "How long answers are kept, and"):
        ruth.page.get_by_role("textbox", name=label).fill("That is told here.")
    ruth.press("Keep this text")
    go_on(ruth, "Care: help and contact")
    assert menu_of(ruth) == menu
    ruth.page.get_by_label("Name").fill("Dr Hanna Kruger")
    ruth.page.get_by_label("Telephone").fill("116 123")
    ruth.press("Keep this")
    go_on(ruth, "Mail: invitation and reminders")
    zone, first = ruth.page.get_by_label("Time zone"), "Asia/Tokyo" if script else "UTC"
    expect(zone).to_have_value(first)
    expect(zone.locator("option").first).to_have_attribute("value", first)
    ruth.page.get_by_label("Who asks, by name").fill("Dr Ruth Adler")
    ruth.press("Keep this")

    ruth.go(overview)
    ruth.follow("Check")
    assert menu_of(ruth) == menu
    findings = ruth.page.locator(".findings")
    expect(findings).to_contain_text("No safeguarding reader is named.")
    expect(findings).not_to_contain_text("What people are told")
    expect(ruth.page.locator("main")).to_contain_text("Nothing is missing: round 1 can open.")
    ruth.follow("Go on to round 1")
    ruth.press("Open round 1 and invite 12 people")

    expect(ruth.page.locator("main")).to_contain_text("Round 1 is open.")
    words.popitem()  # there: what this page says is read at leisure
    assert sum(words.values()) < MINUTES_TO_READ * WORDS_A_MINUTE, words


def test_a_rehearsal_is_begun_tried_and_deleted(visit: Callable[..., Visitor]) -> None:
    ruth = visit()
    sign_in(ruth)
    ruth.go("/office/studies/connections/rehearsal")
    ruth.press("Begin a rehearsal")
    inside = ruth.page.url

    ruth.follow("Answer round 1 as: Carers")
    ruth.press("Continue")
    ruth.page.locator("#agree").check()
    ruth.press("Agree and go on")
    ruth.press("Skip the example")
    ruth.follow("Start")
    with ruth.page.expect_response(lambda response: response.request.method == "POST"):
        ruth.page.locator(".scale-levels input").nth(6).check()
    expect(ruth.page.locator("[data-save-status]")).to_contain_text("Saved")

    ruth.go(inside)
    ruth.follow("Go to the overview of the rehearsal")
    expect(ruth.page.locator("main")).to_contain_text("people and answers are invented")
    ruth.go("/office/studies/connections/rehearsal")
    ruth.press("Delete the rehearsal")
    expect(ruth.page.locator("main")).to_contain_text("Nothing of it is left.")
