"""Agreement from counts, against plain fractions, statsmodels, and values from irrCAC."""

import json
import math
from fractions import Fraction
from itertools import permutations
from pathlib import Path

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from statsmodels.stats.inter_rater import fleiss_kappa as statsmodels_fleiss_kappa

from delphi.statistics import UnusableError
from delphi.statistics.kappa import conger_kappa
from delphi.statistics.reliability import (
    brennan_prediger,
    fleiss_kappa,
    gwet_ac,
    krippendorff_alpha,
    mean_agreement,
    percent_agreement,
    weighted_fleiss,
    weighted_krippendorff,
)
from delphi.statistics.weights import agreement_weights
from tests.statistics.computed_reliability import counts_of_codes, ratings_of

KINDS = ("unweighted", "linear", "quadratic", "ordinal")
PANELS = json.loads((Path(__file__).parent / "irrcac_panels.json").read_text(encoding="utf-8"))["panels"]

shapes = st.tuples(st.integers(1, 6), st.integers(2, 5))
any_counts = shapes.flatmap(lambda shape: arrays(np.int64, shape, elements=st.integers(0, 4)))


@st.composite
def even_counts(draw):
    """Counts of units that all have the same number of ratings."""
    n_units, n_levels, n_raters = draw(st.integers(1, 7)), draw(st.integers(2, 5)), draw(st.integers(2, 6))
    ratings = draw(arrays(np.int64, (n_units, n_raters), elements=st.integers(1, n_levels)))
    return counts_of_codes(ratings.T, n_levels)


def plain_agreement(units, weights):
    """Return the mean over units of the weight of two of their ratings."""
    pairs = [list(permutations(unit, 2)) for unit in units if len(unit) > 1]
    if not pairs:
        return math.nan
    return sum(sum(weights[a][b] for a, b in unit) / len(unit) for unit in pairs) / len(pairs)


def plain_shares(units, n_levels):
    rated = [unit for unit in units if unit]
    return [sum(Fraction(unit.count(level), len(unit)) for unit in rated) / max(1, len(rated)) for level in range(n_levels)]


def same(ours, theirs, tolerance=1e-12):
    return np.allclose(ours, theirs, rtol=tolerance, atol=tolerance, equal_nan=True)


@given(arrays(np.int64, (3, 4, 3), elements=st.integers(0, 3)))
def test_groups_are_computed_side_by_side_as_they_are_alone(counts):
    weights = agreement_weights(3, "linear")
    figures = [
        lambda part: krippendorff_alpha(part, "ordinal"),
        lambda part: krippendorff_alpha(part, "interval"),
        lambda part: fleiss_kappa(part).kappa,
        lambda part: fleiss_kappa(part).z,
        lambda part: fleiss_kappa(part).category_kappa,
        lambda part: gwet_ac(part, weights).coefficient,
        lambda part: gwet_ac(part, weights).standard_error,
        lambda part: weighted_fleiss(part, weights),
        lambda part: brennan_prediger(part, weights),
        lambda part: weighted_krippendorff(part, weights),
    ]
    by_item_first = np.ascontiguousarray(counts.transpose(1, 0, 2)).transpose(1, 0, 2)

    for figure in figures:
        alone = np.stack([figure(group) for group in counts])
        assert same(figure(counts), alone)
        assert same(figure(by_item_first), alone)


def test_a_metric_or_weights_that_do_not_exist_are_refused():
    with pytest.raises(UnusableError, match="“cubic” is none"):
        krippendorff_alpha(np.ones((2, 2), dtype=np.int64), "cubic")
    with pytest.raises(UnusableError, match="“cubic” is none"):
        agreement_weights(3, "cubic")


