"""Intraclass correlation and Cronbach's alpha against an analysis of variance in fractions and pingouin."""

import math
import warnings
from fractions import Fraction
from unittest.mock import patch

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from delphi.statistics import RatingsError
from delphi.statistics.intraclass import ScoreSums, cronbach_alpha, intraclass, score_sums, standardised_alpha

SINGLE = ("value", "f", "df1", "df2", "p", "lower", "upper")

panels = st.tuples(st.integers(2, 6), st.integers(2, 6)).flatmap(
    lambda shape: st.tuples(arrays(np.uint8, shape, elements=st.integers(1, 5)), st.integers(-3, 3))
)


def everybody(ratings, low=1):
    ratings = np.asarray(ratings, dtype=np.uint8)
    return score_sums(ratings, low, np.full(len(ratings), -1), 0)


def mean(values):
    values = list(values)
    return Fraction(sum(values), len(values))


def plain_mean_squares(ratings):
    """Return the mean squares of items, raters, residual and within items, deviation by deviation."""
    raters, items = ratings, list(zip(*ratings, strict=True))
    k, n = len(raters), len(items)
    grand = mean(mean(item) for item in items)
    of_items = k * sum((mean(item) - grand) ** 2 for item in items) / (n - 1)
    of_raters = n * sum((mean(rater) - grand) ** 2 for rater in raters) / (k - 1)
    rest = sum((rater[i] - mean(rater) - mean(items[i]) + grand) ** 2 for rater in raters for i in range(n)) / ((n - 1) * (k - 1))
    within = sum((rating - mean(item)) ** 2 for item in items for rating in item) / Fraction(n * (k - 1))
    return of_items, of_raters, rest, within


def divide(part, whole):
    return float(part / whole) if whole > 0 else math.nan


def same(ours, theirs, tolerance=1e-12):
    return np.allclose(ours, theirs, rtol=tolerance, atol=tolerance, equal_nan=True)


@given(panels)
def test_every_coefficient_is_that_of_the_mean_squares(panel):
    ratings, low = panel
    k, n = ratings.shape
    b, j, e, w = plain_mean_squares(ratings.tolist())

    found = intraclass(everybody(ratings, low))

    assert same(found.a1.value[0], divide(b - e, b + (k - 1) * e + k * (j - e) / n))
    assert same(found.ak[0], divide(b - e, b + (j - e) / n))
    assert same(found.c1.value[0], divide(b - e, b + (k - 1) * e))
    assert same(found.ck[0], divide(b - e, b))
    assert same(found.oneway.value[0], divide(b - w, b + (k - 1) * w))
    assert same(found.c1.f[0], divide(b, e))
    assert same(found.oneway.f[0], divide(b, w))
    assert same(cronbach_alpha(everybody(ratings, low))[0], divide(b - e, b))


@pytest.mark.parametrize("seed", range(20))
def test_values_tests_and_intervals_are_those_of_pingouin(seed):
    import pingouin  # with all of matplotlib: only for whoever runs this

    random = np.random.default_rng(seed)
    ratings = np.clip(random.integers(1, 8, 4 + seed % 5) + random.integers(-2, 3, (2 + seed % 4, 4 + seed % 5)), 1, 9)
    found = intraclass(everybody(ratings))
    long = pd.DataFrame(ratings).melt(ignore_index=False, var_name="item").reset_index(names="rater")

    with warnings.catch_warnings(), patch.dict(pingouin.options, {"round.column.CI95": None}):
        warnings.simplefilter("ignore")
        table = pingouin.intraclass_corr(long, targets="item", raters="rater", ratings="value").set_index("Type")

    parts = {"ICC(A,1)": found.a1, "ICC(C,1)": found.c1, "ICC(1,1)": found.oneway}
    for name, part in parts.items():
        theirs = table.loc[name]
        assert same(part.value[0], theirs["ICC"], tolerance=1e-9)
        assert same([part.f[0], part.df1[0]], [theirs["F"], theirs["df1"]], tolerance=1e-9)
        assert same([part.lower[0], part.upper[0]], theirs["CI95"], tolerance=1e-9)
        if name != "ICC(A,1)":  # there pingouin keeps the residual's degrees of freedom
            assert same([part.df2[0], part.p[0]], [theirs["df2"], theirs["pval"]], tolerance=1e-9)
    assert same([found.ak[0], found.ck[0]], table.loc[["ICC(A,k)", "ICC(C,k)"], "ICC"], tolerance=1e-9)


@given(panels)
def test_cronbachs_alpha_is_that_of_pingouin_with_raters_for_items(panel):
    import pingouin  # with all of matplotlib: only for whoever runs this

    ratings, low = panel
    alpha = cronbach_alpha(everybody(ratings, low))[0]
    assume(not np.isnan(alpha))

    theirs, _ = pingouin.cronbach_alpha(data=pd.DataFrame(ratings.T.astype(int)))

    assert same(alpha, theirs, tolerance=1e-11)


@given(panels)
def test_standardised_alpha_is_alpha_of_ratings_in_units_of_each_raters_deviation(panel):
    ratings, _ = panel
    alpha = standardised_alpha(ratings)
    if np.isnan(alpha):
        k = len(ratings)
        constant = any(len(set(rater)) == 1 for rater in ratings.tolist())
        assert constant or np.corrcoef(ratings).sum() == pytest.approx(0, abs=1e-9 * k)
        return

    z = (ratings - ratings.mean(axis=1, keepdims=True)) / ratings.std(axis=1, ddof=1, keepdims=True)
    k, total = len(z), z.sum(axis=0).var(ddof=1)
    assume(total > 1e-6)

    assert same(alpha, k / (k - 1) * (1 - z.var(axis=1, ddof=1).sum() / total), tolerance=1e-8)


