"""The figures a consensus rule may ask for, as exact fractions of whole numbers."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from math import pi, sqrt
from typing import Any

import numpy as np
from numpy.typing import NDArray

from delphi.statistics.content_validity import critical_number
from delphi.statistics.counts import Counts
from delphi.statistics.description import count_in, exact_median, power_sums
from delphi.statistics.quantiles import QUARTER, THREE_QUARTERS, exact_quantile
from delphi.statistics.ram import Boundary, appropriateness
from delphi.statistics.scale import Scale

_SUMMED_EXACTLY = 1000
_TOO_CLOSE = 1e-9

# int64 where everything provably fits, else Python's whole numbers, as n² Σx² of a large panel outgrows 64 bits.
Whole = NDArray[Any]


@dataclass(frozen=True)
class Measure:
    """How the figures are taken: the scale, the quantile type, and where RAM puts a median of 3.5 or 6.5."""

    scale: Scale
    quantile_type: int = 7
    ram_boundary: Boundary = Boundary.HIGHER


@dataclass(frozen=True)
class Fractions:
    """A figure of every slot and group: numerator / denominator (above 0), or for `power` 2 the square of the figure."""

    numerator: Whole
    denominator: Whole
    defined: NDArray[np.bool_]
    power: int = 1


def share(counts: Counts, bounds: tuple[int, int], denominator: str, scale: Scale) -> Fractions:
    """Return the share within the bounds, of the rated or of the answered, in percent."""
    whole = base_of(counts, denominator)
    part: Whole = count_in(counts.levels, bounds, scale)
    return _fractions(100 * (part if fits(100 * largest(whole)) else part.astype(object)), whole, whole > 0)


def item_validity(counts: Counts, bounds: tuple[int, int], scale: Scale) -> Fractions:
    """Return the I-CVI: the share of the ratings that lie within the bounds, 0 to 1 (Lynn, Nurs Res 1986;35:382)."""
    return _fractions(count_in(counts.levels, bounds, scale), counts.rated, counts.rated > 0)


def validity_ratio(counts: Counts, bounds: tuple[int, int], scale: Scale) -> Fractions:
    """Return (n_e - N / 2) / (N / 2), with n_e ratings within the bounds, -1 to 1 (Lawshe, Pers Psychol 1975;28:563)."""
    return _fractions(2 * count_in(counts.levels, bounds, scale) - counts.rated, counts.rated, counts.rated > 0)


def fewest_beyond_chance(n_rated: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the smallest k with P(X ≥ k) ≤ .05 for X of n tosses of a coin, n + 1 or more where there is none.

    Ayre and Scally, Meas Eval Couns Dev 2014;47:79: with k ratings or more in the zone the CVR is critical.

    >>> fewest_beyond_chance(np.array([8, 10, 13, 40])).tolist()
    [7, 9, 10, 26]
    """
    sizes, place = np.unique(n_rated, return_inverse=True)
    return np.array([_fewest(size) for size in sizes.tolist()], dtype=np.int64)[place].reshape(n_rated.shape)


def base_of(counts: Counts, denominator: str) -> NDArray[np.int64]:
    """Return whom a share is a share of: int64[slot, group]."""
    return counts.answered if denominator == "answered" else counts.rated


def fits(*numbers: int) -> bool:
    """Tell whether each of the whole numbers can be held in 64 bits with a sign."""
    return all(abs(number) < 2**63 for number in numbers)


def largest(numbers: Whole) -> int:
    """Return the largest distance from 0, as one of Python's whole numbers; 0 where there are none."""
    return int(np.abs(numbers).max()) if numbers.size else 0


@cache
def _fewest(n: int) -> int:
    if n <= _SUMMED_EXACTLY:
        return _fewest_exactly(n)
    # The middle term of 2m tosses is a short series; from it the tail shrinks term by term, to about 1e-13.
    even = n + n % 2
    fewest, ways = even // 2, sqrt(2 / (pi * even)) * (1 - 1 / (4 * even) + 1 / (32 * even**2))
    tail = (1 + (0 if n % 2 else ways)) / 2
    while tail > 0.05 + _TOO_CLOSE:
        tail -= ways
        ways *= (n - fewest) / (fewest + 1)
        fewest += 1
    return fewest if tail < 0.05 - _TOO_CLOSE else _fewest_exactly(n)


def _fewest_exactly(n: int) -> int:
    number = critical_number(n)
    return n + 1 if number is None else number


def _median(counts: Counts, measure: Measure) -> Fractions:
    middle = exact_median(counts.levels, measure.scale)
    return _fractions(middle.numerator, middle.denominator, counts.rated > 0)


def _mean(counts: Counts, measure: Measure) -> Fractions:
    n_rated = counts.rated
    return _fractions(power_sums(counts.levels, measure.scale)[0], n_rated, n_rated > 0)


def _iqr(counts: Counts, measure: Measure) -> Fractions:
    first = exact_quantile(counts.levels, QUARTER, measure.scale, measure.quantile_type)
    third = exact_quantile(counts.levels, THREE_QUARTERS, measure.scale, measure.quantile_type)
    return _fractions(third.numerator - first.numerator, first.denominator, counts.rated > 0)


def _sd(counts: Counts, measure: Measure) -> Fractions:
    n, total, squares = _sums(counts, measure, degree=2)
    return _fractions(n * squares - total**2, n * (n - 1), counts.rated > 1, power=2)


def _cv(counts: Counts, measure: Measure) -> Fractions:
    n, total, squares = _sums(counts, measure, degree=3)
    defined = (counts.rated > 1) & (total > 0).astype(bool) & (measure.scale.low >= 0)
    return _fractions(n * (n * squares - total**2), (n - 1) * total**2, defined, power=2)


def _sums(counts: Counts, measure: Measure, degree: int) -> tuple[Whole, Whole, Whole]:
    """Return n, Σx and Σx², as numbers that bear products of so many of n with a square."""
    n = counts.rated
    total, squares = power_sums(counts.levels, measure.scale)
    if fits(2 * largest(n) ** degree * max(abs(measure.scale.low), abs(measure.scale.high)) ** 2):
        return n, total, squares
    return n.astype(object), total.astype(object), squares.astype(object)


def _ram(counts: Counts, measure: Measure) -> Fractions:
    category = appropriateness(counts.levels, measure.quantile_type, measure.ram_boundary).category
    return _fractions(category, 1, counts.rated > 0)


def _n_rated(counts: Counts, measure: Measure) -> Fractions:
    n_rated = counts.rated
    return _fractions(n_rated, 1, n_rated > 0)


FIGURES: Mapping[str, Callable[[Counts, Measure], Fractions]] = {
    "median": _median,
    "mean": _mean,
    "iqr": _iqr,
    "sd": _sd,
    "cv": _cv,
    "ram": _ram,
    "n_rated": _n_rated,
}


def _fractions(numerator: Whole, denominator: Whole | int, defined: NDArray[np.bool_], power: int = 1) -> Fractions:
    return Fractions(numerator, np.where(defined, denominator, 1), defined, power)
