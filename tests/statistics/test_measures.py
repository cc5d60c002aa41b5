"""All figures of a round at once are those of each function alone, whichever way they are taken."""

from dataclasses import fields

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from delphi.statistics import (
    ONE_TO_NINE,
    Basis,
    Scale,
    Zones,
    count_ballots,
    default_zones,
    describe,
    krippendorff_alpha,
    measure_round,
    measure_rounds,
    median_interval,
)
from delphi.statistics.concordance import kendall_w, rank_sums

BASIS = Basis(ONE_TO_NINE, default_zones(ONE_TO_NINE))
CODES = st.integers(0, 9) | st.sampled_from([254, 255])


@st.composite
def panels(draw):
    shape = draw(st.integers(1, 12)), draw(st.integers(1, 5))
    ballots = [draw(arrays.arrays(np.uint8, shape, elements=CODES)) for _ in range(2)]
    return *ballots, draw(arrays.arrays(np.int64, shape[0], elements=st.integers(-1, 1)))


def assert_same(first, second):
    for each in fields(first):
        ours, theirs = getattr(first, each.name), getattr(second, each.name)
        if isinstance(ours, dict):
            assert ours.keys() == theirs.keys()
            ours, theirs = list(ours.values()), list(theirs.values())
        for one, other in zip(*([value] if not isinstance(value, list) else value for value in (ours, theirs)), strict=True):
            if hasattr(one, "__dataclass_fields__"):
                assert_same(one, other)
            else:
                np.testing.assert_array_equal(one, other, err_msg=each.name)


@given(panels())
def test_a_round_measured_alone_or_with_the_one_before_has_the_same_figures(panel):
    previous, current, groups = panel

    together, _ = measure_rounds(previous, current, groups, 2, BASIS)

    assert_same(measure_round(current, groups, 2, BASIS), together)


@given(panels(), st.randoms())
def test_the_order_of_people_changes_no_bit(panel, random):
    order = list(range(len(panel[0])))
    random.shuffle(order)

    usual, shuffled = (measure_rounds(*(part[rows] for part in panel), 2, BASIS) for rows in (slice(None), order))

    for one, other in zip(usual, shuffled, strict=True):
        assert_same(one, other)


def test_the_figures_are_those_of_each_function_alone():
    random = np.random.default_rng(3)
    ballots, groups = random.integers(1, 10, (30, 6), dtype=np.uint8), random.integers(-1, 2, 30)

    figures = measure_round(ballots, groups, 2, BASIS)

    levels = count_ballots(ballots, groups, 2, 9).levels
    np.testing.assert_array_equal(figures.description.iqr, describe(levels, ONE_TO_NINE).iqr)
    np.testing.assert_array_equal(figures.median_interval.lower, median_interval(levels, ONE_TO_NINE).lower)
    np.testing.assert_array_equal(figures.kendall.w, kendall_w(rank_sums(ballots, groups, 2, 9)).w)
    assert figures.alpha["ordinal"] == pytest.approx(krippendorff_alpha(levels.swapaxes(0, 1), "ordinal"))
    assert figures.percents["high"][2, 0] == pytest.approx(100 * (ballots[:, 2] >= 7).mean())


def test_percentages_may_be_of_the_answered_and_quartiles_of_another_type():
    basis = Basis(ONE_TO_NINE, BASIS.zones, denominator="answered", quantile_type=6)
    ballots = np.array([[7], [8], [9], [255], [0]], dtype=np.uint8)

    figures = measure_round(ballots, np.full(5, -1), 0, basis)

    assert figures.percents["high"].tolist() == [[75]]
    assert figures.description.q1.tolist() == [[7]]  # h = (3 + 1) / 4 = 1


def test_another_scale_has_no_appropriateness_and_may_have_no_middle():
    basis = Basis(Scale(1, 4), Zones((1, 2), None, (3, 4)))

    figures = measure_round(np.array([[1], [4]], dtype=np.uint8), np.full(2, -1), 0, basis)

    assert figures.ram is None
    assert set(figures.percents) == {"low", "high"}
