"""The audit log: append-only, each entry chained to the one before by its hash."""

from datetime import datetime

from sqlalchemy import ForeignKey, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from delphi.database import Base


class AuditEntry(Base):
    """One act in one study. `detail` is canonical JSON; a text that may have to be erased stands in it as a salted commitment."""

    __tablename__ = "audit_entries"
    __table_args__ = (UniqueConstraint("study_id", "number"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    study_id: Mapped[int] = mapped_column(ForeignKey("studies.id"))
    number: Mapped[int]
    at: Mapped[datetime]
    actor: Mapped[str]
    action: Mapped[str]
    detail: Mapped[str] = mapped_column(Text)
    previous_hash: Mapped[str]
    hash: Mapped[str]


class AuditText(Base):
    """The text behind a commitment, with its salt; erasing this row erases the text and leaves the chain whole."""

    __tablename__ = "audit_texts"

    entry_id: Mapped[int] = mapped_column(ForeignKey("audit_entries.id"), primary_key=True)
    name: Mapped[str] = mapped_column(primary_key=True)
    salt: Mapped[str]
    text: Mapped[str] = mapped_column(Text)


class AuditHead(Base):
    """Where a study's chain ends, so that a cut tail is seen; the row to lock while an entry is added."""

    __tablename__ = "audit_heads"

    study_id: Mapped[int] = mapped_column(ForeignKey("studies.id"), primary_key=True)
    number: Mapped[int]
    hash: Mapped[str]
