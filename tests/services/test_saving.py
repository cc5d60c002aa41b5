"""Saving answers: what is taken, what is refused, and what happens when two forms meet."""

from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from delphi.errors import InvalidError
from delphi.models import BallotChange, Channel, Round, RoundClosedError, RoundMember
from delphi.services import ratings, rounds
from delphi.services.ratings import Answer, Overtaken, Saved
from delphi.services.remarks import Remark, comments_of
from tests import cast

PACE = 1  # the second of the four items


@pytest.fixture
def round_(session: Session) -> Round:
    study = cast.begin_study(session)
    cast.add_panel(session, study, {"Carers": 6})
    return cast.open_round(session, study)


@pytest.fixture
def ada(session: Session, round_: Round) -> RoundMember:
    return cast.member(session, round_, "carers-1@example.org")


def save(session: Session, member: RoundMember, answers: dict[int, Answer], remarks: dict[str, Remark] | None = None) -> Saved:
    return ratings.save(session, member, answers, remarks or {}, now=cast.NOW)


def payload(session: Session, member: RoundMember) -> list[int]:
    ballot = ratings.ballot_of(session, member)
    return list(ballot.payload) if ballot else []


def history(session: Session, member: RoundMember) -> list[tuple[int, str, bytes]]:
    changes = session.scalars(
        select(BallotChange).where(BallotChange.panelist_id == member.panelist_id).order_by(BallotChange.revision)
    )
    return [(change.revision, change.channel, change.changes) for change in changes]


def words(session: Session, member: RoundMember) -> list[str]:
    return [version.text for comment in comments_of(session, member).values() for version in comment.versions]


@pytest.mark.parametrize(
    "value",
    ["", " ", "0", "10", "5.5", "９", "1e0", "NaN", "+5", "-1", "5 ", "05", "5,6", "five", "not my area", "\ud800", "9" * 5000],
)
def test_what_is_no_level_is_refused_with_the_range_and_nothing_is_stored(session: Session, ada: RoundMember, value: str) -> None:
    with pytest.raises(InvalidError, match="whole number from 1 to 9"):
        save(session, ada, {0: Answer("7"), PACE: Answer(value)})

    assert payload(session, ada) == []


@pytest.mark.parametrize("slot", [-1, 4, 2**40])
def test_a_question_that_the_round_does_not_ask_is_refused(session: Session, ada: RoundMember, slot: int) -> None:
    with pytest.raises(InvalidError, match="another round"):
        save(session, ada, {slot: Answer("7")})


def test_a_comment_on_an_item_that_the_round_does_not_ask_is_refused(session: Session, ada: RoundMember) -> None:
    with pytest.raises(InvalidError, match="another round"):
        save(session, ada, {}, {"unheard-of": Remark("Hm.")})


def test_a_ballot_holds_one_byte_an_item_and_its_history_slot_and_byte(session: Session, ada: RoundMember) -> None:
    save(session, ada, {0: Answer("1"), PACE: Answer("9"), 3: Answer("unable")})

    assert payload(session, ada) == [1, 9, 0, 255]
    assert history(session, ada) == [(1, Channel.WEB, b"\x00\x00\x01\x01\x00\x09\x03\x00\xff")]


def test_on_a_scale_that_begins_elsewhere_bytes_count_levels_from_one(session: Session) -> None:
    study = cast.begin_study(session)
    cast.add_panel(session, study, {"Carers": 6})
    five_to_nine = {"low": 5, "high": 9, "zones": {"low": [5, 6], "middle": None, "high": [8, 9]}, "anchors": {}}
    scale = type(cast.choose(session, study).scale)(**five_to_nine)  # type: ignore[arg-type]
    cast.choose(session, study, scale=scale)
    member = cast.member(session, cast.open_round(session, study), "carers-1@example.org")

    save(session, member, {0: Answer("5"), 1: Answer("9")})

    assert payload(session, member) == [1, 5, 0, 0]


def test_what_a_form_leaves_out_stays_as_it_is(session: Session, ada: RoundMember) -> None:
    save(session, ada, {0: Answer("7"), PACE: Answer("4")}, {"pace": Remark("Whose pace?")})

    save(session, ada, {PACE: Answer("5", seen="4")})

    assert payload(session, ada) == [7, 5, 0, 0]
    assert words(session, ada) == ["Whose pace?"]


def test_clear_takes_a_rating_back_and_the_history_keeps_both(session: Session, ada: RoundMember) -> None:
    save(session, ada, {PACE: Answer("4")})

    saved = save(session, ada, {PACE: Answer("clear", seen="4")})

    assert (saved.n_changed, saved.replaced) == (1, ())
    assert payload(session, ada) == [0, 0, 0, 0]
    assert [changes for _, _, changes in history(session, ada)] == [b"\x01\x00\x04", b"\x01\x00\x00"]


