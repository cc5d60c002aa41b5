"""The diverging bars stand in the order of the medians, with the middle zone astride the centre line."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from delphi.charts.bars import Bar, by_median, diverging, table
from delphi.charts.marks import Zone
from tests.charts.reading import boxes, drawing, texts

ZONES = [Zone("not important", 1, 3), Zone("uncertain", 4, 6), Zone("important", 7, 9)]
COUNTS = st.tuples(st.integers(0, 50), st.integers(0, 50), st.integers(0, 50)).filter(any)


def drawn(bars):
    return drawing(diverging(bars, zones=ZONES, title="t", description="d", name="n"))


@given(st.lists(COUNTS, min_size=1, max_size=30))
def test_the_three_series_give_every_items_counts_back(panel):
    svg = drawn([Bar(f"Item {index}", counts, median=9 - index / 10) for index, counts in enumerate(panel)])

    found = {index: [0.0, 0.0, 0.0] for index in range(len(panel))}
    for zone, kind in enumerate(("low", "middle", "high")):
        for _, y, width, _ in boxes(svg, kind):
            found[round((float(y) - 47) / 36)][zone] = float(width)

    for index, counts in enumerate(panel):
        assert [round(width / sum(found[index]) * sum(counts)) for width in found[index]] == list(counts)


def test_the_middle_zone_straddles_the_centre_line():
    svg = drawn([Bar("A", (10, 20, 30), 7), Bar("B", (1, 8, 40), 8)])

    centre = float(svg.findall(".//line")[-1].get("x1"))

    for x, _, width, _ in boxes(svg, "middle"):
        assert float(x) + float(width) / 2 == pytest.approx(centre, abs=0.02)


def test_items_are_sorted_by_median_then_by_the_high_zone_and_hidden_ones_come_last():
    bars = [Bar("hidden", None), Bar("low", (5, 3, 2), 3), Bar("high, fewer", (2, 2, 6), 8), Bar("high, more", (1, 1, 8), 8)]

    assert [bar.label for bar in by_median(bars)] == ["high, more", "high, fewer", "low", "hidden"]


def test_a_hidden_item_is_said_in_words_and_drawn_with_no_bar():
    svg = drawn([Bar("A", None)])

    assert boxes(svg, "low") == boxes(svg, "middle") == boxes(svg, "high") == []
    assert "fewer than 5" in texts(svg)
    assert svg.get("data-low") == "none"


def test_a_hidden_item_cannot_carry_a_figure():
    with pytest.raises(ValueError, match="no figures"):
        Bar("A", None, median=7)


def test_the_figures_stand_beside_the_bar_in_words():
    assert "median 7.5 · 14 of 18" in texts(drawn([Bar("A", (1, 3, 14), 7.5)]))


def test_the_table_has_the_same_order_and_numbers():
    rows = table([Bar("B", (5, 3, 2), 3), Bar("A", (1, 1, 8), 8), Bar("C", None)], zones=ZONES, caption="c").rows

    assert rows == (("A", "8", 1, 1, 8), ("B", "3", 5, 3, 2), ("C", "–", "fewer than 5", "fewer than 5", "fewer than 5"))
