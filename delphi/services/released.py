"""Comments that the panel reads. Pages, reports and exports all get them here: what is not released appears nowhere."""

from collections.abc import Sequence
from dataclasses import dataclass

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
from delphi.services.results import public_view


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


NOTHING = Released({}, {})


def released_in(session: Session, round_: Round) -> Released:
    """Return what the panel reads of a round's comments; nothing before the round is published."""
    choices = choices_of(round_.protocol)
    if round_.status != RoundStatus.PUBLISHED or not choices.show_comments:
        return NOTHING
    rows = session.execute(
        select(CommentRelease, Comment.panelist_id, CommentVersion.audience, ItemVersion, Item.key, StakeholderGroup.label)
        .join(Comment, Comment.id == CommentRelease.comment_id)
        .join(CommentVersion, (CommentVersion.comment_id == Comment.id) & (CommentVersion.number == CommentRelease.number))
        .join(ItemVersion, ItemVersion.id == Comment.item_version_id)
        .join(Item, Item.id == ItemVersion.item_id)
        .join(RoundMember, (RoundMember.round_id == round_.id) & (RoundMember.panelist_id == Comment.panelist_id))
        .join(StakeholderGroup, StakeholderGroup.id == RoundMember.group_id)
        .where(Comment.round_id == round_.id, CommentRelease.state == ReleaseState.RELEASED)
        .order_by(CommentRelease.position)
    ).all()
    labels = _labels(session, round_, [(key, group) for *_, key, group in rows])
    comments = {
        release.comment_id: Shown(
            round=round_.number,
            item=key,
            wording=version.label,
            text=release.text,
            group=group if group in labels[key] else "",
            is_reworded=audience == Audience.REWORDED,
        )
        for release, _, audience, version, key, group in rows
    }
    return Released(comments, {release.comment_id: writer for release, writer, *_ in rows})


def taking_turns(drawn: Sequence[int], writers: Sequence[int]) -> list[int]:
    """Return what was drawn by lot so that everybody has had a turn before anybody has a second one; nothing is left out.

    >>> taking_turns([11, 12, 21, 13, 31], [1, 1, 2, 1, 3])
    [11, 21, 31, 12, 13]
    """
    turns = [writers[:place].count(writer) for place, writer in enumerate(writers)]
    return [one for _, one in sorted(zip(turns, drawn, strict=True), key=lambda pair: pair[0])]


def _labels(session: Session, round_: Round, said: Sequence[tuple[str, str]]) -> dict[str, frozenset[str]]:
    """Return by item key which groups may stand beside its comments; `said` is item and group of each."""
    choices = choices_of(round_.protocol)
    if not (said and choices.show_groups):
        return {key: frozenset() for key, _ in said}
    views = public_view(session, round_)["items"]
    return {
        key: disclosure.labelled_groups(
            sum(1 for item, _ in said if item == key),  # nobody comments twice on an item in a round
            [view for view in views if view["item"] == key],
            choices.policy,
        )
        for key, _ in said
    }
