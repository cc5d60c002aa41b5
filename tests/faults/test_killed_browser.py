"""A browser that is killed has kept what was typed and could not be sent: opened again, it shows it and saves it."""

import os
import signal
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from playwright.sync_api import BrowserContext, Playwright, expect
from playwright.sync_api import Error as PlaywrightError

from tests.browser.conftest import SECTION
from tests.browser.site import Site
from tests.browser.visitor import SWITCHES, Visitor, box_of, chromium, level_of, says
from tests.faults.checker import held
from tests.faults.proxy import Proxy
from tests.fields import PACE

PAINTED = "new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))"


def opened(playwright: Playwright, folder: Path) -> BrowserContext:
    """Open a browser whose storage lies in a folder that outlives it."""
    return playwright.chromium.launch_persistent_context(
        folder, executable_path=chromium(), args=list(SWITCHES), handle_sigint=False
    )


def kill_browser(folder: Path) -> None:
    """End every process of the browser that works on this folder, without warning."""
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if f"--user-data-dir={folder}".encode() in (process / "cmdline").read_bytes().split(b"\0"):
                os.kill(int(process.name), signal.SIGKILL)


def test_what_was_typed_and_not_sent_is_there_and_is_saved_after_the_browser_was_killed(
    playwright: Playwright, site: Site, line: Proxy, links: object, tmp_path: Path
) -> None:
    link, over_the_line = next(links), replace(site, port=line.port)  # type: ignore[call-overload]
    first = Visitor.at(opened(playwright, tmp_path), over_the_line)
    first.expect_refusals("Failed to load resource")
    first.come_in(link)
    page = first.go(SECTION)
    pseudonym = str(page.locator("#rating-form").get_attribute("data-ballot")).partition("-")[2]

    page.route("**/panel/sections/*", lambda route: route.abort() if route.request.method == "POST" else route.fallback())
    level_of(page, 0, 7).click()
    page.evaluate("document.querySelectorAll('details').forEach(one => { one.open = true })")
    box_of(page, "wording", "pace").fill("Slowly.")
    says(page, "Not saved yet – kept on this device")
    box_of(page, "comment", "pace").fill("Typed just before the end")
    page.evaluate(PAINTED)
    kill_browser(tmp_path)
    with suppress(PlaywrightError):
        first.context.close()
    before = held(site.data / "delphi.sqlite3", pseudonym)

    second = Visitor.at(opened(playwright, tmp_path), over_the_line)
    second.go(link)
    second.press("Continue")
    page = second.go(SECTION)
    expect(box_of(page, "comment", "pace")).to_have_value("Typed just before the end")
    expect(level_of(page, 0, 7)).to_be_checked()
    says(page, "Saved")
    kept = page.evaluate("Object.keys(localStorage)")

    assert [*first.faults, *second.leave()] == []
    after = held(site.data / "delphi.sqlite3", pseudonym)
    assert before.histories == {}
    assert kept == []
    assert after.differs({"rating-0": "7", PACE.comment: "Typed just before the end", PACE.wording: "Slowly."}) == []
