"""A password that was forgotten, and one that is changed."""

from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from delphi.database import lock_row
from delphi.errors import InvalidError
from delphi.models import AccountLink, LinkPurpose, MailKind, Researcher
from delphi.services import account_links, auditing
from delphi.services.account_links import DEAD, DeadAccountLinkError
from delphi.services.keyring import Keyring
from delphi.services.outbox import queue_account_mail
from delphi.services.researchers import forget_failures, hash_of, is_password_of, known_by, studies_of

SHORTEST_WAIT = timedelta(minutes=10)
MOST_A_DAY = 5


def send_password_link(session: Session, keyring: Keyring, address: str, *, now: datetime) -> None:
    """Mail a link for a new password to this address if it has an account; of any other address nothing comes.

    The links sent before die. One account gets at most one in ten minutes and five a day.
    """
    researcher = known_by(session, address)
    if researcher is None:
        return
    lock_row(session, researcher)
    if not _may_have_another(session, researcher, now):
        return
    earlier = account_links.live_links(session, address=researcher.email, now=now)
    account_links.end(session, (link for link in earlier if link.purpose == LinkPurpose.PASSWORD), now=now)
    account_links.send_link(session, keyring, LinkPurpose.PASSWORD, researcher.email, now=now)


def renew_password(session: Session, link: AccountLink, password: str, *, now: datetime) -> Researcher:
    """Give the account of the link's address this password; every session of it ends, and so does a lock."""
    researcher = known_by(session, link.address)
    if researcher is None or link.purpose != LinkPurpose.PASSWORD:
        raise DeadAccountLinkError(DEAD)
    hashed = hash_of(password)
    account_links.use_up(session, link, now=now)
    _set(session, researcher, hashed, now)
    return researcher


def change_password(session: Session, researcher: Researcher, present: str, password: str, *, now: datetime) -> None:
    """Replace the password that the researcher knows by another; every session ends, so the caller signs them in anew."""
    if not is_password_of(researcher, present):
        raise InvalidError("This is not your password as it is now, so nothing was changed.")
    _set(session, researcher, hash_of(password), now)


def set_password(session: Session, researcher: Researcher, password: str, *, actor: str, now: datetime) -> None:
    """Give an account another password, as who looks after the server may; on record in each of its studies."""
    _set(session, researcher, hash_of(password), now)
    for study in studies_of(session, researcher):
        auditing.record(session, study, "password set", actor=actor, now=now, detail={"researcher": researcher.id})


def _set(session: Session, researcher: Researcher, hashed: str, now: datetime) -> None:
    lock_row(session, researcher)
    researcher.password_hash = hashed
    researcher.session_epoch += 1
    forget_failures(researcher)
    queue_account_mail(session, researcher, MailKind.PASSWORD_CHANGED, now=now)
    session.flush()


def _may_have_another(session: Session, researcher: Researcher, now: datetime) -> bool:
    sent = select(func.count()).where(AccountLink.address == researcher.email, AccountLink.purpose == LinkPurpose.PASSWORD)
    latest = session.scalar(sent.where(AccountLink.created_at > now - SHORTEST_WAIT))
    today = session.scalar(sent.where(AccountLink.created_at > now - timedelta(days=1))) or 0
    return not latest and today < MOST_A_DAY
