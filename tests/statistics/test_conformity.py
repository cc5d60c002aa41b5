"""Movement toward what was fed back, and distance from the others, against plain lists and fractions."""

import statistics
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from delphi.statistics import Scale
from delphi.statistics.conformity import conformity, outlier_stance
from tests.statistics.conftest import ONE_TO_NINE

SCALE = Scale(-1, 3)
pairs = st.lists(st.tuples(st.integers(-1, 3), st.integers(-1, 3)), max_size=30)
half_levels = st.integers(-2, 6).map(lambda twice: twice / 2)


def joint_of(some_pairs, scale=SCALE):
    joint = np.zeros((scale.n_levels, scale.n_levels), dtype=np.int64)
    for before, now in some_pairs:
        joint[before - scale.low, now - scale.low] += 1
    return joint


@given(st.lists(st.tuples(pairs, half_levels | st.just(float("nan"))), min_size=1, max_size=6))
def test_movement_is_that_of_the_pairs_themselves(slots):
    joint = np.stack([joint_of(some_pairs) for some_pairs, _ in slots])

    found = conformity(joint, np.array([median for _, median in slots]), SCALE)

    for index, (some_pairs, median) in enumerate(slots):
        apart = [(before, now) for before, now in some_pairs if before != median and median == median]
        change = [abs(now - median) - abs(before - median) for before, now in apart]
        shares = [Fraction(now - before) / Fraction(median - before) for before, now in apart]
        assert found.n_apart[index] == len(apart)
        assert found.toward[index] == sum(by < 0 for by in change)
        assert found.away[index] == sum(by > 0 for by in change)
        assert found.unchanged[index] == sum(by == 0 for by in change)
        expected = float(statistics.median(shares)) if shares else np.nan
        assert found.shift_share[index] == pytest.approx(expected, abs=1e-12, nan_ok=True)


def test_a_rating_that_crosses_the_median_is_as_far_as_before():
    found = conformity(joint_of([(0, 2)]), np.array(1.0), SCALE)

    assert (found.n_apart, found.toward, found.away, found.unchanged) == (1, 0, 0, 1)
    assert found.shift_share == 2


def test_who_rated_the_median_is_not_asked_whether_he_conforms():
    found = conformity(joint_of([(1, 3), (1, 1)]), np.array(1.0), SCALE)

    assert found.n_apart == 0
    assert np.isnan(found.shift_share)


def test_what_was_not_fed_back_cannot_be_followed():
    found = conformity(joint_of([(0, 1)]), np.array(np.nan), SCALE)

    assert (found.n_apart, found.toward, found.unchanged) == (0, 0, 0)
    assert np.isnan(found.shift_share)


def test_shapes_are_kept_and_one_median_serves_all_groups():
    joint = np.random.default_rng(2).integers(0, 4, (6, 3, 9, 9))
    medians = np.array([5, 6.5, 7, 7, np.nan, 2])

    found = conformity(joint, medians[:, None], ONE_TO_NINE)

    assert found.toward.shape == found.shift_share.shape == (6, 3)
    alone = conformity(joint[1, 2], np.array(6.5), ONE_TO_NINE)
    assert (found.toward[1, 2], found.shift_share[1, 2]) == (alone.toward, alone.shift_share)


def naive_stances(ballots, n_levels):
    """Return each person's mean distance from the median of the others as a fraction, None without any."""
    stances = []
    for person, ballot in enumerate(ballots):
        distances = []
        for slot, code in enumerate(ballot):
            others = [other[slot] for at, other in enumerate(ballots) if at != person and 1 <= other[slot] <= n_levels]
            if 1 <= code <= n_levels and others:
                distances.append(abs(code - statistics.median(map(Fraction, others))))
        stances.append(Fraction(sum(distances), len(distances)) if distances else None)
    return stances


def naive_fence(stances):
    ordered = sorted(stances)

    def quartile(share):
        position = (len(ordered) - 1) * share
        lower = int(position)
        upper = min(lower + 1, len(ordered) - 1)
        return ordered[lower] + (position - lower) * (ordered[upper] - ordered[lower])

    first, third = quartile(Fraction(1, 4)), quartile(Fraction(3, 4))
    return third + Fraction(3, 2) * (third - first)


@given(st.lists(st.lists(st.sampled_from([0, 1, 2, 3, 4, 5, 254, 255]), min_size=3, max_size=3), min_size=1, max_size=20))
def test_a_stance_is_the_distance_from_the_median_of_the_others(ballots):
    expected = naive_stances(ballots, 5)

    found = outlier_stance(np.array(ballots, dtype=np.uint8), 5)

    defined = [stance for stance in expected if stance is not None]
    assert found.distance.tolist() == pytest.approx([np.nan if one is None else float(one) for one in expected], nan_ok=True)
    if defined:
        fence = naive_fence(defined)
        assert found.fence == pytest.approx(float(fence))
        assert found.is_outlying.tolist() == [one is not None and one > fence for one in expected]
    else:
        assert np.isnan(found.fence)
        assert not found.is_outlying.any()


def test_one_dissenter_is_found():
    ballots = np.array([[7, 8, 7], [8, 8, 7], [7, 7, 8], [8, 8, 8], [7, 8, 8], [1, 2, 1]], dtype=np.uint8)

    found = outlier_stance(ballots, 9)

    assert found.is_outlying.tolist() == [False] * 5 + [True]
    assert found.distance[5] == pytest.approx((6 + 6 + 7) / 3)


def test_a_distance_on_the_fence_is_not_beyond_it():
    # Three slots, distances in thirds: the fence is met exactly by the last person, where rounding could decide.
    generator = np.random.default_rng(4)
    met = 0

    for _ in range(1_000):
        ballots = generator.integers(1, 6, (6, 3))
        stances = naive_stances(ballots.tolist(), 5)
        fence = naive_fence(stances)
        if fence in stances:
            met += 1
            assert not outlier_stance(ballots.astype(np.uint8), 5).is_outlying[stances.index(fence)]

    assert met > 5


def test_the_order_of_people_and_a_larger_panel_change_nothing():
    generator = np.random.default_rng(9)
    ballots = generator.choice(np.array([0, 1, 2, 3, 4, 5, 254, 255], dtype=np.uint8), (2_500, 11))
    shuffled = generator.permutation(len(ballots))

    found, again = outlier_stance(ballots, 5), outlier_stance(ballots[shuffled], 5)

    assert found.distance[shuffled].tobytes() == again.distance.tobytes()
    assert found.fence == again.fence
    medians = [naive_stances(ballots[:40].tolist(), 5)]
    assert outlier_stance(ballots[:40], 5).distance.tolist() == pytest.approx([float(one) for one in medians[0]])
