"""One pass over two rounds: what it counts is what looking at every pair of answers finds, and ranks are SciPy's."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from scipy.stats import rankdata

from delphi.statistics import NOT_ANSWERED, NOT_ASKED, UNABLE, RatingsError, count_ballots
from delphi.statistics import counts as counting
from delphi.statistics import scan as scanning
from delphi.statistics.concordance import rank_sums
from delphi.statistics.scan import scan_ranks, scan_rounds

OTHERS = [NOT_ANSWERED, UNABLE, NOT_ASKED]


@st.composite
def two_rounds(draw, others=True):
    n_levels = draw(st.sampled_from([2, 3, 9, 20, 40]))
    shape = draw(st.integers(0, 9)), draw(st.integers(1, 11))
    codes = st.integers(1, n_levels) | (st.sampled_from(OTHERS) if others else st.nothing())
    previous, current = (draw(arrays.arrays(np.uint8, shape, elements=codes)) for _ in range(2))
    groups = draw(arrays.arrays(np.int64, shape[0], elements=st.integers(-1, 2)))
    return previous, current, groups, n_levels


@given(two_rounds())
def test_counts_are_those_of_the_current_round(rounds):
    previous, current, groups, n_levels = rounds

    found, expected = scan_rounds(previous, current, groups, 3, n_levels).counts, count_ballots(current, groups, 3, n_levels)

    for name in ("levels", "unable", "missing"):
        assert np.array_equal(getattr(found, name), getattr(expected, name))


@given(two_rounds())
def test_joint_tables_count_the_pairs_of_ratings(rounds):
    previous, current, groups, n_levels = rounds

    joint = scan_rounds(previous, current, groups, 3, n_levels).joint

    for slot in range(current.shape[1]):
        for group in range(4):
            expected = np.zeros((n_levels, n_levels), dtype=int)
            for before, now, own in zip(previous[:, slot].tolist(), current[:, slot].tolist(), groups.tolist(), strict=True):
                if group in (0, own + 1) and 1 <= before <= n_levels and 1 <= now <= n_levels:
                    expected[before - 1, now - 1] += 1
            assert np.array_equal(joint[slot, group], expected)


@given(two_rounds())
def test_ranks_are_those_of_whoever_rated_all_that_anybody_rated(rounds):
    previous, current, groups, n_levels = rounds

    sums = scan_rounds(previous, current, groups, 3, n_levels).ranks

    is_level = (current >= 1) & (current <= n_levels)
    slots = is_level.any(axis=0)
    complete = is_level[:, slots].all(axis=1) & slots.any()
    assert sums.n_raters.tolist() == [(complete & (groups == group - 1)).sum() if group else complete.sum() for group in range(4)]
    if not complete.any():
        assert not sums.totals.any()
        return
    ranks = np.array([rankdata(row) for row in current[complete][:, slots]])
    for group in range(4):
        own = groups[complete] == group - 1 if group else np.ones(complete.sum(), dtype=bool)
        assert sums.totals[group].tolist() == (2 * ranks[own]).sum(axis=0).tolist()
        given_by = [np.unique(row, return_counts=True)[1] for row in current[complete][own][:, slots]]
        assert sums.ties[group] == sum((n**3 - n).sum() for n in given_by)


@given(two_rounds(others=False))
def test_both_walks_over_the_raters_agree(rounds):
    _, current, groups, n_levels = rounds

    fast, plain = (
        scan_ranks(current, groups, count_ballots(current, groups, 3, n_levels)),
        rank_sums(current, groups, 3, n_levels),
    )

    assert fast.n_items == plain.n_items
    for name in ("n_raters", "totals", "ties"):
        assert np.array_equal(getattr(fast, name), getattr(plain, name))


@pytest.mark.parametrize(("n_raters", "n_items", "n_levels"), [(700, 2_300, 9), (1_500, 60, 9), (90, 33, 120)])
def test_what_takes_many_blocks_and_words_is_the_same(n_raters, n_items, n_levels):
    random = np.random.default_rng(11)
    current, previous = random.integers(1, n_levels + 1, (2, n_raters, n_items), dtype=np.uint8)
    groups = random.integers(-1, 3, n_raters)

    found, plain = scan_rounds(previous, current, groups, 3, n_levels), rank_sums(current, groups, 3, n_levels)

    assert np.array_equal(found.ranks.totals, plain.totals)
    assert np.array_equal(found.ranks.ties, plain.ties)
    assert found.joint.sum() == n_raters * n_items + (groups >= 0).sum() * n_items
    assert found.joint[7, 0, 1, 0] == ((previous[:, 7] == 2) & (current[:, 7] == 1)).sum()


@given(two_rounds(), st.integers(1, 40))
def test_the_size_of_the_blocks_changes_nothing(rounds, cells):
    previous, current, groups, n_levels = rounds
    usual = scan_rounds(previous, current, groups, 3, n_levels)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(scanning, "_BLOCK_CELLS", cells)
        patch.setattr(scanning, "_TABLE_CELLS", cells)
        small = scan_rounds(previous, current, groups, 3, n_levels)

    assert np.array_equal(small.joint, usual.joint)
    assert np.array_equal(small.ranks.totals, usual.ranks.totals)


@given(two_rounds(), st.integers(1, 40))
def test_dealing_the_blocks_out_to_threads_changes_nothing(rounds, cells):
    previous, current, groups, n_levels = rounds
    usual, counted = scan_rounds(previous, current, groups, 3, n_levels), count_ballots(current, groups, 3, n_levels)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(scanning, "_BLOCK_CELLS", cells)
        for name, value in (("_CELLS_FOR_THREADS", 0), ("_CELLS_FOR_COMPARISON", 0), ("_ROW_BYTES", 1), ("_MOST_IN_A_BYTE", 2)):
            patch.setattr(counting, name, value)
        patch.setattr(counting.os, "cpu_count", lambda: 3)
        dealt, again = scan_rounds(previous, current, groups, 3, n_levels), count_ballots(current, groups, 3, n_levels)

    for one, other in ((dealt.counts, usual.counts), (again, counted)):
        assert np.array_equal(one.levels, other.levels)
        assert np.array_equal(one.unable, other.unable)
        assert np.array_equal(one.missing, other.missing)
    assert np.array_equal(dealt.joint, usual.joint)
    assert np.array_equal(dealt.ranks.totals, usual.ranks.totals)
    assert np.array_equal(dealt.ranks.ties, usual.ranks.ties)
    assert np.array_equal(dealt.ranks.n_raters, usual.ranks.n_raters)


@pytest.mark.parametrize("wrong", [0, 1])
@pytest.mark.parametrize("code", [4, 9, 253])
def test_a_code_that_is_no_level_is_refused(wrong, code):
    rounds = np.ones((2, 5, 3), dtype=np.uint8)
    rounds[wrong, 2, 1] = code

    with pytest.raises(RatingsError, match="not a level of a scale with 3 levels"):
        scan_rounds(*rounds, np.zeros(5, dtype=np.int64), 1, 3)


def test_rounds_of_other_people_or_items_are_refused():
    with pytest.raises(RatingsError, match="one shape"):
        scan_rounds(np.ones((2, 3), np.uint8), np.ones((2, 4), np.uint8), np.zeros(2, dtype=np.int64), 1, 3)
