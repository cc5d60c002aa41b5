"""Rank tests and adjusted p-values against SciPy, statsmodels, pairs counted one by one, and real panels with two groups."""

import numpy as np
import pytest
import scipy.stats
from hypothesis import example, given
from hypothesis import strategies as st
from statsmodels.stats.multitest import multipletests

from delphi.statistics import Scale
from delphi.statistics.differences import (
    adjust_benjamini_hochberg,
    adjust_bonferroni,
    adjust_holm,
    compare_groups,
    kruskal_wallis,
    mann_whitney,
)
from tests.statistics.conftest import ONE_TO_NINE, counts_of

FIVE = Scale(1, 5)
some_group = st.lists(st.integers(1, 5), max_size=12)
a_group = st.lists(st.integers(1, 5), min_size=1, max_size=12)
some_p = st.lists(st.floats(0, 1) | st.sampled_from([0.01, 0.02, float("nan")]), max_size=20)


def counts_by_group(groups, scale=FIVE):
    return np.array([counts_of(np.array(group, dtype=np.int64), scale) for group in groups])


@given(a_group, a_group)
@example([1], [2])
def test_mann_whitney_is_scipys_and_its_effect_counts_pairs(first, second):
    found = mann_whitney(counts_by_group([first, second]))

    if len({*first, *second}) == 1:
        assert np.isnan([found.statistic, found.z, found.p, found.p_continuity, found.effect]).all()
        return
    plain = scipy.stats.mannwhitneyu(first, second, method="asymptotic", use_continuity=False)
    corrected = scipy.stats.mannwhitneyu(first, second, method="asymptotic", use_continuity=True)
    assert found.statistic == plain.statistic
    assert (found.p, found.p_continuity) == pytest.approx((plain.pvalue, corrected.pvalue), abs=1e-12)
    balance = sum((a > b) - (a < b) for a in first for b in second)
    assert found.effect == pytest.approx(balance / (len(first) * len(second)), abs=1e-15)
    assert np.sign(found.z) == np.sign(balance)
    assert 2 * scipy.stats.norm.sf(abs(found.z)) == pytest.approx(found.p, abs=1e-12)


@given(st.lists(some_group, min_size=2, max_size=5))
def test_kruskal_wallis_is_scipys_over_the_groups_with_ratings(groups):
    present = [group for group in groups if group]
    ratings = [rating for group in present for rating in group]

    found = kruskal_wallis(counts_by_group(groups))

    if len(present) < 2 or len(set(ratings)) == 1:
        assert np.isnan([found.statistic, found.df, found.p, found.effect]).all()
        return
    expected = scipy.stats.kruskal(*present)
    assert found.df == len(present) - 1
    assert (found.statistic, found.p) == pytest.approx((expected.statistic, expected.pvalue), rel=1e-9, abs=1e-12)
    assert found.effect == pytest.approx(expected.statistic / (len(ratings) - 1), rel=1e-9, abs=1e-12)


@given(a_group, a_group)
def test_with_two_groups_both_tests_say_the_same(first, second):
    counts = counts_by_group([first, second])

    two, several = mann_whitney(counts), kruskal_wallis(counts)

    assert two.z**2 == pytest.approx(several.statistic, abs=1e-12, nan_ok=True)
    assert two.p == pytest.approx(several.p, abs=1e-12, nan_ok=True)


def test_large_groups_stay_exact():
    ends = np.array([[200_000, 0, 0, 0, 1], [1, 0, 0, 0, 200_000]])
    middle = np.array([[100_000, 0, 0, 0, 100_001], [100_001, 0, 0, 0, 100_000]])

    found = mann_whitney(np.stack([ends, middle]))

    assert found.statistic[0] == (200_001**2 - (200_000**2 - 1)) / 2
    assert found.z**2 == pytest.approx(kruskal_wallis(np.stack([ends, middle])).statistic, rel=1e-12)


def test_groups_without_ratings_or_difference_are_not_tested():
    counts = np.stack([counts_by_group(groups) for groups in ([[], [1, 2]], [[1, 2], []], [[3, 3], [3]], [[], []])])

    for found in (mann_whitney(counts), kruskal_wallis(counts)):
        assert np.isnan([found.statistic, found.p, found.effect]).all()


@pytest.mark.parametrize("name", ["two_wave_biobanking_wa", "two_wave_forestera", "two_wave_uppsala_speaks"])
@pytest.mark.parametrize("seed", [None, 1])
def test_the_groups_of_a_real_panel_differ_as_r_says(vector, name, seed):
    # R takes the groups by their names, and corrects the two-sample test for continuity.
    panel = vector(name)
    ratings, groups = np.array(panel["inputs"]["wave2"]), np.array(panel["inputs"]["group"])
    raters = np.arange(len(groups)) if seed is None else np.random.default_rng(seed).permutation(len(groups))
    levels, ratings, groups = range(panel["inputs"]["scale"][0], panel["inputs"]["scale"][1] + 1), ratings[raters], groups[raters]
    counts = np.array([[(ratings[groups == group] == level).sum(axis=0) for level in levels] for group in np.unique(groups)])

    two, several = mann_whitney(counts.transpose(2, 0, 1)), kruskal_wallis(counts.transpose(2, 0, 1))

    found = {"mw_W": two.statistic, "mw_p": two.p_continuity, "kw_H": several.statistic, "kw_p": several.p}
    for figure, ours in found.items():
        assert ours == pytest.approx([item[figure] for item in panel["expected"]["items"]], abs=panel["tolerance"]), figure
    adjusted = adjust_benjamini_hochberg(two.p_continuity)
    assert adjusted == pytest.approx(panel["expected"]["mannwhitney_wave2_BH"], abs=panel["tolerance"])


