"""How far a figure would bear another panel of the same kind."""

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from math import comb, pi, sqrt

import numpy as np
from numpy.typing import NDArray

from delphi.statistics.quantiles import cumulate
from delphi.statistics.scale import Scale

Z_95 = 1.959963984540054

# Up to here ranks come from whole numbers, so that a confidence of exactly 15/16 at n = 5 is met exactly.
_MOST_IN_WHOLE_NUMBERS = 60

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class Interval:
    """The lower and upper ends, same shape; nan where undefined."""

    lower: Floats
    upper: Floats


@dataclass(frozen=True)
class MedianInterval:
    """The order statistics of ranks r and n - r + 1 and the probability (0–1) that they enclose the median, same shape.

    Where n is too small for any such interval (n ≤ 5 at 95 %), the ends and the coverage are nan and the ranks 0.
    """

    lower: Floats
    upper: Floats
    coverage: Floats
    lower_rank: Ints
    upper_rank: Ints


def wilson(part: Ints, whole: Ints, z: float = Z_95) -> Interval:
    """Return Wilson's score interval of part / whole in percent (0–100), without continuity correction (JASA 1927;22:209).

    >>> seven_of_ten = wilson(np.array(7), np.array(10))
    >>> round(float(seven_of_ten.lower), 1), round(float(seven_of_ten.upper), 1)
    (39.7, 89.2)
    """
    n = np.where(whole > 0, whole, np.nan)
    share = part / n
    scaled = z * z / n
    centre = share + scaled / 2
    half = np.sqrt(scaled * (share * (1 - share) + scaled / 4))
    # At 0 and n of n the end is exact; rounding must not carry it past.
    lower = np.where(part == 0, 0.0, 100 * (centre - half) / (1 + scaled))
    upper = np.where(part == whole, 100.0, 100 * (centre + half) / (1 + scaled))
    return Interval(np.where(whole > 0, lower, np.nan), np.where(whole > 0, upper, np.nan))


def median_interval(counts: Ints, scale: Scale, confidence: float = 0.95) -> MedianInterval:
    """Return the distribution-free interval of the median of int64[…, level] counts, in levels of the scale, shape […].

    The ends are x_(r) and x_(n - r + 1) with r the largest rank whose coverage 1 - 2 P(Bin(n, ½) < r) is at least the confidence
    (Conover, Practical Nonparametric Statistics, 3rd ed., section 3.2). Ratings are tied, so the true coverage is no smaller.

    >>> ten = median_interval(np.array([1, 1, 1, 1, 1, 1, 1, 1, 2]), Scale(1, 9))
    >>> float(ten.lower), float(ten.upper), round(float(ten.coverage), 4)
    (2.0, 9.0, 0.9785)
    """
    cumulated = cumulate(counts)
    n_rated = cumulated[-1]
    distinct, cell = distinct_sizes(n_rated)
    ranks, coverages = _ranks(distinct, confidence)
    rank, coverage = ranks[cell], coverages[cell]
    exists = rank > 0
    mirrored = np.where(exists, n_rated - rank + 1, 0)
    return MedianInterval(
        lower=np.where(exists, scale.low + (cumulated < rank).sum(axis=0), np.nan),
        upper=np.where(exists, scale.low + (cumulated < mirrored).sum(axis=0), np.nan),
        coverage=coverage,
        lower_rank=rank,
        upper_rank=mirrored,
    )


def distinct_sizes(n_rated: Ints) -> tuple[Ints, Ints]:
    """Return the different sizes in rising order, and for every cell which of them it has."""
    most = int(n_rated.max(initial=0))
    if most > 50 * n_rated.size + 1000:  # a table by size would be mostly empty
        sizes, position = np.unique(n_rated, return_inverse=True)
        return sizes, position.reshape(n_rated.shape)
    present = np.zeros(most + 1, dtype=np.bool_)
    present[n_rated] = True
    sizes = np.flatnonzero(present)
    place = np.empty(most + 1, dtype=np.int64)
    place[sizes] = np.arange(sizes.size)
    return sizes, place[n_rated]


