"""From a decision back to the comments that it answers and on to the words that came of it; and who is told of which part."""

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from delphi.models import Action, Audience, Comment, ProposalState, ReleaseState, Round, Study
from delphi.services import decisions, moderation, proposals, ratings, rounds
from delphi.services.answering import Asked, sheet_of
from delphi.services.decisions import Verdict
from delphi.services.discussion import Discussion, discussion_of
from delphi.services.moderation import Judgement
from delphi.services.proposals import Outcome
from delphi.services.remarks import Remark
from tests import cast

ADA, BO, CY = (f"carers-{n}@example.org" for n in (1, 2, 3))
WHO = {"by": None, "actor": "researcher 1", "now": cast.NOW}
NEW = "The person sets the pace."


@pytest.fixture
def study(session: Session) -> Study:
    study = cast.begin_study(session)
    cast.choose(session, study, planned_rounds=4)
    cast.add_panel(session, study, {"Carers": 6})
    return study


def begin(session: Session, study: Study, raters: tuple[str, ...] = (ADA, BO, CY)) -> Round:
    """Open a round and have these people rate everything."""
    round_ = cast.open_round(session, study)
    keys = {item.item_version.item.key for item in round_.items}
    for address in raters:
        cast.rate(session, round_, address, dict.fromkeys(keys, 5))
    return round_


def say(session: Session, round_: Round, address: str, text: str, key: str = "pace", to: Audience = Audience.VERBATIM) -> None:
    ratings.save(session, cast.member(session, round_, address), {}, {key: Remark(text, 0, to)}, now=cast.NOW)


def end(session: Session, study: Study, round_: Round, *, withhold: str = "") -> dict[str, int]:
    """Close and publish the round with every comment that is meant for the panel but one; return all ids by text."""
    rounds.close_round(session, study, round_, actor="researcher 1", now=cast.NOW)
    comments = [one for one in session.scalars(select(Comment).where(Comment.round_id == round_.id)) if one.text]
    for one in comments:
        if one.audience is not Audience.TEAM:
            state = ReleaseState.WITHHELD if one.text == withhold else ReleaseState.APPROVED
            moderation.judge(session, study, round_, one.id, Judgement(state, reason="It names somebody."), version=0, **WHO)
    rounds.publish_round(session, study, round_, actor="researcher 1", now=cast.NOW)
    return {one.text: one.id for one in comments}


def decide(session: Session, study: Study, round_: Round, key: str, action: Action, **more: object) -> None:
    verdict = Verdict(action, more.pop("reason", "You asked for it."), **more)  # type: ignore[arg-type]
    decisions.decide(session, study, round_, key, verdict, version=0, **WHO)


def seen(session: Session, round_: Round, address: str, key: str = "pace") -> tuple[Discussion, Asked]:
    member = cast.member(session, round_, address)
    return discussion_of(session, round_, member.panelist_id), sheet_of(session, member, round_).asked[key]


def test_the_trail_goes_from_comments_over_the_decision_to_the_new_words(session: Session, study: Study) -> None:
    first = begin(session, study)
    for address, text in ((ADA, "Whose pace?"), (BO, "Too slow."), (CY, "Withheld.")):
        say(session, first, address, text)
    ids = end(session, study, first, withhold="Withheld.")
    decide(session, study, first, "pace", Action.REWORD, wordings={"pace": NEW}, answers=[ids["Whose pace?"], ids["Withheld."]])
    second = begin(session, study)

    told = {}
    for address in (ADA, BO, CY):
        discussion, asked = seen(session, second, address)
        (done,) = discussion.done(asked, since=1)
        told[address] = [one.text for one in done.answers], done.reason, done.mine
        reasons = discussion.reasons(asked)
        assert reasons is not None
        assert (reasons.round, {one.text for one in reasons.comments}) == (1, {"Whose pace?", "Too slow."})

    assert told == {
        ADA: (["Whose pace?"], "You asked for it.", ("Whose pace?",)),
        BO: (["Whose pace?"], "You asked for it.", ()),
        CY: (["Whose pace?"], "You asked for it.", ("Withheld.",)),  # their own words, though nobody else was shown them
    }


