"""Who took part in a round and had answered the one before: head counts, for a reader to know whose opinions are compared."""

from collections.abc import Sequence, Set
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from delphi.models import Ballot, Round, RoundMember, StakeholderGroup
from delphi.services.ballots import n_answered


def participation_of(session: Session, round_: Round) -> list[dict[str, Any]]:
    """Return, for the panel (group None) and each group, how many were invited to the round, took part, and had answered before.

    Whoever took part either had answered something in the round before, or had skipped it; there is nothing to say of round 1.
    """
    previous = session.scalar(select(Round).where(Round.study_id == round_.study_id, Round.number == round_.number - 1))
    if previous is None:
        return []
    before = {panelist for panelist, payload in _ballots(session, previous).items() if n_answered(payload)}
    now = _ballots(session, round_).keys()
    invited: dict[str, list[int]] = {}
    for label, panelist in _invited(session, round_):
        invited.setdefault(label, []).append(panelist)
    everybody = [panelist for panelists in invited.values() for panelist in panelists]
    return [_entry(group, panelists, now, before) for group, panelists in ((None, everybody), *invited.items())]


def _entry(group: str | None, invited: list[int], now: Set[int], before: Set[int]) -> dict[str, Any]:
    took_part = now & set(invited)
    return {
        "group": group,
        "invited": len(invited),
        "participants": len(took_part),
        "answered_before": len(took_part & before),
        "skipped_before": len(took_part - before),
    }


def _ballots(session: Session, round_: Round) -> dict[int, bytes]:
    rows = session.execute(select(Ballot.panelist_id, Ballot.payload).where(Ballot.round_id == round_.id)).all()
    return dict(rows)


def _invited(session: Session, round_: Round) -> Sequence[tuple[str, int]]:
    rows = session.execute(
        select(StakeholderGroup.label, RoundMember.panelist_id)
        .join(StakeholderGroup, StakeholderGroup.id == RoundMember.group_id)
        .where(RoundMember.round_id == round_.id)
        .order_by(StakeholderGroup.position)
    )
    return [(label, panelist) for label, panelist in rows]
