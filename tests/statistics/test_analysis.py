"""The whole result: a panel worked by hand, degenerate input, real rounds, and what it must not depend on."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from delphi.canonical import canonical, canonical_json
from delphi.statistics import RatingsError, RuleError, Scale, ScaleError, Settings, UnusableError, Zones, analyse
from tests.statistics.conftest import ONE_TO_NINE, items_of, round_of, settings_for

U, N = 255, 254  # unable, not asked
SEVEN = Scale(1, 7)
ENLIGHT_ZONES = Zones((1, 3), (4, 4), (5, 7))


OF_THE_SHAPE = (  # worked by hand where they are computed
    "van_der_eijk_a",
    "polarisation",
    "leik_consensus",
    "tastle_wierman",
    "entropy",
    "bimodality_coefficient",
    "bootstrap",
)


def test_a_panel_of_five_in_two_groups_by_hand():
    ratings = round_of(
        [[7, 1, U], [8, 2, 0], [9, U, 0], [7, 9, N], [2, 9, N]],
        groups=[0, 0, 0, 1, 1],
        group_names=("carers", "users"),
        items=("first", "second", "third"),
    )

    result = analyse([ratings], settings_for(), "1.2.3")

    round_ = result["rounds"][0]
    panel, carers, users = round_["items"][:3]
    assert result["schema"] == "delphi-analysis/1"
    assert result["software"] == {"name": "delphi", "version": "1.2.3"}
    assert (round_["round"], round_["participants"], round_["groups"]) == (1, 5, {"carers": 3, "users": 2})
    assert [(entry["item"], entry["group"]) for entry in round_["items"][:4]] == [
        ("first", None),
        ("first", "carers"),
        ("first", "users"),
        ("second", None),
    ]
    # 2, 7, 7, 8, 9: sum 33, squares 247, 5 * 247 - 33² = 146, variance 146 / 20 = 7.3.
    assert canonical(panel) == canonical(
        {
            "item": "first",
            "criterion": None,
            "group": None,
            "n_rated": 5,
            "n_unable": 0,
            "n_missing": 0,
            "counts": {"1": 0, "2": 1, "3": 0, "4": 0, "5": 0, "6": 0, "7": 2, "8": 1, "9": 1},
            "median": 7,
            "q1": 7,
            "q3": 8,
            "iqr": 1,
            "mean": 6.6,
            "sd": 7.3**0.5,
            "cv": 7.3**0.5 / 6.6,
            "mad": 1,
            "aad_median": 1.6,
            "mode": [7],
            "range": [2, 9],
            "percent": {"low": 20, "middle": 0, "high": 80},
            "percent_interval": panel["percent_interval"],
            "median_interval": None,
            "i_cvi": 0.8,
            "modified_kappa": (0.8 - 5 / 32) / (1 - 5 / 32),  # four or more of five by tossing coins: 5 of 32 for just four
            "cvr": 0.6,  # (4 - 2.5) / 2.5
            "fragility": 1,  # the 2 in 7–9, and all five are
            "fragile": True,
            **{name: panel[name] for name in OF_THE_SHAPE},
            "ram": {
                "p30": 7,  # h = 0.3 * 4 + 1 = 2.2
                "p70": 7.8,  # h = 3.8
                "ipr": 0.8,
                "iprcp": 7.4,
                "asymmetry_index": 2.4,
                "ipras": 5.95,
                "disagreement_index": 0.8 / 5.95,
                "disagreement": False,
                "agreement_classic": None,
                "disagreement_classic": None,
                "appropriateness": "appropriate",
            },
            "verdict": "no consensus",
            "reason": "Not in: 1 of 5 (20 %) rated 1–3 (less than 15 % needed). "
            "Not out: 1 of 5 (20 %) rated 1–3 (at least 70 % needed) and 4 of 5 (80 %) rated 7–9 (less than 15 % needed).",
            "undefined": {
                "median_interval": "Five ratings or fewer give no interval at 95 %.",
                "ram.agreement_classic": "The classic cut-offs begin at eight ratings.",
                "ram.disagreement_classic": "The classic cut-offs begin at eight ratings.",
            },
        }
    )
    # Wilson with z² = 3.8415 for 4 of 5: (0.8 + 0.38415 ± 1.96 sqrt(0.032 + 0.038415)) / 1.7683.
    assert panel["percent_interval"]["high"] == pytest.approx([37.55, 96.38], abs=0.02)
    assert set(panel["percent_interval"]) == {"low", "high"}
    assert (carers["n_rated"], carers["verdict"]) == (3, "consensus in")
    assert (users["median"], users["range"]) == (4.5, [2, 7])


def test_unable_missing_and_not_asked_are_told_apart():
    ratings = round_of([[7, U], [8, 0], [2, N]], groups=[0, 0, 1], group_names=("carers", "users"), items=("first", "second"))

    panel, carers, users = items_of(ratings)[3:]

    assert [(entry["n_rated"], entry["n_unable"], entry["n_missing"]) for entry in (panel, carers, users)] == [
        (0, 1, 1),
        (0, 1, 1),
        (0, 0, 0),
    ]
    assert panel["reason"] == "Nobody rated it; 1 said that they are unable to."
    assert users["reason"] == "Nobody in this group who took part was asked it."


def test_what_nobody_rated_is_null_with_a_reason(vector):
    edge = vector("edge_cases")["expected"]["n0"]

    entry = items_of(round_of([[0, 7]]))[0]

    ours = {"median": entry["median"], "iqr": entry["iqr"], "percent": entry["percent"], "RAM": entry["ram"]}
    assert {**ours, "classification": entry["verdict"]} == edge
    nulls = {name for name, value in entry.items() if value is None} - {"criterion", "group"}
    assert nulls == set(entry["undefined"])
    assert set(entry["undefined"].values()) == {"Nobody rated it."}
    assert set(entry["counts"].values()) == {0}


def test_one_rating_and_equal_ratings_are_treated_as_recommended(vector):
    edge = vector("edge_cases")["expected"]

    one, same = items_of(round_of([[6, 4], [0, 4]]))

    assert edge["n1"]["median"] == "x"
    assert one["median"] == 6
    assert (one["iqr"], one["sd"], one["cv"]) == (edge["n1"]["iqr"], edge["n1"]["sd"], edge["n1"]["cv"])
    assert edge["n1"]["wilson"] == "defined"
    assert one["percent_interval"]["high"] == pytest.approx([0, 79.35], abs=0.01)  # z² / (1 + z²)
    assert edge["n1"]["RAM"] == "computed but flagged n<8"
    assert one["ram"]["disagreement_index"] == 0
    assert set(one["undefined"]) == {
        "sd",
        "cv",
        "median_interval",
        "bimodality_coefficient",
        "modified_kappa",
        "ram.agreement_classic",
        "ram.disagreement_classic",
    }
    assert (same["sd"], same["iqr"]) == (edge["all_same"]["sd"], edge["all_same"]["iqr"])


def test_a_mean_of_nothing_has_no_relative_variation(vector):
    assert vector("edge_cases")["expected"]["mean_zero"] == {"cv": None}

    entry = items_of(round_of([[1], [1]]), settings=settings_for(scale=Scale(0, 10), zones=Zones((0, 3), (4, 6), (7, 10))))[0]

    assert (entry["mean"], entry["sd"], entry["cv"]) == (0, 0, None)
    assert entry["undefined"]["cv"].startswith("A mean of 0")
    assert entry["undefined"]["ram"] == "RAND/UCLA is defined on the scale 1–9 only."
    assert entry["ram"] is None


def test_zones_without_a_middle_say_so():
    entry = items_of(round_of([[1], [4]]), settings=settings_for(scale=Scale(1, 4), zones=Zones((1, 2), None, (3, 4))))[0]

    assert entry["percent"] == {"low": 50, "middle": None, "high": 50}
    assert entry["undefined"]["percent.middle"] == "These zones have no middle."
    assert set(entry["percent_interval"]) == {"low", "high"}


def test_who_answered_nothing_counts_nowhere():
    answering = [[7, 8], [0, 2]]

    with_empty = analyse([round_of([*answering, [0, 0], [N, 0]], [0, 1, 1, 0], ("a", "b"))], settings_for(), "1")

    assert with_empty == analyse([round_of(answering, [0, 1], ("a", "b"))], settings_for(), "1")
    assert with_empty["rounds"][0]["groups"] == {"a": 1, "b": 1}


def test_criteria_stand_beside_their_item():
    entries = items_of(round_of([[7, 2, 8, 3]], items=("first", "second"), criteria=("importance", "clarity")))

    assert [(entry["item"], entry["criterion"], entry["median"]) for entry in entries] == [
        ("first", "importance", 7),
        ("first", "clarity", 2),
        ("second", "importance", 8),
        ("second", "clarity", 3),
    ]


def test_a_round_without_anybody_is_not_an_error():
    result = analyse([round_of(np.zeros((0, 2)), [], ("carers",))], settings_for(), "1")["rounds"][0]

    assert (result["participants"], result["groups"]) == (0, {"carers": 0})
    assert {entry["verdict"] for entry in result["items"]} == {"not rated"}


def test_settings_are_stated_in_full():
    stated = analyse([], settings_for("percent-75", quantile_type=6, denominator="answered"), "1")["settings"]

    assert stated == {
        "scale": {"low": 1, "high": 9},
        "zones": {"low": [1, 3], "middle": [4, 6], "high": [7, 9]},
        "quantile_type": 6,
        "denominator": "answered",
        "ram_boundary": "higher",
        "rule": settings_for("percent-75").rule.as_dict(),
        "replicates": 2000,
        "seed": 0,
    }


@pytest.mark.parametrize(
    ("settings", "refusal"),
    [
        ({"zones": Zones((1, 3), (4, 6), (7, 10))}, ScaleError),
        ({"quantile_type": 0}, UnusableError),
        ({"denominator": "asked"}, UnusableError),
    ],
)
def test_settings_that_contradict_themselves_are_refused(settings, refusal):
    usual = settings_for()

    with pytest.raises(refusal):
        Settings(**{"scale": ONE_TO_NINE, "zones": usual.zones, "rule": usual.rule, **settings})


def test_a_rule_on_groups_needs_groups():
    with pytest.raises(RuleError, match="these ratings have none"):
        analyse([round_of([[7]])], settings_for("70/15-every-group"), "1")


def test_a_matrix_of_another_width_is_refused():
    with pytest.raises(RatingsError, match="Round 1 has 2 things to rate"):
        round_of([[7, 8, 9]], items=("first", "second"))


@given(st.data())
def test_the_order_of_the_panelists_changes_nothing(data):
    rows = data.draw(st.lists(st.tuples(st.integers(-1, 1), *[st.sampled_from([0, *range(1, 10), U, N])] * 3), max_size=14))
    shuffled = data.draw(st.permutations(rows))

    def text(panel):
        matrix = np.array([row[1:] for row in panel]).reshape(-1, 3)
        return canonical_json(analyse([round_of(matrix, [row[0] for row in panel], ("a", "b"))], settings_for("ram"), "1"))

    assert text(rows) == text(shuffled)


@given(st.lists(st.lists(st.sampled_from([0, *range(1, 10), U, N]), min_size=2, max_size=2), max_size=12))
def test_the_result_is_plain_json_and_every_null_has_its_reason(rows):
    matrix = np.array(rows).reshape(-1, 2)

    result = analyse([round_of(matrix)], settings_for(), "1")

    assert json.loads(json.dumps(result, allow_nan=False)) == result
    for entry in result["rounds"][0]["items"]:
        nested = {f"{part}.{name}": value for part in ("percent", "ram") for name, value in (entry[part] or {}).items()}
        nulls = {name for name, value in {**entry, **nested}.items() if value is None} - {"criterion", "group"}
        assert nulls == set(entry["undefined"])
        assert sum(entry["counts"].values()) == entry["n_rated"]
