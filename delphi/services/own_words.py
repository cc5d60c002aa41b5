"""What became of what one panelist wrote: for them alone."""

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from delphi.models import (
    Comment,
    CommentRelease,
    Decision,
    DecisionComment,
    Item,
    ItemVersion,
    Proposal,
    Round,
    RoundStatus,
    SectionVersion,
)
from delphi.models.manual import DraftSection, Section


@dataclass(frozen=True)
class OwnComment:
    """A comment of one's own: what the team decided about showing it, and the published decision that answers it."""

    round: Round
    about: ItemVersion
    comment: Comment
    release: CommentRelease | None
    decision: Decision | None


@dataclass(frozen=True)
class OwnProposal:
    """A proposal of one's own, about an item or for a section; what the team did with it follows when the round is published."""

    round: Round
    about: ItemVersion | None
    heading: str
    proposal: Proposal
    became: str

    @property
    def is_told(self) -> bool:
        return self.round.status == RoundStatus.PUBLISHED


def own_comments(session: Session, panelist_id: int) -> list[OwnComment]:
    """Return the panelist's comments, those of the newest round first and within it in an order that tells nothing."""
    rows = session.execute(
        select(Round, ItemVersion, Comment, CommentRelease, Decision)
        .join(Comment, Comment.round_id == Round.id)
        .join(ItemVersion, ItemVersion.id == Comment.item_version_id)
        .outerjoin(CommentRelease, CommentRelease.comment_id == Comment.id)
        .outerjoin(DecisionComment, DecisionComment.comment_id == Comment.id)
        .outerjoin(Decision, (Decision.id == DecisionComment.decision_id) & (Round.status == RoundStatus.PUBLISHED))
        .where(Comment.panelist_id == panelist_id)
        .order_by(Round.number.desc(), Comment.id)
        .options(selectinload(ItemVersion.item))
    )
    return [OwnComment(*row) for row in rows if row[2].text]


def own_proposals(session: Session, panelist_id: int) -> list[OwnProposal]:
    """Return the panelist's proposals, those of the newest round first."""
    rows = session.execute(
        select(Round, ItemVersion, SectionVersion.heading, Proposal, Item.key)
        .join(Proposal, Proposal.round_id == Round.id)
        .outerjoin(ItemVersion, ItemVersion.id == Proposal.item_version_id)
        .outerjoin(Section, (Section.key == Proposal.section_key) & (Section.study_id == Round.study_id))
        .outerjoin(
            SectionVersion,
            (SectionVersion.section_id == Section.id)
            & SectionVersion.id.in_(select(DraftSection.section_version_id).where(DraftSection.draft_id == Round.draft_id)),
        )
        .outerjoin(Item, Item.id == Proposal.outcome_item_id)
        .where(Proposal.panelist_id == panelist_id)
        .order_by(Round.number.desc(), Proposal.id)
        .options(selectinload(ItemVersion.item))
    )
    return [
        OwnProposal(one, about, heading or "", proposal, became or "")
        for one, about, heading, proposal, became in rows
        if proposal.text
    ]
