"""Who stayed and who left, against plain lists, and the tests between them against SciPy."""

import statistics
import warnings
from collections import Counter
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from delphi.statistics import Scale
from delphi.statistics.attrition import (
    attrition_bias,
    item_attrition,
    retention,
    worst_case_bounds,
)
from delphi.statistics.errors import RatingsError
from tests.statistics.conftest import ONE_TO_NINE, counts_of

SCALE = Scale(0, 4)
codes = st.sampled_from([0, 1, 2, 3, 4, 5, 254, 255])
people = st.lists(
    st.tuples(
        st.lists(codes, min_size=4, max_size=4), st.lists(codes, min_size=3, max_size=3), st.integers(-1, 1), st.booleans()
    ),
    min_size=1,
    max_size=40,
)


def arrays(panel):
    previous, current, groups, invited = zip(*panel, strict=True)
    return (
        np.array(previous, dtype=np.uint8),
        np.array(current, dtype=np.uint8),
        np.array(groups),
        np.array(invited),
    )


def n_answered(ballot):
    return sum(code not in (0, 254) for code in ballot)


def two_rounds(stayed, left):
    """Return ballots of people who gave these ratings; those who left are absent from the second round."""
    width = max(map(len, stayed + left))
    previous = np.array([[*ratings, *[0] * (width - len(ratings))] for ratings in stayed + left], dtype=np.uint8)
    current = np.array([[5]] * len(stayed) + [[0]] * len(left), dtype=np.uint8)
    return previous, current


@given(people)
def test_everybody_is_counted_where_a_plain_list_counts_them(panel):
    previous, current, groups, invited = arrays(panel)

    found = retention(previous, current, groups, 2, invited)

    for index in range(3):
        members = [row for row in panel if index == 0 or row[2] == index - 1]
        tally = Counter()
        for before, now, _, was_invited in members:
            was_there, is_there = n_answered(before) > 0, n_answered(now) > 0
            asked = sum(code != 254 for code in now)
            tally["invited"] += was_invited
            tally["eligible"] += asked > 0
            tally["started"] += is_there
            tally["completed"] += is_there and Fraction(n_answered(now), asked) >= Fraction(80, 100)
            tally["stayed"] += was_there and is_there
            tally["left"] += was_there and not is_there
            tally["joined"] += is_there and not was_there
        for name in ("invited", "eligible", "started", "completed", "stayed", "left", "joined"):
            assert getattr(found, name)[index] == tally[name], name


def test_each_rate_has_its_own_base():
    # Of 6: two stay (one answers 1 of 3), one leaves, one joins, one is asked nothing, one was never there.
    previous = np.array([[1], [2], [3], [0], [0], [0]], dtype=np.uint8)
    current = np.array([[1, 1, 255], [2, 0, 0], [0, 0, 0], [3, 3, 3], [254, 254, 254], [0, 0, 0]], dtype=np.uint8)
    groups = np.zeros(6, dtype=np.int64)

    found = retention(previous, current, groups, 2)

    assert found.percent_of_invited.tolist() == pytest.approx([50, 50, np.nan], nan_ok=True)
    assert found.percent_of_eligible[0] == 60
    assert found.percent_stayed[0] == pytest.approx(200 / 3)
    assert found.percent_completed[0] == pytest.approx(200 / 3)


def test_late_joiners_are_kept_apart():
    # Unisanté: 23, then 21, but 18 in both: 5 lost, 3 joined.
    previous = np.array([[7]] * 23 + [[0]] * 3, dtype=np.uint8)
    current = np.array([[7]] * 18 + [[0]] * 5 + [[7]] * 3, dtype=np.uint8)

    found = retention(previous, current, np.full(26, -1), 0)

    assert (found.started[0], found.stayed[0], found.left[0], found.joined[0]) == (21, 18, 5, 3)
    assert found.percent_stayed[0] == pytest.approx(100 * 18 / 23)


@pytest.mark.parametrize(("answered", "completed"), [(3, 0), (4, 1)])
def test_a_round_is_completed_from_four_fifths_of_what_was_asked(answered, completed):
    current = np.array([[5] * answered + [0] * (5 - answered) + [254]], dtype=np.uint8)

    assert retention(current, current, np.array([0]), 1).completed[0] == completed


