"""A real browser on the real site: visitors whose every page is checked, and a small study for them to answer."""

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser

from tests.browser.site import Site, free_port, served
from tests.browser.visitor import Visitor

STUDY = "connections"
SECTION = "/panel/sections/first-meeting"
PANELISTS = 120  # more than there are tests, which may all fall to one process
MANUAL = """\
---
title: Making connections
subtitle: A manual for the tests
language: en
---

## Meeting for the first time {#first-meeting}

The first conversations set the tone.

::: {#first-meeting-place .item .core}
The first meeting takes place somewhere that the person has chosen.
:::

Nobody is hurried.

::: {#pace .item .flexible}
The worker goes at the pace of the person, and says so when something cannot wait.
:::

## Going along {#going-along}

Some people want company at first.

::: {#going-along-offered .item .core}
The worker offers to go along for the first time.
:::
"""


def two_groups(n: int) -> list[str]:
    """Return the lines of a panel of carers and practitioners by turns."""
    return [f"Person {n},person-{n}@example.org,{'Carers' if n % 2 else 'Practitioners'}" for n in range(n)]


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The site with one study, whose round 1 is open."""
    site = Site(tmp_path_factory.mktemp("site"), free_port())
    site.add_researcher("ruth@example.org")
    site.begin(STUDY, MANUAL, two_groups(PANELISTS))
    site.run("round", "open", STUDY, "1")
    with served(site):
        yield site


@pytest.fixture(scope="session")
def links(site: Site) -> Iterator[str]:
    """Personal links, each of somebody who has not been here before."""
    return iter(site.links(STUDY).values())


@pytest.fixture
def visit(browser: Browser, site: Site) -> Iterator[Callable[..., Visitor]]:
    """Return a maker of visitors, each in a browser context of its own; what went wrong on their pages fails the test."""
    visitors: list[Visitor] = []

    def make(**context: object) -> Visitor:
        visitors.append(Visitor.arrive(browser, site, **context))
        return visitors[-1]

    yield make
    faults = [fault for visitor in visitors for fault in visitor.leave()]
    assert faults == []


@pytest.fixture
def panelist(visit: Callable[..., Visitor], links: Iterator[str]) -> Visitor:
    """Somebody on the panel who has agreed to take part."""
    visitor = visit()
    visitor.come_in(next(links))
    return visitor


@pytest.fixture
def reader(panelist: Visitor) -> Visitor:
    """A panelist with the first section open."""
    panelist.go(SECTION)
    return panelist


@pytest.fixture(params=[True, False], ids=["script", "no script"])
def either(request: pytest.FixtureRequest, visit: Callable[..., Visitor], links: Iterator[str]) -> Visitor:
    """A panelist with the first section open, whose browser runs scripts or does not."""
    visitor: Visitor = visit(java_script_enabled=request.param)
    visitor.come_in(next(links))
    visitor.go(SECTION)
    return visitor