def test_since_the_own_last_rating_every_decision_that_led_here_is_told(session: Session, study: Study) -> None:
    first = begin(session, study)
    end(session, study, first)
    decide(session, study, first, "pace", Action.REWORD, wordings={"pace": NEW}, reason="First reason.")
    second = begin(session, study, raters=(BO, CY))
    say(session, second, BO, "Better.")
    ids = end(session, study, second)
    again = {"wordings": {"pace": f"{NEW} Always."}, "answers": list(ids.values())}
    decide(session, study, second, "pace", Action.REWORD, reason="Second reason.", **again)
    third = begin(session, study)

    skipped, kept_up = seen(session, third, ADA), seen(session, third, BO)

    assert skipped[1].last is not None
    assert [one.reason for one in skipped[0].done(skipped[1], skipped[1].last.round)] == ["First reason.", "Second reason."]
    assert kept_up[1].last is not None
    assert [(one.reason, one.mine) for one in kept_up[0].done(kept_up[1], kept_up[1].last.round)] == [
        ("Second reason.", ("Better.",))
    ]


def test_only_the_last_round_that_asked_an_item_gives_its_reasons(session: Session, study: Study) -> None:
    first = begin(session, study)
    say(session, first, ADA, "Of round 1.")
    end(session, study, first)
    second = begin(session, study)
    end(session, study, second)
    third = begin(session, study)

    discussion, asked = seen(session, third, ADA)

    assert discussion.reasons(asked) is None
    assert {one.text for one in discussion.released[1].on("pace")} == {"Of round 1."}


def test_an_item_that_was_made_from_others_has_their_reasons_and_the_writers_take_turns(session: Session, study: Study) -> None:
    first = begin(session, study)
    for key in ("pace", "step-back"):
        for address in (ADA, BO, CY):
            say(session, first, address, f"{address} on {key}", key)
    end(session, study, first)
    halves = {"pace-a": "One half.", "pace-b": "The other half."}
    decide(session, study, first, "pace", Action.SPLIT, wordings=halves)
    second = begin(session, study)

    discussion, asked = seen(session, second, ADA, "pace-a")

    reasons = discussion.reasons(asked)
    assert reasons is not None
    assert {one.text for one in reasons.comments} == {f"{address} on pace" for address in (ADA, BO, CY)}
    both = [one.text.split()[0] for one in discussion.released[1].on("pace", "step-back")]
    assert set(both[:3]) == set(both[3:]) == {ADA, BO, CY}


@pytest.mark.parametrize(("action", "is_change"), [(Action.KEEP, False), (Action.RE_RATE, False), (Action.DROP, True)])
def test_a_decision_that_changes_no_words_answers_and_is_no_change(
    session: Session, study: Study, action: Action, is_change: bool
) -> None:
    first = begin(session, study)
    say(session, first, ADA, "Leave it.", to=Audience.TEAM)
    ids = end(session, study, first)
    decide(session, study, first, "pace", action, answers=[*ids.values()])
    second = begin(session, study)

    done = {
        address: discussion_of(session, second, cast.member(session, second, address).panelist_id).done_after(1)["pace"]
        for address in (ADA, BO)
    }

    assert [(one.is_change, one.mine, one.answers) for one in done.values()] == [
        (is_change, ("Leave it.",), ()),
        (is_change, (), ()),
    ]


def test_before_a_round_is_published_nothing_is_told_of_it(session: Session, study: Study) -> None:
    first = begin(session, study)
    say(session, first, ADA, "Whose pace?")
    rounds.close_round(session, study, first, actor="researcher 1", now=cast.NOW)
    comment = session.scalars(select(Comment)).one()
    moderation.judge(session, study, first, comment.id, Judgement(ReleaseState.APPROVED), version=0, **WHO)
    decide(session, study, first, "pace", Action.REWORD, wordings={"pace": NEW}, answers=[comment.id])

    discussion = discussion_of(session, first, comment.panelist_id)

    assert (discussion.released, discussion.decisions, discussion.wishes) == ({}, {}, [])


def test_the_proposer_alone_is_told_that_the_words_came_of_a_proposal_and_only_until_they_rate_them(
    session: Session, study: Study
) -> None:
    first = begin(session, study)
    ratings.save(session, cast.member(session, first, ADA), {}, {}, {"pace": Remark(NEW)}, now=cast.NOW)
    rounds.close_round(session, study, first, actor="researcher 1", now=cast.NOW)
    (one,) = proposals.proposals_to_read(session, first)
    outcome = Outcome(ProposalState.ACCEPTED, "It says whose.", NEW)
    proposals.settle(session, study, first, one.id, outcome, version=one.version, **WHO)
    rounds.publish_round(session, study, first, actor="researcher 1", now=cast.NOW)
    second = begin(session, study)

    told = {}
    for address in (ADA, BO):
        discussion, asked = seen(session, second, address)
        told[address] = discussion.wished(asked, since=1)

    assert told == {ADA: [NEW], BO: []}
    discussion, asked = seen(session, second, ADA)
    assert discussion.wished(asked, since=2) == []
    other, unchanged = seen(session, second, ADA, "step-back")
    assert other.wished(unchanged, since=1) == []
