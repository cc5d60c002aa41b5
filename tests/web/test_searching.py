"""The box that finds items, comments and decisions."""

import pytest

from delphi.models import Role, Study
from tests import cast
from tests.web import stages

SEARCH = f"{stages.HOME}/search"


@pytest.fixture
def decided(database):
    with database.transaction() as session:
        stages.decided(session)


def follow(browser, page):
    """Open every way to a place that the page shows; return how many there are."""
    import re

    ways = re.findall(rf'class="small"><a href="({stages.HOME}/[^"]+)"|· <a href="([^"]+)"', page.text)
    for way in (first or second for first, second in ways):
        assert browser.get(way.replace("&amp;", "&")).status_code == 200, way
    return len(ways)


def test_what_is_found_stands_by_kind_with_a_way_to_each(decided, ruth):
    assert "<h2>Items" not in ruth.get(SEARCH).text

    page = ruth.get(f"{SEARCH}?q=HOUSE")
    assert "<h2>Comments (1)</h2>" in page.text
    assert "Not every <mark>house</mark> &lt;b&gt;is&lt;/b&gt; safe." in page.text
    assert follow(ruth, page) == 2

    page = ruth.get(f"{SEARCH}?q=person+chooses")
    assert "<h2>Items (1)</h2>" in page.text
    assert "<h2>Decisions (1)</h2>" in page.text
    assert "version 2" in page.text
    assert follow(ruth, page) == 2

    assert "Nothing holds all of these words." in ruth.get(f"{SEARCH}?q=zeppelin").text


def test_a_way_to_an_item_that_no_round_has_asked_leads_into_the_draft(database, ruth):
    with database.transaction() as session:
        stages.with_panel(session)

    page = ruth.get(f"{SEARCH}?q=pace")

    assert f'{stages.HOME}/drafts/1#text-pace"' in page.text
    assert follow(ruth, page) == 1


def test_a_custodian_finds_items_alone(database, decided, visitor):
    with database.transaction() as session:
        stages.researcher_with(session, "cleo@example.org", session.query(Study).one(), Role.CUSTODIAN)
    cleo = visitor()
    cleo.get("/office/sign-in")
    cleo.post("/office/sign-in", {"email": "cleo@example.org", "password": cast.PASSWORD})

    assert "house" not in cleo.get(f"{SEARCH}?q=every+house").text.split("</form>")[-1]
    page = cleo.get(f"{SEARCH}?q=person+chooses")
    assert "<h2>Items (1)</h2>" in page.text
    assert "<h2>Decisions" not in page.text
    assert "these are items alone" in page.text
    assert follow(cleo, page) == 1


def test_while_a_round_is_open_its_comments_are_not_found(database, ruth):
    with database.transaction() as session:
        stages.round_open(session)

    assert "Nothing holds all of these words." in ruth.get(f"{SEARCH}?q=house").text


def test_a_query_that_cannot_be_looked_for_comes_back_with_what_is_wrong(decided, ruth):
    page = ruth.get(f"{SEARCH}?q={'a+' * 11}")

    assert page.status_code == 422
    assert "Look for at most 10 words" in page.text
    assert 'value="a a a a a a a a a a a"' in page.text
    assert 'href="#filter-q"' in page.text
    assert ruth.get(f"{SEARCH}?q=%00").status_code == 200
