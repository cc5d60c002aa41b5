"""The percentile bootstrap without resampling: the exact law of a median or a share when people are drawn anew."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from delphi.statistics.binomial_sums import BinomialSums
from delphi.statistics.quantiles import cumulate
from delphi.statistics.scale import Scale
from delphi.statistics.uncertainty import Interval, distinct_sizes, first_reaching, reaches

# A probability this little below 2.5 or 97.5 % counts as reaching it: rounding must not decide where it is met exactly.
ROUNDING = 1e-10

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class MedianLaw:
    """The levels and half levels of the scale, float64[value], and the probability of each, float64[…, value]."""

    values: Floats
    probability: Floats


@dataclass(frozen=True)
class _Thresholds:
    """How many must have rated at or below a value, for every sample size, int64[size], so that its probability reaches the end.

    From `surely` on it does. Below `possibly` it does not. In between, for even sizes, it depends on the other ratings.
    """

    possibly: Ints
    surely: Ints


def bootstrap_median(counts: Ints, scale: Scale, confidence: float = 0.95) -> Interval:
    """Return the percentile bootstrap interval of the median of int64[…, level] counts, in levels of the scale, shape […].

    n people are drawn with replacement from the n who rated; the law of their median is known, so nothing is drawn (Efron 1979,
    Ann Statist 7:1–26; Maritz and Jarrett 1978, JASA 73:194–196). The lower end is the smallest value that the median does not
    exceed with a probability of at least 2.5 %, the upper end the same for 97.5 %. nan where nobody rated.

    >>> interval = bootstrap_median(np.array([0, 0, 1, 0, 2, 1, 4, 5, 2]), Scale(1, 9))
    >>> float(interval.lower), float(interval.upper)
    (6.0, 8.0)
    """
    cumulated = cumulate(counts)
    shape = cumulated.shape[1:]
    cumulated = cumulated.reshape(len(cumulated), -1)
    n_rated = cumulated[-1]
    sizes, cell = distinct_sizes(n_rated)
    tail = (1 - confidence) / 2
    ends = [
        np.where(n_rated > 0, scale.low + _end_twice(cumulated, thresholds, cell, target) / 2, np.nan).reshape(shape)
        for thresholds, target in zip(_thresholds(sizes, tail), (tail, 1 - tail), strict=True)
    ]
    return Interval(*ends)


def median_law(counts: Ints, scale: Scale) -> MedianLaw:
    """Return the law of the median of n people drawn with replacement from int64[…, level] counts; nan where nobody rated.

    For odd n, P(median ≤ v) = P(Bin(n, F(v)) > n / 2); for even n the two middle ratings are taken jointly and their midpoint
    may be a half level.

    >>> law = median_law(np.array([1, 1, 1]), Scale(1, 3))  # Maritz and Jarrett: 7/27, 13/27, 7/27
    >>> [round(27 * float(p)) for p in law.probability]
    [7, 0, 13, 0, 7]
    """
    cumulated = cumulate(counts)
    shape = cumulated.shape[1:]
    cumulated = cumulated.reshape(len(cumulated), -1)
    twice = np.arange(2 * scale.n_levels - 1)
    reached = [_at_most(cumulated, np.full(cumulated.shape[1], value)) for value in twice.tolist()]
    probability = np.diff(np.stack(reached, axis=-1), axis=-1, prepend=0.0).clip(min=0)
    probability[cumulated[-1] == 0] = np.nan
    return MedianLaw(scale.low + twice / 2, probability.reshape(*shape, twice.size))


def bootstrap_share(part: Ints, whole: Ints, confidence: float = 0.95) -> Interval:
    """Return the percentile bootstrap interval of part / whole in percent (0–100): quantiles of Bin(n, part / n).

    The lower end is the smallest share that is not exceeded with a probability of at least 2.5 %, the upper end the same for
    97.5 %. Same shape; nan where the whole is 0.
    """
    n = np.maximum(whole, 1).ravel()
    part = part.ravel()
    tail = (1 - confidence) / 2
    ends = [
        np.where(whole > 0, (100 * _quantile(part, n, target) / n).reshape(whole.shape), np.nan) for target in (tail, 1 - tail)
    ]
    return Interval(*ends)


def _quantile(part: Ints, n: Ints, target: float) -> Ints:
    """Return the smallest k with P(Bin(n, part / n) ≤ k) ≥ target, int64[cell]."""
    from scipy.special import ndtri

    def reached(k: Ints, cell: Ints) -> Flags:
        size = n[cell]
        return reaches(size - k, size, (size - part[cell]) / size, target - ROUNDING)

    share = part / n
    z = ndtri(target)
    guess = np.ceil(part + z * np.sqrt(part * (1 - share)) + (z * z - 1) * (1 - 2 * share) / 6 - 0.5)
    return first_reaching(reached, np.clip(guess, 0, n).astype(np.int64))


def stratified_median(counts: Ints, scale: Scale, confidence: float = 0.95) -> Interval:
    """Return the percentile bootstrap interval of the median of groups taken together, each drawn anew at its own size.

    `counts` is int64[…, group, level]: disjoint groups, those without a group as one more; the ends are in levels of the scale,
    shape […], by the convention of `bootstrap_median`, and nan where nobody rated. How many of the drawn are at or below a level
    is a sum of binomials, one a group; its law is computed (`BinomialSums`) where Hoeffding's inequality (JASA 1963;58:13–30)
    leaves open whether an end is reached.
    """
    cumulated = cumulate(counts)
    shape = cumulated.shape[1:-1]
    cumulated = cumulated.reshape(len(cumulated), -1, cumulated.shape[-1])
    total = cumulated.sum(axis=-1)
    tail = (1 - confidence) / 2
    possibly, surely = _tails(cumulated, total, tail)
    ends = []
    for target in (tail, 1 - tail):
        enough = target - ROUNDING
        first, last = 2 * (possibly >= enough).argmax(axis=0), 2 * (surely >= enough).argmax(axis=0)
        open_ = np.flatnonzero(first < last)
        last[open_] = _smallest(partial(_stratified_at_most, cumulated[:, open_]), enough, first[open_], last[open_])
        ends.append(np.where(total[-1] > 0, scale.low + last / 2, np.nan).reshape(shape))
    return Interval(*ends)


def stratified_share(part: Ints, whole: Ints, confidence: float = 0.95) -> Interval:
    """Return the percentile bootstrap interval of the share of groups taken together, in percent, each drawn at its own size.

    `part` and `whole` are int64[…, group]; the ends have the shape […], by the convention of `bootstrap_share`, and are nan where
    the whole of all groups is 0.
    """
    shape = whole.shape[:-1]
    part, whole = (given.reshape(-1, whole.shape[-1]) for given in (part, whole))
    n = whole.sum(axis=-1)
    sums = BinomialSums.of(part / np.maximum(whole, 1), whole)
    tail = (1 - confidence) / 2
    ends = [
        np.where(n > 0, 100 * sums.quantile(target - ROUNDING) / np.maximum(n, 1), np.nan).reshape(shape)
        for target in (tail, 1 - tail)
    ]
    return Interval(*ends)


def _tails(cumulated: Ints, total: Ints, tail: float) -> tuple[Floats, Floats]:
    """Return the probabilities that at least n / 2, and that more than n / 2, are at or below a level, float64[level, item].

    Where both are surely below `tail` they are 0, where both are surely above 1 - tail, 1; and 0 at a level that nobody gave, as
    nothing is first reached there.
    """
    n = total[-1]
    distance = total - n / 2
    margin = np.sqrt(-np.log(tail) / 2 * n) + 0.5
    given = np.diff(total, axis=0, prepend=0) > 0
    level, item = np.nonzero((np.abs(distance) <= margin) & given)
    sums = BinomialSums.of(cumulated[level, item] / np.maximum(cumulated[-1, item], 1), cumulated[-1, item])
    possibly = (distance > margin).astype(np.float64)
    surely = possibly.copy()
    everyone = np.arange(item.size)
    possibly[level, item] = sums.at_least((n[item] + 1) // 2, everyone)
    surely[level, item] = sums.at_least(n[item] // 2 + 1, everyone)
    return possibly, surely


def _stratified_at_most(cumulated: Ints, twice: Ints) -> Floats:
    """Return the probability that twice the median, in level indices, is at most `twice`, of even sizes, float64[item].

    The two middle ratings i ≤ j exceed it together if fewer than half are at or below ⌊twice / 2⌋, or if exactly half are at or
    below an i up to there and all others above twice - i.
    """
    total = cumulated.sum(axis=-1)
    middle = twice // 2
    given = np.diff(total, axis=0, prepend=0) > 0
    level, item = np.nonzero(given & (np.arange(len(cumulated))[:, None] <= middle))
    partner = twice[item] - level
    inside = partner < len(cumulated) - 1
    level, item, partner = level[inside], item[inside], partner[inside]
    upper, lower = cumulated[partner, item], cumulated[level, item]
    lowest = np.where((level > 0)[:, None], cumulated[level - 1, item], 0)
    exceeding = _halves(lower, upper, cumulated[-1, item]) - _halves(lowest, upper, cumulated[-1, item])
    everyone = np.arange(twice.size)
    share = cumulated[middle, everyone] / np.maximum(cumulated[-1], 1)
    at_least_half = BinomialSums.of(share, cumulated[-1]).at_least(total[-1] // 2, everyone)
    return at_least_half - np.bincount(item, weights=exceeding, minlength=twice.size)


def _halves(lower: Ints, upper: Ints, sizes: Ints) -> Floats:
    """Return the probability that half of the drawn are among the `lower` of each group and all others beyond the `upper`.

    All are int64[cell, group].
    """
    outside = sizes - (upper - lower)
    nobody_between = np.prod((outside / np.maximum(sizes, 1)) ** sizes, axis=-1)
    probability = np.zeros(len(sizes))
    likely = np.flatnonzero(nobody_between > 1e-14)
    half = sizes[likely].sum(axis=-1) // 2
    # Given that nobody is between, each group's number at or below is binomial among those outside.
    share = lower[likely] / np.maximum(outside[likely], 1)
    sums = BinomialSums.of(share, sizes[likely])
    everyone = np.arange(likely.size)
    probability[likely] = nobody_between[likely] * (sums.at_least(half, everyone) - sums.at_least(half + 1, everyone))
    return probability


def _thresholds(sizes: Ints, tail: float) -> tuple[_Thresholds, _Thresholds]:
    """Return the thresholds of the lower and the upper end.

    The median is at most v if more than n / 2 are, and only if at least n / 2 are. Each is a binomial tail that grows with F(v).
    The upper end mirrors the lower one: P(Bin(n, F) ≥ k) ≥ 1 - tail if and only if P(Bin(n, 1 - F) ≥ n - k + 1) ≤ tail.
    """
    possibly, possibly_last = _fewest_below(sizes, (sizes + 1) // 2, tail)
    surely, surely_last = possibly.copy(), possibly_last.copy()
    even = sizes % 2 == 0
    surely[even], surely_last[even] = _fewest_below(sizes[even], sizes[even] // 2 + 1, tail)
    return _Thresholds(possibly, surely), _Thresholds(sizes - surely_last, sizes - possibly_last)


def _fewest_below(sizes: Ints, k: Ints, tail: float) -> tuple[Ints, Ints]:
    """Return the smallest c with P(Bin(n, c / n) ≥ k) ≥ tail, and the largest with ≤ tail: one less unless it is met exactly."""
    from scipy.special import ndtri

    n = np.maximum(sizes, 1)
    k = np.maximum(k, 1)

    def reached(c: Ints, cell: Ints) -> Flags:
        return reaches(k[cell], n[cell], c / n[cell], tail - ROUNDING)

    # The share whose tail is that large has a beta law, close to the normal one.
    sd = np.sqrt(k * (n - k + 1) / (n + 2)) / (n + 1)
    guess = np.ceil(n * (k / (n + 1) + ndtri(tail) * sd)).astype(np.int64)
    fewest = first_reaching(reached, np.clip(guess, 1, n))
    return fewest, fewest - reaches(k, n, fewest / n, tail + ROUNDING)


def _end_twice(cumulated: Ints, thresholds: _Thresholds, cell: Ints, target: float) -> Ints:
    """Return twice the index of the smallest value whose probability reaches the target, int64[cell]."""
    first: Ints = 2 * (cumulated < thresholds.possibly[cell]).sum(axis=0)
    last: Ints = 2 * (cumulated < thresholds.surely[cell]).sum(axis=0)
    open_ = np.flatnonzero(first < last)
    last[open_] = _smallest(partial(_at_most, cumulated[:, open_]), target - ROUNDING, first[open_], last[open_])
    return last


def _at_most(cumulated: Ints, twice: Ints) -> Floats:
    """Return the probability that twice the median, in level indices, is at most `twice`, float64[cell]."""
    from scipy.special import betainc

    n = np.maximum(cumulated[-1], 1)
    below = _at(cumulated, twice // 2)
    surely = betainc(n // 2 + 1, n - n // 2, below / n)
    possibly = betainc((n + 1) // 2, n - (n + 1) // 2 + 1, below / n)
    probability: Floats = surely + (possibly - surely) * _midpoint_at_most(cumulated, n, twice)
    return probability


def _midpoint_at_most(cumulated: Ints, n: Ints, twice: Ints) -> Floats:
    """Return P(midpoint ≤ twice / 2) given that exactly half of the people drawn are at or below the level beneath.

    Then the lower half is drawn from those at or below it, the upper half from those above, and the two middle ratings are the
    maximum of the one and the minimum of the other, which are independent.
    """
    level = np.arange(len(cumulated))[:, None]
    middle = twice // 2
    below = _at(cumulated, middle)
    maximum = (np.minimum(cumulated, below) / np.maximum(below, 1)) ** (n // 2)
    partner = np.clip(twice - level, middle, len(cumulated) - 1)
    beyond = ((n - np.take_along_axis(cumulated, partner, axis=0)) / np.maximum(n - below, 1)) ** (n // 2)
    of_maximum = np.diff(maximum, axis=0, prepend=0.0)
    probability: Floats = (of_maximum * (1 - beyond)).sum(axis=0)
    return probability


def _at(cumulated: Ints, level: Ints) -> Ints:
    """Return how many rated at or below each cell's level."""
    below: Ints = np.take_along_axis(cumulated, level[None], axis=0)[0]
    return below


def _smallest(at_most: Callable[[Ints], Floats], enough: float, first: Ints, last: Ints) -> Ints:
    """Return by bisection the smallest number from `first` on that is not exceeded with enough probability, as `last` is not."""
    while (first < last).any():
        middle = (first + last) // 2
        reached = at_most(middle) >= enough
        first, last = np.where(reached, first, np.minimum(middle + 1, last)), np.where(reached, middle, last)
    return last
