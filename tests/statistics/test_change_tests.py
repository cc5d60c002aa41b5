"""Tests of change against SciPy, statsmodels and naive versions, on tables that panels really give: small, tied, half empty."""

import warnings
from collections import Counter
from fractions import Fraction
from itertools import product
from math import comb

import numpy as np
import pytest
import scipy.stats
from hypothesis import assume, given
from hypothesis import strategies as st
from statsmodels.stats.contingency_tables import SquareTable
from statsmodels.stats.contingency_tables import mcnemar as statsmodels_mcnemar

from delphi.statistics import UnusableError
from delphi.statistics import change_tests as tests
from tests.statistics.computed_change import joint_of

rating = st.integers(1, 9)
some_pairs = st.lists(st.tuples(rating, rating), max_size=40)
few_pairs = st.lists(st.tuples(rating, st.integers(1, 3)), max_size=9)


def tables(n_rows, n_columns, least=0, most=6):
    row = st.lists(st.integers(least, most), min_size=n_columns, max_size=n_columns)
    return st.lists(row, min_size=n_rows, max_size=n_rows).map(np.array)


square_tables = st.integers(2, 4).flatmap(lambda n: tables(n, n))
full_tables = st.integers(2, 4).flatmap(lambda n: tables(n, n, least=1, most=30))
unchanged = st.lists(st.integers(0, 9), min_size=3, max_size=3).map(np.diag)


def differences_of(pairs):
    previous, current = zip(*pairs, strict=True) if pairs else ((), ())
    return tests.difference_counts(joint_of(previous, current))


def quiet(function, *arguments, **options):
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        return function(*arguments, **options)


def doubled_mid_ranks(values):
    return [sum(other < value for other in values) * 2 + values.count(value) + 1 for value in values]


@given(some_pairs)
def test_differences_are_counted_as_current_minus_previous(pairs):
    counted = Counter(current - previous for previous, current in pairs)

    assert differences_of(pairs).tolist() == [counted[difference] for difference in range(-8, 9)]


@given(some_pairs)
def test_the_signed_rank_test_is_scipys_with_zeros_dropped_and_after_pratt(pairs):
    changes = [current - previous for previous, current in pairs]
    assume(any(changes))

    found = tests.wilcoxon(differences_of(pairs))

    for z, p, zeros in ((found.z, found.p, "wilcox"), (found.z_pratt, found.p_pratt, "pratt")):
        theirs = {
            side: quiet(scipy.stats.wilcoxon, changes, zero_method=zeros, alternative=side, method="asymptotic")
            for side in ("greater", "two-sided")  # SciPy's two-sided z has lost its sign
        }
        assert float(z) == pytest.approx(theirs["greater"].zstatistic, abs=1e-12), zeros
        assert float(p) == pytest.approx(theirs["two-sided"].pvalue, abs=1e-12), zeros
    assert found.n_zeros == changes.count(0)


@given(some_pairs)
def test_the_continuity_correction_is_scipys(pairs):
    changes = [current - previous for previous, current in pairs]
    assume(any(changes))

    theirs = quiet(scipy.stats.wilcoxon, changes, zero_method="wilcox", correction=True, method="asymptotic").pvalue

    assert tests.wilcoxon_continuity_p(differences_of(pairs)) == pytest.approx(theirs, abs=1e-12)


@given(some_pairs)
def test_v_is_the_sum_of_the_mid_ranks_of_the_rises(pairs):
    changes = [current - previous for previous, current in pairs if current != previous]
    assume(changes)
    ranks = doubled_mid_ranks([abs(change) for change in changes])

    found = tests.wilcoxon(differences_of(pairs))

    assert 2 * found.v == sum(rank for rank, change in zip(ranks, changes, strict=True) if change > 0)


