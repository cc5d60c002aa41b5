"""Payment for taking part, as the custodian notes it: beside the contacts, without a word on answers, and in no export."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from delphi.database import lock_row
from delphi.errors import InvalidError, NotFoundError
from delphi.models import Contact, Payment, Study
from delphi.services import auditing
from delphi.services.keyring import Keyring
from delphi.services.panel import panelist_by_address

LONGEST_NOTE = 500


@dataclass(frozen=True)
class Payee:
    """Somebody on the panel, by name, and what is noted of their payment: nothing, that it is due or settled, and a remark."""

    panelist_id: int
    name: str
    address: str
    is_paid: bool
    paid_on: date | None
    note: str


def payees(session: Session, keyring: Keyring, study: Study) -> list[Payee]:
    """Return everybody whose contact is kept, by name, with their payment: for a custodian alone."""
    rows = session.execute(
        select(Contact, Payment)
        .outerjoin(Payment, Payment.panelist_id == Contact.panelist_id)
        .where(Contact.study_id == study.id)
    )
    found = [
        Payee(
            contact.panelist_id,
            keyring.decrypt(contact.name_ciphertext),
            keyring.decrypt(contact.address_ciphertext),
            payment is not None and payment.is_paid,
            payment.paid_on if payment else None,
            keyring.decrypt(payment.note_ciphertext) if payment else "",
        )
        for contact, payment in rows
    ]
    return sorted(found, key=lambda one: (one.name.casefold(), one.address))


def note_payment(
    session: Session,
    keyring: Keyring,
    study: Study,
    people: Collection[int],
    *,
    is_paid: bool,
    paid_on: date | None,
    note: str,
    actor: str,
    now: datetime,
) -> None:
    """Note for these people (by number) that they are paid, or are not; the log says of how many, never of whom or how much."""
    note = " ".join(note.split())
    if not people:
        raise InvalidError("Tick who it is about.")
    if len(note) > LONGEST_NOTE:
        raise InvalidError("A note has at most {most} characters.", most=LONGEST_NOTE)
    lock_row(session, study)
    known = select(Contact.panelist_id).where(Contact.study_id == study.id, Contact.panelist_id.in_(people))
    if len(set(session.scalars(known))) < len(set(people)):
        raise NotFoundError("Somebody of these is not on the panel any more. Open the page again; nothing was changed.")
    for panelist_id in people:
        session.merge(
            Payment(
                panelist_id=panelist_id,
                is_paid=is_paid,
                paid_on=(paid_on or now.date()) if is_paid else None,
                note_ciphertext=keyring.encrypt(note),
            )
        )
    session.flush()
    detail = {"people": len(set(people)), "paid": is_paid}
    auditing.record(session, study, "payment noted", actor=actor, now=now, detail=detail)


def payee_by_address(session: Session, keyring: Keyring, study: Study, address: str) -> int:
    """Return the number of the person on the panel with this address, or refuse."""
    panelist = panelist_by_address(session, keyring, study, address)
    if panelist is None or session.get(Contact, panelist.id) is None:
        raise NotFoundError("{address} is not on the panel of this study.", address=address.strip())
    return panelist.id
