"""The panel: pseudonymous panelists, and their contacts kept apart from them."""

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import BigInteger, Date, ForeignKey, LargeBinary, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from delphi.database import Base
from delphi.models.keys import new_pseudonym, random_key
from delphi.models.responses import Channel


class StakeholderGroup(Base):
    """A perspective that the panel is made of: practitioners, people who use services, carers, …

    `target` is how many of it are wanted to complete a round; None where nobody has said.
    """

    __tablename__ = "stakeholder_groups"
    __table_args__ = (UniqueConstraint("study_id", "label"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    study_id: Mapped[int] = mapped_column(ForeignKey("studies.id"))
    label: Mapped[str]
    position: Mapped[int]
    target: Mapped[int | None]


class Standing(StrEnum):
    """Whether somebody takes part: a declined or withdrawn panelist gets no mail and no new round."""

    ACTIVE = "active"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"


class Panelist(Base):
    """Someone who answers, known to the study by a pseudonym only.

    A new `link_serial` kills the old link with its code and its sessions, a new `session_epoch` the sessions alone.
    """

    __tablename__ = "panelists"
    __table_args__ = (UniqueConstraint("study_id", "pseudonym"),)

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False, default=random_key)
    study_id: Mapped[int] = mapped_column(ForeignKey("studies.id"))
    pseudonym: Mapped[str] = mapped_column(default=new_pseudonym)
    group_id: Mapped[int] = mapped_column(ForeignKey("stakeholder_groups.id"))
    link_serial: Mapped[int] = mapped_column(default=1)
    session_epoch: Mapped[int] = mapped_column(default=1)
    standing: Mapped[str] = mapped_column(default=Standing.ACTIVE)
    wants_reminders: Mapped[bool] = mapped_column(default=True)
    has_practised: Mapped[bool] = mapped_column(default=False)

    group: Mapped[StakeholderGroup] = relationship()


class PanelistAttribute(Base):
    """A fact about a panelist besides their group that the team knew beforehand: their region, say. Told as counts only."""

    __tablename__ = "panelist_attributes"

    panelist_id: Mapped[int] = mapped_column(ForeignKey("panelists.id"), primary_key=True, autoincrement=False)
    name: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[str]


class Contact(Base):
    """Who a panelist is: name and address as ciphertext, and a keyed hash by which an address is found again.

    Who has no address has no hash, and an empty one as ciphertext: their link is handed to them.

    `is_disowned` says that whoever got the mail said it was not for them, `is_bouncing` that a mail server knows no such address;
    nothing more goes there until it is corrected.
    """

    __tablename__ = "contacts"
    __table_args__ = (UniqueConstraint("study_id", "address_hash"),)

    panelist_id: Mapped[int] = mapped_column(ForeignKey("panelists.id"), primary_key=True, autoincrement=False)
    study_id: Mapped[int] = mapped_column(ForeignKey("studies.id"))
    address_hash: Mapped[str | None]
    name_ciphertext: Mapped[bytes] = mapped_column(LargeBinary)
    address_ciphertext: Mapped[bytes] = mapped_column(LargeBinary)
    is_disowned: Mapped[bool] = mapped_column(default=False)
    is_bouncing: Mapped[bool] = mapped_column(default=False)

    panelist: Mapped[Panelist] = relationship()


class Consent(Base):
    """That a panelist agreed to one version of the consent text, and how they said so."""

    __tablename__ = "consents"

    panelist_id: Mapped[int] = mapped_column(ForeignKey("panelists.id"), primary_key=True, autoincrement=False)
    consent_text_id: Mapped[int] = mapped_column(ForeignKey("consent_texts.id"), primary_key=True)
    agreed_at: Mapped[datetime]
    channel: Mapped[str] = mapped_column(default=Channel.WEB)


class RoundMember(Base):
    """A panelist as they stood when a round opened: their group then, the link they got, the feedback they are shown.

    `link_digest` is the SHA-256 of the personal link's token, `code_digest` a keyed hash of the short code that can be typed
    instead; link and code are derived anew and never stored.
    """

    __tablename__ = "round_members"

    round_id: Mapped[int] = mapped_column(ForeignKey("rounds.id"), primary_key=True)
    panelist_id: Mapped[int] = mapped_column(ForeignKey("panelists.id"), primary_key=True, autoincrement=False)
    group_id: Mapped[int] = mapped_column(ForeignKey("stakeholder_groups.id"))
    link_digest: Mapped[str] = mapped_column(unique=True)
    code_digest: Mapped[str | None] = mapped_column(index=True, unique=True)
    feedback_id: Mapped[int | None] = mapped_column(ForeignKey("feedback.id"))

    group: Mapped[StakeholderGroup] = relationship()
    panelist: Mapped[Panelist] = relationship()


class Payment(Base):
    """What the custodian has noted of somebody's payment for taking part. It stands with the contact, apart from every answer."""

    __tablename__ = "payments"

    panelist_id: Mapped[int] = mapped_column(ForeignKey("panelists.id"), primary_key=True, autoincrement=False)
    is_paid: Mapped[bool]
    paid_on: Mapped[date | None] = mapped_column(Date)
    note_ciphertext: Mapped[bytes] = mapped_column(LargeBinary)
