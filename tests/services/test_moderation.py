"""Comments on their way to the panel: judged by text alone, shown by lot, never against their writer's choice."""

import random
from itertools import pairwise

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from delphi.errors import ConflictError, InvalidError, NotFoundError
from delphi.models import Audience, AuditEntry, Comment, CommentRelease, ReleaseState, Round, Study
from delphi.services import auditing, moderation, ratings, rounds
from delphi.services.moderation import Judgement, comments_to_read, n_unjudged, object_to
from delphi.services.released import released_in, taking_turns
from delphi.services.remarks import Remark
from tests import cast

SHOW = ReleaseState.APPROVED
Where = tuple[Study, Round]
WRITERS = {
    "carers-1@example.org": Audience.VERBATIM,
    "carers-2@example.org": Audience.REWORDED,
    "carers-3@example.org": Audience.TEAM,
}


def say(session: Session, round_: Round, address: str, text: str, audience: Audience, key: str = "pace") -> None:
    ratings.save(session, cast.member(session, round_, address), {}, {key: Remark(text, 0, audience)}, now=cast.NOW)


@pytest.fixture
def opened(session: Session) -> Where:
    """Round 1, open, with a comment for each kind of reader, named after it."""
    study = cast.begin_study(session)
    cast.add_panel(session, study, {"Carers": 6, "Academics": 12})
    round_ = cast.open_round(session, study)
    for address, audience in WRITERS.items():
        say(session, round_, address, f"{audience} words", audience)
    return study, round_


@pytest.fixture
def closed(session: Session, opened: Where) -> Where:
    rounds.close_round(session, *opened, actor="researcher 1", now=cast.NOW)
    return opened


def comment(session: Session, text: str) -> Comment:
    return next(one for one in session.scalars(select(Comment)) if one.text == text)


def judge(session: Session, where: Where, text: str, state: ReleaseState, **more: str) -> CommentRelease:
    one = comment(session, text)
    release = session.get(CommentRelease, one.id)
    judgement = Judgement(state, more.get("words", ""), more.get("reason", ""))
    version = release.version if release else 0
    return moderation.judge(session, *where, one.id, judgement, version=version, by=None, actor="researcher 1", now=cast.NOW)


def publish(session: Session, where: Where) -> None:
    rounds.publish_round(session, *where, actor="researcher 1", now=cast.NOW)


def shown(session: Session, where: Where) -> list[str]:
    return [one.text for one in released_in(session, where[1]).comments.values()]


def test_while_a_round_is_open_nobody_reads_or_judges_a_comment(session: Session, opened: Where) -> None:
    with pytest.raises(ConflictError, match="still open"):
        comments_to_read(session, opened[1])
    with pytest.raises(ConflictError, match="still open"):
        judge(session, opened, "verbatim words", SHOW)


def test_the_team_reads_words_and_readers_in_the_order_of_random_keys(session: Session, closed: Where) -> None:
    read = comments_to_read(session, closed[1])

    assert {one.text for one in read} == {"verbatim words", "reworded words", "team words"}
    assert [one.id for one in read] == sorted(one.id for one in read)
    assert not {"panelist_id", "member", "comment"} & set(vars(read[0]))
    assert n_unjudged(session, closed[1]) == 2


def test_a_comment_taken_back_is_not_read(session: Session, opened: Where) -> None:
    member = cast.member(session, opened[1], "carers-1@example.org")
    ratings.save(session, member, {}, {"pace": Remark("", 1)}, now=cast.NOW)
    rounds.close_round(session, *opened, actor="researcher 1", now=cast.NOW)

    assert {one.text for one in comments_to_read(session, opened[1])} == {"reworded words", "team words"}


def test_what_is_approved_is_shown_when_the_round_is_published_and_not_before(session: Session, closed: Where) -> None:
    judge(session, closed, "verbatim words", SHOW)
    judge(session, closed, "reworded words", SHOW, words="In other words")

    before = shown(session, closed)
    publish(session, closed)

    assert before == []
    assert set(shown(session, closed)) == {"verbatim words", "In other words"}
    states = {one.state for one in session.scalars(select(CommentRelease))}
    assert states == {ReleaseState.RELEASED}


def test_what_nobody_judged_what_is_withheld_and_what_is_for_the_team_is_never_shown(session: Session, closed: Where) -> None:
    judge(session, closed, "verbatim words", ReleaseState.WITHHELD, reason="It names a colleague.")
    publish(session, closed)

    assert shown(session, closed) == []


def test_a_comment_for_the_team_cannot_be_judged(session: Session, closed: Where) -> None:
    with pytest.raises(ConflictError, match="for the team alone"):
        judge(session, closed, "team words", SHOW)


