"""Groups share one axis; a hidden group is words and nothing else."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from delphi.charts.groups import Group, mark, small_multiples, table
from delphi.charts.marks import GROUPS, Zone
from tests.charts.reading import PATH, drawing, own_at, texts

LEVELS = list(range(1, 10))
ZONES = [Zone("not important", 1, 3), Zone("uncertain", 4, 6), Zone("important", 7, 9)]


def drawn(*groups):
    return drawing(small_multiples(groups, LEVELS, zones=ZONES, title="t", description="d", name="n"))


def heights(group):
    return [float(height) for path in group.findall(".//*[@data-series='group']") for *_, height in PATH.findall(path.get("d"))]


@given(st.lists(st.lists(st.integers(0, 30), min_size=9, max_size=9).filter(any), min_size=1, max_size=8))
def test_every_groups_bars_are_its_shares_on_one_common_scale(panels):
    svg = drawn(*[Group(f"Group {index}", sum(counts), tuple(counts)) for index, counts in enumerate(panels)])

    shares = [count / sum(counts) for counts in panels for count in counts if count]
    bars = [height for group in svg.findall(".//g") for height in heights(group)]

    assert bars == pytest.approx([44 * share / max(shares) for share in shares], abs=0.01)


def test_a_hidden_group_is_said_in_words_with_its_head_count_and_has_no_bar():
    svg = drawn(Group("Practitioners", 12, (0, 0, 0, 0, 0, 2, 3, 4, 3), median=8), Group("Academics", 4))

    practitioners, academics = svg.findall(".//g")

    assert heights(academics) == []
    assert texts(academics) == ["Academics", "4 people", "fewer than 5"]
    assert (academics.get("data-counts"), academics.get("data-zone-counts"), academics.get("data-median")) == ("", "", "none")
    assert "fewer than 5" not in texts(practitioners)


def test_a_group_hidden_to_protect_another_says_its_own_reason():
    assert "not shown, to protect a small group" in texts(drawn(Group("Carers", 6, hidden="not shown, to protect a small group")))


def test_a_hidden_group_cannot_carry_a_figure():
    with pytest.raises(ValueError, match="no figures"):
        Group("Academics", 4, median=8)


def test_a_small_groups_zones_stand_over_their_levels_and_never_show_a_level():
    svg = drawn(Group("Carers", 7, zone_counts=(1, 2, 4), median=7))

    found = [
        (round(float(x) + float(width) / 2), round(float(height), 1))
        for x, _, width, height in PATH.findall(svg.findall(".//*[@data-series='group']")[0].get("d"))
    ]

    column = 308 / 9
    assert found == [(round(6 + column * 1.5), 11.0), (round(6 + column * 4.5), 22.0), (round(6 + column * 7.5), 44.0)]
    assert svg.findall(".//g")[0].get("data-counts") == ""


def test_ones_own_mark_stands_in_ones_own_group_only():
    svg = drawn(Group("Practitioners", 12, (12,) + (0,) * 8), Group("Carers", 10, (0,) * 8 + (10,), own=2))

    practitioners, carers = svg.findall(".//g")

    assert own_at(practitioners) is None
    assert own_at(carers) == pytest.approx(6 + 308 / 9 * 1.5, abs=0.01)


def test_one_person_is_not_called_people():
    assert "1 person" in texts(drawn(Group("Academics", 1)))


def test_each_group_has_a_colour_and_a_shape_of_its_own():
    marks = [drawing(mark(index))[0] for index in range(8)]

    assert [path.get("fill") for path in marks] == list(GROUPS)
    assert len({path.get("d") for path in marks}) == 8


def test_the_table_holds_the_same_numbers_and_hides_the_same_group():
    groups = [
        Group("A", 12, (1, 0, 0, 0, 2, 0, 4, 4, 1), median=7),
        Group("B", 7, zone_counts=(1, 2, 4), median=7.5),
        Group("C", 4),
    ]

    rows = table(groups, LEVELS, zones=ZONES, caption="c").rows

    assert rows == (
        ("A", 12, "7", "1 of 12", "2 of 12", "9 of 12"),
        ("B", 7, "7.5", "1 of 7", "2 of 7", "4 of 7"),
        ("C", 4, "–", "fewer than 5", "fewer than 5", "fewer than 5"),
    )