def test_only_groups_with_enough_ratings_are_compared():
    high, low, few = [7, 8, 9, 9, 6, 8], [2, 3, 1, 2, 4], [1, 1, 1, 1]
    items = [[high, few, low], [high, low, low], [few, few, high], [[7] * 5, [7] * 5, few], [few, [], few]]
    counts = np.stack([counts_by_group(groups, ONE_TO_NINE) for groups in items])

    found = compare_groups(counts)

    assert found.test.tolist() == ["mann-whitney", "kruskal-wallis", None, None, None]
    assert found.is_compared.tolist() == [[True, False, True], [True] * 3, *[[False] * 3] * 3]
    alone, all_three = mann_whitney(counts[0][[0, 2]]), kruskal_wallis(counts[1])
    assert found.statistic[:2].tolist() == [alone.statistic, all_three.statistic]
    assert found.p[:2].tolist() == [alone.p_continuity, all_three.p]
    assert found.effect[:2].tolist() == [alone.effect, all_three.effect]
    assert found.df == pytest.approx([np.nan, 2, np.nan, np.nan, np.nan], nan_ok=True)
    assert np.isnan([found.statistic[2:], found.p[2:], found.effect[2:], found.adjusted_p[2:]]).all()
    assert found.adjusted_p == pytest.approx(adjust_benjamini_hochberg(found.p), nan_ok=True)
    assert (found.adjusted_p[:2] >= found.p[:2]).all()


def test_the_least_number_of_ratings_is_a_choice():
    counts = counts_by_group([[1, 2, 3], [4, 5]])[None]

    assert compare_groups(counts, least=2).test.tolist() == ["mann-whitney"]
    assert compare_groups(counts, least=3).test.tolist() == [None]


def test_a_group_without_ratings_is_never_compared():
    counts = counts_by_group([[1, 2, 3], [], [4, 5]])[None]

    found = compare_groups(counts, least=0)

    assert found.test.tolist() == ["mann-whitney"]
    assert found.is_compared.tolist() == [[True, False, True]]


@pytest.mark.parametrize("n_groups", [0, 1])
def test_without_two_groups_there_is_no_test(n_groups):
    counts = np.full((3, n_groups, 5), 4)

    found = compare_groups(counts)

    assert found.test.tolist() == [None] * 3
    assert np.isnan([found.statistic, found.df, found.p, found.adjusted_p, found.effect]).all()


def bonferroni_by_hand(p):
    return [min(1, each * len(p)) for each in p]


def holm_by_hand(p):
    ranked = sorted(p)
    return [min(1, max(q * (len(p) - rank) for rank, q in enumerate(ranked) if q <= each)) for each in p]


def benjamini_hochberg_by_hand(p):
    ranked = sorted(p)
    return [min(1, *(q * len(p) / rank for rank, q in enumerate(ranked, start=1) if q >= each)) for each in p]


@pytest.mark.parametrize(
    ("adjust", "by_hand"),
    [
        (adjust_benjamini_hochberg, benjamini_hochberg_by_hand),
        (adjust_holm, holm_by_hand),
        (adjust_bonferroni, bonferroni_by_hand),
    ],
)
@given(some_p)
def test_p_values_are_adjusted_for_the_tests_there_are(adjust, by_hand, p):
    p = np.array(p, dtype=np.float64)
    is_test = ~np.isnan(p)

    found = adjust(p)

    assert np.isnan(found[~is_test]).all()
    assert found[is_test].tolist() == pytest.approx(by_hand(p[is_test].tolist()), abs=1e-15)


@pytest.mark.parametrize(
    ("adjust", "method"),
    [(adjust_benjamini_hochberg, "fdr_bh"), (adjust_holm, "holm"), (adjust_bonferroni, "bonferroni")],
)
def test_adjusted_p_values_are_those_of_statsmodels(adjust, method):
    p = np.random.default_rng(5).beta(0.3, 1, 60).round(3)  # some are equal

    assert adjust(p) == pytest.approx(multipletests(p, method=method)[1], abs=1e-12)


def test_adjusting_leaves_the_given_values_as_they_are():
    p = np.array([[0.04, 0.01], [np.nan, 0.03]])

    found = adjust_benjamini_hochberg(p)

    assert p[0].tolist() == [0.04, 0.01]
    assert found == pytest.approx(np.array([[0.04, 0.03], [np.nan, 0.04]]), nan_ok=True)