def test_of_two_tabs_the_later_rating_wins_and_is_reported(session: Session, ada: RoundMember) -> None:
    save(session, ada, {PACE: Answer("4")})

    saved = save(session, ada, {PACE: Answer("8")})  # this form was loaded before the 4

    assert saved.replaced == (PACE,)
    assert payload(session, ada)[PACE] == 8


def test_a_stale_form_does_not_write_back_what_it_did_not_change(session: Session, ada: RoundMember) -> None:
    save(session, ada, {PACE: Answer("4")})
    save(session, ada, {PACE: Answer("8", seen="4")})

    saved = save(session, ada, {0: Answer("2"), PACE: Answer("4", seen="4")})

    assert (saved.n_changed, saved.replaced) == (1, ())
    assert payload(session, ada) == [2, 8, 0, 0]


def test_the_same_request_sent_twice_is_one_change(session: Session, ada: RoundMember) -> None:
    request = ({0: Answer("7"), PACE: Answer("unable")}, {"pace": Remark("Whose pace?")})
    save(session, ada, *request)

    again = save(session, ada, *request)

    assert (again.n_changed, again.replaced, again.clashes) == (0, (), ())
    assert len(history(session, ada)) == 1
    assert words(session, ada) == ["Whose pace?"]


def test_a_comment_changed_elsewhere_is_given_back_with_both_texts(session: Session, ada: RoundMember) -> None:
    save(session, ada, {}, {"pace": Remark("Whose pace?")})
    save(session, ada, {}, {"pace": Remark("Whose pace is meant?", seen=1)})

    saved = save(session, ada, {PACE: Answer("3")}, {"pace": Remark("<b>Mine</b>", seen=1)})

    (clash,) = saved.clashes
    assert (clash.item_key, clash.mine, clash.theirs, clash.theirs_number) == ("pace", "<b>Mine</b>", "Whose pace is meant?", 2)
    assert words(session, ada) == ["Whose pace?", "Whose pace is meant?"]
    assert payload(session, ada)[PACE] == 3


def test_a_box_that_was_empty_when_loaded_and_still_is_takes_nothing_back(session: Session, ada: RoundMember) -> None:
    save(session, ada, {}, {"pace": Remark("Whose pace?")})

    saved = save(session, ada, {}, {"pace": Remark("", seen=0)})

    assert (saved.n_changed, saved.clashes) == (0, ())
    assert words(session, ada) == ["Whose pace?"]


def test_an_emptied_box_takes_the_comment_back_and_keeps_what_it_was(session: Session, ada: RoundMember) -> None:
    save(session, ada, {}, {"pace": Remark("Whose pace?")})

    save(session, ada, {}, {"pace": Remark("", seen=1)})

    assert words(session, ada) == ["Whose pace?", ""]


@pytest.mark.parametrize("seen", [-1, 5, 10**30])
def test_a_first_comment_is_number_one_whatever_the_form_claims_to_have_seen(
    session: Session, ada: RoundMember, seen: int
) -> None:
    save(session, ada, {}, {"pace": Remark("Whose pace?", seen=seen)})

    (comment,) = comments_of(session, ada).values()
    assert comment.number == 1


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("one\r\ntwo\rthree", "one\ntwo\nthree"),
        ("a\x00b", "ab"),
        ("  spaced \n", "spaced"),
        ("👩‍👧 fine \u202eright to left", "👩‍👧 fine \u202eright to left"),
        ("half an emoji \ud83d", "half an emoji ?"),
        ("<script>alert(1)</script> & {curly}", "<script>alert(1)</script> & {curly}"),
        ("x" * 4000, "x" * 4000),
    ],
)
def test_a_comment_is_kept_as_typed_but_for_line_ends_and_what_cannot_be_stored(
    session: Session, ada: RoundMember, typed: str, kept: str
) -> None:
    save(session, ada, {}, {"pace": Remark(typed)})

    session.expire_all()
    assert words(session, ada) == [kept]


@pytest.mark.parametrize("length", [4001, 10**6])
def test_a_comment_over_the_limit_is_refused_with_its_length(session: Session, ada: RoundMember, length: int) -> None:
    with pytest.raises(InvalidError, match=f"at most 4000 characters; this one has {length}"):
        save(session, ada, {}, {"pace": Remark("x" * length)})

    assert words(session, ada) == []


def test_a_closed_round_takes_nothing_more(session: Session, round_: Round, ada: RoundMember) -> None:
    study = session.get_one(cast.Study, round_.study_id)
    save(session, ada, {0: Answer("7")})
    rounds.close_round(session, study, round_, actor="researcher 1", now=cast.NOW)

    with pytest.raises(RoundClosedError, match="Round 1 is closed, so this answer was not saved"):
        save(session, ada, {0: Answer("8", seen="7")})
    with pytest.raises(RoundClosedError):
        ratings.finish(session, ada, now=cast.NOW)

    assert payload(session, ada) == [7, 0, 0, 0]


