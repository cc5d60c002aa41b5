"""The tour of every page of a demo: who goes where, in which state of the study."""

import subprocess
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from playwright.sync_api import Browser

from tests.browser.addresses import DEMO, office_addresses
from tests.browser.album import WIDTHS, Album
from tests.browser.conftest import MANUAL
from tests.browser.site import Site, free_port
from tests.browser.visitor import Visitor, says, sign_in_elsewhere

OBSERVER = "oscar@example.org"
PASSWORD = "three plain words"
MORE = "more-people.csv"  # of whom something else is known too
A_MINUTE = 60_000  # milliseconds


@dataclass(frozen=True)
class Demo:
    """The demo's site and the ways into it."""

    site: Site
    email: str
    password: str
    panelists: tuple[str, ...]
    joining: str


def prepare(data: Path) -> Demo:
    """Make the demo, and beside it small studies for the states that come before a round opens and before one is published."""
    site = Site(data, free_port())
    lines = site.run("demo", "--no-serve", "--data", data).splitlines()
    email, password = next(line.split()[1:] for line in lines if line.startswith("RESEARCHER"))
    draft = data / "manual.md"
    draft.write_text(MANUAL, encoding="utf-8")
    people, more = data / "people.csv", data / MORE
    for path, who in ((people, "P"), (more, "Q")):
        lines_of = (f"{who} {n},{who}{n}@example.org,Carers,{('North', 'South')[n // 6]}\n" for n in range(12))
        path.write_text("name,email,group,region\n" + "".join(lines_of), encoding="utf-8")
    for slug in ("before", "closed", "seen"):
        site.run("study", "create", "--from", draft, "--slug", slug, "--title", f"A small study ({slug})", "--owner", email)
        site.run("panel", "import", slug, people, "--attribute", "region")
    site.run("researcher", "add", OBSERVER, "--password-stdin", given=PASSWORD + "\n")
    (data / "call.md").write_text("We look for **carers**.", encoding="utf-8")
    call = ("--words", data / "call.md", "--ask", "Do you care for somebody?=yes", "--on")
    joining = urlsplit(site.run("panel", "recruit", "before", *call).strip()).path
    for slug in ("closed", "seen"):
        site.run("researcher", "join", slug, OBSERVER, "observer")
    site.run("study", "protocol", "closed", "--safeguarding", email, OBSERVER)
    site.run("round", "open", "closed")
    site.run("round", "close", "closed")
    links = tuple(line.split()[1] for line in lines if line.startswith("PANELIST"))
    return Demo(site, email, password, tuple(urlsplit(link).path for link in links), joining)


def public_pages(album: Album, browser: Browser, demo: Demo, width: int) -> None:
    visitor = album.arrive(browser, demo.site, width)
    for name, address in {"front page": "/", "who sees what": "/who-sees-what", "not here": "/nothing-here"}.items():
        album.visit(visitor, width, name, address)
    album.visit(visitor, width, "dead link", "/p/NOBODY")
    album.visit(visitor, width, "type your code", "/enter")
    visitor.page.locator("#code").fill("ABCDE-FGHJK")
    visitor.press("Continue")
    album.take(visitor, width, "code that does not work")
    album.visit(visitor, width, "new link", "/new-link")
    visitor.page.locator("#address").fill("nobody@example.org")
    visitor.press("Send me a new link")
    album.take(visitor, width, "new link asked for")
    joining(album, visitor, demo, width)
    for ending in ("no-thanks", "not-me", "erase"):
        album.visit(visitor, width, f"goodbye {ending}", f"/goodbye/{ending}")
    album.visit(visitor, width, "receipts", f"/receipts/{DEMO}/1")
    album.fetch(visitor, f"/receipts/{DEMO}/1.txt")
    album.visit(visitor, width, "no receipts", f"/receipts/{DEMO}/2")
    album.visit(visitor, width, "nobody signed in", "/panel/")
    album.visit(visitor, width, "office signed out", "/office/")
    visitor.leave()


