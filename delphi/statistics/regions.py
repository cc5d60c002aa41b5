"""Regions of tables of counts that a rule cannot tell apart, and how many ratings lie between a table and each of them.

Shares of zones at an end of the scale and quantiles depend on cumulated counts alone: how many gave a level or a lower one. A
region is a lower and an upper bound of each cumulated count; a rule that asks for nothing else says one thing in all of it.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import combinations_with_replacement, product
from math import comb, prod

import numpy as np
from numpy.typing import NDArray

from delphi.statistics.figures import Measure, fewest_beyond_chance
from delphi.statistics.quantiles import HALF, QUARTER, THREE_QUARTERS, exact_quantile
from delphi.statistics.rules import SHARES, Requirement
from delphi.statistics.scale import Scale

Wholes = NDArray[np.int64]

# What is asked of many tables at once: levels int64[table, level] and unable int64[table] in, a label from 0 of each table out.
Labelling = Callable[[Wholes, Wholes], Wholes]

UNREACHABLE = np.iinfo(np.int32).max
_MOST_REGIONS = 20_000
_ENTRIES_AT_ONCE = 250_000
_TWO_LEVELS = Scale(0, 1)
_P30, _P70 = Fraction(3, 10), Fraction(7, 10)


@dataclass(frozen=True)
class _Cut:
    """A share's zone as the first `n_before` levels of the chain, or all but them."""

    requirement: Requirement
    n_before: int
    is_before: bool


@dataclass(frozen=True)
class Chain:
    """The levels in the order in which they are cumulated, and what divides the tables: shares and quantiles."""

    order: tuple[int, ...]
    cuts: tuple[_Cut, ...]
    quantiles: tuple[tuple[Fraction, int], ...]


def chain_of(requirements: Sequence[Requirement], measure: Measure) -> Chain | None:
    """Return the chain on which all the tests are about cumulated counts, or None where there is none or it has too many regions.

    Where only shares are asked for, levels may be cumulated in any order: up to two zones anywhere, apart from each other.
    """
    requirements = list(dict.fromkeys(requirements))
    quantiles = tuple(dict.fromkeys(each for test in requirements for each in _quantiles(test, measure)))
    if any(test.figure not in SHARES | _QUANTILE_FIGURES | {"n_rated"} for test in requirements):
        return None
    n_levels = measure.scale.n_levels
    zones = list(dict.fromkeys(_indices(test, measure.scale) for test in requirements if test.bounds is not None))
    zones = [zone for zone in zones if len(zone) < n_levels]
    order = _order(zones, n_levels, bool(quantiles))
    if order is None:
        return None
    cuts = tuple(_cut(test, order, measure.scale) for test in requirements if _divides(test, measure.scale))
    chain = Chain(order, cuts, quantiles)
    return chain if _n_regions(chain) <= _MOST_REGIONS else None


