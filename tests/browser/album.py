"""Photographs of pages, and which addresses were visited for them."""

from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from playwright.sync_api import Browser

from tests.browser.site import Site
from tests.browser.visitor import Visitor

WIDTHS = {320: 640, 390: 844, 768: 1024, 1280: 900}  # width: height of the window, in pixels
TALLEST = 9000  # pixels of a page that a picture shows
REFUSED = "Failed to load resource"
# On a picture of the whole page a bar that sticks to the window would cover something.
UNSTICK = "bars => bars.forEach(bar => { bar.style.position = bar.style.position ? '' : 'static'; })"


@dataclass(frozen=True)
class Picture:
    """One photograph: its file, what it shows and what the page breaks."""

    file: Path
    caption: str
    faults: tuple[str, ...] = ()


@dataclass
class Album:
    """The photographs taken so far, and the paths that were visited for them."""

    folder: Path
    pictures: dict[int, list[Picture]] = field(default_factory=lambda: {width: [] for width in WIDTHS})
    visited: set[str] = field(default_factory=lambda: {"/health"})

    def take(self, visitor: Visitor, width: int, name: str) -> None:
        """Photograph the page that the visitor is on, and look it over."""
        page = visitor.looked_over()
        page.evaluate("document.fonts.ready")
        pictures = self.pictures[width]
        file = self.folder / f"{width}-{len(pictures) + 1:02}-{name.replace(' ', '-')}.png"
        tall = min(int(page.evaluate("document.documentElement.scrollHeight")), TALLEST)
        clip = {"x": 0, "y": 0, "width": width, "height": tall}
        page.locator(".save-bar").evaluate_all(UNSTICK)
        page.screenshot(path=file, full_page=True, clip=clip)
        page.locator(".save-bar").evaluate_all(UNSTICK)
        faults, visitor.faults[:] = tuple(dict.fromkeys(visitor.faults)), []
        pictures.append(Picture(file, f"{name} {urlsplit(page.url).path}", faults))
        print(f"{width} {name}: {urlsplit(page.url).path}", *faults, sep="\n    ")

    def visit(self, visitor: Visitor, width: int, name: str, address: str) -> None:
        """Open an address and photograph it."""
        visitor.page.goto(address if "://" in address else visitor.site.url + address)
        self.take(visitor, width, name)

    def fetch(self, visitor: Visitor, address: str) -> None:
        """Fetch a file that is no page; there must be one."""
        answer = visitor.context.request.get(visitor.site.url + address)
        assert answer.ok, f"{address}: {answer.status}"
        self.visited.add(address)

    def arrive(self, browser: Browser, site: Site, width: int) -> Visitor:
        """Return a visitor whose way is noted."""
        visitor = Visitor.arrive(browser, site, viewport={"width": width, "height": WIDTHS[width]})
        visitor.expect_refusals(REFUSED)
        visitor.context.on("request", lambda request: self.visited.add(urlsplit(request.url).path))
        return visitor
