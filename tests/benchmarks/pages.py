"""What a panelist's page costs when the panel is a hundred times as large: the whole app on SQLite, through the test client."""

import tempfile
from itertools import cycle
from pathlib import Path

from delphi.config import Settings
from delphi.database import Database
from delphi.migrations import upgrade
from delphi.web import create_app
from tests import cast, crowd
from tests.benchmarks.timing import in_units, interleaved
from tests.statements import asked_by
from tests.web.conftest import Visitor

RATERS = (40, 4_000)
ITEMS = 40
TIMES = 41


class Reader:
    """Somebody in round 2 of a study with so many people, who opens a section of forty items and answers one of them."""

    def __init__(self, folder: Path, raters: int) -> None:
        folder.mkdir()
        settings = Settings(data=folder, secret_key=cast.SECRET)
        database = Database(settings.database)
        upgrade(database.engine)
        with database.transaction() as session:
            round_ = crowd.in_round_two(session, raters=raters, items=ITEMS, comments=3, plain=crowd.PLAIN, key=crowd.LONG_KEY)
            link = f"/p/{cast.token(session, round_, crowd.FIRST)}"
        database.dispose()
        self.app = create_app(settings, clock=lambda: cast.NOW)
        self.app.config.update(RATELIMIT_ENABLED=False)
        self.browser = Visitor(self.app.test_client())
        self.browser.get(link)
        self.browser.post(link)
        self._levels = cycle(range(1, 10))

    def read(self) -> int:
        """Open the section and return its weight in bytes."""
        page = self.browser.get(crowd.SECTION)
        assert page.status_code == 200
        return len(page.data)

    def save(self) -> None:
        """Save one rating as the script does."""
        sent = {"round": "2", "rating-3": str(next(self._levels)), "fragment": "1"}
        assert self.browser.post(crowd.SECTION, sent).status_code == 200

    def costs(self) -> str:
        with asked_by(self.app) as read:
            weight = self.read()
        with asked_by(self.app) as saved:
            self.save()
        return f"{weight / 1000:.0f} kB of HTML, {len(read)} statements to read it, {len(saved)} to save one rating"


def compare_pages() -> None:
    """Compare reading a page and saving a rating between the two panels, in turn."""
    print(f"\nA page of {ITEMS} items with feedback in round 2 ({TIMES} times each, in turn)", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        readers = {raters: Reader(Path(folder) / str(raters), raters) for raters in RATERS}
        for raters, reader in readers.items():
            print(f"  {raters:,} people: {reader.costs()}", flush=True)
        _tell("page", {raters: reader.read for raters, reader in readers.items()}, "at most 1.1")
        _tell("save", {raters: reader.save for raters, reader in readers.items()}, "near 1")


def _tell(what: str, calls: dict, wanted: str) -> None:  # type: ignore[type-arg]
    found = interleaved({str(raters): call for raters, call in calls.items()}, rounds=TIMES)
    few, many = (found[str(raters)] for raters in RATERS)
    times = ", ".join(f"{in_units(found[str(raters)].median)} at {raters:,}" for raters in RATERS)
    # The least of many is what the work takes when nothing else is in the way.
    least = min(many.seconds) / min(few.seconds)
    print(f"  {what}: {times}; ratio {many.median / few.median:.2f} (wanted: {wanted}), of the quickest {least:.2f}", flush=True)
