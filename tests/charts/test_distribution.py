"""The marks of a distribution carry the numbers that went in: they are read back from the drawing itself."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from delphi.charts.distribution import distribution, table, zone_bar, zone_table
from delphi.charts.marks import Size, Words, Zone
from tests.charts.reading import boxes, columns, drawing, own_at, texts

LEVELS = list(range(1, 10))
ZONES = [Zone("not important", 1, 3), Zone("uncertain", 4, 6), Zone("important", 7, 9)]
PANELS = st.lists(st.integers(0, 60), min_size=9, max_size=9)


def drawn(counts, **more):
    given_figures = {"median": 7, "q1": 6, "q3": 8, "title": "t", "description": "d", "name": "item-1", **more}
    return drawing(distribution(counts, LEVELS, **given_figures))


@given(PANELS)
def test_the_bars_give_the_counts_back(counts):
    svg = drawn(counts)

    heights = columns(svg, "panel")

    tallest = max(heights.values(), default=1)
    assert {round(x): round(height / tallest * max(counts)) for x, height in heights.items()} == {
        round(7 + 306 / 9 * (level - 0.5)): count for level, count in zip(LEVELS, counts, strict=True) if count
    }
    assert svg.get("data-counts") == " ".join(map(str, counts))


@given(PANELS, st.sampled_from(LEVELS))
def test_ones_own_mark_points_at_ones_own_level(counts, own):
    svg = drawn(counts, own=own)

    assert own_at(svg) == pytest.approx(7 + 306 / 9 * (own - 0.5), abs=0.01)
    assert "you" in texts(svg)


def test_without_an_own_rating_there_is_no_own_mark():
    svg = drawn([1] * 9)

    assert own_at(svg) is None
    assert "you" not in texts(svg)


def test_the_median_tick_and_the_quartile_band_stand_at_their_figures():
    svg = drawn([0, 0, 0, 2, 3, 4, 5, 6, 7], median=7.5, q1=6, q3=9)

    tick = svg.findall(".//*[@stroke-width='3']")[0]
    band = svg.findall(".//*[@data-series='quartiles']")[0].get("d")

    column = 306 / 9
    assert float(tick.get("x1")) == pytest.approx(7 + column * 7, abs=0.01)
    assert float(band[1:].split(" ")[0]) == pytest.approx(7 + column * 5.5 - 3, abs=0.01)
    assert float(band.split("h")[1].split("v")[0]) == pytest.approx(column * 3 + 6, abs=0.01)
    assert "median 7.5" in texts(svg)


def test_an_item_nobody_rated_has_an_axis_and_no_median():
    svg = drawn([0] * 9, median=None, q1=None, q3=None)

    assert columns(svg, "panel") == {}
    assert not [words for words in texts(svg) if "median" in words]
    assert svg.get("data-median") is None


def test_levels_may_be_negative_and_are_written_with_a_minus_sign():
    svg = drawing(distribution([1, 2, 3], [-1, 0, 1], median=0.5, q1=0, q3=1, own=-1, title="t", description="d", name="n"))

    assert "−1" in texts(svg)
    assert own_at(svg) == pytest.approx(7 + 306 / 3 * 0.5, abs=0.01)


def test_the_words_of_the_chart_can_be_in_another_language():
    words = Words(you="Sie", median="Median {value}", decimal=",")

    svg = drawn([1] * 9, median=5.5, own=3, words=words)

    assert {"Sie", "Median 5,5"} <= set(texts(svg))


@pytest.mark.parametrize(("counts", "levels"), [([1, 2], [1, 2, 3]), ([1, -1], [1, 2]), ([], []), ([1, 1], [2, 1])])
def test_counts_that_do_not_fit_the_scale_are_refused(counts, levels):
    with pytest.raises(ValueError, match=r"level"):
        distribution(counts, levels, median=None, q1=None, q3=None, title="t", description="d", name="n")


@given(st.lists(st.integers(0, 9), min_size=3, max_size=3))
def test_the_segments_of_a_zone_bar_give_the_counts_back_in_shape_and_in_words(counts):
    svg = drawing(zone_bar(counts, ZONES, median=None, title="t", description="d", name="n"))

    widths = [sum(float(width) for _, _, width, _ in boxes(svg, f"zone-{index}")) for index in range(3)]

    assert [round(width * sum(counts) / 306) for width in widths] == counts
    assert [words for words in texts(svg) if " of " in words] == [f"{count} of {sum(counts)}" for count in counts]


def test_a_zone_bar_marks_the_zone_of_ones_own_rating():
    svg = drawing(zone_bar([2, 1, 4], ZONES, median=7, own=8, title="t", description="d", name="n"))

    assert own_at(svg) == pytest.approx(7 + 306 * 5 / 7, abs=0.01)
    assert "median 7" in texts(svg)


def test_tables_hold_the_same_numbers():
    assert table([1, 0, 2], [1, 2, 3], caption="c").rows == ((1, 1), (2, 0), (3, 2))
    assert zone_table([1, 2, 4], ZONES, caption="c").rows == (
        ("not important (1–3)", 1),
        ("uncertain (4–6)", 2),
        ("important (7–9)", 4),
    )


def test_the_band_is_explained_in_words_where_they_have_room():
    figures = {"median": 7.0, "q1": 6.0, "q3": 8.5, "title": "t", "description": "d", "name": "n"}
    counts = [0, 0, 0, 0, 1, 3, 4, 2, 1]

    large, small = (drawing(distribution(counts, LEVELS, **figures, **more)) for more in ({}, {"size": Size(200, 112)}))

    assert "middle half of the answers: 6 to 8.5" in texts(large)
    assert len(boxes(large, "key")) == 1
    assert not boxes(small, "key")
