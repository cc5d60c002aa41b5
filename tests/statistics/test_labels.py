"""Labels and the majority cut-off, at the borders and against plain fractions."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from delphi.statistics.labels import apmo, consensus_label

some_item = st.tuples(st.integers(0, 30), st.integers(0, 30), st.integers(0, 10)).map(
    lambda votes: (votes[0], votes[1], sum(votes))
)


@pytest.mark.parametrize(
    ("part", "whole", "label"),
    [
        (20, 20, "strong consensus"),
        (96, 100, "strong consensus"),
        (19, 20, "consensus"),
        (76, 100, "consensus"),
        (3, 4, "majority consensus"),
        (51, 100, "majority consensus"),
        (1, 2, "dissent"),
        (0, 7, "dissent"),
        (0, 0, None),
    ],
)
def test_a_share_has_to_exceed_the_border_of_its_label(part, whole, label):
    assert consensus_label(part, whole) == label


@given(st.integers(1, 10**15))
def test_exactly_on_a_border_the_lower_label_holds_however_large_the_panel(twentieths):
    whole = 20 * twentieths

    labels = [consensus_label(percent * whole // 100, whole) for percent in (95, 75, 50)]

    assert labels == ["consensus", "majority consensus", "dissent"]
    assert consensus_label(95 * whole // 100 + 1, whole) == "strong consensus"


@given(st.lists(some_item, min_size=1, max_size=12))
def test_the_majority_cut_off_is_that_of_plain_fractions(items):
    with_opinions = [item for item in items if item[2]]
    agreements = sum(agree for agree, _, n in with_opinions if Fraction(agree, n) > Fraction(1, 2))
    disagreements = sum(disagree for _, disagree, n in with_opinions if Fraction(disagree, n) > Fraction(1, 2))
    total = sum(n for _, _, n in items)

    found = apmo(*np.array(items).T)

    assert (found.majority_agreements, found.majority_disagreements, found.total_opinions) == (agreements, disagreements, total)
    if total == 0:
        assert np.isnan(found.percent)
        assert not found.passes.any()
    else:
        cut_off = Fraction(agreements + disagreements, total)
        assert found.percent == pytest.approx(float(100 * cut_off))
        assert found.passes.tolist() == [n > 0 and Fraction(max(agree, other), n) >= cut_off for agree, other, n in items]


def test_exactly_half_is_no_majority():
    found = apmo(np.array([10, 11]), np.array([10, 9]), np.array([20, 20]))

    assert (found.majority_agreements, found.majority_disagreements, found.percent) == (11, 0, 27.5)


def test_an_item_exactly_at_the_cut_off_passes_and_one_without_opinions_does_not():
    # 3 of 5 and 6 of 10 agree: the cut-off is 9 of 15, which both reach exactly.
    found = apmo(np.array([3, 6, 0]), np.array([2, 4, 0]), np.array([5, 10, 0]))

    assert found.percent == 60
    assert found.passes.tolist() == [True, True, False]


def test_each_panel_of_several_has_its_own_cut_off():
    agree, disagree, n = (np.array([[6, 5], [1, 9]]), np.array([[4, 5], [9, 0]]), np.full((2, 2), 10))

    found = apmo(agree, disagree, n)

    assert found.percent.tolist() == [30, 90]
    assert found.passes.tolist() == [[True, True], [True, True]]
