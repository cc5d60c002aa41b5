"""Personal links and codes: derived, never stored, and found again by a digest."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from delphi.database import lock_row
from delphi.errors import ConflictError, NotFoundError
from delphi.language import marked
from delphi.models import Contact, Panelist, Round, RoundMember, RoundStatus, Standing, Study, TakenBackLink
from delphi.services import auditing
from delphi.services.care import outside_contact
from delphi.services.keyring import Keyring, link_digest

DEAD_LINK = marked(
    "This link does not work. It may be incomplete, from an earlier round, or replaced by a newer one. "
    "Copy the whole link from the latest mail, or have a new one sent."
)
DEAD_CODE = marked(
    "This code does not work. It may be mistyped, from an earlier round, or replaced by a newer one. "
    "Compare it with the latest mail, or have a new one sent."
)


TAKEN_BACK = marked(
    "The team has taken the opening of this round back, so there is nothing to answer and nothing you need to do. "
    "When a round opens, a new mail with a new link comes to you."
)


ENDED = marked("This study has ended, so there is nothing more to answer and nothing you need to do. Thank you for taking part.")
ENDED_CONTACT = marked(
    "This study has ended, so there is nothing more to answer and nothing you need to do. Thank you for taking part. "
    "If you have a question or want what you gave to be deleted, turn to {contact}."
)


class StudyEndedError(NotFoundError):
    """A link or a code leads to a study that is archived; whoever has it is told so, and whom to turn to."""

    def __init__(self, study: Study) -> None:
        contact = outside_contact(study)
        if contact is None:
            super().__init__(ENDED)
        else:
            super().__init__(ENDED_CONTACT, contact=", ".join(filter(None, (contact.name, contact.phone, contact.mail))))
        self.study = study


class DeadLinkError(NotFoundError):
    """A link or a code leads nowhere; which of the reasons it is, nobody is told."""


class TakenBackError(NotFoundError):
    """A link or a code led to a round whose opening was taken back; whoever has it is told so."""


@dataclass(frozen=True)
class PersonalLink:
    """One panelist's way in, for those who get no mail: the link's token, and the code that can be typed instead."""

    name: str
    address: str
    pseudonym: str
    token: str
    code: str


def member_by_token(session: Session, token: str) -> RoundMember:
    """Return whose link this is; unknown, expired and replaced links are refused in the same words."""
    digest = link_digest(token)
    member = session.scalar(select(RoundMember).where(RoundMember.link_digest == digest))
    if member is None:
        _require_not_taken_back(session, digest)
    if member is None or not _leads_in(session, member.round_id):
        raise DeadLinkError(DEAD_LINK)
    return member


def member_by_code(session: Session, keyring: Keyring, code: str) -> RoundMember:
    """Return whose code this is; unknown, expired and replaced codes are refused in the same words."""
    digest = keyring.code_digest(code)
    member = session.scalar(select(RoundMember).where(RoundMember.code_digest == digest))
    if member is None:
        _require_not_taken_back(session, digest)
    if member is None or not _leads_in(session, member.round_id):
        raise DeadLinkError(DEAD_CODE)
    return member


def member_in_session(session: Session, round_id: int, panelist_id: int, serial: int) -> RoundMember:
    """Return the member that a signed-in panelist is, unless their link was replaced since or a later round is open."""
    member = session.get(RoundMember, (round_id, panelist_id))
    if member is None or member.panelist.link_serial != serial or not _leads_in(session, round_id):
        raise DeadLinkError(DEAD_LINK)
    return member


def new_member(keyring: Keyring, round_: Round, panelist: Panelist, feedback_id: int | None) -> RoundMember:
    """Return the panelist's snapshot for a round that opens."""
    which = (panelist.id, round_.id, panelist.link_serial)
    return RoundMember(
        round_id=round_.id,
        panelist_id=panelist.id,
        group_id=panelist.group_id,
        link_digest=link_digest(keyring.link_token(*which)),
        code_digest=keyring.code_digest(keyring.typed_code(*which)),
        feedback_id=feedback_id,
    )


