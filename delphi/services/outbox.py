"""The outbox: mail is written down with what causes it, and sent by a worker, each once; what becomes of it is kept."""

import secrets
from collections.abc import Iterable, Sequence
from datetime import datetime, time, timedelta

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.orm import Session

from delphi.database import lock_outbox
from delphi.language import marked
from delphi.models import (
    Ballot,
    Contact,
    MailEvent,
    MailEventKind,
    MailKind,
    OutboxMail,
    Panelist,
    Researcher,
    Round,
    RoundMember,
    RoundStatus,
    Standing,
    Study,
)
from delphi.services.ballots import Questionnaire, questionnaire_of
from delphi.services.keyring import Keyring
from delphi.services.letters import Letter, letters_of

MOST_ATTEMPTS = 14  # the waits between them double from two minutes to half a day and add up to three days and more
FIRST_WAIT, LONGEST_WAIT = timedelta(minutes=2), timedelta(hours=12)
BATCH = 50
MORNING = time(6)  # UTC; no mail that comes once a day comes earlier
LONGEST_REASON = 500
REACHES_NOBODY = marked("No mail leaves this site, as it has no mail server: it is written to a file, and reaches nobody.")
EVEN_AFTER_THE_CLOSE = (MailKind.ANSWER, MailKind.THANKS)


def queue_invitations(session: Session, round_: Round, panelists: Iterable[Panelist], *, now: datetime) -> None:
    """Write down an invitation for everybody who has an address; the unique key keeps a second one from being written."""
    addressed = select(Contact.panelist_id).where(Contact.study_id == round_.study_id, Contact.address_hash.is_not(None))
    reached = set(session.scalars(addressed))
    for panelist in panelists:
        if panelist.id in reached:
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
    """Write down a reminder to whoever has neither completed nor finished the round and wants to be reminded; return how many.

    For one occasion nobody gets two, however often this is called.
    """
    rows = session.execute(
        select(Panelist, Ballot)
        .join(RoundMember, RoundMember.panelist_id == Panelist.id)
        .join(Contact, Contact.panelist_id == Panelist.id)
        .outerjoin(Ballot, (Ballot.round_id == RoundMember.round_id) & (Ballot.panelist_id == Panelist.id))
        .where(RoundMember.round_id == round_.id, Panelist.wants_reminders.is_(True), can_be_written_to())
        .order_by(Panelist.id)
    ).all()
    reminders = select(OutboxMail.once).where(OutboxMail.round_id == round_.id, OutboxMail.kind == MailKind.REMINDER)
    known = set(session.scalars(reminders))
    asked = questionnaire_of(session, round_)
    late = [panelist for panelist, ballot in rows if not _is_through(asked, ballot)]
    to_remind = [panelist for panelist in late if _once(MailKind.REMINDER, round_, panelist, occasion) not in known]
    for panelist in to_remind:
        queue_mail(session, round_, panelist, MailKind.REMINDER, now=now, occasion=occasion)
    session.flush()
    return len(to_remind)


def queue_staff_mail(
    session: Session,
    study: Study,
    researcher: Researcher,
    kind: MailKind,
    *,
    now: datetime,
    occasion: str,
    round_: Round | None = None,
) -> None:
    """Write down a mail to a researcher about a study; the same kind twice only on another `occasion`."""
    session.add(
        OutboxMail(
            study_id=study.id,
            researcher_id=researcher.id,
            round_id=round_.id if round_ else None,
            kind=kind,
            once=_once_to_staff(kind, study, researcher, occasion),
            queued_at=now,
            due_at=now,
        )
    )


def queue_once_a_day(session: Session, study: Study, researcher: Researcher, kind: MailKind, *, now: datetime) -> None:
    """Write down a mail of this kind to a researcher about a study: not before the morning, and no second one on a day."""
    today = now.date().isoformat()
    of_today = select(OutboxMail.id).where(OutboxMail.once == _once_to_staff(kind, study, researcher, today))
    if now.time() >= MORNING and session.scalar(of_today) is None:
        queue_staff_mail(session, study, researcher, kind, now=now, occasion=today)