def fewest_changes(chain: Chain, levels: Wholes, unable: Wholes, labelling: Labelling, n_labels: int) -> Wholes:
    """Return int64[cell, label]: how many ratings of int64[cell, level] have to be other levels for the table to get the label.

    0 for the label that it has, UNREACHABLE for one that no table of so many ratings gets. A region's nearest table is found by
    following the table's cumulated counts and moving only when a bound forces it: of all ways within the bounds that is one with
    the least movement up and down, and each step up is one rating that moved (the bounds rise with the levels, so that no count
    becomes negative).
    """
    found = np.full((len(levels), n_labels), UNREACHABLE, dtype=np.int64)
    n_rated = levels.sum(axis=-1)
    sizes, size_of = np.unique(np.stack([n_rated, unable]), axis=1, return_inverse=True)
    at_once = max(1, _ENTRIES_AT_ONCE // (8 * _n_regions(chain)))
    cumulated = levels[:, list(chain.order)].cumsum(axis=1)
    for start in range(0, sizes.shape[1], at_once):
        here = sizes[:, start : start + at_once]
        regions = _regions(chain, here, labelling)
        cells = np.flatnonzero((size_of >= start) & (size_of < start + at_once))
        step = max(1, _ENTRIES_AT_ONCE // regions.labels.shape[1])
        for first in range(0, len(cells), step):
            some = cells[first : first + step]
            found[some] = _nearest(regions, cumulated[some], size_of[some] - start, n_labels)
    return found


@dataclass(frozen=True)
class _Regions:
    """The bounds of cumulated counts, [level][size, region], and each region's label, -1 for one without a table."""

    lower: list[Wholes]
    upper: list[Wholes]
    labels: Wholes


_QUANTILE_FIGURES = frozenset({"median", "iqr", "ram"})


def _quantiles(test: Requirement, measure: Measure) -> list[tuple[Fraction, int]]:
    kind = measure.quantile_type
    return {
        "median": [(HALF, 2)],
        "iqr": [(QUARTER, kind), (THREE_QUARTERS, kind)],
        "ram": [(_P30, kind), (HALF, 2), (_P70, kind)],
    }.get(test.figure, [])


def _indices(test: Requirement, scale: Scale) -> tuple[int, ...]:
    first, last = test.bounds or (scale.low, scale.high)
    return tuple(range(first - scale.low, last - scale.low + 1))


def _divides(test: Requirement, scale: Scale) -> bool:
    return test.bounds is not None and len(_indices(test, scale)) < scale.n_levels


def _order(zones: list[tuple[int, ...]], n_levels: int, needs_levels: bool) -> tuple[int, ...] | None:
    natural = tuple(range(n_levels))
    if all(zone[0] == 0 or zone[-1] == n_levels - 1 for zone in zones):
        return natural
    if needs_levels or len(zones) > 2 or len({level for zone in zones for level in zone}) < sum(map(len, zones)):
        return None
    after = zones[1] if len(zones) == 2 else ()
    return (*zones[0], *(level for level in natural if level not in {*zones[0], *after}), *after)


def _cut(test: Requirement, order: tuple[int, ...], scale: Scale) -> _Cut:
    zone = set(_indices(test, scale))
    is_before = set(order[: len(zone)]) == zone
    return _Cut(test, len(zone) if is_before else len(order) - len(zone), is_before)


def _n_regions(chain: Chain) -> int:
    n_cuts = [sum(cut.n_before == place for cut in chain.cuts) for place in {cut.n_before for cut in chain.cuts}]
    n_ranks = 2 * len(chain.quantiles)
    return comb(len(chain.order) + n_ranks - 1, n_ranks) * prod(n + 1 for n in n_cuts)


def _regions(chain: Chain, sizes: Wholes, labelling: Labelling) -> _Regions:
    """Return all regions of tables of n ratings and so many unable, `sizes` being int64[2, size]."""
    n_levels, (n_rated, unable) = len(chain.order), sizes
    bounds = [_between_ranks(chain, n_rated), *_between_cuts(chain, n_rated, unable)]
    indices = [np.array(each) for each in zip(*product(*(range(lower.shape[1]) for lower, _ in bounds)), strict=True)]
    lower = np.zeros((len(n_rated), len(indices[0]), n_levels), dtype=np.int64)
    upper = np.broadcast_to(n_rated[:, None, None], lower.shape).copy()
    for (least, most), index in zip(bounds, indices, strict=True):
        np.maximum(lower, least[:, index], out=lower)
        np.minimum(upper, most[:, index], out=upper)
    lower[:, :, -1] = n_rated[:, None]
    lower = np.maximum.accumulate(lower, axis=2)
    upper = np.minimum.accumulate(upper[:, :, ::-1], axis=2)[:, :, ::-1]
    exists = (lower <= upper).all(axis=2)
    # The lowest cumulated counts are a table of the region: it stands for all of them.
    tables = np.empty((int(exists.sum()), n_levels), dtype=np.int64)
    tables[:, list(chain.order)] = np.diff(lower[exists], axis=1, prepend=0)
    labels = np.full(exists.shape, -1, dtype=np.int64)
    labels[exists] = labelling(tables, np.broadcast_to(unable[:, None], exists.shape)[exists])
    return _Regions(list(np.moveaxis(lower, 2, 0)), list(np.moveaxis(upper, 2, 0)), labels)


def _between_ranks(chain: Chain, n_rated: Wholes) -> tuple[Wholes, Wholes]:
    """Return the bounds, int64[size, region, level], for every choice of levels of the ratings that the quantiles look at."""
    ranks = [_deciding_ranks(n_rated, *each) for each in chain.quantiles]
    padded = np.concatenate([np.zeros((len(n_rated), 1), dtype=np.int64), *ranks, n_rated[:, None] + 1], axis=1)
    padded.sort(axis=1)
    n_levels, n_ranks = len(chain.order), padded.shape[1] - 2
    choices = list(combinations_with_replacement(range(n_levels), n_ranks))
    chosen = np.array(choices, dtype=np.int64).reshape(len(choices), n_ranks)
    n_up_to = (chosen[:, :, None] <= np.arange(n_levels)).sum(axis=1)
    return padded[:, n_up_to], padded[:, n_up_to + 1] - 1


def _deciding_ranks(n_rated: Wholes, probability: Fraction, quantile_type: int) -> Wholes:
    """Return int64[size, 2]: between which of the ordered ratings the quantile lies, found by asking it of two-level tables."""
    tried = n_rated[:, None] * probability.numerator // probability.denominator + np.arange(-2, 4)
    n_low = np.clip(tried, 0, n_rated[:, None])
    found = exact_quantile(np.stack([n_low, n_rated[:, None] - n_low], axis=-1), probability, _TWO_LEVELS, quantile_type)
    first = (found.numerator < found.denominator).argmax(axis=1)
    last = (found.numerator == 0).argmax(axis=1)
    return np.take_along_axis(n_low, np.stack([first, last], axis=1), axis=1)


def _between_cuts(chain: Chain, n_rated: Wholes, unable: Wholes) -> list[tuple[Wholes, Wholes]]:
    """Return, for each place where shares cut the chain, the bounds int64[size, region, level] between neighbouring cuts."""
    bounds = []
    for place in sorted({cut.n_before for cut in chain.cuts}):
        cuts = [_cut_at(cut, n_rated, unable) for cut in chain.cuts if cut.n_before == place]
        padded = np.stack([np.zeros_like(n_rated), *cuts, n_rated + 1], axis=1)
        padded.sort(axis=1)
        lower = np.zeros((*padded[:, 1:].shape, len(chain.order)), dtype=np.int64)
        upper = np.broadcast_to(n_rated[:, None, None], lower.shape).copy()
        lower[:, :, place - 1], upper[:, :, place - 1] = padded[:, :-1], padded[:, 1:] - 1
        bounds.append((lower, upper))
    return bounds


def _cut_at(cut: _Cut, n_rated: Wholes, unable: Wholes) -> Wholes:
    """Return int64[size]: from which cumulated count on the test says something else, 0 … n + 1."""
    test = cut.requirement
    base = n_rated + unable if test.denominator == "answered" else n_rated
    wanted = test.percent_wanted
    if wanted is None:
        fewest = fewest_beyond_chance(base)
    else:
        exact = base.astype(object) * wanted.numerator
        whole = exact // (100 * wanted.denominator)
        is_next = test.comparison in ("more_than", "at_most") or exact % (100 * wanted.denominator) != 0
        fewest = (whole + is_next).astype(np.int64)
    return np.clip(fewest if cut.is_before else n_rated - fewest + 1, 0, n_rated + 1)


def _nearest(regions: _Regions, cumulated: Wholes, size_of: Wholes, n_labels: int) -> Wholes:
    """Return int64[cell, label]: how far the cells lie from the nearest region of each label."""
    shift = np.zeros((len(cumulated), regions.labels.shape[1]), dtype=np.int64)
    moved = np.zeros_like(shift)
    for level, (lower, upper) in enumerate(zip(regions.lower, regions.upper, strict=True)):
        at = cumulated[:, level, None]
        forced = np.clip(shift, lower[size_of] - at, upper[size_of] - at)
        moved += np.maximum(forced - shift, 0)
        shift = forced
    labels = regions.labels[size_of]
    return np.stack([np.where(labels == label, moved, UNREACHABLE).min(axis=1) for label in range(n_labels)], axis=1)
