"""Researchers' accounts: links by mail that lead to them, and the second step of signing in."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import JSON, BigInteger, ForeignKey, LargeBinary, Text
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


class SecondFactor(Base):
    """The secret that a researcher's phone makes codes from, as ciphertext; and another one until its first code is typed.

    `last_step` is the time step of the last code that was taken, so that none counts twice.
    """

    __tablename__ = "second_factors"

    researcher_id: Mapped[int] = mapped_column(ForeignKey("researchers.id"), primary_key=True, autoincrement=False)
    secret_ciphertext: Mapped[bytes | None] = mapped_column(LargeBinary)
    pending_ciphertext: Mapped[bytes | None] = mapped_column(LargeBinary)
    last_step: Mapped[int] = mapped_column(BigInteger, default=0)


class RecoveryCode(Base):
    """The keyed hash of a code that lets a researcher in once without their phone; it goes when it is used."""

    __tablename__ = "recovery_codes"

    researcher_id: Mapped[int] = mapped_column(ForeignKey("researchers.id"), primary_key=True, autoincrement=False)
    digest: Mapped[str] = mapped_column(primary_key=True)
