"""The table of figures in the documentation: every function and vector in it exists, and nothing is left out of it."""

import importlib
import re
from pathlib import Path

import numpy as np
import pytest

from delphi.statistics import RoundRatings, analyse
from tests.statistics.conftest import SHARED, settings_for
from tests.statistics.test_vectors import COMPUTED

TEXT = (Path(__file__).parents[2] / "docs" / "statistics.md").read_text(encoding="utf-8")
ROWS = [
    [cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]]
    for line in TEXT.splitlines()
    if line.startswith("| ") and not line.startswith(("| ---", "| figure"))
]
NAMES = {"item", "criterion", "group", "undefined", "n_pairs", "zone_table", "cv_change", "median_change", "iqr_change"}


def names_in(cell):
    return re.findall("`([^`]+)`", cell)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0][:30])
def test_a_row_names_a_function_that_promises_something(row):
    figure, definition, source, functions, _ = row

    assert figure
    assert definition
    assert source
    for function in names_in(functions):
        module, _, name = function.rpartition(".")
        assert getattr(importlib.import_module(f"delphi.statistics.{module}"), name).__doc__


def test_the_vectors_of_the_table_are_all_vectors_there_are():
    named = {name.strip() for row in ROWS for name in row[4].split(",")} - {"–"}

    assert named <= set(COMPUTED)
    if SHARED.is_dir():
        missing = {path.stem for path in (SHARED / "vectors").glob("*.json")} - named - {"edge_cases", "dispersion"}
        assert missing == set()


def test_every_figure_of_a_result_is_in_the_table():
    matrix = np.array([[7, 8], [2, 9], [8, 1]], dtype=np.uint8)
    rounds = [
        RoundRatings(number, ("a", "b"), (None,), matrix, np.array([0, 0, 1]), ("x", "y"), ("p", "q", "r")) for number in (1, 2)
    ]
    result = analyse(rounds, settings_for(), "1")
    figures = {
        *result["rounds"][1]["items"][0],
        *result["rounds"][1]["panel"],
        *result["stability"][0]["items"][0],
    }

    documented = {name.split(".")[0] for row in ROWS for name in names_in(row[0])}

    assert figures - NAMES - documented == set()


def test_the_example_of_the_page_runs():
    code = re.search("```python\n(.*?)```", TEXT, re.DOTALL).group(1)
    random = np.random.default_rng(1)
    before, ballots = random.integers(1, 10, (2, 30, 4), dtype=np.uint8)
    names = {"before": before, "ballots": ballots, "groups": random.integers(0, 6, 30)}

    exec(code, names)

    assert names["figures"].counts.levels.shape == names["now"].counts.levels.shape == (4, 7, 9)
    assert names["change"].joint.sum() == 2 * 30 * 4