def queue_test(session: Session, study: Study, researcher: Researcher, kind: MailKind, *, now: datetime) -> None:
    """Write down a mail of this kind as an invented person would get it, to the researcher's own address."""
    study.require_current()
    once = f"test {kind}:study {study.id}:researcher {researcher.id}:{secrets.token_hex(8)}"
    session.add(
        OutboxMail(study_id=study.id, researcher_id=researcher.id, kind=kind, once=once, queued_at=now, due_at=now, is_test=True)
    )


def can_be_written_to() -> ColumnElement[bool]:
    """Whether mail goes to a panelist: who takes part, at an address that is theirs and that a mail server knows."""
    return and_(
        Panelist.standing == Standing.ACTIVE,
        Contact.address_hash.is_not(None),
        Contact.is_disowned.is_(False),
        Contact.is_bouncing.is_(False),
    )


def queue_account_mail(session: Session, researcher: Researcher, kind: MailKind, *, now: datetime) -> None:
    """Write down a mail to a researcher about their account as it is from this session of theirs on."""
    once = f"{kind}:researcher {researcher.id}:{researcher.session_epoch}"
    session.add(OutboxMail(researcher_id=researcher.id, kind=kind, once=once, queued_at=now, due_at=now))


def claim_next(session: Session, keyring: Keyring, *, now: datetime, a_minute: int = 0) -> list[Letter]:
    """Return the next batch that is due, put off for everybody else: commit, send without a lock, then say how it went.

    In one minute of the clock no more are claimed than `a_minute`, where it is not 0. A mail whose sending is never reported
    comes up again later. A round that has ended needs no invitation any more; who has declined or withdrawn, or cannot be
    reached at their address, gets no mail at all, nor does anybody of an archived study: such mail stays unsent. So does a
    reminder to who has completed the round or paused reminders since it was written down.
    """
    lock_outbox(session)
    n = min(BATCH, _left_this_minute(session, now, a_minute))
    waiting = _next_due(session, now, n)
    while needless := _needless_reminders(session, waiting):
        for mail in needless:
            give_up(session, mail, now=now)
        session.flush()
        waiting = _next_due(session, now, n)
    for mail in waiting:
        mail.due_at = now + min(FIRST_WAIT * 2**mail.attempts, LONGEST_WAIT)
        mail.attempts, mail.tried_at = mail.attempts + 1, now
    return letters_of(session, keyring, waiting, now=now)


def give_back(session: Session, mail_ids: Iterable[int], *, now: datetime) -> None:
    """Take back that these mails were claimed: nobody has begun to send them."""
    for mail in session.scalars(select(OutboxMail).where(OutboxMail.id.in_(mail_ids), OutboxMail.sent_at.is_(None))):
        mail.due_at, mail.attempts, mail.tried_at = now, mail.attempts - 1, None


def note_sent(session: Session, mail_id: int, *, now: datetime) -> None:
    """Keep that the mail went out, so that it never goes again."""
    session.get_one(OutboxMail, mail_id).sent_at = now
    _keep(session, mail_id, MailEventKind.SENT, now)


def note_failed(session: Session, mail_id: int, reason: str, *, now: datetime) -> None:
    """Keep why the mail could not be sent; it stays for a later try, until it has been tried too often."""
    mail = session.get_one(OutboxMail, mail_id)
    if mail.attempts >= MOST_ATTEMPTS:
        mail.ended_at = now
    _keep(session, mail_id, MailEventKind.REFUSED if mail.ended_at else MailEventKind.DEFERRED, now, reason)


def note_refused(session: Session, mail_id: int, reason: str, *, now: datetime, is_unknown: bool) -> None:
    """Keep that the mail was refused for good; where the server knows no such address, nothing more goes there."""
    mail = session.get_one(OutboxMail, mail_id)
    mail.ended_at = now
    if is_unknown and mail.panelist_id is not None:
        session.get_one(Contact, mail.panelist_id).is_bouncing = True
    _keep(session, mail_id, MailEventKind.REFUSED, now, reason)


