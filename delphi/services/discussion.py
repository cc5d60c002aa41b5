"""What a panelist reads of the others beside figures: reasons that people gave, and what was done about what they wrote."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from delphi.models import (
    Decision,
    Draft,
    Item,
    ItemLineage,
    ItemVersion,
    Proposal,
    ProposalState,
    Round,
    RoundStatus,
)
from delphi.models.decisions import Action
from delphi.services.answering import Asked
from delphi.services.ballots import questionnaires_of
from delphi.services.decisions import decisions_after
from delphi.services.released import Released, Shown, released_by_round

CHANGES = frozenset({Action.REWORD, Action.MERGE, Action.SPLIT, Action.DROP})


@dataclass(frozen=True)
class Reasons:
    """The released comments on an item, and the round in which they were written."""

    round: int
    comments: tuple[Shown, ...]


@dataclass(frozen=True)
class Done:
    """What was decided after a round and why, the released comments that it answers, and the reader's own words among them."""

    round: int
    action: str
    reason: str
    answers: tuple[Shown, ...]
    mine: tuple[str, ...]

    @property
    def is_change(self) -> bool:
        return self.action in CHANGES


@dataclass(frozen=True)
class Wish:
    """Words that the reader proposed, in which round, and the item that came of it."""

    round: int
    draft: int
    item_id: int
    text: str


@dataclass(frozen=True)
class Discussion:
    """All that one panelist may read beside the figures, of the published rounds up to theirs; read once for a page.

    By round number: `released`, the items `asked`, and the `decisions` by item key. `behind` are, by item version, the versions
    it came from, each with the decision.
    """

    panelist_id: int
    released: Mapping[int, Released]
    asked: Mapping[int, frozenset[str]]
    decisions: Mapping[int, Mapping[str, Decision]]
    behind: Mapping[int, Sequence[tuple[int, int | None]]]
    wishes: Sequence[Wish]

    def reasons(self, asked: Asked) -> Reasons | None:
        """Return what was said in the last round that asked the item or, without one, those that it was made from."""
        for keys in ([asked.version.item.key], [parent.item.key for parent in asked.parents]):
            for number in sorted(self.released, reverse=True):
                if self.asked[number].intersection(keys):
                    said = self.released[number].on(*keys)
                    return Reasons(number, tuple(said)) if said else None
        return None

    def done(self, asked: Asked, since: int) -> list[Done]:
        """Return what was decided since this round and led to the item's present wording, the earliest first."""
        led_here = self._decisions_behind(asked.version.id)
        return [
            self._done(number, decision)
            for number in sorted(self.decisions)
            for decision in self.decisions[number].values()
            if number >= since and decision.id in led_here
        ]

    def done_after(self, number: int) -> dict[str, Done]:
        """Return what was decided after a round, by item key."""
        return {key: self._done(number, decision) for key, decision in self.decisions[number].items()}

    def wished(self, asked: Asked, since: int) -> list[str]:
        """Return the reader's proposals since this round from which the item's present wording came."""
        version = asked.version
        # A draft is begun after those before it: what is worded in a later one came after the proposal.
        return [
            wish.text
            for wish in self.wishes
            if wish.round >= since and wish.item_id == version.item_id and wish.draft < version.draft_id
        ]

    def _done(self, number: int, decision: Decision) -> Done:
        answered = {comment.id for comment in decision.answers}
        return Done(
            round=number,
            action=decision.action,
            reason=decision.reason,
            answers=tuple(shown for comment_id, shown in self.released[number].comments.items() if comment_id in answered),
            mine=tuple(one.text for one in decision.answers if one.panelist_id == self.panelist_id and one.text),
        )

    def _decisions_behind(self, version_id: int) -> set[int]:
        """Return the decisions by which a wording came from those before it, back to the first."""
        found: set[int] = set()
        todo, seen = [version_id], {version_id}
        while todo:
            for parent, decision in self.behind.get(todo.pop(), ()):
                found |= {decision} if decision is not None else set()
                if parent not in seen:
                    seen.add(parent)
                    todo.append(parent)
        return found


def discussion_of(session: Session, round_: Round, panelist_id: int) -> Discussion:
    """Read what this panelist may be told, of the rounds up to theirs that are published."""
    published = session.scalars(
        select(Round)
        .where(Round.study_id == round_.study_id, Round.number <= round_.number, Round.status == RoundStatus.PUBLISHED)
        .order_by(Round.number)
    ).all()
    released, decisions = released_by_round(session, published), decisions_after(session, published)
    asked = questionnaires_of(session, published)
    return Discussion(
        panelist_id=panelist_id,
        released={one.number: released[one.id] for one in published},
        asked={one.number: frozenset(version.item.key for version in asked[one.id].items) for one in published},
        decisions={one.number: decisions[one.id] for one in published},
        behind=_behind(session, round_),
        wishes=_wishes(session, round_, panelist_id),
    )


def _behind(session: Session, round_: Round) -> dict[int, list[tuple[int, int | None]]]:
    rows = session.scalars(
        select(ItemLineage)
        .join(ItemVersion, ItemVersion.id == ItemLineage.child_version_id)
        .join(Item, Item.id == ItemVersion.item_id)
        .where(Item.study_id == round_.study_id)
    )
    behind: dict[int, list[tuple[int, int | None]]] = {}
    for row in rows:
        behind.setdefault(row.child_version_id, []).append((row.parent_version_id, row.decision_id))
    return behind


def _wishes(session: Session, round_: Round, panelist_id: int) -> list[Wish]:
    rows = session.execute(
        select(Proposal, Round.number, Draft.id)
        .join(Round, Round.id == Proposal.round_id)
        .join(Draft, Draft.id == Round.draft_id)
        .where(
            Proposal.panelist_id == panelist_id,
            Proposal.state.in_((ProposalState.ACCEPTED, ProposalState.MERGED)),
            Round.study_id == round_.study_id,
            Round.status == RoundStatus.PUBLISHED,
        )
    )
    return [
        Wish(number, draft_id, proposal.outcome_item_id, proposal.text)
        for proposal, number, draft_id in rows
        if proposal.outcome_item_id is not None and proposal.text
    ]
