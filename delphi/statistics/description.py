"""Location, spread and shares of every item and group, from counts per level."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from delphi.statistics.quantiles import HALF, QUARTER, THREE_QUARTERS, ExactQuantile, exact_quantile
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
    n_rated = counts.sum(axis=-1)
    middle = exact_median(counts, scale)
    first = exact_quantile(counts, QUARTER, scale, quantile_type)
    third = exact_quantile(counts, THREE_QUARTERS, scale, quantile_type)
    mean, sd = _mean_and_sd(counts, n_rated, scale)
    distance = np.abs(middle.denominator * np.array(scale.levels) - middle.numerator[..., None])
    given = counts > 0
    return Description(
        n_rated=n_rated,
        median=_divide(middle.numerator, middle.denominator, n_rated > 0),
        q1=_divide(first.numerator, first.denominator, n_rated > 0),
        q3=_divide(third.numerator, third.denominator, n_rated > 0),
        iqr=_divide(third.numerator - first.numerator, first.denominator, n_rated > 0),
        mean=mean,
        sd=sd,
        cv=_divide(sd, mean, (mean > 0) & (scale.low >= 0)),
        mode=given & (counts == counts.max(axis=-1, keepdims=True)),
        mad=_divide(_sum_of_middle_two(counts, distance, n_rated), 2 * middle.denominator, n_rated > 0),
        aad_median=_divide((counts * distance).sum(axis=-1), middle.denominator * n_rated, n_rated > 0),
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
    return _divide(100 * part, whole, whole > 0)


def power_sums(counts: NDArray[np.int64], scale: Scale) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the sum of the ratings and the sum of their squares, both whole, shape […]."""
    levels = np.array(scale.levels)
    return counts @ levels, counts @ levels**2


def _mean_and_sd(counts: NDArray[np.int64], n_rated: NDArray[np.int64], scale: Scale) -> tuple[Floats, Floats]:
    total, squares = power_sums(counts, scale)
    # The sum of squared deviations times n stays whole, so nothing cancels.
    spread = n_rated * squares - total**2
    variance = _divide(spread, n_rated * (n_rated - 1), n_rated > 1)
    return _divide(total, n_rated, n_rated > 0), np.sqrt(variance)


def _sum_of_middle_two(counts: NDArray[np.int64], distance: NDArray[np.int64], n_rated: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the sum of the two middle distances of every sample, the middle one twice for odd n."""
    order = distance.argsort(axis=-1, kind="stable")
    ranked = np.take_along_axis(distance, order, axis=-1)
    cumulated = np.take_along_axis(counts, order, axis=-1).cumsum(axis=-1)
    last = counts.shape[-1] - 1
    total = np.zeros_like(n_rated)
    for rank in ((n_rated + 1) // 2, n_rated // 2 + 1):
        position = np.minimum((cumulated < rank[..., None]).sum(axis=-1), last)
        total = total + np.take_along_axis(ranked, position[..., None], axis=-1)[..., 0]
    return total


def _divide(part: NDArray[np.int64] | Floats, whole: NDArray[np.int64] | Floats | int, defined: NDArray[np.bool_]) -> Floats:
    quotient = np.full(np.shape(defined), np.nan)
    np.divide(part, whole, out=quotient, where=defined)
    return quotient
