"""Two rounds side by side: the same people in the same rows, the same items in the same columns, nobody lost or made up."""

import numpy as np
import pytest

from delphi.statistics import NOT_ASKED, RatingsError, RoundRatings
from delphi.statistics.rounds import everybody_of, seen_from


def ratings(matrix, people, items=("a", "b"), groups=None, group_names=(), round_=1):
    groups = np.full(len(people), -1) if groups is None else np.array(groups)
    return RoundRatings(round_, items, (None,), np.array(matrix, dtype=np.uint8), groups, group_names, tuple(people))


def test_an_earlier_round_is_seen_by_the_rows_and_columns_of_the_later_one():
    first = ratings([[1, 2], [3, 4], [5, 6]], "pqr")
    second = ratings([[7, 7, 7]] * 3, "rxp", items=("b", "new", "a"))

    assert seen_from(second, first).tolist() == [[6, NOT_ASKED, 5], [NOT_ASKED] * 3, [2, NOT_ASKED, 1]]


def test_the_same_people_and_items_are_not_copied():
    first, second = ratings([[1, 2]], "p"), ratings([[3, 4]], "p", round_=2)

    assert seen_from(second, first) is first.matrix


def test_everybody_of_either_round_has_a_row_and_the_group_they_began_in():
    first = ratings([[1, 2], [3, 4]], "pq", groups=[0, 1], group_names=("x", "y"))
    second = ratings([[5, 5], [6, 6], [7, 7]], "rqs", groups=[1, 0, 2], group_names=("x", "y", "late"), round_=2)

    before, now, groups = everybody_of(first, second)

    # p and q of round 1, then r and s, who joined; q has moved from y to x, and `late` is no group of round 1.
    assert before.tolist() == [[1, 2], [3, 4], [0, 0], [0, 0]]
    assert now.tolist() == [[0, 0], [6, 6], [5, 5], [7, 7]]
    assert groups.tolist() == [0, 1, 1, -1]


def test_who_answered_nothing_is_left_out_with_the_name():
    round_ = ratings([[0, 254], [0, 255], [3, 0]], "pqr", groups=[0, 0, 1], group_names=("x", "y"))

    taking_part = round_.taking_part()

    assert taking_part.participants == ("q", "r")
    assert taking_part.groups.tolist() == [0, 1]
    assert taking_part.taking_part() is taking_part


def test_participants_are_as_many_as_rows_and_all_different():
    with pytest.raises(RatingsError, match="2 rows"):
        ratings([[1, 2], [3, 4]], "pp")
    with pytest.raises(RatingsError, match="2 rows"):
        ratings([[1, 2], [3, 4]], "pqr")
