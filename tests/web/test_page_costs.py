"""What a panelist's pages cost: how much they weigh."""

from collections.abc import Callable

import pytest

from delphi.database import Database
from tests import cast, crowd
from tests.web.conftest import Visitor

HEAVIEST = 256_000  # bytes of HTML of a page with forty items and what the panel said of each
HEAVIEST_FIRST = 160_000  # and before anybody has said anything


@pytest.fixture
def reader(database: Database, visitor: Callable[[], Visitor]) -> Callable[..., Visitor]:
    """Return a maker of a study in its second round, seen by one of its panelists."""

    def come_in(**study: int | str) -> Visitor:
        with database.transaction() as session:
            round_ = crowd.in_round_two(session, **study)  # type: ignore[arg-type]
            link = f"/p/{cast.token(session, round_, crowd.FIRST)}"
        browser = visitor()
        browser.get(link)
        browser.post(link)
        return browser

    return come_in


def test_a_page_of_forty_items_with_what_the_panel_said_stays_light(reader: Callable[..., Visitor]) -> None:
    page = reader(raters=400, items=40).get(crowd.SECTION)

    html = page.get_data(as_text=True)
    assert html.count('class="item-card"') == html.count("<summary>By group</summary>") == html.count('class="redline') == 40
    assert len(page.data) < HEAVIEST


def test_before_there_is_feedback_it_is_heavy(reader: Callable[..., Visitor]) -> None:
    page = reader(raters=40, items=40, rounds_before=0).get(crowd.SECTION)

    assert page.get_data(as_text=True).count('class="item-card"') == 40
    assert len(page.data) < HEAVIEST_FIRST
