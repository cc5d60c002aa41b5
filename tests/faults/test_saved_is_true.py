"""“Saved” is true: over a line that delays, cuts and repeats, the database holds every value that the page called saved."""

import os
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from tests.browser.site import Site
from tests.faults.checker import held
from tests.faults.conftest import kill
from tests.faults.person import Person
from tests.faults.proxy import Proxy

SEEDS = range(int(os.environ.get("FAULT_SEEDS", "3")))
ACTS = 24
KILLED_IN = 3  # of three people one answers while the site is killed


@pytest.mark.parametrize("seed", SEEDS)
def test_the_database_holds_every_value_that_the_page_called_saved(
    browser: Browser, site: Site, line: Proxy, links: Iterator[str], seed: int
) -> None:
    line.begin(seed)
    person = Person.arrive(browser, site, line.port, next(links), seed)

    line.is_bad = True
    for act in range(ACTS):
        if seed % KILLED_IN == 1 and act == ACTS // 2:
            kill(site)
            person.act()
            site.start()
        person.act()
    line.is_bad = False
    assert sum(line.fates.values()) - line.fates["pass"] >= ACTS // 4  # or nothing was tried
    shown = person.finish()
    faults = person.leave()

    stored = held(person.database, person.pseudonym)
    assert faults == []
    assert stored.differs(shown) == []
    assert stored.disordered(person.saved) == []
    assert stored.repeated() == []
    assert stored.folded() == stored.payload
