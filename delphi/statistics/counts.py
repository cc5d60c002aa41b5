"""From ballots to counts: how many gave each level, item by item and group by group."""

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from delphi.statistics.errors import RatingsError

NOT_ANSWERED = 0
NOT_ASKED = 254
UNABLE = 255

# Measured: below this many cells one bincount is faster, above it comparing and summing bytes.
_CELLS_FOR_COMPARISON = 150_000
_ROW_BYTES = 4096
_MOST_IN_A_BYTE = 255
_NO_CODE = 253  # neither a level nor what else a ballot says
_FEWEST_BEYOND_TWO_BYTES = 2**15
# Below this many cells, starting threads takes longer than they save.
_CELLS_FOR_THREADS = 2_000_000

Rows = slice | NDArray[np.int64]
Blocks = Sequence[tuple[int, Rows]]
Tallies = tuple[NDArray[np.int64], ...]


@dataclass(frozen=True)
class Counts:
    """What was answered, by slot (an item under a criterion) and group; group 0 is the whole panel.

    `levels` is int64[slot, group, level]; `unable` and `missing` are int64[slot, group]; who was not asked is in none of them.
    """

    levels: NDArray[np.int64]
    unable: NDArray[np.int64]
    missing: NDArray[np.int64]

    @property
    def rated(self) -> NDArray[np.int64]:
        """How many gave a level, int64[slot, group]."""
        total: NDArray[np.int64] = self.levels.sum(axis=-1)
        return total

    @property
    def answered(self) -> NDArray[np.int64]:
        """How many gave a level or said that they are unable to rate, int64[slot, group]."""
        return self.rated + self.unable


def count_ballots(ballots: NDArray[np.uint8], groups: NDArray[np.int64], n_groups: int, n_levels: int) -> Counts:
    """Return how many gave each level, were unable to rate or left it out, by slot and group.

    `ballots` is uint8[panelist, slot]: 0 not answered, 254 not asked, 255 unable, else the level's index from 1. `groups` is
    int[panelist]: the panelist's group 0 … n_groups - 1, or -1 for none; those count for the panel only.
    """
    require_ballots(ballots, groups, n_groups)
    tally = _tally_by_comparison if ballots.size > _CELLS_FOR_COMPARISON else _tally_by_bincount
    tallies = tally(ballots, groups, n_groups, n_levels)
    if tallies[0].sum() != ballots.size:
        raise RatingsError(f"The ballots hold a code that is not a level of a scale with {n_levels} levels.")
    by_slot = np.ascontiguousarray(tallies.transpose(2, 0, 1))
    return Counts(levels=by_slot[:, :, :n_levels], unable=by_slot[:, :, n_levels], missing=by_slot[:, :, n_levels + 1])


