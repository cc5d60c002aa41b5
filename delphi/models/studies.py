"""Studies, the researchers who answer for them, and the protocol that is sealed before the first answer."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, ForeignKey, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from delphi.database import Base
from delphi.errors import ConflictError
from delphi.language import marked

ARCHIVED = marked("This study is archived: it can be read, and nothing in it can be changed. An owner can bring it back first.")


class Role(StrEnum):
    """What a researcher may do in a study; one person may hold several."""

    OWNER = "owner"
    FACILITATOR = "facilitator"
    ANALYST = "analyst"
    OBSERVER = "observer"
    CUSTODIAN = "custodian"


class Researcher(Base):
    """Someone who signs in with an address and a password. A higher `session_epoch` ends all their sessions."""

    __tablename__ = "researchers"

    id: Mapped[int] = mapped_column(primary_key=True)
    email: Mapped[str] = mapped_column(unique=True)
    password_hash: Mapped[str]
    session_epoch: Mapped[int] = mapped_column(default=1)
    failed_sign_ins: Mapped[int] = mapped_column(default=0)
    locked_until: Mapped[datetime | None]
    created_at: Mapped[datetime]


REHEARSAL = "rehearsal"  # the fact that a study is the copy in which it is rehearsed


class Study(Base):
    """One Delphi consultation: a manual, a panel, a protocol, rounds.

    `facts` holds what a report wants to know and only people can say (funding, registration, ethics), by name. `archived_at` is
    when it was archived: everything can be read from then on, and nothing goes on.
    """

    __tablename__ = "studies"

    id: Mapped[int] = mapped_column(primary_key=True)
    slug: Mapped[str] = mapped_column(unique=True)
    title: Mapped[str]
    language: Mapped[str] = mapped_column(default="en")
    facts: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    created_at: Mapped[datetime]
    archived_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(default=1)

    roles: Mapped[list["StudyRole"]] = relationship(back_populates="study", cascade="all, delete-orphan")

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012

    @property
    def is_rehearsal(self) -> bool:
        """Whether its panel and its answers are invented, so that there is nobody in it to protect."""
        return bool(self.facts.get(REHEARSAL))

    def require_current(self) -> None:
        """Refuse to change anything in a study that is archived."""
        if self.archived_at is not None:
            raise ConflictError(ARCHIVED)


class StudyRole(Base):
    """One role of one researcher in one study."""

    __tablename__ = "study_roles"

    study_id: Mapped[int] = mapped_column(ForeignKey("studies.id"), primary_key=True)
    researcher_id: Mapped[int] = mapped_column(ForeignKey("researchers.id"), primary_key=True, index=True)
    role: Mapped[str] = mapped_column(primary_key=True)
    granted_at: Mapped[datetime]

    study: Mapped[Study] = relationship(back_populates="roles")


class Protocol(Base):
    """The choices fixed before round 1, as canonical JSON. Number 1 is the protocol; higher ones amend it, with a reason."""

    __tablename__ = "protocols"
    __table_args__ = (UniqueConstraint("study_id", "number"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    study_id: Mapped[int] = mapped_column(ForeignKey("studies.id"))
    number: Mapped[int] = mapped_column(default=1)
    content: Mapped[str] = mapped_column(Text)
    sha256: Mapped[str]
    reason: Mapped[str] = mapped_column(Text, default="")
    sealed_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012

    @property
    def is_sealed(self) -> bool:
        return self.sealed_at is not None

    def require_unsealed(self) -> None:
        if self.is_sealed:
            raise ConflictError(
                "The protocol was sealed when round 1 opened and stays as it is. "
                "Amend it for the rounds to come, with the reason."
            )

    def seal(self, now: datetime) -> None:
        """Fix the protocol for good; from here on only an amendment says otherwise."""
        self.require_unsealed()
        self.sealed_at = now


class ConsentText(Base):
    """One version of what a person is told before they answer, and what they then agree to."""

    __tablename__ = "consent_texts"
    __table_args__ = (UniqueConstraint("study_id", "number", "language"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    study_id: Mapped[int] = mapped_column(ForeignKey("studies.id"))
    number: Mapped[int]
    language: Mapped[str]
    information: Mapped[str] = mapped_column(Text)
    statement: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime]
