"""Quantiles and descriptive figures against published samples, an independent program's values and naive definitions."""

import statistics
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from delphi.statistics import Scale, UnusableError, describe
from delphi.statistics.description import percent
from delphi.statistics.quantiles import quantile
from delphi.statistics.uncertainty import wilson
from tests.statistics.conftest import ONE_TO_NINE, counts_of

some_ratings = st.lists(st.integers(1, 9), min_size=1, max_size=40)


def test_quantiles_are_those_of_all_nine_types(vector):
    expected = vector("quantiles_hyndman_fan")
    visited = 0

    for name, sample in expected["inputs"]["samples"].items():
        for quantile_type in range(1, 10):
            for probability, value in zip(
                expected["inputs"]["probs"], expected["expected"][name][f"type{quantile_type}"], strict=True
            ):
                found = quantile(counts_of(sample), probability, ONE_TO_NINE, quantile_type)
                assert found == pytest.approx(value, abs=expected["tolerance"]), (name, quantile_type, probability)
                visited += 1

    assert visited == 9 * 9 * 7


def test_spread_is_that_of_the_published_samples(vector):
    expected = vector("dispersion")

    for name, figures in expected["expected"].items():
        found = describe(counts_of(expected["inputs"]["samples"][name]), ONE_TO_NINE)
        ours = {
            "mean": found.mean,
            "sd": found.sd,
            "cv": found.cv,
            "MAD_raw": found.mad,
            "MAD_normal_1_4826": 1.4826 * found.mad,
            "mean_abs_dev_from_median": found.aad_median,
        }
        assert set(ours) == set(figures)
        for figure, value in figures.items():
            wanted = np.nan if value is None else value
            assert ours[figure] == pytest.approx(wanted, abs=expected["tolerance"], nan_ok=True), (name, figure)


def test_a_small_panel_by_hand():
    # 2, 7, 7, 8: median 7, mean 6, deviations -4 1 1 2, squares 16 + 1 + 1 + 4 = 22, sd = sqrt(22 / 3).
    figures = describe(counts_of([7, 2, 8, 7]), ONE_TO_NINE)

    assert (figures.median, figures.mean, figures.n_rated) == (7, 6, 4)
    assert figures.sd == pytest.approx((22 / 3) ** 0.5)
    assert figures.cv == pytest.approx((22 / 3) ** 0.5 / 6)
    assert (figures.q1, figures.q3, figures.iqr) == (5.75, 7.25, 1.5)  # h = 1.75 and 3.25
    assert (figures.mad, figures.aad_median) == (0.5, 1.5)  # distances 0 0 1 5
    assert (figures.minimum, figures.maximum) == (2, 8)
    assert np.flatnonzero(figures.mode).tolist() == [6]


def test_every_level_given_most_often_is_a_mode():
    modes = describe(counts_of([3, 3, 8, 8, 5]), ONE_TO_NINE).mode

    assert [level for level, is_mode in zip(ONE_TO_NINE.levels, modes, strict=True) if is_mode] == [3, 8]


def test_nobody_has_no_figures():
    figures = describe(np.zeros((2, 3, 9), dtype=np.int64), ONE_TO_NINE)

    for name in ("median", "q1", "q3", "iqr", "mean", "sd", "cv", "mad", "aad_median", "minimum", "maximum"):
        assert np.isnan(getattr(figures, name)).all(), name
    assert not figures.mode.any()


def test_one_rating_has_a_median_and_no_spread():
    figures = describe(counts_of([4]), ONE_TO_NINE)

    assert (figures.median, figures.iqr) == (4, 0)
    assert np.isnan(figures.sd)
    assert np.isnan(figures.cv)


@pytest.mark.parametrize(("ratings", "scale"), [([0, 0, 0], Scale(0, 10)), ([-5, 5, 3], Scale(-5, 5))])
def test_variation_relative_to_nothing_or_to_a_shifted_origin_is_undefined(ratings, scale):
    figures = describe(counts_of(ratings, scale), scale)

    assert figures.sd >= 0
    assert np.isnan(figures.cv)


def test_a_quantile_type_that_does_not_exist_is_refused():
    with pytest.raises(UnusableError, match="one of 1 to 9"):
        describe(counts_of([4]), ONE_TO_NINE, quantile_type=10)


@given(some_ratings)
def test_figures_from_counts_are_those_of_the_ratings_themselves(ratings):
    figures = describe(counts_of(ratings), ONE_TO_NINE)
    median = statistics.median(ratings)

    assert figures.median == median
    assert figures.mean == pytest.approx(statistics.fmean(ratings))
    assert figures.mad == statistics.median(abs(rating - median) for rating in ratings)
    assert figures.aad_median == pytest.approx(statistics.fmean(abs(rating - median) for rating in ratings))
    assert (figures.minimum, figures.maximum) == (min(ratings), max(ratings))
    assert sorted(level + 1 for level in np.flatnonzero(figures.mode)) == sorted(statistics.multimode(ratings))
    if len(ratings) > 1:
        assert figures.sd == pytest.approx(statistics.stdev(ratings), abs=1e-12)


@given(some_ratings, st.sampled_from([0, 0.1, 0.25, 0.3, 0.5, 0.7, 0.75, 0.9, 1]))
def test_interpolated_quantiles_are_numpys(ratings, probability):
    methods = {4: "interpolated_inverted_cdf", 5: "hazen", 6: "weibull", 7: "linear", 8: "median_unbiased", 9: "normal_unbiased"}

    for quantile_type, method in methods.items():
        found = quantile(counts_of(ratings), probability, ONE_TO_NINE, quantile_type)
        assert found == pytest.approx(np.quantile(ratings, probability, method=method), abs=1e-9), quantile_type


@given(some_ratings, st.fractions(0, 1, max_denominator=50))
def test_a_quantile_of_type_one_is_the_smallest_rating_that_covers_the_share(ratings, probability):
    covering = [level for level in sorted(ratings) if Fraction(sum(r <= level for r in ratings), len(ratings)) >= probability]

    assert quantile(counts_of(ratings), probability, ONE_TO_NINE, 1) == covering[0]


def test_the_wilson_interval_of_seven_in_ten_is_the_textbooks():
    # z = 1.96: centre (0.7 + 0.19208) / 1.38416, half width 1.96 sqrt(0.021 + 0.009604) / 1.38416.
    interval = wilson(np.array([7, 0, 10, 0]), np.array([10, 10, 10, 0]), z=1.96)

    assert interval.lower[0] == pytest.approx(39.677, abs=1e-2)
    assert interval.upper[0] == pytest.approx(89.221, abs=1e-2)
    assert interval.lower[1] == 0
    assert interval.upper[2] == 100
    assert np.isnan([interval.lower[3], interval.upper[3]]).all()


def test_a_share_of_nobody_is_undefined():
    assert percent(np.array([3, 0]), np.array([4, 0])).tolist() == pytest.approx([75, np.nan], nan_ok=True)
