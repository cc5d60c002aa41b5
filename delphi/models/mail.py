"""The outbox: mail that is to go out, kept beside what caused it and sent once."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import BigInteger, ForeignKey, Text
from sqlalchemy.orm import Mapped, mapped_column

from delphi.database import Base
from delphi.models.keys import random_key


class MailKind(StrEnum):
    """What a mail is about; each kind is a template in templates/mail."""

    INVITATION = "invitation"
    REMINDER = "reminder"
    NEW_LINK = "new_link"
    ANSWER = "answer"
    TEXTS_TO_READ = "texts_to_read"
    WRITER_IDENTIFIED = "writer_identified"
    TEAM_INVITATION = "team_invitation"
    HANDING_ON = "handing_on"
    NEW_PASSWORD = "new_password"
    STEP_TO_CONFIRM = "step_to_confirm"


class OutboxMail(Base):
    """One mail to a panelist or to a researcher, about a study and a round where it is about one; or with a link to an account.

    Its words and its link are made when it is sent. `once` names the occasion: a second mail of the same occasion cannot be
    written. `due_at` is when it is to be tried next; every try moves it further off.
    """

    __tablename__ = "outbox"
    id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False, default=random_key)
    study_id: Mapped[int | None] = mapped_column(ForeignKey("studies.id"))
    panelist_id: Mapped[int | None] = mapped_column(ForeignKey("panelists.id"))
    researcher_id: Mapped[int | None] = mapped_column(ForeignKey("researchers.id"))
    round_id: Mapped[int | None] = mapped_column(ForeignKey("rounds.id"))
    account_link_id: Mapped[int | None] = mapped_column(ForeignKey("account_links.id"))
    kind: Mapped[str]
    once: Mapped[str] = mapped_column(unique=True)
    queued_at: Mapped[datetime]
    due_at: Mapped[datetime]
    attempts: Mapped[int] = mapped_column(default=0)
    sent_at: Mapped[datetime | None] = mapped_column(index=True)
    last_error: Mapped[str] = mapped_column(Text, default="")