def rows_by_group(groups: NDArray[np.int64], n_groups: int, n_rows: int) -> Iterator[tuple[int, Rows]]:
    """Yield group + 1 (0 for nobody's) and the places of at most `n_rows` of its people, until everybody had a turn."""
    is_sorted = not np.any(groups[1:] < groups[:-1])
    # Two bytes are sorted by counting them, eight by comparing.
    order = np.argsort(groups.astype(np.int16) if n_groups < _FEWEST_BEYOND_TWO_BYTES else groups, kind="stable")
    bounds = np.concatenate([[0], np.cumsum(np.bincount(groups + 1, minlength=n_groups + 1))]).tolist()
    for group in range(n_groups + 1):
        first, end = bounds[group : group + 2]
        # Turns of one size are dealt out evenly.
        n_turns = -(-(end - first) // n_rows)
        for turn in range(n_turns):
            rows = slice(first + turn * (end - first) // n_turns, first + (turn + 1) * (end - first) // n_turns)
            yield group, rows if is_sorted else order[rows]


def summed(tally: Callable[[Blocks], Tallies], blocks: Iterator[tuple[int, Rows]], n_cells: int) -> Tallies:
    """Return the int64[group + 1, …] arrays that `tally` makes of the blocks of `rows_by_group`, everybody in their first row.

    Many cells are dealt out to a thread a core: NumPy lets the others go on while it counts, and sums of whole numbers come out
    the same in any order.
    """
    dealt = list(blocks)
    n_threads = min(os.cpu_count() or 1, len(dealt)) if n_cells > _CELLS_FOR_THREADS else 1
    if n_threads > 1:
        with ThreadPoolExecutor(n_threads - 1) as threads:
            elsewhere = threads.map(tally, [dealt[first::n_threads] for first in range(1, n_threads)])
            shares = [tally(dealt[::n_threads]), *elsewhere]
    else:
        shares = [tally(dealt)]
    totals, *others = shares
    for total, *more in zip(totals, *others, strict=True):
        for share in more:
            total += share
        total[0] = total.sum(axis=0)
    return totals


def taken(ballots: NDArray[np.uint8], rows: Rows) -> NDArray[np.uint8]:
    """Return those rows of the ballots."""
    # `take` copies whole rows; indexing goes by the cell and takes three times as long.
    return ballots[rows] if isinstance(rows, slice) else ballots.take(rows, axis=0, mode="clip")


def has_answered(ballots: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Return bool[panelist]: whether the ballot holds at least one level or "unable"."""
    answered: NDArray[np.bool_] = ((ballots != NOT_ANSWERED) & (ballots != NOT_ASKED)).any(axis=1)
    return answered


def rated_everything(ballots: NDArray[np.uint8], n_levels: int) -> NDArray[np.bool_]:
    """Return bool[panelist]: whether the ballot holds a level in every slot."""
    if not ballots.size:
        return np.zeros(len(ballots), dtype=np.bool_)
    return np.asarray((ballots.min(axis=1) > NOT_ANSWERED) & (ballots.max(axis=1) <= n_levels))


def require_ballots(ballots: NDArray[np.uint8], groups: NDArray[np.int64], n_groups: int) -> None:
    """Refuse ballots and groups that do not have the shape and kind that `count_ballots` describes."""
    if ballots.ndim != 2 or ballots.dtype != np.uint8:
        raise RatingsError("Ballots are a matrix of bytes, one row per panelist.")
    if groups.dtype.kind != "i":
        raise RatingsError("The codes of groups are whole numbers.")
    if groups.shape != ballots.shape[:1]:
        raise RatingsError(f"There are {ballots.shape[0]} ballots and the groups of {groups.size} panelists.")
    if groups.size and not (groups.min() >= -1 and groups.max() < n_groups):
        raise RatingsError(f"A group code lies outside -1 … {n_groups - 1}.")


def _codes(n_levels: int) -> NDArray[np.uint8]:
    """Return every code there is: the levels, then unable, not answered and not asked."""
    return np.array([*range(1, n_levels + 1), UNABLE, NOT_ANSWERED, NOT_ASKED], dtype=np.uint8)


def _tally_by_bincount(ballots: NDArray[np.uint8], groups: NDArray[np.int64], n_groups: int, n_levels: int) -> NDArray[np.int64]:
    """Return int64[group + 1, code, slot], everybody first, by one pass over combined indices; best for few cells."""
    codes, n_slots = _codes(n_levels), ballots.shape[1]
    n_codes = codes.size
    position = np.full(256, n_codes)  # the last bin takes what is no code at all
    position[codes] = np.arange(n_codes)
    cells = ((groups[:, None] + 1) * n_slots + np.arange(n_slots)) * (n_codes + 1) + position[ballots]
    tallies = np.bincount(cells.ravel(), minlength=(n_groups + 1) * n_slots * (n_codes + 1))
    tallies = tallies.reshape(n_groups + 1, n_slots, n_codes + 1)[:, :, :n_codes].transpose(0, 2, 1).astype(np.int64)
    tallies[0] = tallies.sum(axis=0)
    return np.asarray(tallies)


def _tally_by_comparison(
    ballots: NDArray[np.uint8], groups: NDArray[np.int64], n_groups: int, n_levels: int
) -> NDArray[np.int64]:
    """Return int64[group + 1, code, slot], everybody first, by comparing whole blocks with each code; best for many cells."""
    n_slots = ballots.shape[1]
    abreast = max(1, _ROW_BYTES // max(1, n_slots))

    def tally(blocks: Blocks) -> Tallies:
        tallies = np.zeros((n_groups + 1, n_levels + 3, n_slots), dtype=np.int64)
        bench = _Bench(abreast, n_slots)
        for group, rows in blocks:
            _add_compared(tallies[group], *bench.lay(ballots, rows), n_levels, bench)
        return (tallies,)

    return summed(tally, rows_by_group(groups, n_groups, abreast * _MOST_IN_A_BYTE), ballots.size)[0]


class _Bench:
    """Where one thread lays block after block to count it: fresh memory for each takes longer than the counting."""

    def __init__(self, abreast: int, n_slots: int) -> None:
        self._abreast = abreast
        self._rows = np.empty((abreast * _MOST_IN_A_BYTE, n_slots), dtype=np.uint8)
        self._equal = np.empty((_MOST_IN_A_BYTE, abreast * n_slots), dtype=np.bool_)

    def lay(self, ballots: NDArray[np.uint8], rows: Rows) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
        """Copy at most 255 · abreast rows here; return them, and the same with `abreast` side by side: long rows sum faster."""
        n = rows.stop - rows.start if isinstance(rows, slice) else len(rows)
        n_wide = -(-n // self._abreast)
        block, filling = self._rows[:n], self._rows[n : n_wide * self._abreast]
        if isinstance(rows, slice):
            block[:] = ballots[rows]
        else:
            ballots.take(rows, axis=0, mode="clip", out=block)
        filling[:] = _NO_CODE
        return block, self._rows[: n_wide * self._abreast].reshape(n_wide, -1)

    def compare(self, wide: NDArray[np.uint8], codes: NDArray[np.uint8]) -> NDArray[np.uint32]:
        """Return uint32[code, slot]: how often each code stands in the rows that `lay` has laid side by side."""
        equal = self._equal[: len(wide)]
        found = np.empty((codes.size, wide.shape[1]), dtype=np.uint8)
        for index, code in enumerate(codes):
            np.equal(wide, code, out=equal)
            np.add.reduce(equal.view(np.uint8), axis=0, dtype=np.uint8, out=found[index])
        return np.asarray(found.reshape(codes.size, self._abreast, -1).sum(axis=1, dtype=np.uint32))


def _add_compared(
    tallies: NDArray[np.int64], block: NDArray[np.uint8], wide: NDArray[np.uint8], n_levels: int, bench: _Bench
) -> None:
    """Add the rows of a block, laid out in `wide`, to int64[code, slot]."""
    # Where there are levels only, the last one takes what the others leave.
    only_levels = bool(block.min() > NOT_ANSWERED and block.max() <= n_levels)
    compared = _codes(n_levels)[: n_levels - 1 if only_levels else None]
    found = bench.compare(wide, compared)
    tallies[: compared.size] += found
    if only_levels:
        tallies[n_levels - 1] += len(block) - found.sum(axis=0, dtype=np.int64)
