"""Ballots: one byte per item and criterion, their history, and the rating matrix that they make."""

import struct
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from delphi.manual.outline import Chapter
from delphi.models import Ballot, BallotChange, ItemVersion, Round, RoundItem, RoundMember, StakeholderGroup
from delphi.models.responses import NOT_ANSWERED, NOT_ASKED, UNABLE
from delphi.services.drafts import outline_of
from delphi.services.protocol import Choices, choices_of
from delphi.statistics.analysis import RoundRatings

CHANGE = struct.Struct("<HB")  # slot, new byte
COMPLETE_FROM_PERCENT = 80


@dataclass(frozen=True)
class Questionnaire:
    """What an open round asks, frozen: items in order, and under each one slot per criterion.

    `pulled` are the positions of items that are not asked any more and do not count, each with the reason. `sections` are
    those of the highest level in which the items stand, by position; empty where everybody is asked everything.
    """

    items: tuple[ItemVersion, ...]
    choices: Choices
    pulled: Mapping[int, str] = field(default_factory=dict)
    sections: tuple[str, ...] = ()

    @property
    def n_slots(self) -> int:
        return len(self.items) * len(self.choices.criteria)

    def slot(self, position: int, criterion: int) -> int:
        """Return the place in a ballot of an item (by position) under a criterion (by position)."""
        return position * len(self.choices.criteria) + criterion

    @cached_property
    def places(self) -> Mapping[str, int]:
        """Return the position of each item, by its key: where it stood when the round opened, for everybody."""
        return {version.item.key: position for position, version in enumerate(self.items)}

    def place_of(self, slot: int) -> int:
        return slot // len(self.choices.criteria)

    def item_of(self, slot: int) -> ItemVersion:
        return self.items[self.place_of(slot)]

    def not_asked(self, group: str) -> frozenset[int]:
        """Return the positions of the items in sections that this group is not asked about."""
        return frozenset(place for place, section in enumerate(self.sections) if not self.choices.is_asked(section, group))

    def asks(self, group: str) -> bool:
        """Whether the round asks this group anything."""
        return len(self.not_asked(group)) < len(self.items)

    def not_asked_of(self, member: RoundMember) -> frozenset[int]:
        """Return the same of somebody's group."""
        return self.not_asked(member.group.label) if self.sections else frozenset()

    def empty(self, member: RoundMember) -> bytes:
        """Return the ballot of somebody who has answered nothing yet."""
        return self._without(bytes(self.n_slots), self.not_asked_of(member))

    @property
    def pulled_keys(self) -> dict[str, str]:
        """Return the keys of the items that were pulled, with the reasons."""
        return {self.items[place].item.key: reason for place, reason in self.pulled.items()}

    def counted(self, payload: bytes) -> bytes:
        """Return the ballot with what was pulled as not asked."""
        return self._without(payload, self.pulled)

    def _without(self, payload: bytes, places: Collection[int]) -> bytes:
        if not places:
            return payload
        return bytes(NOT_ASKED if self.place_of(slot) in places else byte for slot, byte in enumerate(payload))

    def is_complete(self, payload: bytes) -> bool:
        """Whether at least 80 % of what is asked is rated or said to be unable to be."""
        return is_complete(self.counted(payload))

    def byte_of(self, level: int) -> int:
        return level - self.choices.scale.low + 1

    def level_of(self, byte: int) -> int:
        return byte + self.choices.scale.low - 1


def questionnaire_of(session: Session, round_: Round) -> Questionnaire:
    """Return what the round asks, as it was frozen when it opened."""
    return questionnaires_of(session, [round_])[round_.id]


def questionnaires_of(session: Session, rounds: Sequence[Round]) -> Mapping[int, Questionnaire]:
    """Return what each of the rounds asks, by the round's id; a session reads each once."""
    known: dict[int, Questionnaire] = session.info.setdefault("questionnaires", {})
    missing = {round_.id: round_ for round_ in rounds if round_.id not in known}
    if missing:
        rows = session.scalars(
            select(RoundItem)
            .where(RoundItem.round_id.in_(missing))
            .order_by(RoundItem.round_id, RoundItem.position)
            .options(selectinload(RoundItem.item_version).selectinload(ItemVersion.item))
        )
        items: dict[int, list[RoundItem]] = {}
        for row in rows:
            items.setdefault(row.round_id, []).append(row)
        for id_, round_ in missing.items():
            asked = items.get(id_, ())
            pulled = {place: row.pull_reason for place, row in enumerate(asked) if row.pulled_at is not None}
            versions, choices = tuple(row.item_version for row in asked), choices_of(round_.protocol)
            sections = _sections(session, round_, versions) if choices.asked_of else ()
            known[id_] = Questionnaire(versions, choices, pulled, sections)
    return known


def chapters_asked(choices: Choices, chapters: Sequence[Chapter], group: str) -> tuple[Chapter, ...]:
    """Return those of a manual's chapters that a group is asked about."""
    return tuple(chapter for chapter in chapters if choices.is_asked(chapter.key, group))


