"""Saving answers: into an open round only, never silently over what somebody saw differently."""

from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType

from sqlalchemy import select
from sqlalchemy.orm import Session

from delphi.database import lock_round_to_save, lock_row
from delphi.errors import ConflictError, InvalidError
from delphi.language import marked
from delphi.models import Ballot, Channel, Round, RoundMember, Standing
from delphi.models.responses import NOT_ANSWERED, NOT_ASKED, UNABLE
from delphi.services.ballots import Questionnaire, change_ballot, changes_since, empty_ballot, questionnaire_of
from delphi.services.links import TAKEN_BACK, TakenBackError
from delphi.services.mail_plan import thank_on_finishing
from delphi.services.remarks import OTHER_ROUND, Clash, Remark, save_comments, save_wordings

UNABLE_WORD = "unable"
CLEAR_WORD = "clear"
NOT_ASKED_OF = marked("The group {group} is not asked about {item} in this round. Nothing was changed.")
NONE: Mapping[str, Remark] = MappingProxyType({})


@dataclass(frozen=True)
class Answer:
    """A value for a slot (a level, `unable` or `clear`), and what the form had shown there when it was loaded.

    A page that saves each answer by itself gives the ballot's `revision` at which it knew this one. Its value is meant even
    where it equals what was shown, and it is saved only if the answer has not been changed since: a request that was
    delayed on its way, or is repeated because its reply was lost, never undoes what came after it.

    `is_offered` says that the form itself had chosen the value, the own last rating: then it answers what is open and replaces
    nothing.
    """

    value: str
    seen: str = ""
    revision: int | None = None
    is_offered: bool = False


@dataclass(frozen=True)
class Overtaken:
    """An answer that was not saved, because it was changed since the revision that came with it.

    `was_kept` says that the value had stood there meanwhile: then this may be the repeat of a save whose reply was lost.
    """

    value: str
    was_kept: bool


@dataclass(frozen=True)
class Saved:
    """What a save came to: how many answers changed, which ratings replaced a newer one, which texts clash.

    `comments` and `wordings` are the keys of the items whose texts changed.
    """

    n_changed: int
    replaced: tuple[int, ...]
    clashes: tuple[Clash, ...]
    comments: tuple[str, ...] = ()
    wordings: tuple[str, ...] = ()
    overtaken: Mapping[int, Overtaken] = field(default_factory=dict)


def save(
    session: Session,
    member: RoundMember,
    answers: Mapping[int, Answer],
    remarks: Mapping[str, Remark],
    wordings: Mapping[str, Remark] = NONE,
    *,
    now: datetime,
    channel: str = Channel.WEB,
) -> Saved:
    """Keep the answers (by slot), comments and other words (by item key) that differ from what their form had shown.

    What a form leaves out stays as it is; only `clear` takes a rating back, only an emptied box a text. For ratings the
    later wins and is reported; a text that was changed elsewhere meanwhile is not saved but given back.
    """
    round_ = open_for_saving(session, member.round_id, now, channel)
    questionnaire = questionnaire_of(session, round_)
    wanted = {slot: _byte(questionnaire, slot, answer.value) for slot, answer in answers.items()}
    seen = {slot: _byte(questionnaire, slot, answer.seen or CLEAR_WORD) for slot, answer in answers.items()}
    _require_asked(questionnaire, member, answers, remarks.keys() | wordings.keys())
    ballot = ballot_to_change(session, member, questionnaire)
    overtaken = _overtaken(session, questionnaire, ballot, answers)
    standing = {slot for slot, answer in answers.items() if answer.is_offered and ballot.payload[slot] != NOT_ANSWERED}
    changes = {
        slot: byte
        for slot, byte in wanted.items()
        if byte != ballot.payload[slot]
        and slot not in overtaken
        and slot not in standing
        and (byte != seen[slot] or answers[slot].revision is not None)
    }
    replaced = tuple(slot for slot in changes if ballot.payload[slot] != seen[slot])
    if changes:
        change_ballot(session, ballot, changes, channel)
    comments = save_comments(session, member, questionnaire, remarks)
    words = save_wordings(session, member, questionnaire, wordings)
    n_changed = len(changes) + len(comments.saved) + len(words.saved)
    return Saved(n_changed, replaced, (*comments.clashes, *words.clashes), comments.saved, words.saved, overtaken)