def _ranks(sizes: Ints, confidence: float) -> tuple[Ints, Floats]:
    """Return r, 0 where there is none, and the coverage, for every sample size; sizes rise."""
    n_small = int(np.searchsorted(sizes, _MOST_IN_WHOLE_NUMBERS, side="right"))
    small = [_exact_rank(n, confidence) for n in sizes[:n_small].tolist()]
    large, coverage = _rank_by_beta(sizes[n_small:], confidence)
    return (
        np.concatenate([np.array([rank for rank, _ in small], dtype=np.int64), large]),
        np.concatenate([np.array([covered for _, covered in small], dtype=np.float64), coverage]),
    )


@lru_cache(maxsize=1024)
def _exact_rank(n: int, confidence: float) -> tuple[int, float]:
    """Return r and the coverage from whole numbers: P(Bin(n, ½) < r) = (C(n, 0) + … + C(n, r - 1)) / 2ⁿ."""
    spare = (1 - Fraction(str(confidence))) * 2**n  # what both tails may hold, times 2ⁿ
    tails, rank = 0, 0
    while rank < (n + 1) // 2 and tails + 2 * comb(n, rank) <= spare:
        tails += 2 * comb(n, rank)
        rank += 1
    return rank, float(1 - Fraction(tails, 2**n)) if rank else float("nan")


def _rank_by_beta(sizes: Ints, confidence: float) -> tuple[Ints, Floats]:
    """Return r and the coverage; the guess of the normal law is corrected by the binomial law itself."""
    from scipy.special import betainc, ndtri

    tail = (1 - confidence) / 2

    def is_too_much(rank: Ints, cell: Ints) -> Flags:
        return reaches(sizes[cell] - rank + 1, sizes[cell], np.full(cell.size, 0.5), tail)

    guess = np.floor(sizes / 2 + ndtri(tail) * np.sqrt(sizes) / 2 + 1).astype(np.int64)
    ranks = first_reaching(is_too_much, np.clip(guess, 1, sizes // 2 + 1)) - 1
    below = betainc(sizes - ranks + 1.0, np.maximum(ranks, 1), 0.5)
    return ranks, np.where(ranks > 0, 1 - 2 * below, np.nan)


def reaches(k: Ints, n: Ints, share: Floats, target: float) -> Flags:
    """Return whether P(Bin(n, share) ≥ k) is at least the target, all of one shape [cell], n of 1 or more.

    The normal law with a term for skewness decides where it is farther from the target than its error, at most
    (0.13 + 0.18 |1 - 2p|) / σ² + e^(-3σ/2) for σ ≥ 5 (Uspensky, Introduction to Mathematical Probability, 1937, ch. VII);
    elsewhere the binomial law itself does, by the incomplete beta function.
    """
    from scipy.special import betainc, ndtr

    sd = np.maximum(np.sqrt(n * share * (1 - share)), 1e-9)
    skew = 1 - 2 * share
    z = np.clip((n * share - k + 0.5) / sd, -40.0, 40.0)
    surplus = ndtr(z) - skew / (6 * sd) * (1 - z * z) * np.exp(-z * z / 2) / sqrt(2 * pi) - target
    error = (0.13 + 0.18 * np.abs(skew)) / sd**2 + np.exp(-1.5 * sd)
    reached: Flags = surplus >= 0
    open_ = np.flatnonzero((sd < 5) | (np.abs(surplus) <= error + 1e-12))
    k, n, share = k[open_], n[open_], share[open_]
    inside = (k > 0) & (k <= n)
    tail = betainc(np.where(inside, k, 1), np.where(inside, n - k + 1, 1), share)
    reached[open_] = np.where(inside, tail, k <= 0) >= target
    return reached


def first_reaching(reached: Callable[[Ints, Ints], Flags], guess: Ints) -> Ints:
    """Return for each cell the smallest whole number from which on it is reached.

    `reached` takes numbers and the indices of their cells. The walk starts at the guess; a good one costs two questions.
    """
    found = guess.copy()
    short = np.arange(found.size)
    while short.size:
        short = short[~reached(found[short], short)]
        found[short] += 1
    beyond = np.arange(found.size)
    while beyond.size:
        beyond = beyond[reached(found[beyond] - 1, beyond)]
        found[beyond] -= 1
    return found