def give_up(session: Session, mail: OutboxMail, *, now: datetime) -> None:
    """Keep that the mail is not needed any more: it goes out only if it is on its way at this moment."""
    mail.ended_at = now
    _keep(session, mail.id, MailEventKind.DROPPED, now)


def _waits(now: datetime) -> tuple[ColumnElement[bool], ...]:
    return (
        OutboxMail.sent_at.is_(None),
        OutboxMail.ended_at.is_(None),
        OutboxMail.due_at <= now,
        OutboxMail.attempts < MOST_ATTEMPTS,
    )


def _left_this_minute(session: Session, now: datetime, a_minute: int) -> int:
    if a_minute == 0:
        return BATCH
    begun = now.replace(second=0, microsecond=0)
    n_tried = session.scalar(select(func.count()).select_from(OutboxMail).where(OutboxMail.tried_at >= begun)) or 0
    return max(0, a_minute - n_tried)


def _next_due(session: Session, now: datetime, n: int) -> Sequence[OutboxMail]:
    """Return the first n that may go out now, locked."""
    return session.scalars(
        select(OutboxMail)
        .outerjoin(Study, Study.id == OutboxMail.study_id)
        .outerjoin(Round, Round.id == OutboxMail.round_id)
        .outerjoin(Panelist, Panelist.id == OutboxMail.panelist_id)
        .outerjoin(Contact, Contact.panelist_id == OutboxMail.panelist_id)
        .where(
            *_waits(now),
            Study.archived_at.is_(None),
            or_(OutboxMail.round_id.is_(None), Round.status == RoundStatus.OPEN, OutboxMail.kind.in_(EVEN_AFTER_THE_CLOSE)),
            or_(OutboxMail.panelist_id.is_(None), can_be_written_to()),
        )
        .order_by(OutboxMail.due_at, OutboxMail.id)
        .limit(n)
        .with_for_update(of=OutboxMail, skip_locked=True)
    ).all()


def _needless_reminders(session: Session, mails: Sequence[OutboxMail]) -> list[OutboxMail]:
    """Return those of the mails that remind somebody who is through with the round or wants no reminders."""
    reminders = {mail.id: mail for mail in mails if mail.kind == MailKind.REMINDER}
    rows = session.execute(
        select(OutboxMail.id, Panelist.wants_reminders, Ballot)
        .join(Panelist, Panelist.id == OutboxMail.panelist_id)
        .outerjoin(Ballot, (Ballot.round_id == OutboxMail.round_id) & (Ballot.panelist_id == OutboxMail.panelist_id))
        .where(OutboxMail.id.in_(reminders))
        .order_by(OutboxMail.id)
    )
    needless = []
    for id_, is_wanted, ballot in rows:
        asked = questionnaire_of(session, session.get_one(Round, reminders[id_].round_id))
        if not is_wanted or _is_through(asked, ballot):
            needless.append(reminders[id_])
    return needless


def _is_through(asked: Questionnaire, ballot: Ballot | None) -> bool:
    """Whether somebody has completed the round or has said that they have finished, and so is not reminded of it."""
    return ballot is not None and (ballot.is_finished or asked.is_complete(ballot.payload))


def _keep(session: Session, mail_id: int, what: MailEventKind, now: datetime, reason: str = "") -> None:
    n_before = session.scalar(select(func.count()).select_from(MailEvent).where(MailEvent.mail_id == mail_id)) or 0
    session.add(MailEvent(mail_id=mail_id, number=n_before + 1, what=what, reason=reason[:LONGEST_REASON], at=now))


def _once_to_staff(kind: MailKind, study: Study, researcher: Researcher, occasion: str) -> str:
    return f"{kind}:study {study.id}:researcher {researcher.id}:{occasion}"


def _once(kind: MailKind, round_: Round, panelist: Panelist, occasion: str) -> str:
    return ":".join([kind, str(round_.id), str(panelist.id), *([occasion] if occasion else [])])
