"""Every chart names itself first, escapes what it is given, and uses nothing that a page's style would have to supply."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from delphi.charts.bars import Bar, diverging
from delphi.charts.distribution import distribution, zone_bar
from delphi.charts.groups import Group, small_multiples
from delphi.charts.marks import Zone
from delphi.charts.movement import Slope, slopes
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
        slopes([Slope(label, (6, 7))], [label, label], LEVELS, **named),
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
