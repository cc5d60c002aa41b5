"""One bar for each group around one centre line, in the study's order; what may not be shown is said in words."""

import pytest

from delphi.charts.bars import Bar, diverging
from delphi.charts.bars import table as bars_table
from delphi.charts.group_bars import diverging_groups, table
from delphi.charts.marks import GROUPS, Zone
from tests.charts.reading import boxes, drawing, texts

ZONES = [Zone("low", 1, 3), Zone("middle", 4, 6), Zone("high", 7, 9)]
TWO_ZONES = [Zone("no", 1, 2), Zone("yes", 3, 4)]
NAMED = {"title": "t", "description": "d", "name": "n"}


def test_a_hidden_group_is_said_in_words_and_has_neither_bar_nor_centre_line():
    svg = drawing(diverging_groups([Bar("Carers", None), Bar("Staff", None, hidden="not shown")], zones=ZONES, **NAMED))

    assert boxes(svg, "low") == boxes(svg, "middle") == boxes(svg, "high") == []
    assert svg.findall(".//line") == []
    assert texts(svg)[3:] == ["Carers", "fewer than 5", "Staff", "not shown"]
    assert svg.get("data-low") == "none none"


def test_groups_keep_their_order_and_with_it_their_colour():
    svg = drawing(diverging_groups([Bar("Low", (9, 0, 0), 2), Bar("High", (0, 0, 9), 8)], zones=ZONES, **NAMED))

    marks = [path.get("fill") for path in svg.findall(".//path") if path.get("fill") in GROUPS]
    assert marks == list(GROUPS[:2])
    assert [words for words in texts(svg) if words in ("Low", "High")] == ["Low", "High"]


def test_a_scale_without_a_middle_has_two_zones_in_picture_and_table():
    bars = [Bar("Staff", (3, 0, 6), 3)]

    for svg in (drawing(diverging_groups(bars, zones=TWO_ZONES, **NAMED)), drawing(diverging(bars, zones=TWO_ZONES, **NAMED))):
        assert {"no", "yes"} <= set(texts(svg))
        assert boxes(svg, "middle") == []
    assert (
        table(bars, zones=TWO_ZONES, caption="c").rows
        == bars_table(bars, zones=TWO_ZONES, caption="c").rows
        == (("Staff", "3", 3, 6),)
    )


def test_ratings_in_no_zone_count_in_the_whole_and_leave_the_bar_shorter():
    svg = drawing(
        diverging_groups([Bar("All", (2, 0, 6), 7, elsewhere=0), Bar("Gaps", (2, 0, 6), 7, elsewhere=8)], zones=ZONES, **NAMED)
    )

    widths = [float(width) for _, _, width, _ in boxes(svg, "high")]
    assert widths[1] == pytest.approx(widths[0] / 2, abs=0.02)
    assert {"median 7 · 6 of 8", "median 7 · 6 of 16"} <= set(texts(svg))


@pytest.mark.parametrize("zones", [ZONES[:1], TWO_ZONES])
def test_zones_that_the_counts_do_not_fit_are_refused(zones):
    with pytest.raises(ValueError, match="diverging bars need"):
        diverging_groups([Bar("Staff", (1, 2, 3), 7)], zones=zones, **NAMED)


def test_a_count_below_zero_is_refused():
    with pytest.raises(ValueError, match="zero or more"):
        Bar("Staff", (1, 2, 3), 7, elsewhere=-1)


def test_pictures_of_one_series_share_their_centre_line():
    one, other = ([Bar("A", (9, 0, 1), 2)], [Bar("B", (0, 2, 8), 8)])

    lines = [
        drawing(diverging(bars, zones=ZONES, sides=(0.9, 0.9), **NAMED)).findall(".//line")[-1].get("x1") for bars in (one, other)
    ]

    assert lines[0] == lines[1]
