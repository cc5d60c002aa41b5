"""What the researchers decided about each item after a round, and which comments that answers."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, ForeignKey, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from delphi.database import Base
from delphi.models.manual import Item, ItemVersion
from delphi.models.responses import Comment


class Action(StrEnum):
    KEEP = "keep"
    REWORD = "reword"
    MERGE = "merge"
    SPLIT = "split"
    DROP = "drop"
    RE_RATE = "re-rate"


class Decision(Base):
    """One decision on one item after one round. `wordings` are the new texts by item key (of the products, for a split)."""

    __tablename__ = "decisions"
    __table_args__ = (UniqueConstraint("round_id", "item_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    round_id: Mapped[int] = mapped_column(ForeignKey("rounds.id"))
    item_id: Mapped[int] = mapped_column(ForeignKey("items.id"))
    item_version_id: Mapped[int] = mapped_column(ForeignKey("item_versions.id"))
    action: Mapped[str]
    reason: Mapped[str] = mapped_column(Text)
    wordings: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    decided_by: Mapped[int | None] = mapped_column(ForeignKey("researchers.id"))
    decided_at: Mapped[datetime]
    version: Mapped[int] = mapped_column(default=1)

    item: Mapped[Item] = relationship()
    item_version: Mapped[ItemVersion] = relationship()
    answers: Mapped[list[Comment]] = relationship(secondary="decision_comments")

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012


class DecisionComment(Base):
    """That a decision answers a comment."""

    __tablename__ = "decision_comments"

    decision_id: Mapped[int] = mapped_column(ForeignKey("decisions.id", ondelete="CASCADE"), primary_key=True)
    comment_id: Mapped[int] = mapped_column(ForeignKey("comments.id"), primary_key=True, autoincrement=False)