@given(few_pairs)
def test_the_exact_p_is_the_share_of_sign_patterns_at_least_as_far_from_the_middle(pairs):
    changes = [current - previous for previous, current in pairs]
    assume(any(changes))
    differences = differences_of(pairs)

    for zeros, ranked in (("drop", [change for change in changes if change]), ("pratt", changes)):
        ranks = doubled_mid_ranks([abs(change) for change in ranked])
        signed = [(rank, change > 0) for rank, change in zip(ranks, ranked, strict=True) if change]
        patterns = list(product((-1, 1), repeat=len(signed)))
        observed = abs(sum(rank if rises else -rank for rank, rises in signed))
        as_far = [p for p in patterns if abs(sum(s * rank for s, (rank, _) in zip(p, signed, strict=True))) >= observed]
        assert tests.wilcoxon_exact(differences, zeros) == float(Fraction(len(as_far), len(patterns))), zeros


def test_the_exact_p_of_a_panel_without_ties_is_scipys():
    differences = np.zeros(2 * 40 + 1, dtype=np.int64)
    changes = [change if change % 3 else -change for change in range(1, 41)]
    differences[[change + 40 for change in changes]] = 1

    assert tests.wilcoxon_exact(differences) == pytest.approx(scipy.stats.wilcoxon(changes, method="exact").pvalue, rel=1e-12)


def test_pairs_without_change_leave_nothing_to_test():
    for differences in (np.zeros(17, dtype=np.int64), differences_of([(3, 3), (7, 7)])):
        found = tests.wilcoxon(differences)

        assert np.isnan([found.v, found.z, found.p, found.z_pratt, found.p_pratt]).all()
        assert np.isnan(tests.wilcoxon_continuity_p(differences))
        assert np.isnan(tests.wilcoxon_exact(differences))
        assert np.isnan(tests.wilcoxon_exact(differences, "pratt"))
    assert found.n_zeros == 2


def test_one_pair_that_changed_tells_nothing():
    differences = differences_of([(3, 5)])

    assert (tests.wilcoxon_exact(differences), tests.wilcoxon(differences).v) == (1, 1)


def test_an_unknown_treatment_of_zeros_is_refused():
    with pytest.raises(UnusableError, match="'split' is neither"):
        tests.wilcoxon_exact(differences_of([(3, 5)]), "split")


@given(st.integers(0, 40), st.integers(0, 40))
def test_mcnemar_is_exact_below_25_changes_and_corrected_from_there(b, c):
    theirs = quiet(statsmodels_mcnemar, [[0, b], [c, 0]], exact=b + c < 25, correction=b != c)
    found = tests.mcnemar(np.array(b), np.array(c))

    assert found.p == pytest.approx(theirs.pvalue, abs=1e-12)
    assert found.statistic == pytest.approx(np.nan if b + c < 25 else theirs.statistic, nan_ok=True)


def test_mcnemar_turns_to_the_chi_square_at_25_changes():
    exact, approximate = tests.mcnemar(np.array([8, 8]), np.array([16, 17])).p

    assert exact == pytest.approx(2 * sum(comb(24, k) for k in range(9)) / 2**24, rel=1e-12)
    assert approximate == pytest.approx(scipy.stats.chi2.sf((9 - 1) ** 2 / 25, 1), rel=1e-12)


@given(st.integers(0, 60), st.integers(0, 60))
def test_the_exact_p_of_mcnemar_is_counted_out(b, c):
    tail = sum(Fraction(comb(b + c, k), 2 ** (b + c)) for k in range(min(b, c) + 1))

    assert tests.mcnemar_exact(np.array(b), np.array(c)) == pytest.approx(float(min(Fraction(1), 2 * tail)), rel=1e-12)


@given(st.integers(0, 90), st.integers(0, 90))
def test_mcnemars_chi_square_comes_with_and_without_correction(b, c):
    assume(b + c)

    plain, corrected = tests.mcnemar_chi_square(np.array(b), np.array(c)), tests.mcnemar_corrected_chi_square(np.array(b), c)

    assert plain.statistic == pytest.approx((b - c) ** 2 / (b + c))
    assert corrected.statistic == pytest.approx((abs(b - c) - 1) ** 2 / (b + c) if b != c else 0)
    assert plain.p == pytest.approx(scipy.stats.chi2.sf(float(plain.statistic), 1), abs=1e-12)
    assert (plain.df, corrected.df) == (1, 1)


