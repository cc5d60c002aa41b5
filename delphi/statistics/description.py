"""Location, spread and shares of every item and group, from counts per level."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from delphi.statistics.quantiles import HALF, QUARTER, THREE_QUARTERS, ExactQuantile, cumulate, exact_quantile, quantile_of
from delphi.statistics.ratio import ratio
from delphi.statistics.scale import Scale

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Description:
    """The descriptive figures of counts with shape […, level]; every array is […], nan where a figure is undefined.

    `median` is the middle rating or the midpoint of the two middle ones, whatever the quantile type of `q1` and `q3`.
    `sd` divides by n - 1; `cv` is sd / mean, defined where the scale has no negative level and the mean is not 0;
    `mad` is the median distance from the median, unscaled, `aad_median` the mean distance from it.
    `mode` is bool[…, level]: all levels given most often.
    """

    n_rated: NDArray[np.int64]
    median: Floats
    q1: Floats
    q3: Floats
    iqr: Floats
    mean: Floats
    sd: Floats
    cv: Floats
    mode: NDArray[np.bool_]
    mad: Floats
    aad_median: Floats
    minimum: Floats
    maximum: Floats


def describe(counts: NDArray[np.int64], scale: Scale, quantile_type: int = 7) -> Description:
    """Return the figures of int64[…, level] counts on the scale, in levels of the scale.

    >>> figures = describe(np.array([0, 0, 0, 0, 0, 0, 2, 1, 1]), Scale(1, 9))  # 7, 7, 8, 9
    >>> float(figures.median), float(figures.mean), float(figures.q3)
    (7.5, 7.75, 8.25)
    """
    cumulated = cumulate(counts)
    n_rated = cumulated[-1]
    middle = quantile_of(cumulated, HALF, scale, quantile_type=2)
    first = quantile_of(cumulated, QUARTER, scale, quantile_type)
    third = quantile_of(cumulated, THREE_QUARTERS, scale, quantile_type)
    mean, sd = _mean_and_sd(counts, n_rated, scale)
    given = counts > 0
    return Description(
        n_rated=n_rated,
        median=ratio(middle.numerator, middle.denominator * (n_rated > 0)),
        q1=ratio(first.numerator, first.denominator * (n_rated > 0)),
        q3=ratio(third.numerator, third.denominator * (n_rated > 0)),
        iqr=ratio(third.numerator - first.numerator, first.denominator * (n_rated > 0)),
        mean=mean,
        sd=sd,
        cv=ratio(sd, mean * (scale.low >= 0)),
        mode=given & (counts == counts.max(axis=-1, keepdims=True)),
        mad=ratio(_middle_two_deviations(cumulated, middle, scale), 2 * middle.denominator * (n_rated > 0)),
        aad_median=ratio(_sum_of_deviations(cumulated, middle, scale), middle.denominator * n_rated),
        minimum=np.where(n_rated > 0, scale.low + given.argmax(axis=-1), np.nan),
        maximum=np.where(n_rated > 0, scale.high - given[..., ::-1].argmax(axis=-1), np.nan),
    )


def exact_median(counts: NDArray[np.int64], scale: Scale) -> ExactQuantile:
    """Return the median as a whole number of halves (type 2 is the midpoint of the two middle ratings)."""
    return exact_quantile(counts, HALF, scale, quantile_type=2)


def count_in(counts: NDArray[np.int64], bounds: tuple[int, int], scale: Scale) -> NDArray[np.int64]:
    """Return how many of int64[…, level] lie within the bounds, both included, shape […]."""
    first, last = bounds
    total: NDArray[np.int64] = counts[..., first - scale.low : last - scale.low + 1].sum(axis=-1)
    return total


def percent(part: NDArray[np.int64], whole: NDArray[np.int64]) -> Floats:
    """Return 100 · part / whole, nan where the whole is 0."""
    return ratio(100 * part, whole)


def power_sums(counts: NDArray[np.int64], scale: Scale) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the sum of the ratings and the sum of their squares, both whole, shape […]."""
    levels = np.array(scale.levels)
    return counts @ levels, counts @ levels**2


def _mean_and_sd(counts: NDArray[np.int64], n_rated: NDArray[np.int64], scale: Scale) -> tuple[Floats, Floats]:
    total, squares = power_sums(counts, scale)
    # The sum of squared deviations times n stays whole, so nothing cancels.
    spread = n_rated * squares - total**2
    return ratio(total, n_rated), np.sqrt(ratio(spread, n_rated * (n_rated - 1)))


def _sum_of_deviations(cumulated: NDArray[np.int64], middle: ExactQuantile, scale: Scale) -> NDArray[np.int64]:
    """Return the sum of all distances from the median, in its unit."""
    by_level = np.diff(cumulated, axis=0, prepend=0)
    return np.asarray(
        sum(n * np.abs(middle.denominator * level - middle.numerator) for level, n in zip(scale.levels, by_level, strict=True))
    )


def _middle_two_deviations(cumulated: NDArray[np.int64], middle: ExactQuantile, scale: Scale) -> NDArray[np.int64]:
    """Return the sum of the two middle distances from the median, in halves of a level, the middle one twice for odd n.

    The median lies on a level or half-way between two: every step outwards takes in one more level on each side.
    """
    size, n_levels = cumulated[-1].size, scale.n_levels
    padded = np.concatenate([np.zeros((1, size), dtype=np.int64), cumulated.reshape(n_levels, size)]).ravel()
    twice = middle.numerator.ravel() - 2 * scale.low
    lowest, highest, cell = (twice + 1) // 2, twice // 2, np.arange(size)
    half = twice % 2
    ranks = [(cumulated[-1].ravel() + 1) // 2, cumulated[-1].ravel() // 2 + 1]
    total = 2 * half
    for step in range(n_levels):
        above = padded[np.minimum(highest + half + step + 1, n_levels) * size + cell]
        within = above - padded[np.maximum(lowest - half - step, 0) * size + cell]
        total = total + sum(2 * (within < rank) for rank in ranks)
    return total.reshape(cumulated[-1].shape)
