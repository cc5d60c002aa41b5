"""What closed rounds concluded, frozen, and what was released of it to whom."""

from datetime import datetime

from sqlalchemy import ForeignKey, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from delphi.database import Base


class RoundResult(Base):
    """The frozen result of a round: the analysis as canonical JSON with its hash. A correction is a new version with a reason."""

    __tablename__ = "round_results"
    __table_args__ = (UniqueConstraint("round_id", "version"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    round_id: Mapped[int] = mapped_column(ForeignKey("rounds.id"))
    version: Mapped[int] = mapped_column(default=1)
    content: Mapped[str] = mapped_column(Text)
    sha256: Mapped[str]
    reason: Mapped[str] = mapped_column(Text, default="")
    created_at: Mapped[datetime]


class Feedback(Base):
    """What of a round's result was released: to one group's members, or (without a group) to everybody in publications."""

    __tablename__ = "feedback"
    __table_args__ = (UniqueConstraint("round_id", "group_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    round_id: Mapped[int] = mapped_column(ForeignKey("rounds.id"))
    group_id: Mapped[int | None] = mapped_column(ForeignKey("stakeholder_groups.id"))
    content: Mapped[str] = mapped_column(Text)
    sha256: Mapped[str]