def test_a_zone_that_nobody_left_or_entered_has_p_one_and_no_chi_square():
    nobody = np.array(0)

    assert tests.mcnemar(nobody, nobody).p == 1
    assert np.isnan(tests.mcnemar(nobody, nobody).statistic)
    for test in (tests.mcnemar_chi_square(nobody, nobody), tests.mcnemar_corrected_chi_square(nobody, nobody)):
        assert test.df == 0
        assert np.isnan([test.statistic, test.p]).all()


@given(square_tables)
def test_bowker_passes_over_pairs_of_empty_cells(table):
    n = len(table)
    kept = [(i, j) for i in range(n) for j in range(i) if table[i, j] + table[j, i]]
    assume(kept)
    statistic = float(sum(Fraction(int(table[i, j] - table[j, i]) ** 2, int(table[i, j] + table[j, i])) for i, j in kept))

    found = tests.bowker(table)

    assert (float(found.statistic), int(found.df)) == (pytest.approx(statistic, abs=1e-12), len(kept))
    assert found.p == pytest.approx(scipy.stats.chi2.sf(statistic, len(kept)), abs=1e-12)


@given(full_tables)
def test_tests_of_full_tables_are_those_of_statsmodels(table):
    theirs = SquareTable(table, shift_zeros=False)
    expected = {
        tests.bowker: theirs.symmetry(),
        tests.stuart_maxwell: theirs.homogeneity(),
        tests.bhapkar: theirs.homogeneity("bhapkar"),
    }

    for test, result in expected.items():
        found = test(table)
        assert float(found.statistic) == pytest.approx(result.statistic, rel=1e-9, abs=1e-9), test.__name__
        assert (float(found.p), int(found.df)) == (pytest.approx(result.pvalue, abs=1e-9), result.df), test.__name__


@given(square_tables)
def test_equal_margins_are_tested_with_the_generalised_inverse(table):
    covariance = np.diag(table.sum(axis=0) + table.sum(axis=1)) - table - table.T
    difference = table.sum(axis=1) - table.sum(axis=0)
    rank = np.linalg.matrix_rank(covariance)
    assume(rank)

    found = tests.stuart_maxwell(table)

    assert found.df == rank
    assert found.statistic == pytest.approx(difference @ np.linalg.pinv(covariance) @ difference, abs=1e-8)


@given(square_tables)
def test_bhapkar_uses_the_covariance_under_the_alternative(table):
    difference, n = table.sum(axis=1) - table.sum(axis=0), table.sum()
    assume(n)
    under_null = np.diag(table.sum(axis=0) + table.sum(axis=1)) - table - table.T
    covariance = under_null - np.outer(difference, difference) / n
    assume(under_null.any())
    assume(np.linalg.matrix_rank(covariance) == np.linalg.matrix_rank(under_null))

    found = tests.bhapkar(table)

    assert found.statistic == pytest.approx(difference @ np.linalg.pinv(covariance) @ difference, rel=1e-6, abs=1e-8)


@given(full_tables, st.integers(0, 9))
def test_a_zone_that_nobody_entered_or_left_changes_no_test_of_margins(table, n_staying):
    wider = np.zeros((len(table) + 1,) * 2, dtype=np.int64)
    wider[:-1, :-1] = table
    wider[-1, -1] = n_staying

    assert tests.stuart_maxwell(wider).statistic == pytest.approx(float(tests.stuart_maxwell(table).statistic), abs=1e-9)
    assert tests.stuart_maxwell(wider).df == tests.stuart_maxwell(table).df == len(table) - 1
    assert tests.bowker(wider).statistic == pytest.approx(float(tests.bowker(table).statistic), abs=1e-9)


def test_two_pairs_of_zones_with_moves_only_inside_each_add_up():
    # McNemar's (8 - 2)² / 10 and (5 - 1)² / 6, of two degrees of freedom together.
    table = np.array([[3, 8, 0, 0], [2, 4, 0, 0], [0, 0, 5, 5], [0, 0, 1, 2]])

    found = tests.stuart_maxwell(table)

    assert found.statistic == pytest.approx(36 / 10 + 16 / 6)
    assert found.df == 2