def joining(album: Album, visitor: Visitor, demo: Demo, width: int) -> None:
    """Ask to join by a study's link, by mistake first, then as somebody whom it looks for, then as somebody else."""
    album.visit(visitor, width, "ask to join", demo.joining)
    visitor.press("Ask to join")
    album.take(visitor, width, "ask to join with errors")
    for answer, seen in enumerate(("look into your mail", "does not fit")):
        visitor.go(demo.joining)
        for choice in (f"#answer_0-{answer}", "#group-0"):
            visitor.page.locator(choice).check()
        visitor.page.locator("#name").fill("Di Ng")
        visitor.page.locator("#address").fill(f"di-{width}@example.org")
        visitor.press("Ask to join")
        album.take(visitor, width, seen)
    album.visit(visitor, width, "link that confirms nothing", "/confirm/NOBODY")
    album.visit(visitor, width, "address confirmed", "/address-confirmed")


def panel_pages(album: Album, browser: Browser, demo: Demo, width: int, link: str) -> Visitor:
    """Walk a panelist's way through round 2, from the link to the receipt."""
    visitor = album.arrive(browser, demo.site, width)
    album.visit(visitor, width, "this is not me", f"{link}/not-me")
    album.visit(visitor, width, "no thank you", f"{link}/no-thanks")
    album.visit(visitor, width, "landing", link)
    visitor.press("Continue")
    album.take(visitor, width, "consent")
    visitor.press("Agree and go on")
    album.take(visitor, width, "consent not ticked")
    visitor.page.locator("#agree").check()
    visitor.press("Agree and go on")
    album.take(visitor, width, "practice")
    visitor.press("Go on to the round")
    album.take(visitor, width, "overview")
    album.visit(visitor, width, "help and contact", "/panel/contact")
    visitor.press("Send to the team")
    album.take(visitor, width, "empty message")
    visitor.page.locator("#message").fill("May I answer in the evening, too?")
    visitor.press("Send to the team")
    album.take(visitor, width, "message sent")
    for part in ("", "/background", "/perspective", "/interests", "/thanks"):
        album.visit(visitor, width, f"about you{part.replace('/', ' ')}", f"/panel/about{part}")
    album.visit(visitor, width, "one section done", "/panel/stop")
    album.visit(visitor, width, "consent read again", "/panel/consent")
    visitor.go("/panel/")
    visitor.follow("Start")
    visitor.page.locator(".scale-levels input").nth(6).check()
    if (folded := visitor.page.locator(".panel-said:not([open]) > summary")).count():  # as it is on a phone
        folded.first.click()
    visitor.page.locator(".item-card summary", has_text="By group").first.click()
    says(visitor.page, "Saved")
    album.take(visitor, width, "section in round 2")
    visitor.page.locator("textarea").first.evaluate(
        "box => { box.closest('details').open = true; box.value = 'word '.repeat(900) }"
    )
    visitor.press("Save and go on")
    album.take(visitor, width, "section with an error")
    album.visit(visitor, width, "section further on", "/panel/sections/what-matters")
    interrupted(album, visitor, width, link)
    album.visit(visitor, width, "overview under way", "/panel/")
    album.visit(visitor, width, "review", "/panel/review")
    visitor.press("Finish")
    album.take(visitor, width, "done")
    album.visit(visitor, width, "own answers", "/panel/my-answers")
    album.fetch(visitor, "/panel/my-answers.pdf")
    album.visit(visitor, width, "results for the panel", "/panel/results")
    album.visit(visitor, width, "taking part", "/panel/taking-part")
    album.visit(visitor, width, "withdraw", "/panel/withdraw")
    album.visit(visitor, width, "what you wrote", "/panel/your-words")
    album.visit(visitor, width, "propose an item", "/panel/sections/what-matters/propose")
    visitor.press("Send the proposal")
    album.take(visitor, width, "proposal with an error")
    visitor.page.locator("textarea").first.fill("The worker writes down what the person calls a good week.")
    visitor.press("Send the proposal")
    album.take(visitor, width, "proposal sent")
    album.visit(visitor, width, "no such section", "/panel/sections/nothing")
    return visitor


