"""Ordinal agreement against peeling layer by layer and counting triples one by one, and against SciPy's moments."""

import itertools
import math
from fractions import Fraction

import numpy as np
import pytest
import scipy.stats
from hypothesis import example, given, settings
from hypothesis import strategies as st

from delphi.statistics import Scale, ScaleError
from delphi.statistics.agreement import (
    berry_mielke,
    blair_lacy,
    kvalseth,
    leik_dispersion,
    ordinal_agreement,
    van_der_eijk_a_2001,
)
from tests.statistics.conftest import ONE_TO_NINE, counts_of

FIGURES = (
    "van_der_eijk_a",
    "polarisation",
    "leik_consensus",
    "tastle_wierman",
    "entropy",
    "bimodality_coefficient",
)
SINGLE = (leik_dispersion, blair_lacy, kvalseth, berry_mielke, van_der_eijk_a_2001)


def tables(fewest_levels, most_levels):
    """Counts of somebody on a scale: few alike ones, so that layers and ties are common, or any."""
    count = st.integers(0, 4) | st.integers(0, 60)
    return st.integers(fewest_levels, most_levels).flatmap(
        lambda n_levels: st.lists(count, min_size=n_levels, max_size=n_levels).filter(any)
    )


def of(counts):
    return ordinal_agreement(np.array(counts), Scale(1, len(counts)))


def unimodality(pattern, corrected):
    triples = list(itertools.combinations(pattern, 3))
    tu, tdu = sum(t in ((1, 1, 0), (0, 1, 1)) for t in triples), sum(t == (1, 0, 1) for t in triples)
    if tu + tdu == 0:
        return None
    n_levels = len(pattern)
    factor = Fraction(n_levels - 1, n_levels - 2) if corrected else 1
    return (tu - factor * tdu) / Fraction(tu + tdu)


def peeled(counts, corrected=True):
    """Return van der Eijk's A by the published steps, as a fraction."""
    left, n_levels, total = list(counts), len(counts), Fraction(0)
    while any(left):
        pattern = [int(count > 0) for count in left]
        height, size = min(count for count in left if count), sum(pattern)
        left = [count - height * flag for count, flag in zip(left, pattern, strict=True)]
        u = unimodality(pattern, corrected)
        layer = Fraction(size == 1) if u is None or size == 1 else u * (1 - Fraction(size - 1, n_levels - 1))
        total += layer * Fraction(height * size, sum(counts))
    return total


@given(tables(3, 15))
@example([0] * 6 + [5] + [0] * 7)
@example([1] * 13)
@example([4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 4])
def test_van_der_eijk_is_what_peeling_gives(counts):
    expected = peeled(counts)

    figures = of(counts)

    assert figures.van_der_eijk_a == pytest.approx(float(expected), abs=1e-13)
    assert figures.polarisation == pytest.approx(float((1 - expected) / 2), abs=1e-13)


@given(tables(3, 12))
def test_whether_a_usual_scale_is_polarised_is_decided_in_whole_numbers(counts):
    expected = peeled(counts)

    assert np.sign(of(counts).van_der_eijk_a) == (expected > 0) - (expected < 0)
    assert of(counts).van_der_eijk_a == float(expected)


@given(tables(3, 15))
def test_the_first_form_of_a_is_what_peeling_with_it_gives(counts):
    assert van_der_eijk_a_2001(np.array(counts)) == pytest.approx(float(peeled(counts, corrected=False)), abs=1e-13)


@settings(max_examples=20)
@given(st.lists(st.integers(0, 3), min_size=30, max_size=30).filter(any))
def test_a_long_scale_is_peeled_likewise(counts):
    assert of(counts).van_der_eijk_a == pytest.approx(float(peeled(counts)), abs=1e-13)


@pytest.mark.parametrize("n_levels", [3, 9, 12, 13, 101, 253])
def test_uniform_one_level_and_the_two_ends_are_the_landmarks_on_every_scale(n_levels):
    uniform, one, ends = np.full(n_levels, 4), np.zeros(n_levels, dtype=np.int64), np.zeros(n_levels, dtype=np.int64)
    one[1], ends[[0, -1]] = 7, 3

    found = ordinal_agreement(np.stack([uniform, one, ends]), Scale(0, n_levels - 1))

    assert found.van_der_eijk_a.tolist() == [0, 1, -1]
    assert found.polarisation.tolist() == [0.5, 0, 1]
    assert found.leik_consensus[1:].tolist() == [1, 0]
    assert found.tastle_wierman[1:].tolist() == [1, 0]
    assert found.entropy.tolist() == [pytest.approx(math.log2(n_levels)), 0, 1]


@given(tables(2, 15))
def test_leik_tastle_wierman_and_entropy_follow_their_definitions(counts):
    n, n_levels = sum(counts), len(counts)
    shares = [Fraction(count, n) for count in counts]
    cumulated = list(itertools.accumulate(shares))
    mean = sum(index * share for index, share in enumerate(shares))
    dispersion = sum(f if f <= Fraction(1, 2) else 1 - f for f in cumulated) / (Fraction(1, 2) * (n_levels - 1))
    consensus = 1 + sum(
        float(share) * math.log2(1 - abs(index - mean) / (n_levels - 1)) for index, share in enumerate(shares) if share
    )

    found = of(counts)

    assert leik_dispersion(np.array(counts)) == pytest.approx(float(dispersion), abs=1e-14)
    assert found.leik_consensus == pytest.approx(float(1 - dispersion), abs=1e-14)
    assert found.tastle_wierman == pytest.approx(consensus, abs=1e-13)
    assert found.entropy == pytest.approx(scipy.stats.entropy(counts, base=2), abs=1e-13)


