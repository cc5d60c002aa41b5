"""The codes that the team sorts comments by, which comments carry them, and which comments have been read."""

from sqlalchemy import ForeignKey, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from delphi.database import Base


class Code(Base):
    """One entry of a study's codebook: a short name, and what falls under it and what does not."""

    __tablename__ = "codes"
    __table_args__ = (UniqueConstraint("study_id", "name"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    study_id: Mapped[int] = mapped_column(ForeignKey("studies.id"))
    name: Mapped[str]
    definition: Mapped[str] = mapped_column(Text, default="")
    version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012


class CommentCode(Base):
    """That a comment carries a code."""

    __tablename__ = "comment_codes"

    comment_id: Mapped[int] = mapped_column(ForeignKey("comments.id"), primary_key=True, autoincrement=False)
    code_id: Mapped[int] = mapped_column(ForeignKey("codes.id"), primary_key=True, autoincrement=False, index=True)


class CommentReading(Base):
    """That somebody of the team has said to have read a comment of a closed round."""

    __tablename__ = "comment_readings"

    comment_id: Mapped[int] = mapped_column(ForeignKey("comments.id"), primary_key=True, autoincrement=False)
    read_by: Mapped[int | None] = mapped_column(ForeignKey("researchers.id"))
