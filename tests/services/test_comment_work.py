"""How far the team is with comments: read, judged, coded, answered by a decision; and whose group may stand beside one."""

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from delphi.errors import ConflictError
from delphi.models import Action, Comment
from delphi.services import ratings, rounds
from delphi.services.comment_work import Meter, comments_at_work, link_to_decision, mark_read, meter, meter_of
from delphi.services.decisions import Verdict, decide, decisions_of
from delphi.services.remarks import Remark
from delphi.services.studies import rounds_of
from tests import cast
from tests.services.test_coding import ADA, WHO, add, code_it
from tests.services.test_moderation import SHOW, Where, closed, judge, opened

__all__ = ["closed", "opened"]


def test_the_meter_counts_what_is_read_judged_coded_and_answered(session: Session, closed: Where) -> None:
    code = add(session, closed, "Safety")
    judge(session, closed, "verbatim words", SHOW)
    code_it(session, closed, "team words", {code.id})
    decide_on_pace(session, closed)
    link(session, closed, "team words", answers=True)

    told = meter(comments_at_work(session, closed[1]))

    assert told == Meter(n=3, read=2, for_panel=2, judged=1, coded=1, answered=1)
    assert told.unanswered == 2
    assert meter_of(session, rounds_of(session, closed[0])) == told


def test_who_has_read_says_so_once(session: Session, closed: Where) -> None:
    ids = [one.id for one in comments_at_work(session, closed[1])]

    assert mark_read(session, *closed, ids[:2], by=None, **WHO) == 2
    assert mark_read(session, *closed, ids, by=None, **WHO) == 1
    assert meter_of(session, [closed[1]]).read == meter(comments_at_work(session, closed[1])).read == 3


def test_a_comment_that_was_taken_back_is_none(session: Session, opened: Where) -> None:
    ratings.save(session, cast.member(session, opened[1], ADA), {}, {"pace": Remark("", 1)}, now=cast.NOW)
    rounds.close_round(session, *opened, **WHO)

    assert meter_of(session, [opened[1]]).n == len(comments_at_work(session, opened[1])) == 2


def decide_on_pace(session: Session, where: Where) -> None:
    verdict = Verdict(Action.KEEP, "Nobody asked for more.")
    decide(session, *where, "pace", verdict, version=0, by=None, **WHO)


def link(session: Session, where: Where, text: str, *, answers: bool) -> None:
    one = next(one for one in session.scalars(select(Comment)) if one.text == text)
    link_to_decision(session, *where, one.id, answers=answers, **WHO)


def test_a_link_to_a_decision_is_seen_from_both_sides_and_taken_back(session: Session, closed: Where) -> None:
    with pytest.raises(ConflictError, match="Nobody has decided"):
        link(session, closed, "team words", answers=True)
    decide_on_pace(session, closed)
    before = decisions_of(session, closed[1])["pace"].version

    link(session, closed, "team words", answers=True)

    decision = decisions_of(session, closed[1])["pace"]
    assert [comment.text for comment in decision.answers] == ["team words"]
    assert {one.comment.text: one.is_answered for one in comments_at_work(session, closed[1])}["team words"] is True
    assert decision.version > before  # a form that was opened before is told
    link(session, closed, "team words", answers=False)
    assert decisions_of(session, closed[1])["pace"].answers == []


def test_a_link_that_a_stale_form_does_not_know_is_not_overwritten(session: Session, closed: Where) -> None:
    decide_on_pace(session, closed)
    seen = decisions_of(session, closed[1])["pace"].version
    link(session, closed, "team words", answers=True)

    with pytest.raises(ConflictError, match="decided on this item meanwhile"):
        decide(session, *closed, "pace", Verdict(Action.KEEP, "Once more."), version=seen, by=None, **WHO)


def test_a_group_stands_beside_comments_of_ten_and_not_before_they_are_judged(session: Session) -> None:
    study = cast.begin_study(session)
    addresses = cast.add_panel(session, study, {"Carers": 6, "Academics": 12})
    round_ = cast.open_round(session, study)
    for address in addresses:
        cast.rate(session, round_, address, {"pace": 8})
    for n, address in enumerate(addresses[:10]):
        cast.rate(session, round_, address, {}, {"pace": f"Words {n}."})
    for n, address in enumerate(addresses[:9]):
        cast.rate(session, round_, address, {}, {"step-back": f"Other words {n}."})
    rounds.close_round(session, study, round_, **WHO)
    assert {one.group for one in comments_at_work(session, round_)} == {""}

    rounds.publish_round(session, study, round_, **WHO)

    told = {one.comment.text: one.group for one in comments_at_work(session, round_)}
    assert {told[f"Words {n}."] for n in range(6)} == {"Carers"}
    assert {told[f"Words {n}."] for n in range(6, 10)} == {"Academics"}
    assert {told[f"Other words {n}."] for n in range(9)} == {""}


def test_a_small_group_stands_beside_no_comment(session: Session) -> None:
    study = cast.begin_study(session)
    addresses = cast.add_panel(session, study, {"Carers": 4, "Academics": 12, "Users": 6})
    round_ = cast.open_round(session, study)
    for address in addresses:
        cast.rate(session, round_, address, {"pace": 8}, {"pace": f"Said by {address.partition('-')[0]}."})
    rounds.close_round(session, study, round_, **WHO)
    rounds.publish_round(session, study, round_, **WHO)

    told = {(one.comment.text, one.group) for one in comments_at_work(session, round_)}

    assert told == {("Said by carers.", ""), ("Said by users.", ""), ("Said by academics.", "Academics")}