def test_rounds_of_different_people_are_refused():
    one, two = np.ones((1, 3), dtype=np.uint8), np.ones((2, 3), dtype=np.uint8)

    for compare in (
        lambda: retention(one, two, np.array([0]), 1),
        lambda: attrition_bias(two, two, np.array([0]), 1, ONE_TO_NINE),
        lambda: item_attrition(two, one, np.array([0, 0]), 1, (7, 9), ONE_TO_NINE),
    ):
        with pytest.raises(RatingsError, match="person by person"):
            compare()


def personal_means(ratings):
    return [statistics.fmean(one) for one in ratings]


ratings_of_people = st.lists(st.lists(st.integers(1, 9), min_size=1, max_size=6), min_size=5, max_size=30)


@given(ratings_of_people, ratings_of_people)
def test_the_tests_between_those_who_stayed_and_left_are_scipys(stayed, left):
    previous, current = two_rounds(stayed, left)
    first, second = personal_means(stayed), personal_means(left)

    found = attrition_bias(previous, current, np.full(len(previous), -1), 0, ONE_TO_NINE)

    assert (found.n_stayed[0], found.n_left[0]) == (len(stayed), len(left))
    assert found.mean_stayed[0] == pytest.approx(statistics.fmean(first), abs=1e-12)
    assert found.mean_left[0] == pytest.approx(statistics.fmean(second), abs=1e-12)
    if len(set(first)) > 1 or len(set(second)) > 1:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            welch = stats.ttest_ind(first, second, equal_var=False)
        assert (found.t[0], found.df[0], found.p[0]) == pytest.approx(
            (welch.statistic, welch.df, welch.pvalue), rel=1e-9, abs=1e-12
        )
    else:
        assert np.isnan([found.t[0], found.df[0], found.p[0]]).all()
    if len(set(first + second)) > 1:
        ranks = stats.mannwhitneyu(first, second, method="asymptotic", use_continuity=False)
        assert found.mann_whitney_p[0] == pytest.approx(ranks.pvalue, abs=1e-12)
    else:
        assert np.isnan(found.mann_whitney_p[0])


