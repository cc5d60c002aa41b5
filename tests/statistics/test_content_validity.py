"""Content validity against the binomial law in whole numbers and the published tables of critical ratios."""

from fractions import Fraction
from math import comb

import numpy as np
import pytest
import scipy.stats
from hypothesis import given
from hypothesis import strategies as st

from delphi.statistics.content_validity import (
    critical_cvr,
    critical_number,
    i_cvi_threshold,
    item_validity,
    kappa_label,
    lawshe_cvr,
    scale_validity,
    wilson_critical_cvr,
)
from delphi.statistics.errors import UnusableError

some_votes = st.integers(1, 60).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))


@given(st.lists(some_votes, min_size=1, max_size=20))
def test_the_share_and_its_correction_for_chance_follow_their_definitions(votes):
    relevant, n_raters = np.array(votes).T

    found = item_validity(relevant, n_raters)

    for place, (a, n) in enumerate(votes):
        share, chance = Fraction(a, n), Fraction(comb(n, a), 2**n)
        assert found.i_cvi[place] == float(share)
        assert found.chance[place] == pytest.approx(float(chance), rel=1e-12)
        if 2 * a < n:
            assert np.isnan(found.modified_kappa[place])
        else:
            assert found.modified_kappa[place] == pytest.approx(float((share - chance) / (1 - chance)), abs=1e-12)


def test_a_crowd_of_raters_has_a_chance_too():
    found = item_validity(np.array([20_100, 40_000]), np.array([40_000, 40_000]))

    assert found.chance == pytest.approx(scipy.stats.binom.pmf([20_100, 40_000], 40_000, 0.5), rel=1e-9)
    assert found.modified_kappa[1] == 1


def test_half_of_the_raters_are_enough_for_a_corrected_figure_and_fewer_are_not():
    found = item_validity(np.array([3, 2, 3]), np.array([6, 6, 7]))

    assert np.isnan(found.modified_kappa).tolist() == [False, True, True]


def test_an_item_nobody_rated_has_no_validity():
    found = item_validity(np.zeros((2, 3), dtype=np.int64), np.zeros((2, 3), dtype=np.int64))

    for figures in (found.i_cvi, found.chance, found.modified_kappa):
        assert figures.shape == (2, 3)
        assert np.isnan(figures).all()
    assert np.isnan(lawshe_cvr(np.array(0), np.array(0)))
    assert np.isnan(wilson_critical_cvr(np.array(0)))


def test_a_scale_is_as_valid_as_its_items_that_were_rated():
    found = scale_validity(np.array([[1, 0.5, np.nan, 1], [np.nan] * 4, [0.8, 0.8, 0.8, 0.8]]))

    assert found.average == pytest.approx([2.5 / 3, np.nan, 0.8], nan_ok=True)
    assert found.universal == pytest.approx([2 / 3, np.nan, 0], nan_ok=True)


@pytest.mark.parametrize(("n_raters", "threshold"), [(1, 1), (3, 1), (5, 1), (6, 0.78), (10, 0.78)])
def test_small_panels_have_to_be_unanimous(n_raters, threshold):
    assert i_cvi_threshold(n_raters) == threshold


@pytest.mark.parametrize(
    ("kappa", "label"),
    [
        (1, "excellent"),
        (0.75, "excellent"),
        (0.741, "excellent"),
        (0.74, "good"),
        (0.6, "good"),
        (0.59, "fair"),
        (0.4, "fair"),
        (0.39, "poor"),
        (-0.2, "poor"),
        (np.nan, None),
    ],
)
def test_a_corrected_figure_has_a_word(kappa, label):
    assert kappa_label(kappa) == label


def test_lawshes_ratio_runs_from_nobody_over_half_to_everybody():
    assert lawshe_cvr(np.array([0, 4, 6, 8]), np.array([8, 8, 8, 8])).tolist() == [-1, 0, 0.5, 1]


@pytest.mark.parametrize(("n_raters", "number", "ratio"), [(8, 7, 0.750), (10, 9, 0.800), (13, 10, 0.538), (40, 26, 0.300)])
def test_critical_ratios_are_the_published_ones(n_raters, number, ratio):
    assert critical_number(n_raters) == number
    assert round(critical_cvr(n_raters), 3) == ratio


@given(st.integers(0, 120), st.sampled_from(["0.05", "0.01", "0.03125"]))
def test_the_critical_number_is_the_smallest_with_a_tail_that_rare(n_raters, alpha):
    tails = {k: Fraction(sum(comb(n_raters, j) for j in range(k, n_raters + 1)), 2**n_raters) for k in range(n_raters + 1)}
    expected = min((k for k, tail in tails.items() if tail <= Fraction(alpha)), default=None)

    assert critical_number(n_raters, float(alpha)) == expected
    assert critical_number(n_raters, Fraction(alpha)) == expected


def test_four_raters_are_never_significant():
    assert critical_number(4) is None
    assert np.isnan(critical_cvr(4))
    assert critical_cvr(5) == 1


def test_the_normal_approximation_is_the_printed_one():
    assert round(float(wilson_critical_cvr(np.array(13))), 3) == 0.456


@pytest.mark.parametrize("alpha", [0, 0.5, 1, -0.1])
def test_a_level_that_is_no_significance_is_refused(alpha):
    with pytest.raises(UnusableError, match="A level of significance"):
        critical_number(10, alpha)
