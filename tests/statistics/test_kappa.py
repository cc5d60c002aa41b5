"""Kappa of raters told apart, against plain fractions, statsmodels and each other."""

import math
import warnings
from fractions import Fraction
from itertools import combinations, permutations

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from statsmodels.stats.inter_rater import cohens_kappa

from delphi.statistics import UnusableError
from delphi.statistics.kappa import cohen_kappa, conger_kappa, light_kappa, scott_pi, weighted_kappa
from delphi.statistics.reliability import weighted_fleiss
from delphi.statistics.weights import agreement_weights
from tests.statistics.computed_reliability import counts_of_pairs

KINDS = ("unweighted", "linear", "quadratic", "ordinal")

tables = st.integers(2, 5).flatmap(lambda n: arrays(np.int64, (n, n), elements=st.integers(0, 5)))
panels = st.tuples(st.integers(2, 4), st.integers(1, 7)).flatmap(
    lambda shape: arrays(np.uint8, shape, elements=st.integers(0, 3))
)


def plain_distance(kind, a, b):
    steps = abs(a - b)
    return {"unweighted": min(steps, 1), "linear": steps, "quadratic": steps**2, "ordinal": steps * (steps + 1) // 2}[kind]


def plain_kappa(pairs, kind):
    """Return kappa of a list of pairs: how far apart the pairs are, against every first with every second."""
    observed = sum(plain_distance(kind, a, b) for a, b in pairs)
    expected = sum(plain_distance(kind, a, b) for a, _ in pairs for _, b in pairs)
    return float(1 - Fraction(len(pairs) * observed, expected)) if expected else math.nan


def pairs_of(table):
    return [(i, j) for i, row in enumerate(table.tolist()) for j, n in enumerate(row) for _ in range(n)]


def same(ours, theirs, tolerance=1e-12):
    return np.allclose(ours, theirs, rtol=tolerance, atol=tolerance, equal_nan=True)


@given(tables, st.sampled_from(KINDS))
def test_weighted_kappa_is_that_of_all_pairs(table, kind):
    assert same(weighted_kappa(table, kind), plain_kappa(pairs_of(table), kind))
    assert same(cohen_kappa(table, kind).kappa, weighted_kappa(table, kind), tolerance=0)


@given(tables, st.sampled_from(["unweighted", "linear", "quadratic"]))
def test_kappa_z_and_p_are_those_of_statsmodels(table, kind):
    found = cohen_kappa(table, kind)
    assume(not np.isnan(found.z))

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs = cohens_kappa(table, wt=None if kind == "unweighted" else kind)

    assert same(found.kappa, theirs.kappa)
    assert same(found.z, theirs.z_value, tolerance=1e-9)
    assert same(found.p, theirs.pvalue_two_sided, tolerance=1e-9)


@given(tables, st.sampled_from(KINDS))
def test_z_is_undefined_exactly_where_kappa_could_not_vary(table, kind):
    pairs = pairs_of(table)
    means_of_first = {b: Fraction(sum(plain_distance(kind, a, b) for a, _ in pairs), len(pairs)) for _, b in pairs}
    means_of_second = {a: Fraction(sum(plain_distance(kind, a, b) for _, b in pairs), len(pairs)) for a, _ in pairs}
    left = {plain_distance(kind, a, b) - means_of_second[a] - means_of_first[b] for a, _ in pairs for _, b in pairs}

    assert np.isnan(cohen_kappa(table, kind).z) == (len(left) < 2)


@given(arrays(np.int64, (2, 3, 4, 4), elements=st.integers(0, 3)))
def test_many_tables_are_computed_side_by_side_as_they_are_alone(many):
    for index in np.ndindex(2, 3):
        assert same(weighted_kappa(many)[index], weighted_kappa(many[index]))
        assert same(scott_pi(many, "linear")[index], scott_pi(many[index], "linear"))
        assert same(cohen_kappa(many, "linear").z[index], cohen_kappa(many[index], "linear").z)
        assert same(cohen_kappa(many, "linear").p[index], cohen_kappa(many[index], "linear").p)


def test_a_constant_table_and_an_empty_one_have_no_kappa():
    for table in (np.diag([0, 7, 0]), np.zeros((3, 3), dtype=np.int64)):
        found = cohen_kappa(table, "linear")

        assert np.isnan([found.kappa, found.z, found.p, weighted_kappa(table), scott_pi(table)]).all()


def test_two_raters_who_agree_on_several_levels_have_kappa_1():
    assert weighted_kappa(np.diag([2, 0, 3])) == 1


def test_one_rater_who_is_constant_makes_kappa_0_without_a_test():
    found = cohen_kappa(np.array([[0, 0, 0], [2, 3, 4], [0, 0, 0]]), "quadratic")

    assert found.kappa == 0
    assert np.isnan([found.z, found.p]).all()


def test_weights_go_by_the_level_not_by_its_place_among_those_used():
    used = np.array([[3, 1, 0], [0, 2, 1], [1, 0, 2]])
    spread = np.zeros((9, 9), dtype=np.int64)
    spread[np.ix_([0, 1, 8], [0, 1, 8])] = used

    assert weighted_kappa(spread, "linear") == pytest.approx(plain_kappa(pairs_of(spread), "linear"))
    assert abs(weighted_kappa(spread, "linear") - weighted_kappa(used, "linear")) > 0.01


def test_a_table_of_hundreds_of_thousands_does_not_overflow():
    table = np.full((9, 9), 100_000, dtype=np.int64) + np.diag(np.arange(9) * 1000)
    n, levels = int(table.sum()), range(9)
    rows, columns = table.sum(axis=1).tolist(), table.sum(axis=0).tolist()
    observed = sum((i - j) ** 2 * int(table[i, j]) for i in levels for j in levels)
    expected = sum((i - j) ** 2 * rows[i] * columns[j] for i in levels for j in levels)

    assert weighted_kappa(table, "quadratic") == pytest.approx(float(1 - Fraction(n * observed, expected)), abs=1e-15)


def test_weights_that_do_not_exist_are_refused():
    with pytest.raises(UnusableError, match="“equal” is none"):
        weighted_kappa(np.eye(2, dtype=np.int64), "equal")


@given(tables, st.sampled_from(KINDS))
def test_scotts_pi_is_fleiss_kappa_of_two_raters(table, kind):
    theirs = weighted_fleiss(counts_of_pairs(table), agreement_weights(len(table), kind))

    assert same(scott_pi(table, kind), theirs)


@given(arrays(np.uint8, st.tuples(st.just(2), st.integers(1, 9)), elements=st.integers(1, 4)), st.sampled_from(KINDS))
def test_congers_and_lights_kappa_of_two_raters_are_cohens(ratings, kind):
    pairs = list(zip(*ratings.tolist(), strict=True))

    assert same(conger_kappa(ratings, agreement_weights(4, kind)), plain_kappa(pairs, kind))
    assert same(light_kappa(ratings, 4, kind), plain_kappa(pairs, kind))


@given(panels, st.sampled_from(KINDS))
def test_congers_kappa_takes_chance_from_pairs_of_raters(ratings, kind):
    units = [[code for code in unit if code] for unit in ratings.T.tolist()]
    raters = [[code for code in rater if code] for rater in ratings.tolist() if any(rater)]
    within = [[plain_distance(kind, a, b) for a, b in permutations(unit, 2)] for unit in units if len(unit) > 1]
    by_chance = [
        Fraction(sum(plain_distance(kind, a, b) for a in first for b in second), len(first) * len(second))
        for first, second in combinations(raters, 2)
    ]
    found = conger_kappa(ratings, agreement_weights(3, kind))

    if not within or not sum(by_chance):
        assert math.isnan(found)
        return
    observed = sum(Fraction(sum(unit), len(unit)) for unit in within) / len(within)
    assert same(found, float(1 - observed / (sum(by_chance) / len(by_chance))), tolerance=1e-11)


@given(panels, st.sampled_from(KINDS))
def test_lights_kappa_is_the_mean_over_pairs_of_raters(ratings, kind):
    by_pair = [
        plain_kappa([(a, b) for a, b in zip(first, second, strict=True) if a and b], kind)
        for first, second in combinations(ratings.tolist(), 2)
    ]

    assert same(light_kappa(ratings, 3, kind), sum(by_pair) / len(by_pair))


def test_a_rater_without_any_rating_is_no_rater():
    ratings = np.array([[1, 2, 3, 1], [1, 2, 1, 1], [0, 255, 0, 254]], dtype=np.uint8)
    weights = agreement_weights(3, "linear")

    assert conger_kappa(ratings, weights) == conger_kappa(ratings[:2], weights)
    assert math.isnan(conger_kappa(ratings[1:], weights))
    assert math.isnan(light_kappa(ratings[:1], 3))
