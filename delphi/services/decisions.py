"""Decisions: what is done about each item after a round, why, and which comments that answers; carried out in the next draft."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from hashlib import sha256

from sqlalchemy import delete, select
from sqlalchemy.orm import Session, selectinload

from delphi.database import lock_row
from delphi.errors import ConflictError, InvalidError, NotFoundError
from delphi.language import marked
from delphi.manual.outline import Outline
from delphi.manual.parse import parse_wording
from delphi.models import (
    Action,
    Comment,
    Decision,
    Draft,
    EditClass,
    Item,
    ItemLineage,
    ItemVersion,
    Researcher,
    Round,
    RoundItem,
    RoundStatus,
    Study,
)
from delphi.services import auditing
from delphi.services.drafts import Change, item_versions, latest_draft, outline_of, store_outline, working_draft
from delphi.services.revision import Parents, Words, carry_out, undo

SHORTEST_REASON = 5
LONGEST_REASON = 4000
MOST_PRODUCTS = 3


@dataclass(frozen=True)
class Verdict:
    """What the team wants done about an item: the action, the reason, and for new wordings the text by item key.

    A split names its products, a merge the one item that stays (`into`); `answers` are ids of comments. `plains` are the new
    words in plain language by item key, where there are any.
    """

    action: Action
    reason: str
    wordings: Mapping[str, str] = field(default_factory=dict)
    into: str = ""
    is_typo: bool = False
    answers: Sequence[int] = ()
    plains: Mapping[str, str] = field(default_factory=dict)


def decide(
    session: Session,
    study: Study,
    round_: Round,
    item_key: str,
    verdict: Verdict,
    *,
    version: int,
    by: Researcher | None,
    actor: str,
    now: datetime,
    stands: str | None = None,
) -> Decision:
    """Keep a decision on an item and carry it out in the working draft, undoing an earlier one on the same item.

    `version` is the decision's version that the form had shown (0 for none): a newer one is not overwritten. Nor is what
    somebody has made of the item's words by hand since: `stands` says which words the form had shown (`words_of`).
    """
    lock_row(session, study)
    asked = _asked(session, round_, item_key)
    _require_newest(session, round_)
    verdict = _sound(item_key, verdict)
    _require_own_ratings(session, study, item_key, verdict)
    earlier = _as_shown(session, study, round_, asked, version, stands)
    draft = working_draft(session, study, now=now)
    if earlier is not None:
        _take_back(session, study, round_, draft, item_key, earlier)
    decision = earlier or Decision(round_id=round_.id, item_id=asked.item_id)
    _write(decision, asked, verdict, by, now)
    session.add(decision)
    session.flush()
    decision.answers = _comments(session, asked, verdict.answers)
    _carry_out(session, study, round_, draft, item_key, decision)
    auditing.record(
        session,
        study,
        "decision",
        actor=actor,
        now=now,
        detail={"round": round_.number, "item": item_key, "version": asked.label, "action": verdict.action},
        texts={"reason": decision.reason},
    )
    return decision


def _as_shown(
    session: Session, study: Study, round_: Round, asked: ItemVersion, version: int, stands: str | None
) -> Decision | None:
    """Return the decision on an item that there is, if that and the item's words are the ones that the form had shown."""
    earlier = session.scalar(select(Decision).where(Decision.round_id == round_.id, Decision.item_id == asked.item_id))
    if (earlier.version if earlier else 0) != version:
        raise ConflictError("Somebody else has decided on this item meanwhile. Look at their decision, then decide again.")
    if stands is not None and stands != words_of(item_versions(session, latest_draft(session, study)).get(asked.item.key)):
        raise ConflictError("Somebody else has changed this item in the draft meanwhile. Open it again, then decide.")
    return earlier


def _write(decision: Decision, asked: ItemVersion, verdict: Verdict, by: Researcher | None, now: datetime) -> None:
    decision.item_version_id, decision.action, decision.reason = asked.id, verdict.action, verdict.reason
    decision.wordings = {
        "texts": dict(verdict.wordings),
        "plains": dict(verdict.plains),
        "into": verdict.into,
        "is_typo": verdict.is_typo,
    }
    decision.decided_by, decision.decided_at = (by.id if by else None), now


