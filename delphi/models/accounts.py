"""Links by mail to an account: an invitation to a study, a study handed on, a new password."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import JSON, BigInteger, ForeignKey, Text
from sqlalchemy.orm import Mapped, mapped_column

from delphi.database import Base
from delphi.models.keys import random_key


class LinkPurpose(StrEnum):
    """What a link to an account is good for."""

    INVITATION = "invitation"
    HANDING_ON = "handing on"
    PASSWORD = "password"


class AccountLink(Base):
    """One link that went to a researcher's address and acts once, until it expires.

    `digest` is the SHA-256 of its token, which is derived anew when the mail is sent and never stored. `by_id` is who asked for
    it; of a study that is handed on, the owner who gives it away. Of a link that was used or withdrawn `ended_at` says when.
    """

    __tablename__ = "account_links"

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False, default=random_key)
    purpose: Mapped[str]
    address: Mapped[str] = mapped_column(index=True)
    study_id: Mapped[int | None] = mapped_column(ForeignKey("studies.id"))
    roles: Mapped[list[str]] = mapped_column(JSON, default=list)
    by_id: Mapped[int | None] = mapped_column(ForeignKey("researchers.id"))
    reason: Mapped[str] = mapped_column(Text, default="")
    digest: Mapped[str] = mapped_column(unique=True)
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]

    def is_live(self, now: datetime) -> bool:
        return self.ended_at is None and now < self.expires_at
