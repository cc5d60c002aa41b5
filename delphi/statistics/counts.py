"""From ballots to counts: how many gave each level, item by item and group by group."""

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
    _require_groups(ballots, groups, n_groups)
    codes = np.array([NOT_ANSWERED, *range(1, n_levels + 1), UNABLE, NOT_ASKED], dtype=np.uint8)
    tally = _tally_by_comparison if ballots.size > _CELLS_FOR_COMPARISON else _tally_by_bincount
    tallies = tally(ballots, groups, n_groups, codes)
    if tallies.sum() != ballots.size:
        raise RatingsError(f"The ballots hold a code that is not a level of a scale with {n_levels} levels.")
    # The first row held those without a group; the panel is everybody.
    tallies[0] = tallies.sum(axis=0)
    by_slot = np.ascontiguousarray(tallies.transpose(2, 0, 1))
    return Counts(levels=by_slot[:, :, 1 : n_levels + 1], unable=by_slot[:, :, n_levels + 1], missing=by_slot[:, :, 0])


def has_answered(ballots: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Return bool[panelist]: whether the ballot holds at least one level or "unable"."""
    answered: NDArray[np.bool_] = ((ballots != NOT_ANSWERED) & (ballots != NOT_ASKED)).any(axis=1)
    return answered


def _require_groups(ballots: NDArray[np.uint8], groups: NDArray[np.int64], n_groups: int) -> None:
    if ballots.ndim != 2 or ballots.dtype != np.uint8:
        raise RatingsError("Ballots are a matrix of bytes, one row per panelist.")
    if groups.dtype.kind != "i":
        raise RatingsError("The codes of groups are whole numbers.")
    if groups.shape != ballots.shape[:1]:
        raise RatingsError(f"There are {ballots.shape[0]} ballots and the groups of {groups.size} panelists.")
    if groups.size and not (groups.min() >= -1 and groups.max() < n_groups):
        raise RatingsError(f"A group code lies outside -1 … {n_groups - 1}.")


def _tally_by_bincount(
    ballots: NDArray[np.uint8], groups: NDArray[np.int64], n_groups: int, codes: NDArray[np.uint8]
) -> NDArray[np.int64]:
    """Return int64[group + 1, code, slot] by one pass over combined indices; best for few cells."""
    n_slots, n_codes = ballots.shape[1], codes.size
    position = np.full(256, n_codes)  # the last bin takes what is no code at all
    position[codes] = np.arange(n_codes)
    cells = ((groups[:, None] + 1) * n_slots + np.arange(n_slots)) * (n_codes + 1) + position[ballots]
    tallies = np.bincount(cells.ravel(), minlength=(n_groups + 1) * n_slots * (n_codes + 1))
    return tallies.reshape(n_groups + 1, n_slots, n_codes + 1)[:, :, :n_codes].transpose(0, 2, 1).astype(np.int64)


def _tally_by_comparison(
    ballots: NDArray[np.uint8], groups: NDArray[np.int64], n_groups: int, codes: NDArray[np.uint8]
) -> NDArray[np.int64]:
    """Return int64[group + 1, code, slot] by comparing whole blocks with each code; best for many cells."""
    by_group = ballots[np.argsort(groups, kind="stable")] if np.any(groups[1:] < groups[:-1]) else np.ascontiguousarray(ballots)
    bounds = np.concatenate([[0], np.cumsum(np.bincount(groups + 1, minlength=n_groups + 1))])
    return np.stack([_compare(by_group[bounds[g] : bounds[g + 1]], codes) for g in range(n_groups + 1)])


def _compare(rows: NDArray[np.uint8], codes: NDArray[np.uint8]) -> NDArray[np.int64]:
    """Return int64[code, slot]; several panelists are laid side by side, as long rows sum faster."""
    n_slots = rows.shape[1]
    abreast = max(1, _ROW_BYTES // max(1, n_slots))
    even = rows.shape[0] // abreast * abreast
    wide = rows[:even].reshape(-1, abreast * n_slots)
    tallies = _sum_blocks(wide, codes).reshape(codes.size, abreast, n_slots).sum(axis=1)
    return np.asarray(tallies + _sum_blocks(rows[even:], codes), dtype=np.int64)


def _sum_blocks(rows: NDArray[np.uint8], codes: NDArray[np.uint8]) -> NDArray[np.int64]:
    tallies = np.zeros((codes.size, rows.shape[1]), dtype=np.int64)
    for start in range(0, rows.shape[0], _MOST_IN_A_BYTE):
        block = rows[start : start + _MOST_IN_A_BYTE]
        for index, code in enumerate(codes):
            tallies[index] += np.add.reduce((block == code).view(np.uint8), axis=0, dtype=np.uint8)
    return tallies
