"""The outbox: mail is written down with what causes it, and sent by a worker, each once."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from delphi.language import SOURCE
from delphi.models import (
    AccountLink,
    Ballot,
    Contact,
    MailKind,
    OutboxMail,
    Panelist,
    Researcher,
    Role,
    Round,
    RoundMember,
    RoundStatus,
    Standing,
    Study,
    StudyRole,
)
from delphi.services.ballots import is_complete
from delphi.services.keyring import Keyring
from delphi.services.researchers import ROLE_WORDS

MOST_ATTEMPTS = 10  # the waits between them double from two minutes on and add up to seventeen hours
FIRST_WAIT = timedelta(minutes=2)
BATCH = 50
LONGEST_REASON = 500
EVEN_AFTER_THE_CLOSE = (MailKind.ANSWER,)


@dataclass(frozen=True)
class Letter:
    """What a mail needs to be written: whom it goes to, about which study and round, who asks (`contact`), and the way in.

    A letter that is about no round has neither number, deadline, token nor code. One with a link to an account has the token of
    that, and what the roles are called that it brings; one about no study has neither title nor contact.
    """

    mail_id: int
    kind: str
    name: str
    address: str
    study_title: str
    contact: str
    round_number: int | None
    deadline: datetime | None
    token: str | None
    language: str = SOURCE
    code: str | None = None
    account_token: str | None = None
    roles: tuple[str, ...] = ()


def queue_invitations(session: Session, round_: Round, panelists: Iterable[Panelist], *, now: datetime) -> None:
    """Write down an invitation for everybody; the unique key keeps a second one from being written."""
    for panelist in panelists:
        queue_mail(session, round_, panelist, MailKind.INVITATION, now=now)


def queue_mail(session: Session, round_: Round, panelist: Panelist, kind: MailKind, *, now: datetime, occasion: str = "") -> None:
    """Write down a mail to a panelist about a round; the same kind twice only on another `occasion`."""
    session.add(
        OutboxMail(
            study_id=round_.study_id,
            panelist_id=panelist.id,
            round_id=round_.id,
            kind=kind,
            once=_once(kind, round_, panelist, occasion),
            queued_at=now,
            due_at=now,
        )
    )


def queue_reminders(session: Session, round_: Round, *, now: datetime, occasion: str) -> int:
    """Write down a reminder to whoever has not completed the round and wants to be reminded; return how many there are.

    For one occasion nobody gets two, however often this is called.
    """
    rows = session.execute(
        select(Panelist, Ballot.payload)
        .join(RoundMember, RoundMember.panelist_id == Panelist.id)
        .join(Contact, Contact.panelist_id == Panelist.id)
        .outerjoin(Ballot, (Ballot.round_id == RoundMember.round_id) & (Ballot.panelist_id == Panelist.id))
        .where(
            RoundMember.round_id == round_.id,
            Panelist.standing == Standing.ACTIVE,
            Panelist.wants_reminders.is_(True),
            Contact.is_disowned.is_(False),
        )
        .order_by(Panelist.id)
    ).all()
    reminders = select(OutboxMail.once).where(OutboxMail.round_id == round_.id, OutboxMail.kind == MailKind.REMINDER)
    known = set(session.scalars(reminders))
    late = [panelist for panelist, payload in rows if payload is None or not is_complete(payload)]
    to_remind = [panelist for panelist in late if _once(MailKind.REMINDER, round_, panelist, occasion) not in known]
    for panelist in to_remind:
        queue_mail(session, round_, panelist, MailKind.REMINDER, now=now, occasion=occasion)
    session.flush()
    return len(to_remind)


def queue_staff_mail(
    session: Session, study: Study, researcher: Researcher, kind: MailKind, *, now: datetime, occasion: str
) -> None:
    """Write down a mail to a researcher about a study; the same kind twice only on another `occasion`."""
    once = f"{kind}:study {study.id}:researcher {researcher.id}:{occasion}"
    session.add(OutboxMail(study_id=study.id, researcher_id=researcher.id, kind=kind, once=once, queued_at=now, due_at=now))


def claim_next(session: Session, keyring: Keyring, *, now: datetime) -> list[Letter]:
    """Return the next batch that is due, put off for everybody else: commit, send without a lock, then say how it went.

    A mail whose sending is never reported comes up again later. A round that has ended needs no invitation any more, and who
    has declined or withdrawn, or got mail that was not for them, no mail at all: such mail stays unsent. So does a reminder to
    who has completed the round or paused reminders since it was written down.
    """
    _drop_needless_reminders(session, now)
    waiting = session.scalars(
        select(OutboxMail)
        .outerjoin(Round, Round.id == OutboxMail.round_id)
        .outerjoin(Panelist, Panelist.id == OutboxMail.panelist_id)
        .outerjoin(Contact, Contact.panelist_id == OutboxMail.panelist_id)
        .where(
            OutboxMail.sent_at.is_(None),
            OutboxMail.due_at <= now,
            OutboxMail.attempts < MOST_ATTEMPTS,
            or_(OutboxMail.round_id.is_(None), Round.status == RoundStatus.OPEN, OutboxMail.kind.in_(EVEN_AFTER_THE_CLOSE)),
            or_(OutboxMail.panelist_id.is_(None), and_(Panelist.standing == Standing.ACTIVE, Contact.is_disowned.is_(False))),
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


def _drop_needless_reminders(session: Session, now: datetime) -> None:
    """Give up the reminders that are due and no longer wanted or needed."""
    due = session.execute(
        select(OutboxMail, Panelist.wants_reminders, Ballot.payload)
        .join(Panelist, Panelist.id == OutboxMail.panelist_id)
        .outerjoin(Ballot, (Ballot.round_id == OutboxMail.round_id) & (Ballot.panelist_id == OutboxMail.panelist_id))
        .where(
            OutboxMail.kind == MailKind.REMINDER,
            OutboxMail.sent_at.is_(None),
            OutboxMail.due_at <= now,
            OutboxMail.attempts < MOST_ATTEMPTS,
        )
        .order_by(OutboxMail.id)
        .with_for_update(of=OutboxMail, skip_locked=True)
    )
    for mail, is_wanted, payload in due.all():
        if not is_wanted or (payload is not None and is_complete(payload)):
            mail.attempts, mail.last_error = MOST_ATTEMPTS, "no longer wanted or needed"
    session.flush()


def _once(kind: MailKind, round_: Round, panelist: Panelist, occasion: str) -> str:
    return ":".join([kind, str(round_.id), str(panelist.id), *([occasion] if occasion else [])])


def _letter(session: Session, keyring: Keyring, mail: OutboxMail) -> Letter:
    round_ = session.get_one(Round, mail.round_id) if mail.round_id is not None else None
    panelist = session.get_one(Panelist, mail.panelist_id) if mail.panelist_id is not None else None
    study = session.get_one(Study, mail.study_id) if mail.study_id is not None else None
    link = session.get_one(AccountLink, mail.account_link_id) if mail.account_link_id is not None else None
    which = (panelist.id, round_.id, panelist.link_serial) if panelist and round_ else None
    name, address = _recipient(session, keyring, mail)
    return Letter(
        mail_id=mail.id,
        kind=mail.kind,
        name=name,
        address=address,
        study_title=study.title if study else "",
        contact=_owner_address(session, study.id) if study else "",
        round_number=round_.number if round_ else None,
        deadline=round_.deadline if round_ else None,
        token=keyring.link_token(*which) if which else None,
        code=keyring.typed_code(*which) if which else None,
        language=study.language if study else "",
        account_token=keyring.account_token(link.id) if link else None,
        roles=tuple(ROLE_WORDS[Role(role)] for role in link.roles) if link else (),
    )


def _recipient(session: Session, keyring: Keyring, mail: OutboxMail) -> tuple[str, str]:
    """Return name and address; of a researcher we know no name."""
    if mail.account_link_id is not None:
        return "", session.get_one(AccountLink, mail.account_link_id).address
    if mail.panelist_id is None:
        return "", session.get_one(Researcher, mail.researcher_id).email
    contact = session.get_one(Contact, mail.panelist_id)
    return keyring.decrypt(contact.name_ciphertext), keyring.decrypt(contact.address_ciphertext)


def _owner_address(session: Session, study_id: int) -> str:
    """Return the address of who answers for the study: of several owners, the first."""
    owners = (
        select(Researcher.email)
        .join(StudyRole, StudyRole.researcher_id == Researcher.id)
        .where(StudyRole.study_id == study_id, StudyRole.role == Role.OWNER)
        .order_by(StudyRole.granted_at, Researcher.id)
    )
    return session.scalars(owners.limit(1)).one()