def _sections(session: Session, round_: Round, versions: Sequence[ItemVersion]) -> tuple[str, ...]:
    homes = outline_of(session, round_.draft).homes
    return tuple(homes[version.item.key] for version in versions)


def forget_questionnaire(session: Session, round_: Round) -> None:
    """Have the session read anew what the round asks."""
    session.info.get("questionnaires", {}).pop(round_.id, None)


def empty_ballot(member: RoundMember, questionnaire: Questionnaire) -> Ballot:
    """Return a ballot on which nothing is answered yet."""
    return Ballot(round_id=member.round_id, panelist_id=member.panelist_id, revision=0, payload=questionnaire.empty(member))


def change_ballot(session: Session, ballot: Ballot, changes: Mapping[int, int], channel: str) -> None:
    """Write new bytes into the ballot and append the change to its history."""
    payload = bytearray(ballot.payload)
    for slot, byte in changes.items():
        payload[slot] = byte
    ballot.payload, ballot.revision = bytes(payload), ballot.revision + 1
    session.add(
        BallotChange(
            round_id=ballot.round_id,
            panelist_id=ballot.panelist_id,
            revision=ballot.revision,
            channel=channel,
            changes=b"".join(CHANGE.pack(slot, byte) for slot, byte in sorted(changes.items())),
        )
    )


def changes_since(session: Session, ballot: Ballot, revisions: Mapping[int, int]) -> dict[int, list[int]]:
    """Return, for each of these slots, the bytes it was given after the ballot's revision named with it, in order."""
    found: dict[int, list[int]] = {slot: [] for slot in revisions}
    if min(revisions.values(), default=ballot.revision) >= ballot.revision:
        return found
    later = (
        select(BallotChange)
        .where(BallotChange.round_id == ballot.round_id, BallotChange.panelist_id == ballot.panelist_id)
        .where(BallotChange.revision > min(revisions.values()))
        .order_by(BallotChange.revision)
    )
    for change in session.scalars(later):
        for slot, byte in CHANGE.iter_unpack(change.changes):
            if change.revision > revisions.get(slot, change.revision):
                found[slot].append(byte)
    return found


def folded(empty: bytes, history: list[BallotChange]) -> bytes:
    """Return the ballot that a history adds up to, from the empty one on."""
    payload = bytearray(empty)
    for change in sorted(history, key=lambda change: change.revision):
        for slot, byte in CHANGE.iter_unpack(change.changes):
            payload[slot] = byte
    return bytes(payload)


def n_answered(payload: bytes) -> int:
    """Return how many slots hold a level or "unable"."""
    return sum(1 for byte in payload if byte not in (NOT_ANSWERED, NOT_ASKED))


def is_complete(payload: bytes) -> bool:
    """Whether at least 80 % of what was asked is rated or said to be unable to be."""
    asked = sum(1 for byte in payload if byte != NOT_ASKED)
    return asked > 0 and 100 * n_answered(payload) >= COMPLETE_FROM_PERCENT * asked


def ratings_of(session: Session, round_: Round) -> RoundRatings:
    """Return everybody's answers in a round as the matrix that statistics take; one scan, no order of people in it.

    Items that were pulled are not in it.
    Its rows are named by the panelists' ids, so that rounds can be linked; no result says them.
    """
    questionnaire = questionnaire_of(session, round_)
    labels = dict(
        session.execute(
            select(StakeholderGroup.id, StakeholderGroup.label)
            .where(StakeholderGroup.study_id == round_.study_id)
            .order_by(StakeholderGroup.position)
        ).all()
    )
    codes = {group_id: code for code, group_id in enumerate(labels)}
    rows = session.execute(
        select(Ballot.payload, RoundMember.group_id, Ballot.panelist_id)
        .join(RoundMember, (RoundMember.round_id == Ballot.round_id) & (RoundMember.panelist_id == Ballot.panelist_id))
        .where(Ballot.round_id == round_.id)
        .order_by(Ballot.panelist_id)
    ).all()
    asked = [place for place in range(len(questionnaire.items)) if place not in questionnaire.pulled]
    n_criteria = len(questionnaire.choices.criteria)
    columns = [questionnaire.slot(place, n) for place in asked for n in range(n_criteria)]
    return RoundRatings(
        round=round_.number,
        items=tuple(questionnaire.items[place].item.key for place in asked),
        criteria=tuple(criterion.key for criterion in questionnaire.choices.criteria),
        matrix=_matrix([payload for payload, _, _ in rows], questionnaire.n_slots)[:, columns],
        groups=np.array([codes[group_id] for _, group_id, _ in rows], dtype=np.int64),
        group_names=tuple(labels.values()),
        participants=tuple(str(panelist_id) for _, _, panelist_id in rows),
    )


def _matrix(payloads: list[bytes], n_slots: int) -> NDArray[np.uint8]:
    return np.frombuffer(b"".join(payloads), dtype=np.uint8).reshape(len(payloads), n_slots)


__all__ = ["NOT_ANSWERED", "UNABLE", "Questionnaire"]