def test_a_panel_of_millions_does_not_overflow():
    counts = np.array([[40_000_000, 0, 10_000_000], [0, 30_000_000, 20_000_000], [0, 50_000_000, 0]])
    n, n_raters = 150_000_000, 50_000_000
    split = sum(n_raters**2 - sum(value**2 for value in unit) for unit in counts.tolist())
    by_chance = n**2 - sum(total**2 for total in counts.sum(axis=0).tolist())

    exact = 1 - Fraction(split, n * (n_raters - 1)) / Fraction(by_chance, n**2)

    assert fleiss_kappa(counts).kappa == pytest.approx(float(exact), rel=1e-12)
    assert krippendorff_alpha(counts, "nominal") == pytest.approx(
        float(1 - Fraction((n - 1) * split, (n_raters - 1) * by_chance)), rel=1e-12
    )


@given(even_counts())
def test_fleiss_kappa_and_z_are_those_of_the_definition(counts):
    n_raters, units = int(counts[0].sum()), ratings_of(counts)
    shares = plain_shares(units, counts.shape[1])
    chance = sum(share**2 for share in shares)
    found = fleiss_kappa(counts)

    if chance == 1:
        assert np.isnan(found.kappa)
        assert np.isnan(found.z)
        return
    agreed = plain_agreement(units, [[Fraction(a == b) for b in range(5)] for a in range(5)])
    kappa = (agreed - chance) / (1 - chance)
    skew = sum(share * (1 - share) * (1 - 2 * share) for share in shares)
    variance = 2 * ((1 - chance) ** 2 - skew) / ((1 - chance) ** 2 * len(units) * n_raters * (n_raters - 1))
    assert same(found.kappa, float(kappa))
    assert same(found.z, float(kappa) / math.sqrt(variance), tolerance=1e-10)


@given(even_counts())
def test_the_kappa_of_a_level_is_that_of_it_against_all_others(counts):
    found = fleiss_kappa(counts)

    for level in range(counts.shape[1]):
        two = np.stack([counts[:, level], counts.sum(axis=1) - counts[:, level]], axis=1)
        assert same(found.category_kappa[level], fleiss_kappa(two).kappa)


@given(even_counts())
def test_fleiss_kappa_is_that_of_statsmodels(counts):
    assume(np.count_nonzero(counts.sum(axis=0)) > 1)

    assert same(fleiss_kappa(counts).kappa, statsmodels_fleiss_kappa(counts))


@pytest.mark.parametrize("counts", [[[3, 0], [1, 1]], [[1, 0], [0, 1]], [[0, 0], [0, 0]], [[3, 0], [0, 0]], [[3, 0], [3, 0]]])
def test_fleiss_kappa_needs_the_same_number_of_raters_at_least_two_and_variation(counts):
    found = fleiss_kappa(np.array(counts))

    assert np.isnan([found.kappa, found.z, *found.category_kappa]).all()


def test_the_kappa_of_a_level_that_nobody_gave_is_undefined():
    found = fleiss_kappa(np.array([[2, 1, 0], [3, 0, 0]]))

    assert np.isnan(found.category_kappa).tolist() == [False, False, True]


@pytest.mark.parametrize("number", range(len(PANELS)))
def test_the_chance_corrected_coefficients_are_those_of_irrcac(number):
    panel = PANELS[number]
    codes = np.array([[code or 0 for code in row] for row in panel["units_by_raters"]], dtype=np.uint8).T
    counts = counts_of_codes(codes, panel["levels"])

    assert set(panel["expected"]) == set(KINDS)
    for kind, expected in panel["expected"].items():
        weights = agreement_weights(panel["levels"], kind)
        found = gwet_ac(counts, weights)
        ours = {
            "pa": found.p_agree,
            "AC": found.coefficient,
            "AC_se": found.standard_error,
            "fleiss": weighted_fleiss(counts, weights),
            "krippendorff": weighted_krippendorff(counts, weights),
            "conger": conger_kappa(codes, weights),
            "brennan_prediger": brennan_prediger(counts, weights),
        }
        assert {name: float(value) for name, value in ours.items()} == pytest.approx(expected, abs=1e-12), kind


