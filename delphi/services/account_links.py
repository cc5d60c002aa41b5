"""Links by mail to a researcher's account: derived, never stored, good for one act and a while."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from delphi.database import lock_row
from delphi.errors import NotFoundError
from delphi.language import marked
from delphi.models import AccountLink, LinkPurpose, MailKind, OutboxMail, Researcher, Role, Study
from delphi.models.keys import random_key
from delphi.services.keyring import Keyring, link_digest
from delphi.services.outbox import give_up

LASTS = {
    LinkPurpose.INVITATION: timedelta(days=14),
    LinkPurpose.HANDING_ON: timedelta(days=14),
    LinkPurpose.PASSWORD: timedelta(hours=1),
}
_MAIL = {
    LinkPurpose.INVITATION: MailKind.TEAM_INVITATION,
    LinkPurpose.HANDING_ON: MailKind.HANDING_ON,
    LinkPurpose.PASSWORD: MailKind.NEW_PASSWORD,
}
DEAD = marked(
    "This link does not work. It may be incomplete, used already, taken back or too old. "
    "Copy the whole link from the latest mail, or ask for a new one."
)


class DeadAccountLinkError(NotFoundError):
    """A link to an account leads nowhere; which of the reasons it is, nobody is told."""


def send_link(
    session: Session,
    keyring: Keyring,
    purpose: LinkPurpose,
    address: str,
    *,
    now: datetime,
    study: Study | None = None,
    roles: Iterable[Role] = (),
    by: Researcher | None = None,
    reason: str = "",
) -> AccountLink:
    """Make a link for this address, which must be in its normal form, and write down the mail that brings it."""
    number = random_key()
    link = AccountLink(
        id=number,
        purpose=purpose,
        address=address,
        study_id=study.id if study else None,
        roles=[str(role) for role in sorted(roles)],
        by_id=by.id if by else None,
        reason=reason,
        digest=link_digest(keyring.account_token(number)),
        created_at=now,
        expires_at=now + LASTS[purpose],
    )
    session.add(link)
    session.flush()
    session.add(
        OutboxMail(
            study_id=link.study_id,
            account_link_id=link.id,
            kind=_MAIL[purpose],
            once=f"account link {link.id}",
            queued_at=now,
            due_at=now,
        )
    )
    session.flush()
    return link


def link_by_token(session: Session, token: str, *, now: datetime) -> AccountLink:
    """Return the link that this token opens; unknown, used, withdrawn and expired ones are refused in the same words."""
    link = session.scalar(select(AccountLink).where(AccountLink.digest == link_digest(token)))
    if link is None or not link.is_live(now):
        raise DeadAccountLinkError(DEAD)
    return link


def use_up(session: Session, link: AccountLink, *, now: datetime) -> None:
    """Let the link act this once; whoever comes second is refused."""
    lock_row(session, link)
    if not link.is_live(now):
        raise DeadAccountLinkError(DEAD)
    end(session, [link], now=now)


def end(session: Session, links: Iterable[AccountLink], *, now: datetime) -> None:
    """Let these links work no longer; mail with them that has not gone out stays here."""
    for link in links:
        link.ended_at = now
        unsent = OutboxMail.account_link_id == link.id, OutboxMail.sent_at.is_(None), OutboxMail.ended_at.is_(None)
        for mail in session.scalars(select(OutboxMail).where(*unsent)).all():
            give_up(session, mail, now=now)
    session.flush()


def live_links(session: Session, *, now: datetime, address: str = "", study: Study | None = None) -> list[AccountLink]:
    """Return the links that still work, of an address or of a study, the oldest first."""
    links = select(AccountLink).where(AccountLink.ended_at.is_(None), AccountLink.expires_at > now)
    if address:
        links = links.where(AccountLink.address == address)
    if study is not None:
        links = links.where(AccountLink.study_id == study.id)
    return list(session.scalars(links.order_by(AccountLink.created_at, AccountLink.id)))
