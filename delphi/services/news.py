"""News: a mail that the team writes to the panel, sent once."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from delphi.database import lock_row
from delphi.errors import ConflictError
from delphi.models import Ballot, Contact, MailKind, News, NewsAudience, OutboxMail, Panelist, Round, RoundStatus, Study
from delphi.services import auditing
from delphi.services.letters import Wording
from delphi.services.outbox import can_be_written_to


def send_news(
    session: Session, study: Study, wording: Wording, audience: NewsAudience, *, key: str, actor: str, now: datetime
) -> None:
    """Write the mail down for everybody of the audience; the form of this key is sent once.

    Who took part is known of closed rounds only: of an open one the number of mails would tell how many have answered.
    """
    lock_row(session, study)
    if session.scalar(select(News.id).where(News.key == key)) is not None:
        raise ConflictError("This mail is on its way already. Write another one if there is more to say.")
    news = News(study_id=study.id, key=key, audience=audience, subject=wording.subject, body=wording.body, written_at=now)
    to_whom = _audience(session, study, audience)
    if not to_whom:
        raise ConflictError("There is nobody to write to.")
    session.add(news)
    session.flush()
    session.add_all(
        OutboxMail(
            study_id=study.id,
            panelist_id=panelist_id,
            news_id=news.id,
            kind=MailKind.NEWS,
            once=f"{MailKind.NEWS}:{news.id}:{panelist_id}",
            queued_at=now,
            due_at=now,
        )
        for panelist_id in to_whom
    )
    auditing.record(session, study, "news sent", actor=actor, now=now, detail={"audience": audience})


def news_of(session: Session, study: Study) -> list[News]:
    """Return what was written to the panel, the newest first."""
    return list(session.scalars(select(News).where(News.study_id == study.id).order_by(News.id.desc())))


def last_closed(session: Session, study: Study) -> Round | None:
    """Return the latest round that is not open any more."""
    closed = select(Round).where(Round.study_id == study.id, Round.status != RoundStatus.OPEN)
    return session.scalar(closed.order_by(Round.number.desc()).limit(1))


def _audience(session: Session, study: Study, audience: NewsAudience) -> list[int]:
    everybody = (
        select(Panelist.id)
        .join(Contact, Contact.panelist_id == Panelist.id)
        .where(Panelist.study_id == study.id, can_be_written_to())
        .order_by(Panelist.id)
    )
    if audience is NewsAudience.EVERYBODY:
        return list(session.scalars(everybody))
    round_ = last_closed(session, study)
    if round_ is None:
        raise ConflictError("No round has closed yet, so nobody has taken part. Write to everybody instead.")
    took_part = select(Ballot.panelist_id).where(Ballot.round_id == round_.id, Ballot.revision > 0)
    return list(session.scalars(everybody.where(Panelist.id.in_(took_part))))
