"""Decisions: what each does to the draft, taking one back, and two researchers at once."""

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from delphi.errors import ConflictError, InvalidError, NotFoundError
from delphi.manual.outline import ItemKind, Outline
from delphi.manual.parse import parse_text
from delphi.manual.write import write_files
from delphi.models import Action, Decision, EditClass, ItemLineage, ItemVersion, Round, Study
from delphi.services import auditing, decisions, drafts, rounds
from delphi.services.decisions import Verdict
from delphi.services.drafts import Change
from tests import cast

REASON = "Several of you asked for it."
WHOLE = """\
---
title: Whole sections
---

## Beginnings {#beginnings .item .core}

How it begins.

## Endings {#endings}

::: {#ending .item .flexible}
An ending is planned from the start.
:::
"""


def closed(session: Session, manual: str = cast.MANUAL) -> tuple[Study, Round]:
    study = cast.begin_study(session, manual=manual)
    cast.add_panel(session, study, {"Carers": 6})
    round_ = cast.open_round(session, study)
    rounds.close_round(session, study, round_, actor="researcher 1", now=cast.NOW)
    return study, round_


@pytest.fixture
def study_and_round(session: Session) -> tuple[Study, Round]:
    return closed(session)


def decide(session: Session, where: tuple[Study, Round], key: str, action: Action, **more: object) -> Decision:
    study, round_ = where
    earlier = decisions.decisions_of(session, round_).get(key)
    verdict = Verdict(action, **{"reason": REASON, **more})  # type: ignore[arg-type]
    version = earlier.version if earlier else 0
    return decisions.decide(session, study, round_, key, verdict, version=version, by=None, actor="researcher 1", now=cast.NOW)


def outline(session: Session, study: Study) -> Outline:
    return drafts.outline_of(session, drafts.latest_draft(session, study))


def texts(session: Session, study: Study) -> dict[str, str]:
    return {item.key: item.markdown for item in outline(session, study).items()}


def lineage(session: Session) -> set[tuple[str, str, str, str]]:
    versions = {version.id: version for version in session.scalars(select(ItemVersion))}
    name = {id_: f"{version.item.key} {version.label}" for id_, version in versions.items()}
    rows = session.scalars(select(ItemLineage))
    return {
        (name[row.child_version_id], row.relation, name[row.parent_version_id], "" if row.decision_id is None else "decided")
        for row in rows
    }


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


def test_of_two_researchers_the_second_is_told(session: Session, study_and_round: tuple[Study, Round]) -> None:
    study, round_ = study_and_round
    decide(session, study_and_round, "pace", Action.KEEP)

    for version in (0, 7):
        with pytest.raises(ConflictError, match="Somebody else has decided"):
            verdict = Verdict(Action.DROP, REASON)
            decisions.decide(
                session, study, round_, "pace", verdict, version=version, by=None, actor="researcher 1", now=cast.NOW
            )

    assert decisions.decisions_of(session, round_)["pace"].action == Action.KEEP


@pytest.mark.parametrize(
    ("verdict", "sentence"),
    [
        (Verdict(Action.KEEP, "  no "), "Give the reason"),
        (Verdict(Action.KEEP, REASON, {"pace": "Other words."}), "changes no words"),
        (Verdict(Action.DROP, REASON, {"pace": "Other words."}), "changes no words"),
        (Verdict(Action.REWORD, REASON), "Write the new wording"),
        (Verdict(Action.REWORD, REASON, {"pace": " \n"}), "Write the new wording"),
        (Verdict(Action.REWORD, REASON, {"step-back": "Words."}), "Write the new wording"),
        (Verdict(Action.REWORD, REASON, {"pace": "# A heading"}), "holds no heading"),
        (Verdict(Action.REWORD, REASON, {"pace": "::: {#x .item .core}\nWords.\n:::"}), "holds no other item"),
        (Verdict(Action.SPLIT, REASON, {"one": "One."}), "at least two new items"),
        (Verdict(Action.SPLIT, REASON, {"one": "One.", "two": " "}), "at least two new items"),
        (Verdict(Action.SPLIT, REASON, {"one": "One.", "step-back": "Two."}), "called step-back already"),
        (Verdict(Action.SPLIT, REASON, {"one": "One.", "going-along": "Two."}), "called going-along already"),
        (Verdict(Action.SPLIT, REASON, {"one": "One.", "two words": "Two."}), "cannot be used"),
        (Verdict(Action.MERGE, REASON), "Name the item"),
        (Verdict(Action.MERGE, REASON, {"pace": "Words."}, into="step-back"), "Name the item"),
        (Verdict(Action.MERGE, REASON, into="unheard-of"), "no item called unheard-of"),
        (Verdict(Action.MERGE, REASON, into="pace"), "wording that the merged item"),
        (Verdict(Action.KEEP, REASON, answers=[1]), "does not belong to this item"),
    ],
)
def test_a_verdict_that_says_too_little_or_too_much_is_refused(
    session: Session, study_and_round: tuple[Study, Round], verdict: Verdict, sentence: str
) -> None:
    study, round_ = study_and_round

    with pytest.raises((InvalidError, ConflictError)) as refused:
        decisions.decide(session, study, round_, "pace", verdict, version=0, by=None, actor="researcher 1", now=cast.NOW)

    assert sentence in str(refused.value)


def test_dropping_every_item_is_refused(session: Session, study_and_round: tuple[Study, Round]) -> None:
    for key in cast.ITEMS[:-1]:
        decide(session, study_and_round, key, Action.DROP)

    with pytest.raises(ConflictError, match="without any item"):
        decide(session, study_and_round, cast.ITEMS[-1], Action.DROP)


def test_a_whole_section_can_be_dropped_and_come_back_and_its_words_are_changed_in_the_draft(session: Session) -> None:
    where = closed(session, WHOLE)
    before = drafts.outline_of(session, where[1].draft)

    with pytest.raises(InvalidError, match="whole section"):
        decide(session, where, "beginnings", Action.REWORD, wordings={"beginnings": "Other."})
    decide(session, where, "beginnings", Action.DROP)
    assert list(texts(session, where[0])) == ["ending"]
    decide(session, where, "beginnings", Action.KEEP)

    assert outline(session, where[0]) == before


def test_a_whole_section_with_other_items_in_it_is_not_dropped_with_them(session: Session) -> None:
    where = closed(session, WHOLE.replace("{#endings}", "{#endings .item .core}"))

    with pytest.raises(InvalidError, match="Other items stand in the section"):
        decide(session, where, "endings", Action.DROP)


def test_while_a_round_is_open_nothing_is_decided(session: Session) -> None:
    study = cast.begin_study(session)
    cast.add_panel(session, study, {"Carers": 6})
    round_ = cast.open_round(session, study)

    with pytest.raises(ConflictError, match="still open"):
        decide(session, (study, round_), "pace", Action.KEEP)


def test_what_an_earlier_round_decided_stands_once_a_later_one_has_opened(
    session: Session, study_and_round: tuple[Study, Round]
) -> None:
    study, first = study_and_round
    rounds.publish_round(session, study, first, actor="researcher 1", now=cast.NOW)
    second = cast.open_round(session, study)
    rounds.close_round(session, study, second, actor="researcher 1", now=cast.NOW)

    with pytest.raises(ConflictError, match="later round"):
        decide(session, study_and_round, "pace", Action.DROP)


def test_an_item_that_the_round_did_not_ask_is_not_decided_on(session: Session, study_and_round: tuple[Study, Round]) -> None:
    with pytest.raises(NotFoundError, match="did not ask an item called unheard-of"):
        decide(session, study_and_round, "unheard-of", Action.KEEP)


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
