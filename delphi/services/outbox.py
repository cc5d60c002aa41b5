"""The outbox: mail is written down with what causes it, and sent by a worker, each once."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from delphi.models import Contact, MailKind, OutboxMail, Panelist, Researcher, Role, Round, RoundStatus, Study, StudyRole
from delphi.services.keyring import Keyring

MOST_ATTEMPTS = 10  # the waits between them double from two minutes on and add up to seventeen hours
FIRST_WAIT = timedelta(minutes=2)
BATCH = 50
LONGEST_REASON = 500


@dataclass(frozen=True)
class Letter:
    """What a mail needs to be written: whom it goes to, about which study and round, who asks (`contact`), and the way in."""

    mail_id: int
    kind: str
    name: str
    address: str
    study_title: str
    contact: str
    round_number: int
    deadline: datetime
    token: str


def queue_invitations(session: Session, round_: Round, panelists: Iterable[Panelist], *, now: datetime) -> None:
    """Write down an invitation for everybody; the unique key keeps a second one from being written."""
    session.add_all(
        OutboxMail(panelist_id=panelist.id, round_id=round_.id, kind=MailKind.INVITATION, queued_at=now, due_at=now)
        for panelist in panelists
    )


def claim_next(session: Session, keyring: Keyring, *, now: datetime) -> list[Letter]:
    """Return the next batch that is due, put off for everybody else: commit, send without a lock, then say how it went.

    A mail whose sending is never reported comes up again later. A round that has ended needs no invitation any more: such
    mail stays unsent.
    """
    waiting = session.scalars(
        select(OutboxMail)
        .join(Round, Round.id == OutboxMail.round_id)
        .where(
            OutboxMail.sent_at.is_(None),
            OutboxMail.due_at <= now,
            OutboxMail.attempts < MOST_ATTEMPTS,
            Round.status == RoundStatus.OPEN,
        )
        .order_by(OutboxMail.due_at, OutboxMail.id)
        .limit(BATCH)
        .with_for_update(of=OutboxMail, skip_locked=True)
    ).all()
    for mail in waiting:
        mail.due_at = now + FIRST_WAIT * 2**mail.attempts
        mail.attempts += 1
    return [_letter(session, keyring, mail) for mail in waiting]


def note_sent(session: Session, mail_id: int, *, now: datetime) -> None:
    """Keep that the mail went out, so that it never goes again."""
    mail = session.get_one(OutboxMail, mail_id)
    mail.sent_at, mail.last_error = now, ""


def note_failed(session: Session, mail_id: int, reason: str) -> None:
    """Keep why the mail could not be sent; it stays for a later try."""
    session.get_one(OutboxMail, mail_id).last_error = reason[:LONGEST_REASON]


def _letter(session: Session, keyring: Keyring, mail: OutboxMail) -> Letter:
    round_ = session.get_one(Round, mail.round_id)
    panelist = session.get_one(Panelist, mail.panelist_id)
    contact = session.get_one(Contact, mail.panelist_id)
    return Letter(
        mail_id=mail.id,
        kind=mail.kind,
        name=keyring.decrypt(contact.name_ciphertext),
        address=keyring.decrypt(contact.address_ciphertext),
        study_title=session.get_one(Study, round_.study_id).title,
        contact=_owner_address(session, round_.study_id),
        round_number=round_.number,
        deadline=round_.deadline,
        token=keyring.link_token(panelist.id, round_.id, panelist.link_serial),
    )


def _owner_address(session: Session, study_id: int) -> str:
    """Return the address of who answers for the study: of several owners, the first."""
    owners = (
        select(Researcher.email)
        .join(StudyRole, StudyRole.researcher_id == Researcher.id)
        .where(StudyRole.study_id == study_id, StudyRole.role == Role.OWNER)
        .order_by(StudyRole.granted_at, Researcher.id)
    )
    return session.scalars(owners.limit(1)).one()
