"""The outbox: mail that is to go out, kept beside what caused it and sent once."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import BigInteger, ForeignKey, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from delphi.database import Base
from delphi.models.keys import random_key


class MailKind(StrEnum):
    INVITATION = "invitation"


class OutboxMail(Base):
    """One mail of one kind to one panelist about one round. Its words and its link are made when it is sent.

    `due_at` is when it is to be tried next; every try moves it further off.
    """

    __tablename__ = "outbox"
    __table_args__ = (UniqueConstraint("panelist_id", "round_id", "kind"),)

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False, default=random_key)
    panelist_id: Mapped[int] = mapped_column(ForeignKey("panelists.id"))
    round_id: Mapped[int] = mapped_column(ForeignKey("rounds.id"))
    kind: Mapped[str]
    queued_at: Mapped[datetime]
    due_at: Mapped[datetime]
    attempts: Mapped[int] = mapped_column(default=0)
    sent_at: Mapped[datetime | None] = mapped_column(index=True)
    last_error: Mapped[str] = mapped_column(Text, default="")
