"""Decisions: what each does to the draft, and taking one back."""

import hashlib

import pytest
from sqlalchemy.orm import Session

from delphi.errors import InvalidError
from delphi.manual.outline import ItemKind
from delphi.manual.parse import parse_text
from delphi.manual.write import write_files
from delphi.models import Action, EditClass, ItemWording, Round, Study
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


PLAIN = cast.MANUAL.replace("pace of the person.\n:::", "pace of the person.\n\n::: plain\nYou say how fast.\n:::\n:::")


def plain_words(session: Session, study: Study) -> dict[str, str]:
    return {item.key: item.plain for item in outline(session, study).items() if item.plain}


@pytest.mark.parametrize(
    ("wording", "more", "plain"),
    [
        ("The person sets the pace.", {}, {}),
        ("The person sets the pace.", {"plains": {"pace": " "}}, {}),
        ("The person sets the pace.", {"plains": {"pace": "You set the pace.\r\n"}}, {"pace": "You set the pace."}),
        ("The worker goes at the person's pace.", {"is_typo": True}, {"pace": "You say how fast."}),
        ("The worker goes at the pace of the person.", {}, {"pace": "You say how fast."}),
        (
            "The worker goes at the pace of the person.",
            {"plains": {"pace": "As fast as you like."}},
            {"pace": "As fast as you like."},
        ),
    ],
)
def test_plain_words_stay_only_while_they_speak_for_the_wording(
    session: Session, wording: str, more: dict[str, object], plain: dict[str, str]
) -> None:
    where = closed(session, PLAIN)

    decide(session, where, "pace", Action.REWORD, wordings={"pace": wording}, **more)

    assert plain_words(session, where[0]) == plain


@pytest.mark.parametrize(("is_typo", "label"), [(True, "1a"), (False, "2")])
def test_new_plain_words_alone_are_a_change_of_wording_of_the_class_that_was_chosen(
    session: Session, is_typo: bool, label: str
) -> None:
    where = closed(session, PLAIN)
    words = {"pace": "The worker goes at the pace of the person."}

    decide(session, where, "pace", Action.REWORD, wordings=words, plains={"pace": "Your pace."}, is_typo=is_typo)

    before, after = (drafts.item_versions(session, draft)["pace"] for draft in drafts.drafts_of(session, where[0]))
    assert (before.plain, before.label, after.plain, after.label) == ("You say how fast.", "1", "Your pace.", label)
    assert after.text == before.text
    assert after.sha256 != before.sha256


def test_a_decision_taken_back_brings_the_plain_words_back(session: Session) -> None:
    where = closed(session, PLAIN)
    before = outline(session, where[0])
    decide(session, where, "pace", Action.REWORD, wordings={"pace": "The person sets the pace."})

    decide(session, where, "pace", Action.KEEP)

    assert outline(session, where[0]) == before


def test_a_split_and_a_merge_have_the_plain_words_that_are_given(session: Session) -> None:
    where = closed(session, PLAIN)

    decide(session, where, "pace", Action.SPLIT, wordings={"pace": "One.", "two": "Two."}, plains={"two": "The second."})
    decide(session, where, "step-back", Action.MERGE, into="two", wordings={"two": "Both."}, plains={"two": "Two in one."})

    assert plain_words(session, where[0]) == {"two": "Two in one."}


def test_plain_words_without_a_wording_are_refused(session: Session) -> None:
    with pytest.raises(InvalidError, match="Plain words belong to a new wording"):
        decide(session, closed(session, PLAIN), "pace", Action.KEEP, plains={"pace": "Your pace."})


def test_the_hash_of_words_without_plain_ones_is_that_of_the_words() -> None:
    assert ItemWording.of("en", "Slow.").sha256 == hashlib.sha256(b"Slow.").hexdigest()
    assert len({ItemWording.of("en", *words).sha256 for words in [("Slow.",), ("Slow.", "Not fast."), ("Slow.", "Fast.")]}) == 3