def test_means_and_spread_of_a_published_comparison_give_its_test():
    # 8.00 (n = 18) against 8.14 (n = 5), t -.293, p .777: ten ratings a person, chosen to give the published means and errors.
    stayed = [[mean] * 10 for mean in [9] * 8 + [8] * 5 + [7] * 3 + [6, 5]]
    left = [[total // 10] * (10 - total % 10) + [total // 10 + 1] * (total % 10) for total in (66, 84, 85, 85, 87)]
    previous, current = two_rounds(stayed, left)

    found = attrition_bias(previous, current, np.full(23, -1), 0, ONE_TO_NINE)

    assert (found.n_stayed[0], found.n_left[0]) == (18, 5)
    assert (found.mean_stayed[0], found.mean_left[0]) == (8, pytest.approx(8.14))
    assert (round(found.t[0], 3), round(found.p[0], 3)) == (-0.293, 0.777)


def test_equal_means_have_no_spread_however_they_round():
    # No mean of a number of thirds and sevenths is exact; their mean may differ from each of them in the last digit.
    for n in range(5, 60):
        stayed, left = [[2, 1, 1, 1, 1, 1, 1]] * n, [[2, 1, 1]] * n
        previous, current = two_rounds(stayed, left)

        found = attrition_bias(previous, current, np.full(2 * n, -1), 0, ONE_TO_NINE)

        assert np.isnan([found.t[0], found.df[0], found.p[0]]).all()
        assert found.mann_whitney_p[0] < 0.01


@pytest.mark.parametrize(("n_stayed", "n_left"), [(4, 9), (9, 4)])
def test_fewer_than_five_on_a_side_are_not_tested(n_stayed, n_left):
    stayed = [[1 + i % 3] for i in range(n_stayed)]
    left = [[2 + i % 4] for i in range(n_left)]
    previous, current = two_rounds(stayed, left)

    found = attrition_bias(previous, current, np.zeros(n_stayed + n_left, dtype=int), 1, ONE_TO_NINE)

    assert np.isnan([found.t, found.df, found.p, found.mann_whitney_p]).all()
    assert found.mean_stayed[1] == pytest.approx(statistics.fmean(personal_means(stayed)))
    assert found.mean_left[1] == pytest.approx(statistics.fmean(personal_means(left)))


def test_where_nobody_left_there_is_nothing_to_compare():
    previous = np.array([[5], [7]], dtype=np.uint8)

    found = attrition_bias(previous, previous, np.array([0, -1]), 2, ONE_TO_NINE)

    assert found.mean_stayed.tolist() == pytest.approx([6, 5, np.nan], nan_ok=True)
    assert np.isnan(found.mean_left).all()
    assert found.n_left.tolist() == [0, 0, 0]


@given(people)
def test_groups_and_scales_are_those_of_a_plain_list(panel):
    previous, current, groups, _ = arrays(panel)

    found = attrition_bias(previous, current, groups, 2, SCALE)

    for index in range(3):
        for stayed, n, mean in ((True, found.n_stayed, found.mean_stayed), (False, found.n_left, found.mean_left)):
            ratings = [
                [code - 1 for code in before if 1 <= code <= 5]
                for before, now, group, _ in panel
                if (index == 0 or group == index - 1) and (n_answered(now) > 0) is stayed
            ]
            means = [Fraction(sum(one), len(one)) for one in ratings if one]
            assert n[index] == len(means)
            assert mean[index] == pytest.approx(float(statistics.mean(means)) if means else np.nan, abs=1e-12, nan_ok=True)


def test_the_order_of_people_does_not_change_a_bit():
    generator = np.random.default_rng(8)
    previous = generator.integers(0, 10, (3_000, 37)).astype(np.uint8)
    current = (generator.random((3_000, 1)) < 0.8).astype(np.uint8)
    groups = generator.integers(-1, 3, 3_000)
    shuffled = generator.permutation(3_000)

    first = attrition_bias(previous, current, groups, 3, ONE_TO_NINE)
    second = attrition_bias(previous[shuffled], current[shuffled], groups[shuffled], 3, ONE_TO_NINE)

    for name in ("mean_stayed", "mean_left", "t", "df", "p", "mann_whitney_p"):
        assert getattr(first, name).tobytes() == getattr(second, name).tobytes(), name
        assert not np.isnan(getattr(first, name)).any()


@given(people)
def test_items_are_counted_apart_for_those_who_stayed_and_left(panel):
    previous, current, groups, _ = arrays(panel)

    found = item_attrition(previous, current, groups, 2, (3, 4), SCALE)

    for index in range(3):
        for slot in range(4):
            for stayed, n, share in (
                (True, found.rated_stayed, found.percent_stayed),
                (False, found.rated_left, found.percent_left),
            ):
                ratings = [
                    before[slot] - 1
                    for before, now, group, _ in panel
                    if (index == 0 or group == index - 1) and (n_answered(now) > 0) is stayed and 1 <= before[slot] <= 5
                ]
                assert n[slot, index] == len(ratings)
                expected = 100 * sum(rating >= 3 for rating in ratings) / len(ratings) if ratings else np.nan
                assert share[slot, index] == pytest.approx(expected, nan_ok=True)


def test_the_worst_case_adds_those_who_left_to_either_side():
    # 7 of 10 in the zone, 2 left: 7/12 to 9/12.
    counts = np.stack(
        [counts_of([9] * 7 + [1] * 3), counts_of([9] * 7 + [1] * 3), np.zeros(9, dtype=int), np.zeros(9, dtype=int)]
    )

    bounds = worst_case_bounds(counts, np.array([2, 0, 3, 0]), (7, 9), ONE_TO_NINE)

    assert bounds.lower.tolist() == pytest.approx([700 / 12, 70, 0, np.nan], nan_ok=True)
    assert bounds.upper.tolist() == pytest.approx([75, 70, 100, np.nan], nan_ok=True)
