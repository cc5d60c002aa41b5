"""Decisions that are refused: too little said, too much, too late, or by two at once."""

import pytest
from sqlalchemy.orm import Session

from delphi.errors import ConflictError, InvalidError, NotFoundError
from delphi.models import Action, Round, Study
from delphi.services import decisions, drafts, rounds
from delphi.services.decisions import Verdict
from tests import cast
from tests.services.deciding import REASON, WHOLE, closed, decide, outline, texts


@pytest.fixture
def study_and_round(session: Session) -> tuple[Study, Round]:
    return closed(session)


def test_of_two_researchers_the_second_is_told(session: Session, study_and_round: tuple[Study, Round]) -> None:
    study, round_ = study_and_round
    decide(session, study_and_round, "pace", Action.KEEP)

    for version in (0, 7):
        verdict = Verdict(Action.DROP, REASON)
        with pytest.raises(ConflictError, match="Somebody else has decided"):
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
        (Verdict(Action.SPLIT, REASON, {"one": "One."}), "two or three new items"),
        (Verdict(Action.SPLIT, REASON, {"one": "One.", "two": " "}), "two or three new items"),
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
