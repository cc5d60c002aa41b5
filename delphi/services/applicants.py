"""Who has asked to join and confirmed their address: seen by a custodian, admitted or not, invited late where a round is open."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from delphi.database import lock_round_to_save, lock_row
from delphi.errors import NotFoundError
from delphi.files.panel import PanelRow
from delphi.language import marked
from delphi.models import (
    Applicant,
    MailKind,
    OutboxMail,
    Panelist,
    Researcher,
    Role,
    Round,
    RoundStatus,
    StakeholderGroup,
    Study,
    StudyRole,
)
from delphi.services import auditing
from delphi.services.ballots import questionnaire_of
from delphi.services.keyring import Keyring
from delphi.services.links import new_member
from delphi.services.outbox import give_up, queue_invitations, queue_once_a_day
from delphi.services.panel import GroupSize, group_sizes, import_panel, panelist_by_address
from delphi.services.results import feedback_for, last_published

SOURCE = marked("the study’s link")
NOBODY = marked("Nobody of that kind waits any more. Somebody else may have answered them, or they took their request back.")


@dataclass(frozen=True)
class Candidate:
    """Somebody who waits for a custodian's answer."""

    id: int
    name: str
    address: str
    group: str


@dataclass(frozen=True)
class Demand:
    """A group with how many wait to join it."""

    group: GroupSize
    n_waiting: int


def candidates(session: Session, keyring: Keyring, study: Study) -> list[Candidate]:
    """Return who waits for an answer, by name, for a custodian."""
    found = [
        Candidate(one.id, keyring.decrypt(one.name_ciphertext), keyring.decrypt(one.address_ciphertext), label)
        for one, label in session.execute(
            select(Applicant, StakeholderGroup.label)
            .join(StakeholderGroup, StakeholderGroup.id == Applicant.group_id)
            .where(Applicant.study_id == study.id, Applicant.is_confirmed.is_(True))
        )
    ]
    return sorted(found, key=lambda one: (one.name.casefold(), one.id))


def demand(session: Session, study: Study) -> list[Demand]:
    """Return each group with its size, how many of it are wanted and how many wait."""
    waiting = (
        select(StakeholderGroup.label, func.count())
        .join(Applicant, Applicant.group_id == StakeholderGroup.id)
        .where(Applicant.study_id == study.id, Applicant.is_confirmed.is_(True))
        .group_by(StakeholderGroup.label)
    )
    n_waiting = Counter({label: n for label, n in session.execute(waiting)})
    return [Demand(size, n_waiting[size.label]) for size in group_sizes(session, study)]


def n_waiting(session: Session, study: Study) -> int:
    """Return how many wait for a custodian's answer."""
    waiting = select(func.count()).where(Applicant.study_id == study.id, Applicant.is_confirmed.is_(True))
    return session.scalar(waiting) or 0


def tell_custodians(session: Session, study: Study, *, now: datetime) -> None:
    """Write down a mail to each custodian as long as somebody waits for their answer: at most one a day."""
    if not n_waiting(session, study):
        return
    custodians = select(Researcher).join(StudyRole, StudyRole.researcher_id == Researcher.id)
    mine = (StudyRole.study_id == study.id, StudyRole.role == Role.CUSTODIAN)
    for custodian in session.scalars(custodians.where(*mine).order_by(Researcher.id)).all():
        queue_once_a_day(session, study, custodian, MailKind.ASKED_TO_JOIN, now=now)


def admit(session: Session, keyring: Keyring, study: Study, applicant_id: int, *, actor: str, now: datetime) -> Round | None:
    """Put somebody who waits on the panel, and return the open round that they are invited to at once, if one takes answers.

    Both are on record. Whoever has come onto the panel otherwise meanwhile is not added twice.
    """
    lock_row(session, study)
    one = _waiting(session, study, applicant_id)
    row = PanelRow(0, keyring.decrypt(one.name_ciphertext), keyring.decrypt(one.address_ciphertext), one.group.label)
    forget(session, [one], now=now)
    if panelist_by_address(session, keyring, study, row.email) is not None:
        return None
    import_panel(session, keyring, study, [row], source=SOURCE, actor=actor, now=now)
    panelist = panelist_by_address(session, keyring, study, row.email)
    assert panelist is not None
    return _invite_late(session, keyring, study, panelist, actor=actor, now=now)


def turn_away(session: Session, study: Study, applicant_id: int, *, actor: str, now: datetime) -> None:
    """Say no to somebody who waits: nothing is kept of them, and the log does not say who they were."""
    lock_row(session, study)
    forget(session, [_waiting(session, study, applicant_id)], now=now)
    auditing.record(session, study, "applicant turned away", actor=actor, now=now)


def forget(session: Session, applicants: Sequence[Applicant], *, now: datetime) -> None:
    """Keep nothing of these people; mail to them that has not gone out never does, and what has is about nobody any more."""
    ids = [one.id for one in applicants]
    for mail in session.scalars(select(OutboxMail).where(OutboxMail.applicant_id.in_(ids))).all():
        if mail.sent_at is None and mail.ended_at is None:
            give_up(session, mail, now=now)
        mail.applicant_id, mail.once = None, f"forgotten {mail.id}"
    session.flush()
    session.execute(delete(Applicant).where(Applicant.id.in_(ids)), execution_options={"synchronize_session": False})
    for one in applicants:
        session.expunge(one)


def _waiting(session: Session, study: Study, applicant_id: int) -> Applicant:
    mine = (Applicant.id == applicant_id, Applicant.study_id == study.id, Applicant.is_confirmed.is_(True))
    one = session.scalar(select(Applicant).where(*mine))
    if one is None:
        raise NotFoundError(NOBODY)
    return one


def _invite_late(
    session: Session, keyring: Keyring, study: Study, panelist: Panelist, *, actor: str, now: datetime
) -> Round | None:
    """Invite somebody to the round that is open, unless it takes no answers any more or asks their group nothing.

    They see what their group is shown.
    """
    opened = session.scalar(select(Round.id).where(Round.study_id == study.id, Round.status == RoundStatus.OPEN))
    if opened is None:
        return None
    lock_round_to_save(session, opened)
    round_ = session.get_one(Round, opened, populate_existing=True)
    asked = questionnaire_of(session, round_)
    if not round_.accepts_answers(now) or not asked.asks(panelist.group.label):
        return None
    previous = last_published(session, study.id, round_.number)
    feedback = feedback_for(session, previous, panelist.group_id) if previous else None
    session.add(new_member(keyring, round_, panelist, feedback.id if feedback else None))
    queue_invitations(session, round_, [panelist], now=now)
    session.flush()
    auditing.record(session, study, "late addition", actor=actor, now=now, detail={"round": round_.number})
    return round_
