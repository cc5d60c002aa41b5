"""What is kept for a panelist's sake rather than for the study's: background, acknowledgement, messages to the team."""

from datetime import date

from sqlalchemy import BigInteger, Date, ForeignKey, LargeBinary
from sqlalchemy.orm import Mapped, mapped_column, relationship

from delphi.database import Base
from delphi.models.keys import random_key


class BackgroundAnswer(Base):
    """A panelist's answer to a background question of the protocol, or (key "interests") the interests they declare."""

    __tablename__ = "background_answers"

    panelist_id: Mapped[int] = mapped_column(ForeignKey("panelists.id"), primary_key=True, autoincrement=False)
    key: Mapped[str] = mapped_column(primary_key=True)
    answer: Mapped[str]


class Acknowledgement(Base):
    """That a panelist wants to be thanked by name in the manual, and by which name; kept as a contact is."""

    __tablename__ = "acknowledgements"

    panelist_id: Mapped[int] = mapped_column(ForeignKey("panelists.id"), primary_key=True, autoincrement=False)
    name_ciphertext: Mapped[bytes] = mapped_column(LargeBinary)


class Conversation(Base):
    """Messages between one panelist and the team. The team knows it by its random key only."""

    __tablename__ = "conversations"

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False, default=random_key)
    study_id: Mapped[int] = mapped_column(ForeignKey("studies.id"))
    panelist_id: Mapped[int] = mapped_column(ForeignKey("panelists.id"), unique=True)

    messages: Mapped[list["Message"]] = relationship(order_by="Message.number", cascade="all, delete-orphan", lazy="selectin")


class Message(Base):
    """One message, as ciphertext, with the day it was sent and no finer time."""

    __tablename__ = "messages"

    conversation_id: Mapped[int] = mapped_column(ForeignKey("conversations.id"), primary_key=True, autoincrement=False)
    number: Mapped[int] = mapped_column(primary_key=True)
    is_from_team: Mapped[bool]
    text_ciphertext: Mapped[bytes] = mapped_column(LargeBinary)
    sent_on: Mapped[date] = mapped_column(Date)
    is_screened: Mapped[bool] = mapped_column(default=False)
    predates_reader: Mapped[bool] = mapped_column(default=False)
