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


def exact_quantile(counts: NDArray[np.int64], probability: Fraction, scale: Scale, quantile_type: int) -> ExactQuantile:
    """Return the quantile of int64[…, level] counts as whole numbers over one denominator, shape […].

    Q = (1 - γ) x_j + γ x_j+1 with j + g = n p + m, where m and γ(j, g) depend on the type.
    """
    offset = _offset(probability, quantile_type)
    denominator = lcm(probability.denominator, offset.denominator, 2)
    n_rated = counts.sum(axis=-1)
    position = n_rated * int(probability * denominator) + int(offset * denominator)
    lower = position // denominator
    weight = _weight(lower, position - lower * denominator, denominator, quantile_type)
    cumulated = counts.cumsum(axis=-1)
    below = _order_statistic(cumulated, lower, n_rated, scale)
    above = _order_statistic(cumulated, lower + 1, n_rated, scale)
    return ExactQuantile((denominator - weight) * below + weight * above, denominator)


def quantile(
    counts: NDArray[np.int64], probability: Fraction | float, scale: Scale, quantile_type: int = 7
) -> NDArray[np.float64]:
    """Return the quantile of int64[…, level] counts, in levels of the scale, shape […]; nan where nobody rated."""
    exact = exact_quantile(counts, Fraction(str(probability)), scale, quantile_type)
    return np.where(counts.sum(axis=-1) > 0, exact.numerator / exact.denominator, np.nan)


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


def _order_statistic(
    cumulated: NDArray[np.int64], rank: NDArray[np.int64], n_rated: NDArray[np.int64], scale: Scale
) -> NDArray[np.int64]:
    """Return the rank-th smallest rating, ranks beyond the sample taken as its ends."""
    within = np.clip(rank, 1, np.maximum(n_rated, 1))
    position = (cumulated < within[..., None]).sum(axis=-1)
    return np.asarray(scale.low + position, dtype=np.int64)
