"""One study from a draft to the printed manual: Ruth and three of twelve panelists at a browser, the others by HTTP.

It knows the product from outside only, goes by visible links and buttons, and compares what pages and the PDF say with figures
that were worked by hand from the two tables below.
"""

import re
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.people import HttpPanelist, mailed_links
from tests.browser.site import Site, free_port, served
from tests.browser.visitor import Visitor, says

PASSWORD = "three plain words"
MANUAL = """\
---
title: Going out again
subtitle: A manual for the tests
language: en
---

## Meeting for the first time {#first-meeting}

The first conversations set the tone.

::: {#place .item .core}
The first meeting takes place somewhere that the person has chosen.
:::

::: {#pace .item .flexible}
The worker goes at the pace of the person.
:::

## Going along {#going-along}

Some people want company at first.

::: {#offer .item .core}
The worker offers to go along for the first time.
:::

::: {#diary .item .flexible}
The person keeps a diary of every outing.
:::
"""
PLACE = "The first meeting takes place somewhere that the person has chosen."
PACE = "The worker goes at the pace of the person."
PACE_AGAIN = "The person sets the pace, and the worker says when something cannot wait."
OFFER = "The worker offers to go along for the first time."
DIARY = "The person keeps a diary of every outing."
REASON = "Several of you asked who sets the pace; the words now say it."

PEOPLE = [*(f"practitioner-{n}@example.org" for n in range(1, 7)), *(f"carer-{n}@example.org" for n in range(1, 7))]
#            practitioners 1–6      carers 1–6
ROUND_1 = {
    PLACE: (9, 8, 8, 7, 7, 9, 8, 7, 9, 9, 8, 7),  # 12 of 12 in 7–9: in; median 8
    PACE: (8, 7, 7, 9, 8, 7, 3, 2, 4, 5, 6, 3),  # 6 of 12 in 7–9, 3 of 12 in 1–3: no consensus; medians 6.5, 7.5 and 3.5
    OFFER: (9, 9, 8, 8, 7, 7, 9, 9, 8, 8, 7, 6),  # 11 of 12 in 7–9: in; median 8
    DIARY: (1, 2, 2, 3, 1, 1, 2, 3, 1, 2, 1, 5),  # 11 of 12 in 1–3, none in 7–9: out; median 2
}
ROUND_2 = {PACE_AGAIN: (8, 8, 7, 9, 8, 7, 7, 8, 6, 7, 9, 7)}  # 11 of 12 in 7–9, none in 1–3: in; 5 of the 6 carers; median 7.5
SECTION = {PLACE: "first-meeting", PACE: "first-meeting", OFFER: "going-along", DIARY: "going-along", PACE_AGAIN: "first-meeting"}
AT_A_BROWSER = ("practitioner-1@example.org", "carer-1@example.org", "carer-6@example.org")


@pytest.fixture
def site(tmp_path: Path) -> Site:
    """An installation with one researcher and nothing else."""
    site = Site(tmp_path, free_port())
    site.run("researcher", "add", "ruth@example.org", "--password-stdin", given=f"{PASSWORD}\n")
    return site


def test_a_study_goes_from_a_draft_to_the_printed_manual(site: Site, visit: Callable[..., Visitor]) -> None:
    with served(site):
        ruth = visit(viewport={"width": 1280, "height": 900})
        _begin_study(ruth, site.data)
        _open_round(ruth, 1)
        first_links = mailed_links(site.data / "mail", 12)
        _answer_round_1(visit, first_links)

        _close_and_publish(ruth, 1)
        _look_at_results_of_round_1(ruth)
        _decide(ruth)
        _open_round(ruth, 2)
        links = mailed_links(site.data / "mail", 12, but=frozenset(first_links.values()))
        _answer_round_2(visit, links)

        _close_and_publish(ruth, 2)
        _check_manual(ruth, site.data)


def _begin_study(ruth: Visitor, folder: Path) -> None:
    (folder / "manual.md").write_text(MANUAL, encoding="utf-8")
    rows = [f"Person {n},{address},{address.split('-')[0].capitalize()}s" for n, address in enumerate(PEOPLE)]
    (folder / "panel.csv").write_text("\n".join(["name,email,group", *rows]), encoding="utf-8")
    ruth.go("/")
    ruth.follow("Sign in")
    ruth.page.get_by_label("E-mail").fill("ruth@example.org")
    ruth.page.get_by_label("Password").fill(PASSWORD)
    ruth.press("Sign in")
    ruth.follow("Begin a study")
    ruth.page.get_by_label("A draft of mine").check()
    ruth.page.locator("input[type=file]").set_input_files(folder / "manual.md")
    ruth.press("Begin the study")
    ruth.follow("Panel")
    ruth.page.locator("input[type=file]").set_input_files(folder / "panel.csv")
    ruth.press("Look at these people")
    ruth.use(ruth.page.get_by_role("button", name="Add these"))
    ruth.follow("Protocol")
    ruth.page.get_by_label("70/15", exact=True).check()
    ruth.press("Keep the protocol")


def _open_round(ruth: Visitor, number: int) -> None:
    ruth.follow("Overview")
    ruth.use(ruth.page.locator(".next-step a"))
    ruth.use(ruth.page.get_by_role("button", name=re.compile(f"^Open round {number}")))


def _close_and_publish(ruth: Visitor, number: int) -> None:
    ruth.follow("Overview")
    ruth.follow("Answers by group")
    expect(ruth.page.locator("main")).to_contain_text("12")
    ruth.follow(f"Close round {number}")
    ruth.press(f"Close round {number} for good")
    ruth.follow("Overview")
    ruth.follow("Results")
    ruth.follow("Publish")
    ruth.use(ruth.page.get_by_role("button", name=re.compile("^Publish")))


