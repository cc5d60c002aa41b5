"""`delphi analyse` and `delphi rules`, as a person or a script calls them."""

import csv
import io
import json

import pytest
from click.testing import CliRunner
from openpyxl import Workbook

from delphi import __version__
from delphi.canonical import canonical_json
from delphi.cli.analyse import analyse, rules
from tests.statistics.computed_rounds import two_wave_figures
from tests.statistics.conftest import SHARED
from tests.statistics.test_vectors import excused, is_close, leaves, read

ENLIGHT = ["--scale", "1-7", "--zones", "1-3,4-4,5-7", "--rule", "enlight"]
PANEL = "participant,group,item,rating\n" + "".join(
    f"P{n},{group},pace,{rating}\n"
    for n, (group, rating) in enumerate([("users", 8)] * 7 + [("carers", 5)] * 2 + [("carers", 1)])
)


@pytest.fixture
def run(tmp_path):
    """Run `delphi analyse` on files given as name=content in a folder of their own."""

    def call(*options, **files):
        paths = []
        for name, content in files.items():
            path = tmp_path / name
            path.write_bytes(content if isinstance(content, bytes) else content.encode())
            paths.append(str(path))
        return CliRunner().invoke(analyse, [*paths, *map(str, options)])

    return call


def analysed(result):
    assert result.exit_code == 0, result.stderr
    return json.loads(result.stdout)


def test_json_is_one_canonical_line(run):
    result = run("--format", "json", panel=PANEL)

    content = analysed(result)
    assert result.stdout == canonical_json(content) + "\n"
    assert result.stdout.count("\n") == 1
    assert content["software"] == {"name": "delphi", "version": __version__}
    assert content["rounds"][0]["groups"] == {"carers": 3, "users": 7}


def test_figures_are_those_worked_by_hand(run):
    # 1, 5, 5, 8 x 7: type 7 quartiles at h = 3.25 and 7.75; mean 67 / 10; zones 1, 2, 7 of 10.
    panel, carers, users = analysed(run("--format", "json", panel=PANEL))["rounds"][0]["items"]

    assert (panel["median"], panel["q1"], panel["q3"], panel["mean"], panel["mode"]) == (8, 5.75, 8, 6.7, [8])
    assert panel["percent"] == {"low": 10, "middle": 20, "high": 70}
    assert [entry["verdict"] for entry in (panel, carers, users)] == ["consensus in", "no consensus", "consensus in"]


def test_the_order_of_the_lines_of_one_item_changes_nothing(run):
    head, *lines = PANEL.splitlines(keepends=True)

    assert run("--format", "json", panel=PANEL).stdout == run("--format", "json", panel=head + "".join(reversed(lines))).stdout


def test_the_real_delphi_comes_out_as_published():
    published = SHARED / "vectors" / "enlight_delphi_round1.json"
    if not published.is_file():
        pytest.skip("the shared test numbers are not beside this checkout")
    expected = json.loads(published.read_text(encoding="utf-8"))["expected"]["items"]

    items = analysed(
        CliRunner().invoke(
            analyse, [str(SHARED / "data" / "enlight-round1.csv"), *ENLIGHT, "--denominator", "answered", "--format", "json"]
        )
    )["rounds"][0]["items"]

    assert len(items) == len(expected) == 61
    for entry, wanted in zip(items, expected, strict=True):
        assert entry["item"] == wanted["item"]
        assert (entry["n_rated"], entry["n_unable"], entry["n_missing"]) == (
            wanted["n_rated"],
            wanted["n_unable_X"],
            wanted["n_blank"],
        )
        assert (entry["verdict"] == "consensus in") is wanted["included_gt_75pct"]
        assert entry["percent"]["high"] == pytest.approx(100 * wanted["rate_5to7_over_answered_incl_X"], abs=1e-8)
        low = entry["percent"]["low"] + 100 * wanted["rate_X"]
        assert low == pytest.approx(100 * wanted["rate_1to3_or_X"], abs=1e-8)
        for ours, theirs in (("median", "median"), ("q1", "q1_type7"), ("q3", "q3_type7"), ("mean", "mean"), ("sd", "sd")):
            assert entry[ours] == pytest.approx(wanted[theirs], abs=1e-8), entry["item"]


TWO_WAVES = {
    "biobanking-wa": ["--scale=-5..5", "--zones=-5..-2,-1..2,3..5"],
    "forestera": ["--scale=-5..5", "--zones=-5..-2,-1..2,3..5"],
    "uppsala-speaks": ["--scale", "1-7", "--zones", "1-3,4-4,5-7"],
}


