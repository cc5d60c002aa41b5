"""Ordinal agreement and polarisation of every item and group, from counts per level."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from math import comb, lcm

import numpy as np
from numpy.typing import NDArray

from delphi.statistics.errors import ScaleError
from delphi.statistics.scale import Scale

FEWEST_FOR_BIMODALITY = 4

# Up to here every pattern of levels has its place in a table of whole numbers; beyond it that table would not fit.
_MOST_LEVELS_IN_TABLE = 12
_TAG_BITS = 16

Counts = NDArray[np.int64]
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class OrdinalAgreement:
    """The agreement of counts with shape […, level]; every array is […], nan where nobody rated or a figure is undefined.

    `van_der_eijk_a` runs from -1 (half at each end) over 0 (uniform) to 1 (one level); `polarisation` is (1 - A) / 2; both need
    three levels. `leik_consensus` is 1 - D and `tastle_wierman` Cns, both from 0 to 1. `entropy` is Shannon's in bits, blind to
    the order of levels. `bimodality_coefficient` needs four ratings that differ; it takes skew for two peaks, so above the
    benchmark of 5/9 it is a hint and no finding.
    """

    van_der_eijk_a: Floats
    polarisation: Floats
    leik_consensus: Floats
    tastle_wierman: Floats
    entropy: Floats
    bimodality_coefficient: Floats


def ordinal_agreement(counts: Counts, scale: Scale) -> OrdinalAgreement:
    """Return the agreement of int64[…, level] counts on the scale, whose full width counts, used or not.

    Sources: van der Eijk 2001 (Quality & Quantity 35:325–341); Leik 1966 (Pacific Sociological Review 9:85–90); Tastle and
    Wierman 2007 (Int J Approx Reason 45:531–545); Pfister et al. 2013 (Frontiers in Psychology 4:700).

    >>> published = ordinal_agreement(np.array([30, 40, 210, 130, 530, 50, 10]), Scale(1, 7))
    >>> round(float(published.van_der_eijk_a), 7), round(float(published.tastle_wierman), 7)
    (0.6113333, 0.7256876)
    """
    if counts.shape[-1] != scale.n_levels:
        raise ScaleError(f"The scale {scale} has {scale.n_levels} levels; these counts have {counts.shape[-1]}.")
    by_level = _level_first(counts)
    n_rated = by_level.sum(axis=0)
    given, n = by_level.astype(np.float64), _or_nan(n_rated)
    deviations = _deviations(given)
    agreement = _van_der_eijk(by_level, n_rated, _corrected_penalty(scale.n_levels))
    return OrdinalAgreement(
        van_der_eijk_a=agreement,
        polarisation=(1 - agreement) / 2,
        leik_consensus=1 - _leik(by_level, n_rated),
        tastle_wierman=_tastle_wierman(given, deviations, n),
        entropy=_entropy(given, n),
        bimodality_coefficient=_bimodality(given, deviations, n),
    )


def leik_dispersion(counts: Counts) -> Floats:
    """Return Leik's D of int64[…, level] counts, shape […]: 0 for one level, 1 for half at each end, nan where nobody rated.

    D = Σ d / (.5 (K - 1)), where d = F for cumulated shares F up to .5 and 1 - F above (Pacific Sociological Review 1966;9:85).
    """
    by_level = _level_first(counts)
    return _leik(by_level, by_level.sum(axis=0))


def blair_lacy(counts: Counts) -> Floats:
    """Return Blair and Lacy's l of int64[…, level] counts, shape […]: 1 for one level, 0 for half at each end; nan: nobody rated.

    l is the distance of the cumulated shares F from .5 over the longest there is, √(Σ (F - .5)² / ((K - 1) / 4)), summed over the
    first K - 1 levels (Sociological Methods & Research 2000;28:251–280).
    """
    by_level = _level_first(counts)
    return np.sqrt(_squared_concentration(by_level, by_level.sum(axis=0)))


def berry_mielke(counts: Counts) -> Floats:
    """Return Berry and Mielke's IOV of int64[…, level] counts, shape […]: 0 for one level, 1 for the widest split of n ratings.

    T, the distance in levels summed over all pairs of ratings, over its largest value (K - 1) ⌊n² / 4⌋ (Perceptual and Motor
    Skills 1992;74:63–66). For even n it is 1 - l². It is nan for fewer than two ratings.
    """
    by_level = _level_first(counts)
    n_rated = by_level.sum(axis=0)
    widest = (len(by_level) - 1) * (n_rated**2 // 4)
    between_pairs = sum(cumulated * (n_rated - cumulated) for cumulated in _cumulated(by_level))
    return np.asarray(between_pairs / _or_nan(widest))


def kvalseth(counts: Counts) -> Floats:
    """Return Kvålseth's COV = 1 - √(1 - IOV) of int64[…, level] counts, shape […]; nan for fewer than two ratings.

    IOV is that of `berry_mielke` (Kvålseth 1995, Perceptual and Motor Skills 80:851–859); 0 for one level.
    """
    return 1 - np.sqrt(1 - berry_mielke(counts))


def van_der_eijk_a_2001(counts: Counts) -> Floats:
    """Return A of int64[…, level] counts with the first form of U = (TU - TDU) / (TU + TDU), shape […].

    For comparison with old results only: split ends give no -1. Needs three levels; nan where nobody rated.
    """
    by_level = _level_first(counts)
    return _van_der_eijk(by_level, by_level.sum(axis=0), _first_penalty(len(by_level)))


def _level_first(counts: Counts) -> Counts:
    """Return int64[level, …]: sums over levels then run over long rows, several times faster."""
    return np.ascontiguousarray(np.moveaxis(counts, -1, 0))


def _or_nan(whole: Counts) -> Floats:
    return np.where(whole > 0, whole, np.nan)


def _cumulated(by_level: Counts) -> list[Counts]:
    """Return how many rated at or below each level but the last, where it is everybody."""
    # Measured: cumsum along the first axis takes three times as long.
    cumulated = [by_level[0]]
    for given in by_level[1:-1]:
        cumulated.append(cumulated[-1] + given)
    return cumulated


def _leik(by_level: Counts, n_rated: Counts) -> Floats:
    smaller_sides = sum(np.minimum(cumulated, n_rated - cumulated) for cumulated in _cumulated(by_level))
    return np.asarray(2 * smaller_sides / ((len(by_level) - 1) * _or_nan(n_rated)))


def _squared_concentration(by_level: Counts, n_rated: Counts) -> Floats:
    """Return Σ (2F - 1)² / (K - 1), from whole numbers."""
    squares = sum((2 * cumulated - n_rated) ** 2 for cumulated in _cumulated(by_level))
    return np.asarray(squares / ((len(by_level) - 1) * _or_nan(n_rated**2)))


def _deviations(given: Floats) -> list[Floats]:
    """Return how far each level lies from the mean, times n: whole, so that equal ratings deviate by exactly 0."""
    n, total = given.sum(axis=0), sum(index * row for index, row in enumerate(given))
    return [index * n - total for index in range(len(given))]


def _entropy(given: Floats, n: Floats) -> Floats:
    """Return -Σ p log2 p; what stands in for a count of 0 is multiplied by it."""
    return np.asarray(0.0 - sum(row * np.log2(np.maximum(row, 1) / n) for row in given) / n)


def _tastle_wierman(given: Floats, deviations: list[Floats], n: Floats) -> Floats:
    """Return 1 + Σ p log2(1 - |X - μ| / (K - 1)); a level with ratings is never a whole width from their mean."""
    widest = (len(given) - 1) * n
    closeness = (np.maximum(widest - np.abs(deviation), 1) / widest for deviation in deviations)
    return np.asarray(1 + sum(row * np.log2(close) for row, close in zip(given, closeness, strict=True)) / n)


def _bimodality(given: Floats, deviations: list[Floats], n_rated: Floats) -> Floats:
    """Return (G1² + 1) / (G2 + 3 (n - 1)² / ((n - 2) (n - 3))), the corrected moments written out and shortened."""
    is_defined = (n_rated >= FEWEST_FOR_BIMODALITY) & (given.max(axis=0) < n_rated)
    n = np.where(is_defined, n_rated, np.nan)
    second, third, fourth = _moments(given, deviations, n)
    skewness_squared = third * third / (second * second * second)
    kurtosis = fourth / (second * second)
    return np.asarray((n - 3) * (n * (n - 1) * skewness_squared + (n - 2) ** 2) / ((n - 2) * (n * n - 1) * kurtosis))


def _moments(given: Floats, deviations: list[Floats], n: Floats) -> tuple[Floats, Floats, Floats]:
    """Return the second, third and fourth central moments."""
    second, third, fourth = np.zeros((3, *n.shape))
    for row, deviation in zip(given, deviations, strict=True):
        distance = deviation / n
        squared = distance * distance
        weighted = row * squared
        second += weighted
        third += weighted * distance
        fourth += weighted * squared
    return second / n, third / n, fourth / n


def _corrected_penalty(n_levels: int) -> int:
    """Return what a triple 101 costs in `_pattern_table` when U = ((K - 2) TU - (K - 1) TDU) / ((K - 2) (TU + TDU))."""
    return 2 * (2 * n_levels - 3)


def _first_penalty(n_levels: int) -> int:
    """Return what it costs when U = (TU - TDU) / (TU + TDU)."""
    return 4 * (n_levels - 2)


def _van_der_eijk(by_level: Counts, n_rated: Counts, penalty: int) -> Floats:
    """Return A: the counts peeled into layers, each a pattern of levels times its height, and their A weighted by their share.

    Peeling takes the levels from the fullest to the emptiest: the layer of the S fullest is as high as the S-th count stands
    above the next.
    """
    n_levels = len(by_level)
    # Two levels make the divisor 0: A is not defined for them.
    if n_levels <= _MOST_LEVELS_IN_TABLE:
        table = _pattern_table(n_levels, penalty)
        return _sum_by_table(by_level, table) / _or_nan(int(table[1]) * n_rated)
    return _sum_by_distance(by_level, penalty) / _or_nan((n_levels - 1) * (n_levels - 2) * n_rated)


def _layers(by_level: Counts, tags: Counts) -> Iterator[tuple[Counts, Counts]]:
    """Yield the height of each layer and the tag of the level it has less than the one beneath, from the fullest level down."""
    # Count and tag in one number are sorted together.
    keys = by_level << _TAG_BITS
    keys |= tags.reshape(-1, *[1] * (by_level.ndim - 1))
    keys.sort(axis=0)
    counts = keys >> _TAG_BITS
    keys &= 2**_TAG_BITS - 1
    counts[1:] -= counts[:-1]
    yield from zip(counts[::-1], keys[::-1], strict=True)


def _sum_by_table(by_level: Counts, table: Counts) -> Counts:
    pattern: Counts = np.zeros_like(by_level[0])
    total: Counts = np.zeros_like(by_level[0])
    for height, bit in _layers(by_level, 1 << np.arange(len(by_level))):
        pattern += bit
        total += height * table.take(pattern)
    return total


def _sum_by_distance(by_level: Counts, penalty: int) -> Floats:
    """Return the sum of layers, where the triples 101 come from the distances between the pattern's levels.

    The empty levels between all pairs of the S levels are the pairs' distances, less the pairs and the levels in between.
    """
    n_levels = len(by_level)
    distances, total = np.zeros_like(by_level[0]), np.zeros(by_level[0].shape)
    pattern: list[Counts] = []
    for size, (height, level) in enumerate(_layers(by_level, np.arange(n_levels)), start=1):
        for other in pattern:
            distances += np.abs(level - other)
        pattern.append(level)
        gaps = distances - comb(size, 2) - comb(size, 3)
        total += height * (size * (n_levels - size) * (n_levels - 2) - penalty * gaps / max(size - 1, 1))
    return total


@lru_cache(maxsize=32)
def _pattern_table(n_levels: int, penalty: int) -> Counts:
    """Return S · A of every pattern of S levels times (K - 1) (K - 2) lcm(1 … K - 1), which makes all of them whole.

    Bit 0 is the first level. An empty level between L and R of the pattern closes L R triples 101; all empty levels together
    close (K - S) S (S - 1) / 2 triples of any kind. So S A = (S (K - S) (K - 2) - penalty TDU / (S - 1)) / ((K - 1) (K - 2)).
    """
    is_in = np.arange(2**n_levels)[:, None] >> np.arange(n_levels) & 1
    before = is_in.cumsum(axis=1)
    size = before[:, -1]
    gaps: Counts = ((1 - is_in) * before * (size[:, None] - before)).sum(axis=1)
    unit = lcm(*range(1, n_levels))
    table: Counts = unit * size * (n_levels - size) * (n_levels - 2) - penalty * gaps * (unit // np.maximum(size - 1, 1))
    table.flags.writeable = False
    return table
