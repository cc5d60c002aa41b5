"""Comments at work: what the team has done with each of them, and how many still wait for an answer."""

import secrets
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import flag_modified

from delphi.database import lock_row
from delphi.errors import ConflictError, NotFoundError
from delphi.models import (
    Audience,
    Code,
    Comment,
    CommentCode,
    CommentReading,
    CommentRelease,
    CommentVersion,
    Decision,
    DecisionComment,
    Item,
    ItemVersion,
    Researcher,
    Round,
    RoundMember,
    RoundStatus,
    StakeholderGroup,
    Study,
)
from delphi.services import auditing, disclosure
from delphi.services.decisions import decisions_of, require_closed
from delphi.services.moderation import ToRead, comments_to_read
from delphi.services.protocol import choices_of
from delphi.services.results import public_view


@dataclass(frozen=True)
class AtWork:
    """A comment with what has been done about it: codes by id, the decision on its item, and whether that answers it.

    `group` is its writer's, where the panel may read it beside the comment too; otherwise it is empty.
    """

    comment: ToRead
    codes: tuple[int, ...]
    is_read: bool
    decision: Decision | None
    is_answered: bool
    group: str

    @property
    def id(self) -> int:
        return self.comment.id


@dataclass(frozen=True)
class Meter:
    """How far the team is with the comments of closed rounds.

    A comment is read when somebody has said so, or has judged, coded or answered it; `for_panel` are those that somebody has to
    judge, `answered` those that a decision answers.
    """

    n: int = 0
    read: int = 0
    for_panel: int = 0
    judged: int = 0
    coded: int = 0
    answered: int = 0

    @property
    def unanswered(self) -> int:
        return self.n - self.answered


def comments_at_work(session: Session, round_: Round) -> list[AtWork]:
    """Return the comments of a closed round with what has been done about each, in an order that tells nothing."""
    comments = comments_to_read(session, round_)
    mine = select(Comment.id).where(Comment.round_id == round_.id)
    codes: dict[int, list[int]] = {}
    for comment_id, code_id in session.execute(
        select(CommentCode.comment_id, CommentCode.code_id).where(CommentCode.comment_id.in_(mine)).order_by(CommentCode.code_id)
    ):
        codes.setdefault(comment_id, []).append(code_id)
    read = set(session.scalars(select(CommentReading.comment_id).where(CommentReading.comment_id.in_(mine))))
    decisions = decisions_of(session, round_)
    answered = {comment.id for decision in decisions.values() for comment in decision.answers}
    groups = _groups(session, round_, comments)
    return [
        AtWork(
            comment=one,
            codes=tuple(codes.get(one.id, ())),
            is_read=one.id in read or one.release is not None or one.id in codes or one.id in answered,
            decision=decisions.get(one.about.item.key),
            is_answered=one.id in answered,
            group=groups.get(one.id, ""),
        )
        for one in comments
    ]


def meter(comments: Iterable[AtWork]) -> Meter:
    """Return how far the team is with these comments."""
    told = list(comments)
    return Meter(
        n=len(told),
        read=sum(one.is_read for one in told),
        for_panel=sum(one.comment.audience is not Audience.TEAM for one in told),
        judged=sum(one.comment.release is not None for one in told),
        coded=sum(bool(one.codes) for one in told),
        answered=sum(one.is_answered for one in told),
    )


def meter_of(session: Session, rounds: Sequence[Round]) -> Meter:
    """Return how far the team is with all comments of those of the rounds that are closed; counted by the database."""
    ids = [round_.id for round_ in rounds if round_.status != RoundStatus.OPEN]
    newest = (
        select(CommentVersion.comment_id, func.max(CommentVersion.number).label("number"))
        .group_by(CommentVersion.comment_id)
        .subquery()
    )
    coded = select(CommentCode.comment_id).distinct().subquery()
    answered = select(DecisionComment.comment_id).distinct().subquery()
    rows = session.execute(
        select(
            CommentVersion.audience,
            CommentReading.comment_id.is_not(None),
            CommentRelease.comment_id.is_not(None),
            coded.c.comment_id.is_not(None),
            answered.c.comment_id.is_not(None),
            func.count(),
        )
        .select_from(Comment)
        .join(newest, newest.c.comment_id == Comment.id)
        .join(CommentVersion, (CommentVersion.comment_id == Comment.id) & (CommentVersion.number == newest.c.number))
        .outerjoin(CommentReading, CommentReading.comment_id == Comment.id)
        .outerjoin(CommentRelease, CommentRelease.comment_id == Comment.id)
        .outerjoin(coded, coded.c.comment_id == Comment.id)
        .outerjoin(answered, answered.c.comment_id == Comment.id)
        .where(Comment.round_id.in_(ids), CommentVersion.text != "")
        .group_by(
            CommentVersion.audience,
            CommentReading.comment_id.is_not(None),
            CommentRelease.comment_id.is_not(None),
            coded.c.comment_id.is_not(None),
            answered.c.comment_id.is_not(None),
        )
    ).all()
    return Meter(
        n=sum(n for *_, n in rows),
        read=sum(n for _, *done, n in rows if any(done)),
        for_panel=sum(n for audience, *_, n in rows if audience != Audience.TEAM),
        judged=sum(n for _, _, is_judged, _, _, n in rows if is_judged),
        coded=sum(n for _, _, _, is_coded, _, n in rows if is_coded),
        answered=sum(n for *_, is_answered, n in rows if is_answered),
    )


