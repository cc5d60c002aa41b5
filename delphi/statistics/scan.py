"""One pass over the rating matrix: counts, joint tables of two rounds, and the sums of ranks, block by block."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from delphi.statistics.concordance import RankSums
from delphi.statistics.counts import (
    NOT_ANSWERED,
    NOT_ASKED,
    UNABLE,
    Blocks,
    Counts,
    Tallies,
    require_ballots,
    rows_by_group,
    summed,
    taken,
)
from delphi.statistics.errors import RatingsError

Bytes = NDArray[np.uint8]
Whole = NDArray[np.int64]
Words = NDArray[np.uint64]

# Measured: in smaller blocks two threads wait for each other at every step, larger ones leave the cache.
_BLOCK_CELLS = 1_000_000
_MOST_IN_A_BYTE = 255
# Measured: a table that two bytes can name is looked up faster, but takes steps so short that threads wait for each other.
_TABLE_CELLS = 2**19


@dataclass(frozen=True)
class Scan:
    """What one pass found; group 0 is the whole panel.

    `joint` is int64[slot, group, previous level, level]: people who rated the slot in both rounds. `ranks` are of the raters who
    rated every slot that anybody rated.
    """

    counts: Counts
    joint: Whole
    ranks: RankSums


def scan_rounds(previous: Bytes, current: Bytes, groups: Whole, n_groups: int, n_levels: int) -> Scan:
    """Return counts and rank sums of the current round and its joint tables with the previous one.

    Both matrices are uint8[panelist, slot] with the same people in the same rows and the same slots in the same columns (codes as
    in `count_ballots`; who was absent has a row of 254). `groups` is the current round's, int[panelist], -1 for none.
    """
    require_ballots(current, groups, n_groups)
    require_ballots(previous, groups, n_groups)
    if previous.shape != current.shape:
        raise RatingsError(f"Two rounds of the same people have one shape; these have {previous.shape} and {current.shape}.")
    n_slots = current.shape[1]

    def tally(blocks: Blocks) -> Tallies:
        tallies = _no_states(n_groups, n_slots, n_levels)
        for group, rows in blocks:
            _add_states(tallies, group, taken(previous, rows), taken(current, rows), n_levels)
        return tallies

    blocks = rows_by_group(groups, n_groups, _block_rows(n_slots))
    states, unable, missing, *ranks = summed(tally, blocks, current.size)
    by_slot = states.transpose(1, 0, 2, 3)
    levels = np.ascontiguousarray(by_slot.sum(axis=2)[..., 1:])
    counts = Counts(levels, np.ascontiguousarray(unable.T), np.ascontiguousarray(missing.T))
    return Scan(counts, by_slot[..., 1:, 1:], _rank_sums(ranks, current, groups, counts))


def scan_ranks(current: Bytes, groups: Whole, counts: Counts) -> RankSums:
    """Return the rank sums of one round whose counts are known already; the codes must have been checked by counting."""
    return _rank_sums(_ranked(current, groups, counts, slice(None)), current, groups, counts)


def _block_rows(n_slots: int) -> int:
    return max(1, _BLOCK_CELLS // max(1, n_slots))


def _states(block: Bytes, n_levels: int) -> Bytes:
    """Return the block with 0 for everything that is not a level; the very block where all are levels."""
    if block.size and block.min() > NOT_ANSWERED and block.max() <= n_levels:
        return block
    is_level = (block - np.uint8(1)) < n_levels  # 0 wraps around to the top
    if not (is_level | (block == NOT_ANSWERED) | (block == UNABLE) | (block == NOT_ASKED)).all():
        raise RatingsError(f"The ballots hold a code that is not a level of a scale with {n_levels} levels.")
    return block * is_level


def _joint_states(before: Bytes, now: Bytes, n_levels: int) -> Whole:
    """Return int64[slot, previous state, state]: state 0 is "no rating", the others are the levels."""
    n_states, n_slots = n_levels + 1, now.shape[1]
    cells = _paired(before, now, n_states) + _numbered(n_slots, n_states**2)
    return np.bincount(cells.ravel(), minlength=n_slots * n_states**2).reshape(n_slots, n_states, n_states)


def _paired(first: Bytes, second: Bytes, n_states: int) -> NDArray[Any]:
    """Return first · n_states + second in the fewest bytes that hold it."""
    width = np.min_scalar_type(n_states**2 - 1).type
    return np.asarray(first.astype(width, copy=False) * width(n_states) + second)


def _numbered(n: int, stride: int) -> NDArray[Any]:
    """Return 0, stride, … in the fewest bytes that hold any cell of n strides: narrow numbers are added faster."""
    return (np.arange(n) * stride).astype(np.min_scalar_type(n * stride))


def _no_states(n_groups: int, n_slots: int, n_levels: int) -> Tallies:
    """Return states, unable, missing and ranks of nobody."""
    states = np.zeros((n_groups + 1, n_slots, n_levels + 1, n_levels + 1), dtype=np.int64)
    unable, missing = np.zeros((2, n_groups + 1, n_slots), dtype=np.int64)
    return states, unable, missing, *_no_ranks(n_groups, n_slots)


def _add_states(tallies: Tallies, group: int, before: Bytes, now: Bytes, n_levels: int) -> None:
    """Add a block of a group's people to all tallies."""
    states, unable, missing, *ranks = tallies
    rated = _states(now, n_levels)
    if rated is not now:
        unable[group] += (now == UNABLE).sum(axis=0)
        missing[group] += (now == NOT_ANSWERED).sum(axis=0)
    states[group] += _joint_states(_states(before, n_levels), rated, n_levels)
    _add_ranks(ranks, group, rated, n_levels)


