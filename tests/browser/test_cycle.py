"""One study in three rounds from a draft to the printed manual: Ruth, two colleagues and some of twelve panelists at a browser.

It knows the product from outside only, goes by visible links and buttons, and compares what pages and the PDF say with figures
that were worked by hand.
"""

import re
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.answering import answer
from tests.browser.going_out import (
    COMMENT,
    DIARY,
    INTEREST,
    MANUAL,
    OFFER,
    PACE,
    PACE_AGAIN,
    PACE_AT_LAST,
    PEOPLE,
    PLACE,
    QUESTION,
    REASON,
    REASON_AT_LAST,
    TO_THANK,
)
from tests.browser.people import mail_to, mailed_links
from tests.browser.site import PASSWORD, Site, free_port, served
from tests.browser.tour_accounts import link_to
from tests.browser.visitor import Visitor

UNA, CARL = "una@example.org", "carl@example.org"
LATE, MISSPELT = "carer-5@example.org", "career-5@example.org"  # answers round 1 after a reminder


@pytest.fixture
def site(tmp_path: Path) -> Site:
    """An installation with one researcher and nothing else."""
    site = Site(tmp_path, free_port())
    site.add_researcher("ruth@example.org")
    return site


def test_a_study_goes_from_a_draft_to_the_printed_manual(site: Site, visit: Callable[..., Visitor]) -> None:
    mail = site.data / "mail"
    with served(site):
        ruth = visit(viewport={"width": 1280, "height": 900})
        _begin_study(ruth, site.data)
        una, carl = (_join(visit(), ruth, role, address) for role, address in (("facilitator", UNA), ("custodian", CARL)))
        _bring_the_panel(carl, site.data)
        _look_at_mail(una)
        _open_round(ruth, 1)
        first = mailed_links(mail, 12)
        assert set(first) == set(PEOPLE)
        answer(visit, 1, {address: link for address, link in first.items() if address != LATE})
        _remind_who_is_late(una, carl, mail)
        answer(visit, 1, {LATE: first[LATE]})

        _close(ruth, 1)
        _judge_and_code(una)
        _publish(ruth, 1)
        _look_at_what_people_said_of_themselves(una)
        _look_at_results(ruth, {PLACE: "Consensus: in", PACE: "No consensus", DIARY: "Consensus: out"})
        # n, median, interquartile range (type 7: 3.75 to 7.25), percent low, middle and high
        assert _row(ruth.page, PACE).split("median 6.5")[1].split()[:6] == ["12", "6.5", "3.5", "25", "25", "50"]
        _print_sheet_for_the_meeting(ruth)
        _reword(ruth, PACE, PACE_AGAIN, REASON)
        _drop(ruth, DIARY)
        _look_at_the_draft(ruth)

        _open_round(ruth, 2)
        second = mailed_links(mail, 12, but=frozenset(first.values()))
        answer(visit, 2, second)
        _close(ruth, 2)
        _publish(ruth, 2)
        _look_at_results(una, {PACE_AGAIN: "No consensus"})
        _look_at_round_1_beside(una, PACE_AGAIN)
        # type 7: 5 to 8
        assert _row(una.page, PACE_AGAIN).split("median 7")[1].split()[:6] == ["12", "7", "3", "8.3", "33.3", "58.3"]
        _reword(una, PACE_AGAIN, PACE_AT_LAST, REASON_AT_LAST)

        _open_round(una, 3)
        answer(visit, 3, mailed_links(mail, 12, but=frozenset({*first.values(), *second.values()})))
        _close(ruth, 3)
        _publish(ruth, 3)
        _check_manual(ruth, site.data)
        assert [address for address, _ in mail_to(mail, "reminder")] == [LATE]


def _begin_study(ruth: Visitor, folder: Path) -> None:
    (folder / "manual.md").write_text(MANUAL, encoding="utf-8")
    ruth.go("/")
    ruth.follow("Sign in")
    ruth.page.get_by_label("E-mail").fill("ruth@example.org")
    ruth.page.get_by_label("Password").fill(PASSWORD)
    ruth.press("Sign in")
    ruth.follow("Begin a study")
    ruth.page.get_by_label("A draft of mine").check()
    ruth.page.locator("input[type=file]").set_input_files(folder / "manual.md")
    ruth.press("Begin the study")
    ruth.follow("Protocol")
    ruth.follow("Open all topics")
    ruth.page.locator('[name=rule][value="70/15"]').check()
    ruth.page.locator("#planned_rounds").fill("3")
    ruth.page.get_by_label("Background questions").fill(QUESTION)
    ruth.press("Keep the protocol")