@pytest.mark.parametrize("name", TWO_WAVES)
def test_two_waves_of_real_people_come_out_as_in_the_test_numbers(name):
    path = SHARED / "data" / f"{name}.csv"
    if not path.is_file():
        pytest.skip("the real ratings are not beside this checkout")
    vector = read(f"two_wave_{name.replace('-', '_')}")

    result = CliRunner().invoke(analyse, [str(path), *TWO_WAVES[name], "--rule", "percent-75", "--format", "json"])

    ours = dict(leaves(two_wave_figures(analysed(result), vector["inputs"]["items"])))
    wrong = {
        leaf: (expected, ours.get(leaf))
        for leaf, expected in leaves(vector["expected"])
        if not excused(vector["name"], leaf) and not (leaf in ours and is_close(ours[leaf], expected, vector["tolerance"]))
    }
    assert wrong == {}


def test_text_says_the_rule_the_numbers_and_why(run):
    result = run(panel=PANEL)

    assert result.exit_code == 0
    assert "Rule 70/15: Consensus in when at least 70 % rate it 7–9" in result.stdout
    assert "Round 1: 10 participants (carers 3, users 7)" in result.stdout
    assert "7 of 10 (70 %) rated 7–9 (at least 70 % needed)" in result.stdout


def test_csv_has_a_line_for_the_panel_and_each_group(run):
    panel, carers, _ = csv.DictReader(io.StringIO(run("--format", "csv", panel=PANEL).stdout))

    assert (panel["item"], panel["group"], panel["count_8"], panel["q1"], panel["percent_high"]) == (
        "pace",
        "",
        "7",
        "5.75",
        "70",
    )
    assert (carers["group"], carers["minimum"], carers["maximum"], carers["verdict"]) == ("carers", "1", "5", "no consensus")


def test_csv_leaves_empty_what_is_undefined_and_carries_no_formula(run):
    lines = csv.DictReader(io.StringIO(run("--format", "csv", panel="participant,=SUM(A1),+x\nBo,7,\n").stdout))

    first, second = lines
    assert (first["item"], first["sd"], first["mode"]) == ("'=SUM(A1)", "", "7")
    assert (second["item"], second["median"], second["percent_high"], second["verdict"]) == ("'+x", "", "", "not rated")


def test_output_goes_to_a_file(run, tmp_path):
    result = run("--format", "json", "--output", tmp_path / "out.json", panel=PANEL)

    assert (result.exit_code, result.stdout) == (0, "")
    assert (tmp_path / "out.json").read_text(encoding="utf-8") == run("--format", "json", panel=PANEL).stdout


def test_several_files_are_several_rounds(run):
    rounds = analysed(run("--format", "json", a="participant,pace\nBo,7\n", b="participant,pace\nBo,8\n"))["rounds"]

    assert [(round_["round"], round_["items"][0]["median"]) for round_ in rounds] == [(1, 7), (2, 8)]


def test_a_rule_file_is_read_against_the_scale(run, tmp_path):
    rule = tmp_path / "own.json"
    test = {"figure": "percent", "zone": [5, 5], "at_least": 66.6, "groups": "any", "n_min": 3}
    rule.write_text(json.dumps({"name": "own", "source": "ours", "in": test}))

    content = analysed(run("--rule", rule, "--format", "json", panel=PANEL))

    assert content["rounds"][0]["items"][0]["verdict"] == "consensus in"  # two of three carers
    assert content["settings"]["rule"]["in"]["at_least"] == 66.6


def test_settings_follow_the_options(run):
    options = [
        "--scale=-5..5",
        "--zones=-5..-2,-1..1,2..5",
        "--quantile-type",
        6,
        "--denominator",
        "answered",
        "--missing",
        "-",
        "--unable",
        "X",
    ]
    settings_and = analysed(run(*options, "--format", "json", panel="participant,pace,place\nBo,-5,X\nAda,4,-\n"))

    settings, (pace, place) = settings_and["settings"], settings_and["rounds"][0]["items"]
    assert settings["scale"] == {"low": -5, "high": 5}
    assert settings["zones"]["middle"] == [-1, 1]
    assert (settings["quantile_type"], settings["denominator"]) == (6, "answered")
    assert settings["rule"]["in"]["all"][0]["denominator"] == "answered"
    assert (pace["counts"]["-5"], pace["q1"], pace["ram"]) == (1, -5, None)
    assert (place["n_unable"], place["n_missing"]) == (1, 1)


def test_notices_go_to_standard_error(run):
    result = run("--format", "json", panel="participant,item,rating,note\nBo,pace,7,x\n")

    assert analysed(result)
    assert result.stderr == "panel: these columns are not used: 'note'.\n"


