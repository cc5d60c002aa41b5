"""How far a round is: counts of people, never an answer. While it is open they are taken once a day and kept."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from delphi.database import lock_row
from delphi.errors import InvalidError, NotFoundError
from delphi.models import (
    Ballot,
    CompletionCount,
    Contact,
    Panelist,
    Round,
    RoundMember,
    RoundStatus,
    StakeholderGroup,
    Standing,
    Study,
)
from delphi.services import auditing, disclosure
from delphi.services.ballots import Questionnaire, n_answered, questionnaire_of
from delphi.services.keyring import Keyring
from delphi.services.mail_plan import plan_of
from delphi.services.protocol import choices_of


@dataclass(frozen=True)
class GroupProgress:
    """How many of a group have completed, and are wanted to.

    `completed` is None where the group is too small to say, or would give a small one away, and before the first count.
    """

    label: str
    invited: int
    completed: int | None
    target: int | None = None


@dataclass(frozen=True)
class Progress:
    """How far a round is. `left` have said no or withdrawn before they had completed.

    Of an open round these are the figures of the last count, at `counted_at`; before the first, due on the day `first_count`,
    there are none. Neither is set where they are of this moment: when the round has closed, and in a rehearsal.
    """

    invited: int
    started: int | None
    completed: int | None
    groups: tuple[GroupProgress, ...]
    left: int = 0
    counted_at: datetime | None = None
    first_count: datetime | None = None


@dataclass(frozen=True)
class Completion:
    """Whether somebody has completed the round, for a custodian: never what they answered."""

    name: str
    address: str
    group: str
    has_completed: bool


def progress_of(session: Session, round_: Round) -> Progress:
    """Return how far the round is: of an open one as it was last counted, of a closed one for good."""
    groups = _groups(session, round_)
    if round_.status != RoundStatus.OPEN or session.get_one(Study, round_.study_id).is_rehearsal:
        return _shown(round_, groups, _counted(session, round_))
    latest = select(CompletionCount).where(CompletionCount.round_id == round_.id).order_by(CompletionCount.day.desc()).limit(1)
    kept = session.scalar(latest)
    if kept is None:
        return replace(_shown(round_, groups, None), first_count=_first_count(session, round_))
    return replace(_shown(round_, groups, kept.content), counted_at=kept.at)


def count_once_a_day(session: Session, round_: Round, *, now: datetime) -> bool:
    """Count who has completed the open round, unless it was counted today or opened today; tell whether it was."""
    day = now.astimezone(plan_of(session, round_.study_id).zone).date()
    if day < _first_count(session, round_).date() or session.get(CompletionCount, (round_.id, day)) is not None:
        return False
    _keep(session, round_, day, now)
    return True


def count_now(session: Session, round_: Round, *, now: datetime) -> None:
    """Count on the day on which a round opens already: for one that is filled from files, as an example is."""
    day = now.astimezone(plan_of(session, round_.study_id).zone).date()
    if session.get(CompletionCount, (round_.id, day)) is None:
        _keep(session, round_, day, now)


def falls_short(session: Session, round_: Round) -> bool:
    """Tell whether a group that is large enough to be shown has fewer completions than are wanted of it.

    Where nobody has said how many, it is as many as its figures need to be shown. What follows from it is seen by the team, so it
    follows from what the team may see.
    """
    least = choices_of(round_.protocol).policy.least_group
    progress = _shown(round_, _groups(session, round_), _counted(session, round_))
    shown = [group for group in progress.groups if group.completed is not None]
    return any((group.completed or 0) < (group.target or least) for group in shown)


def completions(session: Session, keyring: Keyring, round_: Round) -> list[Completion]:
    """Return for a custodian who has completed the round and who has not, by name."""
    asked = questionnaire_of(session, round_)
    rows = session.execute(
        select(Contact, StakeholderGroup.label, Ballot.payload)
        .select_from(RoundMember)
        .join(Contact, Contact.panelist_id == RoundMember.panelist_id)
        .join(Panelist, Panelist.id == RoundMember.panelist_id)
        .join(StakeholderGroup, StakeholderGroup.id == RoundMember.group_id)
        .outerjoin(Ballot, (Ballot.round_id == RoundMember.round_id) & (Ballot.panelist_id == RoundMember.panelist_id))
        .where(RoundMember.round_id == round_.id, Panelist.standing == Standing.ACTIVE)
    )
    people = [
        Completion(
            keyring.decrypt(contact.name_ciphertext),
            keyring.decrypt(contact.address_ciphertext),
            label,
            payload is not None and asked.is_complete(payload),
        )
        for contact, label, payload in rows
    ]
    return sorted(people, key=lambda one: one.name.casefold())


def set_targets(session: Session, study: Study, targets: Mapping[str, int | None], *, actor: str, now: datetime) -> None:
    """Keep how many of each group are wanted to complete a round."""
    lock_row(session, study)
    groups = {group.label: group for group in session.scalars(_groups_of(study))}
    if unknown := sorted(targets.keys() - groups):
        raise NotFoundError("The panel has no group called {label}.", label=unknown[0])
    for label, target in targets.items():
        groups[label].target = target
    auditing.record(session, study, "targets set", actor=actor, now=now, detail={"targets": dict(targets)})


def targets_of(session: Session, study: Study) -> dict[str, int | None]:
    """Return how many of each group are wanted to complete a round, None where nobody has said it."""
    return {group.label: group.target for group in session.scalars(_groups_of(study))}


def target_written(text: str) -> int | None:
    """Return how many are wanted, as somebody writes it; nothing written is none, and anything else is refused.

    >>> target_written(" 12 "), target_written("")
    (12, None)
    """
    text = text.strip()
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) <= 6 and 1 <= int(text) <= 100_000):
        raise InvalidError("Write how many are wanted as a whole number from 1, or leave it empty: {given!r}.", given=text[:40])
    return int(text)


def _groups_of(study: Study) -> Select[StakeholderGroup]:
    return select(StakeholderGroup).where(StakeholderGroup.study_id == study.id).order_by(StakeholderGroup.position)


def _first_count(session: Session, round_: Round) -> datetime:
    """Return when the day of the first count begins where people live: the one after the opening."""
    zone = plan_of(session, round_.study_id).zone
    return datetime.combine(round_.opened_at.astimezone(zone).date() + timedelta(days=1), time(), zone)


def _keep(session: Session, round_: Round, day: date, now: datetime) -> None:
    session.add(CompletionCount(round_id=round_.id, day=day, content=_counted(session, round_), at=now))
    session.flush()


def _groups(session: Session, round_: Round) -> dict[str, tuple[int, int | None]]:
    """Return how many of each group were invited, and how many are wanted."""
    rows = session.execute(
        select(StakeholderGroup.label, StakeholderGroup.target)
        .select_from(RoundMember)
        .join(StakeholderGroup, StakeholderGroup.id == RoundMember.group_id)
        .where(RoundMember.round_id == round_.id)
        .order_by(StakeholderGroup.position)
    )
    groups: dict[str, tuple[int, int | None]] = {}
    for label, target in rows:
        groups[label] = (groups.get(label, (0, None))[0] + 1, target)
    return groups


def _counted(session: Session, round_: Round) -> dict[str, Any]:
    asked = questionnaire_of(session, round_)
    rows = session.execute(
        select(StakeholderGroup.label, Ballot.payload, Panelist.standing)
        .select_from(RoundMember)
        .join(Panelist, Panelist.id == RoundMember.panelist_id)
        .join(StakeholderGroup, StakeholderGroup.id == RoundMember.group_id)
        .outerjoin(Ballot, (Ballot.round_id == RoundMember.round_id) & (Ballot.panelist_id == RoundMember.panelist_id))
        .where(RoundMember.round_id == round_.id)
    ).all()
    by_group: dict[str, list[bytes | None]] = {}
    for label, payload, _ in rows:
        by_group.setdefault(label, []).append(payload)
    everybody = [payload for _, payload, _ in rows]
    gone = [payload for _, payload, standing in rows if standing != Standing.ACTIVE]
    return {
        "started": sum(1 for payload in everybody if payload and n_answered(payload)),
        "completed": _n_complete(asked, everybody),
        "left": len(gone) - _n_complete(asked, gone),
        "groups": {label: _n_complete(asked, payloads) for label, payloads in by_group.items()},
    }


def _n_complete(asked: Questionnaire, payloads: Sequence[bytes | None]) -> int:
    return sum(1 for payload in payloads if payload is not None and asked.is_complete(payload))


def _shown(round_: Round, groups: dict[str, tuple[int, int | None]], counted: dict[str, Any] | None) -> Progress:
    """Return what may be seen of a count: groups under the threshold without their number."""
    policy = choices_of(round_.protocol).policy
    hidden = disclosure.hidden_groups({label: invited for label, (invited, _target) in groups.items()}, policy)
    shown = tuple(
        GroupProgress(label, invited, None if counted is None or label in hidden else counted["groups"].get(label, 0), target)
        for label, (invited, target) in groups.items()
    )
    n_invited = sum(invited for invited, _target in groups.values())
    if counted is None or n_invited < policy.least_group:
        return Progress(n_invited, None, None, shown)
    return Progress(n_invited, counted["started"], counted["completed"], shown, counted["left"])
