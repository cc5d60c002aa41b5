"""Two hundred random panels, each drawn and read back from the geometry alone: no data attribute is looked at."""

import random
import re
from itertools import pairwise

import pytest

from delphi.charts.bars import Bar, by_median, diverging
from delphi.charts.distribution import distribution, zone_bar
from delphi.charts.group_bars import diverging_groups
from delphi.charts.groups import Group, small_multiples
from delphi.charts.marks import Zone
from delphi.charts.movement import Slope, slopes
from delphi.charts.verdicts import TINTS, Verdicts, heat_map
from tests.charts.reading import boxes, drawing, own_at, texts

PANELS = range(200)
SCALES = ((1, 9), (1, 5), (1, 7), (1, 4), (-5, 5), (0, 10), (-3, 3))
NAMED = {"title": "t", "description": "d", "name": "n"}
HALF_A_PIXEL = 0.01


class Panel:
    """One random item: a scale, its zones, ratings, their median and quartiles, and one's own rating."""

    def __init__(self, seed):
        self.random = random.Random(seed)
        low, high = self.random.choice(SCALES)
        self.levels = list(range(low, high + 1))
        third = len(self.levels) // 3
        cuts = [self.levels[0], self.levels[third], self.levels[-third], high + 1]
        self.zones = [Zone(label, a, b - 1) for label, (a, b) in zip(("low", "mid", "top"), pairwise(cuts), strict=True)]
        self.ratings = sorted(self.random.choice(self.levels) for _ in range(self.random.randint(1, 80)))
        self.own = self.random.choice(self.levels)

    @property
    def counts(self):
        return [self.ratings.count(level) for level in self.levels]

    @property
    def zone_counts(self):
        return [sum(zone.low <= rating <= zone.high for rating in self.ratings) for zone in self.zones]

    def at(self, percent):
        """Return the quantile of type 7."""
        place = (len(self.ratings) - 1) * percent / 100
        below = self.ratings[int(place)]
        above = self.ratings[min(int(place) + 1, len(self.ratings) - 1)]
        return below + (place - int(place)) * (above - below)


@pytest.fixture(params=PANELS)
def panel(request):
    return Panel(request.param)


def number(words):
    return float(words.replace("−", "-"))


def axis(svg, levels):
    """Return where the numbers of the levels are written under the bars, as {level: x}, and the y of that line."""
    written = {}
    for element in svg.findall(".//text"):
        if re.fullmatch(r"−?\d+", element.text or ""):
            written.setdefault(float(element.get("y")), {})[int(number(element.text))] = float(element.get("x"))
    lowest = max(y for y, places in written.items() if sorted(places) == levels)
    return written[lowest], lowest


def value_at(x, places):
    """Return the level, or the figure between two levels, that stands at this x."""
    levels = sorted(places)
    column = (places[levels[-1]] - places[levels[0]]) / (len(levels) - 1)
    return levels[0] + (x - places[levels[0]]) / column


def tick_at(element):
    """Return the x of each median tick in the element: the only lines that are three wide."""
    return [float(line.get("x1")) for line in element.findall(".//line[@stroke-width='3']")]


def middles(element, kind):
    return [(float(x) + float(width) / 2, float(width), float(height)) for x, _, width, height in boxes(element, kind)]


def read_counts(element, kind, places, tallest_label):
    """Return the counts per level from the heights of the bars, the tallest being what is written above it."""
    bars = {round(value_at(x, places)): height for x, _, height in middles(element, kind)}
    tallest = max(bars.values())
    return [round(bars.get(level, 0) / tallest * tallest_label) for level in sorted(places)]


