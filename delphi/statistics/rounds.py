"""The ratings of a round, and two rounds side by side: the same people in the same rows, the same items in the columns."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from delphi.statistics.counts import NOT_ANSWERED, NOT_ASKED, has_answered
from delphi.statistics.errors import RatingsError

Bytes = NDArray[np.uint8]


@dataclass(frozen=True)
class RoundRatings:
    """The ratings of one round.

    `matrix` is uint8[panelist, item x criterion], item by item: 0 not answered, 255 unable, 254 not asked, else the level's index
    from 1. `groups` is int[panelist]: an index into `group_names`, or -1 for nobody's group. A criterion may be None (unnamed).
    `participants` names the rows, so that rounds can be linked; empty where nobody may be followed from round to round.
    """

    round: int
    items: tuple[str, ...]
    criteria: tuple[str | None, ...]
    matrix: Bytes
    groups: NDArray[np.int64]
    group_names: tuple[str, ...]
    participants: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        n_slots = len(self.items) * len(self.criteria)
        if self.matrix.ndim != 2 or self.matrix.shape[1] != n_slots:
            raise RatingsError(f"Round {self.round} has {n_slots} things to rate; its matrix has the shape {self.matrix.shape}.")
        if self.participants and len(set(self.participants)) != len(self.matrix):
            raise RatingsError(f"Round {self.round} has {len(self.matrix)} rows; it needs as many different participants.")

    @property
    def slots(self) -> list[tuple[str, str | None]]:
        """Item and criterion of every column."""
        return [(item, criterion) for item in self.items for criterion in self.criteria]

    def taking_part(self) -> "RoundRatings":
        """Return the round without the rows of those who answered nothing."""
        took_part = has_answered(self.matrix)
        if took_part.all():
            return self
        names = tuple(name for name, kept in zip(self.participants, took_part.tolist(), strict=False) if kept)
        matrix, groups = self.matrix[took_part], self.groups[took_part]
        return RoundRatings(self.round, self.items, self.criteria, matrix, groups, self.group_names, names)


def seen_from(current: RoundRatings, previous: RoundRatings) -> Bytes:
    """Return the previous round's ballots in the rows and columns of the current round, 254 where there was none."""
    if (current.slots, current.participants) == (previous.slots, previous.participants):
        return previous.matrix
    columns = _places(current.slots, previous.slots)
    rows = _places(current.participants, previous.participants)
    seen = np.full(current.matrix.shape, NOT_ASKED, dtype=np.uint8)
    there = np.ix_(rows >= 0, columns >= 0)
    seen[there] = previous.matrix[np.ix_(rows[rows >= 0], columns[columns >= 0])]
    return seen


def everybody_of(first: RoundRatings, second: RoundRatings) -> tuple[Bytes, Bytes, NDArray[np.int64]]:
    """Return both rounds' ballots with one row for everybody of either, 0 where they were absent, and their groups.

    The groups are named as in the first round; who joined in a group that it did not have is in none.
    """
    people = list(dict.fromkeys([*first.participants, *second.participants]))
    code_of = {name: code for code, name in enumerate(first.group_names)}
    groups = np.full(len(people), -1, dtype=np.int64)
    ballots = []
    for ratings in (second, first):
        rows = _places(people, ratings.participants)
        is_there = rows >= 0
        matrix = np.full((len(people), ratings.matrix.shape[1]), NOT_ANSWERED, dtype=np.uint8)
        matrix[is_there] = ratings.matrix[rows[is_there]]
        ballots.append(matrix)
        codes = np.array([*(code_of.get(name, -1) for name in ratings.group_names), -1])
        groups[is_there] = codes[ratings.groups[rows[is_there]]]
    return ballots[1], ballots[0], groups


def _places(wanted: Sequence[Hashable], there: Sequence[Hashable]) -> NDArray[np.int64]:
    """Return int64[wanted]: where each stands among those there, -1 for nowhere."""
    place = {each: index for index, each in enumerate(there)}
    return np.array([place.get(each, -1) for each in wanted], dtype=np.int64)
