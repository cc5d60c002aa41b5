"""Kendall's W against ranks made one by one and SciPy's Friedman test; raters in chunks, groups and any order."""

import math
import warnings
from fractions import Fraction

import numpy as np
import pytest
import scipy.stats
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from delphi.statistics import RatingsError
from delphi.statistics.concordance import RankSums, kendall_w, rank_sums

N_LEVELS = 5

panels = st.tuples(st.integers(1, 6), st.integers(1, 6)).flatmap(
    lambda shape: st.tuples(
        arrays(np.uint8, shape, elements=st.integers(1, N_LEVELS)), arrays(np.int64, shape[0], elements=st.integers(-1, 2))
    )
)


def twice_mid_ranks(rater):
    return [2 * sum(other < rating for other in rater) + rater.count(rating) + 1 for rating in rater]


def plain_w(raters):
    """Return W, corrected and not, of a list by rater of ratings, as the formula has it."""
    m, n = len(raters), len(raters[0]) if raters else 0
    if m < 2 or n < 2 or all(len(set(rater)) == 1 for rater in raters):
        return math.nan, math.nan
    ranks = [sum(column) for column in zip(*map(twice_mid_ranks, raters), strict=True)]
    spread = sum((Fraction(total, 2) - Fraction(m * (n + 1), 2)) ** 2 for total in ranks)
    ties = sum(rater.count(level) ** 3 - rater.count(level) for rater in raters for level in set(rater))
    return float(12 * spread / (m**2 * (n**3 - n) - m * ties)), float(12 * spread / (m**2 * (n**3 - n)))


def same(ours, theirs, tolerance=1e-12):
    return np.allclose(ours, theirs, rtol=tolerance, atol=tolerance, equal_nan=True)


def everybody(ratings):
    return rank_sums(ratings, np.full(len(ratings), -1), 0, N_LEVELS)


@given(panels)
def test_w_is_that_of_the_formula_for_everybody_and_each_group(panel):
    ratings, groups = panel

    found = kendall_w(rank_sums(ratings, groups, 3, N_LEVELS))

    for row, members in enumerate([ratings, *(ratings[groups == group] for group in range(3))]):
        corrected, uncorrected = plain_w(members.tolist())
        assert same(found.w[row], corrected)
        assert same(found.w_uncorrected[row], uncorrected)


@given(panels)
def test_the_sums_are_those_of_ranks_made_one_by_one(panel):
    ratings, groups = panel

    sums = rank_sums(ratings, groups, 3, N_LEVELS)

    for row, members in enumerate([ratings, *(ratings[groups == group] for group in range(3))]):
        assert sums.n_raters[row] == len(members)
        ranks = 2 * np.array([scipy.stats.rankdata(rater) for rater in members]).reshape(len(members), ratings.shape[1])
        assert sums.totals[row].tolist() == ranks.sum(axis=0).tolist()
        assert sums.ties[row] == sum(t**3 - t for rater in members for t in np.bincount(rater).tolist())


@given(panels)
def test_chi_square_and_p_are_those_of_friedman(panel):
    ratings, _ = panel
    assume(ratings.shape[0] > 1)
    assume(ratings.shape[1] > 2)
    found = kendall_w(everybody(ratings))
    assume(not np.isnan(found.w[0]))

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs = scipy.stats.friedmanchisquare(*ratings.T.astype(float))

    assert same(found.chi_square[0], theirs.statistic, tolerance=1e-11)
    assert same(found.p[0], theirs.pvalue, tolerance=1e-11)
    assert found.df[0] == ratings.shape[1] - 1


@given(panels, st.randoms(use_true_random=False))
def test_the_order_of_raters_changes_nothing_and_that_of_items_only_their_place(panel, random):
    ratings, groups = panel
    raters, items = list(range(len(ratings))), list(range(ratings.shape[1]))
    random.shuffle(raters)
    random.shuffle(items)

    sums = rank_sums(ratings, groups, 3, N_LEVELS)
    shuffled = rank_sums(ratings[raters][:, items], groups[raters], 3, N_LEVELS)

    assert shuffled.totals.tolist() == sums.totals[:, items].tolist()
    assert (shuffled.ties.tolist(), shuffled.n_raters.tolist()) == (sums.ties.tolist(), sums.n_raters.tolist())


def test_raters_in_several_chunks_have_the_sums_of_their_parts():
    random = np.random.default_rng(3)
    ratings = random.integers(1, 10, size=(5000, 60), dtype=np.uint8)
    groups = random.integers(-1, 2, size=5000)

    whole = rank_sums(ratings, groups, 2, 9)

    parts = [rank_sums(ratings[start : start + 500], groups[start : start + 500], 2, 9) for start in range(0, 5000, 500)]
    assert whole.totals.tolist() == sum(part.totals for part in parts).tolist()
    assert whole.ties.tolist() == sum(part.ties for part in parts).tolist()
    assert whole.n_raters.tolist() == [5000, int((groups == 0).sum()), int((groups == 1).sum())]


@pytest.mark.parametrize(
    "ratings", [[[1, 2, 3]], [[1], [2]], [[2, 2, 2], [4, 4, 4]], np.zeros((0, 3)), np.zeros((3, 0))], ids=str
)
def test_without_two_raters_two_items_and_a_difference_w_is_undefined(ratings):
    found = kendall_w(everybody(np.array(ratings, dtype=np.uint8)))

    assert np.isnan([found.w[0], found.w_uncorrected[0], found.chi_square[0], found.p[0]]).all()


def test_two_judges_are_enough():
    found = kendall_w(everybody(np.array([[1, 2, 3], [1, 2, 3]], dtype=np.uint8)))

    assert found.w[0] == 1
    assert found.chi_square[0] == 4


def test_sums_of_a_million_raters_do_not_overflow():
    m, n = 1_000_000, 2000
    totals = 2 * m * np.arange(1, n + 1)[None, :]

    found = kendall_w(RankSums(n, np.array([m]), totals, np.array([0])))

    assert found.w[0] == pytest.approx(1, abs=1e-14)


@pytest.mark.parametrize(
    ("ratings", "groups", "reason"),
    [
        (np.array([[0, 1]], dtype=np.uint8), [0], "from 1 to 5"),
        (np.array([[6, 1]], dtype=np.uint8), [0], "from 1 to 5"),
        (np.array([[1, 1]], dtype=np.int64), [0], "matrix of bytes"),
        (np.array([1, 1], dtype=np.uint8), [0], "matrix of bytes"),
        (np.array([[1, 1]], dtype=np.uint8), [0, 0], "1 raters and the groups of 2"),
        (np.array([[1, 1]], dtype=np.uint8), [1], "outside -1 … 0"),
        (np.array([[1, 1]], dtype=np.uint8), [-2], "outside -1 … 0"),
    ],
)
def test_what_is_not_complete_is_refused(ratings, groups, reason):
    with pytest.raises(RatingsError, match=reason):
        rank_sums(ratings, np.array(groups), 1, N_LEVELS)
