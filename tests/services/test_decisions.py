"""Decisions: what each does to the draft, and taking one back."""

import pytest
from sqlalchemy.orm import Session

from delphi.errors import InvalidError
from delphi.manual.outline import ItemKind
from delphi.manual.parse import parse_text
from delphi.manual.write import write_files
from delphi.models import Action, EditClass, Round, Study
from delphi.services import auditing, drafts
from delphi.services.drafts import Change
from tests import cast
from tests.services.deciding import REASON, closed, decide, lineage, outline, texts


@pytest.fixture
def study_and_round(session: Session) -> tuple[Study, Round]:
    return closed(session)


@pytest.mark.parametrize("action", [Action.KEEP, Action.RE_RATE])
def test_keeping_and_asking_again_change_no_words(session: Session, study_and_round: tuple[Study, Round], action: Action) -> None:
    before = drafts.outline_of(session, study_and_round[1].draft)

    decide(session, study_and_round, "pace", action)

    assert outline(session, study_and_round[0]) == before


def test_rewording_makes_a_second_version_that_descends_from_the_first(
    session: Session, study_and_round: tuple[Study, Round]
) -> None:
    decide(session, study_and_round, "pace", Action.REWORD, wordings={"pace": " The person sets the pace.\r\n"})

    version = drafts.item_versions(session, drafts.latest_draft(session, study_and_round[0]))["pace"]
    assert (version.label, version.edit_class, version.text, version.reason) == (
        "2",
        EditClass.SUBSTANTIVE,
        "The person sets the pace.",
        REASON,
    )
    assert lineage(session) == {("pace 2", "reworded", "pace 1", "decided")}
    assert drafts.item_versions(session, study_and_round[1].draft)["pace"].text == "The worker goes at the pace of the person."


def test_mending_a_slip_keeps_the_version_number(session: Session, study_and_round: tuple[Study, Round]) -> None:
    decide(
        session, study_and_round, "pace", Action.REWORD, wordings={"pace": "The worker goes at the person's pace."}, is_typo=True
    )

    version = drafts.item_versions(session, drafts.latest_draft(session, study_and_round[0]))["pace"]
    assert (version.label, version.edit_class) == ("1a", EditClass.TYPO)


def test_a_slip_mended_in_new_words_does_not_make_them_a_slip(session: Session, study_and_round: tuple[Study, Round]) -> None:
    study = study_and_round[0]
    decide(session, study_and_round, "pace", Action.REWORD, wordings={"pace": "The perosn sets the pace."})
    draft = drafts.latest_draft(session, study)
    mended = cast.reworded(outline(session, study), {"pace": "The person sets the pace."})

    drafts.store_outline(session, study, draft, mended, Change(EditClass.TYPO, "A slip."))

    version = drafts.item_versions(session, draft)["pace"]
    assert (version.label, version.edit_class) == ("2", EditClass.SUBSTANTIVE)


def test_a_split_puts_its_products_in_the_items_place(session: Session, study_and_round: tuple[Study, Round]) -> None:
    wordings = {"pace": "The person sets the pace.", "patience": "The worker is patient."}

    decide(session, study_and_round, "pace", Action.SPLIT, wordings=wordings)

    assert list(texts(session, study_and_round[0])) == [
        "first-meeting-place",
        "pace",
        "patience",
        "going-along-offered",
        "step-back",
    ]
    assert outline(session, study_and_round[0]).item("patience").kind is ItemKind.FLEXIBLE
    assert lineage(session) == {("pace 2", "split", "pace 1", "decided"), ("patience 1", "split", "pace 1", "decided")}


def test_a_hand_edit_of_a_product_does_not_forget_what_it_was_split_from(
    session: Session, study_and_round: tuple[Study, Round]
) -> None:
    study = study_and_round[0]
    decide(session, study_and_round, "pace", Action.SPLIT, wordings={"own": "The person's own pace.", "patience": "Patience."})
    before = lineage(session)
    edited = cast.reworded(outline(session, study), {"patience": "The worker is patient."})

    drafts.store_outline(session, study, drafts.latest_draft(session, study), edited, Change())

    assert lineage(session) == before


def test_a_merge_takes_the_item_away_and_rewords_the_one_that_stays(
    session: Session, study_and_round: tuple[Study, Round]
) -> None:
    decide(
        session,
        study_and_round,
        "pace",
        Action.MERGE,
        into="step-back",
        wordings={"step-back": "The worker knows when to step back."},
    )

    assert texts(session, study_and_round[0])["step-back"] == "The worker knows when to step back."
    assert "pace" not in texts(session, study_and_round[0])
    assert lineage(session) == {
        ("step-back 2", "merged", "step-back 1", "decided"),
        ("step-back 2", "merged", "pace 1", "decided"),
    }


