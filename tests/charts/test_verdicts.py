"""Verdicts are words first: what the map and the table say, what they leave out, and what they refuse."""

import pytest

from delphi.charts.verdicts import TINTS, Firmness, Verdicts, heat_map, sensitivity_table, table
from tests.charts.reading import boxes, drawing, texts
from tests.charts.test_marks import contrast

INK = "#1f1c18"


def drawn(items, columns):
    return drawing(heat_map(items, columns, title="t", description="d", name="n"))


def test_every_cell_says_its_verdict_in_words_and_what_was_not_asked_is_a_dash():
    svg = drawn([Verdicts("Pace", ("consensus in", None, "no consensus"))], ["Round 1", "Round 2", "Round 3"])

    assert texts(svg) == ["Round 1", "Round 2", "Round 3", "Pace", "consensus in", "–", "no consensus"]
    assert [len(boxes(svg, verdict)) for verdict in TINTS] == [1, 0, 1, 0]


def test_a_note_stands_under_the_name_of_its_item():
    svg = drawn([Verdicts("Pace", ("consensus in",), "fragile")], ["Round 1"])

    name, note = (next(e for e in svg.findall(".//text") if e.text == words) for words in ("Pace", "fragile"))
    assert float(note.get("y")) == float(name.get("y")) + 14


def test_a_verdict_of_another_kind_is_said_and_has_no_tint():
    svg = drawn([Verdicts("Pace", ("dissent",))], ["Labels"])

    assert "dissent" in texts(svg)
    assert [boxes(svg, verdict) for verdict in TINTS] == [[], [], [], []]


def test_ink_is_read_on_every_tint_and_the_two_directions_differ_in_brightness_too():
    assert min(contrast(INK, tint) for tint in TINTS.values()) >= 4.5
    assert contrast(TINTS["consensus in"], TINTS["consensus out"]) >= 1.2


def test_the_table_of_the_map_has_the_same_words():
    rows = table(
        [Verdicts("Pace", ("consensus in", None)), Verdicts("Place", ("not rated", "consensus out"))], ["A", "B"], caption="c"
    )

    assert rows.header == ("Item", "A", "B")
    assert rows.rows == (("Pace", "consensus in", "–"), ("Place", "not rated", "consensus out"))


@pytest.mark.parametrize("draw", [drawn, lambda items, columns: table(items, columns, caption="c")])
def test_a_row_that_does_not_fit_its_columns_is_refused(draw):
    with pytest.raises(ValueError, match="for each column"):
        draw([Verdicts("Pace", ("consensus in",))], ["A", "B"])


def test_the_sensitivity_table_says_what_would_change_each_verdict():
    items = [
        Firmness(
            "Pace",
            "consensus in",
            ("consensus in", None),
            agreement_percent=66.66667,
            people_who_flip=3,
            flips_to=("no consensus",),
            groups_that_flip=(("Carers", "no consensus"), ("Staff", "consensus out")),
            fragility=1,
            is_fragile=True,
        ),
        Firmness("Place", "no consensus", ("no consensus", "no consensus"), 100.0, 0, (), (), 4),
    ]

    told = sensitivity_table(items, ["70/15", "iqr-2"], caption="c")

    assert told.header[:4] == ("Item", "Verdict", "70/15", "iqr-2")
    assert told.rows == (
        (
            *("Pace", "consensus in", "consensus in", "–", "66.7", "3 could change it: no consensus"),
            *("without Carers: no consensus; without Staff: consensus out", 1, "fragile"),
        ),
        ("Place", "no consensus", "no consensus", "no consensus", "100.0", "the same", "the same", 4, "not fragile"),
    )
    assert [told.header[index] for index in told.numeric] == ["Same verdict, % of the rules", "Ratings that would have to change"]


def test_a_column_of_which_nothing_is_known_is_left_out():
    told = sensitivity_table([Firmness("Pace", "consensus in")], (), caption="c")

    assert told.header == ("Item", "Verdict", "Fragile or not")
    assert told.rows == (("Pace", "consensus in", "not fragile"),)


def test_a_rule_without_its_verdict_is_refused():
    with pytest.raises(ValueError, match="for each rule"):
        sensitivity_table([Firmness("Pace", "consensus in")], ["70/15"], caption="c")