def foresee(session: Session, study: Study, round_: Round, item_key: str, verdict: Verdict) -> Outline:
    """Return the manual as it would read after this decision, or refuse what could not be decided; nothing is kept.

    The reason is not needed yet.
    """
    _asked(session, round_, item_key)
    _require_newest(session, round_)
    verdict = _sound_words(item_key, verdict)
    _require_own_ratings(session, study, item_key, verdict)
    rated, now = outline_of(session, round_.draft), outline_of(session, latest_draft(session, study))
    taken = decisions_of(session, round_)
    if (earlier := taken.get(item_key)) is not None:
        now = _before(now, rated, item_key, earlier, taken)
    words = Words(verdict.wordings, verdict.plains, verdict.is_typo)
    return _carried_out(now, rated, item_key, verdict.action, words, verdict.into)[0]


def words_of(version: ItemVersion | None) -> str:
    """Return what tells the words of an item in the draft from any others; "" where it is in it no more."""
    if version is None:
        return ""
    return sha256("\0".join((version.kind, version.text, version.plain)).encode()).hexdigest()[:16]


def decisions_of(session: Session, round_: Round) -> dict[str, Decision]:
    """Return the round's decisions by item key."""
    return decisions_after(session, [round_])[round_.id]


def decisions_after(session: Session, rounds: Sequence[Round]) -> dict[int, dict[str, Decision]]:
    """Return the decisions that followed each of the rounds, by the round's id and by item key."""
    ids = [round_.id for round_ in rounds]
    decisions = session.scalars(
        select(Decision).where(Decision.round_id.in_(ids)).options(selectinload(Decision.item), selectinload(Decision.answers))
    )
    by_round: dict[int, dict[str, Decision]] = {id_: {} for id_ in ids}
    for decision in decisions:
        by_round[decision.round_id][decision.item.key] = decision
    return by_round


def comments_on(session: Session, round_: Round) -> dict[str, list[Comment]]:
    """Return the round's comments by item key, in an order that tells nothing; taken-back ones are left out."""
    rows = session.execute(
        select(Item.key, Comment)
        .join(ItemVersion, ItemVersion.id == Comment.item_version_id)
        .join(Item, Item.id == ItemVersion.item_id)
        .where(Comment.round_id == round_.id)
        .order_by(Comment.id)  # the ids are random
    )
    comments: dict[str, list[Comment]] = {}
    for key, comment in rows:
        if comment.text:
            comments.setdefault(key, []).append(comment)
    return comments


def require_closed(round_: Round) -> None:
    """Refuse to show comments or take decisions while answers can still come."""
    if round_.status == RoundStatus.OPEN:
        raise ConflictError("Round {number} is still open. They follow when it is closed.", number=round_.number)


def sound_reason(text: str, refusal: str) -> str:
    """Return the reason without outer space, or refuse in these words one that says nothing or too much."""
    reason = text.strip()
    if not SHORTEST_REASON <= len(reason) <= LONGEST_REASON:
        raise InvalidError(refusal)
    return reason


def _asked(session: Session, round_: Round, item_key: str) -> ItemVersion:
    require_closed(round_)
    version = session.scalar(
        select(ItemVersion)
        .join(RoundItem, RoundItem.item_version_id == ItemVersion.id)
        .join(Item, Item.id == ItemVersion.item_id)
        .where(RoundItem.round_id == round_.id, Item.key == item_key)
    )
    if version is None:
        raise NotFoundError("Round {number} did not ask an item called {key}.", number=round_.number, key=item_key)
    return version


def _require_newest(session: Session, round_: Round) -> None:
    # An earlier round's decisions have been rated since: carrying them out anew would undo what came after.
    later = select(Round.number).where(Round.study_id == round_.study_id, Round.number > round_.number)
    if session.scalar(later.limit(1)) is not None:
        raise ConflictError("A later round has opened, so the decisions of round {number} stand.", number=round_.number)


def _sound(item_key: str, verdict: Verdict) -> Verdict:
    """Return the verdict in its normal form, or refuse one that says too little or too much."""
    reason = sound_reason(verdict.reason, marked("Give the reason in a sentence: panelists will read it beside the item."))
    return replace(_sound_words(item_key, verdict), reason=reason)