def test_a_spreadsheet_is_analysed_too(run):
    book, content = Workbook(), io.BytesIO()
    for row in (["participant", "pace"], ["Bo", 7], ["Ada", 8]):
        book.active.append(row)
    book.save(content)

    assert analysed(run("--format", "json", panel=content.getvalue()))["rounds"][0]["items"][0]["median"] == 7.5


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--scale", "1-7"], "On the scale 1–7 the zones have to be stated"),
        (["--scale", "nine"], "A scale is written like 1-9"),
        (["--scale", "9-1"], "from a lower to a higher level"),
        (["--zones", "1-3,3-6,7-9"], "do not overlap"),
        (["--zones", "1-3,4-6,7-10"], "not on the scale 1–9"),
        (["--rule", "80/20"], "There is no rule called '80/20'; there are 70/15"),
        (["--rule", "enlight"], "meant for the scale 1–7"),
        (["--missing", "5"], "--missing 5 means something else already"),
        (["--output", "/nowhere/at/all.json"], "/nowhere/at/all.json cannot be written"),
    ],
)
def test_options_that_cannot_be_used_are_refused_in_one_line(run, options, said):
    result = run(*options, panel=PANEL)

    assert (result.exit_code, result.stdout) == (2, "")
    assert said in result.stderr
    assert result.stderr.count("\n") == 1
    assert isinstance(result.exception, SystemExit)


@pytest.mark.parametrize(
    "options", [["--quantile-type", "10"], ["--quantile-type", "x"], ["--denominator", "asked"], ["--format", "pdf"], ["--nope"]]
)
def test_options_that_do_not_exist_are_refused(run, options):
    result = run(*options, panel=PANEL)

    assert (result.exit_code, result.stdout) == (2, "")
    assert "Error: " in result.stderr


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("{", "cannot be used as a rule"),
        ("[" * 100_000, "too deep|recursion|cannot be used as a rule"),
        ('{"name": "x", "in": {"figure": "iqr", "at_most": NaN}}', "NaN is not a number"),
        ('{"name": "x", "in": {"figure": "iqr", "at_most": 1, "at_most": 2}}', "stands there twice"),
        ('{"name": "x", "in": {"figure": "iqr", "at_most": 20}}', "20 is outside"),
        ('{"name": "x", "in": {"figure": "percent", "zone": "top", "at_least": 7}}', "no zone called 'top'"),
        (b"\xff\xfe", "cannot be used as a rule"),
        (" " * 100_001, "too large for a rule file"),
    ],
)
def test_a_rule_file_that_cannot_be_used_is_refused(run, tmp_path, content, said):
    rule = tmp_path / "own.json"
    rule.write_bytes(content if isinstance(content, bytes) else content.encode())

    result = run("--rule", rule, panel=PANEL)

    assert (result.exit_code, result.stdout) == (2, "")
    assert any(each in result.stderr for each in said.split("|"))
    assert isinstance(result.exception, SystemExit)


def test_a_rule_on_groups_is_refused_where_there_are_none(run):
    result = run("--rule", "70/15-every-group", panel="participant,pace\nBo,7\n")

    assert result.exit_code == 2
    assert "looks at groups, and these ratings have none" in result.stderr


def test_bad_ratings_are_refused_with_every_place_and_nothing_is_written(run, tmp_path):
    result = run("--output", tmp_path / "out.txt", panel="participant,pace,place\nBo,10,x\n")

    assert result.exit_code == 2
    assert result.stderr.splitlines()[0] == "The ratings cannot be used; nothing was read in."
    assert ["column 'pace'" in result.stderr, "column 'place'" in result.stderr] == [True, True]
    assert not (tmp_path / "out.txt").exists()


def test_a_file_that_is_not_there_is_refused(run, tmp_path):
    result = run(tmp_path / "absent.csv")

    assert result.exit_code == 2
    assert "absent.csv: no such file" in result.stderr


def test_help_has_an_example():
    assert "delphi analyse ratings.xlsx" in CliRunner().invoke(analyse, ["--help"]).stdout
    assert "delphi rules --json" in CliRunner().invoke(rules, ["--help"]).stdout


def test_rules_are_listed_with_sentence_and_source():
    text = CliRunner().invoke(rules).stdout
    listed = json.loads(CliRunner().invoke(rules, ["--json"]).stdout)

    assert [rule["name"] for rule in listed][:2] == ["70/15", "percent-75"]
    for rule in listed:
        assert rule["sentence"].startswith("Consensus in when ")
        assert rule["sentence"] in text
        assert rule["source"] in text