def replace_link(session: Session, keyring: Keyring, study: Study, member: RoundMember, *, actor: str, now: datetime) -> str:
    """Return a new token for the member's link; every earlier link and code of theirs, and all their sessions, end at once."""
    end_links(session, keyring, member.panelist)
    auditing.record(session, study, "link replaced", actor=actor, now=now)
    return keyring.link_token(member.panelist_id, member.round_id, member.panelist.link_serial)


def end_links(session: Session, keyring: Keyring, panelist: Panelist) -> None:
    """Give the panelist's links and codes a new serial: whoever has an earlier one is out, and stays out."""
    lock_row(session, panelist)
    panelist.link_serial += 1
    for one in session.scalars(select(RoundMember).where(RoundMember.panelist_id == panelist.id)):
        which = (panelist.id, one.round_id, panelist.link_serial)
        one.link_digest = link_digest(keyring.link_token(*which))
        one.code_digest = keyring.code_digest(keyring.typed_code(*which))


def end_sessions(session: Session, panelist: Panelist) -> None:
    """Sign the panelist out on every device; their link brings them back."""
    lock_row(session, panelist)
    panelist.session_epoch += 1


def personal_links(session: Session, keyring: Keyring, study: Study, round_: Round) -> list[PersonalLink]:
    """Return the link to a round of everybody who takes part, by name, for a custodian to hand out."""
    rows = session.execute(
        select(Contact, Panelist)
        .join(Panelist, Panelist.id == Contact.panelist_id)
        .join(RoundMember, RoundMember.panelist_id == Panelist.id)
        .where(Contact.study_id == study.id, RoundMember.round_id == round_.id, Panelist.standing == Standing.ACTIVE)
    )
    links = [
        PersonalLink(
            keyring.decrypt(contact.name_ciphertext),
            keyring.decrypt(contact.address_ciphertext),
            panelist.pseudonym,
            keyring.link_token(panelist.id, round_.id, panelist.link_serial),
            keyring.typed_code(panelist.id, round_.id, panelist.link_serial),
        )
        for contact, panelist in rows
    ]
    return sorted(links, key=lambda link: link.name.casefold())


def _require_not_taken_back(session: Session, digest: str) -> None:
    if session.get(TakenBackLink, digest) is not None:
        raise TakenBackError(TAKEN_BACK)


def hand_out_links(
    session: Session, keyring: Keyring, study: Study, round_: Round, *, actor: str, now: datetime
) -> list[PersonalLink]:
    """Return new links of those who take part and have no address, for a custodian to hand over; earlier ones of theirs die.

    So there is one valid copy of them at a time; each is on record.
    """
    lock_row(session, study)
    rows = session.execute(
        select(Contact, Panelist)
        .join(Panelist, Panelist.id == Contact.panelist_id)
        .join(RoundMember, RoundMember.panelist_id == Panelist.id)
        .where(
            RoundMember.round_id == round_.id,
            Contact.address_hash.is_(None),
            Panelist.standing == Standing.ACTIVE,
        )
    ).all()
    if round_.status != RoundStatus.OPEN or not rows:
        raise ConflictError("There is nobody without an e-mail address in an open round, so there are no links to hand over.")
    for _contact, panelist in rows:
        end_links(session, keyring, panelist)
    session.flush()
    detail = {"round": round_.number, "people": len(rows)}
    auditing.record(session, study, "personal links printed", actor=actor, now=now, detail=detail)
    return [link for link in personal_links(session, keyring, study, round_) if not link.address]


def _leads_in(session: Session, round_id: int) -> bool:
    round_ = session.get_one(Round, round_id)
    study = session.get_one(Study, round_.study_id)
    if study.archived_at is not None:
        raise StudyEndedError(study)
    if round_.status == RoundStatus.OPEN:
        return True
    later = select(Round.id).where(Round.study_id == round_.study_id, Round.number > round_.number)
    return session.scalar(later.limit(1)) is None
