"""How much the same people's ratings changed from one round to the next, and whether an item is stable."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from delphi.statistics.change_tests import difference_counts, laid_by_level, levels_first
from delphi.statistics.description import power_sums
from delphi.statistics.quantiles import HALF, QUARTER, THREE_QUARTERS, ExactQuantile, quantile_of
from delphi.statistics.ratio import ratio
from delphi.statistics.scale import Scale, Zones

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

STABLE_BELOW_PERCENT = 15


@dataclass(frozen=True)
class Change:
    """How joint tables of shape […, previous, current] changed; every array is […], nan where a figure is undefined.

    Of individuals: `percent_changed`; `percent_zone_changed` (levels in no zone count as one place more);
    `mean_absolute_change` in levels; Cohen's `kappa`, with linear (`weighted_kappa`) and quadratic weights on the full scale
    (Psychological Bulletin 1968;70:213–220), undefined where nobody could have disagreed; `spearman`, undefined where a round
    is constant. Of the group, previous and current round of the same people: `net_change_percent`, half the sum of the
    absolute differences of the shares (Scheibe, Skutsch and Schofer 1975); `median_change`, `iqr_change` and `cv_change`,
    current minus previous, the last undefined where the scale has negative levels, a mean is 0 or there is one pair only.
    `stable`: the net change is below 15 %, compared in whole numbers; false where there are no pairs.
    """

    n_pairs: Ints
    percent_changed: Floats
    percent_zone_changed: Floats
    mean_absolute_change: Floats
    weighted_kappa: Floats
    kappa: Floats
    kappa_quadratic: Floats
    spearman: Floats
    net_change_percent: Floats
    median_change: Floats
    iqr_change: Floats
    cv_change: Floats
    stable: NDArray[np.bool_]


@dataclass(frozen=True)
class Crossings:
    """How many pairs `left` a zone (in it before, not now) and how many `entered` it, int64[…] each: McNemar's b and c."""

    left: Ints
    entered: Ints


def describe_change(joint: Ints, scale: Scale, zones: Zones, quantile_type: int = 7) -> Change:
    """Return the change in int64[…, previous, current] counts of pairs on the scale.

    >>> joint = np.zeros((9, 9), dtype=np.int64)
    >>> joint[6, 6], joint[6, 7], joint[2, 6] = 5, 3, 2  # of ten people five stayed, two came from 3 to 7
    >>> change = describe_change(joint, Scale(1, 9), Zones((1, 3), (4, 6), (7, 9)))
    >>> float(change.percent_changed), float(change.percent_zone_changed), float(change.net_change_percent)
    (50.0, 20.0, 30.0)
    >>> bool(change.stable)
    False
    """
    joint = laid_by_level(joint)
    pairs = _Pairs.of(joint, scale)
    n, sizes = pairs.n, np.abs(np.arange(1 - scale.n_levels, scale.n_levels))
    differences = difference_counts(joint)
    distance, squares = differences @ sizes, differences @ sizes**2
    n_changed = n - differences[..., scale.n_levels - 1]
    net = np.abs(pairs.current - pairs.previous).sum(axis=0)
    return Change(
        n_pairs=n,
        percent_changed=ratio(100 * n_changed, n),
        percent_zone_changed=ratio(100 * (n - _kept_zone(pairs, scale, zones)), n),
        mean_absolute_change=ratio(distance, n),
        weighted_kappa=_kappa(n * distance, _expected_distance(pairs)),
        kappa=_kappa(n * n_changed, n**2 - (pairs.previous * pairs.current).sum(axis=0)),
        kappa_quadratic=_kappa(n * squares, n * pairs.squares.sum(axis=0) - 2 * pairs.totals.prod(axis=0)),
        spearman=_spearman(pairs),
        net_change_percent=ratio(50 * net, n),
        median_change=_rise(quantile_of(pairs.below, HALF, scale, quantile_type=2), n),
        iqr_change=_iqr_rise(pairs, scale, quantile_type),
        cv_change=_cv_rise(pairs, scale),
        stable=50 * net < STABLE_BELOW_PERCENT * n,
    )


def zone_table(joint: Ints, scale: Scale, zones: Zones) -> Ints:
    """Return int64[…, previous zone, current zone] of low, middle and high (or low and high) from int64[…, previous, current].

    Pairs with a rating in no zone are not in it.
    """
    return np.moveaxis(_zone_table(levels_first(joint), scale, zones), (0, 1), (-2, -1))


