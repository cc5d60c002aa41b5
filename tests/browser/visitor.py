"""Somebody at a browser: goes from page to page, and every page is looked over on arrival."""

import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Locator, Page, Playwright, Request, Response, expect

from tests.browser.access import inaccessible
from tests.browser.site import PASSWORD, Site
from tests.fields import name_of

SWITCHES = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-quic",
    # A page is looked at once: what compiles scripts to run them for long takes more time than it saves.
    "--js-flags=--no-opt --no-maglev",
)
PATIENCE = 15_000  # milliseconds
WITH_SCRIPT = re.compile(r"<script.*?</script>|</?noscript>", re.DOTALL)


def chromium() -> str | None:
    """Return where the system has Chromium, best without windows; None for the one that Playwright has fetched."""
    return shutil.which("chromium-headless-shell") or shutil.which("chromium")


def launch(playwright: Playwright) -> Browser:
    """Start Chromium; it calls nobody by itself."""
    return playwright.chromium.launch(executable_path=chromium(), args=list(SWITCHES))


def overflow(page: Page) -> int:
    """Return by how many pixels the page is wider than its window."""
    return int(page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth"))


@contextmanager
def _as_it_stands(page: Page) -> Iterator[Page]:
    """Give a page that was loaded without scripts to a browser that runs them: axe is one, and needs the page's own timers."""
    html = WITH_SCRIPT.sub("", page.content())
    browser = page.context.browser
    assert browser is not None
    context = browser.new_context(viewport=page.viewport_size)
    try:
        copy = context.new_page()
        copy.route(page.url.partition("#")[0], lambda route: route.fulfill(body=html, content_type="text/html"))
        copy.goto(page.url)
        yield copy
    finally:
        context.close()


def level_of(page: Page, slot: int, level: int | str) -> Locator:
    """Return the radio of one level of a scale."""
    return page.locator(f'[name="rating-{slot}"][value="{level}"]')


def box_of(page: Page, box: str, item: str) -> Locator:
    """Return the box of a card for a "comment" or other "wording"."""
    return page.locator(f"#{name_of(box, item)}")


def readers_of(page: Page, item: str, readers: str) -> Locator:
    """Return the radio of one choice of who may read a comment."""
    return page.locator(f"[name={name_of('audience', item)}][value={readers}]")


@dataclass
class Visitor:
    """One browser context with its pages. A refusal that a test provokes on purpose is named with `expect_refusals`."""

    context: BrowserContext
    site: Site
    page: Page
    has_script: bool = True
    faults: list[str] = field(default_factory=list)
    expected: list[str] = field(default_factory=list)
    sent: set[str] = field(default_factory=set)  # where a page has sent a form that was taken
    refused: set[str] = field(default_factory=set)  # and where one that was not
    unseen: dict[Page, str] = field(default_factory=dict)  # what was loaded in each tab and not looked over since

    @classmethod
    def arrive(cls, browser: Browser, site: Site, **options: Any) -> "Visitor":
        """Return a visitor at a fresh browser; `options` are those of a Playwright context."""
        return cls.at(browser.new_context(**options), site, has_script=options.get("java_script_enabled", True))

    @classmethod
    def at(cls, context: BrowserContext, site: Site, *, has_script: bool = True) -> "Visitor":
        """Return a visitor at a browser that is open already and shows nothing yet."""
        visitor = cls(context, site, context.new_page(), has_script)
        context.set_default_timeout(PATIENCE)
        context.on("request", visitor._note_request)
        context.on("response", visitor._note_response)
        context.on("console", visitor._note_message)
        context.on("weberror", lambda error: visitor.faults.append(f"script: {error.error}"))
        context.on("page", visitor._watch)
        visitor._watch(visitor.page)
        return visitor

    def second_tab(self) -> "Visitor":
        """Return the same visitor at another tab, which shows the same page."""
        other = replace(self, page=self.context.new_page())
        other.go(self.page.url)
        return other

    def go(self, address: str) -> Page:
        """Open an address of the site, or one within it."""
        self.page.goto(address if "://" in address else self.site.url + address)
        return self.looked_over()

    def status_at(self, address: str) -> int:
        """Open an address of the site and return how it was answered, 303 if it leads to another one."""
        answer = self.page.goto(self.site.url + address)
        self.looked_over()
        assert answer is not None
        return answer.status if self.page.url == self.site.url + address else 303

    def reload(self) -> Page:
        """Load the page anew."""
        self.page.reload()
        return self.looked_over()

    def back(self) -> Page:
        """Go back to the page before."""
        self.page.go_back()
        self.page.wait_for_load_state()
        return self.looked_over()

    def follow(self, link: str) -> Page:
        """Follow the link with these words."""
        return self._by(lambda: self.page.get_by_role("link", name=link).first.click())

    def press(self, button: str) -> Page:
        """Press the button with these words, which leads to another page."""
        return self._by(lambda: self.page.get_by_role("button", name=button, exact=True).click())

    def use(self, control: Locator) -> Page:
        """Click something that leads to another page."""
        return self._by(control.click)

    def sign_in(self, address: str) -> None:
        """Come into the office as the researcher of this address."""
        self.go("/office/sign-in")
        self.page.locator("#email").fill(address)
        self.page.locator("#password").fill(PASSWORD)
        self.press("Sign in")

    def come_in(self, link: str) -> None:
        """Come in by a personal link, agree to take part and leave the practice item out."""
        self.go(link)
        self.press("Continue")
        self.page.locator("#agree").check()
        self.press("Agree and go on")
        self.press("Skip the example")

    def looked_over(self, page: Page | None = None) -> Page:
        """Note what is wrong with the page as it stands now: access, width; and return it."""
        page = page or self.page
        self.unseen.pop(page, None)
        place = f"{urlsplit(page.url).path} ({page.title()})"
        if (over := overflow(page)) > 0:
            self.faults.append(f"{place} is {over} px too wide")
        with nullcontext(page) if self.has_script else _as_it_stands(page) as examined:
            self.faults += [f"{place}: {fault}" for fault in inaccessible(examined)]
        return page

    def expect_refusals(self, *patterns: str) -> None:
        """Do not count messages in the console that match one of these as faults."""
        self.expected += patterns

    def leave(self) -> list[str]:
        """Close the browser context and return what was wrong."""
        self.context.close()
        return self.faults + [_not_seen(page) for page in self.unseen.values()]

    def _by(self, act: Callable[[], Any]) -> Page:
        with self.page.expect_navigation():
            act()
        return self.looked_over()

    def _watch(self, page: Page) -> None:
        page.on("domcontentloaded", self._note_load)

    def _note_load(self, page: Page) -> None:
        if page in self.unseen:
            self.faults.append(_not_seen(self.unseen.pop(page)))
        if page.url.startswith(f"{self.site.url}/"):
            self.unseen[page] = urlsplit(page.url).path

    def _note_request(self, request: Request) -> None:
        if not request.url.startswith((f"{self.site.url}/", "data:", "blob:")):
            self.faults.append(f"a request left the site: {request.url}")

    def _note_response(self, response: Response) -> None:
        if response.request.method == "POST":
            (self.sent if response.status < 400 else self.refused).add(urlsplit(response.url).path)

    def _note_message(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning") and not any(re.search(one, message.text) for one in self.expected):
            self.faults.append(f"console: {message.text}")


def sign_in_elsewhere(visitor: Visitor, link: str) -> None:
    """Come in by a personal link at another tab of the same browser."""
    other = replace(visitor, page=visitor.context.new_page())
    other.go(link)
    other.press("Continue")
    other.page.close()


def _not_seen(path: str) -> str:
    return f"{path} was loaded and not looked over: use `go`, `reload`, `back`, `press`, `follow`, `use` or `looked_over`"


def says(page: Page, words: str | re.Pattern[str]) -> None:
    """Wait until the line beside the form's button says these words."""
    expect(page.locator("[data-save-status]")).to_contain_text(words)