def _join(newcomer: Visitor, owner: Visitor, role: str, address: str) -> Visitor:
    """Let the owner invite somebody to the team, who accepts and goes to the study."""
    owner.follow("Team")
    owner.page.locator("#address").fill(address)
    owner.page.get_by_label(re.compile(f"^{role}", re.IGNORECASE)).check()
    owner.press("Send the invitation")
    newcomer.go(link_to(owner.site, address))
    newcomer.page.locator("#password").fill(PASSWORD)
    newcomer.page.locator("#again").fill(PASSWORD)
    newcomer.press("Accept")
    newcomer.sign_in(address)
    newcomer.follow("Going out again")
    return newcomer


def _bring_the_panel(carl: Visitor, folder: Path) -> None:
    """Who keeps the contacts takes the panel in, and puts an address right that was misspelt in the file."""
    rows = [f"Person {n},{address},{address.split('-')[0].capitalize()}s" for n, address in enumerate(PEOPLE)]
    (folder / "panel.csv").write_text("\n".join(["name,email,group", *rows]).replace(LATE, MISSPELT), encoding="utf-8")
    carl.follow("Panel")
    carl.page.locator("input[type=file]").set_input_files(folder / "panel.csv")
    carl.press("Look at these people")
    carl.press("Add these 12 people")
    carl.page.get_by_text("Correct an address").click()
    carl.page.locator("#present").fill(MISSPELT)
    carl.page.locator("#right").fill(LATE)
    carl.press("Correct the address")
    expect(carl.page.get_by_role("status")).to_contain_text("The address is corrected.")


def _look_at_mail(una: Visitor) -> None:
    una.follow("Mail")
    una.use(una.page.get_by_role("link", name="Read, change").first)
    expect(una.page.locator("main")).to_contain_text("Going out again")
    una.follow("Overview")


def _remind_who_is_late(una: Visitor, carl: Visitor, mail: Path) -> None:
    """Who keeps the names sees who has not completed the round; who runs it does not, and reminds them all the same."""
    una.follow("Overview")
    una.follow("See the round")
    assert una.page.get_by_role("link", name="who has completed it").count() == 0
    una.expect_refusals("Failed to load resource")
    refused = una.page.request.get(f"{una.page.url}/completed")
    assert refused.status == 403, refused.url
    una.press("Send a reminder now")
    carl.follow("Overview")
    carl.follow("See the round")
    carl.follow("you can see who has completed it")
    late = carl.page.get_by_role("row").filter(has_text="not yet")
    expect(late).to_have_count(1)
    expect(late).to_contain_text(LATE)
    mailed_links(mail, 1, kind="reminder")


def _open_round(ruth: Visitor, number: int) -> None:
    ruth.follow("Overview")
    ruth.use(ruth.page.locator(".next-step a"))
    ruth.use(ruth.page.get_by_role("button", name=re.compile(f"^Open round {number}")))


def _close(ruth: Visitor, number: int) -> None:
    ruth.follow("Overview")
    ruth.follow("See the round")
    expect(ruth.page.locator(".facts div").first).to_have_text(re.compile(r"^\s*invited\s*12\s*$"))
    ruth.follow(f"Close round {number}")
    ruth.press(f"Close round {number} for good")


def _publish(ruth: Visitor, number: int) -> None:
    ruth.follow("Overview")
    ruth.follow("Results")
    ruth.follow("Publish")
    ruth.use(ruth.page.get_by_role("button", name=re.compile("^Publish")))


def _row(page: Page, words: str) -> str:
    return page.get_by_role("row").filter(has_text=words[:30]).first.inner_text()


def _judge_and_code(una: Visitor) -> None:
    """Let the panel read the comment that is meant for it, and put it under a code."""
    una.follow("Overview")
    una.follow("Results")
    una.follow("Comments")
    comment = una.page.locator("article").filter(has=una.page.get_by_text("Show it to the panel"))
    expect(comment).to_contain_text(COMMENT)
    comment.get_by_label("Show it to the panel when the results are published").check()
    una.use(comment.get_by_role("button", name="Keep this"))
    comment = una.page.locator("article").filter(has_text=COMMENT).first
    comment.get_by_text("Code it").click()
    comment.get_by_label("A new code").fill("Who decides")
    una.use(comment.get_by_role("button", name="Keep the codes"))
    expect(una.page.locator("article").filter(has_text="Codes: Who decides")).to_have_count(1)


def _look_at_what_people_said_of_themselves(una: Visitor) -> None:
    """An interest is read beside nothing, and what fewer than three people said of themselves is counted for nobody."""
    una.follow("Care")
    una.follow("What the panel says of itself")
    main = una.page.locator("main")
    expect(main).to_contain_text(INTEREST)
    expect(main.get_by_role("row").filter(has_text="Prefer not to say")).to_contain_text("hidden")
    expect(main).not_to_contain_text(re.compile(f"{TO_THANK}|[Cc]arer|example.org"))


