"""Every chart names itself first, escapes what it is given, and uses nothing that a page's style would have to supply."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from delphi.charts.bars import Bar, diverging
from delphi.charts.distribution import distribution, zone_bar
from delphi.charts.group_bars import diverging_groups
from delphi.charts.groups import Group, small_multiples
from delphi.charts.marks import Zone
from delphi.charts.movement import Slope, slopes
from delphi.charts.verdicts import TINTS, Verdicts, heat_map
from tests.charts.reading import drawing, texts

LEVELS = list(range(1, 10))


def all_charts(label="x", title="t", description="d", name="n"):
    named = {"title": title, "description": description, "name": name}
    zones = [Zone(label, 1, 3), Zone(label, 4, 6), Zone(label, 7, 9)]
    counts = (0, 1, 0, 2, 3, 4, 14, 21, 13)
    return [
        distribution(counts, LEVELS, median=8, q1=7, q3=9, own=6, zones=zones, **named),
        zone_bar([1, 2, 4], zones, median=7, own=2, **named),
        small_multiples([Group(label, 58, counts, median=8, own=3), Group(label, 4, hidden=label)], LEVELS, zones=zones, **named),
        diverging([Bar(label, (1, 2, 3), 7), Bar(label, None, hidden=label)], zones=zones, **named),
        diverging_groups([Bar(label, (1, 2, 3), 7), Bar(label, None, hidden=label)], zones=zones, **named),
        slopes([Slope(label, (6, 7))], [label, label], LEVELS, **named),
        heat_map([Verdicts(label, (label, *TINTS), label)], [label] * 5, **named),
    ]


@given(st.text(), st.text(), st.text(min_size=1))
def test_any_text_at_all_gives_a_well_formed_chart_that_says_it(label, title, description):
    for svg in all_charts(label, title, description):
        root = drawing(svg)

        assert [child.tag for child in root[:2]] == ["title", "desc"]
        assert root.find(".//script") is None


@pytest.mark.parametrize(
    "hostile", ["</title><script>alert(1)</script>", '" onload="alert(1)', "]]><svg/onload=alert(1)>", "a\x00b&c"]
)
def test_a_hostile_title_stays_a_title(hostile):
    for svg in all_charts(hostile, hostile, hostile, hostile):
        root = drawing(svg)

        assert root[0].text == hostile.replace("\x00", "")
        assert not [e for e in root.iter() if e.tag == "script" or "onload" in e.attrib]
        assert root.get("aria-labelledby").split() == [root[0].get("id"), root[1].get("id")]


def test_marks_carry_literal_attributes_only():
    for svg in all_charts():
        assert not re.search(r"style=|class=|var\(|currentColor|<style", svg)
        assert drawing(svg).get("role") == "img"


def luminance(colour):
    channels = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4 for value in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one, other):
    """Return the contrast ratio of WCAG 2 between two colours."""
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("paper", ["#ffffff", "#f4eee3"])
def test_marks_stand_out_three_to_one_and_words_four_and_a_half_on_light_and_on_toned_paper(paper):
    for svg in all_charts():
        root = drawing(svg)
        for path in root.findall(".//path[@data-series]"):
            edges = {path.get("fill"), path.get("stroke")} - {"none", None}
            assert max(contrast(edge, paper) for edge in edges) >= 3, path.get("data-series")
        for element in root.findall(".//text"):
            assert contrast(element.get("fill") or root.get("fill"), paper) >= 4.5, element.text


WIDE = {"400": 0.55, "600": 0.62}  # ems that a character takes in DejaVu Sans, where a page has no narrower face


def test_no_words_run_out_of_the_paper_even_in_a_wide_face():
    words = "The worker goes along for the first time, and the second time if that is wished for"
    counts = [(2, 4, 190), (0, 100, 140), (150, 0, 1)]
    zones = [Zone("low −5 to −2", 1, 3), Zone("middle −1 to 1", 4, 6), Zone("high 2–5", 7, 9)]
    named = {"title": "t", "description": "d", "name": "n"}
    bars = [Bar(words, each, 7.25) for each in counts]
    charts = [
        diverging(bars, zones=zones, **named),
        diverging_groups(bars, zones=zones, **named),
        slopes([Slope(words, (6, 7.5, 8.25)), Slope(words, (7.5, 7.5, 7.5))], ["Round 1", "Round 2", "Round 3"], LEVELS, **named),
        heat_map([Verdicts(words, tuple(TINTS), "fragile")], ["70/15-every-group"] * 4, **named),
        distribution((0,) * 8 + (7,), LEVELS, median=9, q1=9, q3=9, own=9, zones=zones, **named),
    ]

    for svg in charts:
        root = drawing(svg)
        for element in root.findall(".//text"):
            length = len(element.text) * float(element.get("font-size", "13")) * WIDE[element.get("font-weight", "400")]
            start = float(element.get("x")) - length * {"start": 0, "middle": 0.5, "end": 1}[element.get("text-anchor", "middle")]
            assert start >= -1, element.text
            assert start + length <= float(root.get("width")), element.text


def test_two_charts_on_a_page_share_no_id():
    ids = [id_ for name in ("a", "b") for element in drawing(all_charts(name=name)[0]).iter() if (id_ := element.get("id"))]

    assert len(ids) == len(set(ids)) == 4


def test_no_figure_is_drawn_outside_its_chart():
    for svg in all_charts():
        root = drawing(svg)
        for element in root.findall(".//text"):
            assert 0 <= float(element.get("x")) <= float(root.get("width"))
            assert 0 <= float(element.get("y")) <= float(root.get("height"))
        assert texts(root)
