"""Joining by a study's link: the answers that fit, an address that its owner confirms by mail, and nothing kept of others."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from delphi.database import lock_row
from delphi.errors import ConflictError, InvalidError, NotFoundError
from delphi.language import marked
from delphi.models import Applicant, Contact, MailKind, OutboxMail, Recruitment, StakeholderGroup, Study
from delphi.models.keys import random_key
from delphi.services.applicants import SOURCE, admit, forget
from delphi.services.keyring import Keyring, link_digest
from delphi.services.panel import LONGEST_NAME, is_one_line
from delphi.services.recruiting import NO, YES
from delphi.services.researchers import normal_address

MOST_UNCONFIRMED = 2_000  # of one study at once; more are no people
LASTS = timedelta(days=7)
DEAD = marked(
    "This link does not work any more. It may be incomplete or older than a week, or the team has answered already. "
    "If no invitation comes, ask to join once more: the newest mail has another link."
)


@dataclass(frozen=True)
class Request:
    """What somebody has filled in who asks to join: one answer, yes or no, to each question in its order."""

    name: str
    address: str
    group: str
    answers: Sequence[str]


def ask_to_join(
    session: Session, keyring: Keyring, recruitment: Recruitment, study: Study, request: Request, *, now: datetime
) -> bool:
    """Tell whether the answers fit; if they do, keep who asks and mail them a link that confirms the address.

    Of who does not fit nothing is kept. An address that is known gets at most one mail a day, and none at all once it is
    confirmed or on the panel; to whoever asks all this looks the same.
    """
    lock_row(session, study)
    name, address, group = _checked(session, recruitment, study, request)
    if any(answer != wanted for answer, (_text, wanted) in zip(request.answers, recruitment.questions, strict=True)):
        return False
    _require_room(session, study)
    known = keyring.address_hash(address)
    if session.scalar(select(Contact.panelist_id).where(Contact.study_id == study.id, Contact.address_hash == known)):
        return True
    one = session.scalar(select(Applicant).where(Applicant.study_id == study.id, Applicant.address_hash == known))
    if one is None:
        one = Applicant(id=random_key(), study_id=study.id, address_hash=known, address_ciphertext=keyring.encrypt(address))
        one.link_digest = link_digest(keyring.confirming_token(one.id))
        session.add(one)
    elif one.is_confirmed or one.asked_on == now.date():
        return True
    one.name_ciphertext, one.group_id, one.asked_on = keyring.encrypt(name), group.id, now.date()
    session.flush()
    _queue_mail(session, one, now)
    return True


def application_of(session: Session, token: str, *, now: datetime) -> Applicant:
    """Return who got this link; unknown, answered and old ones are refused in the same words."""
    one = session.scalar(select(Applicant).where(Applicant.link_digest == link_digest(token)))
    if one is None or (not one.is_confirmed and _is_old(one, now)):
        raise NotFoundError(DEAD)
    return one


def confirm(session: Session, keyring: Keyring, token: str, *, now: datetime) -> None:
    """Keep that the address is that of who asked; where the study takes everybody, put them on the panel."""
    one = application_of(session, token, now=now)
    study = session.get_one(Study, one.study_id)
    lock_row(session, study)
    if study.archived_at is not None:
        raise NotFoundError(DEAD)
    session.refresh(one)
    if one.is_confirmed:
        return
    one.is_confirmed = True
    session.flush()
    recruitment = session.get_one(Recruitment, study.id)
    if recruitment.is_open and recruitment.admits_all:
        admit(session, keyring, study, one.id, actor=SOURCE, now=now)


def take_back(session: Session, token: str, *, now: datetime) -> None:
    """Keep nothing of somebody who does not want to join any more, or never did."""
    one = application_of(session, token, now=now)
    lock_row(session, session.get_one(Study, one.study_id))
    forget(session, [one], now=now)


def forget_unconfirmed(session: Session, study: Study, *, now: datetime) -> None:
    """Keep nothing of who has asked and has not confirmed the address within a week."""
    unconfirmed = select(Applicant).where(Applicant.study_id == study.id, Applicant.is_confirmed.is_(False))
    old = unconfirmed.where(Applicant.asked_on < (now - LASTS).date())
    if session.scalar(old.limit(1)) is not None:
        lock_row(session, study)
        forget(session, session.scalars(old.execution_options(populate_existing=True)).all(), now=now)


def _checked(session: Session, recruitment: Recruitment, study: Study, request: Request) -> tuple[str, str, StakeholderGroup]:
    name, address = " ".join(request.name.split()), normal_address(request.address.strip())
    if not name or len(name) > LONGEST_NAME or not is_one_line(name):
        raise InvalidError("Write your name, in at most {most} characters.", most=LONGEST_NAME)
    mine = (StakeholderGroup.study_id == study.id, StakeholderGroup.label == request.group)
    group = session.scalar(select(StakeholderGroup).where(*mine))
    has_answered = len(request.answers) == len(recruitment.questions) and all(one in (YES, NO) for one in request.answers)
    if group is None or not has_answered:
        raise InvalidError("Answer each question, and say for which group you answer.")
    return name, address, group


def _require_room(session: Session, study: Study) -> None:
    mine = (Applicant.study_id == study.id, Applicant.is_confirmed.is_(False))
    if (session.scalar(select(func.count()).select_from(Applicant).where(*mine)) or 0) >= MOST_UNCONFIRMED:
        raise ConflictError(
            "Very many people have asked to join at once, so nothing was kept of what you wrote. Try again in a week."
        )


def _is_old(one: Applicant, now: datetime) -> bool:
    return one.asked_on < (now - LASTS).date()


def _queue_mail(session: Session, one: Applicant, now: datetime) -> None:
    once = f"{MailKind.CONFIRM_ADDRESS}:{one.id}:{now.date().isoformat()}"
    mail = OutboxMail(study_id=one.study_id, applicant_id=one.id, kind=MailKind.CONFIRM_ADDRESS, once=once)
    mail.queued_at = mail.due_at = now
    session.add(mail)