def _look_at_results(reader: Visitor, verdicts: dict[str, str]) -> None:
    reader.follow("Overview")
    reader.follow("Results")
    for words, verdict in verdicts.items():
        assert verdict in _row(reader.page, words)
    whole = reader.page.viewport_size
    reader.page.set_viewport_size({"width": 1280, "height": 400})
    reader.page.locator("tbody tr").last.evaluate("row => row.scrollIntoView({block: 'end'})")
    expect(reader.page.get_by_role("columnheader", name="IQR")).to_be_in_viewport()  # the page scrolls, and no frame in it
    reader.page.set_viewport_size(whole)


TO_ITS_END = "frame => { frame.scrollIntoView(); frame.scrollLeft = frame.scrollWidth; return frame.scrollLeft; }"


def _look_at_round_1_beside(reader: Visitor, words: str) -> None:
    """Put another round beside the table, which is then wider than a desk: at its far end a line still says what it is about."""
    reader.page.get_by_label("Beside it").select_option(label="Round 1")
    reader.press("Show")
    frame = reader.page.locator(".across .table-scroll")
    assert frame.evaluate(TO_ITS_END) > 0
    expect(frame.get_by_role("link", name=words[:30])).to_be_in_viewport(ratio=1)


def _print_sheet_for_the_meeting(ruth: Visitor) -> None:
    ruth.follow("Decisions")
    ruth.follow("Sheet for the decision meeting")
    expect(ruth.page.locator("main")).to_contain_text(PACE)
    ruth.go("/office")
    ruth.follow("Going out again")


def _reword(researcher: Visitor, words: str, new: str, reason: str) -> None:
    researcher.follow("Overview")
    researcher.follow("Results")
    researcher.follow(words)
    if words == PACE:
        expect(researcher.page.locator("main")).to_contain_text(COMMENT)
    researcher.page.get_by_label("Reword").check()
    researcher.page.get_by_label("New wording").fill(new)
    researcher.page.get_by_label("Why?").fill(reason)
    answers = researcher.page.get_by_role("checkbox", name=re.compile("The decision answers this"))
    if words == PACE:
        expect(answers.first).to_be_visible()
    for box in answers.all():
        box.check()
    researcher.press("Keep the decision")
    if words == PACE:
        _see_the_comment_answered(researcher, reason)


def _see_the_comment_answered(researcher: Visitor, reason: str) -> None:
    """Beside the comment stands the decision that answers it."""
    researcher.follow("Overview")
    researcher.follow("Results")
    researcher.follow("Comments")
    comments = researcher.page.locator("article").filter(has_text=COMMENT)
    expect(comments.first).to_be_visible()
    for comment in comments.all():
        expect(comment).to_contain_text(re.compile(f"Answered by the decision:.*{re.escape(reason)}"))


def _drop(ruth: Visitor, words: str) -> None:
    ruth.follow("Overview")
    ruth.follow("Results")
    ruth.follow(words)
    ruth.page.get_by_label("Drop").check()
    ruth.page.get_by_label("Why?").fill("You agree that this asks too much.")
    ruth.press("Keep the decision")


def _look_at_the_draft(ruth: Visitor) -> None:
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
    ruth.looked_over()
    with ruth.page.expect_download() as caught:
        download.click()
    caught.value.save_as(folder / "manual.pdf")
    text = _pdf_text(folder / "manual.pdf")
    for words in (PACE_AT_LAST, PACE_AGAIN, PACE, REASON, REASON_AT_LAST):  # the earlier words stay on record
        assert words in text
    assert "Round 3 · wording 3 · 12 rated · 0 unable to rate · median 7.5 · quartiles 7–8 ·" in text
    met = "11 of 12 (91.7 %) rated 7–9 (at least 70 % needed) and 0 of 12 (0 %) rated 1–3 (less than 15 % needed)."
    assert f"{REASON_AT_LAST} {met}" in text
    assert "Carers 6 – 5 of 6 1 of 6 0 of 6 7 –" in text  # 7–9, 4–6, 1–3 and median of round 3, of the last wording alone
    first, second = "Meeting for the first time", "Going along"
    for words, kind, section in ((PLACE, "Core", first), (PACE_AT_LAST, "Flexible", first), (OFFER, "Core", second)):
        assert f"{words} {kind} · {section} · Consensus in " in text
    assert f"{DIARY} Flexible · {second} · Consensus out " in text
    assert TO_THANK in text
    assert INTEREST not in text
    assert "example.org" not in text


def _pdf_text(path: Path) -> str:
    done = subprocess.run(["pdftotext", "-layout", str(path), "-"], capture_output=True, text=True, check=True)
    return " ".join(done.stdout.split())
