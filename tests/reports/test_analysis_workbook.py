"""The spreadsheet holds every figure of an analysis: numbers as numbers, text as text, and the same bytes each time."""

import io
import zipfile
from copy import deepcopy

import openpyxl
import pytest

from delphi.reports.analysis_workbook import EMPTY, as_workbook
from tests.reports.full_analysis import ITEMS, full_analysis

SHEETS = [
    "items",
    "panel",
    "group differences",
    "stability",
    "conformity",
    "attrition",
    "worst case",
    "standings",
    "sensitivity",
    "settings",
]


@pytest.fixture(scope="module")
def analysis():
    return full_analysis()


@pytest.fixture(scope="module")
def book(analysis):
    return opened(as_workbook(analysis))


def opened(content):
    return openpyxl.load_workbook(io.BytesIO(content))


def records(sheet):
    header, *rows = sheet.iter_rows(values_only=True)
    return [dict(zip(header, row, strict=True)) for row in rows]


def test_there_is_a_sheet_for_each_kind_of_figure(book):
    assert book.sheetnames == SHEETS


def test_every_entry_has_a_line_with_its_figures(analysis, book):
    told = records(book["items"])
    entries = [(round_["round"], entry) for round_ in analysis["rounds"] for entry in round_["items"]]

    assert len(told) == len(entries)
    for line, (number, entry) in zip(told, entries, strict=True):
        assert (line["round"], line["item"], line["group"]) == (number, entry["item"], entry["group"])
        assert line["median"] == entry["median"]
        assert line["percent.high"] == pytest.approx(entry["percent"]["high"], rel=1e-11)
        assert line["ram.ipras"] == pytest.approx(entry["ram"]["ipras"], rel=1e-11)
        assert [line[f"counts.{level}"] for level in range(1, 10)] == list(entry["counts"].values())
        assert [line[f"median_interval.{end}"] for end in ("lower", "upper")] == (entry["median_interval"] or [None, None])


def test_an_undefined_figure_is_an_empty_cell_with_its_reason_in_the_last_column(analysis, book):
    entry = next(e for e in analysis["rounds"][0]["items"] if e["undefined"])
    line = records(book["items"])[analysis["rounds"][0]["items"].index(entry)]
    path, reason = next(iter(entry["undefined"].items()))

    assert f"{path}: {reason}" in line["undefined"]


def test_why_something_is_undefined_stands_last_though_the_first_line_knows_the_least(analysis):
    copy = deepcopy(analysis)
    copy["rounds"][0]["items"][0]["median_interval"] = None

    header = next(opened(as_workbook(copy))["items"].iter_rows(values_only=True))

    assert header[-1] == "undefined"
    assert {"median_interval.lower", "median_interval.upper"} <= set(header)
    assert "median_interval" not in header


def test_text_that_looks_like_a_formula_or_an_error_is_text():
    items = ("=SUM(A1:A9)", "+1", "@x", "-2", "#N/A", "=cmd|' /C calc'!A0")

    sheet = opened(as_workbook(full_analysis(items=items)))["items"]

    cells = [cell for row in sheet.iter_rows(min_row=2, min_col=2, max_col=2) for cell in row]
    assert {cell.value for cell in cells} == set(items)
    assert {cell.data_type for cell in cells} == {"s"}


def test_no_cell_of_any_sheet_is_a_formula(book):
    assert {cell.data_type for sheet in book for row in sheet.iter_rows() for cell in row} <= {"s", "n", "b"}


def test_letters_that_no_spreadsheet_can_hold_are_left_out():
    sheet = opened(as_workbook(full_analysis(items=("Pa\x00ce\x0b", "x" * 40_000))))["items"]

    assert {row[1] for row in sheet.iter_rows(min_row=2, values_only=True)} == {"Pace", "x" * 32_767}


def test_the_same_analysis_gives_the_same_bytes_and_no_date(analysis):
    content = as_workbook(analysis)

    assert as_workbook(deepcopy(analysis)) == content
    with zipfile.ZipFile(io.BytesIO(content)) as file:
        assert {part.date_time for part in file.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        assert file.read("docProps/core.xml").count(b"1980-01-01T00:00:00Z") == 2


def test_the_figures_of_the_panel_and_of_each_group_stand_in_one_sheet(analysis, book):
    told = records(book["panel"])

    assert [(line["round"], line["group"]) for line in told[:2]] == [(1, None), (1, "Practitioners")]
    assert told[0]["kendall_w.w"] == pytest.approx(analysis["rounds"][0]["panel"]["kendall_w"]["w"], rel=1e-11)


def test_verdicts_under_each_rule_and_what_they_depend_on_are_told(analysis, book):
    told = records(book["sensitivity"])

    assert [line["item"] for line in told] == list(ITEMS)
    for line, item in zip(told, analysis["sensitivity"]["items"], strict=True):
        assert {rule: line[f"verdicts.{rule}"] for rule in item["verdicts"]} == item["verdicts"]
        assert line["people_who_flip"] == item["people_who_flip"]


def test_movement_between_rounds_names_the_rounds(analysis, book):
    told = records(book["stability"])

    assert len(told) == len(analysis["stability"][0]["items"])
    assert {(line["from"], line["to"]) for line in told} == {(1, 2)}
    assert told[0]["wilcoxon.p"] == pytest.approx(analysis["stability"][0]["items"][0]["wilcoxon"]["p"], rel=1e-11)


def test_the_settings_say_how_the_figures_came_about(analysis, book):
    told = {line["setting"]: line["value"] for line in records(book["settings"])}

    assert told["rule.name"] == "70/15"
    assert (told["scale.low"], told["scale.high"], told["quantile_type"]) == (1, 9, 7)
    assert (told["zones.high.lower"], told["zones.high.upper"]) == (7, 9)
    assert told["stopping.clause"] == analysis["stopping"]["clause"]
    assert told["round 2.group.Carers"] == analysis["rounds"][1]["groups"]["Carers"]


def test_what_the_analysis_does_not_have_is_said_in_words(analysis):
    bare = {key: analysis[key] for key in ("schema", "software", "settings")}
    bare["rounds"] = [{key: analysis["rounds"][0][key] for key in ("round", "participants", "groups", "items")}]

    book = opened(as_workbook(bare))

    assert book.sheetnames == SHEETS
    assert {name: book[name]["A2"].value for name in EMPTY if name != "items"} == {
        name: words for name, words in EMPTY.items() if name != "items"
    }


def test_no_participant_is_named(book):
    values = {str(value) for sheet in book for row in sheet.iter_rows(values_only=True) for value in row}

    assert not [value for value in values if value.startswith("P00")]
