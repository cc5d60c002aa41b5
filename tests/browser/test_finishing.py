"""The end of a round as people see it: what is missing, the receipt, the close, the public list; and who answers off the screen.

One person acts, another sees the effect. The same journey is made with JavaScript and without.
"""

from collections.abc import Callable
from itertools import count
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from tests import pdfs
from tests.browser.conftest import MANUAL, SECTION
from tests.browser.site import Site
from tests.browser.test_autosave import PLACE, answers, pseudonym, write
from tests.browser.test_kept_on_the_device import SIGNED_OUT
from tests.browser.visitor import Visitor, box_of, level_of, readers_of, says, sign_in_elsewhere

Visit = Callable[..., Visitor]
PRINTING = 90_000  # milliseconds, on a machine that has other things to do
LARGE = 18  # points
REFUSED = "Failed to load resource"
TYPED, PROPOSED = "Typed too late, kept all the same.", "The worker waits for the person."
TOLD = "Told by telephone: it went too fast."
NEW_ITEM = "The worker says “I’ll wait”,\nand does."
_numbers = count(1)


@pytest.fixture
def study(site: Site) -> str:
    """A study of its own, whose round 1 is open: these tests close it."""
    slug = f"finishing-{next(_numbers)}"
    site.begin(slug, MANUAL, [f"Person {n},{slug}-{n}@example.org,Carers" for n in range(12)])
    site.run("round", "open", slug)
    return slug


@pytest.fixture
def office(visit: Visit) -> Visitor:
    """Ruth, signed in."""
    visitor = visit()
    visitor.sign_in("ruth@example.org")
    return visitor


def choose(visitor: Visitor, item: str, level: str) -> None:
    """Choose a level in the open section and see that it is saved, by the script or by the form's own button."""
    place = visitor.page.url
    visitor.page.locator(f"#item-{item} label", has_text=level).first.click()
    if visitor.has_script:
        says(visitor.page, "Saved")
    else:
        visitor.press("Save and go on")
        expect(visitor.page.locator(".notice-done").first).to_contain_text("Saved")
        visitor.go(place)


def receipt_on(page: Page) -> str:
    return page.locator(".summary-row", has_text="Your receipt").locator("dd").inner_text()


def downloaded(page: Page, control: Locator, name: str) -> Path:
    """Click on what makes a PDF and return it."""
    with page.expect_download(timeout=PRINTING) as download:
        control.click(no_wait_after=True)
    assert download.value.suggested_filename == name
    return download.value.path()


def close(office: Visitor, study: str) -> None:
    office.go(f"/office/studies/{study}/rounds/1/close")
    office.press("Close round 1 for good")


@pytest.mark.parametrize("has_script", [True, False], ids=["with the script", "without JavaScript"])
def test_from_the_review_to_the_published_receipt(
    site: Site, study: str, visit: Visit, office: Visitor, has_script: bool
) -> None:
    ada, bo, outsider = visit(java_script_enabled=has_script), visit(java_script_enabled=has_script), visit()
    links = iter(site.links(study).values())
    public = f"/receipts/{study}/1"
    for visitor in (ada, bo):
        visitor.come_in(next(links))
        visitor.go(SECTION)
        choose(visitor, "pace", "7")

    # What is missing, with the way there.
    ada.go("/panel/review")
    assert ada.page.locator(".task").count() == 2
    expect(ada.page.locator("main")).to_contain_text("Saved answers count even if you stop here; you can clear them.")
    ada.follow("The first meeting takes place")
    choose(ada, "first-meeting-place", "9")

    # Finishing gives a receipt; an answer can be changed afterwards and the receipt stays.
    ada.go("/panel/review")
    ada.press("Finish")
    receipt = receipt_on(ada.page)
    expect(ada.page.locator("main")).to_contain_text("until then you can change your answers")
    ada.go(SECTION)
    choose(ada, "pace", "2")
    ada.go("/panel/done")
    assert receipt_on(ada.page) == receipt

    # While the round is open there is no list.
    outsider.expect_refusals(REFUSED)
    outsider.go(public)
    expect(outsider.page.locator("main")).to_contain_text("There is no list of receipts here")

    close(office, study)

    outsider.go(public)
    expect(outsider.page.locator("main")).to_contain_text("2 people answered in this round.")
    listed = outsider.page.locator(".receipts li").all_inner_texts()
    assert len(listed) == 2
    assert listed == sorted(listed)
    assert receipt in listed
    plain = outsider.context.request.get(site.url + public + ".txt").text().splitlines()
    assert [line for line in plain if not line.startswith("#")] == listed
    ada.go("/panel/done")
    expect(ada.page.locator(".notice-done")).to_contain_text("your receipt stands in its list")
    ada.follow("The list of receipts of round 1")
    expect(ada.page.locator(".receipts")).to_contain_text(receipt)
    ada.go(SECTION)
    assert ada.page.locator(".level input").count() == 0


