"""Marking items in the browser, without JavaScript."""

import re

import pytest

from delphi.services.drafts import latest_draft, outline_of
from delphi.services.studies import find_study
from tests import cast
from tests.web import stages

PAGE = f"{stages.HOME}/manual/sections/first-meeting/items"


@pytest.fixture
def study(database, ruth):
    with database.transaction() as session:
        cast.begin_study(session)
    ruth.get(PAGE)


def items(database):
    with database.reading() as session:
        outline = outline_of(session, latest_draft(session, find_study(session, stages.SLUG)))
        return {item.key: str(item.kind) for item in outline.section("first-meeting").items}


def send(ruth, **fields):
    return ruth.post(
        PAGE, {"edition": "1.2", "whole": "text", **{name.replace("_", "-"): value for name, value in fields.items()}}
    )


def test_the_page_shows_every_paragraph_with_what_it_is(ruth, study):
    page = ruth.get(PAGE).text

    assert page.count('class="mark"') == 4
    assert 'name="part-0" value="text" checked' in page
    assert 'name="part-1" value="core" checked' in page
    assert "Nobody is hurried." in page


def folded(page):
    """Return whether the choice for the whole section is folded, and what its line says."""
    whole = r'<span>The section as a whole<span class="when-folded">: (.*?)</span></span>'
    line = rf'<details class="explain"( open)?>\s*<summary>{whole}</summary>'
    is_open, said = re.search(line, page).groups()
    return not is_open, said


def test_what_holds_of_the_whole_section_is_folded_until_it_is_another_choice_or_wrong(database, ruth, study):
    page = ruth.get(PAGE).text
    edition = edition_in(page)
    assert folded(page) == (True, "Not rated as a whole")

    refused = send(ruth, edition=edition, whole="flexible", part_0="both")
    assert folded(refused.text) == (False, "Rated as a whole, as a flexible item")
    refused = send(ruth, edition=edition, whole="half")
    assert refused.status_code == 422
    assert '<details class="explain" open>' in refused.text
    assert 'href="#whole-0"' in refused.text

    assert send(ruth, edition=edition, whole="core").status_code == 303
    assert folded(ruth.get(PAGE).text) == (False, "Rated as a whole, as a core item")


def test_panelists_do_not_see_which_items_are_core_as_the_page_says(ruth, ada):
    told = ruth.get(PAGE).text
    assert "panelists are asked the same about both and do not see which is which." in told

    page = ada.get("/panel/sections/first-meeting").text

    assert page.count('<fieldset class="scale') == 2
    assert not re.search(r"\b(core|flexible)\b", page, re.IGNORECASE)


def test_a_section_without_items_says_folded_that_it_is_rated_until_one_is_marked(ruth, unmarked):
    assert folded(ruth.get(PAGE).text) == (True, "Rated if it has no items")


def test_a_paragraph_is_turned_into_an_item_and_the_next_section_follows(database, ruth, study):
    edition = edition_in(ruth.get(PAGE).text)

    answer = send(ruth, edition=edition, part_0="flexible", part_1="text", next="1")

    assert (answer.status_code, answer.headers["Location"]) == (303, f"{stages.HOME}/manual/sections/going-along/items")
    assert items(database) == {"the-first-conversations-set-the": "flexible", "pace": "flexible"}


def test_what_is_no_choice_is_refused_and_nothing_changes(database, ruth, study):
    page = send(ruth, edition=edition_in(ruth.get(PAGE).text), part_0="both", part_1="text")

    assert page.status_code == 422
    assert "text, core or flexible" in page.text
    assert 'name="part-1" value="text" checked' in page.text
    assert items(database) == {"first-meeting-place": "core", "pace": "flexible"}


def test_a_state_that_somebody_else_has_changed_is_not_overwritten(database, ruth, study):
    page = send(ruth, edition="1.0", part_0="core")

    assert page.status_code == 409
    assert 'name="part-0" value="core" checked' in page.text
    assert "the-first-conversations-set-the" not in items(database)


def edition_in(page):
    return page.partition('name="edition"')[2].partition('value="')[2].partition('"')[0]


@pytest.fixture
def unmarked(database, ruth):
    with database.transaction() as session:
        cast.begin_study(session, manual="---\ntitle: Plain\n---\n\n# First meeting {#first-meeting}\n\nWe meet.\n\nWe talk.\n")
    ruth.get(PAGE)


def preset(page):
    return re.search(r'<input checked [^>]*name="whole"[^>]*value="([^"]+)"', page)[1]


@pytest.mark.parametrize(
    ("whole", "marks", "left"),
    [
        (None, {"part_0": "core"}, {"we-meet": "core"}),
        (None, {"part_0": "text"}, {"first-meeting": "flexible"}),
        ("flexible", {"part_0": "core"}, {"first-meeting": "flexible", "we-meet": "core"}),
    ],
)
def test_a_section_is_rated_as_a_whole_beside_its_paragraphs_only_by_choice(database, ruth, unmarked, whole, marks, left):
    page = ruth.get(PAGE).text

    send(ruth, edition=edition_in(page), whole=whole or preset(page), **marks)

    assert items(database) == left
