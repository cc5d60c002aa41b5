"""RAND/UCLA appropriateness: classic cut-offs and IPRAS (Fitch et al. 2001, RAND MR-1269), on the scale 1–9 only."""

from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from delphi.statistics.description import count_in, exact_median
from delphi.statistics.errors import ScaleError
from delphi.statistics.quantiles import exact_quantile
from delphi.statistics.scale import ONE_TO_NINE

FEWEST_FOR_CLASSIC = 8
CLASSES = ("inappropriate", "uncertain", "appropriate")
THIRDS = ((1, 3), (4, 6), (7, 9))

_P30 = Fraction(3, 10)
_P70 = Fraction(7, 10)

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]


class Boundary(StrEnum):
    """Where a median of 3.5 or 6.5 belongs: to the third above it (as the manual has it) or below."""

    HIGHER = "higher"
    LOWER = "lower"


@dataclass(frozen=True)
class Appropriateness:
    """The RAND/UCLA figures of counts with shape […, 9]; every array is […].

    IPR = P70 - P30, IPRCP their midpoint, AI = |5 - IPRCP|, IPRAS = 2.35 + 1.5 AI; disagreement is IPR > IPRAS, compared in
    whole numbers, and the index is IPR / IPRAS. Classic agreement: at most ⌊(n - 2) / 3⌋ ratings outside the third that holds the
    median; classic disagreement: at least ⌊(n + 1) / 3⌋ in each of 1–3 and 7–9; both only where `is_classic` (n of 8 or more).
    `third` is 0, 1, 2 for the third that holds the median; `category` indexes CLASSES and is "uncertain" wherever IPRAS sees
    disagreement. Floats are nan, and flags and codes without meaning, where nobody rated.
    """

    p30: Floats
    p70: Floats
    ipr: Floats
    iprcp: Floats
    asymmetry_index: Floats
    ipras: Floats
    disagreement_index: Floats
    disagreement: Flags
    is_classic: Flags
    agreement_classic: Flags
    disagreement_classic: Flags
    third: NDArray[np.int64]
    category: NDArray[np.int64]


def appropriateness(counts: NDArray[np.int64], quantile_type: int = 7, boundary: Boundary = Boundary.HIGHER) -> Appropriateness:
    """Return the RAND/UCLA figures of int64[…, 9] counts; P30 and P70 follow the quantile type, and so can the verdict.

    >>> ratings = appropriateness(np.array([0, 0, 0, 1, 1, 1, 5, 5, 2]))  # BMJ Open 2012;2:e001431, table 1
    >>> round(float(ratings.ipras), 12), CLASSES[int(ratings.category)]
    (6.1, 'appropriate')
    """
    if counts.shape[-1] != ONE_TO_NINE.n_levels:
        raise ScaleError(f"RAND/UCLA is defined on the scale 1–9; these counts have {counts.shape[-1]} levels.")
    n_rated = counts.sum(axis=-1)
    low = exact_quantile(counts, _P30, ONE_TO_NINE, quantile_type)
    high = exact_quantile(counts, _P70, ONE_TO_NINE, quantile_type)
    unit = low.denominator * np.where(n_rated > 0, 1.0, np.nan)
    spread = high.numerator - low.numerator
    total = high.numerator + low.numerator
    asymmetry = np.abs(10 * low.denominator - total)  # 2 · AI, in units
    allowed = 47 * low.denominator + 15 * asymmetry  # 20 · IPRAS, in units
    disagreement = 20 * spread > allowed
    third = _third_of_median(counts, boundary)
    is_classic = n_rated >= FEWEST_FOR_CLASSIC
    agreement_classic, disagreement_classic = _classic(counts, n_rated, third)
    return Appropriateness(
        p30=low.numerator / unit,
        p70=high.numerator / unit,
        ipr=spread / unit,
        iprcp=total / (2 * unit),
        asymmetry_index=asymmetry / (2 * unit),
        ipras=allowed / (20 * unit),
        disagreement_index=np.where(n_rated > 0, 20 * spread / allowed, np.nan),
        disagreement=disagreement,
        is_classic=is_classic,
        agreement_classic=agreement_classic & is_classic,
        disagreement_classic=disagreement_classic & is_classic,
        third=third,
        category=np.where(disagreement, CLASSES.index("uncertain"), third),
    )


def most_outside(n_rated: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return how many ratings may lie outside the median's third in classic agreement."""
    return (n_rated - 2) // 3


def fewest_in_each_extreme(n_rated: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return how many ratings in each of 1–3 and 7–9 make classic disagreement (not n / 3: they differ at 10, 13 and 16)."""
    return (n_rated + 1) // 3


def _third_of_median(counts: NDArray[np.int64], boundary: Boundary) -> NDArray[np.int64]:
    twice = exact_median(counts, ONE_TO_NINE).numerator
    first, second = (7, 13) if boundary is Boundary.HIGHER else (8, 14)
    return (twice >= first).astype(np.int64) + (twice >= second)


def _classic(counts: NDArray[np.int64], n_rated: NDArray[np.int64], third: NDArray[np.int64]) -> tuple[Flags, Flags]:
    by_third = np.stack([count_in(counts, bounds, ONE_TO_NINE) for bounds in THIRDS], axis=-1)
    outside = n_rated - np.take_along_axis(by_third, third[..., None], axis=-1)[..., 0]
    extreme = np.minimum(by_third[..., 0], by_third[..., 2])
    return outside <= most_outside(n_rated), extreme >= fewest_in_each_extreme(n_rated)