def _no_ranks(n_groups: int, n_slots: int) -> Tallies:
    """Return n_raters, totals and ties (as in `RankSums`) of nobody."""
    n_raters, ties = np.zeros((2, n_groups + 1), dtype=np.int64)
    return n_raters, np.zeros((n_groups + 1, n_slots), dtype=np.int64), ties


def _add_ranks(ranks: Sequence[Whole], group: int, states: Bytes, n_levels: int) -> None:
    """Add those raters of a block, 0 for what is no level, who rated every slot.

    A rater's mid-ranks follow from how often they gave each level.
    """
    if states.size and states.min() == 0:
        states = states[states.all(axis=1)]
    if not states.size:
        return
    n_raters, totals, ties = ranks
    given = _levels_given(states, n_levels)
    n_raters[group] += len(states)
    ties[group] += int((given * given * given).sum()) - states.size
    totals[group] += _summed_ranks(states, _doubled_ranks(given))


def _rank_sums(ranks: Sequence[Whole], ballots: Bytes, groups: Whole, counts: Counts) -> RankSums:
    """Return the sums for the panel and the groups; a slot that nobody rated is left out, which takes another pass."""
    rated = counts.rated[:, 0] > 0
    if not rated.all() and rated.any():
        ranks = _ranked(ballots, groups, counts, rated)
    n_raters, totals, ties = ranks
    return RankSums(totals.shape[1], n_raters, totals, ties)


def _ranked(ballots: Bytes, groups: Whole, counts: Counts, kept: slice | NDArray[np.bool_]) -> Tallies:
    """Return the ranks of everybody and every group over the slots that are kept."""
    n_slots, n_columns, n_levels = counts.levels.shape
    n_kept = len(counts.levels[kept])

    def tally(blocks: Blocks) -> Tallies:
        ranks = _no_ranks(n_columns - 1, n_kept)
        for group, rows in blocks:
            _add_ranks(ranks, group, _states(taken(ballots, rows)[:, kept], n_levels), n_levels)
        return ranks

    return summed(tally, rows_by_group(groups, n_columns - 1, _block_rows(n_slots)), ballots.size)


def _levels_given(states: Bytes, n_levels: int) -> Words:
    """Return uint64[level, rater]: how often each rater gave each level.

    Eight comparisons are summed at a time, as the bytes of one whole number; the last level takes the rest.
    """
    n_raters, n_slots = states.shape
    padded = np.zeros((n_raters, n_slots + -n_slots % 8), dtype=np.uint8)
    padded[:, :n_slots] = states
    # With the raters side by side rows are long, however few slots there are.
    words = np.ascontiguousarray(padded.view(np.uint64).T)
    equal = np.empty((min(len(words), _MOST_IN_A_BYTE), n_raters * 8), dtype=np.bool_)
    sums = np.empty((n_levels - 1, n_raters), dtype=np.uint64)
    given = np.zeros((n_levels, n_raters), dtype=np.uint64)
    for start in range(0, len(words), _MOST_IN_A_BYTE):
        some = words[start : start + _MOST_IN_A_BYTE].view(np.uint8)
        for level, total in enumerate(sums, start=1):
            found = np.equal(some, level, out=equal[: len(some)])
            np.add.reduce(found.view(np.uint64), axis=0, out=total)
        given[:-1] += _bytes_summed(sums)
    given[-1] = n_slots - given[:-1].sum(axis=0)
    return given


def _bytes_summed(words: Words) -> Words:
    """Return the sum of the eight bytes of each word."""
    every_other = np.uint64(0x00FF00FF00FF00FF)
    by_two = (words & every_other) + ((words >> np.uint64(8)) & every_other)
    return np.asarray((by_two * np.uint64(0x0001000100010001)) >> np.uint64(48))


def _doubled_ranks(given: Words) -> Words:
    """Return uint64[state, rater]: twice the mid-rank that each level has with each rater; state 0, no level, has none."""
    ranks = np.zeros((len(given) + 1, given.shape[1]), dtype=np.uint64)
    below = np.zeros_like(given[0])
    # Measured: cumsum along the first axis takes three times as long.
    for rank, of_level in zip(ranks[1:], given, strict=True):
        rank += 2 * below + of_level + 1
        below += of_level
    return ranks


def _summed_ranks(states: Bytes, ranks: Words) -> Whole:
    """Return int64[slot]: the sum over raters of ranks[state, rater].

    Two slots at a time are looked up in the table of a rater's pairs of ranks, the second in the upper half of a word.
    """
    (n_raters, n_slots), n_states = states.shape, len(ranks)
    half = n_slots // 2
    sums = np.zeros(half, dtype=np.uint64)
    n_rows = max(1, _TABLE_CELLS // n_states**2)
    for start in range(0, n_raters, n_rows):
        some = slice(start, start + n_rows)
        pairs = _paired(states[some, :half], states[some, half : 2 * half], n_states)
        sums += _looked_up(pairs, ranks[:, some])
    totals = np.empty(n_slots, dtype=np.int64)
    totals[:half], totals[half : 2 * half] = sums & np.uint64(2**32 - 1), sums >> np.uint64(32)
    if n_slots % 2:
        totals[-1] = ranks[states[:, -1], np.arange(n_raters)].sum()
    return totals


def _looked_up(pairs: NDArray[Any], ranks: Words) -> Words:
    """Return the sum down each column of what the pairs of states stand for in the raters' ranks."""
    n_states, n_raters = ranks.shape
    table = (ranks[:, None, :] + (ranks << np.uint64(32))[None, :, :]).ravel()
    width = np.min_scalar_type(n_states**2 * n_raters - 1).type
    cells = pairs.astype(width) * width(n_raters) + np.arange(n_raters, dtype=width)[:, None]
    return np.asarray(np.add.reduce(np.take(table, cells, mode="clip"), axis=0))
