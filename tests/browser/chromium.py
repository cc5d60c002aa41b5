"""One Chromium for all browser tests of a process: Playwright cannot be started a second time beside itself."""

import os
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Playwright, sync_playwright

from tests.browser.access import share
from tests.browser.visitor import launch


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    with sync_playwright() as playwright:
        yield playwright


@pytest.fixture(scope="session")
def browser(playwright: Playwright, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    if "PYTEST_XDIST_WORKER" in os.environ:  # whose folders lie beside each other in that of the run
        share(tmp_path_factory.getbasetemp().parent / "accessible")
    browser = launch(playwright)
    yield browser
    browser.close()
