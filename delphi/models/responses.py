"""What panelists answered: ballots with their history, and comments with their versions."""

from enum import StrEnum

from sqlalchemy import BigInteger, ForeignKey, ForeignKeyConstraint, LargeBinary, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from delphi.database import Base
from delphi.models.keys import new_receipt, random_key

NOT_ANSWERED = 0
NOT_ASKED = 254
UNABLE = 255


class PayloadKind(StrEnum):
    """How a ballot's bytes are to be read; `levels` is one byte per item and criterion."""

    LEVELS = "levels"


class Channel(StrEnum):
    """How an answer came in; paper and telephone are typed in by the team."""

    WEB = "web"
    FILE = "file"
    PAPER = "paper"
    TELEPHONE = "telephone"


class Audience(StrEnum):
    """Who may read a comment, by its writer's choice: the team only, the panel in the writer's words, or the panel reworded."""

    TEAM = "team"
    VERBATIM = "verbatim"
    REWORDED = "reworded"


class Ballot(Base):
    """One panelist's answers in one round: one byte per (item, criterion) in the round's frozen order.

    0 is not answered, 255 unable to rate, 254 not asked of this group, anything else the level's index from 1.
    """

    __tablename__ = "ballots"
    # The random key orders the rows, so that their place in the file says nothing about who answered first.
    __table_args__ = {"sqlite_with_rowid": False}  # noqa: RUF012

    round_id: Mapped[int] = mapped_column(ForeignKey("rounds.id"), primary_key=True)
    panelist_id: Mapped[int] = mapped_column(ForeignKey("panelists.id"), primary_key=True, autoincrement=False)
    revision: Mapped[int] = mapped_column(default=0)
    payload_kind: Mapped[str] = mapped_column(default=PayloadKind.LEVELS)
    payload: Mapped[bytes] = mapped_column(LargeBinary)
    receipt: Mapped[str] = mapped_column(unique=True, default=new_receipt)
    is_finished: Mapped[bool] = mapped_column(default=False)


class BallotChange(Base):
    """One save, append-only: the slots it changed and their new bytes. The ballot is the fold of these."""

    __tablename__ = "ballot_changes"
    __table_args__ = (
        ForeignKeyConstraint(["round_id", "panelist_id"], ["ballots.round_id", "ballots.panelist_id"]),
        {"sqlite_with_rowid": False},
    )

    round_id: Mapped[int] = mapped_column(primary_key=True)
    panelist_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    revision: Mapped[int] = mapped_column(primary_key=True)
    channel: Mapped[str]
    changes: Mapped[bytes] = mapped_column(LargeBinary)


class Comment(Base):
    """What one panelist said about one item version in one round; its words are in the versions."""

    __tablename__ = "comments"
    __table_args__ = (UniqueConstraint("round_id", "panelist_id", "item_version_id"),)

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False, default=random_key)
    round_id: Mapped[int] = mapped_column(ForeignKey("rounds.id"))
    panelist_id: Mapped[int] = mapped_column(ForeignKey("panelists.id"))
    item_version_id: Mapped[int] = mapped_column(ForeignKey("item_versions.id"), index=True)

    versions: Mapped[list["CommentVersion"]] = relationship(
        order_by="CommentVersion.number", cascade="all, delete-orphan", lazy="selectin"
    )

    @property
    def text(self) -> str:
        """The words that stand now; empty when the writer has taken the comment back."""
        return self.versions[-1].text

    @property
    def number(self) -> int:
        return self.versions[-1].number

    @property
    def audience(self) -> Audience:
        return Audience(self.versions[-1].audience)


class CommentVersion(Base):
    """One wording of a comment, kept with who may read it; an empty one takes the comment back.

    `is_screened` says that the safeguarding reader has looked at it, `predates_reader` that it was written while none was named,
    under the promise that nobody looks up who wrote it, so that none ever sees it.
    """

    __tablename__ = "comment_versions"

    comment_id: Mapped[int] = mapped_column(ForeignKey("comments.id"), primary_key=True, autoincrement=False)
    number: Mapped[int] = mapped_column(primary_key=True)
    text: Mapped[str] = mapped_column(Text)
    audience: Mapped[str] = mapped_column(default=Audience.TEAM)
    is_screened: Mapped[bool] = mapped_column(default=False)
    predates_reader: Mapped[bool] = mapped_column(default=False)
