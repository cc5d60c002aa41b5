"""The page of an analysis holds the analysis' numbers, needs nothing else, and takes nothing from a ratings file but words."""

import re
from copy import deepcopy
from html import unescape

import pytest

from delphi.reports.analysis_definitions import definitions, flat
from delphi.reports.analysis_page import as_page
from delphi.reports.analysis_parts import aligned
from tests.reports.full_analysis import GROUPS, ITEMS, full_analysis

SENTENCE = "Consensus in when at least 70 % rate it 7–9 & less than 15 % rate it 1–3."
SECTIONS = ["overview", "verdicts", "sensitivity", "movement", "panel", "differences", "attrition", "items", "definitions"]


@pytest.fixture(scope="module")
def analysis():
    analysis = full_analysis()
    analysis["sensitivity"]["items"][1] |= {
        "people_who_flip": 3,
        "flips_to": ["no consensus"],
        "groups_that_flip": {"Carers": "no consensus"},
        "quantile_types": {"6": "no consensus", "7": "consensus in"},
    }
    return analysis


@pytest.fixture(scope="module")
def page(analysis):
    return as_page(analysis, SENTENCE)


def without(analysis, *keys):
    """Return a copy without these blocks, wherever they stand."""
    copy = deepcopy(analysis)
    for place in (copy, *copy["rounds"]):
        for key in keys:
            place.pop(key, None)
    return copy


def words(html):
    """Return what is read, on one line."""
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", re.sub(r"<style>.*?</style>", "", html, flags=re.S))).split())


def sections(html):
    return re.findall(r'<section id="([a-z]+)"', html)


def article(html, item):
    return next(part for part in re.findall(r"<article.*?</article>", html, re.S) if f">{item}</h3>" in part)


def rows(html, caption):
    """Return the cells of the table with that caption, as words."""
    table = next(part for part in re.findall(r"<table>.*?</table>", html, re.S) if f">{caption}</caption>" in part)
    found = re.findall(r"<tr>(.*?)</tr>", table, re.S)
    return [[words(cell) for cell in re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row, re.S)] for row in found]


def test_the_page_has_a_part_for_everything_that_the_analysis_has(page):
    assert sections(page) == SECTIONS


def test_the_page_fetches_nothing_and_runs_nothing(page):
    assert not re.findall(r"<(script|link|img|iframe|object|embed)\b|\son[a-z]+=|@import|url\(", page)
    assert set(re.findall(r'(?:src|href)="([^"]*)"', page)) - {ref for ref in re.findall(r'href="(#[^"]*)"', page)} == set()
    assert set(re.findall(r"https?://[^\s\"<]+", page)) <= {"http://www.w3.org/2000/svg"}


def test_every_link_leads_to_a_place_on_the_page_and_no_id_stands_twice(page):
    ids = re.findall(r'\sid="([^"]+)"', page)

    assert len(ids) == len(set(ids))
    assert set(re.findall(r'href="#([^"]+)"', page)) <= set(ids)


def test_names_from_a_ratings_file_are_only_words(page):
    assert "<script>alert" not in page
    assert "<script>alert(1)</script>" in words(page)


def test_the_rule_stands_at_the_head_as_a_sentence_and_escaped(page):
    assert "7–9 &amp; less" in page
    assert page.index("Rule 70/15") < page.index('<section id="overview"')
    assert SENTENCE in words(page)


def test_the_overview_has_every_items_figures(analysis, page):
    told = rows(page, "Round 2: 40 people")
    panel = [entry for entry in analysis["rounds"][1]["items"] if entry["group"] is None]

    assert [row[0] for row in told[1:]] == list(ITEMS)
    for row, entry in zip(told[1:], panel, strict=True):
        assert row[1] == entry["verdict"]
        assert [int(cell) for cell in row[2:4]] == [entry["n_rated"], entry["n_unable"]]
        assert [float(cell) for cell in (row[4], row[6])] == [entry["median"], entry["iqr"]]
        assert float(row[7]) == pytest.approx(entry["percent"]["high"], abs=0.051)
        assert row[9].startswith("fragile" if entry["fragile"] else "not fragile")
        assert f"{entry['fragility']} rating" in row[9]


