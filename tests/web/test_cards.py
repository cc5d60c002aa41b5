"""How a card is built for the eye and for those who listen: its order, its heading, its tables, and what is said once."""

import re
from collections.abc import Callable

import pytest

from delphi.database import Database
from delphi.services.discussion import Done
from delphi.services.released import Shown
from delphi.web.panel.said import others_than
from tests import cast
from tests.web import stages
from tests.web.conftest import Visitor

SECTION = "/panel/sections/first-meeting"
PLACE = cast.ITEMS[0]


@pytest.fixture
def page(database: Database, enter: Callable[[str], Visitor]) -> str:
    """The first section in round 3, as somebody sees it who rated in round 1."""
    with database.transaction() as session:
        stages.round_three(session)
    return enter(stages.LAST_IN_ROUND_1).get(SECTION).text


@pytest.fixture
def card(page: str) -> str:
    start = page.index(f'id="item-{PLACE}"')
    return page[start : page.index("</article>", start)]


def test_the_new_words_and_why_they_changed_come_first_and_the_scale_after_what_the_panel_said(card: str) -> None:
    places = [card.index(mark) for mark in ("item-statement", "class=why", "<del>", "panel-said", 'class="scale"')]

    assert places == sorted(places)
    assert card.count("item-statement manual") == 1


def test_every_item_has_a_heading_with_its_number_and_the_beginning_of_its_words(page: str) -> None:
    headings = re.findall(r"<h([1-6])[^>]*>(.*?)</h", page.partition("<h1>")[2], re.DOTALL)

    assert [(level, re.sub(r"<[^>]+>", "", text)[:30]) for level, text in headings if "Item" in text] == [
        ("2", "Item 1 of 4: The first meeting"),
        ("2", "Item 2 of 4: The worker goes a"),
    ]
    assert not re.search(r"<h[3-6]", page)


def test_the_tables_behind_the_bars_say_what_their_rows_and_columns_are(card: str) -> None:
    panel, groups = re.findall(r"<table class=by-level>(.*?)</table>", card, re.DOTALL)

    assert "<caption>Everybody’s answers</caption>" in panel
    assert "<caption>Each group’s answers</caption>" in groups
    assert re.findall(r"<th>([^<\s]+)", panel.partition("<tbody>")[0]) == ["Answer", *"123456789"]
    assert re.findall(r"<th scope=row>([^<\s]+)", panel) == ["People"]
    assert re.findall(r"<th scope=rowgroup [^>]*><b>(\w+)", groups) == ["Carers", "Practitioners"]
    assert all('aria-hidden="true"' in drawing for drawing in re.findall(r"<svg[^>]*>", card))


def test_the_marks_under_the_bars_are_explained_beside_them(card: str) -> None:
    assert "<span>median, the middle answer: 8</span> <span>middle half of the answers: 8 to 8</span>" in card


def test_the_words_of_a_level_are_seen_where_they_are_heard(card: str) -> None:
    scale = card[card.index('class="scale"') : card.index("scale-apart")]
    heard = re.findall(r"<b>(\d)<i> ([^<]+)</i>", scale)
    seen = re.findall(r"<span>(\d) – ([^<]+)</span>", scale)

    assert heard == seen == [("1", "not at all"), ("5", "partly"), ("9", "very much")]


def test_a_comment_that_a_decision_answers_does_not_stand_among_the_reasons_too() -> None:
    answered, other = (Shown(1, "pace", "The words.", text, "", False) for text in ("Whose pace?", "Too slow."))
    done = Done(1, "reword", "It was not clear.", (answered,), ())

    assert others_than([answered, other], [done]) == [other]
    assert others_than([answered, other], []) == [answered, other]
