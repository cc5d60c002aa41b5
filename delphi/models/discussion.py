"""What the panel tells each other and the team beyond ratings: comments released to the panel, and proposals."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import BigInteger, ForeignKey, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from delphi.database import Base
from delphi.models.keys import random_key
from delphi.models.responses import Comment


class ReleaseState(StrEnum):
    """Where a comment stands on its way to the panel. One state drives page, report and export."""

    APPROVED = "approved"
    WITHHELD = "withheld"
    RELEASED = "released"
    RETRACTED = "retracted"


class CommentRelease(Base):
    """What the team decided about showing one comment to the panel, judged by its text alone.

    `number` is the comment's version that was judged, `text` what the panel reads: the writer's words or the team's rewording.
    `position` is the comment's place under its item, drawn when the round is published. The writer may object to a rewording.
    """

    __tablename__ = "comment_releases"

    comment_id: Mapped[int] = mapped_column(ForeignKey("comments.id"), primary_key=True, autoincrement=False)
    number: Mapped[int]
    state: Mapped[str]
    text: Mapped[str] = mapped_column(Text)
    reason: Mapped[str] = mapped_column(Text, default="")
    has_objection: Mapped[bool] = mapped_column(default=False)
    position: Mapped[int | None]
    decided_by: Mapped[int | None] = mapped_column(ForeignKey("researchers.id"))
    decided_at: Mapped[datetime]
    version: Mapped[int] = mapped_column(default=1)

    comment: Mapped[Comment] = relationship()

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012


class ProposalState(StrEnum):
    """What the team did with a proposal; all but OPEN carry a reason that the proposer reads."""

    OPEN = "open"
    ACCEPTED = "accepted"
    MERGED = "merged"
    DECLINED = "declined"


class Proposal(Base):
    """Other words for an item (`item_version_id`), or a new item for a section (`section_key`), from one panelist in one round.

    Its words are in the versions; `outcome_item_id` is the item that came of it.
    """

    __tablename__ = "proposals"
    __table_args__ = (UniqueConstraint("round_id", "panelist_id", "item_version_id"),)

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False, default=random_key)
    round_id: Mapped[int] = mapped_column(ForeignKey("rounds.id"))
    panelist_id: Mapped[int] = mapped_column(ForeignKey("panelists.id"))
    item_version_id: Mapped[int | None] = mapped_column(ForeignKey("item_versions.id"))
    section_key: Mapped[str | None]
    state: Mapped[str] = mapped_column(default=ProposalState.OPEN)
    reason: Mapped[str] = mapped_column(Text, default="")
    outcome_item_id: Mapped[int | None] = mapped_column(ForeignKey("items.id"))
    decided_by: Mapped[int | None] = mapped_column(ForeignKey("researchers.id"))
    decided_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(default=1)

    versions: Mapped[list["ProposalVersion"]] = relationship(
        order_by="ProposalVersion.number", cascade="all, delete-orphan", lazy="selectin"
    )

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012

    @property
    def text(self) -> str:
        """The words that stand now; empty when the proposer has taken them back."""
        return self.versions[-1].text

    @property
    def number(self) -> int:
        return self.versions[-1].number


class ProposalVersion(Base):
    """One wording of a proposal, kept; an empty one takes it back."""

    __tablename__ = "proposal_versions"

    proposal_id: Mapped[int] = mapped_column(ForeignKey("proposals.id"), primary_key=True, autoincrement=False)
    number: Mapped[int] = mapped_column(primary_key=True)
    text: Mapped[str] = mapped_column(Text)
    is_screened: Mapped[bool] = mapped_column(default=False)
    predates_reader: Mapped[bool] = mapped_column(default=False)
