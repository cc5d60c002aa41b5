"""Every table of counts that a number of changed ratings leads to, tried until a rule decides otherwise."""

from collections.abc import Sequence
from functools import cache
from itertools import combinations_with_replacement
from math import comb

import numpy as np
from numpy.typing import NDArray

from delphi.statistics.counts import Counts
from delphi.statistics.figures import Measure
from delphi.statistics.outcomes import verdict_codes
from delphi.statistics.rules import SHARES, Rule
from delphi.statistics.scale import Scale

Wholes = NDArray[np.int64]

_MOST_TABLES = 2_500
_DEEPEST = 100
_ENTRIES_AT_ONCE = 700_000


def changes_by_search(
    rule: Rule, counts: Counts, group_names: Sequence[str], measure: Measure, depth: int
) -> NDArray[np.float64]:
    """Return float64[slot]: the fewest ratings that have to change for the panel's verdict to change, nan beyond `depth`.

    Tables are tried by rising distance, each once. Ratings change within their group; levels that the rule cannot tell apart are
    taken for one.
    """
    stands_for = _stands_for(rule, measure.scale)
    counts = Counts(_collapsed(counts.levels, stands_for), counts.unable, counts.missing)
    blocks = _blocks(rule, counts)
    levels = np.unique(stands_for)
    now = verdict_codes(rule, counts, group_names, measure)[:, 0]
    changes = np.full(len(now), np.nan)
    for n_changed in range(1, depth + 1):
        still_open = np.flatnonzero(np.isnan(changes) & (counts.rated[:, 0] >= n_changed))
        if not still_open.size:
            break
        moves = np.zeros((_n_moves(blocks.shape[1], len(levels), n_changed), *blocks.shape[1:]), dtype=np.int64)
        moves[:, :, levels] = _moves(blocks.shape[1], len(levels), n_changed)
        step = max(1, _ENTRIES_AT_ONCE // max(1, moves.size))
        for first in range(0, len(still_open), step):
            cells = still_open[first : first + step]
            slot, varied = _changed(counts, blocks, cells, moves, rule.uses_groups)
            flipped = verdict_codes(rule, varied, group_names, measure)[:, 0] != now[slot]
            changes[slot[flipped]] = n_changed
    return changes


def depth_in_budget(rule: Rule, counts: Counts, measure: Measure) -> int:
    """Return how many changed ratings a search goes up to, so that one verdict takes at most 2,500 tables, or one change."""
    n_blocks, n_levels = _blocks(rule, counts).shape[1], len(np.unique(_stands_for(rule, measure.scale)))
    depth, n_tables = 0, 0
    while n_tables <= _MOST_TABLES and depth < _DEEPEST:
        depth += 1
        n_tables += _n_moves(n_blocks, n_levels, depth)
    return max(1, depth - 1)


def _stands_for(rule: Rule, scale: Scale) -> Wholes:
    """Return int64[level]: the first level that the rule cannot tell from it."""
    tests = rule.requirements
    if any(test.figure not in SHARES | {"n_rated"} for test in tests):
        return np.arange(scale.n_levels)
    bounds = [test.bounds for test in tests if test.bounds is not None]
    in_zones = [tuple(first <= level <= last for first, last in bounds) for level in scale.levels]
    return np.array([in_zones.index(zones) for zones in in_zones])


def _collapsed(levels: Wholes, stands_for: Wholes) -> Wholes:
    collapsed = np.zeros_like(levels)
    for level, first in enumerate(stands_for.tolist()):
        collapsed[..., first] += levels[..., level]
    return collapsed


def _blocks(rule: Rule, counts: Counts) -> Wholes:
    """Return int64[slot, block, level]: whose ratings change apart; whoever has no group matters where the panel is looked at."""
    if not rule.uses_groups:
        return counts.levels[:, :1]
    in_groups = counts.levels[:, 1:]
    if all(leaf.groups != "pooled" for leaf in rule.leaves):
        return in_groups
    return np.concatenate([in_groups, counts.levels[:, :1] - in_groups.sum(axis=1, keepdims=True)], axis=1)


def _changed(counts: Counts, blocks: Wholes, cells: Wholes, moves: Wholes, uses_groups: bool) -> tuple[Wholes, Counts]:
    """Return the slots, one for every move that leaves no count below 0, and the counts after the move."""
    tables = blocks[cells, None] + moves
    cell, move = np.nonzero((tables >= 0).all(axis=(2, 3)))
    slot = cells[cell]
    levels = counts.levels[slot, 0] + moves[move].sum(axis=1)
    n_groups = counts.levels.shape[1] - 1 if uses_groups else 0
    levels = np.concatenate([levels[:, None], tables[cell, move, :n_groups]], axis=1)
    return slot, Counts(levels, counts.unable[slot, : n_groups + 1], counts.missing[slot, : n_groups + 1])


@cache
def _moves(n_blocks: int, n_levels: int, n_changed: int) -> Wholes:
    """Return int64[move, block, level]: all distinct ways in which so many ratings change level within their blocks."""
    if n_blocks == 1:
        return _moves_within(n_levels, n_changed)[:, None]
    parts = [np.zeros((0, n_blocks, n_levels), dtype=np.int64)]
    for here in range(n_changed + 1):
        first, others = _moves_within(n_levels, here), _moves(n_blocks - 1, n_levels, n_changed - here)
        pairs = np.repeat(first, len(others), axis=0)[:, None], np.tile(others, (len(first), 1, 1))
        parts.append(np.concatenate(pairs, axis=1))
    return np.concatenate(parts)


@cache
def _moves_within(n_levels: int, n_changed: int) -> Wholes:
    chosen = list(combinations_with_replacement(range(n_levels), n_changed))
    drawn = np.zeros((len(chosen), n_levels), dtype=np.int64)
    for index, levels in enumerate(chosen):
        np.add.at(drawn[index], list(levels), 1)
    left, reached = np.nonzero(drawn @ drawn.T == 0)
    return drawn[reached] - drawn[left]


@cache
def _n_moves(n_blocks: int, n_levels: int, n_changed: int) -> int:
    if n_blocks == 0:
        return int(n_changed == 0)
    choices = range(n_changed + 1)
    return sum(_n_moves_within(n_levels, here) * _n_moves(n_blocks - 1, n_levels, n_changed - here) for here in choices)


def _n_moves_within(n_levels: int, n_changed: int) -> int:
    """Return how often so many ratings can leave k of the levels and reach some of the others."""
    if n_changed == 0:
        return 1
    leaving = [comb(n_levels, k) * comb(n_changed - 1, k - 1) for k in range(1, n_levels)]
    return sum(ways * comb(n_levels - k + n_changed - 1, n_changed) for k, ways in enumerate(leaving, start=1))