def _answer_round_1(visit: Callable[..., Visitor], links: dict[str, str]) -> None:
    assert set(links) == set(PEOPLE)
    for place, address in enumerate(PEOPLE):
        own = {words: levels[place] for words, levels in ROUND_1.items()}
        if address in AT_A_BROWSER:
            _answer_at_a_browser(visit(**_device(address)), links[address], own)
        else:
            _answer_by_http(links[address], own)


def _answer_round_2(visit: Callable[..., Visitor], links: dict[str, str]) -> None:
    for place, address in enumerate(PEOPLE):
        own = {words: levels[place] for words, levels in ROUND_2.items()}
        if address not in AT_A_BROWSER:
            _answer_by_http(links[address], own)
            continue
        panelist = visit(**_device(address))
        _come_in(panelist, links[address])
        panelist.follow("Meeting for the first time")
        _look_at_feedback(panelist.page, last=ROUND_1[PACE][place], group=address.split("-")[0])
        _choose(panelist, own)
        panelist.press("Save and go on")


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
        if panelist.page.get_by_role("button", name="Skip this").count():
            panelist.press("Skip this")


def _answer_at_a_browser(panelist: Visitor, link: str, own: dict[str, int]) -> None:
    _come_in(panelist, link)
    panelist.follow("Start")
    for section in ("first-meeting", "going-along"):
        _choose(panelist, {words: level for words, level in own.items() if SECTION[words] == section})
        if section == "first-meeting":
            panelist.page.get_by_text("Comment or suggest other words").nth(1).click()
            panelist.page.get_by_label("Your comment").nth(1).fill("Who sets the pace?")
        panelist.press("Save and go on")
    panelist.press("Finish")
    expect(panelist.page.locator("main")).to_contain_text("4 of 4 items")


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


def _look_at_feedback(page: Page, *, last: int, group: str) -> None:
    card = page.get_by_role("article").filter(has=page.get_by_text(PACE_AGAIN, exact=True))
    expect(card).to_contain_text(REASON)
    expect(card.locator("del").first).to_contain_text("worker goes")
    expect(card).to_contain_text(f"In round 1 you chose {last}, for the earlier words.")
    expect(card).to_contain_text("6 of 12 people chose 7 to 9")
    card.get_by_text("By group").first.click()
    expect(card).to_contain_text("6 of 6 people chose 7 to 9")  # practitioners
    expect(card).to_contain_text("0 of 6 people chose 7 to 9")  # carers
    expect(card).to_contain_text(f"{group.capitalize()}s (your group)")
    expect(card.get_by_role("radio", checked=True)).to_have_count(0)


def _row(page: Page, words: str) -> str:
    return page.get_by_role("row").filter(has_text=words[:30]).first.inner_text()


def _look_at_results_of_round_1(ruth: Visitor) -> None:
    ruth.follow("Overview")
    ruth.follow("Results")
    assert "Consensus: in" in _row(ruth.page, PLACE)
    assert "No consensus" in _row(ruth.page, PACE)
    assert "Consensus: out" in _row(ruth.page, DIARY)
    # n, median, interquartile range (type 7: 3.75 to 7.25), percent low, middle and high
    assert _row(ruth.page, PACE).split("median 6.5")[1].split()[:6] == ["12", "6.5", "3.5", "25", "25", "50"]


def _decide(ruth: Visitor) -> None:
    ruth.follow(PACE)
    expect(ruth.page.locator("main")).to_contain_text("Who sets the pace?")
    ruth.page.get_by_label("Reword").check()
    ruth.page.get_by_label("New wording").fill(PACE_AGAIN)
    ruth.page.get_by_label("Why?").fill(REASON)
    for box in ruth.page.get_by_role("checkbox", name=re.compile("The decision answers this")).all():
        box.check()
    ruth.press("Keep the decision")
    ruth.follow("Overview")
    ruth.follow("Results")
    ruth.follow(DIARY)
    ruth.page.get_by_label("Drop").check()
    ruth.page.get_by_label("Why?").fill("You agree that this asks too much.")
    ruth.press("Keep the decision")
    ruth.follow("Manual")
    expect(ruth.page.locator("main")).to_contain_text(PACE_AGAIN)
    expect(ruth.page.locator("main")).not_to_contain_text(DIARY)
    ruth.follow("What changed from draft 1")
    expect(ruth.page.locator("main ins").first).to_be_visible()


def _check_manual(ruth: Visitor, folder: Path) -> None:
    ruth.follow("Overview")
    ruth.follow("Final manual")
    ruth.use(ruth.page.locator(".panel-box").filter(has_text="PDF").get_by_role("button", name="Make it"))
    download = ruth.page.get_by_role("link", name="Download")
    expect(download).to_be_visible(timeout=60_000)
    with ruth.page.expect_download() as caught:
        download.click()
    caught.value.save_as(folder / "manual.pdf")
    text = _pdf_text(folder / "manual.pdf")
    assert PACE_AGAIN in text
    assert REASON in text
    assert PACE in text  # the earlier words stay on record
    assert "11 of 12" in text or "92 %" in text  # the panel, round 2
    assert "5 of 6" in text  # the carers, round 2
    assert "consensus in" in text.lower()
    assert "consensus out" in text.lower()
    assert "example.org" not in text


def _pdf_text(path: Path) -> str:
    done = subprocess.run(["pdftotext", "-layout", str(path), "-"], capture_output=True, text=True, check=True)
    return " ".join(done.stdout.split())