def interrupted(album: Album, visitor: Visitor, width: int, link: str) -> None:
    """Lose the session while something is typed, come in again, and find it in its section."""
    visitor.page.locator("textarea").first.evaluate("box => { box.value = 'Typed when nobody was signed in. '.repeat(9) }")
    visitor.context.clear_cookies()
    with visitor.page.expect_navigation():
        visitor.page.evaluate("document.querySelector('#rating-form').submit()")  # as without the script
    album.take(visitor, width, "signed out while typing")
    sign_in_elsewhere(visitor, link)
    visitor.press("Show what I typed in its place")
    album.take(visitor, width, "typed and not saved yet")


def office_pages(album: Album, browser: Browser, demo: Demo, width: int) -> Visitor:
    """Walk through the office while round 2 of the demo is open."""
    visitor = album.arrive(browser, demo.site, width)
    album.visit(visitor, width, "sign in", "/office/sign-in")
    visitor.press("Sign in")
    album.take(visitor, width, "sign in with errors")
    sign_in(visitor, demo.email, demo.password)
    album.take(visitor, width, "studies")
    album.visit(visitor, width, "new study", "/office/new-study")
    visitor.press("Begin the study")
    album.take(visitor, width, "new study with errors")
    for name, address in office_addresses().items():
        album.visit(visitor, width, name, address)
    with_codes(album, visitor, width)
    on_paper(album, visitor, width)
    album.visit(visitor, width, "messages", f"/office/studies/{DEMO}/messages")
    visitor.use(visitor.page.locator(".task a").first)
    album.take(visitor, width, "conversation")
    visitor.press("Send the answer")
    album.take(visitor, width, "empty answer")
    album.visit(visitor, width, "panel before round 1", "/office/studies/before/panel")
    visitor.page.locator("summary", has_text="Add people").click()
    visitor.use(visitor.page.locator("form[enctype] button").first)
    album.take(visitor, width, "panel file missing")
    visitor.page.locator("input[type=file]").set_input_files(demo.site.data / MORE)
    visitor.press("Look at these people")
    album.take(visitor, width, "people to add")
    return visitor


def with_codes(album: Album, visitor: Visitor, width: int) -> None:
    """Begin a codebook, put a code on a comment, and fetch what is given out as files."""
    study = f"/office/studies/{DEMO}"
    album.visit(visitor, width, "codebook", f"{study}/codes")
    visitor.press("Add the code")
    album.take(visitor, width, "codebook with an error")
    visitor.page.locator("#name").fill(f"Being safe, {width}")
    visitor.press("Add the code")
    album.take(visitor, width, "code added")
    visitor.use(visitor.page.locator(".data-table tbody a").first)
    album.take(visitor, width, "code")
    album.visit(visitor, width, "comments", f"{study}/rounds/1/comments")
    visitor.page.locator("summary", has_text="Code it").first.click()
    visitor.page.locator("details[open] input[type=checkbox]").first.check()
    visitor.use(visitor.page.get_by_role("button", name="Keep the codes").first)
    album.take(visitor, width, "comment coded")
    for file in (
        *("log.csv", "codes.csv", "coded-comments.csv", "rounds/1/results.csv"),
        *("protocol.json", "ethics-pack.html", "ethics-pack.pdf"),
    ):
        album.fetch(visitor, f"{study}/{file}")
    for form in ("html", "pdf"):
        album.fetch(visitor, f"/office/studies/closed/rounds/1/meeting.{form}")


