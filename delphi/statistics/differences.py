"""Whether groups rate an item differently: rank tests from counts, their effects, and p-values adjusted for many items."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Counts = NDArray[np.int64]

FEWEST_IN_GROUP = 5
MANN_WHITNEY = "mann-whitney"
KRUSKAL_WALLIS = "kruskal-wallis"


@dataclass(frozen=True)
class MannWhitney:
    """Mann-Whitney tests, every array […]; nan where a group has no ratings or all ratings are equal.

    `statistic` is U of the first group: the pairs in which its rating is the higher one, ties half. `z` and the two-sided `p` are
    the normal approximation, corrected for ties, not for continuity; `p_continuity` is the one with that correction (½ off the
    distance of U from its expected value), which R reports unasked. `effect` is Cliff's delta = 2U / (n1 n2) - 1, positive where
    the first group rates higher.
    """

    statistic: Floats
    z: Floats
    p: Floats
    p_continuity: Floats
    effect: Floats


@dataclass(frozen=True)
class KruskalWallis:
    """Kruskal-Wallis tests, every array […]; nan where fewer than two groups have ratings or all ratings are equal.

    `statistic` is H corrected for ties, `df` the number of groups with ratings less 1, `p` from the χ² law, `effect` is
    ε² = H / (N - 1), from 0 to 1.
    """

    statistic: Floats
    df: Floats
    p: Floats
    effect: Floats


@dataclass(frozen=True)
class GroupComparison:
    """One test for each item, every array [item]; nan, and None in `test`, where there is none.

    `test` is "mann-whitney" (then `statistic` is U of the first group compared and `effect` Cliff's delta, `df` is nan) or
    "kruskal-wallis" (H and ε²). `is_compared` is bool[item, group]: whose ratings the test used. `adjusted_p` is
    Benjamini-Hochberg's over all items.
    """

    test: NDArray[np.object_]
    is_compared: NDArray[np.bool_]
    statistic: Floats
    df: Floats
    p: Floats
    adjusted_p: Floats
    effect: Floats


def mann_whitney(counts: Counts) -> MannWhitney:
    """Return the Mann-Whitney tests of int64[…, 2, level] counts (Mann and Whitney 1947; Cliff 1993, Psych Bull 114:494–509)."""
    first, second = counts[..., 0, :], counts[..., 1, :]
    pairs = first.sum(axis=-1) * second.sum(axis=-1)
    # Twice the statistic is whole.
    twice_u = (first * (2 * (second.cumsum(axis=-1) - second) + second)).sum(axis=-1)
    n_rated, untied = _untied(counts)
    n, n_pairs = np.where((pairs > 0) & (untied > 0), (n_rated, pairs), np.nan)
    distance = twice_u - n_pairs
    spread = np.sqrt(n_pairs * untied / (3 * n * (n - 1)))
    return MannWhitney(
        statistic=np.where(np.isnan(n_pairs), np.nan, twice_u / 2),
        z=distance / spread,
        p=_two_sided(distance / spread),
        p_continuity=_two_sided(np.maximum(np.abs(distance) - 1, 0) / spread),
        effect=distance / n_pairs,
    )


def kruskal_wallis(counts: Counts) -> KruskalWallis:
    """Return the Kruskal-Wallis tests of int64[…, group, level] counts; groups without ratings are left out.

    Source: Kruskal and Wallis 1952 (Journal of the American Statistical Association 47:583–621).
    """
    from scipy.special import chdtrc

    n_rated, untied = _untied(counts)
    n_in_group = counts.sum(axis=-1)
    n_groups = (n_in_group > 0).sum(axis=-1)
    is_defined = (n_groups > 1) & (untied > 0)
    # Twice the rank sums less what they would be by chance, whole up to here.
    excess = (counts * _twice_mid_rank(counts)[..., None, :]).sum(axis=-1) - n_in_group * (n_rated + 1)[..., None]
    between = (excess.astype(np.float64) ** 2 / np.maximum(n_in_group, 1)).sum(axis=-1)
    effect = 3 * between / np.where(is_defined, untied, np.nan)
    statistic = (n_rated - 1) * effect
    df = np.where(is_defined, n_groups - 1, np.nan)
    return KruskalWallis(statistic=statistic, df=df, p=np.asarray(chdtrc(df, statistic)), effect=effect)


def compare_groups(counts: Counts, least: int = FEWEST_IN_GROUP) -> GroupComparison:
    """Return one test for each item of int64[item, group, level] counts, between its groups with `least` ratings or more.

    Two such groups are compared by Mann-Whitney, with the continuity correction that R applies; more by Kruskal-Wallis; with
    fewer, or all ratings equal, there is no test.
    """
    is_compared = counts.sum(axis=-1) >= max(least, 1)
    compared = np.where(is_compared[..., None], counts, 0)
    is_two, is_more = is_compared.sum(axis=1) == 2, is_compared.sum(axis=1) > 2
    two, more = mann_whitney(_two_with_ratings(compared)), kruskal_wallis(compared)
    statistic, p, effect = (
        np.select([is_two, is_more], of_each, np.nan)
        for of_each in ([two.statistic, more.statistic], [two.p_continuity, more.p], [two.effect, more.effect])
    )
    is_tested = ~np.isnan(p)
    test = np.full(len(counts), None, dtype=object)
    test[is_two & is_tested] = MANN_WHITNEY
    test[is_more & is_tested] = KRUSKAL_WALLIS
    return GroupComparison(
        test=test,
        is_compared=is_compared & is_tested[:, None],
        statistic=statistic,
        df=np.where(is_more, more.df, np.nan),
        p=p,
        adjusted_p=adjust_benjamini_hochberg(p),
        effect=effect,
    )


def adjust_benjamini_hochberg(p: Floats) -> Floats:
    """Return the p-values adjusted for the false discovery rate; all of them are one family, nan is no test and stays nan.

    Source: Benjamini and Hochberg 1995 (Journal of the Royal Statistical Society B 57:289–300).
    """

    def step_up(ranked: Floats, n_tests: int) -> Floats:
        scaled = ranked * n_tests / np.arange(1, n_tests + 1)
        return np.minimum.accumulate(scaled[::-1])[::-1]

    return _adjusted(p, step_up)


def adjust_holm(p: Floats) -> Floats:
    """Return the p-values adjusted for the family-wise error step by step; nan is no test and stays nan.

    Source: Holm 1979 (Scandinavian Journal of Statistics 6:65–70).
    """

    def step_down(ranked: Floats, n_tests: int) -> Floats:
        return np.maximum.accumulate(ranked * np.arange(n_tests, 0, -1))

    return _adjusted(p, step_down)


def adjust_bonferroni(p: Floats) -> Floats:
    """Return the p-values times the number of tests, at most 1; nan is no test and stays nan."""
    return _adjusted(p, np.multiply)


def _adjusted(p: Floats, adjust: Callable[[Floats, int], Floats]) -> Floats:
    """Return what `adjust` makes of the ranked p-values and their number, at most 1, in the place of each."""
    is_test = ~np.isnan(p)
    tests = p[is_test]
    order = tests.argsort(kind="stable")
    tests[order] = np.minimum(adjust(tests[order], len(tests)), 1)
    adjusted = np.full(p.shape, np.nan)
    adjusted[is_test] = tests
    return adjusted


def _two_with_ratings(counts: Counts) -> Counts:
    """Return int64[item, 2, level]: the first two groups of each item that have ratings, empty ones where there are not two."""
    padded = np.pad(counts, ((0, 0), (0, 2), (0, 0)))
    is_empty = padded.sum(axis=-1) == 0
    first_two = is_empty.argsort(axis=1, kind="stable")[:, :2]
    return np.take_along_axis(padded, first_two[..., None], axis=1)


def _untied(counts: Counts) -> tuple[Counts, Counts]:
    """Return N and N³ - N - Σ (t³ - t) over the levels' totals t; the latter is 0 where all ratings are equal."""
    totals = counts.sum(axis=-2)
    n_rated: Counts = totals.sum(axis=-1)
    # The N and the t cancel, as N is their sum.
    untied: Counts = n_rated**3 - (totals**3).sum(axis=-1)
    return n_rated, untied


def _twice_mid_rank(counts: Counts) -> Counts:
    """Return twice the rank that ratings of each level share, int64[…, level]."""
    totals: Counts = counts.sum(axis=-2)
    return np.asarray(2 * totals.cumsum(axis=-1) - totals + 1)


def _two_sided(z: Floats) -> Floats:
    from scipy.special import ndtr

    return np.asarray(2 * ndtr(-np.abs(z)))