@given(any_counts, st.sampled_from(KINDS))
def test_gwet_and_companions_are_those_of_pairs_and_shares(counts, kind):
    units, n_levels = ratings_of(counts), counts.shape[1]
    weights = agreement_weights(n_levels, kind)
    agreed, shares = plain_agreement(units, weights.tolist()), plain_shares(units, n_levels)
    spread = sum(share * (1 - share) for share in shares)
    levels = range(n_levels)
    by_shares = sum(weights[a, b] * float(shares[a] * shares[b]) for a in levels for b in levels)
    by_gwet = weights.sum() / (n_levels * (n_levels - 1)) * float(spread)
    has_variation = np.count_nonzero(counts.sum(axis=0)) > 1

    found = gwet_ac(counts, weights)

    assert same(found.p_agree, agreed)
    assert same(mean_agreement(counts, weights), agreed)
    assert same(found.coefficient, (agreed - by_gwet) / (1 - by_gwet))
    assert same(brennan_prediger(counts, weights), (agreed - weights.mean()) / (1 - weights.mean()))
    assert same(weighted_fleiss(counts, weights), (agreed - by_shares) / (1 - by_shares) if has_variation else math.nan, 1e-11)


@given(any_counts)
def test_weights_are_a_metric_by_another_name(counts):
    n_levels = counts.shape[1]

    for kind, metric in (("unweighted", "nominal"), ("quadratic", "interval")):
        weights = agreement_weights(n_levels, kind)
        assert same(weighted_krippendorff(counts, weights), krippendorff_alpha(counts, metric))


def test_unanimous_raters_have_gwets_coefficient_1_where_kappa_is_undefined():
    counts = np.array([[0, 0, 5], [0, 0, 5]])
    weights = agreement_weights(3, "quadratic")

    assert gwet_ac(counts, weights).coefficient == 1
    assert gwet_ac(counts, weights).standard_error == 0
    assert np.isnan(weighted_fleiss(counts, weights))


def test_a_single_rating_counts_for_chance_but_not_for_agreement():
    weights = agreement_weights(2, "unweighted")
    pairs = np.array([[2, 0], [1, 1]])
    more = np.array([[2, 0], [1, 1], [0, 1]])

    with_pairs, with_more = gwet_ac(pairs, weights), gwet_ac(more, weights)

    assert with_pairs.p_agree == with_more.p_agree == 0.5
    assert with_pairs.coefficient == pytest.approx((0.5 - 2 * 0.75 * 0.25) / (1 - 2 * 0.75 * 0.25))
    assert with_more.coefficient == pytest.approx(0)  # shares are half and half: chance is a half as well
    assert weighted_fleiss(more, weights) == pytest.approx(0)


def test_nothing_is_defined_where_no_unit_has_two_ratings():
    weights = agreement_weights(2, "linear")
    for counts in (np.array([[1, 0], [0, 1]]), np.zeros((2, 2), dtype=np.int64)):
        found = gwet_ac(counts, weights)
        figures = [found.p_agree, found.coefficient, found.standard_error]

        assert np.isnan([*figures, weighted_fleiss(counts, weights), brennan_prediger(counts, weights)]).all()


def test_one_unit_has_no_standard_error():
    found = gwet_ac(np.array([[2, 1]]), agreement_weights(2, "unweighted"))

    assert found.coefficient == pytest.approx((1 / 3 - 4 / 9) / (1 - 4 / 9))
    assert np.isnan(found.standard_error)


def test_weights_are_of_the_full_scale():
    assert agreement_weights(4, "unweighted").tolist() == np.eye(4).tolist()
    assert agreement_weights(5, "linear")[0].tolist() == [1, 0.75, 0.5, 0.25, 0]
    assert agreement_weights(5, "quadratic")[0].tolist() == [1, 1 - 1 / 16, 1 - 4 / 16, 1 - 9 / 16, 0]
    assert agreement_weights(5, "ordinal")[0].tolist() == [1, 1 - 1 / 10, 1 - 3 / 10, 1 - 6 / 10, 0]


def test_percent_agreement_counts_subjects_on_which_all_are_within_the_tolerance():
    ratings = [[4, 4, 4], [4, 5, 4], [1, 2, 3], [7, np.nan, 7], [2, 2, 2]]

    assert percent_agreement(ratings) == 50
    assert percent_agreement(ratings, tolerance=1) == 75
    assert np.isnan(percent_agreement([[np.nan, 1]]))