def test_taking_a_merge_back_restores_both_items(session: Session, study_and_round: tuple[Study, Round]) -> None:
    before = drafts.outline_of(session, study_and_round[1].draft)
    decide(
        session,
        study_and_round,
        "pace",
        Action.MERGE,
        into="step-back",
        wordings={"step-back": "The worker knows when to step back."},
    )

    decide(session, study_and_round, "pace", Action.KEEP)

    assert outline(session, study_and_round[0]) == before
    assert lineage(session) == set()


def test_taking_a_merge_back_leaves_what_was_decided_on_the_other_item(
    session: Session, study_and_round: tuple[Study, Round]
) -> None:
    decide(session, study_and_round, "step-back", Action.REWORD, wordings={"step-back": "In time the worker steps back."})
    decide(session, study_and_round, "pace", Action.MERGE, into="step-back", wordings={"step-back": "Merged words."})

    decide(session, study_and_round, "pace", Action.KEEP)

    assert texts(session, study_and_round[0])["step-back"] == "In time the worker steps back."
    assert lineage(session) == {("step-back 2", "reworded", "step-back 1", "decided")}


@pytest.mark.parametrize("key", cast.ITEMS)
def test_whatever_was_decided_in_between_keeping_restores_the_text(
    session: Session, study_and_round: tuple[Study, Round], key: str
) -> None:
    before = drafts.outline_of(session, study_and_round[1].draft)

    decide(session, study_and_round, key, Action.KEEP)
    decide(session, study_and_round, key, Action.SPLIT, wordings={"one": "One half.", key: "The other half."})
    decide(session, study_and_round, key, Action.REWORD, wordings={key: "Other words."})
    decide(session, study_and_round, key, Action.DROP)
    decide(session, study_and_round, key, Action.KEEP)

    assert outline(session, study_and_round[0]) == before
    assert lineage(session) == set()


def test_all_items_of_a_section_dropped_come_back_in_any_order_to_their_places(
    session: Session, study_and_round: tuple[Study, Round]
) -> None:
    before = drafts.outline_of(session, study_and_round[1].draft)
    for key in ("pace", "first-meeting-place"):
        decide(session, study_and_round, key, Action.DROP)

    for key in ("first-meeting-place", "pace"):
        decide(session, study_and_round, key, Action.KEEP)

    assert outline(session, study_and_round[0]) == before


def test_deciding_the_same_again_for_another_reason_keeps_lineage_and_takes_the_reason(
    session: Session, study_and_round: tuple[Study, Round]
) -> None:
    wordings = {"pace": "The person sets the pace."}
    decide(session, study_and_round, "pace", Action.REWORD, wordings=wordings)

    decide(session, study_and_round, "pace", Action.REWORD, wordings=wordings, reason="A better reason.")

    assert lineage(session) == {("pace 2", "reworded", "pace 1", "decided")}
    assert drafts.item_versions(session, drafts.latest_draft(session, study_and_round[0]))["pace"].reason == "A better reason."


def test_keeping_does_not_undo_an_edit_made_by_hand(session: Session, study_and_round: tuple[Study, Round]) -> None:
    study = study_and_round[0]
    draft = drafts.working_draft(session, study, now=cast.NOW)
    edited = cast.reworded(outline(session, study), {"pace": "Nobody sets the pace."})
    drafts.store_outline(session, study, draft, edited, Change())

    decide(session, study_and_round, "pace", Action.KEEP)
    decide(session, study_and_round, "pace", Action.KEEP, reason="Another reason.")

    assert texts(session, study)["pace"] == "Nobody sets the pace."


def test_each_decision_is_on_record_with_its_reason(session: Session, study_and_round: tuple[Study, Round]) -> None:
    decide(session, study_and_round, "pace", Action.DROP)

    entry = auditing.entries(session, study_and_round[0])[-1]
    assert entry.action == "decision"
    assert '"action":"drop"' in entry.detail
    assert REASON not in entry.detail  # a text that may have to be erased
    assert auditing.first_fault(session, study_and_round[0]) is None


def test_a_draft_after_many_decisions_is_one_that_can_be_read_back(
    session: Session, study_and_round: tuple[Study, Round]
) -> None:
    decide(session, study_and_round, "pace", Action.SPLIT, wordings={"one": "- a list\n- of two", "two": "> quoted"})
    decide(session, study_and_round, "step-back", Action.REWORD, wordings={"step-back": "```\n:::\n```"})

    written = write_files(outline(session, study_and_round[0]))

    assert parse_text(written) == outline(session, study_and_round[0])


def test_a_split_cannot_take_the_key_of_an_item_that_was_rated_and_dropped(session: Session) -> None:
    where = closed(session)
    decide(session, where, "step-back", Action.DROP)

    with pytest.raises(InvalidError, match="step-back already"):
        decide(session, where, "pace", Action.SPLIT, wordings={"one": "One.", "step-back": "Two."})
