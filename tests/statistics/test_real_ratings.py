"""Real ratings: the figures are those that their authors published, or that counting the lines gives."""

import csv
from collections import Counter

import numpy as np
import pytest

from delphi.statistics import Scale, Zones, analyse
from tests.statistics.conftest import SHARED, items_of, round_of, settings_for

U, N = 255, 254  # unable, not asked
SEVEN = Scale(1, 7)
ENLIGHT_ZONES = Zones((1, 3), (4, 4), (5, 7))


def enlight_matrix(published):
    code = {**{str(level): level for level in range(1, 8)}, "X": U, "": 0}
    return [[code[rating] for rating in row] for row in published["inputs"]["ratings_by_respondent"]]


def test_every_figure_of_the_real_first_round_is_reproduced(vector):
    published = vector("enlight_delphi_round1")
    names = published["inputs"]["items"]
    ratings = round_of(enlight_matrix(published), items=tuple(names))
    by_rated = items_of(ratings, settings=settings_for("enlight", SEVEN, ENLIGHT_ZONES))
    by_answered = items_of(ratings, settings=settings_for("enlight", SEVEN, ENLIGHT_ZONES, denominator="answered"))

    for wanted, rated, answered in zip(published["expected"]["items"], by_rated, by_answered, strict=True):
        n_answered = rated["n_rated"] + rated["n_unable"]
        ours = {
            "item": rated["item"],
            "answered": n_answered,
            "n_rated": rated["n_rated"],
            "n_unable_X": rated["n_unable"],
            "n_blank": rated["n_missing"],
            "rate_5to7_over_answered_incl_X": answered["percent"]["high"] / 100,
            "rate_1to3_or_X": answered["percent"]["low"] / 100 + rated["n_unable"] / n_answered,
            "rate_X": rated["n_unable"] / n_answered,
            "included_gt_75pct": rated["verdict"] == "consensus in",
            "rate_5to7_excl_X": rated["percent"]["high"] / 100,
            "median": rated["median"],
            "q1_type7": rated["q1"],
            "q3_type7": rated["q3"],
            "mean": rated["mean"],
            "sd": rated["sd"],
        }
        assert set(ours) == set(wanted)
        for figure, value in wanted.items():
            close = value if isinstance(value, str | bool) else pytest.approx(value, abs=published["tolerance"])
            assert ours[figure] == close, (rated["item"], figure)
        assert answered["verdict"] == rated["verdict"]  # the rule names its own denominator

    assert len(by_rated) == 61
    dropping = [entry["item"] for entry in by_rated if (entry["percent"]["high"] > 75) != (entry["verdict"] == "consensus in")]
    assert dropping == published["expected"]["decision_changes_if_X_excluded_from_denominator"]
    assert len(ratings.matrix) == published["expected"]["rounds"]["round1"] == published["inputs"]["n_respondents"]


def test_the_votes_of_the_real_later_rounds_are_counted(vector):
    later = vector("enlight_delphi_rounds_2_4")
    expected, scale, zones = later["expected"], Scale(1, 2), Zones((1, 1), None, (2, 2))
    settings = settings_for("percent-75", scale, zones)
    fourth = expected["round4_always_report"]
    n_last = later["inputs"]["round4_n"]
    votes = [[2] * v["yes"] + [1] * v["no"] + [0] * (n_last - v["n"]) for v in fourth.values()]

    last = analyse([round_of(np.array(votes).T, items=tuple(fourth))], settings, "1")["rounds"][0]

    for entry in last["items"]:
        vote = fourth[entry["item"]]
        assert entry["counts"] == {"1": vote["no"], "2": vote["yes"]}
        assert (entry["n_rated"], entry["n_missing"]) == (vote["n"], n_last - vote["n"])
        assert entry["percent"]["high"] == pytest.approx(100 * vote["yes"] / vote["n"])
    n_first = 65
    assert last["participants"] / n_first == pytest.approx(expected["retention"]["r4_of_r1"])

    n_second = later["inputs"]["round2_n"]
    for kind in ("round2_votes_to_include", "round2_votes_to_exclude"):
        chosen = [[2] * n + [1] * (n_second - n) for n in expected[kind].values()]
        second = analyse([round_of(np.array(chosen).T, items=tuple(expected[kind]))], settings, "1")["rounds"][0]
        assert {entry["item"]: entry["counts"]["2"] for entry in second["items"]} == expected[kind]
        assert second["participants"] / n_first == pytest.approx(expected["retention"]["r2_of_r1"])

    words = {"Very satisfied": 5, "Satisfied": 4, "Unsure": 3, "Dissatisfied": 2}
    for question, answers in expected["round4_satisfaction"].items():
        column = [[words[word]] for word, n in answers.items() for _ in range(n)]
        entry = items_of(round_of(column), settings=settings_for("percent-75", Scale(1, 5), Zones((1, 2), (3, 3), (4, 5))))[0]
        assert {word: entry["counts"][str(level)] for word, level in words.items() if word in answers} == answers, question


@pytest.mark.parametrize("name", ["forestera", "biobanking-wa", "uppsala-speaks"])
def test_counts_of_real_ratings_are_those_of_the_lines(name):
    path = SHARED / "data" / f"{name}.csv"
    if not path.is_file():
        pytest.skip("the shared real ratings are not beside this checkout")
    with path.open(encoding="utf-8-sig", newline="") as file:
        lines = [line for line in csv.DictReader(file) if line["round"] == "1" and line["rating"]]
    low, high = min(int(line["rating"]) for line in lines), max(int(line["rating"]) for line in lines)
    people, items = (sorted({line[column] for line in lines}) for column in ("participant", "item"))
    matrix = np.zeros((len(people), len(items)), dtype=np.uint8)
    for line in lines:
        matrix[people.index(line["participant"]), items.index(line["item"])] = int(line["rating"]) - low + 1
    scale, zones = Scale(low, high), Zones((low, low), None, (high, high))

    entries = items_of(round_of(matrix, items=tuple(items)), settings=settings_for(scale=scale, zones=zones))

    for entry in entries:
        tally = Counter(line["rating"] for line in lines if line["item"] == entry["item"])
        assert {level: n for level, n in entry["counts"].items() if n} == dict(tally)