def _sound_words(item_key: str, verdict: Verdict) -> Verdict:
    """Return the verdict in its normal form, whatever its reason, or refuse words that do not go with its action."""
    written = {key for key, text in verdict.wordings.items() if text.strip()}
    if verdict.action == Action.REWORD and written != {item_key}:
        raise InvalidError("Write the new wording of the item.")
    if verdict.action == Action.SPLIT and (not 2 <= len(written) <= MOST_PRODUCTS or len(written) < len(verdict.wordings)):
        raise InvalidError("A split makes two or three new items, each with a key and a wording.")
    if verdict.action == Action.MERGE and (not verdict.into or not written <= {verdict.into}):
        raise InvalidError("Name the item that this one is merged into; only that one can have a new wording.")
    if verdict.action in (Action.KEEP, Action.DROP, Action.RE_RATE) and written:
        raise InvalidError(
            "To {action} an item changes no words. Leave the new wording out, or reword it.", action=verdict.action
        )
    wordings = {key: parse_wording(text) for key, text in verdict.wordings.items() if key in written}
    plains = {key: parse_wording(text) for key, text in verdict.plains.items() if text.strip()}
    if not plains.keys() <= wordings.keys():
        raise InvalidError("Plain words belong to a new wording. Give the wording too, or leave the plain words out.")
    into = verdict.into if verdict.action == Action.MERGE else ""
    is_typo = verdict.is_typo and verdict.action == Action.REWORD
    return replace(verdict, wordings=wordings, plains=plains, into=into, is_typo=is_typo)


def _require_own_ratings(session: Session, study: Study, item_key: str, verdict: Verdict) -> None:
    """Refuse a split that gives a new item the key of one that was rated: it would inherit ratings of other words."""
    if verdict.action != Action.SPLIT:
        return
    taken = session.scalar(
        select(Item.key)
        .join(ItemVersion, ItemVersion.item_id == Item.id)
        .join(RoundItem, RoundItem.item_version_id == ItemVersion.id)
        .where(Item.study_id == study.id, Item.key.in_(set(verdict.wordings) - {item_key}))
        .limit(1)
    )
    if taken is not None:
        raise InvalidError(
            "There is an item called {key} already, with ratings of its own. Give the new item another key.", key=taken
        )


def _comments(session: Session, asked: ItemVersion, ids: Iterable[int]) -> list[Comment]:
    wanted = set(ids)
    found = list(session.scalars(select(Comment).where(Comment.id.in_(wanted), Comment.item_version_id == asked.id)))
    if len(found) != len(wanted):
        raise InvalidError("One of the comments chosen does not belong to this item. Open the item again.")
    return found


def _take_back(session: Session, study: Study, round_: Round, draft: Draft, item_key: str, decision: Decision) -> None:
    """Undo in the draft what the decision did, so that another can take its place."""
    action, words, into = _said(decision)
    before = outline_of(session, draft)
    after = undo(before, outline_of(session, round_.draft), item_key, action, words.texts, into)
    if after == before:
        return
    store_outline(session, study, draft, after, Change())
    session.execute(delete(ItemLineage).where(ItemLineage.decision_id == decision.id))
    target = decisions_of(session, round_).get(into)
    if target is not None and target.action == Action.REWORD:
        _carry_out(session, study, round_, draft, into, target)


def _carry_out(session: Session, study: Study, round_: Round, draft: Draft, item_key: str, decision: Decision) -> None:
    action, words, into = _said(decision)
    changed, parents = _carried_out(outline_of(session, draft), outline_of(session, round_.draft), item_key, action, words, into)
    edit_class = EditClass.TYPO if words.is_typo else EditClass.SUBSTANTIVE
    relation = {Action.SPLIT: "split", Action.MERGE: "merged"}.get(action, "reworded")
    store_outline(session, study, draft, changed, Change(edit_class, decision.reason, parents, relation, decision.id))


def _carried_out(
    outline: Outline, rated: Outline, item_key: str, action: Action, words: Words, into: str
) -> tuple[Outline, Parents]:
    changed, parents = carry_out(outline, rated, item_key, action, words, into)
    if not changed.sections or not any(True for _ in changed.items()):
        raise ConflictError("This would leave the manual without any item. Keep at least one.")
    return changed, parents


def _before(outline: Outline, rated: Outline, item_key: str, decision: Decision, taken: Mapping[str, Decision]) -> Outline:
    """Return the manual without what this decision did to it; what another decided of the item it was merged into stays."""
    action, words, into = _said(decision)
    before = undo(outline, rated, item_key, action, words.texts, into)
    target = taken.get(into)
    if before == outline or target is None or target.action != Action.REWORD:
        return before
    _action, words, _into = _said(target)
    return carry_out(before, rated, into, Action.REWORD, words, "")[0]


def _said(decision: Decision) -> tuple[Action, Words, str]:
    said = decision.wordings
    words = Words(said["texts"], said.get("plains", {}), said["is_typo"])  # the first version kept no plain words
    return Action(decision.action), words, said["into"]