def on_paper(album: Album, visitor: Visitor, width: int) -> None:
    """Print a pack, see whose it is, and type in what came back."""
    study = f"/office/studies/{DEMO}"
    album.visit(visitor, width, "labels", f"{study}/paper/labels")
    code = visitor.page.locator(".labels .soft").first.inner_text().split()[-1]
    album.visit(visitor, width, "paper", f"{study}/paper")
    visitor.press("Print this pack")
    album.take(visitor, width, "paper with an error")
    visitor.page.locator("#code").fill(code)
    visitor.page.locator("#return_to").fill("The Delphi team, 3 Some Street")
    with visitor.page.expect_download(timeout=A_MINUTE) as download:  # a document of many pages is made meanwhile
        visitor.page.get_by_role("button", name="Print this pack").click(timeout=A_MINUTE)
    download.value.save_as(album.folder / "pack.pdf")
    album.visit(visitor, width, "type in", f"{study}/rounds/2/entry")
    visitor.press("Take this pack in hand")
    album.take(visitor, width, "type in with an error")
    visitor.page.locator("#code").fill(code)
    visitor.page.locator("#channel-0").check()
    visitor.page.locator("#has_consented").check()
    visitor.press("Take this pack in hand")
    album.take(visitor, width, "pack in hand")
    visitor.use(visitor.page.locator(".task-list a").first)
    album.take(visitor, width, "type in a section")


def refused_pages(album: Album, browser: Browser, demo: Demo, width: int) -> None:
    """See what somebody who may only look is told."""
    visitor = album.arrive(browser, demo.site, width)
    visitor.go("/office/sign-in")
    sign_in(visitor, OBSERVER, PASSWORD)
    album.visit(visitor, width, "another role", "/office/studies/seen/rounds/next")
    visitor.leave()


def after_the_close(album: Album, office: Visitor, panelist: Visitor, width: int) -> None:
    """See what both find once round 2 is closed, and published."""
    study = f"/office/studies/{DEMO}"
    if width == min(WIDTHS):
        office.site.run("round", "close", DEMO, "2")
    album.visit(office, width, "demo to publish", f"{study}/rounds/2/publish")
    album.visit(office, width, "results of round 2", f"{study}/rounds/2/results")
    album.visit(office, width, "results beside round 1", f"{study}/rounds/2/results?beside=1&sort=moved&order=descending")
    album.visit(office, width, "who stayed", f"{study}/rounds/2/who-stayed")
    album.visit(office, width, "time to stop", f"{study}/rounds/2/time-to-stop")
    album.visit(office, width, "item in two rounds", f"{study}/rounds/2/items/own-story")
    album.visit(office, width, "comments to judge", f"{study}/rounds/2/comments")
    office.use(office.page.get_by_role("button", name="Keep this").first)
    album.take(office, width, "comment with an error")
    album.visit(office, width, "proposals to settle", f"{study}/rounds/2/proposals")
    office.follow("Look at it")
    album.take(office, width, "proposal to settle")
    album.visit(office, width, "edit section of the demo", f"{study}/manual/sections/what-matters")
    album.visit(panelist, width, "round closed for panelist", "/panel/")
    album.visit(panelist, width, "done after the close", "/panel/done")
    album.visit(panelist, width, "section of a closed round", "/panel/sections/what-matters")


def final_manual(album: Album, office: Visitor) -> Path:
    """Have the manual made, fetch it by its button, and lay its pages into the album as pictures."""
    address = f"/office/studies/{DEMO}/final-manual/manual.pdf"
    office.go(address)
    office.press("Make it")
    office.page.get_by_role("link", name="Download").wait_for(timeout=120_000)
    with office.page.expect_download() as download:
        office.page.get_by_role("link", name="Download").click()
    album.visited.add(f"{address}/file")
    file = album.folder / "manual.pdf"
    download.value.save_as(file)
    subprocess.run(["pdftoppm", "-r", "80", "-png", file, album.folder / "manual"], check=True)
    return file


def sign_in(visitor: Visitor, email: str, password: str) -> None:
    visitor.page.locator("#email").fill(email)
    visitor.page.locator("#password").fill(password)
    visitor.press("Sign in")