def test_each_item_shows_all_its_figures_for_the_panel_and_each_group(analysis, page):
    entries = [entry for entry in analysis["rounds"][1]["items"] if entry["item"] == "Pace"]
    told = {row[0]: row[1:] for row in rows(article(page, "Pace"), "Round 2: all figures")}

    assert told["Figure"] == ["Panel", *GROUPS]
    assert told["Rated"] == [str(entry["n_rated"]) for entry in entries]
    assert [float(cell) for cell in told["Mean"]] == pytest.approx([entry["mean"] for entry in entries], abs=0.0051)
    assert told["Verdict"] == [entry["verdict"] for entry in entries]
    assert [float(cell) for cell in told["Van der Eijk’s A"]] == pytest.approx(
        [entry["van_der_eijk_a"] for entry in entries], abs=0.00051
    )


def test_an_undefined_figure_is_a_dash_and_its_reason_is_said_in_words(analysis, page):
    small = next(e for e in analysis["rounds"][1]["items"] if e["item"] == "Pace" and e["group"] == GROUPS[2])
    told = {row[0]: row[1:] for row in rows(article(page, "Pace"), "Round 2: all figures")}

    assert small["median_interval"] is None
    assert told["Median, 95 % interval"][3] == "–"
    assert small["undefined"]["median_interval"] in words(article(page, "Pace"))


def test_what_is_undefined_everywhere_for_one_reason_is_said_once(analysis):
    copy = deepcopy(analysis)
    for round_ in copy["rounds"]:
        for entry in round_["items"]:
            entry["cvr"] = None
            entry["undefined"]["cvr"] = "It was not asked for."

    page = as_page(copy, SENTENCE)

    assert words(page).count("It was not asked for.") == 1
    assert "Lawshe’s CVR: It was not asked for." in words(page)


def test_every_number_leads_to_its_definition(analysis, page):
    used = {path for round_ in analysis["rounds"] for entry in round_["items"] for path, _ in flat(entry)}

    defined = set(re.findall(r'<div id="def-([^"]+)"><dt>', page))

    assert used & set(definitions()) <= defined
    assert set(re.findall(r'href="#def-([^"]+)"', page)) <= defined


def test_every_figure_of_the_analysis_has_a_definition(analysis):
    names = {"item", "criterion", "group", "reason", "from", "to", "participant", "distance", "outlying", "ram", "flips_to"}
    records = [
        entry for round_ in analysis["rounds"] for key in ("items", "group_panels", "group_differences") for entry in round_[key]
    ]
    records += [entry for key in ("stability", "conformity", "worst_case") for step in analysis[key] for entry in step["items"]]
    records += [*analysis["attrition"], *analysis["standings"], *(round_["panel"] for round_ in analysis["rounds"])]

    assert {path for record in records for path, _ in flat(record)} - set(definitions()) - names == set()


def test_what_the_verdicts_would_be_had_those_who_left_answered_is_shown(analysis, page):
    (step,) = analysis["worst_case"]

    told = rows(page, "From round 1 to round 2: had all who left rated the lowest level, or the highest")

    assert [row[0] for row in told[1:]] == [item["item"] for item in step["items"]]
    assert all(
        item["all_lowest"] in row and item["all_highest"] in row for row, item in zip(told[1:], step["items"], strict=True)
    )
    assert len(rows(page, "What each item has come to")) == 1 + len(analysis["standings"])


