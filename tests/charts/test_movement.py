"""A slope goes through its medians, and its label stands clear of its neighbours."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from delphi.charts.movement import Slope, slopes, table
from tests.charts.reading import drawing, texts

LEVELS = list(range(1, 10))
MEDIANS = st.one_of(st.none(), st.integers(2, 18).map(lambda doubled: doubled / 2))


def drawn(items, rounds=("Round 1", "Round 2")):
    return drawing(slopes(items, rounds, LEVELS, title="t", description="d", name="n"))


@given(st.lists(st.tuples(MEDIANS, MEDIANS, MEDIANS), min_size=1, max_size=40))
def test_every_slope_gives_its_medians_back(panel):
    svg = drawn([Slope(str(index), medians) for index, medians in enumerate(panel)], ("1", "2", "3"))

    height = float(svg.get("height"))
    found = {}
    for path in svg.findall(".//*[@data-series='slope']"):
        points = [tuple(map(float, point.split(" "))) for point in path.get("d")[1:].split("L")]
        found[int(path.get("data-label"))] = [round(1 + 8 * (height - 14 - y) / (height - 58), 1) for _, y in points]

    assert found == {i: kept for i, medians in enumerate(panel) if (kept := [m for m in medians if m is not None])}


@given(st.lists(st.tuples(MEDIANS, MEDIANS).filter(any), min_size=2, max_size=60))
def test_labels_never_touch_and_stay_inside(panel):
    svg = drawn([Slope(f"Item {index}", medians) for index, medians in enumerate(panel)])

    ys = sorted(float(element.get("y")) for element in svg.findall(".//text[@text-anchor='start']"))

    assert all(below - above >= 15.98 for above, below in pairwise(ys))
    assert ys[-1] <= float(svg.get("height"))
    assert ys[0] >= 34 - 4


def test_an_item_that_moved_says_from_where_to_where():
    assert {"6 → 8 · Pace", "7 · Place"} <= set(texts(drawn([Slope("Pace", (6, 8)), Slope("Place", (7, 7))])))


def test_an_item_without_any_median_is_in_the_table_and_not_in_the_drawing():
    items = [Slope("Pace", (6, 8)), Slope("Hidden", (None, None))]

    assert drawn(items).get("data-items") == "1"
    assert table(items, ("Round 1", "Round 2"), caption="c").rows == (("Pace", "6", "8"), ("Hidden", "–", "–"))


def test_one_round_shows_no_movement_and_is_refused():
    with pytest.raises(ValueError, match="two rounds"):
        slopes([Slope("A", (7,))], ["Round 1"], LEVELS, title="t", description="d", name="n")