def test_saving_itself_keeps_to_the_deadline_and_three_days_of_grace(session: Session, round_: Round, ada: RoundMember) -> None:
    last_moment = (cast.NOW + timedelta(weeks=4, days=3)).replace(hour=23, minute=59)

    ratings.save(session, ada, {0: Answer("7")}, {}, now=last_moment)
    with pytest.raises(RoundClosedError):
        ratings.save(session, ada, {0: Answer("8", seen="7")}, {}, now=last_moment + timedelta(microseconds=1))

    assert payload(session, ada) == [7, 0, 0, 0]


def test_who_has_said_that_they_are_done_can_still_change_an_answer(session: Session, ada: RoundMember) -> None:
    save(session, ada, {0: Answer("7")})
    ballot = ratings.finish(session, ada, now=cast.NOW)
    receipt = ballot.receipt

    save(session, ada, {0: Answer("8", seen="7")})

    assert (ballot.is_finished, ballot.receipt, payload(session, ada)[0]) == (True, receipt, 8)


def test_a_save_that_is_repeated_after_its_reply_was_lost_is_recognised(session: Session, ada: RoundMember) -> None:
    save(session, ada, {PACE: Answer("4", revision=0)})

    again = save(session, ada, {PACE: Answer("4", revision=0)})

    assert (again.n_changed, again.replaced, again.overtaken) == (0, (), {})
    assert len(history(session, ada)) == 1


@pytest.mark.parametrize("then", ["8", "clear"])
def test_a_save_that_arrives_after_a_later_one_changes_nothing(session: Session, ada: RoundMember, then: str) -> None:
    save(session, ada, {PACE: Answer("4", revision=0)})
    save(session, ada, {PACE: Answer(then, seen="4", revision=1)})

    late = save(session, ada, {PACE: Answer("4", revision=0)})

    assert late.overtaken == {PACE: Overtaken("" if then == "clear" else then, was_kept=True)}
    assert payload(session, ada)[PACE] == (0 if then == "clear" else 8)


def test_an_answer_changed_elsewhere_is_told_before_it_is_replaced(session: Session, ada: RoundMember) -> None:
    save(session, ada, {0: Answer("1"), PACE: Answer("4")})

    told = save(session, ada, {PACE: Answer("8", revision=0)})
    save(session, ada, {PACE: Answer("8", seen="4", revision=1)})

    assert told.overtaken == {PACE: Overtaken("4", was_kept=False)}
    assert payload(session, ada) == [1, 8, 0, 0]


def test_a_value_that_equals_what_was_shown_is_meant_when_it_comes_by_itself(session: Session, ada: RoundMember) -> None:
    save(session, ada, {PACE: Answer("4")})
    save(session, ada, {PACE: Answer("8", seen="4")})

    told = save(session, ada, {PACE: Answer("4", seen="4", revision=1)})
    save(session, ada, {PACE: Answer("4", seen="8", revision=2)})

    assert told.overtaken == {PACE: Overtaken("8", was_kept=False)}
    assert payload(session, ada)[PACE] == 4


def test_changes_to_other_answers_do_not_stand_in_the_way(session: Session, ada: RoundMember) -> None:
    save(session, ada, {0: Answer("4")})
    save(session, ada, {3: Answer("5")})

    saved = save(session, ada, {PACE: Answer("7", revision=0)})

    assert (saved.overtaken, saved.replaced, payload(session, ada)) == ({}, (), [4, 7, 0, 5])


@pytest.mark.parametrize("box", ["remarks", "wordings"])
def test_a_text_taken_back_to_what_was_shown_is_meant_when_it_comes_by_itself(
    session: Session, ada: RoundMember, box: str
) -> None:
    def send(text: str, seen: int, *, is_meant: bool) -> Saved:
        sent = {"remarks": {}, "wordings": {}, box: {"pace": Remark(text, seen, is_meant=is_meant)}}
        return ratings.save(session, ada, {}, sent["remarks"], sent["wordings"], now=cast.NOW)

    send("First", 0, is_meant=True)
    send("Second", 1, is_meant=True)

    untouched, meant = send("First", 1, is_meant=False), send("First", 1, is_meant=True)

    assert untouched.clashes == ()
    assert [(clash.mine, clash.theirs) for clash in meant.clashes] == [("First", "Second")]


@pytest.mark.parametrize("box", ["remarks", "wordings"])
def test_a_text_that_is_repeated_after_its_reply_was_lost_is_one_version(session: Session, ada: RoundMember, box: str) -> None:
    sent = {"remarks": {}, "wordings": {}, box: {"pace": Remark("Once", 0, is_meant=True)}}

    first = ratings.save(session, ada, {}, sent["remarks"], sent["wordings"], now=cast.NOW)
    again = ratings.save(session, ada, {}, sent["remarks"], sent["wordings"], now=cast.NOW)

    assert (first.n_changed, again.n_changed, again.clashes) == (1, 0, ())
