"""Rounds: planned → open → closed → published, one way."""

from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, ForeignKey, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from delphi.database import Base
from delphi.errors import ConflictError
from delphi.models.manual import Draft, Item, ItemVersion
from delphi.models.responses import Channel
from delphi.models.studies import Protocol

# Post takes its time, and so does typing in what it brings.
BY_THE_TEAM = frozenset({Channel.PAPER, Channel.TELEPHONE})
GRACE, GRACE_BY_THE_TEAM = timedelta(days=3), timedelta(days=7)


class RoundStatus(StrEnum):
    OPEN = "open"
    CLOSED = "closed"
    PUBLISHED = "published"


class RoundKind(StrEnum):
    RATING = "rating"


class RoundClosedError(ConflictError):
    """An answer came after its round had ended; it was not saved."""


class Round(Base):
    """One round of questions about one frozen draft, under one sealed protocol."""

    __tablename__ = "rounds"
    __table_args__ = (UniqueConstraint("study_id", "number"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    study_id: Mapped[int] = mapped_column(ForeignKey("studies.id"))
    number: Mapped[int]
    kind: Mapped[str] = mapped_column(default=RoundKind.RATING)
    status: Mapped[str] = mapped_column(default=RoundStatus.OPEN)
    draft_id: Mapped[int] = mapped_column(ForeignKey("drafts.id"))
    protocol_id: Mapped[int] = mapped_column(ForeignKey("protocols.id"))
    opened_at: Mapped[datetime]
    deadline: Mapped[datetime]
    closed_at: Mapped[datetime | None]
    published_at: Mapped[datetime | None]
    # How many days after the deadline it closes by itself; None: somebody closes it.
    closes_after: Mapped[int | None]

    draft: Mapped[Draft] = relationship()
    protocol: Mapped[Protocol] = relationship()
    items: Mapped[list["RoundItem"]] = relationship(order_by="RoundItem.position")

    def last_moment(self, channel: str = Channel.WEB) -> datetime:
        """Until when an answer is taken: the deadline and three days' grace, seven for what comes on paper or by telephone."""
        return self.deadline + (GRACE_BY_THE_TEAM if channel in BY_THE_TEAM else GRACE)

    def accepts_answers(self, now: datetime, channel: str = Channel.WEB) -> bool:
        return self.status == RoundStatus.OPEN and now <= self.last_moment(channel)

    def require_accepting(self, now: datetime, channel: str = Channel.WEB) -> None:
        if not self.accepts_answers(now, channel):
            raise RoundClosedError(
                "Round {number} is closed, so this answer was not saved. What you saved while it was open counts.",
                number=self.number,
            )

    def close(self, now: datetime) -> None:
        if self.status != RoundStatus.OPEN:
            raise ConflictError("Round {number} is already closed.", number=self.number)
        self.status, self.closed_at = RoundStatus.CLOSED, now

    def require_publishable(self) -> None:
        if self.status == RoundStatus.OPEN:
            raise ConflictError("Round {number} is still open. Close it first, then publish its results.", number=self.number)
        if self.status == RoundStatus.PUBLISHED:
            raise ConflictError("The results of round {number} are already published.", number=self.number)

    def publish(self, now: datetime) -> None:
        self.require_publishable()
        self.status, self.published_at = RoundStatus.PUBLISHED, now


class RoundItem(Base):
    """An item as a round asks it: the wording on the screen and its place in the frozen order (from 0).

    A faulty one can be pulled while the round is open, with a reason that panelists read; its answers are kept and not counted.
    """

    __tablename__ = "round_items"
    __table_args__ = (UniqueConstraint("round_id", "item_version_id"),)

    round_id: Mapped[int] = mapped_column(ForeignKey("rounds.id"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    item_version_id: Mapped[int] = mapped_column(ForeignKey("item_versions.id"))
    pulled_at: Mapped[datetime | None]
    pull_reason: Mapped[str] = mapped_column(Text, default="")

    item_version: Mapped[ItemVersion] = relationship()


class PlannedItem(Base):
    """That a round asks an item which was proposed to rest, or leaves one out that was proposed to be asked, and why.

    It can be changed until the round opens; from then on it is on record, and panelists read the reason.
    """

    __tablename__ = "planned_items"

    study_id: Mapped[int] = mapped_column(ForeignKey("studies.id"), primary_key=True)
    round_number: Mapped[int] = mapped_column(primary_key=True)
    item_id: Mapped[int] = mapped_column(ForeignKey("items.id"), primary_key=True)
    is_asked: Mapped[bool]
    reason: Mapped[str] = mapped_column(Text)

    item: Mapped[Item] = relationship()


class RoundOccasion(Base):
    """That what was to be done once in a round has been done by itself: a reminder of its schedule, say."""

    __tablename__ = "round_occasions"

    round_id: Mapped[int] = mapped_column(ForeignKey("rounds.id"), primary_key=True)
    name: Mapped[str] = mapped_column(primary_key=True)
    at: Mapped[datetime]


class Extension(Base):
    """That a round's deadline was put off, from when to when, with the reason that panelists read."""

    __tablename__ = "extensions"

    round_id: Mapped[int] = mapped_column(ForeignKey("rounds.id"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    earlier: Mapped[datetime]
    later: Mapped[datetime]
    reason: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime]


class CompletionCount(Base):
    """How far an open round was on a day: counted once that day and kept, so that two looks never differ by one person."""

    __tablename__ = "completion_counts"

    round_id: Mapped[int] = mapped_column(ForeignKey("rounds.id"), primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    content: Mapped[dict[str, Any]] = mapped_column(JSON)
    at: Mapped[datetime]
