"""What a custodian does about mail that does not arrive: putting an address right, sending a new link."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from delphi.database import lock_row
from delphi.errors import ConflictError, NotFoundError
from delphi.models import Contact, MailKind, OutboxMail, Panelist, Round, RoundMember, RoundStatus, Standing, Study
from delphi.services import auditing
from delphi.services.keyring import Keyring
from delphi.services.links import end_links
from delphi.services.new_links import mail_new_link
from delphi.services.panel import panelist_by_address, panelist_without_address
from delphi.services.researchers import normal_address


def correct_address(
    session: Session, keyring: Keyring, study: Study, present: str, right: str, *, actor: str, now: datetime
) -> None:
    """Give a person another address. Links that went to the earlier one die; an open round's way in goes to the new one."""
    lock_row(session, study)
    panelist = _known(session, keyring, study, present)
    address = normal_address(right.strip())
    known = keyring.address_hash(address)
    if session.scalar(select(Contact).where(Contact.study_id == study.id, Contact.address_hash == known)) is not None:
        raise ConflictError("{address} is on the panel already, so nothing was changed.", address=address)
    contact = session.get_one(Contact, panelist.id)
    contact.address_hash, contact.address_ciphertext, contact.is_disowned = known, keyring.encrypt(address), False
    contact.is_bouncing = False
    session.flush()
    auditing.record(session, study, "address corrected", actor=actor, now=now)
    opened = _open_round(session, study, panelist)
    if opened is None or panelist.standing != Standing.ACTIVE:
        end_links(session, keyring, panelist)
    elif (waiting := _unsent_invitation(session, *opened)) is not None:
        end_links(session, keyring, panelist)
        waiting.attempts, waiting.due_at, waiting.ended_at = 0, now, None  # it brings the new link
    else:
        mail_new_link(session, keyring, *opened, actor=actor, now=now)


def send_new_link(session: Session, keyring: Keyring, study: Study, address: str, *, actor: str, now: datetime) -> None:
    """Mail somebody a new link to the open round, or say why none can go out; their earlier one dies."""
    lock_row(session, study)
    panelist = _known(session, keyring, study, address)
    contact = session.get_one(Contact, panelist.id)
    if contact.address_hash is None:
        raise ConflictError("This person has no e-mail address. Hand the link over from the list for those without one.")
    if contact.is_disowned:
        raise ConflictError("Mail to this address came to the wrong person. Correct the address; a new link goes out with it.")
    if contact.is_bouncing:
        raise ConflictError("Mail to this address comes back. Correct the address; a new link goes out with it.")
    if panelist.standing != Standing.ACTIVE:
        raise ConflictError("This person has said no or withdrawn, and gets no more mail.")
    opened = _open_round(session, study, panelist)
    if opened is None:
        raise ConflictError("This person is not invited to an open round, so there is no link to send.")
    mail_new_link(session, keyring, *opened, actor=actor, now=now)


def note_bounce(session: Session, keyring: Keyring, study: Study, address: str, *, actor: str, now: datetime) -> None:
    """Keep that mail to this address came back: nothing more goes there until it is corrected."""
    lock_row(session, study)
    contact = session.get_one(Contact, _known(session, keyring, study, address).id)
    if contact.is_bouncing or contact.address_hash is None:
        raise ConflictError("This is noted already. Nothing goes to this address until it is corrected.")
    contact.is_bouncing = True
    auditing.record(session, study, "bounce noted", actor=actor, now=now)


def _known(session: Session, keyring: Keyring, study: Study, address: str) -> Panelist:
    panelist = panelist_by_address(session, keyring, study, address)
    panelist = panelist or panelist_without_address(session, keyring, study, address)
    if panelist is None or session.get(Contact, panelist.id) is None:
        raise NotFoundError(
            "{address} is not on the panel. Copy the address from the list of the panel.", address=address.strip()
        )
    return panelist


def _open_round(session: Session, study: Study, panelist: Panelist) -> tuple[Round, RoundMember] | None:
    row = session.execute(
        select(Round, RoundMember)
        .join(RoundMember, RoundMember.round_id == Round.id)
        .where(Round.study_id == study.id, Round.status == RoundStatus.OPEN, RoundMember.panelist_id == panelist.id)
    ).first()
    return (row[0], row[1]) if row else None


def _unsent_invitation(session: Session, round_: Round, member: RoundMember) -> OutboxMail | None:
    return session.scalar(
        select(OutboxMail).where(
            OutboxMail.round_id == round_.id,
            OutboxMail.panelist_id == member.panelist_id,
            OutboxMail.kind == MailKind.INVITATION,
            OutboxMail.sent_at.is_(None),
        )
    )
