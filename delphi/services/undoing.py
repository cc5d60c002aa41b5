"""Taking the opening of a round back, for as long as nobody has relied on it."""

from datetime import datetime

from sqlalchemy import delete, or_, select, update
from sqlalchemy.orm import Session

from delphi.database import lock_round_to_move, lock_row
from delphi.errors import ConflictError, InvalidError
from delphi.language import marked
from delphi.models import (
    Ballot,
    Comment,
    CompletionCount,
    Consent,
    Extension,
    OutboxMail,
    Panelist,
    Proposal,
    Protocol,
    Round,
    RoundItem,
    RoundMember,
    RoundOccasion,
    RoundStatus,
    RoundStep,
    Study,
    TakenBackLink,
)
from delphi.services import auditing, sign_off
from delphi.services.outbox import give_up
from delphi.services.studies import rounds_of

LONGEST_REASON = 1000
ENDED = marked("Round {number} is closed, so its opening can no longer be taken back.")
RELIED_ON = marked("Somebody has agreed to take part or answered since round {number} opened, so it can no longer be taken back.")


def undo_opening(session: Session, study: Study, round_: Round, reason: str, *, actor: str, now: datetime) -> None:
    """Make everything as it was before the round opened: draft and protocol can be changed, the round is there no more.

    Mail that has not gone out never does. Links that have gone out are dead, and who follows one is told why. Whoever said
    "no thank you" meanwhile is still taken at their word.
    """
    reason = reason.strip()
    if not reason or len(reason) > LONGEST_REASON:
        raise InvalidError("Say why in 1 to {most} characters. It goes into the log.", most=LONGEST_REASON)
    lock_row(session, study)
    lock_round_to_move(session, round_.id)
    session.refresh(round_)
    _require_undoable(session, round_)
    # What an earlier opening has fixed stays.
    if round_.draft.frozen_at == round_.opened_at:
        round_.draft.frozen_at = None
    _end_links(session, study, round_, now)
    n_dropped = _drop_mail(session, round_, now)
    for rows in (CompletionCount, Extension, RoundOccasion, Ballot, RoundMember, RoundItem):
        session.execute(delete(rows).where(rows.round_id == round_.id))
    number = round_.number
    session.flush()
    session.execute(delete(Round).where(Round.id == round_.id))
    session.expunge(round_)
    if not rounds_of(session, study):
        _unseal(session, study)
    sign_off.undo_confirmed(session, study, RoundStep.OPEN, number)
    detail = {"round": number, "mail": n_dropped}
    auditing.record(session, study, "round opening taken back", actor=actor, now=now, detail=detail, texts={"reason": reason})


def _require_undoable(session: Session, round_: Round) -> None:
    """Refuse unless the round is open and nobody has agreed to take part, saved anything or finished since it opened.

    Only who tries learns this: where it were shown, a look between two counts would tell of the first who has answered.
    """
    if round_.status != RoundStatus.OPEN:
        raise ConflictError(ENDED, number=round_.number)
    if _is_relied_on(session, round_):
        raise ConflictError(RELIED_ON, number=round_.number)


def _is_relied_on(session: Session, round_: Round) -> bool:
    members = select(RoundMember.panelist_id).where(RoundMember.round_id == round_.id)
    signs = (
        select(Ballot.round_id).where(Ballot.round_id == round_.id, or_(Ballot.revision > 0, Ballot.is_finished.is_(True))),
        select(Comment.id).where(Comment.round_id == round_.id),
        select(Proposal.id).where(Proposal.round_id == round_.id),
        select(Consent.panelist_id).where(Consent.panelist_id.in_(members), Consent.agreed_at >= round_.opened_at),
    )
    return any(session.scalar(sign.limit(1)) is not None for sign in signs)


def _unseal(session: Session, study: Study) -> None:
    """Let the protocol be changed again: nobody has answered under it. What was amended meanwhile is part of it then."""
    protocols = session.scalars(select(Protocol).where(Protocol.study_id == study.id).order_by(Protocol.number)).all()
    for protocol in protocols:
        protocol.sealed_at = None
    session.flush()
    first, *amended = protocols
    for one in amended:
        first.content, first.sha256 = one.content, one.sha256
        session.delete(one)
    session.flush()


def _end_links(session: Session, study: Study, round_: Round, now: datetime) -> None:
    members = session.scalars(select(RoundMember).where(RoundMember.round_id == round_.id)).all()
    digests = [digest for member in members for digest in (member.link_digest, member.code_digest) if digest]
    session.add_all(TakenBackLink(digest=digest, study_id=study.id, taken_back_at=now) for digest in digests)
    # A later round may get the same number in the database, and its links must not be the old ones.
    people = [member.panelist_id for member in members]
    session.execute(update(Panelist).where(Panelist.id.in_(people)).values(link_serial=Panelist.link_serial + 1))
    session.flush()
    session.expire_all()


def _drop_mail(session: Session, round_: Round, now: datetime) -> int:
    """Give up what has not gone out; no mail is about the round any more. Return how many letters were dropped."""
    mails = session.scalars(select(OutboxMail).where(OutboxMail.round_id == round_.id)).all()
    dropped = [mail for mail in mails if mail.sent_at is None and mail.ended_at is None]
    for mail in dropped:
        give_up(session, mail, now=now)
    for mail in mails:
        mail.round_id, mail.once = None, f"taken back {mail.id}"  # the same occasion may come again
    session.flush()
    return len(dropped)
