"""No page of a browser test goes unexamined: who makes a browser context is a visitor, and a visitor misses no page."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.browser.site import Site
from tests.browser.visitor import Visitor

TESTS = Path(__file__).parent.parent
MAKES_A_BROWSER = re.compile(r"\bnew_context\(|browser\.new_page\(|launch_persistent_context\(")
# Which of the tests' files make one: the visitors' own; a file that is no page of the site, examined where it is opened; the
# album's contact sheet; and the browser that is killed, which a visitor sits at.
MAKERS = {"visitor.py", "test_analysis_page.py", "screenshots.py", "test_killed_browser.py"}


def by_a_link(visitor: Visitor) -> None:
    with visitor.page.expect_navigation():
        visitor.page.get_by_role("link", name="Who sees what").first.click()


LOADS: dict[str, Callable[[Visitor], object]] = {
    "another page": lambda visitor: visitor.page.goto(f"{visitor.site.url}/enter"),
    "the page anew": lambda visitor: visitor.page.reload(),
    "a link": by_a_link,
    "another tab": lambda visitor: visitor.context.new_page().goto(f"{visitor.site.url}/enter"),
}


def test_only_a_visitor_makes_a_browser_context() -> None:
    found = {path.name for path in TESTS.rglob("*.py") if MAKES_A_BROWSER.search(path.read_text(encoding="utf-8"))}

    assert found - {Path(__file__).name} == MAKERS


@pytest.mark.parametrize("load", LOADS.values(), ids=LOADS)
@pytest.mark.parametrize("has_script", [True, False], ids=["script", "no script"])
def test_a_page_that_is_loaded_and_not_looked_over_is_a_fault(
    browser: Browser, site: Site, load: Callable[[Visitor], object], has_script: bool
) -> None:
    visitor = Visitor.arrive(browser, site, java_script_enabled=has_script)
    visitor.go("/")

    load(visitor)

    assert [fault for fault in visitor.leave() if "not looked over" in fault] != []
