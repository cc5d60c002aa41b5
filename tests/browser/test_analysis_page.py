"""The page that `delphi analyse` writes, in a real browser: on a desk, on a phone, in the dark, in forced colours, on paper."""

from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from delphi.reports.analysis_page import as_page
from tests.browser.access import inaccessible
from tests.browser.visitor import overflow
from tests.reports.full_analysis import ITEMS, full_analysis

UNFOLD = "document.querySelectorAll('details').forEach(details => { details.open = true; })"
WAYS = {
    "phone": {"viewport": {"width": 320, "height": 640}},
    "dark": {"viewport": {"width": 390, "height": 844}, "color_scheme": "dark"},
    "forced colours": {"viewport": {"width": 1280, "height": 900}, "forced_colors": "active"},
}


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("analysis") / "analysis.html"
    path.write_text(as_page(full_analysis(items=ITEMS[:2]), "Consensus in when at least 70 % rate it 7–9."), encoding="utf-8")
    return path


def opened(browser: Browser, file: Path, **options: object) -> Page:
    page = browser.new_context(**options).new_page()
    page.on("request", lambda request: requests.append(request.url))
    requests: list[str] = []
    page.goto(file.as_uri())
    assert requests == [file.as_uri()]
    return page


def fits_and_is_accessible(page: Page) -> None:
    """See that the page is no wider than its window, folded and unfolded, and accessible in all its parts."""
    assert overflow(page) <= 0
    page.evaluate(UNFOLD)
    assert overflow(page) <= 0
    assert inaccessible(page) == []
    page.context.close()


@pytest.mark.parametrize("way", WAYS)
def test_the_page_fits_folded_and_unfolded_and_is_accessible_in_all_its_parts(browser: Browser, file: Path, way: str) -> None:
    fits_and_is_accessible(opened(browser, file, **WAYS[way]))


def test_on_a_desk_an_item_in_the_overview_leads_to_its_figures_and_those_to_what_they_mean(browser: Browser, file: Path) -> None:
    page = opened(browser, file, viewport={"width": 1280, "height": 900})

    page.locator("#overview").get_by_role("link", name=ITEMS[1]).first.click()
    item = page.locator("article:target")
    item.get_by_text("All figures: how was this computed?").first.click()
    item.get_by_role("link", name="Interquartile range").first.click()

    assert page.locator("#definitions :target dd").inner_text() == "Third quartile minus first quartile."
    fits_and_is_accessible(page)