@given(tables(2, 12))
def test_blair_lacy_berry_mielke_and_kvalseth_follow_their_definitions(counts):
    ratings = np.repeat(range(len(counts)), counts).tolist()
    n, longest = len(ratings), len(counts) - 1
    cumulated = [Fraction(sum(counts[: level + 1]), n) for level in range(longest)]
    concentration = sum((f - Fraction(1, 2)) ** 2 for f in cumulated) / Fraction(longest, 4)
    apart = sum(abs(a - b) for a, b in itertools.combinations(ratings, 2))
    furthest = (n // 2) * (n - n // 2) * longest

    lacy, mielke, coefficient = (measure(np.array(counts)) for measure in (blair_lacy, berry_mielke, kvalseth))

    assert lacy == pytest.approx(math.sqrt(concentration), abs=1e-14)
    if n == 1:
        assert np.isnan([mielke, coefficient]).all()
    else:
        assert mielke == pytest.approx(apart / furthest, abs=1e-14)
        assert coefficient == pytest.approx(1 - math.sqrt(1 - Fraction(apart, furthest)), abs=1e-14)


@given(tables(2, 12))
@example([1, 0, 2])
@example([1, 1, 0, 2])
def test_the_bimodality_coefficient_is_that_of_the_corrected_moments(counts):
    ratings = np.repeat(range(len(counts)), counts)
    n = len(ratings)

    found = of(counts).bimodality_coefficient

    if n < 4 or len(set(ratings.tolist())) == 1:
        assert np.isnan(found)
    else:
        skewness, kurtosis = scipy.stats.skew(ratings, bias=False), scipy.stats.kurtosis(ratings, bias=False)
        assert found == pytest.approx((skewness**2 + 1) / (kurtosis + 3 * (n - 1) ** 2 / ((n - 2) * (n - 3))), rel=1e-9)


def test_the_bimodality_coefficient_takes_a_skew_for_two_peaks():
    skewed, split = of([3, 0, 0, 9]), of([5, 0, 0, 5])

    assert round(float(skewed.bimodality_coefficient), 3) == 0.744
    assert round(float(split.bimodality_coefficient), 3) == 0.566
    assert skewed.van_der_eijk_a > split.van_der_eijk_a


def test_one_dissenter_among_forty_thousand_does_not_blur_the_moments():
    # n = 40,000, one at the other end: b1 = (n - 2)² / (n - 1) and b2 = (n² - 3n + 3) / (n - 1), exactly.
    n = 40_000
    b1, b2 = Fraction((n - 2) ** 2, n - 1), Fraction(n * n - 3 * n + 3, n - 1)
    expected = (n - 3) * (n * (n - 1) * b1 + (n - 2) ** 2) / ((n - 2) * (n * n - 1) * b2)

    assert of([1, 0, 0, 0, 0, 0, 0, 0, n - 1]).bimodality_coefficient == pytest.approx(float(expected), rel=1e-12)


def test_nobody_has_no_agreement():
    nobody = np.zeros((2, 3, 9), dtype=np.int64)

    figures = ordinal_agreement(nobody, ONE_TO_NINE)

    for name in FIGURES:
        assert np.isnan(getattr(figures, name)).all(), name
        assert getattr(figures, name).shape == (2, 3)
    for measure in SINGLE:
        assert np.isnan(measure(nobody)).all(), measure


def test_equal_ratings_agree_wholly_and_have_no_bimodality():
    figures = ordinal_agreement(counts_of([8] * 12), ONE_TO_NINE)

    assert [float(getattr(figures, name)) for name in FIGURES[:-1]] == [1, 0, 1, 1, 0]
    assert math.copysign(1, figures.entropy) == 1
    assert np.isnan(figures.bimodality_coefficient)
    assert [float(measure(counts_of([8] * 12))) for measure in SINGLE] == [0, 1, 0, 0, 1]


def test_two_levels_have_no_van_der_eijk():
    figures = of([3, 5])

    assert np.isnan([figures.van_der_eijk_a, figures.polarisation, van_der_eijk_a_2001(np.array([3, 5]))]).all()
    assert figures.leik_consensus == pytest.approx(1 - 2 * 3 / 8)


def test_counts_of_another_scale_are_refused():
    with pytest.raises(ScaleError, match="1–7 has 7 levels; these counts have 9"):
        ordinal_agreement(np.zeros(9, dtype=np.int64), Scale(1, 7))


@given(st.lists(tables(9, 9), min_size=6, max_size=6))
def test_items_and_groups_side_by_side_are_each_what_they_are_alone(counts):
    together = ordinal_agreement(np.array(counts).reshape(2, 3, 9), ONE_TO_NINE)

    for place, alone in zip(np.ndindex(2, 3), counts, strict=True):
        for name in FIGURES:
            assert getattr(together, name)[place] == pytest.approx(getattr(of(alone), name), abs=1e-14, nan_ok=True), name