def require_answer(questionnaire: Questionnaire, slot: int, value: str) -> None:
    """Refuse a value that is no answer to this question."""
    _byte(questionnaire, slot, value)


def word_of(questionnaire: Questionnaire, byte: int) -> str:
    """Return an answer as a form shows it; nothing where there is none."""
    if byte == UNABLE:
        return UNABLE_WORD
    return "" if byte in (NOT_ANSWERED, NOT_ASKED) else str(questionnaire.level_of(byte))


def finish(session: Session, member: RoundMember, *, now: datetime, channel: str = Channel.WEB) -> Ballot:
    """Note that the panelist has said they are done; answers stay editable until the round closes."""
    round_ = open_for_saving(session, member.round_id, now, channel)
    ballot = ballot_to_change(session, member, questionnaire_of(session, round_))
    ballot.is_finished = True
    thank_on_finishing(session, round_, member.panelist, now=now)
    return ballot


def open_for_saving(session: Session, round_id: int, now: datetime, channel: str = Channel.WEB) -> Round:
    """Return the round, held open until this transaction ends, or refuse because it no longer takes answers."""
    lock_round_to_save(session, round_id)
    round_ = session.get(Round, round_id, populate_existing=True)
    if round_ is None:
        raise TakenBackError(TAKEN_BACK)
    round_.require_accepting(now, channel)
    return round_


def ballot_of(session: Session, member: RoundMember) -> Ballot | None:
    """Return the member's ballot, or None before the first answer."""
    return session.get(Ballot, (member.round_id, member.panelist_id))


def ballots_of(session: Session, panelist_id: int, rounds: Sequence[Round]) -> dict[int, Ballot]:
    """Return one panelist's ballots in these rounds, by the round's id."""
    ids = [round_.id for round_ in rounds]
    mine = session.scalars(select(Ballot).where(Ballot.panelist_id == panelist_id, Ballot.round_id.in_(ids)))
    return {ballot.round_id: ballot for ballot in mine}


def ballot_to_change(session: Session, member: RoundMember, questionnaire: Questionnaire) -> Ballot:
    """Return the member's ballot as it now stands, an empty one at first; nobody else changes it until this transaction ends."""
    # The member's row is there before the first ballot is, so two first saves wait for each other instead of colliding.
    lock_row(session, member)
    session.refresh(member.panelist)
    if member.panelist.standing != Standing.ACTIVE:
        raise ConflictError("This person has said no or withdrawn, so no answers of theirs are taken. Nothing was changed.")
    ballot = session.get(Ballot, (member.round_id, member.panelist_id), populate_existing=True)
    if ballot is None:
        ballot = empty_ballot(member, questionnaire)
        session.add(ballot)
        session.flush()
    return ballot


def _require_asked(questionnaire: Questionnaire, member: RoundMember, slots: Iterable[int], keys: Set[str]) -> None:
    """Refuse answers and texts on what the protocol asks other groups about, and not this one."""
    about = {questionnaire.item_of(slot).item.key for slot in slots} | keys
    for place in sorted(questionnaire.not_asked_of(member)):
        if (key := questionnaire.items[place].item.key) in about:
            raise InvalidError(NOT_ASKED_OF, group=member.group.label, item=key)


def _overtaken(
    session: Session, questionnaire: Questionnaire, ballot: Ballot, answers: Mapping[int, Answer]
) -> dict[int, Overtaken]:
    known = {slot: answer.revision for slot, answer in answers.items() if answer.revision is not None}
    found = {}
    for slot, since in changes_since(session, ballot, known).items():
        wanted = _byte(questionnaire, slot, answers[slot].value)
        if since and since[-1] != wanted:
            found[slot] = Overtaken(word_of(questionnaire, since[-1]), wanted in since)
    return found


def _byte(questionnaire: Questionnaire, slot: int, value: str) -> int:
    scale = questionnaire.choices.scale
    if not 0 <= slot < questionnaire.n_slots:
        raise InvalidError(OTHER_ROUND)
    if value == UNABLE_WORD:
        return UNABLE
    if value == CLEAR_WORD:
        return NOT_ANSWERED
    if value in {str(level) for level in scale.levels}:
        return questionnaire.byte_of(int(value))
    raise InvalidError(
        "{value!r} is not an answer here. Choose a whole number from {low} to {high}, or “unable to rate”.",
        value=value[:40],
        low=scale.low,
        high=scale.high,
    )
