"""Comments that the panel reads. Pages, reports and exports all get them here: what is not released appears nowhere."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from delphi.models import (
    Audience,
    Comment,
    CommentRelease,
    CommentVersion,
    Item,
    ItemVersion,
    ReleaseState,
    Round,
    RoundMember,
    RoundStatus,
    StakeholderGroup,
)
from delphi.services import disclosure
from delphi.services.protocol import choices_of
from delphi.services.results import public_views


@dataclass(frozen=True)
class Shown:
    """A released comment: what it is about, what it says, and the group of its writer where that tells of nobody."""

    round: int
    item: str
    wording: str
    text: str
    group: str
    is_reworded: bool


@dataclass(frozen=True)
class Released:
    """A round's released comments by id, in the order that was drawn, and whose they are: that never leaves the services."""

    comments: dict[int, Shown]
    writers: dict[int, int]

    def on(self, *items: str) -> list[Shown]:
        """Return the comments on these items, taking turns: everybody has had one before anybody has a second."""
        ids = [comment_id for comment_id, shown in self.comments.items() if shown.item in items]
        writers = [self.writers[comment_id] for comment_id in ids]
        return [self.comments[comment_id] for comment_id in taking_turns(ids, writers)]


def released_in(session: Session, round_: Round) -> Released:
    """Return what the panel reads of a round's comments; nothing before the round is published."""
    return released_by_round(session, [round_])[round_.id]


def released_by_round(session: Session, rounds: Sequence[Round]) -> dict[int, Released]:
    """Return what the panel reads of the comments of several rounds, by the round's id."""
    shown = [one for one in rounds if one.status == RoundStatus.PUBLISHED and choices_of(one.protocol).show_comments]
    rows = _rows(session, [round_.id for round_ in shown])
    with_labels = [one for one in shown if rows[one.id] and choices_of(one.protocol).show_groups]
    views = public_views(session, with_labels) if with_labels else {}
    return {one.id: _released(one, rows[one.id], views.get(one.id)) if one in shown else Released({}, {}) for one in rounds}


def _rows(session: Session, ids: Sequence[int]) -> dict[int, list[Any]]:
    rows = session.execute(
        select(
            Comment.round_id,
            Comment.panelist_id,
            CommentRelease,
            CommentVersion.audience,
            ItemVersion,
            Item.key,
            StakeholderGroup.label,
        )
        .select_from(Comment)
        .join(CommentRelease, CommentRelease.comment_id == Comment.id)
        .join(CommentVersion, (CommentVersion.comment_id == Comment.id) & (CommentVersion.number == CommentRelease.number))
        .join(ItemVersion, ItemVersion.id == Comment.item_version_id)
        .join(Item, Item.id == ItemVersion.item_id)
        .join(RoundMember, (RoundMember.round_id == Comment.round_id) & (RoundMember.panelist_id == Comment.panelist_id))
        .join(StakeholderGroup, StakeholderGroup.id == RoundMember.group_id)
        .where(Comment.round_id.in_(ids), CommentRelease.state == ReleaseState.RELEASED)
        .order_by(CommentRelease.position)
    )
    by_round: dict[int, list[Any]] = {id_: [] for id_ in ids}
    for round_id, *row in rows:
        by_round[round_id].append(row)
    return by_round


def _released(round_: Round, rows: Sequence[Any], view: disclosure.View | None) -> Released:
    labels = _labels(round_, view, [(key, group) for *_, key, group in rows])
    comments = {
        release.comment_id: Shown(
            round=round_.number,
            item=key,
            wording=version.label,
            text=release.text,
            group=group if group in labels[key] else "",
            is_reworded=audience == Audience.REWORDED,
        )
        for _, release, audience, version, key, group in rows
    }
    return Released(comments, {release.comment_id: writer for writer, release, *_ in rows})


def taking_turns(drawn: Sequence[int], writers: Sequence[int]) -> list[int]:
    """Return what was drawn by lot so that everybody has had a turn before anybody has a second one; nothing is left out.

    >>> taking_turns([11, 12, 21, 13, 31], [1, 1, 2, 1, 3])
    [11, 21, 31, 12, 13]
    """
    turns = [writers[:place].count(writer) for place, writer in enumerate(writers)]
    return [one for _, one in sorted(zip(turns, drawn, strict=True), key=lambda pair: pair[0])]


def _labels(round_: Round, view: disclosure.View | None, said: Sequence[tuple[str, str]]) -> dict[str, frozenset[str]]:
    """Return by item key which groups may stand beside its comments; `said` is item and group of each."""
    if view is None:
        return {key: frozenset() for key, _ in said}
    return {
        key: disclosure.labelled_groups(
            sum(1 for item, _ in said if item == key),  # nobody comments twice on an item in a round
            [entry for entry in view["items"] if entry["item"] == key],
            choices_of(round_.protocol).policy,
        )
        for key, _ in said
    }