def crossings(joint: Ints, scale: Scale, bounds: tuple[int, int]) -> Crossings:
    """Return who left and who entered the levels within the bounds, both included, of int64[…, previous, current]."""
    table, within = levels_first(joint), _slice(bounds, scale)
    stayed = table[within, within].sum(axis=(0, 1))
    return Crossings(table[within].sum(axis=(0, 1)) - stayed, table[:, within].sum(axis=(0, 1)) - stayed)


@dataclass(frozen=True)
class _Pairs:
    """Joint tables with the levels in front, int64[previous, current, …], and what is known of their margins.

    `margins` and their cumulated `below` are int64[level, round, …]; the sums of the ratings, `totals`, and of their `squares`
    are int64[round, …].
    """

    joint: Ints
    margins: Ints
    below: Ints
    totals: Ints
    squares: Ints

    @classmethod
    def of(cls, joint: Ints, scale: Scale) -> "_Pairs":
        table = levels_first(joint)
        margins = np.stack([table.sum(axis=1), table.sum(axis=0)], axis=1)
        return cls(table, margins, margins.cumsum(axis=0), *power_sums(np.moveaxis(margins, 0, -1), scale))

    @property
    def previous(self) -> Ints:
        return self.margins[:, 0]

    @property
    def current(self) -> Ints:
        return self.margins[:, 1]

    @property
    def n(self) -> Ints:
        n_pairs: Ints = self.below[-1, 0]
        return n_pairs


def _slice(bounds: tuple[int, int], scale: Scale) -> slice:
    return slice(bounds[0] - scale.low, bounds[1] - scale.low + 1)


def _slices(scale: Scale, zones: Zones) -> list[slice]:
    return [_slice(zone, scale) for zone in (zones.low, zones.middle, zones.high) if zone is not None]


def _zone_table(table: Ints, scale: Scale, zones: Zones) -> Ints:
    slices = _slices(scale, zones)
    return np.stack([np.stack([table[before, now].sum(axis=(0, 1)) for now in slices]) for before in slices])


def _kept_zone(pairs: _Pairs, scale: Scale, zones: Zones) -> Ints:
    """Return how many rated in the same zone twice, or twice in none."""
    moves = _zone_table(pairs.joint, scale, zones)
    in_zones = sum(pairs.margins[zone].sum(axis=(0, 1)) for zone in _slices(scale, zones))
    kept: Ints = np.trace(moves) + pairs.n - in_zones + moves.sum(axis=(0, 1))
    return kept


def _kappa(observed: Ints, expected: Ints) -> Floats:
    """Return 1 - observed / expected disagreement, both whole, with one rounding."""
    return ratio(expected - observed, expected)


def _expected_distance(pairs: _Pairs) -> Ints:
    """Return Σ |i - j| p_i q_j: at every cut of the scale, the pairings of the margins that it separates."""
    below, below_now = pairs.below[:, 0], pairs.below[:, 1]
    total: Ints = (below * (pairs.n - below_now) + below_now * (pairs.n - below)).sum(axis=0)
    return total


def _spearman(pairs: _Pairs) -> Floats:
    """Return the correlation of mid-ranks, each taken twice and from the middle so that all sums are whole."""
    ranks = 2 * pairs.below - pairs.margins - pairs.n
    # Floats hold these whole numbers exactly to 200,000 pairs, and do not overflow beyond.
    as_floats = ranks.astype(np.float64)
    # Row by row, as the products of all rows at once would not stay in the cache.
    rows = zip(pairs.joint, as_floats[:, 0], strict=True)
    together = sum((row * ranks[:, 1]).sum(axis=0) * rank for row, rank in rows)
    alone = (pairs.margins * as_floats**2).sum(axis=0).prod(axis=0)
    return ratio(together, np.sqrt(alone))


def _rise(quantile: ExactQuantile, n: Ints) -> Floats:
    return ratio(quantile.numerator[1] - quantile.numerator[0], quantile.denominator * (n > 0))


def _iqr_rise(pairs: _Pairs, scale: Scale, quantile_type: int) -> Floats:
    first, third = (quantile_of(pairs.below, share, scale, quantile_type) for share in (QUARTER, THREE_QUARTERS))
    return _rise(ExactQuantile(third.numerator - first.numerator, first.denominator), pairs.n)


def _cv_rise(pairs: _Pairs, scale: Scale) -> Floats:
    n = pairs.n
    sd = np.sqrt(ratio(n * pairs.squares - pairs.totals**2, n * (n - 1)))
    cv = ratio(sd, ratio(pairs.totals, n) * (scale.low >= 0))
    return np.asarray(cv[1] - cv[0])
