"""The safeguarding route: one named reader sees every new text within a working day, and alone may identify a writer.

Everybody else on the team, the owner included, sees nothing of an open round. What the reader sees says nothing of the
writer, and a writer who is identified is told of to a second person.
"""

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import Select, func, select, update
from sqlalchemy.orm import Session, aliased

from delphi.errors import ConflictError, ForbiddenError, InvalidError, NotFoundError
from delphi.models import (
    Comment,
    CommentVersion,
    Contact,
    Conversation,
    ItemVersion,
    MailKind,
    Message,
    Panelist,
    Proposal,
    ProposalVersion,
    Researcher,
    Round,
    Study,
)
from delphi.services import auditing
from delphi.services.keyring import Keyring
from delphi.services.outbox import queue_once_a_day, queue_staff_mail
from delphi.services.protocol import Safeguarding, choices_of, current_protocol
from delphi.services.studies import current_studies

LONGEST_REASON = 1000
FIRST_WEEKEND_DAY = 5  # Saturday, counted from Monday as 0
_REF = re.compile(r"(comment|proposal|message)-([0-9]{1,16})-([0-9]{1,6})")


class Kind(StrEnum):
    """What sort of text somebody wrote."""

    COMMENT = "comment"
    PROPOSAL = "proposal"
    MESSAGE = "message"


@dataclass(frozen=True)
class Text:
    """One text as the reader sees it: what it says and what it is about, under a reference that says nothing of the writer."""

    ref: str
    kind: Kind
    about: str
    words: str


@dataclass(frozen=True)
class Writer:
    """Who wrote a text."""

    name: str
    address: str


@dataclass(frozen=True)
class _Place:
    """Where a text stands: in this version among the versions or messages of its writer's row."""

    kind: Kind
    number: int
    panelist_id: int
    versions: Sequence[CommentVersion] | Sequence[ProposalVersion] | Sequence[Message]


def named_in(session: Session, study: Study) -> Safeguarding | None:
    """Return whom the study's protocol names for safeguarding, or None."""
    return choices_of(current_protocol(session, study)).safeguarding


def is_reader(session: Session, study: Study, researcher: Researcher) -> bool:
    """Tell whether this researcher is the reader whom the protocol names."""
    named = named_in(session, study)
    return named is not None and named.reader == researcher.email


def require_reader(session: Session, study: Study, researcher: Researcher) -> None:
    """Refuse everybody but the reader whom the protocol names, the owner included."""
    if not is_reader(session, study, researcher):
        raise ForbiddenError("Only the safeguarding reader named in the protocol may see this.")


def keep_from_reader(session: Session, study: Study) -> None:
    """Keep what has been written so far from the reader who is being named: its writers were told that nobody looks them up."""
    rounds = select(Round.id).where(Round.study_id == study.id)
    comments = select(Comment.id).where(Comment.round_id.in_(rounds))
    proposals = select(Proposal.id).where(Proposal.round_id.in_(rounds))
    conversations = select(Conversation.id).where(Conversation.study_id == study.id)
    for written, rows in (
        (CommentVersion, CommentVersion.comment_id.in_(comments)),
        (ProposalVersion, ProposalVersion.proposal_id.in_(proposals)),
        (Message, Message.conversation_id.in_(conversations)),
    ):
        session.execute(update(written).where(rows).values(predates_reader=True))


def unread_texts(session: Session, keyring: Keyring, study: Study) -> list[Text]:
    """Return every text as it now stands that the reader has not marked as read, in an order that says nothing."""
    return _texts(session, keyring, study, False)


def read_texts(session: Session, keyring: Keyring, study: Study) -> list[Text]:
    """Return the texts that the reader has marked as read, in an order that says nothing."""
    return _texts(session, keyring, study, True)


def mark_read(session: Session, study: Study, refs: Sequence[str], *, actor: str, now: datetime) -> int:
    """Keep that these texts were read, earlier wordings of them too; a later wording comes up again. Return how many."""
    places = [_find(session, study, ref) for ref in dict.fromkeys(refs)]
    if not places:
        raise InvalidError("Choose what you have read first.")
    for place in places:
        for version in place.versions[: place.number]:
            version.is_screened = True
    auditing.record(session, study, "texts read for safeguarding", actor=actor, now=now, detail={"texts": len(places)})
    return len(places)


def identify_writer(
    session: Session, keyring: Keyring, study: Study, ref: str, reason: str, *, reader: Researcher, now: datetime
) -> Writer:
    """Return who wrote a text, to the reader alone; it goes on record with the reason, and the second person is told."""
    require_reader(session, study, reader)
    why = " ".join(reason.split())
    if not why:
        raise InvalidError("Say why you have to know who wrote it. The reason goes into the log, without the name.")
    if len(why) > LONGEST_REASON:
        raise InvalidError("A reason has at most {most} characters.", most=LONGEST_REASON)
    place = _find(session, study, ref)
    contact = session.get(Contact, place.panelist_id)
    if contact is None:
        raise NotFoundError("The name and address of this writer are no longer kept.")
    entry = auditing.record(
        session,
        study,
        "writer identified",
        actor=auditing.actor_name(reader),
        now=now,
        detail={"kind": place.kind},
        texts={"reason": why},
    )
    second = session.scalar(select(Researcher).where(Researcher.email == _named(session, study).second))
    if second is None:
        raise ConflictError("The second person named in the protocol has no account any more, so nobody could be told of it.")
    queue_staff_mail(session, study, second, MailKind.WRITER_IDENTIFIED, now=now, occasion=f"entry {entry.number}")
    return Writer(keyring.decrypt(contact.name_ciphertext), keyring.decrypt(contact.address_ciphertext))