def test_a_distribution_gives_counts_median_quartiles_and_own_level_back(panel):
    figures = {"median": panel.at(50), "q1": panel.at(25), "q3": panel.at(75)}

    svg = drawing(distribution(panel.counts, panel.levels, **figures, own=panel.own, zones=panel.zones, **NAMED))

    places, line = axis(svg, panel.levels)
    over = [int(e.text) for e in svg.findall(".//text") if float(e.get("y")) < line and e.text.isdecimal()]
    assert read_counts(svg, "panel", places, max(over)) == panel.counts
    assert [value_at(x, places) for x in tick_at(svg)] == pytest.approx([figures["median"]], abs=HALF_A_PIXEL)
    assert round(value_at(own_at(svg), places), 3) == panel.own
    ((middle, width, _),) = middles(svg, "quartiles")
    ends = [value_at(middle + side * (width / 2 - 3), places) for side in (-1, 1)]  # the band ends three units beyond
    assert ends == pytest.approx([figures["q1"], figures["q3"]], abs=HALF_A_PIXEL)


def test_small_multiples_give_every_groups_counts_median_and_own_level_back(panel):
    people = [Panel(1000 + panel.random.randrange(10**6)) for _ in range(panel.random.randint(1, 8))]
    ratings = [[panel.levels[value % len(panel.levels)] for value in each.ratings] for each in people]
    counts = [tuple(given.count(level) for level in panel.levels) for given in ratings]
    medians = [float(sorted(given)[len(given) // 2]) for given in ratings]
    groups = [
        Group(f"Group {index}", sum(each), each, median=median, own=panel.own if index == 0 else None)
        for index, (each, median) in enumerate(zip(counts, medians, strict=True))
    ]

    svg = drawing(small_multiples(groups, panel.levels, zones=panel.zones, **NAMED))

    places, _ = axis(svg, panel.levels)
    drawn = svg.findall(".//g")
    heights = []
    for group, expected, median in zip(drawn, counts, medians, strict=True):
        over = [int(words) for words in texts(group) if words.isdecimal()]
        assert read_counts(group, "group", places, max(over)) == list(expected)
        assert [value_at(x, places) for x in tick_at(group)] == pytest.approx([median], abs=HALF_A_PIXEL)
        heights.append(max(height for *_, height in middles(group, "group")) / (max(expected) / sum(expected)))
    assert heights == pytest.approx([heights[0]] * len(heights), abs=0.1 * heights[0])  # one scale of shares for all of them
    assert [own_at(group) is not None for group in drawn] == [index == 0 for index in range(len(drawn))]
    assert round(value_at(own_at(drawn[0]), places), 3) == panel.own


def test_a_zone_bar_gives_its_counts_and_the_zone_of_ones_own_rating_back(panel):
    svg = drawing(zone_bar(panel.zone_counts, panel.zones, median=panel.at(50), own=panel.own, **NAMED))

    segments = [middles(svg, f"zone-{index}") for index in range(3)]
    rated = int(next(words for words in texts(svg) if " of " in words).split(" of ")[1])
    whole = sum(width for segment in segments for _, width, _ in segment)
    assert [round(sum(width for _, width, _ in segment) / whole * rated) for segment in segments] == panel.zone_counts
    own_zone = next(index for index, zone in enumerate(panel.zones) if zone.low <= panel.own <= zone.high)
    if segments[own_zone]:
        assert own_at(svg) == pytest.approx(segments[own_zone][0][0], abs=0.02)
    assert f"median {panel.at(50):.2f}".rstrip("0").rstrip(".").replace("-", "−") in texts(svg)


def read_stacks(svg):
    """Return for each y of a bar its widths in the three zones and the x where it starts, from the top down."""
    rows = {}
    for place, kind in enumerate(("low", "middle", "high")):
        for x, y, width, _ in boxes(svg, kind):
            row = rows.setdefault(float(y), {"widths": [0.0, 0.0, 0.0], "start": float(x)})
            row["widths"][place] = float(width)
            row["start"] = min(row["start"], float(x))
    return [rows[y] for y in sorted(rows)]


def assert_stacks_read_back(svg, expected):
    """Hold bars against counts: each as wide as the others, its parts in proportion, its middle astride one line."""
    figures = [words for words in texts(svg) if " of " in words]
    stacks = read_stacks(svg)
    centres = [row["start"] + row["widths"][0] + row["widths"][1] / 2 for row in stacks]
    for row, words, counts in zip(stacks, figures, expected, strict=True):
        rated = int(words.split(" of ")[1])
        assert [round(width / sum(row["widths"]) * rated) for width in row["widths"]] == list(counts)
    lines = {float(line.get("x1")) for line in svg.findall(".//line")}
    assert len(lines) == 1
    assert centres == pytest.approx([lines.pop()] * len(centres), abs=0.03)


def random_bars(panel, most):
    return [
        Bar(f"{index}", tuple(other.zone_counts), other.at(50))
        for index, other in enumerate(Panel(5000 + panel.random.randrange(10**6)) for _ in range(panel.random.randint(1, most)))
    ]


def test_the_bars_of_all_items_give_counts_medians_and_order_back(panel):
    bars = random_bars(panel, 30)

    svg = drawing(diverging(bars, zones=panel.zones, **NAMED))

    ordered = by_median(bars)
    assert_stacks_read_back(svg, [bar.counts for bar in ordered])
    medians = [number(words.split(" ")[1]) for words in texts(svg) if words.startswith("median ")]
    assert medians == [round(bar.median, 2) for bar in ordered]
    assert medians == sorted(medians, reverse=True)


def test_the_bars_of_the_groups_give_counts_and_medians_back_and_hidden_groups_have_none(panel):
    bars = random_bars(panel, 7)
    hidden = panel.random.randrange(len(bars) + 1)
    groups = [*bars[:hidden], Bar("hidden", None), *bars[hidden:]]

    svg = drawing(diverging_groups(groups, zones=panel.zones, **NAMED))

    assert_stacks_read_back(svg, [bar.counts for bar in bars])
    words = [words for words in texts(svg) if words.startswith("median ") or words == "fewer than 5"]
    assert words[hidden] == "fewer than 5"
    del words[hidden]
    assert [number(each.split(" ")[1]) for each in words] == [round(bar.median, 2) for bar in bars]


def test_slopes_give_every_median_of_every_round_back(panel):
    rounds = panel.random.randint(2, 4)
    halves = [half / 2 for half in range(2 * panel.levels[0], 2 * panel.levels[-1] + 1)]
    items = [
        Slope(str(index), tuple(panel.random.choice([None, *halves]) for _ in range(rounds)))
        for index in range(panel.random.randint(1, 40))
    ]

    svg = drawing(slopes(items, [f"Round {index + 1}" for index in range(rounds)], panel.levels, **NAMED))

    heads = [float(e.get("x")) for e in svg.findall(".//text") if (e.text or "").startswith("Round ")]
    marks = {int(number(e.text)): float(e.get("y")) - 4 for e in svg.findall(".//text[@text-anchor='end']")}
    found = {}
    for path in svg.findall(".//*[@data-series='slope']"):
        medians = [None] * rounds
        for point in path.get("d")[1:].split("L"):
            x, y = map(float, point.split(" "))
            medians[min(range(rounds), key=lambda place: abs(heads[place] - x))] = round(2 * value_at(y, marks)) / 2
        found[path.get("data-label")] = tuple(medians)
    assert found == {item.label: item.medians for item in items if item.last is not None}


def test_a_map_gives_every_verdict_back_from_its_tint_and_in_words(panel):
    columns = [f"Rule {index}" for index in range(panel.random.randint(1, 9))]
    given = [[panel.random.choice([None, *TINTS]) for _ in columns] for _ in range(panel.random.randint(1, 30))]

    svg = drawing(heat_map([Verdicts("An item", tuple(row)) for row in given], columns, **NAMED))

    cells = {(float(e.get("x")), float(e.get("y"))): e.text for e in svg.findall(".//text") if e.text in {*TINTS, "–"}}
    xs, ys = sorted({x for x, _ in cells}), sorted({y for _, y in cells})
    assert [[cells[x, y] for x in xs] for y in ys] == [[verdict or "–" for verdict in row] for row in given]
    tinted = [[None] * len(xs) for _ in ys]
    for verdict in TINTS:
        for x, y, width, height in boxes(svg, verdict):
            column = next(place for place, at in enumerate(xs) if float(x) < at < float(x) + float(width))
            row = next(place for place, at in enumerate(ys) if float(y) < at < float(y) + float(height))
            tinted[row][column] = verdict
    assert tinted == given
