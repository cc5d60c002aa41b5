"""A look before a decision or a section is kept: both wordings, the redline, and what it means for the ratings."""

import re

import pytest

from delphi.models import Decision, EditClass, Study
from delphi.services.drafts import Change, latest_draft
from delphi.services.editing import edit_section, edition_of
from tests import cast
from tests.web import stages

FIRST, SECOND = cast.ITEMS[:2]
ITEM, EDIT = f"{stages.HOME}/rounds/1/items/{FIRST}", f"{stages.HOME}/manual/sections/first-meeting"
OLD, NEW = "The first meeting takes place somewhere that the person has chosen.", "The person says where you first meet."
SECTION = cast.MANUAL[cast.MANUAL.index("## Meeting") : cast.MANUAL.index("## Going")]
SLIP, MEANING = "A slip: the version stays", "A change of meaning: a new version"


@pytest.fixture
def published(database, ruth):
    with database.transaction() as session:
        stages.round_published(session)
    ruth.get(ITEM)


def looked(answer):
    """Return the look on a page, as text and as it stands."""
    assert answer.status_code == 200
    html = re.search(r'<section class="look".*?</section>', answer.text, re.S)[0]
    return " ".join(re.sub(r"<[^>]+>", " ", html).split()), html


def stands(browser):
    return re.search(r'name="stands"[^>]*value="([^"]*)"', browser.get(ITEM).text)[1]


def look(browser, **typed):
    return browser.post(ITEM, {"version": "0", "stands": stands(browser), "look": "1", **typed})


def test_a_rewording_is_seen_on_both_sides_with_what_changes(database, ruth, published):
    answer = look(ruth, action="reword", wording=OLD.replace("somewhere", "anywhere"))

    text, html = looked(answer)
    assert f"As the panel saw it {OLD} As it would read {OLD.replace('somewhere', 'anywhere')}" in text
    assert re.search(r"<del>.*somewhere</del><ins>.*anywhere</ins>", html, re.S)
    assert MEANING in text
    assert SLIP not in text
    assert "anywhere" in answer.text[answer.text.index('name="wording"') :]  # what was typed is kept
    with database.reading() as session:
        assert session.query(Decision).count() == 0
        assert latest_draft(session, session.query(Study).one()).number == 1


def test_a_slip_is_called_one_and_only_where_words_are_mended(ruth, published):
    slip, _ = looked(look(ruth, action="reword", wording=f"{OLD} ".replace("somewhere", "somewhere,"), is_typo="y"))
    split, _ = looked(
        look(ruth, action="split", first_key="a", first_text="One.", second_key="b", second_text="Two.", is_typo="y")
    )

    assert SLIP in slip
    assert MEANING not in slip
    assert split.count("A new item: the panel rates it for the first time.") == 2
    assert "It leaves the manual; its ratings stay on record." in split
    assert SLIP not in split


def test_a_merge_shows_both_items(ruth, published):
    text, _ = looked(look(ruth, action="merge", into=SECOND, merged="The person sets place and pace."))

    assert "It leaves the manual" in text
    assert "As it would read The person sets place and pace." in text
    assert MEANING in text


def test_to_keep_an_item_changes_no_words(ruth, published):
    assert "No words would change." in looked(look(ruth, action="keep"))[0]


def test_what_could_not_be_decided_is_said_already(ruth, published):
    answer = look(ruth, action="reword", wording=" ")

    assert answer.status_code == 422
    assert "Write the new wording of the item." in answer.text
    assert 'class="look"' not in answer.text


def test_a_look_at_another_decision_starts_from_what_the_panel_saw(ruth, published):
    ruth.post(ITEM, {"version": "0", "stands": stands(ruth), "action": "drop", "reason": "It says nothing."})

    text, _ = looked(look(ruth, version="1", action="reword", wording=NEW))

    assert f"As the panel saw it {OLD}" in text
    assert f"As it would read {NEW}" in text


