"""The figures a consensus rule may ask for, as exact fractions of whole numbers."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from delphi.statistics.counts import Counts
from delphi.statistics.description import count_in, exact_median, power_sums
from delphi.statistics.quantiles import QUARTER, THREE_QUARTERS, exact_quantile
from delphi.statistics.ram import Boundary, appropriateness
from delphi.statistics.scale import Scale

# Python's whole numbers, as n² Σx² of a large panel outgrows 64 bits.
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
    return _fractions(100 * count_in(counts.levels, bounds, scale), whole, whole > 0)


def base_of(counts: Counts, denominator: str) -> NDArray[np.int64]:
    """Return whom a share is a share of: int64[slot, group]."""
    return counts.answered if denominator == "answered" else counts.rated


def _median(counts: Counts, measure: Measure) -> Fractions:
    middle = exact_median(counts.levels, measure.scale)
    return _fractions(middle.numerator, middle.denominator, counts.rated > 0)


def _iqr(counts: Counts, measure: Measure) -> Fractions:
    first = exact_quantile(counts.levels, QUARTER, measure.scale, measure.quantile_type)
    third = exact_quantile(counts.levels, THREE_QUARTERS, measure.scale, measure.quantile_type)
    return _fractions(third.numerator - first.numerator, first.denominator, counts.rated > 0)


def _sd(counts: Counts, measure: Measure) -> Fractions:
    n = counts.rated.astype(object)
    total, squares = (sums.astype(object) for sums in power_sums(counts.levels, measure.scale))
    return _fractions(n * squares - total**2, n * (n - 1), counts.rated > 1, power=2)


def _cv(counts: Counts, measure: Measure) -> Fractions:
    n = counts.rated.astype(object)
    total, squares = (sums.astype(object) for sums in power_sums(counts.levels, measure.scale))
    defined = (counts.rated > 1) & (total > 0).astype(bool) & (measure.scale.low >= 0)
    return _fractions(n * (n * squares - total**2), (n - 1) * total**2, defined, power=2)


def _ram(counts: Counts, measure: Measure) -> Fractions:
    category = appropriateness(counts.levels, measure.quantile_type, measure.ram_boundary).category
    return _fractions(category, 1, counts.rated > 0)


FIGURES: Mapping[str, Callable[[Counts, Measure], Fractions]] = {
    "median": _median,
    "iqr": _iqr,
    "sd": _sd,
    "cv": _cv,
    "ram": _ram,
}


def _fractions(numerator: Whole, denominator: Whole | int, defined: NDArray[np.bool_], power: int = 1) -> Fractions:
    above_zero = np.where(defined, denominator, 1).astype(object)
    return Fractions(np.asarray(numerator).astype(object), above_zero, defined, power)