@pytest.mark.parametrize(
    "ratings", [[[1, 2, 3]], [[1], [2]], [[2, 2, 2], [2, 2, 2]], np.zeros((0, 3)), np.zeros((3, 0))], ids=str
)
def test_without_two_raters_two_items_and_variation_nothing_is_defined(ratings):
    sums = everybody(ratings)
    found = intraclass(sums)

    assert np.isnan([found.ak[0], found.ck[0], cronbach_alpha(sums)[0]]).all()
    for part in (found.a1, found.c1, found.oneway):
        assert np.isnan([getattr(part, name)[0] for name in ("value", "f", "p", "lower", "upper")]).all()
    assert np.isnan(standardised_alpha(np.array(ratings)))


def test_perfect_agreement_is_1_and_has_no_test():
    found = intraclass(everybody([[1, 2, 4], [1, 2, 4], [1, 2, 4]]))

    assert [found.a1.value[0], found.ak[0], found.c1.value[0], found.ck[0], found.oneway.value[0]] == [1] * 5
    for part in (found.a1, found.c1, found.oneway):
        assert np.isnan([part.f[0], part.p[0], part.lower[0], part.upper[0]]).all()


def test_raters_who_differ_only_in_level_are_consistent_but_do_not_agree():
    found = intraclass(everybody([[1, 2, 3], [3, 4, 5]]))

    assert found.c1.value[0] == found.ck[0] == 1
    assert found.a1.value[0] == pytest.approx(1 / 3)  # mean squares: items 2, raters 6, residual 0
    assert found.ak[0] == pytest.approx(0.5)


def test_an_interval_with_next_to_no_degrees_of_freedom_goes_to_its_limit():
    ratings = [[3, 9, 8], [7, 5, 1], [4, 3, 9], [9, 5, 6], [2, 2, 1]]
    _, of_raters, residual, _ = plain_mean_squares(ratings)

    found = intraclass(everybody(ratings)).a1

    assert 0 < found.df2[0] < 0.01
    assert found.lower[0] == pytest.approx(float(-3 * residual / (5 * of_raters + 7 * residual)))


def test_items_with_equal_means_leave_agreement_a_value_but_no_degrees_of_freedom():
    found = intraclass(everybody([[3, 5, 2], [2, 1, 4], [4, 3, 3]]))

    assert found.a1.value[0] == pytest.approx(-5 / 7)  # mean squares: items 0, raters 1, residual 5/2
    assert found.a1.f[0] == 0
    assert np.isnan([found.a1.df2[0], found.a1.p[0], found.a1.lower[0], found.a1.upper[0]]).all()
    assert found.c1.lower[0] == -0.5


def test_a_rater_who_is_constant_has_no_standardised_alpha():
    assert math.isnan(standardised_alpha([[1, 2, 3], [4, 4, 4]]))


def test_groups_have_their_own_figures_and_who_has_none_counts_for_everybody():
    ratings = np.random.default_rng(5).integers(1, 8, size=(9, 4), dtype=np.uint8)
    groups = np.array([0, 1, -1, 0, 1, 1, 0, -1, 2])

    found = intraclass(score_sums(ratings, -2, groups, 3))

    for row, members in enumerate([ratings, ratings[groups == 0], ratings[groups == 1], ratings[groups == 2]]):
        alone = intraclass(everybody(members, -2))
        assert same([found.ak[row], found.ck[row]], [alone.ak[0], alone.ck[0]])
        for name in ("a1", "c1", "oneway"):
            ours, theirs = getattr(found, name), getattr(alone, name)
            assert same([getattr(ours, part)[row] for part in SINGLE], [getattr(theirs, part)[0] for part in SINGLE])
    assert np.isnan(found.ck[3])


def test_the_sums_are_whole_and_do_not_depend_on_chunks_or_order():
    random = np.random.default_rng(4)
    ratings = random.integers(1, 10, size=(5000, 60), dtype=np.uint8)
    groups, order = random.integers(-1, 2, size=5000), random.permutation(5000)
    scores = ratings.astype(int) - 3

    sums = score_sums(ratings, -2, groups, 2)
    shuffled = score_sums(ratings[order], -2, groups[order], 2)

    for row, members in enumerate([scores, scores[groups == 0], scores[groups == 1]]):
        assert sums.n_raters[row] == len(members)
        assert sums.item_totals[row].tolist() == members.sum(axis=0).tolist()
        assert sums.squares[row] == (members**2).sum()
        assert sums.rater_totals_squared[row] == (members.sum(axis=1) ** 2).sum()
    for name in ("n_raters", "item_totals", "squares", "rater_totals_squared"):
        assert getattr(sums, name).tolist() == getattr(shuffled, name).tolist()


def test_sums_of_millions_of_raters_do_not_overflow_or_cancel():
    once = everybody(np.random.default_rng(6).integers(1, 10, size=(40, 50)))
    many = 10**8
    sums = ScoreSums(50, many * once.n_raters, many * once.item_totals, many * once.squares, many * once.rater_totals_squared)
    k, n = 40 * many, 50
    totals, grand = once.item_totals[0].tolist(), int(once.item_totals.sum())
    items = Fraction(n * sum(total**2 for total in totals) - grand**2, n - 1) * many
    raters = 40 * int(once.rater_totals_squared[0]) - grand**2
    residual = Fraction(n * 40 * int(once.squares[0]) - grand**2 - items * (n - 1) / many - raters, n - 1) * many**2
    expected = 1 - residual / (k - 1) / (items * many)

    assert intraclass(sums).ck[0] == pytest.approx(float(expected), rel=1e-12)


def test_what_is_not_complete_is_refused():
    with pytest.raises(RatingsError, match="from 1 to"):
        everybody([[0, 1], [1, 2]])
