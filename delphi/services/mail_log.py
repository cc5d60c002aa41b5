"""The mail log: for a custodian who got what and when, for everybody else how many, where that tells nothing of anybody."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from delphi.errors import NotFoundError
from delphi.models import Contact, MailEvent, MailKind, OutboxMail, Panelist, Round, RoundStatus, Standing, Study
from delphi.services.keyring import Keyring
from delphi.services.outbox import EVEN_AFTER_THE_CLOSE, can_be_written_to

MAILS_PER_PAGE = 100
# How many of these there are tells nothing but the size of the panel.
TOLD_ALWAYS = (MailKind.INVITATION, MailKind.NEWS)


class MailState(StrEnum):
    """Where a mail stands."""

    WAITING = "waiting"
    DEFERRED = "deferred"
    SENT = "sent"
    REFUSED = "refused"
    NOT_NEEDED = "not needed"
    STOPPED = "stopped"


@dataclass(frozen=True)
class Logged:
    """One mail as a custodian sees it: to whom, of what kind, when and how it stands; never what it says."""

    name: str
    address: str
    kind: MailKind
    round: int | None
    at: datetime
    state: MailState
    reason: str


@dataclass(frozen=True)
class LogPage:
    """A page of the log, the newest first."""

    number: int
    n_pages: int
    mails: Sequence[Logged]


@dataclass(frozen=True)
class Count:
    """How many mails of a kind about a round (None: about none) went out, wait, were refused, and came too late to be needed."""

    round: int | None
    kind: MailKind
    sent: int
    waiting: int
    refused: int
    not_needed: int = 0


def log_of(session: Session, keyring: Keyring, study: Study, number: int) -> LogPage:
    """Return one page of the mail to the panel, counted from 1, or refuse a number that there is not."""
    mine = (OutboxMail.study_id == study.id, OutboxMail.panelist_id.is_not(None))
    n_pages = max(1, -(-(session.scalar(select(func.count()).select_from(OutboxMail).where(*mine)) or 0) // MAILS_PER_PAGE))
    if not 1 <= number <= n_pages:
        raise NotFoundError("The log has pages 1 to {last}.", last=n_pages)
    return LogPage(number, n_pages, list(_logged(session, keyring, mine, (number - 1) * MAILS_PER_PAGE, MAILS_PER_PAGE)))


def whole_log(session: Session, keyring: Keyring, study: Study) -> Iterator[Logged]:
    """Yield every mail to the panel, the newest first."""
    return _logged(session, keyring, (OutboxMail.study_id == study.id, OutboxMail.panelist_id.is_not(None)), 0, None)


def counts_of(session: Session, study: Study) -> list[Count]:
    """Return how many mails went out, for the team: of kinds that tell of nobody, and of thanks once their round has closed."""
    rows = session.execute(
        select(
            Round.number,
            Round.status,
            OutboxMail.kind,
            OutboxMail.sent_at.is_not(None),
            OutboxMail.ended_at.is_not(None),
            func.count(),
        )
        .outerjoin(Round, Round.id == OutboxMail.round_id)
        .where(OutboxMail.study_id == study.id, OutboxMail.panelist_id.is_not(None))
        .group_by(Round.number, Round.status, OutboxMail.kind, OutboxMail.sent_at.is_not(None), OutboxMail.ended_at.is_not(None))
    )
    found: dict[tuple[int | None, str], list[int]] = {}
    for number, status, kind, is_sent, has_ended, n in rows:
        if kind in TOLD_ALWAYS or (kind == MailKind.THANKS and status != RoundStatus.OPEN):
            is_over = status not in (None, RoundStatus.OPEN) and kind not in EVEN_AFTER_THE_CLOSE
            found.setdefault((number, kind), [0, 0, 0, 0])[0 if is_sent else 2 if has_ended else 3 if is_over else 1] += n
    return [
        Count(number, MailKind(kind), *found[number, kind]) for number, kind in sorted(found, key=lambda at: (at[0] or 0, at[1]))
    ]


def n_unreached(session: Session, study: Study) -> int:
    """Return how many of those who take part cannot be reached at the address that is known of them."""
    out_of_reach = select(func.count()).select_from(Contact).join(Panelist, Panelist.id == Contact.panelist_id)
    mine = (Contact.study_id == study.id, Contact.address_hash.is_not(None), Panelist.standing == Standing.ACTIVE)
    return session.scalar(out_of_reach.where(*mine, ~can_be_written_to())) or 0


def _logged(session: Session, keyring: Keyring, which: Sequence[object], offset: int, limit: int | None) -> Iterator[Logged]:
    latest = (
        select(MailEvent.reason)
        .where(MailEvent.mail_id == OutboxMail.id)
        .order_by(MailEvent.number.desc())
        .limit(1)
        .scalar_subquery()
    )
    rows = session.execute(
        select(OutboxMail, Contact, Round.number, Round.status, can_be_written_to(), latest)
        .join(Panelist, Panelist.id == OutboxMail.panelist_id)
        .join(Contact, Contact.panelist_id == OutboxMail.panelist_id)
        .outerjoin(Round, Round.id == OutboxMail.round_id)
        .where(*which)  # type: ignore[arg-type]
        .order_by(OutboxMail.queued_at.desc(), OutboxMail.id)
        .offset(offset)
        .limit(limit)
    )
    for mail, contact, number, status, is_reached, reason in rows:
        yield Logged(
            keyring.decrypt(contact.name_ciphertext),
            keyring.decrypt(contact.address_ciphertext),
            MailKind(mail.kind),
            number,
            mail.sent_at or mail.ended_at or mail.tried_at or mail.queued_at,
            _state(mail, status, is_reached, reason or ""),
            reason or "",
        )


def _state(mail: OutboxMail, round_status: str | None, is_reached: bool, reason: str) -> MailState:
    if mail.sent_at is not None:
        return MailState.SENT
    if mail.ended_at is not None:
        return MailState.REFUSED if reason else MailState.NOT_NEEDED
    if round_status not in (None, RoundStatus.OPEN) and mail.kind not in EVEN_AFTER_THE_CLOSE:
        return MailState.NOT_NEEDED
    if not is_reached:
        return MailState.STOPPED
    return MailState.DEFERRED if mail.attempts else MailState.WAITING
