"""What a panelist's pages cost: how much they weigh, and what they ask of the database however large the study is."""

from collections.abc import Callable

import pytest
from flask import Flask

from delphi.database import Database
from tests import cast, crowd
from tests.statements import asked_by
from tests.web.conftest import Visitor

# Bytes of HTML of a page with forty items in plain words too, what 400 people in four groups said of each, three of them in words
# and how it was reworded. 250,000 is the limit; a digit more in every count takes 3,400 of them, a letter more in every key 40.
HEAVIEST = 243_000
MOST_TO_READ, MOST_TO_SAVE = 49, 24  # statements
PAGES = (crowd.SECTION, "/panel/", "/panel/review", "/panel/results")
HEAVIEST_FIRST = 112_000  # and before anybody has said anything


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
    page = reader(raters=400, items=40, comments=3, plain=crowd.PLAIN, key=crowd.LONG_KEY).get(crowd.SECTION)

    html = page.get_data(as_text=True)
    once = ('class="item-card"', "<summary>By group</summary>", 'class="redline', "In plain words", "Reasons that people gave")
    assert [html.count(words) for words in once] == [40] * len(once)
    assert html.count("<blockquote") == 3 * 40
    assert len(page.data) < HEAVIEST


def test_before_there_is_feedback_it_is_heavy(reader: Callable[..., Visitor]) -> None:
    page = reader(raters=40, items=40, rounds_before=0).get(crowd.SECTION)

    assert page.get_data(as_text=True).count('class="item-card"') == 40
    assert len(page.data) < HEAVIEST_FIRST


def test_what_the_panel_said_comes_from_frozen_results_and_nobody_elses_ballot_is_read(
    reader: Callable[..., Visitor], app: Flask
) -> None:
    browser = reader(raters=40, items=10)
    with asked_by(app) as asked:
        assert [browser.get(address).status_code for address in PAGES] == [200] * len(PAGES)

    of_ballots = [one for one in asked if "FROM ballots" in one or "JOIN ballots" in one]
    assert len(of_ballots) >= len(PAGES)
    assert [one for one in of_ballots if "ballots.panelist_id = ?" not in one] == []


SIZES = (
    {"raters": 40, "items": 10},
    {"raters": 40, "items": 40},
    {"raters": 400, "items": 10},
    {"raters": 40, "items": 10, "rounds_before": 3},
)


def test_what_a_page_or_a_save_asks_of_the_database_does_not_grow_with_the_study(
    reader: Callable[..., Visitor], app: Flask
) -> None:
    counted = []
    for place, size in enumerate(SIZES):
        browser = reader(**size, slug=f"crowd-{place}")
        number = str(size.get("rounds_before", 1) + 1)
        asked = {}
        for address in PAGES:
            with asked_by(app) as asked[address]:
                assert browser.get(address).status_code == 200
        for save in ("first", "second"):
            with asked_by(app) as asked[save]:
                sent = {"round": number, "rating-3": "7" if save == "first" else "8", "fragment": "1"}
                assert browser.post(crowd.SECTION, sent).status_code == 200
        counted.append({what: len(each) for what, each in asked.items()})

    assert all(each == counted[0] for each in counted[1:]), counted
    assert max(counted[0][address] for address in PAGES) <= MOST_TO_READ
    assert counted[0]["second"] <= MOST_TO_SAVE
