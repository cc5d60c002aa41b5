"""Packs: an open round on paper, for one panelist; printed by somebody who does not know their name, and on record."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from delphi.database import lock_row
from delphi.errors import ConflictError, InvalidError, NotFoundError
from delphi.language import marked
from delphi.models import Channel, ConsentText, Contact, Panelist, Round, RoundMember, RoundStatus, Standing, Study
from delphi.services import auditing
from delphi.services.consent import current_consent
from delphi.services.keyring import Keyring
from delphi.services.studies import rounds_of

RETURN_FACT = "return_address"
LONGEST_ADDRESS = 500
NO_PACK = marked("Nobody in this round has the code name {code}. Look at the label, or ask the person for it.")


@dataclass(frozen=True)
class Pack:
    """What stands on one panelist's pages beside the manual: whose they are, what is agreed to, where to send them by when.

    `code` is the one that can be typed on the site instead of answering on paper.
    """

    study: Study
    round: Round
    member: RoundMember
    consent: ConsentText
    code: str
    return_to: str

    @property
    def pseudonym(self) -> str:
        return self.member.panelist.pseudonym

    @property
    def last_moment(self) -> datetime:
        return self.round.last_moment(Channel.PAPER)


@dataclass(frozen=True)
class Label:
    """Whose envelope a pack goes into: for the custodian, who sees no pack."""

    name: str
    address: str
    pseudonym: str


def open_round_of(session: Session, study: Study) -> Round | None:
    """Return the round that is open now, if one is."""
    rounds = rounds_of(session, study)
    return rounds[-1] if rounds and rounds[-1].status == RoundStatus.OPEN else None


def require_open_round(session: Session, study: Study) -> Round:
    """Return the round that is open now, or refuse: there is nothing to answer on paper."""
    round_ = open_round_of(session, study)
    if round_ is None:
        raise ConflictError("No round is open, so there is nothing to answer on paper.")
    return round_


def member_by_pseudonym(session: Session, round_: Round, written: str) -> RoundMember:
    """Return who has this code name in the round, as it may be written by hand; or refuse."""
    code = "".join(written.split()).upper()
    member = session.scalar(
        select(RoundMember)
        .join(Panelist, Panelist.id == RoundMember.panelist_id)
        .where(RoundMember.round_id == round_.id, Panelist.pseudonym == code)
    )
    if member is None:
        raise NotFoundError(NO_PACK, code=written.strip()[:40])
    return member


def members_on_paper(session: Session, round_: Round, pseudonyms: Collection[str] = ()) -> list[RoundMember]:
    """Return who gets a pack: those who are named, or everybody who takes part, in the order of their code names."""
    if pseudonyms:
        return [member_by_pseudonym(session, round_, pseudonym) for pseudonym in pseudonyms]
    members = (
        select(RoundMember)
        .join(Panelist, Panelist.id == RoundMember.panelist_id)
        .where(RoundMember.round_id == round_.id, Panelist.standing == Standing.ACTIVE)
        .order_by(Panelist.pseudonym)
    )
    return list(session.scalars(members))


def print_pack(
    session: Session, keyring: Keyring, study: Study, round_: Round, member: RoundMember, *, actor: str, now: datetime
) -> Pack:
    """Return what a pack of this person says, and put on record that it was printed."""
    detail = {"round": round_.number, "panelist": member.panelist.pseudonym}
    auditing.record(session, study, "pack printed", actor=actor, now=now, detail=detail)
    return Pack(
        study=study,
        round=round_,
        member=member,
        consent=current_consent(session, study),
        code=keyring.typed_code(member.panelist_id, round_.id, member.panelist.link_serial),
        return_to=return_address(study),
    )


def return_address(study: Study) -> str:
    """Return where packs are to be sent, or nothing while nobody has said so."""
    return str(study.facts.get(RETURN_FACT) or "")


def save_return_address(session: Session, study: Study, address: str) -> None:
    """Keep where packs are to be sent."""
    address = address.replace("\r\n", "\n").strip()
    if not address or len(address) > LONGEST_ADDRESS:
        raise InvalidError("Say where the pack is to be sent, in at most {most} characters.", most=LONGEST_ADDRESS)
    if address != return_address(study):
        lock_row(session, study)
        # A new mapping: a change within the old one would not be noticed.
        study.facts = {**study.facts, RETURN_FACT: address}
        session.flush()


def labels_of(session: Session, keyring: Keyring, round_: Round) -> list[Label]:
    """Return the label of everybody's envelope, by name."""
    rows = session.execute(
        select(Contact, Panelist.pseudonym)
        .join(Panelist, Panelist.id == Contact.panelist_id)
        .join(RoundMember, RoundMember.panelist_id == Panelist.id)
        .where(RoundMember.round_id == round_.id, Panelist.standing == Standing.ACTIVE)
    )
    labels = [
        Label(keyring.decrypt(contact.name_ciphertext), keyring.decrypt(contact.address_ciphertext), pseudonym)
        for contact, pseudonym in rows
    ]
    return sorted(labels, key=lambda label: (label.name.casefold(), label.pseudonym))
