"""Somebody who answers over a bad line, and the ledger of every value that the page called saved while it was the latest."""

import json
import random
from dataclasses import dataclass, field, replace
from pathlib import Path

from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import SECTION
from tests.browser.site import Site
from tests.browser.visitor import Visitor, box_of, level_of, readers_of
from tests.faults.checker import Shown, held

SLOTS = (0, 1)
ITEMS = ("first-meeting-place", "pace")
LEVELS = [*map(str, range(1, 10)), "unable", "clear"]
AUDIENCES = ("team", "verbatim", "reworded")
AT_LAST = 90_000  # milliseconds until all is saved once the line is good again
CLASH = "elsewhere"  # nobody else is there, so no page may say so

# Whenever the line beside the button says "Saved", and as long as it does, what the page shows is written down.
WATCH = """() => {
  const note = () => {
    const form = document.querySelector("#rating-form"), line = document.querySelector("[data-save-status]");
    if (!form || !line) return;
    const said = line.textContent, shown = {};
    for (const control of form.elements) {
      if (/^(rating|comment|wording|audience)-/.test(control.name) && control.type !== "hidden")
        shown[control.name] = form.elements[control.name].value.trim();
    }
    const entry = JSON.stringify([said, shown]);
    if (entry !== window.noted) { window.noted = entry; window.note(entry); }
  };
  for (const kind of ["input", "change"]) window.addEventListener(kind, () => setTimeout(note));
  setInterval(note, 40);
}"""


@dataclass
class Person:
    """One panelist with a page of the section open, and what that page has said."""

    visitor: Visitor
    database: Path
    chance: random.Random
    pseudonym: str = ""
    saved: list[Shown] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    n_written: int = 0

    @classmethod
    def arrive(cls, browser: Browser, site: Site, port: int, link: str, seed: int) -> "Person":
        """Return somebody who has come in by the link and opened the section, over the line at this port."""
        visitor = Visitor.arrive(browser, replace(site, port=port))
        visitor.expect_refusals("Failed to load resource")
        page, person = visitor.page, cls(visitor, site.data / "delphi.sqlite3", random.Random(seed))
        page.context.expose_binding("note", lambda _source, entry: person._note(*json.loads(entry)))
        page.context.add_init_script(f"document.addEventListener('DOMContentLoaded', {WATCH})")
        page.on("dialog", lambda dialog: dialog.accept())
        visitor.come_in(link)
        visitor.go(SECTION)
        person.pseudonym = str(page.locator("#rating-form").get_attribute("data-ballot")).partition("-")[2]
        return person

    @property
    def page(self) -> Page:
        return self.visitor.page

    def leave(self) -> list[str]:
        """Close the browser and return what was wrong."""
        return self.faults + self.visitor.leave()

    def act(self) -> None:
        """Do one thing, as somebody does it who does not wait for the page."""
        act = self.chance.choices(
            [self._rate, self._comment, self._propose, self._choose_readers, self._reload], [8, 4, 3, 2, 1]
        )[0]
        act()
        self.page.wait_for_timeout(self.chance.choice([0, 50, 400, 1200]))

    def finish(self) -> dict[str, str]:
        """Wait until the page calls everything saved, and return what it then shows."""
        self.page.evaluate("window.dispatchEvent(new Event('online'))")
        expect(self.page.locator("[data-save-status]")).to_contain_text("Saved", timeout=AT_LAST)
        self.page.wait_for_timeout(200)
        return dict(self.saved[-1])

    def _note(self, said: str, shown: dict[str, str]) -> None:
        if CLASH in said:
            self.faults.append(f"a change from elsewhere was seen that nobody made: {said}")
        if said.startswith("Saved"):
            self.saved.append(shown)
            self.faults += [f"called saved and not stored: {one}" for one in held(self.database, self.pseudonym).lacks(shown)]

    def _rate(self) -> None:
        slot, level = self.chance.choice(SLOTS), self.chance.choice(LEVELS)
        clearing = self.page.locator(f"#rating-{slot} .scale-clear-button")
        if level != "clear":
            level_of(self.page, slot, level).click()
        elif clearing.is_visible():  # there is only something to clear where something is chosen
            clearing.click()

    def _comment(self) -> None:
        self._write("comment")

    def _propose(self) -> None:
        self._write("wording")

    def _choose_readers(self) -> None:
        item, readers = self.chance.choice(ITEMS), self.chance.choice(AUDIENCES)
        self._open_boxes()
        readers_of(self.page, item, readers).click()

    def _write(self, kind: str) -> None:
        box = box_of(self.page, kind, self.chance.choice(ITEMS))
        self.n_written += 1
        self._open_boxes()
        box.focus()
        if self.chance.random() < 0.6:
            self.page.keyboard.press("End")
            self.page.keyboard.type(f" {self.n_written} more")
        else:
            box.fill(f"Words {self.n_written} “{self.chance.random():.6f}”")

    def _open_boxes(self) -> None:
        self.page.evaluate("document.querySelectorAll('details').forEach(one => { one.open = true })")

    def _reload(self) -> None:
        self.visitor.reload()
