"""Counting ballots: every answer once, in the right group, whichever way it is counted."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from delphi.statistics import NOT_ANSWERED, NOT_ASKED, UNABLE, RatingsError, count_ballots
from delphi.statistics.counts import (
    _tally_by_bincount,
    _tally_by_comparison,
    has_answered,
    rated_everything,
    rows_by_group,
    taken,
)

CODES = [NOT_ANSWERED, 1, 2, 3, UNABLE, NOT_ASKED]


@st.composite
def small_panels(draw):
    n_panelists, n_slots = draw(st.integers(0, 12)), draw(st.integers(1, 5))
    ballots = draw(arrays.arrays(np.uint8, (n_panelists, n_slots), elements=st.sampled_from(CODES)))
    groups = draw(arrays.arrays(np.int64, n_panelists, elements=st.integers(-1, 2)))
    return ballots, groups


@given(small_panels())
def test_counts_are_those_of_looking_at_every_answer(panel):
    ballots, groups = panel

    counts = count_ballots(ballots, groups, 3, 3)

    for slot in range(ballots.shape[1]):
        for group in range(4):
            answers = [
                code for code, own in zip(ballots[:, slot].tolist(), groups.tolist(), strict=True) if group in (0, own + 1)
            ]
            assert counts.levels[slot, group].tolist() == [answers.count(level) for level in (1, 2, 3)]
            assert counts.unable[slot, group] == answers.count(UNABLE)
            assert counts.missing[slot, group] == answers.count(NOT_ANSWERED)
            assert counts.answered[slot, group] == counts.rated[slot, group] + counts.unable[slot, group]


@given(small_panels())
def test_both_ways_of_counting_agree(panel):
    ballots, groups = panel

    assert np.array_equal(_tally_by_comparison(ballots, groups, 3, 3), _tally_by_bincount(ballots, groups, 3, 3))


@given(small_panels())
def test_a_panel_that_rated_everything_is_counted_like_any_other(panel):
    ballots, groups = panel
    ballots = np.where(np.isin(ballots, [1, 2]), ballots, 3).astype(np.uint8)

    assert np.array_equal(_tally_by_comparison(ballots, groups, 3, 3), _tally_by_bincount(ballots, groups, 3, 3))


@given(small_panels(), st.integers(1, 4))
def test_everybody_has_one_turn_in_the_own_group(panel, n_rows):
    ballots, groups = panel

    turns = [(group, taken(ballots, rows)) for group, rows in rows_by_group(groups, 3, n_rows)]

    assert all(1 <= len(block) <= n_rows for _, block in turns)
    for group in range(4):
        seen = [row for own, block in turns if own == group for row in block.tolist()]
        assert sorted(seen) == sorted(ballots[groups == group - 1].tolist())


@given(small_panels())
def test_who_rated_everything_gave_a_level_in_every_slot(panel):
    ballots, _ = panel

    assert rated_everything(ballots, 3).tolist() == [all(1 <= code <= 3 for code in row) for row in ballots.tolist()]


def test_a_large_panel_is_counted_like_a_small_one():
    random = np.random.default_rng(7)
    ballots = random.choice(np.array([*CODES, 9], dtype=np.uint8), (2_111, 83))
    groups = random.integers(-1, 3, 2_111)

    counts = count_ballots(ballots, groups, 3, 9)

    assert counts.levels[5, 0, 8] == (ballots[:, 5] == 9).sum()
    assert counts.levels[82, 2, 1] == ((ballots[:, 82] == 2) & (groups == 1)).sum()
    assert counts.missing.sum() == (ballots == NOT_ANSWERED).sum() + ((ballots == NOT_ANSWERED) & (groups[:, None] >= 0)).sum()


def test_more_people_of_one_mind_than_a_byte_can_count_are_counted():
    counts = count_ballots(np.full((700, 4_100), 2, dtype=np.uint8), np.zeros(700, dtype=np.int64), 1, 3)

    assert (counts.levels == [0, 700, 0]).all()


@pytest.mark.parametrize("n_panelists", [3, 90_000])
def test_a_code_that_is_no_level_is_refused(n_panelists):
    ballots = np.full((n_panelists, 2), 4, dtype=np.uint8)

    with pytest.raises(RatingsError, match="not a level of a scale with 3 levels"):
        count_ballots(ballots, np.zeros(n_panelists, dtype=np.int64), 1, 3)


@pytest.mark.parametrize(("groups", "said"), [([0, 0, 0], "groups of 3 panelists"), ([0, 2], "outside"), ([-2, 0], "outside")])
def test_groups_that_do_not_fit_are_refused(groups, said):
    with pytest.raises(RatingsError, match=said):
        count_ballots(np.ones((2, 1), dtype=np.uint8), np.array(groups), 2, 3)


def test_group_codes_that_are_no_whole_numbers_are_refused():
    with pytest.raises(RatingsError, match="whole numbers"):
        count_ballots(np.ones((2, 1), dtype=np.uint8), np.array([0.0, 1.0]), 2, 3)


def test_a_matrix_of_other_than_bytes_is_refused():
    with pytest.raises(RatingsError, match="matrix of bytes"):
        count_ballots(np.ones((2, 1)), np.zeros(2, dtype=np.int64), 1, 3)


def test_only_levels_and_unable_are_answers():
    ballots = np.array([[0, 254], [0, 255], [1, 0], [254, 254]], dtype=np.uint8)

    assert has_answered(ballots).tolist() == [False, True, True, False]
