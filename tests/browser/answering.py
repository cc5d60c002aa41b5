"""How the panel of the study in `going_out` answers: some at a browser, who look at what they are shown, others by HTTP."""

import re
from collections.abc import Callable

from playwright.sync_api import expect

from tests.browser.going_out import (
    COMMENT,
    FIRST,
    INTEREST,
    PACE,
    PACE_AGAIN,
    PACE_AT_LAST,
    PEOPLE,
    REASON,
    REASON_AT_LAST,
    ROUND_1,
    ROUND_2,
    ROUND_3,
    SECOND,
    SECTION,
    TO_THANK,
)
from tests.browser.people import HttpPanelist
from tests.browser.visitor import Visitor, readers_of, says

# Who comes by a browser in a round; the others come by HTTP.
AT_A_BROWSER = (
    frozenset[str](),
    frozenset({"practitioner-1@example.org", "carer-1@example.org", "carer-6@example.org"}),
    frozenset({"carer-1@example.org", "carer-6@example.org"}),
    frozenset({"practitioner-1@example.org"}),
)


def answer(visit: Callable[..., Visitor], number: int, links: dict[str, str]) -> None:
    """Let the people of these links answer a round of the study."""
    answers = (ROUND_1, ROUND_2, ROUND_3)[number - 1]
    for address, link in links.items():
        own = {words: levels[PEOPLE.index(address)] for words, levels in answers.items()}
        if address not in AT_A_BROWSER[number]:
            _answer_by_http(link, own)
        elif number == 1:
            _answer_everything(visit(**_device(address)), link, own, is_for_the_panel=address == "carer-1@example.org")
        else:
            _answer_again(visit(**_device(address)), link, own, _feedback(number, address))


def _feedback(number: int, address: str) -> tuple[str, str, tuple[str, ...]]:
    """Return what a card of this round shows this person: the new words, the reason for them, and what was answered before."""
    words, reason, before = ((PACE_AGAIN, REASON, ROUND_1[PACE]), (PACE_AT_LAST, REASON_AT_LAST, ROUND_2[PACE_AGAIN]))[number - 2]
    of_all, of_practitioners, of_carers = (("6 of 12", "6 of 6", "0 of 6"), ("7 of 12", "6 of 6", "1 of 6"))[number - 2]
    own = f"In round {number - 1} you chose {before[PEOPLE.index(address)]}, for the earlier words."
    group = f"{address.split('-')[0].capitalize()}s (your group)"
    return words, reason, (own, group, *(f"{one} people chose 7 to 9" for one in (of_all, of_practitioners, of_carers)))


def _device(address: str) -> dict[str, object]:
    """Give one of the three a phone, and one no JavaScript."""
    phone = {"viewport": {"width": 390, "height": 844}}
    return {"carer-1@example.org": phone, "carer-6@example.org": {"java_script_enabled": False}}.get(address, {})


def _come_in(panelist: Visitor, link: str) -> None:
    panelist.go(link)
    panelist.press("Continue")
    if panelist.page.get_by_role("button", name="Agree and go on").count():
        panelist.page.get_by_role("checkbox").check()
        panelist.press("Agree and go on")
        if panelist.page.get_by_role("button", name="Skip the example").count():
            panelist.press("Skip the example")


def _answer_everything(panelist: Visitor, link: str, own: dict[str, int], *, is_for_the_panel: bool) -> None:
    _come_in(panelist, link)
    panelist.follow("Start")
    for section in (FIRST, SECOND):
        _choose(panelist, {words: level for words, level in own.items() if SECTION[words] == section})
        if section == FIRST:
            panelist.page.get_by_text("Comment or suggest other words").nth(1).click()
            panelist.page.get_by_label("Your comment").nth(1).fill(COMMENT)
            if is_for_the_panel:
                readers_of(panelist.page, "pace", "verbatim").check(force=True)
        panelist.press("Save and go on")
    panelist.press("Finish")
    expect(panelist.page.locator("main")).to_contain_text("4 of 4 items")
    if is_for_the_panel:
        _say_of_oneself(panelist)


def _say_of_oneself(panelist: Visitor) -> None:
    """Declare an interest, rather not answer a question, and ask to be thanked by name."""
    panelist.go("/panel/about/interests")
    panelist.page.locator("#interests").fill(INTEREST)
    panelist.press("Keep this")
    panelist.go("/panel/about/background")
    panelist.page.get_by_label("Prefer not to say").check()
    panelist.press("Keep this")
    panelist.go("/panel/about/thanks")
    panelist.page.get_by_label("Your name as it shall be printed").fill(TO_THANK)
    panelist.press("Keep this")


def _answer_again(panelist: Visitor, link: str, own: dict[str, int], feedback: tuple[str, str, tuple[str, ...]]) -> None:
    words, reason, shown = feedback
    _come_in(panelist, link)
    panelist.follow("Meeting for the first time")
    card = panelist.page.get_by_role("article").filter(has=panelist.page.get_by_text(words, exact=True))
    expect(card).to_contain_text(reason)
    expect(card.locator("del").first).to_be_visible()
    figures = card.get_by_text("By group").first
    if not figures.is_visible():  # on a phone they are folded down to the finding
        card.locator(".panel-said > summary").click()
    figures.click()
    for one in shown:
        expect(card).to_contain_text(one)
    if reason == REASON:
        expect(card).to_contain_text(COMMENT)  # which one of the three wanted the panel to read
    expect(card.get_by_role("radio", checked=True)).to_have_count(0)
    _choose(panelist, own)
    panelist.press("Save and go on")


def _choose(panelist: Visitor, own: dict[str, int]) -> None:
    for words, level in own.items():
        card = panelist.page.get_by_role("article").filter(has=panelist.page.get_by_text(words, exact=True))
        card.get_by_role("radio", name=re.compile(rf"^{level}\b")).check(force=True)
    if panelist.has_script:
        says(panelist.page, "Saved")


def _answer_by_http(link: str, own: dict[str, int]) -> None:
    person = HttpPanelist(link)
    person.come_in()
    for section in dict.fromkeys(SECTION[words] for words in own):
        person.answer(section, {words: level for words, level in own.items() if SECTION[words] == section})
