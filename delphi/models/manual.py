"""The manual's drafts: sections and items with stable keys, and the versions of their wording."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, ForeignKey, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from delphi.canonical import sha256
from delphi.database import Base


class EditClass(StrEnum):
    """What a change of wording means: a typo leaves earlier ratings standing, a substantive one is asked again."""

    FIRST = "first"
    TYPO = "typo"
    SUBSTANTIVE = "substantive"


class Draft(Base):
    """One state of the manual; frozen when a round opens on it. `meta` is the front matter."""

    __tablename__ = "drafts"
    __table_args__ = (UniqueConstraint("study_id", "number"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    study_id: Mapped[int] = mapped_column(ForeignKey("studies.id"))
    number: Mapped[int]
    meta: Mapped[dict[str, Any]] = mapped_column(JSON)
    created_at: Mapped[datetime]
    frozen_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012

    @property
    def is_frozen(self) -> bool:
        return self.frozen_at is not None


class Section(Base):
    """A heading and its text, by a key that stays."""

    __tablename__ = "sections"
    __table_args__ = (UniqueConstraint("study_id", "key"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    study_id: Mapped[int] = mapped_column(ForeignKey("studies.id"))
    key: Mapped[str]


class SectionVersion(Base):
    """One wording of a section. `blocks` are its parts in order: `{"prose": markdown}` or `{"item": key}`.

    `draft_id` is the draft in which this wording first stood; until that draft is frozen it can still be edited.
    """

    __tablename__ = "section_versions"
    __table_args__ = (UniqueConstraint("section_id", "number", "language"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    section_id: Mapped[int] = mapped_column(ForeignKey("sections.id"))
    draft_id: Mapped[int] = mapped_column(ForeignKey("drafts.id"))
    number: Mapped[int]
    language: Mapped[str]
    heading: Mapped[str] = mapped_column(Text)
    level: Mapped[int]
    rated: Mapped[str | None]
    blocks: Mapped[list[dict[str, str]]] = mapped_column(JSON)

    section: Mapped[Section] = relationship()


class Item(Base):
    """What is rated: a statement in a section, or a section as a whole (then its key is the section's)."""

    __tablename__ = "items"
    __table_args__ = (UniqueConstraint("study_id", "key"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    study_id: Mapped[int] = mapped_column(ForeignKey("studies.id"))
    key: Mapped[str]
    is_section: Mapped[bool] = mapped_column(default=False)


class ItemVersion(Base):
    """One wording of an item. `number` counts substantive versions, `edit` the typo fixes within one.

    `draft_id` is the draft in which this wording first stood; once that is frozen the row never changes.
    """

    __tablename__ = "item_versions"
    __table_args__ = (UniqueConstraint("item_id", "number", "edit"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    item_id: Mapped[int] = mapped_column(ForeignKey("items.id"))
    draft_id: Mapped[int] = mapped_column(ForeignKey("drafts.id"))
    number: Mapped[int]
    edit: Mapped[int] = mapped_column(default=0)
    edit_class: Mapped[str]
    kind: Mapped[str]
    reason: Mapped[str] = mapped_column(Text, default="")

    item: Mapped[Item] = relationship()
    wordings: Mapped[list["ItemWording"]] = relationship(cascade="all, delete-orphan", lazy="selectin")

    @property
    def label(self) -> str:
        """How people name this version: 2, or 2a, 2b for its typo fixes."""
        return f"{self.number}{'abcdefghijklmnopqrstuvwxyz'[self.edit - 1] if self.edit else ''}"

    @property
    def text(self) -> str:
        return self.wordings[0].text

    @property
    def plain(self) -> str:
        """The same in plain language; empty where nobody has written it."""
        return self.wordings[0].plain

    @property
    def sha256(self) -> str:
        return self.wordings[0].sha256


class ItemWording(Base):
    """The words of an item version in one language, with the hash that a rating's form carries.

    `plain` is the same in plain language, shown beneath it and never instead; it belongs to this very version.
    """

    __tablename__ = "item_wordings"

    item_version_id: Mapped[int] = mapped_column(ForeignKey("item_versions.id"), primary_key=True)
    language: Mapped[str] = mapped_column(primary_key=True)
    text: Mapped[str] = mapped_column(Text)
    plain: Mapped[str] = mapped_column(Text, default="")
    sha256: Mapped[str]

    @classmethod
    def of(cls, language: str, text: str, plain: str = "") -> "ItemWording":
        """Return the words with the hash of all that a panelist reads of them."""
        wording = cls(language=language)
        wording.say(text, plain)
        return wording

    def say(self, text: str, plain: str) -> None:
        """Hold these words from now on."""
        # As a draft writes it: no text holds such a block, so no two wordings are hashed alike.
        whole = f"{text}\n\n::: plain\n{plain}\n:::" if plain else text
        self.text, self.plain, self.sha256 = text, plain, sha256(whole)


class ItemLineage(Base):
    """That one item version came from another: reworded, split or merged by a decision, or edited by hand."""

    __tablename__ = "item_lineage"

    child_version_id: Mapped[int] = mapped_column(ForeignKey("item_versions.id"), primary_key=True)
    parent_version_id: Mapped[int] = mapped_column(ForeignKey("item_versions.id"), primary_key=True)
    relation: Mapped[str]
    decision_id: Mapped[int | None] = mapped_column(ForeignKey("decisions.id"))


class DraftSection(Base):
    """Where a section stands in a draft, and in which wording."""

    __tablename__ = "draft_sections"

    draft_id: Mapped[int] = mapped_column(ForeignKey("drafts.id"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    section_version_id: Mapped[int] = mapped_column(ForeignKey("section_versions.id"))

    section_version: Mapped[SectionVersion] = relationship()


class DraftItem(Base):
    """Which version of an item a draft holds; where it stands, the section's blocks say."""

    __tablename__ = "draft_items"

    draft_id: Mapped[int] = mapped_column(ForeignKey("drafts.id"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    item_version_id: Mapped[int] = mapped_column(ForeignKey("item_versions.id"))

    item_version: Mapped[ItemVersion] = relationship()
