"""Marking items in the working draft: versions, two people at once, and when a reason is needed."""

import json

import pytest

from delphi.errors import ConflictError, InvalidError, NotFoundError
from delphi.manual.outline import ItemKind
from delphi.models import Study
from delphi.services.auditing import page_of
from delphi.services.drafts import item_versions, latest_draft, outline_of
from delphi.services.editing import edition_of
from delphi.services.marking import MARKED, mark_items
from tests import cast
from tests.web import stages

# Of the section "first-meeting": prose, an item, prose, an item.
TONE, PLACE, HURRY, PACE = range(4)


def mark(session, study, kinds, *, key="first-meeting", whole=None, edition=None, reason=""):
    draft = latest_draft(session, study)
    edition = edition or edition_of(draft)
    return mark_items(session, study, key, kinds, whole, edition=edition, reason=reason, actor="researcher 1", now=cast.NOW)


@pytest.fixture
def study(session):
    return cast.begin_study(session)


@pytest.fixture
def rated(session):
    return session.get_one(Study, stages.round_published(session).study_id)


def test_paragraphs_become_items_in_the_order_of_the_text(session, study):
    draft = mark(session, study, {TONE: ItemKind.CORE, PLACE: None, HURRY: ItemKind.FLEXIBLE})

    keys = [item.key for item in outline_of(session, draft).section("first-meeting").items]
    assert keys == ["the-first-conversations-set-the", "nobody-is-hurried", "pace"]
    assert [version.label for version in item_versions(session, draft).values()] == ["1"] * 5


def test_a_mark_taken_away_and_set_again_is_the_same_item_in_the_same_version(session, rated):
    before = item_versions(session, latest_draft(session, rated))["pace"].id
    without = mark(session, rated, {PACE: None}, reason="It is no item.")
    assert "pace" not in item_versions(session, without)

    again = mark(session, rated, {PACE: ItemKind.FLEXIBLE}, reason="It is one after all.")

    assert item_versions(session, again)["pace"].id == before


def test_another_kind_is_another_version_once_it_was_rated(session, rated):
    draft = mark(session, rated, {PACE: ItemKind.CORE}, reason="Everybody does it.")

    version = item_versions(session, draft)["pace"]
    assert (version.label, version.kind, version.reason) == ("2", "core", "Everybody does it.")


def test_after_a_round_a_reason_is_needed(session, rated):
    with pytest.raises(InvalidError, match="why you change what is rated"):
        mark(session, rated, {PACE: ItemKind.CORE}, reason="  ")


def test_of_two_people_who_mark_the_same_state_the_second_is_refused(session, study):
    seen = edition_of(latest_draft(session, study))
    mark(session, study, {TONE: ItemKind.CORE}, edition=seen)

    with pytest.raises(ConflictError, match="meanwhile"):
        mark(session, study, {HURRY: ItemKind.CORE}, edition=seen)


def test_no_manual_is_left_without_an_item(session, study):
    mark(session, study, {1: None, 2: None}, key="going-along")

    with pytest.raises(InvalidError, match="without any item"):
        mark(session, study, {PLACE: None, PACE: None})


@pytest.mark.parametrize(("key", "kinds", "refusal"), [("invented", {}, NotFoundError), ("pace", {}, NotFoundError)])
def test_a_section_that_there_is_not_is_refused(session, study, key, kinds, refusal):
    with pytest.raises(refusal):
        mark(session, study, kinds, key=key)


def test_a_paragraph_that_there_is_not_is_refused(session, study):
    with pytest.raises(InvalidError, match="no such paragraph"):
        mark(session, study, {4: ItemKind.CORE})


def test_marking_while_a_round_is_open_is_refused(session):
    study = session.get_one(Study, stages.round_open(session).study_id)

    with pytest.raises(ConflictError, match="stay as they are"):
        mark(session, study, {PACE: ItemKind.CORE}, reason="Now.")


def test_the_log_says_which_items_a_section_has(session, study):
    mark(session, study, {TONE: ItemKind.CORE})

    newest = page_of(session, study, 1).entries[0]
    assert newest.action == MARKED
    assert json.loads(newest.detail)["items"] == ["the-first-conversations-set-the", "first-meeting-place", "pace"]
