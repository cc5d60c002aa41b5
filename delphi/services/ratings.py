"""Saving answers: into an open round only, never silently over what somebody saw differently."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from delphi.database import lock_round_to_save, lock_row
from delphi.errors import InvalidError
from delphi.models import Ballot, Channel, Comment, CommentVersion, Round, RoundMember
from delphi.models.responses import NOT_ANSWERED, UNABLE
from delphi.services.ballots import Questionnaire, change_ballot, empty_ballot, questionnaire_of

LONGEST_COMMENT = 4000
UNABLE_WORD = "unable"
CLEAR_WORD = "clear"


@dataclass(frozen=True)
class Answer:
    """A value for a slot (a level, `unable` or `clear`), and what the form had shown there when it was loaded."""

    value: str
    seen: str = ""


@dataclass(frozen=True)
class Remark:
    """A comment's text, and the number of the version that the form had shown (0 for none)."""

    text: str
    seen: int = 0


@dataclass(frozen=True)
class Clash:
    """A text that was changed elsewhere since the form was loaded; it was not saved, and both are shown."""

    item_key: str
    mine: str
    theirs: str
    theirs_number: int


@dataclass(frozen=True)
class Saved:
    """What a save came to: how many answers changed, which ratings replaced a newer one, which texts clash."""

    n_changed: int
    replaced: tuple[int, ...]
    clashes: tuple[Clash, ...]


def save(
    session: Session,
    member: RoundMember,
    answers: Mapping[int, Answer],
    remarks: Mapping[str, Remark],
    *,
    now: datetime,
    channel: str = Channel.WEB,
) -> Saved:
    """Keep the answers (by slot) and remarks (by item key) that differ from what their form had shown.

    What a form leaves out stays as it is; only `clear` takes a rating back, only an emptied box a comment. For ratings the
    later wins and is reported; a comment that was changed elsewhere meanwhile is not saved but given back.
    """
    round_ = open_for_saving(session, member.round_id, now)
    questionnaire = questionnaire_of(session, round_)
    wanted = {slot: _byte(questionnaire, slot, answer.value) for slot, answer in answers.items()}
    seen = {slot: _byte(questionnaire, slot, answer.seen or CLEAR_WORD) for slot, answer in answers.items()}
    ballot = ballot_to_change(session, member, questionnaire)
    changes = {slot: byte for slot, byte in wanted.items() if byte != seen[slot] and byte != ballot.payload[slot]}
    replaced = tuple(slot for slot in changes if ballot.payload[slot] != seen[slot])
    if changes:
        change_ballot(session, ballot, changes, channel)
    n_remarks, clashes = _save_remarks(session, member, questionnaire, remarks)
    return Saved(len(changes) + n_remarks, replaced, clashes)


def require_answer(questionnaire: Questionnaire, slot: int, value: str) -> None:
    """Refuse a value that is no answer to this question."""
    _byte(questionnaire, slot, value)


def require_comment(text: str) -> None:
    """Refuse a comment that cannot be kept as it is."""
    _clean(text)


def finish(session: Session, member: RoundMember, *, now: datetime) -> Ballot:
    """Note that the panelist has said they are done; answers stay editable until the round closes."""
    round_ = open_for_saving(session, member.round_id, now)
    ballot = ballot_to_change(session, member, questionnaire_of(session, round_))
    ballot.is_finished = True
    return ballot


def open_for_saving(session: Session, round_id: int, now: datetime) -> Round:
    """Return the round, held open until this transaction ends, or refuse because it no longer takes answers."""
    lock_round_to_save(session, round_id)
    round_ = session.get_one(Round, round_id, populate_existing=True)
    round_.require_accepting(now)
    return round_


def ballot_of(session: Session, member: RoundMember) -> Ballot | None:
    """Return the member's ballot, or None before the first answer."""
    return session.get(Ballot, (member.round_id, member.panelist_id))


def ballot_to_change(session: Session, member: RoundMember, questionnaire: Questionnaire) -> Ballot:
    """Return the member's ballot as it now stands, an empty one at first; nobody else changes it until this transaction ends."""
    # The member's row is there before the first ballot is, so two first saves wait for each other instead of colliding.
    lock_row(session, member)
    ballot = session.get(Ballot, (member.round_id, member.panelist_id), populate_existing=True)
    if ballot is None:
        ballot = empty_ballot(member, questionnaire.n_slots)
        session.add(ballot)
        session.flush()
    return ballot


def comments_of(session: Session, member: RoundMember) -> dict[int, Comment]:
    """Return one panelist's comments in one round by item version; taken-back ones too, with an empty text."""
    mine = select(Comment).where(Comment.round_id == member.round_id, Comment.panelist_id == member.panelist_id)
    return {comment.item_version_id: comment for comment in session.scalars(mine)}


def _byte(questionnaire: Questionnaire, slot: int, value: str) -> int:
    scale = questionnaire.choices.scale
    if not 0 <= slot < questionnaire.n_slots:
        raise InvalidError("This form belongs to another round. Open the section again; nothing was changed.")
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


def _save_remarks(
    session: Session, member: RoundMember, questionnaire: Questionnaire, remarks: Mapping[str, Remark]
) -> tuple[int, tuple[Clash, ...]]:
    versions = {version.item.key: version for version in questionnaire.items}
    mine = comments_of(session, member)
    n_saved, clashes = 0, []
    for key, remark in remarks.items():
        if key not in versions:
            raise InvalidError("This form belongs to another round. Open the section again; nothing was changed.")
        text, comment = _clean(remark.text), mine.get(versions[key].id)
        shown = _text_at(comment, remark.seen)
        if text == shown or (comment is not None and text == comment.text):
            continue
        if comment is not None and comment.number != remark.seen:
            clashes.append(Clash(key, text, comment.text, comment.number))
            continue
        if comment is None:
            comment = Comment(round_id=member.round_id, panelist_id=member.panelist_id, item_version_id=versions[key].id)
            session.add(comment)
        comment.versions.append(CommentVersion(number=len(comment.versions) + 1, text=text))
        n_saved += 1
    session.flush()
    return n_saved, tuple(clashes)


def _text_at(comment: Comment | None, number: int) -> str:
    if comment is None:
        return ""
    return next((version.text for version in comment.versions if version.number == number), "")


def _clean(text: str) -> str:
    # Half an emoji, as a cut JSON escape leaves it, cannot be stored; what stands in for it can be seen and mended.
    storable = text.encode("utf-8", "replace").decode()
    clean = storable.replace("\r\n", "\n").replace("\r", "\n").replace("\x00", "").strip()
    if len(clean) > LONGEST_COMMENT:
        raise InvalidError(
            "A comment has at most {most} characters; this one has {n}. Shorten it, or split it between items.",
            most=LONGEST_COMMENT,
            n=len(clean),
        )
    return clean