def test_verdicts_under_other_rules_are_shown_with_what_would_change_them(analysis, page):
    told = rows(page, "What would change each verdict")

    for row, item in zip(told[1:], analysis["sensitivity"]["items"], strict=True):
        assert row[0] == item["item"]
        assert float(row[2]) == pytest.approx(item["agreement_percent"], abs=0.051)
        assert row[3] == (
            f"{item['people_who_flip']} could change it: {', '.join(item['flips_to'])}" if item["people_who_flip"] else "the same"
        )
        assert all(f"without {group}: {verdict}" in row[4] for group, verdict in item["groups_that_flip"].items())
    assert all(rule in words(page) for rule in analysis["sensitivity"]["rules"])


def test_verdicts_that_depend_on_the_type_of_quantile_are_listed(page):
    told = rows(page, "Verdicts that depend on how quartiles or percentages are taken")

    assert told[1:] == [["Pace", "no consensus: 6; consensus in: 7", "the same"]]


def test_whether_to_stop_is_said_with_the_clause(analysis, page):
    assert analysis["stopping"]["clause"] in words(page)


def test_a_group_of_fewer_than_five_is_named_in_a_warning(analysis, page):
    assert f"{GROUPS[2]} (4)" in words(page)
    assert "Small groups." not in words(as_page(without_groups(analysis), SENTENCE))


def without_groups(analysis):
    """Return the analysis as it would be of a panel without groups."""
    copy = without(analysis, "group_panels", "group_differences")
    for round_ in copy["rounds"]:
        round_["groups"] = {}
        round_["items"] = [entry for entry in round_["items"] if entry["group"] is None]
    for step in copy["stability"]:
        step["items"] = [entry for entry in step["items"] if entry["group"] is None]
    return copy


def test_no_participant_is_named(analysis, page):
    assert "P0000" not in str(analysis)
    assert not re.search(r"P\d{4}", page)
    assert "Person by person, the mean distance" in words(page)


@pytest.mark.parametrize(
    ("key", "section"),
    [("sensitivity", "sensitivity"), ("panel", "panel"), ("group_differences", "differences"), ("attrition", "attrition")],
)
def test_what_the_analysis_does_not_have_is_left_out(analysis, key, section):
    assert sections(as_page(without(analysis, key), SENTENCE)) == [each for each in SECTIONS if each != section]


def test_one_round_and_no_group_give_a_page_without_movement():
    analysis = full_analysis(n_rounds=1)
    bare = without_groups(analysis | {"stability": []})

    page = as_page(without(bare, "stability", "attrition", "sensitivity", "panel", "stance", "conformity", "stopping"), SENTENCE)

    assert sections(page) == ["overview", "verdicts", "items", "definitions"]
    assert page.count("<article") == len(ITEMS)


def test_an_item_that_nobody_rated_is_shown_with_its_reason(analysis):
    copy = deepcopy(analysis)
    entry = copy["rounds"][1]["items"][0]
    undefined = {path: "Nobody rated it." for path, value in entry.items() if value is None or isinstance(value, float)}
    entry |= dict.fromkeys(("median", "q1", "q3", "iqr", "mean", "percent", "percent_interval", "range", "mode", "ram"))
    entry |= {
        "n_rated": 0,
        "counts": dict.fromkeys(entry["counts"], 0),
        "verdict": "not rated",
        "undefined": undefined | {"median": "Nobody rated it."},
    }

    page = as_page(copy, SENTENCE)

    assert rows(page, "Round 2: 40 people")[1][1:8] == [
        "not rated",
        "0",
        str(entry["n_unable"]),
        "–",
        "–",
        "–",
        "–",
    ]
    assert "Nobody rated it" in words(article(page, ITEMS[0]))


def test_every_picture_has_its_numbers_as_a_table(page):
    assert page.count("<figure") == page.count("These numbers as a table") == page.count("<svg xmlns")


def test_the_same_analysis_gives_the_same_page(analysis, page):
    assert as_page(deepcopy(analysis), SENTENCE) == page


def test_numbers_of_a_column_align_on_the_decimal():
    assert aligned([6.0, 6.5, None, -1.25], 2) == ["6.00", "6.50", "–", "−1.25"]
