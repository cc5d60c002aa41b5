"""How people answered to what was fed back to them, and who stands far from the others."""

from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from delphi.statistics.counts import count_ballots
from delphi.statistics.description import exact_median
from delphi.statistics.quantiles import QUARTER, THREE_QUARTERS
from delphi.statistics.scale import Scale

_PEOPLE_AT_ONCE = 1024

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class Conformity:
    """What became of ratings that differed from the median fed back; every array is […].

    `n_apart` pairs differed from it: `toward` are now nearer to it, `away` farther, `unchanged` as far as before (the same
    rating, or the one across the median). `shift_share` is the median of the shares (x' - x) / (M - x) of the way to it: 0
    stayed, 1 went all the way; nan where no pair was apart. Counts are int64, all 0 where no median was fed back (nan).
    """

    n_apart: Ints
    toward: Ints
    away: Ints
    unchanged: Ints
    shift_share: Floats


@dataclass(frozen=True)
class OutlierStance:
    """How far each person stands from the others, [panelist].

    `distance` is the mean, over the items rated, of |rating - median of the others|, in levels; nan without an item that others
    rated too. `is_outlying` is a distance above `fence`, Q3 + 1.5 IQR of all distances (quantile type 7; nan if there are none).
    """

    distance: Floats
    fence: float
    is_outlying: Flags


def conformity(joint: Ints, fed_back_median: Floats, scale: Scale) -> Conformity:
    """Return how ratings moved with regard to the median that was fed back between two rounds.

    `joint` is int64[…, previous level, current level], the people who rated the same item in both; `fed_back_median` is
    float64[…] or broadcast to it, the median actually shown, in levels of the scale, nan where none was. Regression to the mean
    inflates `toward`: compare with pairs that were shown nothing where there are any.

    >>> moved = conformity(np.array([[0, 0, 0], [0, 0, 0], [0, 3, 1]]), np.array(1.0), Scale(1, 3))  # four threes, three now 2
    >>> int(moved.toward), int(moved.unchanged), float(moved.shift_share)
    (3, 1, 0.5)
    """
    shape = joint.shape[:-2]
    tables = joint.reshape(-1, scale.n_levels**2)
    median = np.broadcast_to(fed_back_median, shape).ravel()
    shown, place = np.unique(median, return_inverse=True)
    figures = [np.zeros(len(tables), dtype=np.int64) for _ in range(4)]
    share = np.full(len(tables), np.nan)
    for index, one_median in enumerate(shown.tolist()):
        slots = np.flatnonzero(place == index)
        *counted, share[slots] = _movement(tables[slots], one_median, scale)
        for figure, values in zip(figures, counted, strict=True):
            figure[slots] = values
    n_apart, toward, away, unchanged = (figure.reshape(shape) for figure in figures)
    return Conformity(n_apart, toward, away, unchanged, share.reshape(shape))


def outlier_stance(ballots: NDArray[np.uint8], n_levels: int) -> OutlierStance:
    """Return how far each person stands from the others, from uint8[panelist, slot] ballots (codes as in `count_ballots`).

    It describes, so that a dissenting view can be looked for in the comments; it is never a reason to exclude anybody.
    """
    everybody = np.full(len(ballots), -1)
    counts = count_ballots(ballots, everybody, 0, n_levels).levels[:, 0]
    total, n_items = _totals(ballots, *_distances(counts))
    has_distance = n_items > 0
    distance = np.full(len(ballots), np.nan)
    distance[has_distance] = total[has_distance] / (2 * n_items[has_distance])
    if not has_distance.any():
        return OutlierStance(distance, np.nan, has_distance)
    # Distances and the fence are fractions rounded once, so that what lies on the fence is not beyond it.
    fence = float(_fence(total[has_distance], 2 * n_items[has_distance]))
    return OutlierStance(distance, fence, distance > fence)


def _movement(tables: Ints, median: float, scale: Scale) -> tuple[Ints, Ints, Ints, Ints, Floats]:
    """Return n_apart, toward, away, unchanged and the median shift share of int64[slot, previous x current] with one median."""
    levels = np.array(scale.levels, dtype=np.float64)
    before, now = (axis.ravel() for axis in np.meshgrid(levels, levels, indexing="ij"))
    is_apart = before != median
    # With no median (nan) nothing is nearer, farther or as far, so nothing is counted.
    nearer = np.sign(np.abs(before - median) - np.abs(now - median))
    toward, away, unchanged = (tables @ (is_apart & (nearer == sign)).astype(np.int64) for sign in (1, -1, 0))
    shares = (now - before)[is_apart] / (median - before)[is_apart]
    order = np.argsort(shares, kind="stable")
    n_apart = toward + away + unchanged
    return n_apart, toward, away, unchanged, _weighted_median(shares[order], tables[:, is_apart][:, order], n_apart)


def _weighted_median(rising: Floats, weights: Ints, n: Ints) -> Floats:
    """Return the midpoint of the two middle values of each row, nan for an empty one."""
    cumulated = weights.cumsum(axis=1)
    lower, upper = (
        rising[np.minimum((cumulated < rank[:, None]).sum(axis=1), rising.size - 1)] for rank in ((n + 1) // 2, n // 2 + 1)
    )
    return np.where(n > 0, (lower + upper) / 2, np.nan)


def _distances(counts: Ints) -> tuple[NDArray[np.uint16], Flags]:
    """Return, for each slot and code, twice the distance from the median of the others, and whether there are others.

    Both are [slot, 256]: all who gave an item the same level have the same distance.
    """
    scale = Scale(1, counts.shape[1])
    twice = np.zeros((len(counts), 256), dtype=np.uint16)
    has_others = np.zeros((len(counts), 256), dtype=np.bool_)
    for level in scale.levels:
        others = counts.copy()
        others[:, level - 1] = np.maximum(others[:, level - 1] - 1, 0)
        twice[:, level] = np.abs(2 * level - exact_median(others, scale).numerator)
        has_others[:, level] = others.any(axis=1)
    return np.where(has_others, twice, np.uint16(0)), has_others


def _totals(ballots: NDArray[np.uint8], twice: NDArray[np.uint16], has_others: Flags) -> tuple[Ints, Ints]:
    """Return each person's sum of doubled distances and the number of items in it, int64[panelist]."""
    total, n_items = np.zeros((2, len(ballots)), dtype=np.int64)
    first_code = 256 * np.arange(ballots.shape[1])
    for start in range(0, len(ballots), _PEOPLE_AT_ONCE):
        people = slice(start, start + _PEOPLE_AT_ONCE)
        cells = ballots[people] + first_code
        total[people] = twice.ravel()[cells].sum(axis=1, dtype=np.int64)
        n_items[people] = np.count_nonzero(has_others.ravel()[cells], axis=1)
    return total, n_items


def _fence(numerator: Ints, denominator: Ints) -> Fraction:
    """Return Q3 + 1.5 IQR of fractions, exactly, by quantile type 7."""
    rising = np.argsort(numerator / denominator, kind="stable")

    def quartile(probability: Fraction) -> Fraction:
        position = (rising.size - 1) * probability
        lower = rising[int(position)]
        upper = rising[min(int(position) + 1, rising.size - 1)]
        below, above = (Fraction(int(numerator[at]), int(denominator[at])) for at in (lower, upper))
        return below + position % 1 * (above - below)

    first, third = quartile(QUARTER), quartile(THREE_QUARTERS)
    return third + Fraction(3, 2) * (third - first)
