"""Withdrawing for good: what becomes of a person's answers follows from the rule that the protocol has sealed.

A closed round's result is never computed again. What was counted in it and is erased later is on record as a number, so that
the people in the result are those whose ballots are stored and those whose ballots were erased since.
"""

import json
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Delete, delete, select
from sqlalchemy.orm import Session

from delphi.database import lock_round_to_save, lock_row
from delphi.models import (
    Acknowledgement,
    AuditEntry,
    BackgroundAnswer,
    Ballot,
    BallotChange,
    Comment,
    CommentCode,
    CommentReading,
    CommentRelease,
    CommentVersion,
    Consent,
    Contact,
    Conversation,
    DecisionComment,
    MailEvent,
    Message,
    OutboxMail,
    Panelist,
    PanelistAttribute,
    Payment,
    Proposal,
    ProposalVersion,
    Round,
    RoundMember,
    RoundStatus,
    Standing,
    Study,
)
from delphi.services import auditing
from delphi.services.ballots import n_answered
from delphi.services.keyring import Keyring
from delphi.services.links import end_links
from delphi.services.protocol import DELETE, ERASE, choices_of, current_protocol

ACTION = "panelist withdrew"


def withdraw(session: Session, keyring: Keyring, panelist: Panelist, *, now: datetime) -> str:
    """Let somebody go for good and deal with what they have said as the protocol's rule has it; return that rule.

    Nothing more is asked of them and no mail comes; their link and code are dead. The log says that it happened, and of which
    closed rounds a ballot went that their results count; never whose.
    """
    study = session.get_one(Study, panelist.study_id)
    rule = choices_of(current_protocol(session, study)).withdrawal
    rounds = _held_as_they_are(session, panelist)
    lock_row(session, panelist)
    if panelist.standing == Standing.WITHDRAWN:
        return rule
    end_links(session, keyring, panelist)
    panelist.standing = Standing.WITHDRAWN
    session.flush()
    reached = {ERASE: rounds, DELETE: [one for one in rounds if one.status == RoundStatus.OPEN]}.get(rule, [])
    erased = {str(one.number): 1 for one in reached if one.status != RoundStatus.OPEN and _counts(session, panelist, one)}
    _delete_answers(session, study, panelist, [one.id for one in reached])
    if rule == ERASE:
        _delete_person(session, panelist)
    auditing.record(session, study, ACTION, actor=auditing.PANELIST, now=now, detail={"rule": rule, "erased": erased})
    session.flush()
    session.expire_all()  # nothing that was deleted is remembered
    return rule


def n_erased_on_record(session: Session, round_: Round) -> int:
    """Return how many ballots that a closed round's result counts were erased since, as the log has it."""
    acts = select(AuditEntry.detail).where(AuditEntry.study_id == round_.study_id, AuditEntry.action == ACTION)
    return sum(json.loads(detail)["erased"].get(str(round_.number), 0) for detail in session.scalars(acts))


def _held_as_they_are(session: Session, panelist: Panelist) -> list[Round]:
    """Return the rounds that the person was invited to; none of them closes until this transaction ends."""
    mine = select(RoundMember).where(RoundMember.panelist_id == panelist.id).order_by(RoundMember.round_id)
    rounds = []
    for member in session.scalars(mine).all():
        lock_round_to_save(session, member.round_id)
        rounds.append(session.get_one(Round, member.round_id, populate_existing=True))
        lock_row(session, member)  # whoever saves for this person waits, and then finds that they have gone
    return rounds


def _counts(session: Session, panelist: Panelist, round_: Round) -> bool:
    """Tell whether the person is one of those whom the round's result counts."""
    payload = session.scalar(select(Ballot.payload).where(Ballot.panelist_id == panelist.id, Ballot.round_id == round_.id))
    return payload is not None and n_answered(payload) > 0


def _delete_answers(session: Session, study: Study, panelist: Panelist, round_ids: Sequence[int]) -> None:
    comments = select(Comment.id).where(Comment.panelist_id == panelist.id, Comment.round_id.in_(round_ids))
    proposals = select(Proposal.id).where(Proposal.panelist_id == panelist.id, Proposal.round_id.in_(round_ids))
    words = [
        *session.scalars(select(CommentVersion.text).where(CommentVersion.comment_id.in_(comments))),
        *session.scalars(select(CommentRelease.text).where(CommentRelease.comment_id.in_(comments))),
        *session.scalars(select(ProposalVersion.text).where(ProposalVersion.proposal_id.in_(proposals))),
    ]
    auditing.forget_texts(session, study, words)
    of_rounds = (
        (Comment, Comment.round_id),
        (Proposal, Proposal.round_id),
        (BallotChange, BallotChange.round_id),
        (Ballot, Ballot.round_id),
    )
    _run(
        session,
        delete(DecisionComment).where(DecisionComment.comment_id.in_(comments)),
        delete(CommentRelease).where(CommentRelease.comment_id.in_(comments)),
        delete(CommentCode).where(CommentCode.comment_id.in_(comments)),
        delete(CommentReading).where(CommentReading.comment_id.in_(comments)),
        delete(CommentVersion).where(CommentVersion.comment_id.in_(comments)),
        delete(ProposalVersion).where(ProposalVersion.proposal_id.in_(proposals)),
        *(delete(row).where(row.panelist_id == panelist.id, round_id.in_(round_ids)) for row, round_id in of_rounds),
    )


def _delete_person(session: Session, panelist: Panelist) -> None:
    """Delete who the person is and all that is kept for their sake; what stays says that somebody of a group was invited."""
    conversations = select(Conversation.id).where(Conversation.panelist_id == panelist.id)
    mails = select(OutboxMail.id).where(OutboxMail.panelist_id == panelist.id)
    of_person = (Conversation, BackgroundAnswer, PanelistAttribute, Acknowledgement, Consent, OutboxMail, Payment, Contact)
    _run(
        session,
        delete(Message).where(Message.conversation_id.in_(conversations)),
        delete(MailEvent).where(MailEvent.mail_id.in_(mails)),
        *(delete(row).where(row.panelist_id == panelist.id) for row in of_person),
    )


def _run(session: Session, *statements: Delete) -> None:
    for statement in statements:
        session.execute(statement, execution_options={"synchronize_session": False})