@pytest.mark.parametrize("has_script", [True, False], ids=["with the script", "without JavaScript"])
def test_what_is_typed_when_nobody_is_signed_in_any_more_is_saved_with_the_link_and_read_by_the_team(
    site: Site, study: str, visit: Visit, office: Visitor, has_script: bool
) -> None:
    ada, link = visit(java_script_enabled=has_script), next(iter(site.links(study).values()))
    ada.expect_refusals(REFUSED)
    ada.come_in(link)
    _propose_though_signed_out_elsewhere(ada, visit(), link)
    ada.go(SECTION)
    me = pseudonym(ada)
    ada.context.clear_cookies()
    level_of(ada.page, PLACE, 6).click()
    write(ada, "pace", TYPED)
    readers_of(ada.page, "pace", "verbatim").check(force=True)
    box_of(ada.page, "wording", "pace").fill(PROPOSED)

    if has_script:
        says(ada.page, SIGNED_OUT)
        ada.go(link)
        ada.press("Continue")
        says(ada.page, "Saved")
    else:
        ada.press("Save and go on")
        sign_in_elsewhere(ada, link)
        ada.press("Show what I typed in its place")
        expect(box_of(ada.page, "comment", "pace")).to_have_value(TYPED)
        ada.press("Save and go on")
    close(office, study)

    assert answers(ada, me) == {PLACE: 6}
    office.go(f"/office/studies/{study}/rounds/1/comments")
    comment = office.page.get_by_role("article").filter(has_text=TYPED)
    expect(comment).to_have_count(1)
    expect(comment).to_contain_text("Show it to the panel when the results are published")  # as its writer wants
    office.go(f"/office/studies/{study}/rounds/1/proposals")
    for words in (PROPOSED, NEW_ITEM.splitlines()[0]):
        expect(office.page.get_by_role("article").filter(has_text=words)).to_have_count(1)


def _propose_though_signed_out_elsewhere(ada: Visitor, elsewhere: Visitor, link: str) -> None:
    ada.go(f"{SECTION}/propose")
    ada.page.get_by_label("What should the manual say?").fill(NEW_ITEM)
    elsewhere.go(link)
    elsewhere.press("Continue")
    elsewhere.press("Exit")

    ada.press("Send the proposal")
    expect(ada.page.locator(".typed")).to_have_text(NEW_ITEM)
    sign_in_elsewhere(ada, link)
    ada.press("Show what I typed in its place")
    expect(ada.page.locator(".notice-important:visible")).to_contain_text("not saved yet")
    expect(ada.page.get_by_label("What should the manual say?")).to_have_value(NEW_ITEM)
    ada.press("Send the proposal")
    expect(ada.page.get_by_label("Proposal 1")).to_have_value(NEW_ITEM)


@pytest.mark.parametrize("has_script", [True, False], ids=["with the script", "without JavaScript"])
def test_a_copy_of_ones_own_answers_is_read_and_kept(site: Site, study: str, visit: Visit, has_script: bool) -> None:
    ada = visit(java_script_enabled=has_script)
    ada.come_in(next(iter(site.links(study).values())))
    ada.go("/panel/my-answers")
    expect(ada.page.locator("main")).to_contain_text("You have not answered anything yet")
    ada.go(SECTION)
    choose(ada, "pace", "7")

    ada.go("/panel/my-answers")
    expect(ada.page.locator(".own-answer", has_text="at the pace of the person")).to_contain_text(
        "7, on the scale from 1 “not at all” to 9 “very much”"
    )
    copy = downloaded(ada.page, ada.page.get_by_role("link", name="Your answers as a PDF"), "my-answers.pdf")
    assert pdfs.words(copy).count("7, on the scale from 1") == 1


def test_who_answers_on_paper_or_by_telephone_finds_their_answers_on_the_site(
    site: Site, study: str, visit: Visit, office: Visitor
) -> None:
    """A facilitator prints a pack in large print and types in what came back, and what somebody else says by telephone."""
    room, links = f"/office/studies/{study}", site.links(study)
    office.go(f"{room}/paper/labels")
    codes = [office.page.locator(".labels li", has_text=f"{study}-{n}@").inner_text().split()[-1] for n in (0, 1)]
    _print_in_large(office, room, codes[0])

    _type_in(office, room, codes[0], "On paper", "8")
    _type_in(office, room, codes[1], "By telephone", "2", TOLD)

    for n, level in ((0, "8"), (1, "2")):
        person = visit()
        person.go(links[f"{study}-{n}@example.org"])
        person.press("Continue")
        person.go("/panel/my-answers")
        answer = person.page.locator(".own-answer", has_text="at the pace of the person")
        expect(answer).to_contain_text(f"{level}, on the scale")
        expect(answer.get_by_text(TOLD)).to_have_count(n)
    office.go(f"{room}/log")
    log = office.page.locator("main")
    expect(log).to_contain_text(f"printed the pack of {codes[0]} for round 1")
    expect(log).to_contain_text(f"typed in 1 answer of {codes[0]} for round 1, on paper")
    expect(log).to_contain_text(f"typed in 2 answers of {codes[1]} for round 1, by telephone")
    expect(log).not_to_contain_text(TOLD)


def _print_in_large(office: Visitor, room: str, code: str) -> None:
    office.go(f"{room}/paper")
    office.page.get_by_label("Code name").fill(code)
    office.page.locator("#return_to").fill("The Delphi team\n3 Some Street")
    office.page.get_by_label("Large print").check()
    pack = downloaded(office.page, office.page.get_by_role("button", name="Print this pack"), f"pack-{code}.pdf")
    assert pdfs.smallest_type(pack) >= LARGE
    assert code in pdfs.words(pack)
    assert "The worker goes at the pace of the person" in pdfs.words(pack)
    assert "Person 0" not in pdfs.words(pack)


def _type_in(office: Visitor, room: str, code: str, how: str, level: str, comment: str = "") -> None:
    office.go(f"{room}/rounds/1/entry")
    office.page.get_by_label("Code name").fill(code)
    office.page.get_by_label(how).check()
    office.page.locator("#has_consented").check()
    office.press("Take this pack in hand")
    expect(office.page.locator("main")).to_contain_text(f"In hand: {code}, {how.lower()}")
    office.use(office.page.locator(".task-list a").first)
    card = office.page.locator("#item-pace")
    card.locator("label", has_text=level).first.click()
    if comment:
        card.get_by_text("Comment or suggest other words").click()
        card.get_by_label("Your comment").fill(comment)
    office.press("Save and go on")
    office.go(f"{room}/rounds/1/entry")
    office.press("All of it is typed in")