@pytest.mark.parametrize(
    ("text", "state", "more", "said"),
    [
        ("verbatim words", SHOW, {"words": "Smoother words"}, "their own words"),
        ("reworded words", SHOW, {}, "in other words"),
        ("reworded words", SHOW, {"words": "reworded words"}, "in other words"),
        ("reworded words", SHOW, {"words": "x" * 4001}, "at most 4000 characters"),
        ("verbatim words", ReleaseState.WITHHELD, {}, "the writer reads it"),
        ("verbatim words", ReleaseState.RELEASED, {}, "either shown when"),
    ],
)
def test_a_judgement_that_does_not_fit_the_writers_choice_is_refused(
    session: Session, closed: Where, text: str, state: ReleaseState, more: dict[str, str], said: str
) -> None:
    with pytest.raises(InvalidError, match=said):
        judge(session, closed, text, state, **more)

    assert session.scalars(select(CommentRelease)).all() == []


def test_of_two_who_judge_at_once_the_later_is_told(session: Session, closed: Where) -> None:
    judge(session, closed, "verbatim words", SHOW)
    one = comment(session, "verbatim words")

    with pytest.raises(ConflictError, match="Somebody else has judged"):
        moderation.judge(
            session,
            *closed,
            one.id,
            Judgement(ReleaseState.WITHHELD, reason="It names a colleague."),
            version=0,
            by=None,
            actor="researcher 2",
            now=cast.NOW,
        )


def test_a_judgement_can_be_changed_until_the_round_is_published(session: Session, closed: Where) -> None:
    judge(session, closed, "verbatim words", SHOW)
    judge(session, closed, "verbatim words", ReleaseState.WITHHELD, reason="It names a colleague.")
    publish(session, closed)

    assert shown(session, closed) == []
    with pytest.raises(ConflictError, match="are published"):
        judge(session, closed, "verbatim words", SHOW)
    with pytest.raises(ConflictError, match="are published"):
        judge(session, closed, "reworded words", SHOW, words="Too late")
    judge(session, closed, "reworded words", ReleaseState.WITHHELD, reason="Nobody had read it in time.")


def test_a_writer_who_objects_is_not_shown_and_another_rewording_does_not_go_over_it(session: Session, closed: Where) -> None:
    one = comment(session, "reworded words")
    judge(session, closed, "reworded words", SHOW, words="In other words")
    object_to(session, one.panelist_id, one.id, objects=True)
    judge(session, closed, "reworded words", SHOW, words="In yet other words")
    publish(session, closed)

    assert shown(session, closed) == []
    with pytest.raises(ConflictError, match="changed this meanwhile"):
        object_to(session, one.panelist_id, one.id, objects=False)


def test_an_objection_can_be_taken_back_and_is_nobody_elses_to_make(session: Session, closed: Where) -> None:
    one = comment(session, "reworded words")
    judge(session, closed, "reworded words", SHOW, words="In other words")
    with pytest.raises(NotFoundError):
        object_to(session, comment(session, "verbatim words").panelist_id, one.id, objects=True)
    object_to(session, one.panelist_id, one.id, objects=True)
    object_to(session, one.panelist_id, one.id, objects=False)
    publish(session, closed)

    assert shown(session, closed) == ["In other words"]
    with pytest.raises(ConflictError):
        object_to(session, one.panelist_id, one.id, objects=True)


def test_what_was_shown_can_be_taken_back_with_a_reason_and_is_then_shown_nowhere(session: Session, closed: Where) -> None:
    judge(session, closed, "verbatim words", SHOW)
    publish(session, closed)
    one = comment(session, "verbatim words")
    version = session.get_one(CommentRelease, one.id).version
    how = {"by": None, "actor": "researcher 1", "now": cast.NOW}

    with pytest.raises(InvalidError):
        moderation.retract(session, *closed, one.id, "", version=version, **how)
    with pytest.raises(ConflictError):
        moderation.retract(session, *closed, one.id, "It names a colleague.", version=version - 1, **how)
    moderation.retract(session, *closed, one.id, "It names a colleague.", version=version, **how)

    assert shown(session, closed) == []
    with pytest.raises(ConflictError, match="has been shown this comment"):
        judge(session, closed, "verbatim words", ReleaseState.WITHHELD, reason="It names a colleague.")


def test_a_comment_of_another_round_or_study_is_not_there(session: Session, closed: Where) -> None:
    other = cast.begin_study(session, slug="other")
    cast.add_panel(session, other, {"Carers": 3})
    round_ = cast.open_round(session, other)
    rounds.close_round(session, other, round_, actor="researcher 1", now=cast.NOW)

    with pytest.raises(NotFoundError):
        judge(session, (other, round_), "verbatim words", SHOW)


def test_a_protocol_without_comments_shows_none(session: Session) -> None:
    study = cast.begin_study(session)
    cast.choose(session, study, show_comments=False)
    cast.add_panel(session, study, {"Carers": 3})
    round_ = cast.open_round(session, study)
    say(session, round_, "carers-1@example.org", "To the team", Audience.TEAM)
    cast.close_and_publish(session, study, round_)

    assert released_in(session, round_).comments == {}


