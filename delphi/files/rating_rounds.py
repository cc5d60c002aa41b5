"""One round of a ratings file, from single ratings to a matrix of codes."""

from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import repeat

import numpy as np
from numpy.typing import NDArray

NOT_ANSWERED = 0
NOT_ASKED = 254
UNABLE = 255

_SPARSE = 16  # beyond this many places for each rating, sorting is cheaper than marking


@dataclass(frozen=True)
class RatedRound:
    """The ratings of one round as the files have them.

    `matrix` is uint8[participant, item x criterion], item by item: 0 not answered, 255 unable, 254 not in the files at all, else
    the level's index from 1. Items and criteria stand in order of first appearance, group names in alphabetical order; `groups`
    is int[participant], -1 for none. A file without criteria has the one criterion None.
    """

    round: int
    participants: tuple[str, ...]
    items: tuple[str, ...]
    criteria: tuple[str | None, ...]
    matrix: NDArray[np.uint8]
    groups: NDArray[np.int64]
    group_names: tuple[str, ...]


@dataclass(frozen=True)
class Repeat:
    """Something rated a second time by the same participant; `position` counts lines through all files."""

    participant: str
    item: str
    criterion: str | None
    position: int


@dataclass
class RoundSoFar:
    """The ratings of a round as they come in: one entry of `who`, `what`, `codes` and `where` per rating."""

    participants: dict[str, int] = field(default_factory=dict)
    groups: dict[int, str] = field(default_factory=dict)
    slots: dict[tuple[str, str | None], int] = field(default_factory=dict)
    who: "array[int]" = field(default_factory=lambda: array("i"))
    what: "array[int]" = field(default_factory=lambda: array("i"))
    codes: bytearray = field(default_factory=bytearray)
    where: "array[int]" = field(default_factory=lambda: array("i"))

    def participant(self, name: str) -> int:
        """Return the participant's place, a new one at the first appearance."""
        return self.participants.setdefault(name, len(self.participants))

    def slot(self, item: str, criterion: str | None) -> int:
        """Return the place of an item under a criterion, a new one at the first appearance."""
        return self.slots.setdefault((item, criterion), len(self.slots))

    def add(self, participant: int, slots: Sequence[int], codes: Sequence[int], position: int) -> None:
        """Take in the ratings of one participant on one line."""
        self.who.extend(repeat(participant, len(slots)))
        self.what.extend(slots)
        self.codes.extend(codes)
        self.where.extend(repeat(position, len(slots)))

    def repeats(self) -> Iterator[Repeat]:
        """Give what the same participant has rated before; one of a line, as a line of a wide file repeats whole."""
        cell = self._cells(len(self.slots), np.arange(len(self.slots)))
        if _all_differ(cell, len(self.participants) * len(self.slots)):
            return
        order = cell.argsort(kind="stable")
        again = order[1:][cell[order][1:] == cell[order][:-1]]
        participants, slots = list(self.participants), list(self.slots)
        lines: dict[int, int] = {}
        for index in np.sort(again).tolist():
            if lines.setdefault(self.where[index], index) == index:
                item, criterion = slots[self.what[index]]
                yield Repeat(participants[self.who[index]], item, criterion, self.where[index])

    def finished(self, number: int) -> RatedRound:
        """Return the round as it stands."""
        items = tuple(dict.fromkeys(item for item, _ in self.slots))
        criteria = tuple(dict.fromkeys(criterion for _, criterion in self.slots))
        group_names = tuple(sorted(set(self.groups.values())))
        code_of = {name: code for code, name in enumerate(group_names)}
        groups = np.full(len(self.participants), -1, dtype=np.int64)
        for participant, name in self.groups.items():
            groups[participant] = code_of[name]
        matrix = self._matrix(items, criteria)
        return RatedRound(number, tuple(self.participants), items, criteria, matrix, groups, group_names)

    def _matrix(self, items: Sequence[str], criteria: Sequence[str | None]) -> NDArray[np.uint8]:
        """Return the codes item by item; a pairing of item and criterion that no file has was not asked."""
        item_at = {item: index for index, item in enumerate(items)}
        criterion_at = {criterion: index for index, criterion in enumerate(criteria)}
        column = np.array([item_at[item] * len(criteria) + criterion_at[criterion] for item, criterion in self.slots])
        matrix = np.full((len(self.participants), len(items) * len(criteria)), NOT_ASKED, dtype=np.uint8)
        matrix[:, column] = NOT_ANSWERED
        matrix.ravel()[self._cells(matrix.shape[1], column)] = np.frombuffer(self.codes, dtype=np.uint8)
        return matrix

    def _cells(self, n_columns: int, column: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return where each rating stands in a matrix of so many columns, line by line; `column` has that of each slot."""
        who, what = (np.frombuffer(places, dtype=np.intc) for places in (self.who, self.what))
        return np.multiply(who, n_columns, dtype=np.int64) + column[what]


def _all_differ(cells: NDArray[np.int64], n_cells: int) -> bool:
    """Tell whether no cell is there twice, at little cost where the ratings fill much of their matrix."""
    if n_cells > _SPARSE * len(cells):
        return False
    is_taken = np.zeros(n_cells, dtype=np.bool_)
    is_taken[cells] = True
    return int(np.count_nonzero(is_taken)) == len(cells)


def without_unasked(ratings: RatedRound) -> RatedRound:
    """Return the round without the items that nobody answered; a round that nobody answered stays as it is."""
    n_items = len(ratings.items)
    by_item = ratings.matrix.reshape(len(ratings.matrix), n_items, len(ratings.criteria))
    answered = ((by_item != NOT_ANSWERED) & (by_item != NOT_ASKED)).any(axis=(0, 2))
    if answered.all() or not answered.any():
        return ratings
    kept = tuple(item for item, is_answered in zip(ratings.items, answered.tolist(), strict=True) if is_answered)
    return replace(ratings, items=kept, matrix=by_item[:, answered].reshape(len(ratings.matrix), -1))
