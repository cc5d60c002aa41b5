"""Mail: what a study's mail says and when it goes out, the outbox, and the log of what became of each mail."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import JSON, BigInteger, ForeignKey, Text
from sqlalchemy.orm import Mapped, mapped_column

from delphi.database import Base
from delphi.models.keys import random_key


class MailKind(StrEnum):
    """What a mail is about; each kind is a template in templates/mail."""

    INVITATION = "invitation"
    REMINDER = "reminder"
    THANKS = "thanks"
    NEWS = "news"
    NEW_LINK = "new_link"
    ANSWER = "answer"
    CONFIRM_ADDRESS = "confirm_address"
    CLOSE_BY_HAND = "close_by_hand"
    TEXTS_TO_READ = "texts_to_read"
    ASKED_TO_JOIN = "asked_to_join"
    WRITER_IDENTIFIED = "writer_identified"
    TEAM_INVITATION = "team_invitation"
    HANDING_ON = "handing_on"
    NEW_PASSWORD = "new_password"
    STEP_TO_CONFIRM = "step_to_confirm"
    PASSWORD_CHANGED = "password_changed"
    SECOND_STEP_REMOVED = "second_step_removed"


class MailEventKind(StrEnum):
    """What became of a mail: it went out, waits for another try, was refused for good, or is not needed any more."""

    SENT = "sent"
    DEFERRED = "deferred"
    REFUSED = "refused"
    DROPPED = "dropped"


class Thanks(StrEnum):
    """When a panelist is thanked by mail."""

    NEVER = "never"
    FINISHING = "finishing"
    CLOSE = "close"


class NewsAudience(StrEnum):
    """Whom news go to: everybody on the panel, or those who took part in the last round that has closed."""

    EVERYBODY = "everybody"
    PARTICIPANTS = "participants"


class MailPlan(Base):
    """When a study's mail goes out by itself: a study without a row keeps to the defaults.

    `reminder_days` are counted from the day on which a round opens; none switches reminders off. `sender` is who asks, by
    name; "" where mail names the owner's address alone.
    """

    __tablename__ = "mail_plans"

    study_id: Mapped[int] = mapped_column(ForeignKey("studies.id"), primary_key=True)
    time_zone: Mapped[str] = mapped_column(default="UTC")
    reminder_days: Mapped[list[int]] = mapped_column(JSON, default=lambda: [7, 17, 25])
    thanks: Mapped[str] = mapped_column(default=Thanks.NEVER)
    sender: Mapped[str] = mapped_column(default="", server_default="")
    version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012


class MailText(Base):
    """A study's own words for one kind of mail, with {named} places; without a row the usual words go out."""

    __tablename__ = "mail_texts"

    study_id: Mapped[int] = mapped_column(ForeignKey("studies.id"), primary_key=True)
    kind: Mapped[str] = mapped_column(primary_key=True)
    subject: Mapped[str]
    body: Mapped[str] = mapped_column(Text)
    version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012


class News(Base):
    """One mail that the team wrote to the panel. `key` is that of the form it was written in, which is sent once."""

    __tablename__ = "news"

    id: Mapped[int] = mapped_column(primary_key=True)
    study_id: Mapped[int] = mapped_column(ForeignKey("studies.id"))
    key: Mapped[str] = mapped_column(unique=True)
    audience: Mapped[str]
    subject: Mapped[str]
    body: Mapped[str] = mapped_column(Text)
    written_at: Mapped[datetime]


class OutboxMail(Base):
    """One mail to a panelist, to a researcher or to somebody who asks to join, about a study and a round where it is about one;
    or with a link to an account.

    Its words and its link are made when it is sent. `once` names the occasion: a second mail of the same occasion cannot be
    written. `due_at` is when it is to be tried next; every try moves it further off. `ended_at` is when it was given up.
    """

    __tablename__ = "outbox"
    id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False, default=random_key)
    study_id: Mapped[int | None] = mapped_column(ForeignKey("studies.id"))
    panelist_id: Mapped[int | None] = mapped_column(ForeignKey("panelists.id"))
    researcher_id: Mapped[int | None] = mapped_column(ForeignKey("researchers.id"))
    applicant_id: Mapped[int | None] = mapped_column(ForeignKey("applicants.id"))
    round_id: Mapped[int | None] = mapped_column(ForeignKey("rounds.id"))
    account_link_id: Mapped[int | None] = mapped_column(ForeignKey("account_links.id"))
    news_id: Mapped[int | None] = mapped_column(ForeignKey("news.id"))
    kind: Mapped[str]
    is_test: Mapped[bool] = mapped_column(default=False)
    once: Mapped[str] = mapped_column(unique=True)
    queued_at: Mapped[datetime]
    due_at: Mapped[datetime]
    attempts: Mapped[int] = mapped_column(default=0)
    tried_at: Mapped[datetime | None] = mapped_column(index=True)
    sent_at: Mapped[datetime | None] = mapped_column(index=True)
    ended_at: Mapped[datetime | None]


class MailEvent(Base):
    """One thing that became of a mail, append-only. `reason` holds no address: whoever has the database learns nobody's."""

    __tablename__ = "mail_events"

    mail_id: Mapped[int] = mapped_column(ForeignKey("outbox.id"), primary_key=True, autoincrement=False)
    number: Mapped[int] = mapped_column(primary_key=True)
    what: Mapped[str]
    reason: Mapped[str] = mapped_column(Text, default="")
    at: Mapped[datetime]
