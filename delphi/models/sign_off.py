"""Steps that wait for a second person, and links that died because the opening of their round was taken back."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Text
from sqlalchemy.orm import Mapped, mapped_column

from delphi.database import Base


class RoundStep(StrEnum):
    """What moves a round on."""

    OPEN = "open"
    CLOSE = "close"
    PUBLISH = "publish"


class RequestState(StrEnum):
    """What became of a request. One that is undone was confirmed, and the step was taken back afterwards."""

    WAITING = "waiting"
    CONFIRMED = "confirmed"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"
    UNDONE = "undone"


class StepRequest(Base):
    """One person's wish to take a step that the protocol lets nobody take alone; `deadline` is that of a round to be opened."""

    __tablename__ = "step_requests"

    id: Mapped[int] = mapped_column(primary_key=True)
    study_id: Mapped[int] = mapped_column(ForeignKey("studies.id"), index=True)
    step: Mapped[str]
    round_number: Mapped[int]
    deadline: Mapped[datetime | None]
    asked_by: Mapped[int] = mapped_column(ForeignKey("researchers.id"))
    asked_at: Mapped[datetime]
    state: Mapped[str] = mapped_column(default=RequestState.WAITING)
    settled_by: Mapped[int | None] = mapped_column(ForeignKey("researchers.id"))
    settled_at: Mapped[datetime | None]
    reason: Mapped[str] = mapped_column(Text, default="")


class TakenBackLink(Base):
    """The digest of a personal link or code to a round whose opening was taken back, so that who holds it can be told."""

    __tablename__ = "taken_back_links"

    digest: Mapped[str] = mapped_column(primary_key=True)
    study_id: Mapped[int] = mapped_column(ForeignKey("studies.id"))
    taken_back_at: Mapped[datetime]
