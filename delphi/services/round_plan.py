"""What the next round asks, changed by the team from what is proposed: an item left out, or one that was to rest asked again."""

from datetime import datetime

from sqlalchemy.orm import Session

from delphi.database import lock_row
from delphi.errors import ConflictError, NotFoundError
from delphi.language import marked
from delphi.models import PlannedItem, RoundStatus, RoundStep, Study
from delphi.services import auditing, sign_off
from delphi.services.decisions import sound_reason
from delphi.services.rounds import Proposal, proposed_items
from delphi.services.studies import rounds_of

WHY_ASKED = marked("Give the reason in a sentence: panelists will read it beside the item.")


def proposal_of(session: Session, study: Study, item_key: str) -> Proposal:
    """Return whether the next round asks this item, or refuse one that is not in the manual."""
    found = (one for one in proposed_items(session, study) if one.version.item.key == item_key)
    proposal = next(found, None)
    if proposal is None:
        raise NotFoundError("The manual has no item called {key}.", key=item_key)
    return proposal


def state_of(proposal: Proposal) -> str:
    """Return what tells this state of an item's place in the round from any other, for a form to show that it has seen it."""
    return " ".join(("asked" if proposal.is_asked else "rests", str(proposal.version.id), *proposal.changed.split()))


def change_plan(
    session: Session, study: Study, item_key: str, *, is_asked: bool, reason: str, seen: str, actor: str, now: datetime
) -> None:
    """Have the next round ask this item, or leave it out, other than is proposed; on record, and read by panelists.

    `seen` is the item's state that the form had shown: what somebody else has changed since is not overwritten.
    """
    proposal = _unchanged_since(session, study, item_key, seen)
    reason = sound_reason(reason, WHY_ASKED)
    if proposal.changed or proposal.is_asked == is_asked:
        raise ConflictError("The next round does that already. To change it once more, go back to what is proposed first.")
    number = len(rounds_of(session, study)) + 1
    row = session.get(PlannedItem, (study.id, number, proposal.version.item_id))
    row = row or PlannedItem(study_id=study.id, round_number=number, item_id=proposal.version.item_id)
    row.is_asked, row.reason = is_asked, reason
    session.add(row)
    session.flush()
    _note(session, study, number, item_key, "asked" if is_asked else "left out", actor, now, reason)


def back_to_proposed(session: Session, study: Study, item_key: str, *, seen: str, actor: str, now: datetime) -> None:
    """Have the next round treat this item as is proposed again."""
    proposal = _unchanged_since(session, study, item_key, seen)
    number = len(rounds_of(session, study)) + 1
    if not proposal.changed:
        raise ConflictError("The next round does with this item what is proposed already.")
    session.delete(session.get_one(PlannedItem, (study.id, number, proposal.version.item_id)))
    session.flush()
    _note(session, study, number, item_key, "as proposed", actor, now)


def _unchanged_since(session: Session, study: Study, item_key: str, seen: str) -> Proposal:
    lock_row(session, study)
    rounds = rounds_of(session, study)
    if rounds and rounds[-1].status == RoundStatus.OPEN:
        raise ConflictError(
            "Round {number} is open, so what it asks stands. Pull a faulty item instead.", number=rounds[-1].number
        )
    waiting = sign_off.waiting_in(session, study)
    if waiting is not None and waiting.step == RoundStep.OPEN:
        raise ConflictError("A second person is asked for their word on this round as it is. Take the request back first.")
    proposal = proposal_of(session, study, item_key)
    if state_of(proposal) != seen:
        raise ConflictError("Somebody else has changed this meanwhile. Look at what the round asks now, then decide again.")
    return proposal


def _note(
    session: Session, study: Study, number: int, item_key: str, to: str, actor: str, now: datetime, reason: str = ""
) -> None:
    texts = {"reason": reason} if reason else None
    detail = {"round": number, "item": item_key, "to": to}
    auditing.record(session, study, "round plan changed", actor=actor, now=now, detail=detail, texts=texts)
