"""Editing a section by hand: versions, reasons and two people at once."""

import pytest

from delphi.errors import ConflictError, FileError, InvalidError, NotFoundError
from delphi.manual.write import write_section
from delphi.models import EditClass, Study
from delphi.services.auditing import first_fault, page_of
from delphi.services.drafts import Change, item_versions, latest_draft, outline_of
from delphi.services.editing import edit_section, edition_of
from tests import cast
from tests.web import stages

WHY = Change(EditClass.SUBSTANTIVE, "It was too narrow.")


def edit(session, study, key, old, new, *, change=WHY, edition=None):
    draft = latest_draft(session, study)
    text = write_section(outline_of(session, draft).section(key)).replace(old, new)
    return edit_section(
        session, study, key, text, edition=edition or edition_of(draft), change=change, actor="researcher 1", now=cast.NOW
    )


@pytest.fixture
def study(session):
    return session.get_one(Study, stages.round_published(session).study_id)


def test_a_change_of_meaning_gives_the_item_its_next_version_in_the_next_draft(session, study):
    draft = edit(session, study, "first-meeting", "somewhere that the person", "where the person")

    version = item_versions(session, draft)["first-meeting-place"]
    assert (draft.number, version.label, version.text) == (2, "2", "The first meeting takes place where the person has chosen.")
    assert version.reason == "It was too narrow."
    assert item_versions(session, draft)["pace"].label == "1"


def test_a_slip_leaves_the_version_standing(session, study):
    draft = edit(session, study, "first-meeting", "somewhere", "somewhere,", change=Change(EditClass.TYPO, "A comma."))

    assert item_versions(session, draft)["first-meeting-place"].label == "1a"


def test_of_two_people_who_edit_the_same_state_the_second_is_refused(session, study):
    seen = edition_of(latest_draft(session, study))
    edit(session, study, "first-meeting", "set the tone", "set the pace", edition=seen)

    with pytest.raises(ConflictError, match="meanwhile"):
        edit(session, study, "going-along", "company", "somebody", edition=seen)


def test_every_edit_moves_the_draft_on_even_where_only_prose_changes(session, study):
    edit(session, study, "first-meeting", "set the tone", "set the pace")
    first = edition_of(latest_draft(session, study))
    edit(session, study, "first-meeting", "set the pace", "set the tone of it")

    assert edition_of(latest_draft(session, study)) != first


def test_an_edit_is_on_record_with_its_reason(session, study):
    edit(session, study, "first-meeting", "somewhere", "anywhere")

    entry, *_ = page_of(session, study, 1).entries
    assert entry.action == "section edited"
    assert '"items":["first-meeting-place 2"]' in entry.detail
    assert page_of(session, study, 1).texts[entry.id]["reason"] == "It was too narrow."
    assert first_fault(session, study) is None


@pytest.mark.parametrize(
    ("key", "old", "new", "refusal"),
    [
        ("first-meeting", "{#first-meeting}", "{#other}", InvalidError),
        ("first-meeting", "#pace ", "#step-back ", InvalidError),
        ("first-meeting", ".core}", ".core .flexible}", FileError),
    ],
)
def test_what_cannot_stand_in_the_draft_is_refused(session, study, key, old, new, refusal):
    with pytest.raises(refusal):
        edit(session, study, key, old, new)


def test_an_edit_needs_a_reason(session, study):
    with pytest.raises(InvalidError, match="why"):
        edit(session, study, "first-meeting", "tone", "pace", change=Change(reason=" "))


def test_a_section_that_is_not_there_is_not_found(session, study):
    with pytest.raises(NotFoundError):
        edit_section(
            session,
            study,
            "invented",
            "## Invented {#invented}",
            edition=edition_of(latest_draft(session, study)),
            change=WHY,
            actor="researcher 1",
            now=cast.NOW,
        )


def test_the_words_that_a_round_asks_about_cannot_be_edited(session):
    opened = stages.round_open(session)

    with pytest.raises(ConflictError, match="open"):
        edit(session, session.get_one(Study, opened.study_id), "first-meeting", "tone", "pace")