def mark_read(
    session: Session, study: Study, round_: Round, comments: Collection[int], *, by: Researcher | None, actor: str, now: datetime
) -> int:
    """Keep that somebody has read these comments of a closed round; return how many had not been marked before."""
    require_closed(round_)
    lock_row(session, round_)
    known = set(session.scalars(select(Comment.id).where(Comment.round_id == round_.id, Comment.id.in_(comments))))
    if not set(comments) <= known:
        raise NotFoundError("Round {number} has no such comment.", number=round_.number)
    marked = set(session.scalars(select(CommentReading.comment_id).where(CommentReading.comment_id.in_(known))))
    new = sorted(known - marked)
    if new:
        session.execute(insert(CommentReading), [{"comment_id": id_, "read_by": by.id if by else None} for id_ in new])
        detail = {"round": round_.number, "comments": len(new)}
        auditing.record(session, study, "comments read", actor=actor, now=now, detail=detail)
    return len(new)


def link_to_decision(
    session: Session, study: Study, round_: Round, comment_id: int, *, answers: bool, actor: str, now: datetime
) -> None:
    """Keep that the decision on its item answers a comment, or that it does not after all."""
    row = session.execute(
        select(Comment, Item)
        .join(ItemVersion, ItemVersion.id == Comment.item_version_id)
        .join(Item, Item.id == ItemVersion.item_id)
        .where(Comment.id == comment_id, Comment.round_id == round_.id)
    ).one_or_none()
    if row is None:
        raise NotFoundError("Round {number} has no such comment.", number=round_.number)
    comment, item = row
    decision = session.scalar(select(Decision).where(Decision.round_id == round_.id, Decision.item_id == item.id))
    if decision is None:
        raise ConflictError("Nobody has decided on this item yet. The decision can then name the comments that it answers.")
    lock_row(session, decision)
    if (comment in decision.answers) is answers:
        return
    (decision.answers.append if answers else decision.answers.remove)(comment)
    # Whoever has the decision open in a form is told that it has changed.
    flag_modified(decision, "wordings")
    session.flush()
    detail = {"round": round_.number, "comment": str(comment.id), "item": item.key, "answers": answers}
    auditing.record(session, study, "comment linked", actor=actor, now=now, detail=detail)


def coded_comments(session: Session, study: Study, rounds: Sequence[Round]) -> list[tuple[Round, AtWork]]:
    """Return the comments of the closed rounds, round by round and within each in an order drawn anew."""
    found = []
    for round_ in rounds:
        if round_.status != RoundStatus.OPEN:
            comments = comments_at_work(session, round_)
            secrets.SystemRandom().shuffle(comments)
            found += [(round_, one) for one in comments]
    return found


def names_of(codes: Sequence[Code]) -> Mapping[int, str]:
    """Return the names of codes by id."""
    return {code.id: code.name for code in codes}


def _groups(session: Session, round_: Round, comments: Sequence[ToRead]) -> dict[int, str]:
    """Return the writer's group by comment where it may be told; never before the round is published.

    Until then comments are judged, by their text alone.
    """
    if round_.status != RoundStatus.PUBLISHED or not comments:
        return {}
    policy, views = choices_of(round_.protocol).policy, public_view(session, round_)["items"]
    on_item: dict[str, list[int]] = {}
    for one in comments:
        on_item.setdefault(one.about.item.key, []).append(one.id)
    told = {
        key: disclosure.labelled_groups(len(ids), [view for view in views if view["item"] == key], policy)
        for key, ids in on_item.items()
        if len(ids) >= policy.least_commenters
    }
    if not told:
        return {}
    rows = session.execute(
        select(Comment.id, StakeholderGroup.label)
        .join(RoundMember, (RoundMember.round_id == Comment.round_id) & (RoundMember.panelist_id == Comment.panelist_id))
        .join(StakeholderGroup, StakeholderGroup.id == RoundMember.group_id)
        .where(Comment.round_id == round_.id)
    )
    groups = {id_: label for id_, label in rows}
    return {id_: groups[id_] for key, shown in told.items() for id_ in on_item[key] if groups[id_] in shown}
