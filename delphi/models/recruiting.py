"""Open recruitment: the link that anybody may be given, and who has asked to join by it."""

from datetime import date

from sqlalchemy import JSON, BigInteger, Date, ForeignKey, LargeBinary, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from delphi.database import Base
from delphi.models.keys import random_code, random_key
from delphi.models.panel import StakeholderGroup

KEY_LENGTH = 20  # 100 bits: it is handed around, and nobody comes upon it by trying


def new_recruitment_key() -> str:
    """Return what the address of a study's link ends in.

    >>> len(new_recruitment_key())
    20
    """
    return random_code(KEY_LENGTH)


class Recruitment(Base):
    """How people join a study by themselves: its link, what they read there, and what is asked first.

    `questions` are pairs of a question and the answer, yes or no, of who can take part. `admits_all` says that whoever has
    confirmed an address is on the panel without a custodian's yes.
    """

    __tablename__ = "recruitments"

    study_id: Mapped[int] = mapped_column(ForeignKey("studies.id"), primary_key=True)
    key: Mapped[str] = mapped_column(unique=True, default=new_recruitment_key)
    is_open: Mapped[bool] = mapped_column(default=False)
    admits_all: Mapped[bool] = mapped_column(default=False)
    words: Mapped[str] = mapped_column(Text)
    questions: Mapped[list[list[str]]] = mapped_column(JSON, default=list)
    version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012


class Applicant(Base):
    """Somebody who fits and has asked to join; not on the panel before the address is confirmed and they are admitted.

    Name and address are kept as a contact's are. Of the confirming link there is the digest alone, of when they asked the day.
    """

    __tablename__ = "applicants"
    __table_args__ = (UniqueConstraint("study_id", "address_hash"),)

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False, default=random_key)
    study_id: Mapped[int] = mapped_column(ForeignKey("studies.id"))
    group_id: Mapped[int] = mapped_column(ForeignKey("stakeholder_groups.id"))
    address_hash: Mapped[str]
    name_ciphertext: Mapped[bytes] = mapped_column(LargeBinary)
    address_ciphertext: Mapped[bytes] = mapped_column(LargeBinary)
    link_digest: Mapped[str] = mapped_column(unique=True)
    asked_on: Mapped[date] = mapped_column(Date)
    is_confirmed: Mapped[bool] = mapped_column(default=False)

    group: Mapped[StakeholderGroup] = relationship()