@pytest.mark.parametrize("order", [[0, 1, 2, 3], [0, 3, 1, 2]])
def test_zones_linked_through_others_are_one_set(order):
    chain = np.array([[3, 4, 0, 0], [1, 3, 5, 0], [0, 2, 3, 6], [0, 0, 2, 3]])

    found = tests.stuart_maxwell(chain[np.ix_(order, order)])

    assert found.df == 3
    assert found.statistic == pytest.approx(9 / 5 + 9 / 7 + 16 / 8)  # a chain's moves are independent


@given(unchanged)
def test_without_a_move_there_is_nothing_to_test(table):
    for test in (tests.bowker, tests.stuart_maxwell, tests.bhapkar):
        found = test(table)
        assert found.df == 0, test.__name__
        assert np.isnan([found.statistic, found.p]).all(), test.__name__


def test_everybody_moving_one_way_leaves_bhapkar_undefined():
    table = np.array([[0, 4, 0], [0, 0, 3], [0, 0, 0]])

    assert tests.stuart_maxwell(table).statistic == pytest.approx(7)
    assert np.isnan([tests.bhapkar(table).statistic, tests.bhapkar(table).p]).all()
    assert tests.bhapkar(table).df == 0


def assert_independence(found, table):
    occurring = table[table.any(axis=1)][:, table.any(axis=0)]
    if min(occurring.shape) < 2:
        assert found.df == 0
        assert np.isnan([found.statistic, found.p]).all()
    else:
        theirs = scipy.stats.chi2_contingency(occurring, correction=False)
        assert float(found.statistic) == pytest.approx(theirs.statistic, abs=1e-10)
        assert (float(found.p), int(found.df)) == (pytest.approx(theirs.pvalue, abs=1e-12), theirs.dof)


@given(st.integers(2, 4).flatmap(lambda n: tables(n, n, most=12)))
def test_chaffin_and_talley_is_scipys_chi_square_of_the_zones_that_occur(table):
    assert_independence(tests.chaffin_talley(table), table)


@given(tables(2, 9))
def test_dajani_is_scipys_chi_square_of_round_by_response(rounds):
    assert_independence(tests.dajani(*rounds), rounds)


def test_a_round_without_anybody_is_neither_independent_nor_the_same():
    nobody, somebody = np.array([0, 0, 0]), np.array([2, 0, 3])

    for test in (tests.dajani(nobody, somebody), tests.dajani(nobody, nobody), tests.chaffin_talley(np.zeros((3, 3), dtype=int))):
        assert test.df == 0
        assert np.isnan([test.statistic, test.p]).all()


@given(st.lists(tables(4, 4), min_size=6, max_size=6))
def test_many_tables_at_once_are_tested_like_each_alone(each):
    stacked = np.array(each).reshape(2, 3, 4, 4)
    by_table = (tests.bowker, tests.stuart_maxwell, tests.bhapkar, tests.chaffin_talley)
    counted = (tests.wilcoxon, lambda table: tests.dajani(table[..., 0, :], table[..., 1, :]))

    for test in (*by_table, lambda table: counted[0](tests.difference_counts(table)), counted[1]):
        together, alone = test(stacked), [test(table) for table in each]
        for field in vars(together):
            expected = np.reshape([getattr(one, field) for one in alone], (2, 3))
            np.testing.assert_allclose(getattr(together, field), expected, rtol=1e-12, atol=1e-12)


def test_large_panels_do_not_overflow():
    counts = [200_000 * n for n in (0, 3, 1, 4, 2, 5, 1)]  # of -3 … 3
    before, signed, squares = 0, 0, 0
    for size in (1, 2, 3):
        falls, rises = counts[3 - size], counts[3 + size]
        doubled_rank = 2 * before + falls + rises + 1
        before += falls + rises
        signed += (rises - falls) * doubled_rank
        squares += (rises + falls) * doubled_rank**2
    z_squared = Fraction(signed**2, squares)
    table = np.array([[3, 4], [1, 5]])

    assert float(tests.wilcoxon(np.array(counts)).z) ** 2 == pytest.approx(float(z_squared), rel=1e-12)
    for test in (tests.chaffin_talley, tests.bowker, tests.stuart_maxwell):
        assert test(200_000 * table).statistic == pytest.approx(200_000 * float(test(table).statistic), rel=1e-9), test.__name__
