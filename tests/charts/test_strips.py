"""A strip gives back what went in: from its outline alone, without the numbers that stand above it."""

import random
import re
from itertools import accumulate

import pytest
from hypothesis import given
from hypothesis import strategies as st

from delphi.charts.strips import BASE, FULL, TICK, WIDTH, Column, strip, tallest
from tests.charts.reading import drawing

LEVELS = list(range(1, 10))
STEP = re.compile(r"([VH])(\d+)")
COUNTS = st.lists(st.integers(0, 60), min_size=1, max_size=11)


def drawn(columns, levels=LEVELS, **more):
    figures = {"share": tallest(columns), "median": None, **more}
    return drawing(strip(columns, levels, **figures))


def heights(svg, edges):
    """Return how tall the outline stands before each of these edges."""
    outline = svg.findall("path")[-1].get("d").split("z")[0]
    found, tops, y = [], [], 0
    for kind, value in STEP.findall(outline):
        if kind == "V":
            y = int(value)
        else:
            tops.append((int(value), BASE - y))
    for edge in edges:
        found.append(next(height for end, height in tops if end >= edge))
    return found


@given(COUNTS)
def test_every_count_is_read_back_from_the_height_of_its_bar(counts):
    svg = drawn([Column(count) for count in counts], range(1, len(counts) + 1))

    edges = [round(WIDTH / len(counts) * place) for place in range(1, len(counts) + 1)]
    most = max(counts)
    assert [round(height * most / FULL) for height in heights(svg, edges)] == counts


@given(st.lists(COUNTS.map(lambda counts: (counts * 9)[:9]).filter(any), min_size=2, max_size=5))
def test_strips_that_are_compared_share_one_scale(panels):
    columns = [[Column(count) for count in counts] for counts in panels]
    share = max(map(tallest, columns))

    edges = [WIDTH // 9 * place for place in range(1, 10)]
    found = [heights(drawn(each, share=share), edges) for each in columns]

    expected = [[FULL * count / sum(counts) / share for count in counts] for counts in panels]
    assert found == [pytest.approx(each, abs=0.5) for each in expected]


def test_a_zone_is_as_wide_as_its_levels_and_as_tall_as_their_mean():
    svg = drawn([Column(1, 3), Column(2, 3), Column(4, 3)])

    assert heights(svg, [50, 100, 150, 200, 300, 350, 450]) == [15, 15, 15, 30, 30, 60, 60]


def test_the_tick_stands_at_the_median_and_the_band_from_quartile_to_quartile():
    svg = drawn([Column(1)] * 9, median=7.5, quartiles=(6, 8.25))

    band, bars = svg.findall("path")
    start, end = (int(number) for number in re.findall(r"[MH](\d+)", band.get("d"))[:2])
    assert (start + TICK, end - TICK) == (275, round(387.5))
    assert re.search(r"zM(\d+) ", bars.get("d"))[1] == str(350 - TICK // 2)


def test_without_ratings_there_is_a_line_and_no_tick():
    svg = drawn([Column(0)] * 9)

    assert heights(svg, [50, 450]) == [0, 0]
    assert len(svg.findall("path")) == 1


def test_the_outline_ends_where_the_last_level_does_whatever_the_scale():
    for n in range(1, 12):
        chance = random.Random(n)
        svg = drawn([Column(chance.randint(0, 9)) for _ in range(n)], range(1, n + 1))

        ends = [int(value) for kind, value in STEP.findall(svg.findall("path")[-1].get("d")) if kind == "H"]
        assert ends[-1] == WIDTH
        assert ends == sorted(ends)
        assert set(ends) <= {round(edge) for edge in accumulate([WIDTH / n] * n)}
