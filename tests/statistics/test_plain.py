"""Arrays as plain values: None for what is undefined, numbers and lists for the rest, nothing of NumPy."""

import numpy as np

from delphi.statistics.plain import blanked, number, pairs, row, with_nulls
from delphi.statistics.uncertainty import Interval


def test_undefined_figures_become_nothing():
    assert with_nulls(np.array([[1.5, np.nan], [2.0, 3.0]])) == [[1.5, None], [2.0, 3.0]]
    assert blanked(np.array([True, False]), np.array([False, True])) == [True, None]


def test_an_interval_is_a_pair_or_nothing():
    interval = Interval(np.array([[1.0, np.nan]]), np.array([[2.0, np.nan]]))

    assert pairs(interval) == [[[1.0, 2.0], None]]
    assert pairs(Interval(np.zeros((0, 3)), np.zeros((0, 3)))) == []


def test_a_number_is_a_plain_one():
    figures = [number(value) for value in (np.float64(1.5), np.int64(2), np.array(3.5), np.float64("nan"), 4)]

    assert figures == [1.5, 2, 3.5, None, 4]
    assert [type(figure) for figure in figures] == [float, int, float, type(None), int]


def test_a_row_is_what_every_column_has_at_one_place():
    assert row({"a": [[1, 2], [3, 4]], "b": [[5, 6], [7, None]]}, (1, 1)) == {"a": 4, "b": None}
