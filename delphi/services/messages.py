"""Messages between a panelist and the team: kept as ciphertext, with the day alone, and no name beside them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from delphi.database import lock_row
from delphi.errors import ConflictError, InvalidError, NotFoundError
from delphi.models import Conversation, MailKind, Message, Panelist, Round, RoundMember, Study
from delphi.services import auditing
from delphi.services.keyring import Keyring
from delphi.services.outbox import queue_mail

LONGEST_MESSAGE = 4000
MOST_UNANSWERED = 20


@dataclass(frozen=True)
class Line:
    """One message that can be read: its number in the conversation, who wrote it, on which day, and what it says."""

    number: int
    is_from_team: bool
    sent_on: date
    text: str


@dataclass(frozen=True)
class Thread:
    """A conversation as the team sees it: a random key, and what was said."""

    key: int
    lines: tuple[Line, ...]

    @property
    def is_waiting(self) -> bool:
        """Whether the last word is the panelist's."""
        return not self.lines[-1].is_from_team


def write_to_team(session: Session, keyring: Keyring, panelist: Panelist, text: str, *, now: datetime) -> None:
    """Keep a message from a panelist to the team, with the day and no finer time."""
    words = require_message(text)
    lock_row(session, panelist)  # two first messages wait for each other instead of beginning two conversations
    conversation = _conversation_of(session, panelist)
    if conversation is None:
        conversation = Conversation(study_id=panelist.study_id, panelist_id=panelist.id)
        session.add(conversation)
    unanswered = [message for message in conversation.messages[-MOST_UNANSWERED:] if not message.is_from_team]
    if len(unanswered) == MOST_UNANSWERED:
        raise ConflictError("Many of your messages wait for an answer. This one was not sent; write again after the answer.")
    _append(keyring, conversation, words, is_from_team=False, now=now)
    session.flush()


def require_message(text: str) -> str:
    """Return the message as it is kept, or refuse an empty or an overlong one."""
    words = text.encode("utf-8", "replace").decode().replace("\r\n", "\n").replace("\x00", "").strip()
    if not words:
        raise InvalidError("The message is empty. Write something, or go back.")
    if len(words) > LONGEST_MESSAGE:
        raise InvalidError(
            "A message has at most {most} characters; this one has {n}. Shorten it, or send it in parts.",
            most=LONGEST_MESSAGE,
            n=len(words),
        )
    return words


def own_messages(session: Session, keyring: Keyring, panelist: Panelist) -> tuple[Line, ...]:
    """Return what this panelist and the team have written to each other, the earliest first."""
    conversation = _conversation_of(session, panelist)
    return _lines(keyring, conversation) if conversation else ()


def threads(session: Session, keyring: Keyring, study: Study) -> list[Thread]:
    """Return the study's conversations: those that wait for an answer first, then the latest day first, else by random key."""
    found = session.scalars(select(Conversation).where(Conversation.study_id == study.id).order_by(Conversation.id))
    everybody = [Thread(one.id, _lines(keyring, one)) for one in found]
    return sorted(everybody, key=lambda thread: (not thread.is_waiting, -thread.lines[-1].sent_on.toordinal()))


def find_thread(session: Session, keyring: Keyring, study: Study, key: int) -> Thread:
    """Return the study's conversation with this key, or refuse."""
    conversation = _conversation(session, study, key)
    return Thread(conversation.id, _lines(keyring, conversation))


def n_waiting(session: Session, study: Study) -> int:
    """Return how many conversations wait for an answer of the team."""
    found: Sequence[Conversation] = session.scalars(select(Conversation).where(Conversation.study_id == study.id)).all()
    return sum(not conversation.messages[-1].is_from_team for conversation in found)


def answer(
    session: Session, keyring: Keyring, study: Study, key: int, text: str, *, seen: int, actor: str, now: datetime
) -> None:
    """Answer a panelist and have a mail tell them so; refused when more was written since message `seen`.

    The log says that an answer was given, not to whom and not what.
    """
    words = require_message(text)
    conversation = _conversation(session, study, key)
    lock_row(session, conversation)
    if conversation.messages[-1].number != seen:
        raise ConflictError("Something was written meanwhile. Your answer was not sent; read what is new above it.")
    message = _append(keyring, conversation, words, is_from_team=True, now=now)
    session.flush()
    panelist = session.get_one(Panelist, conversation.panelist_id)
    if (round_ := _latest_round(session, panelist)) is not None:
        queue_mail(session, round_, panelist, MailKind.ANSWER, now=now, occasion=str(message.number))
    auditing.record(session, study, "message answered", actor=actor, now=now)


def _append(keyring: Keyring, conversation: Conversation, words: str, *, is_from_team: bool, now: datetime) -> Message:
    message = Message(
        number=len(conversation.messages) + 1,
        is_from_team=is_from_team,
        text_ciphertext=keyring.encrypt(words),
        sent_on=now.date(),
    )
    conversation.messages.append(message)
    return message


def _lines(keyring: Keyring, conversation: Conversation) -> tuple[Line, ...]:
    return tuple(
        Line(message.number, message.is_from_team, message.sent_on, keyring.decrypt(message.text_ciphertext))
        for message in conversation.messages
    )


def _conversation_of(session: Session, panelist: Panelist) -> Conversation | None:
    return session.scalar(select(Conversation).where(Conversation.panelist_id == panelist.id))


def _conversation(session: Session, study: Study, key: int) -> Conversation:
    conversation = session.get(Conversation, key)
    if conversation is None or conversation.study_id != study.id:
        raise NotFoundError("There is no such conversation in this study.")
    return conversation


def _latest_round(session: Session, panelist: Panelist) -> Round | None:
    """Return the latest round that this panelist was invited to, open or not: its link leads in until a later one opens."""
    rounds = select(Round).join(RoundMember, RoundMember.round_id == Round.id).where(RoundMember.panelist_id == panelist.id)
    return session.scalar(rounds.order_by(Round.number.desc()).limit(1))