def tell_readers(session: Session, *, now: datetime) -> None:
    """Write down a mail to each reader who has something to read: at most one a day, on working days.

    No text has a time, so that "older than a day" cannot be known; on every working day is always soon enough.
    """
    if now.weekday() >= FIRST_WEEKEND_DAY:
        return
    for study in current_studies(session):
        named = named_in(session, study)
        reader = session.scalar(select(Researcher).where(Researcher.email == named.reader)) if named else None
        if reader is not None and _has_unread(session, study):
            queue_once_a_day(session, study, reader, MailKind.TEXTS_TO_READ, now=now)


def _named(session: Session, study: Study) -> Safeguarding:
    named = named_in(session, study)
    assert named is not None  # the reader was asked for before
    return named


def _has_unread(session: Session, study: Study) -> bool:
    return any(
        session.execute(rows.limit(1)).first() is not None
        for rows in (_comments(study, False), _proposals(study, False), _messages(study, False))
    )


def _texts(session: Session, keyring: Keyring, study: Study, screened: bool) -> list[Text]:
    texts = [
        Text(f"comment-{version.comment_id}-{version.number}", Kind.COMMENT, item.text, version.text)
        for version, item in session.execute(_comments(study, screened))
    ]
    texts += [
        Text(f"proposal-{version.proposal_id}-{version.number}", Kind.PROPOSAL, _topic(proposal, item), version.text)
        for version, proposal, item in session.execute(_proposals(study, screened))
    ]
    texts += [
        Text(f"message-{one.conversation_id}-{one.number}", Kind.MESSAGE, "", keyring.decrypt(one.text_ciphertext))
        for (one,) in session.execute(_messages(study, screened))
    ]
    # The references are random keys, so their hashes order the texts by nothing, and alike at every look.
    return sorted(texts, key=lambda text: hashlib.sha256(text.ref.encode()).digest())


def _topic(proposal: Proposal, item: ItemVersion | None) -> str:
    return item.text if item is not None else proposal.section_key or ""


def _comments(study: Study, screened: bool) -> Select[CommentVersion, ItemVersion]:
    any_version = aliased(CommentVersion)
    latest = select(func.max(any_version.number)).where(any_version.comment_id == Comment.id).scalar_subquery()
    return (
        select(CommentVersion, ItemVersion)
        .join(Comment, Comment.id == CommentVersion.comment_id)
        .join(ItemVersion, ItemVersion.id == Comment.item_version_id)
        .join(Round, Round.id == Comment.round_id)
        .where(Round.study_id == study.id, CommentVersion.number == latest, CommentVersion.text != "")
        .where(CommentVersion.is_screened.is_(screened), CommentVersion.predates_reader.is_(False))
    )


def _proposals(study: Study, screened: bool) -> Select[ProposalVersion, Proposal, ItemVersion]:
    any_version = aliased(ProposalVersion)
    latest = select(func.max(any_version.number)).where(any_version.proposal_id == Proposal.id).scalar_subquery()
    return (
        select(ProposalVersion, Proposal, ItemVersion)
        .join(Proposal, Proposal.id == ProposalVersion.proposal_id)
        .outerjoin(ItemVersion, ItemVersion.id == Proposal.item_version_id)
        .join(Round, Round.id == Proposal.round_id)
        .where(Round.study_id == study.id, ProposalVersion.number == latest, ProposalVersion.text != "")
        .where(ProposalVersion.is_screened.is_(screened), ProposalVersion.predates_reader.is_(False))
    )


def _messages(study: Study, screened: bool) -> Select[Message]:
    return (
        select(Message)
        .join(Conversation, Conversation.id == Message.conversation_id)
        .where(Conversation.study_id == study.id, Message.is_from_team.is_(False))
        .where(Message.is_screened.is_(screened), Message.predates_reader.is_(False))
    )


def _find(session: Session, study: Study, ref: str) -> _Place:
    """Return what a reference from the reader's page leads to; one that leads nowhere in this study is refused."""
    place = _place(session, *found.groups()) if (found := _REF.fullmatch(ref)) else None
    if place is None or session.get_one(Panelist, place.panelist_id).study_id != study.id:
        raise NotFoundError("This text is no longer there. Open the page again.")
    return place


def _place(session: Session, kind: str, key: str, written_number: str) -> _Place | None:
    number = int(written_number)
    row: Comment | Proposal | Conversation | None
    versions: Sequence[CommentVersion] | Sequence[ProposalVersion] | Sequence[Message] = []
    if kind == Kind.COMMENT:
        row = session.get(Comment, int(key))
        versions = row.versions if row else []
    elif kind == Kind.PROPOSAL:
        row = session.get(Proposal, int(key))
        versions = row.versions if row else []
    else:
        row = session.get(Conversation, int(key))
        versions = row.messages if row else []
    if row is None or not 0 < number <= len(versions):
        return None
    written = versions[number - 1]
    is_of_the_team = isinstance(written, Message) and written.is_from_team
    return None if is_of_the_team or written.predates_reader else _Place(Kind(kind), number, row.panelist_id, versions)