def test_every_act_is_in_the_log_with_its_words_apart(session: Session, closed: Where) -> None:
    judge(session, closed, "verbatim words", SHOW)
    judge(session, closed, "reworded words", ReleaseState.WITHHELD, reason="It names a colleague.")
    publish(session, closed)

    entries = session.scalars(select(AuditEntry).where(AuditEntry.action.like("comment%"))).all()
    assert [entry.action for entry in entries] == ["comment approved", "comment withheld", "comments released"]
    assert not any("words" in entry.detail or "colleague" in entry.detail for entry in entries)
    assert auditing.first_fault(session, closed[0]) is None


def crowd(session: Session, sizes: dict[str, int], writers: dict[str, int], **choices: object) -> Where:
    """A published round that everybody has rated; so many of each group have commented on everything, and all is approved."""
    study = cast.begin_study(session)
    cast.choose(session, study, **choices)
    addresses = cast.add_panel(session, study, sizes)
    round_ = cast.open_round(session, study)
    for address in addresses:
        group, n = address.split("@")[0].rsplit("-", 1)
        cast.rate(session, round_, address, dict.fromkeys(cast.ITEMS, 7))
        for key in cast.ITEMS if int(n) <= writers[group.capitalize()] else ():
            say(session, round_, address, f"{address} {key}", Audience.VERBATIM, key)
    rounds.close_round(session, study, round_, actor="researcher 1", now=cast.NOW)
    for one in session.scalars(select(Comment)):
        judge(session, (study, round_), one.text, SHOW)
    publish(session, (study, round_))
    return study, round_


@pytest.mark.parametrize(
    ("sizes", "writers", "labels"),
    [
        ({"Carers": 6, "Academics": 12}, {"Carers": 1, "Academics": 9}, {"Carers", "Academics"}),
        ({"Carers": 6, "Academics": 12}, {"Carers": 1, "Academics": 8}, {""}),  # nine comments on each item
        ({"Carers": 4, "Academics": 6, "Staff": 12}, {"Carers": 1, "Academics": 1, "Staff": 9}, {"", "Staff"}),  # two are hidden
        ({"Carers": 3, "Academics": 12}, {"Carers": 3, "Academics": 12}, {""}),  # and the next-smallest with it
    ],
)
def test_a_group_is_named_from_ten_comments_on_and_where_its_figures_are_shown(
    session: Session, sizes: dict[str, int], writers: dict[str, int], labels: set[str]
) -> None:
    _, round_ = crowd(session, sizes, writers)

    assert {one.group for one in released_in(session, round_).comments.values()} == labels


def test_a_protocol_that_shows_no_groups_names_none(session: Session) -> None:
    _, round_ = crowd(session, {"Carers": 6, "Academics": 12}, {"Carers": 6, "Academics": 12}, show_groups=False)

    assert {one.group for one in released_in(session, round_).comments.values()} == {""}


def test_everybody_has_a_turn_before_anybody_has_a_second_and_nothing_is_hidden(session: Session) -> None:
    _, round_ = crowd(session, {"Carers": 3, "Academics": 12}, {"Carers": 3, "Academics": 4})

    released = released_in(session, round_)
    writers = [one.text.split()[0] for one in released.on(*cast.ITEMS)]

    assert len(released.comments) == len(writers) == 7 * len(cast.ITEMS)
    for turn in range(len(cast.ITEMS)):
        assert len(set(writers[7 * turn : 7 * turn + 7])) == 7
    assert session.scalar(select(func.count()).where(CommentRelease.position.is_(None))) == 0


def test_the_lot_follows_neither_keys_nor_people_nor_the_order_of_writing(session: Session) -> None:
    _, round_ = crowd(session, {"Carers": 3, "Academics": 12}, {"Carers": 3, "Academics": 12})

    released = released_in(session, round_)
    by_item = {key: [one.text.split()[0] for one in released.on(key)] for key in cast.ITEMS}

    assert list(released.comments) != sorted(released.comments)
    assert len({tuple(order) for order in by_item.values()}) > 1  # the same people, in an order of its own under each item
    written = [f"carers-{n}@example.org" for n in (1, 2, 3)] + [f"academics-{n}@example.org" for n in range(1, 13)]
    assert all(order != written for order in by_item.values())


def test_turns_are_taken_in_the_order_of_the_lot() -> None:
    chance = random.Random(5)
    drawn = list(range(200))
    writers = [chance.randrange(9) for _ in drawn]

    taken = taking_turns(drawn, writers)

    assert sorted(taken) == drawn
    turns = [sum(1 for other in taken[:place] if writers[other] == writers[one]) for place, one in enumerate(taken)]
    assert all(a <= b for a, b in pairwise(turns))
