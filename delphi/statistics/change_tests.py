"""Tests of change between two rounds, from tables of pairs: who rated the same item in both."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from delphi.statistics.errors import UnusableError
from delphi.statistics.ratio import ratio

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

MCNEMAR_APPROXIMATE_FROM = 25


@dataclass(frozen=True)
class Wilcoxon:
    """Wilcoxon's signed-rank test of every sample, all arrays of one shape.

    `v` is the rank sum of the rises among the pairs that changed (R's V of current minus previous); `z` and `p` leave the
    unchanged pairs out, `z_pratt` and `p_pratt` rank them and then set them aside. z is above 0 where ratings rose; p is
    two-sided, with ties corrected and without continuity correction. All five are nan where no pair changed; `n_zeros` is how
    many did not.
    """

    v: Floats
    z: Floats
    p: Floats
    z_pratt: Floats
    p_pratt: Floats
    n_zeros: Ints


@dataclass(frozen=True)
class McNemar:
    """McNemar's test of every pair of counts; `statistic` is nan where p is exact, as the exact test has no chi-square."""

    statistic: Floats
    p: Floats


@dataclass(frozen=True)
class ChiSquare:
    """A chi-square test of every table; `statistic` and `p` are nan where `df` is 0 (nothing that could be tested)."""

    statistic: Floats
    df: Ints
    p: Floats


def levels_first(table: Ints) -> Ints:
    """Return int64[…, previous, current] as int64[previous, current, …], contiguous, so that levels are summed fast."""
    return np.ascontiguousarray(np.moveaxis(table, (-2, -1), (0, 1)), dtype=np.int64)


def laid_by_level(joint: Ints) -> Ints:
    """Return the same int64[…, previous, current], held in memory level by level; worth it before several figures are taken."""
    return np.moveaxis(levels_first(joint), (0, 1), (-2, -1))


def difference_counts(joint: Ints) -> Ints:
    """Return how many pairs of int64[…, previous, current] changed by -(K-1) … K-1 levels, int64[…, 2K-1]; rises are above 0.

    >>> difference_counts(np.array([[5, 2, 0], [1, 4, 0], [0, 0, 3]])).tolist()
    [0, 1, 12, 2, 0]
    """
    table = levels_first(joint)
    n_levels = len(table)
    differences = np.zeros((2 * n_levels - 1, *table.shape[2:]), dtype=np.int64)
    for previous, row in enumerate(table):
        differences[n_levels - 1 - previous : 2 * n_levels - 1 - previous] += row
    return np.moveaxis(differences, 0, -1)


def wilcoxon(differences: Ints) -> Wilcoxon:
    """Return the signed-rank test (Wilcoxon 1945; zeros after Pratt 1959) of int64[…, 2K-1] counts of differences.

    The variance is that of the mid-ranks given their ties, so z is R's and SciPy's without continuity correction, and with
    Pratt's zeros the default of R's coin; theirs for previous minus current has the other sign.

    >>> test = wilcoxon(np.array([1, 3, 5]))  # one rating fell by a level, five rose
    >>> float(test.v), round(float(test.z), 4), int(test.n_zeros)
    (17.5, 1.633, 3)
    """
    falls, n_zeros, rises = _by_size(differences)
    ranks = _doubled_ranks(falls + rises)
    z = _signed_rank_z(rises, falls, ranks)
    z_pratt = _signed_rank_z(rises, falls, ranks + 2 * n_zeros[..., None])
    v = np.where(np.isnan(z), np.nan, (rises * ranks).sum(axis=-1) / 2)
    return Wilcoxon(v, z, _normal_p(z), z_pratt, _normal_p(z_pratt), n_zeros)


def wilcoxon_continuity_p(differences: Ints) -> Floats:
    """Return the two-sided p of `wilcoxon` with a continuity correction, zeros left out, as R's wilcox.test gives by default."""
    falls, _, rises = _by_size(differences)
    ranks = _doubled_ranks(falls + rises)
    # Half a rank in the rank sum is 2 in four times its distance from what is expected.
    return _normal_p(_signed_rank_z(rises, falls, ranks, correction=2))


def wilcoxon_exact(differences: Ints, zeros: Literal["drop", "pratt"] = "drop") -> float:
    """Return the exact two-sided permutation p of one sample, int64[2K-1]; nan where no pair changed.

    Of the 2ⁿ ways to sign the mid-ranks of the n changed pairs it counts, in whole numbers, those whose rank sum lies at least
    as far from the middle as the one observed. Made for panels: time grows with the cube of n.

    >>> wilcoxon_exact(np.array([0, 0, 1, 4, 0]))  # four rose by one level: 2 of 16 ways
    0.125
    """
    if zeros not in ("drop", "pratt"):
        raise UnusableError(f"Pairs without change are dropped or ranked after Pratt; {zeros!r} is neither.")
    falls, n_zeros, rises = _by_size(differences)
    changed = falls + rises
    if not changed.any():
        return float("nan")
    ranks = _doubled_ranks(changed) + (2 * n_zeros if zeros == "pratt" else 0)
    total = int((changed * ranks).sum())
    ways = np.zeros(total + 1, dtype=object)
    ways[0] = 1
    for rank in np.repeat(ranks, changed).tolist():
        ways[rank:] = ways[rank:] + ways[:-rank]
    distance = np.abs(2 * np.arange(total + 1) - total)
    observed = abs(2 * int((rises * ranks).sum()) - total)
    n_ways: int = ways[distance >= observed].sum()
    return float(n_ways / 2 ** int(changed.sum()))


def mcnemar(b: Ints, c: Ints) -> McNemar:
    """Return McNemar's test (Psychometrika 1947;12:153–157) of those who left (b) and entered (c) a zone, int64[…] each.

    Below 25 changes p is the exact binomial one (1 where nobody changed), from 25 the chi-square's with continuity correction.

    >>> test = mcnemar(np.array([9, 150]), np.array([3, 86]))
    >>> test.statistic.round(4).tolist(), test.p.round(6).tolist()
    ([nan, 16.8178], [0.145996, 4.1e-05])
    """
    limit = MCNEMAR_APPROXIMATE_FROM
    # Looked up among all small counts, as panels are small and the binomial sum is slow.
    exact = mcnemar_exact(*np.indices((limit, limit)))[np.minimum(b, limit - 1), np.minimum(c, limit - 1)]
    approximate = mcnemar_corrected_chi_square(b, c)
    is_exact = np.add(b, c) < limit
    return McNemar(np.where(is_exact, np.nan, approximate.statistic), np.where(is_exact, exact, approximate.p))


def mcnemar_exact(b: Ints, c: Ints) -> Floats:
    """Return the exact two-sided p of b against c under a fair coin, 1 where both are 0."""
    from scipy.special import bdtr

    return np.asarray(np.minimum(1.0, 2 * bdtr(np.minimum(b, c), np.add(b, c), 0.5)))


def mcnemar_chi_square(b: Ints, c: Ints) -> ChiSquare:
    """Return McNemar's chi-square, (b - c)² / (b + c) with one degree of freedom; undefined where nobody changed."""
    return _mcnemar_chi_square(np.abs(np.subtract(b, c)), np.add(b, c))


def mcnemar_corrected_chi_square(b: Ints, c: Ints) -> ChiSquare:
    """Return McNemar's chi-square with continuity correction, (|b - c| - 1)² / (b + c), and 0 for b = c as in R."""
    return _mcnemar_chi_square(np.maximum(np.abs(np.subtract(b, c)) - 1, 0), np.add(b, c))


def bowker(table: Ints) -> ChiSquare:
    """Return Bowker's test of symmetry (JASA 1948;43:572–574) of int64[…, previous, current] tables of zones.

    Pairs of cells that are both empty are passed over; df is the number of pairs kept.
    """
    cells = levels_first(table)
    lower, higher = np.triu_indices(len(cells), 1)
    risen, fallen = cells[lower, higher], cells[higher, lower]
    moved = risen + fallen
    shares = (risen - fallen).astype(np.float64) ** 2 / np.maximum(moved, 1)
    return _chi_square(shares.sum(axis=0), np.count_nonzero(moved, axis=0))


def stuart_maxwell(table: Ints) -> ChiSquare:
    """Return the test of equal margins (Stuart 1955, Maxwell 1970) of int64[…, previous, current] tables of zones.

    The covariance of the margins' differences is singular within every set of zones that people moved between; the quadratic
    form is taken with its generalised inverse, and df is the number of zones less the number of such sets. A zone that nobody
    entered or left (an empty one too) so drops out, and zones that people moved between make up one set as a rule.
    """
    links = _links(table)
    moved = table + np.swapaxes(table, -1, -2)
    covariance = np.eye(table.shape[-1], dtype=np.int64) * moved.sum(axis=-1)[..., None] - moved
    difference = (table.sum(axis=-1) - table.sum(axis=-2)).astype(np.float64)
    # The differences sum to 0 in every set, so adding ones there makes the matrix regular and leaves the solution as it is.
    solution = np.linalg.solve((covariance + links).astype(np.float64), difference[..., None])[..., 0]
    n_sets = (links.argmax(axis=-1) == np.arange(table.shape[-1])).sum(axis=-1)
    return _chi_square((difference * solution).sum(axis=-1), table.shape[-1] - n_sets)


def bhapkar(table: Ints) -> ChiSquare:
    """Return Bhapkar's test of equal margins (JASA 1966;61:228–235): X² / (1 - X² / n) of Stuart and Maxwell's X².

    Undefined where X² = n: everybody moved, and in one direction, which leaves its covariance singular.
    """
    test = stuart_maxwell(table)
    n_pairs = table.sum(axis=(-2, -1))
    rest = n_pairs - test.statistic
    statistic = test.statistic * n_pairs / np.where(rest > 1e-9 * n_pairs, rest, np.nan)
    return _chi_square(statistic, np.where(np.isnan(statistic), 0, test.df))


def chaffin_talley(table: Ints) -> ChiSquare:
    """Return the chi-square of independence of int64[…, previous, current] tables (Chaffin and Talley 1980).

    It asks whether a person's earlier answer tells the later one: here a *significant* result means stable individuals. Zones
    that nobody chose in a round are left out; undefined where fewer than two are left in either. Expected counts of a panel
    are tiny, so p is descriptive.
    """
    return _independence(table)


def dajani(previous: Ints, current: Ints) -> ChiSquare:
    """Return the chi-square of round by response of int64[…, level] counts (Dajani, Sincoff and Talley 1979).

    It asks whether the rounds differ as groups: here a result that is *not* significant means a stable group. Levels that nobody
    chose in either round are left out; undefined where fewer than two are left or a round is empty.
    """
    return _independence(np.stack([previous, current], axis=-2))


def _by_size(differences: Ints) -> tuple[Ints, Ints, Ints]:
    """Return how many fell by 1, 2, … levels, how many did not change, and how many rose by 1, 2, … levels."""
    middle = differences.shape[-1] // 2
    return differences[..., :middle][..., ::-1], differences[..., middle], differences[..., middle + 1 :]


def _doubled_ranks(changed: Ints) -> Ints:
    """Return twice the mid-rank of each size of change, a whole number, from how many changed by that much."""
    doubled: Ints = 2 * changed.cumsum(axis=-1) - changed + 1
    return doubled


def _signed_rank_z(rises: Ints, falls: Ints, ranks: Ints, correction: int = 0) -> Floats:
    """Return z from doubled ranks; the sums are of whole numbers, so that nothing is rounded before the root."""
    signed = ((rises - falls) * ranks).sum(axis=-1)
    # Floats hold these whole numbers exactly to 200,000 pairs, and do not overflow beyond.
    squares = ((rises + falls) * ranks.astype(np.float64) ** 2).sum(axis=-1)
    return ratio(signed - correction * np.sign(signed), np.sqrt(squares))


def _normal_p(z: Floats) -> Floats:
    from scipy.special import erfc

    return np.asarray(erfc(np.abs(z) / np.sqrt(2)))


def _mcnemar_chi_square(distance: Ints, n_changed: Ints) -> ChiSquare:
    statistic = ratio(distance.astype(np.float64) ** 2, n_changed)
    # With one degree of freedom the chi-square is the square of a normal deviate.
    return ChiSquare(statistic, np.minimum(n_changed, 1), _normal_p(np.sqrt(statistic)))


def _links(table: Ints) -> NDArray[np.bool_]:
    """Return bool[…, zone, zone]: whether moves, in either direction and over other zones, lead from one to the other."""
    n_zones = table.shape[-1]
    links = (table + np.swapaxes(table, -1, -2) > 0) | np.eye(n_zones, dtype=np.bool_)
    for _ in range((n_zones - 1).bit_length()):
        links = links @ links
    return links


def _independence(table: Ints) -> ChiSquare:
    rows, columns, n = table.sum(axis=-1), table.sum(axis=-2), table.sum(axis=(-2, -1))
    expected = rows[..., :, None] * columns[..., None, :]
    excess = (n[..., None, None] * table - expected).astype(np.float64)
    statistic = (excess**2 / np.maximum(expected, 1)).sum(axis=(-2, -1)) / np.maximum(n, 1)
    n_rows, n_columns = np.count_nonzero(rows, axis=-1), np.count_nonzero(columns, axis=-1)
    return _chi_square(statistic, np.maximum(n_rows - 1, 0) * np.maximum(n_columns - 1, 0))


def _chi_square(statistic: Floats, df: Ints) -> ChiSquare:
    from scipy.special import chdtrc

    is_defined = df > 0
    p = np.where(is_defined, chdtrc(np.maximum(df, 1), statistic), np.nan)
    return ChiSquare(np.where(is_defined, statistic, np.nan), np.asarray(df, dtype=np.int64), p)
