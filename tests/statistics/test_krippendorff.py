"""Krippendorff's alpha against all pairs of ratings in fractions and against the package krippendorff."""

import math
from fractions import Fraction
from itertools import permutations

import krippendorff
import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from delphi.statistics import UnusableError
from delphi.statistics.reliability import alpha_of_coincidences, coincidences, krippendorff_alpha
from tests.statistics.computed_reliability import ratings_of

METRICS = ("nominal", "ordinal", "interval", "ratio")

shapes = st.tuples(st.integers(1, 6), st.integers(2, 5))
any_counts = shapes.flatmap(lambda shape: arrays(np.int64, shape, elements=st.integers(0, 4)))


def plain_distance(metric, first, second, totals):
    if metric == "nominal":
        return Fraction(first != second)
    if metric == "interval":
        return Fraction(first - second) ** 2
    if metric == "ratio":
        return Fraction(first - second, first + second + 2) ** 2
    low, high = sorted((first, second))
    return (Fraction(sum(totals[low : high + 1])) - Fraction(totals[low] + totals[high], 2)) ** 2


def plain_alpha(units, metric, n_levels):
    pairable = [unit for unit in units if len(unit) > 1]
    values = [rating for unit in pairable for rating in unit]
    totals = [values.count(level) for level in range(n_levels)]
    observed = sum(plain_distance(metric, a, b, totals) / (len(unit) - 1) for unit in pairable for a, b in permutations(unit, 2))
    expected = sum(plain_distance(metric, a, b, totals) for a, b in permutations(values, 2))
    if len(pairable) < 2 or expected == 0:
        return math.nan
    return float(1 - (len(values) - 1) * observed / expected)


def same(ours, theirs, tolerance=1e-12):
    return np.allclose(ours, theirs, rtol=tolerance, atol=tolerance, equal_nan=True)


@given(any_counts, st.sampled_from(METRICS))
def test_alpha_is_that_of_all_pairs_of_ratings(counts, metric):
    assert same(krippendorff_alpha(counts, metric), plain_alpha(ratings_of(counts), metric, counts.shape[1]))


@given(any_counts, st.sampled_from(METRICS))
def test_alpha_is_that_of_the_package_krippendorff(counts, metric):
    pairable = counts[counts.sum(axis=1) > 1]
    assume(len(pairable) > 1)
    assume(np.count_nonzero(pairable.sum(axis=0)) > 1)

    theirs = krippendorff.alpha(value_counts=counts, value_domain=np.arange(1, counts.shape[1] + 1), level_of_measurement=metric)

    assert same(krippendorff_alpha(counts, metric), theirs)


@given(any_counts, st.integers(-9, 9), st.integers(1, 5))
def test_the_interval_metric_takes_the_numbers_of_the_levels(counts, low, step):
    levels = low + step * np.arange(counts.shape[1])

    assert same(krippendorff_alpha(counts, "interval", levels), krippendorff_alpha(counts, "interval"))


def test_levels_that_are_not_evenly_spaced_weigh_by_their_numbers():
    counts = np.array([[2, 0, 0], [0, 1, 1], [1, 1, 0]])

    alpha = krippendorff_alpha(counts, "interval", [1, 2, 5])

    # Pairs apart: 2 (3² + 1²) within units; 2 (3·2·1² + 3·1·4² + 2·1·3²) among all six ratings.
    assert alpha == pytest.approx(1 - 5 * 20 / 144)


def test_several_metrics_come_from_the_same_coincidences():
    counts = np.array([[2, 0, 0], [0, 1, 1], [1, 1, 0], [0, 0, 1]])

    found = coincidences(counts)

    assert (found.pairs - np.diag(np.diag(found.pairs))) == pytest.approx(np.array([[0, 1, 0], [1, 0, 1], [0, 1, 0]]))
    assert (found.totals.tolist(), int(found.n_units)) == ([3, 2, 1], 3)
    for metric in METRICS:
        assert alpha_of_coincidences(found, metric) == krippendorff_alpha(counts, metric)


@pytest.mark.parametrize("metric", METRICS)
def test_alpha_of_one_unit_is_undefined(metric):
    assert np.isnan(krippendorff_alpha(np.array([[3, 1, 0]]), metric))
    assert np.isnan(krippendorff_alpha(np.array([[3, 1, 0], [0, 0, 1]]), metric))
    assert np.isnan(krippendorff_alpha(np.zeros((0, 3), dtype=np.int64), metric))


@pytest.mark.parametrize("metric", METRICS)
def test_alpha_without_any_variation_is_undefined(metric):
    assert np.isnan(krippendorff_alpha(np.array([[0, 4, 0], [0, 3, 0]]), metric))
    assert np.isnan(krippendorff_alpha(np.zeros((2, 3), dtype=np.int64), metric))


def test_a_level_0_has_a_ratio_but_a_negative_one_has_none():
    counts = np.array([[2, 0, 0], [0, 1, 1], [1, 0, 1]])

    assert krippendorff_alpha(counts, "ratio", [0, 1, 2]) == pytest.approx(
        krippendorff.alpha(value_counts=counts, value_domain=[0, 1, 2], level_of_measurement="ratio"), abs=1e-12
    )
    with pytest.raises(UnusableError, match="without negative levels"):
        krippendorff_alpha(counts, "ratio", [-1, 0, 1])
