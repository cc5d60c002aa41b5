"""Sample quantiles from counts, exactly: Hyndman and Fan's nine types (American Statistician 1996;50:361–365)."""

from dataclasses import dataclass
from fractions import Fraction
from math import lcm

import numpy as np
from numpy.typing import NDArray

from delphi.statistics.errors import UnusableError
from delphi.statistics.scale import Scale

QUANTILE_TYPES = range(1, 10)
HALF = Fraction(1, 2)
QUARTER = Fraction(1, 4)
THREE_QUARTERS = Fraction(3, 4)


@dataclass(frozen=True)
class ExactQuantile:
    """A quantile of every sample as `numerator` / `denominator`, both whole; meaningless where nobody rated."""

    numerator: NDArray[np.int64]
    denominator: int


def cumulate(counts: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return how many rated at or below each level, with the levels first: int64[level, …] of int64[…, level]."""
    cumulated = np.array(np.moveaxis(counts, -1, 0), dtype=np.int64, order="C")
    for level in range(1, len(cumulated)):
        cumulated[level] += cumulated[level - 1]
    return cumulated


def exact_quantile(counts: NDArray[np.int64], probability: Fraction, scale: Scale, quantile_type: int) -> ExactQuantile:
    """Return the quantile of int64[…, level] counts as whole numbers over one denominator, shape […]."""
    return quantile_of(cumulate(counts), probability, scale, quantile_type)


def quantile_of(cumulated: NDArray[np.int64], probability: Fraction, scale: Scale, quantile_type: int) -> ExactQuantile:
    """Return the quantile of what `cumulate` made of counts, so that several take one pass.

    Q = (1 - γ) x_j + γ x_j+1 with j + g = n p + m, where m and γ(j, g) depend on the type.
    """
    offset = _offset(probability, quantile_type)
    denominator = lcm(probability.denominator, offset.denominator, 2)
    position = cumulated[-1] * int(probability * denominator) + int(offset * denominator)
    lower = position // denominator
    weight = _weight(lower, position - lower * denominator, denominator, quantile_type)
    below = order_statistic(cumulated, lower, scale)
    above = order_statistic(cumulated, lower + 1, scale)
    return ExactQuantile(denominator * below + weight * (above - below), denominator)


def quantile(
    counts: NDArray[np.int64], probability: Fraction | float, scale: Scale, quantile_type: int = 7
) -> NDArray[np.float64]:
    """Return the quantile of int64[…, level] counts, in levels of the scale, shape […]; nan where nobody rated."""
    exact = exact_quantile(counts, Fraction(str(probability)), scale, quantile_type)
    return np.where(counts.sum(axis=-1) > 0, exact.numerator / exact.denominator, np.nan)


def five_numbers(counts: NDArray[np.int64], scale: Scale) -> NDArray[np.float64]:
    """Return smallest, lower hinge, median, upper hinge and largest of int64[…, level] counts, float64[…, 5].

    nan where nobody rated. The hinges are Tukey's, the medians of the lower and upper half with the middle rating in both for odd
    n (Exploratory Data Analysis 1977, chapter 2D): a further definition of quartiles, none of the nine types.

    >>> five_numbers(np.array([1, 2, 1, 0, 1, 0, 1, 2, 2]), Scale(1, 9)).tolist()
    [1.0, 2.0, 6.0, 8.0, 9.0]
    """
    cumulated = cumulate(counts)
    n_rated = cumulated[-1]
    depths = [np.ones_like(n_rated), (n_rated + 3) // 2 / 2, (n_rated + 1) / 2]
    ranks = [*depths, *(n_rated + 1 - depth for depth in depths[1::-1])]
    sides = [[order_statistic(cumulated, side(rank).astype(np.int64), scale) for side in (np.floor, np.ceil)] for rank in ranks]
    numbers = np.stack([(below + above) / 2 for below, above in sides], axis=-1)
    return np.where((n_rated > 0)[..., None], numbers, np.nan)


def require_quantile_type(quantile_type: int) -> None:
    """Refuse what is not one of the nine types."""
    if quantile_type not in QUANTILE_TYPES:
        raise UnusableError(f"The quantile type is one of 1 to 9 (Hyndman and Fan); {quantile_type} is none.")


def _offset(probability: Fraction, quantile_type: int) -> Fraction:
    """Return m of n p + m."""
    require_quantile_type(quantile_type)
    offsets = {
        1: Fraction(0),
        2: Fraction(0),
        3: -HALF,
        4: Fraction(0),
        5: HALF,
        6: probability,
        7: 1 - probability,
        8: (probability + 1) / 3,
        9: probability / 4 + Fraction(3, 8),
    }
    return offsets[quantile_type]


def _weight(lower: NDArray[np.int64], rest: NDArray[np.int64], denominator: int, quantile_type: int) -> NDArray[np.int64]:
    """Return γ times the denominator; types 1 to 3 jump, the others interpolate."""
    if quantile_type == 1:
        return np.where(rest == 0, 0, denominator)
    if quantile_type == 2:
        return np.where(rest == 0, denominator // 2, denominator)
    if quantile_type == 3:
        return np.where((rest == 0) & (lower % 2 == 0), 0, denominator)
    return rest


def order_statistic(cumulated: NDArray[np.int64], rank: NDArray[np.int64], scale: Scale) -> NDArray[np.int64]:
    """Return the rank-th smallest rating, shape […], ranks beyond the sample taken as its ends."""
    within = np.maximum(np.minimum(rank, cumulated[-1]), 1)
    # A scale has fewer levels than a byte has values.
    n_below = np.add.reduce((cumulated[:-1] < within).view(np.uint8), axis=0, dtype=np.uint8)
    return np.asarray(scale.low + n_below.astype(np.int64))