def test_a_section_is_seen_beside_what_the_panel_saw(ruth, published):
    edition = re.search(r'name="edition"[^>]*value="([^"]*)"', ruth.get(EDIT).text)[1]
    typed = SECTION.replace("set the tone", "set the mood").replace("has chosen.", "likes.").replace("first time {", "start {")
    sent = {"edition": edition, "text": typed, "preview": "1"}

    meaning, html = looked(ruth.post(EDIT, {**sent, "edit_class": "substantive"}))
    slip, _ = looked(ruth.post(EDIT, {**sent, "edit_class": "typo"}))

    assert re.search(r"<del>.*tone</del><ins>.*mood</ins>", html, re.S)
    assert "Text that nobody rates by itself." in meaning
    assert "that the person likes." in meaning
    assert "goes at the pace" not in meaning  # as it was
    assert (MEANING in meaning, SLIP in meaning) == (True, False)
    assert (MEANING in slip, SLIP in slip) == (False, True)
    assert ruth.get(f"{stages.HOME}/drafts/2").status_code == 404


def test_what_this_draft_has_changed_in_substance_is_no_slip_any_more(ruth, published):
    def edition():
        return re.search(r'name="edition"[^>]*value="([^"]*)"', ruth.get(EDIT).text)[1]

    first = SECTION.replace("has chosen.", "likes.")
    kept = ruth.post(EDIT, {"edition": edition(), "text": first, "edit_class": "substantive", "reason": "It was too narrow."})
    assert kept.status_code == 303
    typed = first.replace("likes.", "likes best.")

    text, _ = looked(ruth.post(EDIT, {"edition": edition(), "text": typed, "edit_class": "typo", "preview": "1"}))

    assert MEANING in text
    assert "that the person likes best." in text


def test_before_the_first_round_nothing_is_said_of_ratings(database, ruth):
    with database.transaction() as session:
        stages.with_panel(session)
    edition = re.search(r'name="edition"[^>]*value="([^"]*)"', ruth.get(EDIT).text)[1]
    sent = {"edition": edition, "text": SECTION.replace("has chosen.", "likes."), "edit_class": "substantive", "preview": "1"}

    text, _ = looked(ruth.post(EDIT, sent))

    assert "Nobody has rated it yet" in text
    assert MEANING not in text


def test_prose_of_a_section_that_is_rated_as_a_whole_is_what_is_rated(database, ruth):
    with database.transaction() as session:
        study = cast.begin_study(session, manual="---\ntitle: Whole\n---\n\n## Start {#start .item .core}\n\nHow it begins.\n")
        cast.add_panel(session, study, {"Carers": 6})
        cast.close_and_publish(session, study, cast.open_round(session, study))
    edit = f"{stages.HOME}/manual/sections/start"
    edition = re.search(r'name="edition"[^>]*value="([^"]*)"', ruth.get(edit).text)[1]
    typed = "## Start {#start .item .core}\n\nHow it all begins.\n"

    text, _ = looked(ruth.post(edit, {"edition": edition, "text": typed, "edit_class": "substantive", "preview": "1"}))

    assert MEANING in text
    assert "nobody rates" not in text


def test_a_decision_does_not_replace_words_that_somebody_has_changed_by_hand_meanwhile(database, ruth, published):
    shown = stands(ruth)
    with database.transaction() as session:
        study = session.query(Study).one()
        edition, change = edition_of(latest_draft(session, study)), Change(EditClass.SUBSTANTIVE, "Shorter.")
        text = SECTION.replace("somewhere that the person has chosen", "where the person likes")
        edit_section(session, study, "first-meeting", text, edition=edition, change=change, actor="researcher 2", now=cast.NOW)
    decision = {"version": "0", "action": "reword", "wording": NEW, "reason": "It was too narrow."}

    refused = ruth.post(ITEM, {**decision, "stands": shown})

    assert refused.status_code == 409
    assert "Somebody else has changed this item in the draft meanwhile." in refused.text
    assert NEW in refused.text
    page = ruth.get(ITEM).text
    assert "The draft reads otherwise by now" in page
    assert "takes place where the person likes." in page
    assert ruth.post(ITEM, {**decision, "stands": stands(ruth)}).status_code == 303


def test_another_item_changed_meanwhile_stands_in_nobodys_way(ruth, published):
    shown, other = stands(ruth), f"{stages.HOME}/rounds/1/items/{SECOND}"
    there = re.search(r'name="stands"[^>]*value="([^"]*)"', ruth.get(other).text)[1]
    reword = {"version": "0", "action": "reword", "wording": "The person sets the pace.", "reason": "Whose pace?"}
    assert ruth.post(other, {**reword, "stands": there}).status_code == 303

    assert ruth.post(ITEM, {**reword, "wording": NEW, "stands": shown}).status_code == 303
