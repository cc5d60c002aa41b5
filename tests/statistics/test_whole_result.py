"""The whole result of linked rounds, worked by hand: change, people, decisions, and a reason for every null."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from delphi.canonical import canonical_json
from delphi.statistics import RoundRatings, RuleContext, Scale, Settings, Zones, analyse, parse_rule, preset_rule
from tests.statistics.conftest import round_of, settings_for

GROUPS = ("carers", "users")


def linked(number, matrix, people, groups=None, items=("pace", "place"), names=GROUPS):
    codes = np.full(len(people), -1) if groups is None else np.array(groups, dtype=np.int64)
    return RoundRatings(number, items, (None,), np.array(matrix, dtype=np.uint8), codes, names, tuple(people))


def of_panel(entries):
    return {entry["item"]: entry for entry in entries if entry.get("group") is None}


FIRST = linked(1, [[7, 8], [8, 2], [9, 5], [3, 5], [7, 255]], "pqrst", [0, 0, 0, 1, 1])
SECOND = linked(2, [[8, 8], [8, 9], [4, 5], [7, 0]], "pqtu", [0, 0, 1, 1])


@pytest.fixture(scope="module")
def result():
    return analyse([FIRST, SECOND], settings_for(), "1")


def test_change_is_of_those_who_rated_both_times(result):
    change = of_panel(result["stability"][0]["items"])

    # pace: p 7 to 8, q 8 to 8, t 7 to 4; place: p 8 to 8, q 2 to 9, t was unable before.
    assert (result["stability"][0]["from"], result["stability"][0]["to"]) == (1, 2)
    assert change["pace"]["n_pairs"] == 3
    assert change["pace"]["percent_changed"] == pytest.approx(200 / 3)
    assert change["pace"]["percent_zone_changed"] == pytest.approx(100 / 3)
    assert change["pace"]["mean_absolute_change"] == pytest.approx(4 / 3)
    assert change["pace"]["wilcoxon"]["v"] == 1  # the rise of 1 has rank 1, the fall of 3 rank 2
    assert change["pace"]["mcnemar"] == {"b": 1, "c": 0, "statistic": None, "p": 1}
    assert change["pace"]["zone_table"] == [[0, 0, 0], [0, 0, 0], [0, 1, 2]]
    assert change["place"]["n_pairs"] == 2
    assert change["place"]["median_change"] == 8.5 - 5


def test_a_group_that_has_no_pairs_has_reasons(result):
    users = next(entry for entry in result["stability"][0]["items"] if entry["item"] == "place" and entry["group"] == "users")

    assert users["n_pairs"] == 0
    assert users["stable"] is None
    assert set(users["undefined"].values()) == {"Nobody rated it in both rounds."}


def test_who_stayed_left_and_joined(result):
    panel, carers, users = result["attrition"]

    # r and s left; u joined among the users. Means of round 1: stayed 7.5, 5, 7; left 7, 4.
    kept = {name: [entry[name] for entry in (panel, carers, users)] for name in ("stayed", "left", "joined", "completed")}
    assert kept == {"stayed": [3, 2, 1], "left": [2, 1, 1], "joined": [1, 0, 1], "completed": [3, 2, 1]}
    assert panel["mean_stayed"] == pytest.approx(6.5)
    assert panel["mean_left"] == pytest.approx(5.5)
    assert panel["test"] is None
    assert panel["undefined"]["p"].startswith("Fewer than 5")


def test_movement_is_told_from_the_median_fed_back(result):
    moved = {entry["item"]: entry for entry in result["conformity"][0]["items"]}

    # pace: the median was 7, so q alone was apart and stayed; place: it was 5, p stayed at 8, q went away from it, from 2 to 9.
    assert [moved["pace"][name] for name in ("n_apart", "toward", "away", "unchanged")] == [1, 0, 0, 1]
    assert [moved["place"][name] for name in ("n_apart", "toward", "away", "unchanged")] == [2, 0, 1, 1]


def test_stance_is_the_distance_from_the_others(result):
    stance = result["rounds"][0]["stance"]

    # The others' medians of pace are 7.5, 7, 7, 7.5, 7.5, of place 5 each: p .5 and 3, q 1 and 3, r 2 and 0, s 4.5 and 0, t .5.
    assert stance == {"people": 5, "nearest": 0.5, "farthest": 2.25, "fence": stance["fence"], "outlying": 0, "undefined": {}}
    assert stance["fence"] == pytest.approx(2 + 1.5)  # of .5, 1, 1.75, 2, 2.25 the quartiles are 1 and 2


def test_the_last_round_answers_whether_to_stop(result):
    assert result["stopping"] == {"stop": False, "clause": "Not yet: of 2 open items 2 are not stable."}


def test_what_each_item_has_come_to_stands_beside_the_answer(result):
    told = [(one["item"], one["stable"], one["standing"]) for one in result["standings"]]

    assert told == [("pace", False, "not stable"), ("place", False, "not stable")]


def test_the_last_round_by_the_plan_stops_it():
    found = analyse([FIRST, SECOND], settings_for(max_rounds=2), "1")

    assert found["settings"]["max_rounds"] == 2
    assert found["stopping"] == {"stop": True, "clause": "Round 2 is the last of 2: of 2 open items 2 are not stable."}


def test_what_is_new_in_a_round_has_no_stability():
    second = linked(2, [[7, 8, 9]] * 2, "pq", [0, 0], items=("place", "new", "pace"))

    found = analyse([FIRST, second], settings_for(), "1")

    assert set(of_panel(found["stability"][0]["items"])) == {"place", "pace"}
    assert {entry["item"] for entry in found["conformity"][0]["items"]} == {"place", "pace"}
    assert "1 was not rated by the same people in two rounds" in found["stopping"]["clause"]
    assert [one["standing"] for one in found["standings"] if one["item"] == "new"] == [None]


def test_rounds_whose_people_are_not_named_are_not_linked():
    anonymous = [
        round_of(ratings.matrix, ratings.groups, GROUPS, ratings.items, round_=n) for n, ratings in ((1, FIRST), (2, SECOND))
    ]

    found = analyse(anonymous, settings_for(), "1")

    assert (found["stability"], found["attrition"], found["conformity"], found["worst_case"]) == ([], [], [], [])
    assert found["rounds"] == analyse([FIRST, SECOND], settings_for(), "1")["rounds"]


def test_a_decision_that_one_rating_or_one_person_changes_is_fragile():
    # 7 of 10 is 70 %: one fewer and 70/15 does not hold; 10 of 10 takes four.
    matrix = [[7, 9]] * 7 + [[5, 9]] * 3

    found = analyse([round_of(matrix, items=("edge", "firm"))], settings_for(), "1")

    edge, firm = of_panel(found["rounds"][0]["items"]).values()
    assert (edge["verdict"], edge["fragility"], edge["fragile"]) == ("consensus in", 1, True)
    assert (firm["verdict"], firm["fragility"], firm["fragile"]) == (
        "consensus in",
        2,
        False,
    )  # two in 1–3 are not less than 15 %
    shaken, still = found["sensitivity"]["items"]
    assert (shaken["people_who_flip"], shaken["flips_to"]) == (7, ["no consensus"])  # 6 of 9 are 67 %
    assert (still["people_who_flip"], still["flips_to"]) == (0, [])
    assert shaken["verdicts"]["percent-75"] == "no consensus"
    assert shaken["agreement_percent"] < still["agreement_percent"] == 100


def test_a_group_that_decides_is_named():
    matrix = [[8]] * 9 + [[2]] * 3

    found = analyse([round_of(matrix, [0] * 9 + [1] * 3, GROUPS, items=("pace",))], settings_for(), "1")

    entry = found["sensitivity"]["items"][0]
    assert found["rounds"][0]["items"][0]["verdict"] == "no consensus"
    assert entry["groups_that_flip"] == {"carers": "consensus out", "users": "consensus in"}


def test_the_alternatives_of_a_rule_are_those_that_matter_to_it():
    matrix = [[rating] for rating in (1, 4, 4, 6, 6, 8, 9, 9)]

    by_class = analyse([round_of(matrix)], settings_for("ram"), "1")["sensitivity"]["items"][0]
    by_share = analyse([round_of(matrix)], settings_for("percent-75"), "1")["sensitivity"]["items"][0]

    assert list(by_class["quantile_types"]) == [str(n) for n in range(1, 10)]
    assert by_class["denominators"] == {}
    assert by_share["quantile_types"] == {}
    assert set(by_share["denominators"]) == {"rated", "answered"}


def test_differences_between_groups_are_tested_where_there_are_enough_people():
    apart = [[8], [9], [8], [7], [9], [2], [3], [2], [1], [3]]

    tested = analyse([round_of(apart, [0] * 5 + [1] * 5, GROUPS)], settings_for(), "1")["rounds"][0]["group_differences"][0]
    untested = analyse([round_of(apart[:6], [0] * 5 + [1], GROUPS)], settings_for(), "1")["rounds"][0]["group_differences"][0]
    alone = analyse([round_of(apart)], settings_for(), "1")["rounds"][0]["group_differences"]

    assert (tested["test"], tested["statistic"], tested["effect"]) == ("mann-whitney", 25, 1)
    assert tested["undefined"] == {"df": "Mann-Whitney has no degrees of freedom."}
    assert untested["test"] is None
    assert set(untested["undefined"]) == {"test", "statistic", "df", "p", "p_adjusted", "effect"}
    assert alone == []


def test_criteria_have_panels_of_their_own():
    found = analyse([round_of([[7, 1, 8, 2], [8, 2, 9, 1]], items=("a", "b"), criteria=("good", "clear"))], settings_for(), "1")

    panels = found["rounds"][0]["criterion_panels"]
    assert [(entry["criterion"], entry["group"]) for entry in panels] == [("good", None), ("clear", None)]
    assert panels[0]["kendall_w"]["n_items"] == 2
    assert found["rounds"][0]["panel"]["kendall_w"]["n_items"] == 4


def nulls_without_reason(value, path=""):
    """Return the paths of nulls in entries that have `undefined` beside or above them without naming them."""
    found = []
    if isinstance(value, list):
        for index, part in enumerate(value):
            found += nulls_without_reason(part, f"{path}/{index}")
    elif isinstance(value, dict) and "undefined" in value:
        names = {name: part for name, part in value.items() if name not in ("undefined", "criterion", "group")}
        flat = {
            f"{name}.{part}": each for name, inner in names.items() if isinstance(inner, dict) for part, each in inner.items()
        }
        nulls = {name for name, each in {**names, **flat}.items() if each is None}
        found += [f"{path}/{name}" for name in nulls ^ set(value["undefined"])]
    elif isinstance(value, dict):
        for name, part in value.items():
            found += nulls_without_reason(part, f"{path}/{name}")
    return found


SCALES = [
    (Scale(1, 9), Zones((1, 3), (4, 6), (7, 9))),
    (Scale(-2, 2), Zones((-2, -1), (0, 0), (1, 2))),
    (Scale(1, 2), Zones((1, 1), None, (2, 2))),
]


@st.composite
def panels(draw):
    scale, zones = draw(st.sampled_from(SCALES))
    codes = st.integers(0, scale.n_levels) | st.sampled_from([254, 255])
    rounds = []
    for number in (1, 2):
        n_people = draw(st.integers(0, 8))
        people = draw(st.permutations("pqrstuvw"))[:n_people]
        matrix = draw(arrays.arrays(np.uint8, (n_people, 2), elements=codes))
        rounds.append(linked(number, matrix, people, draw(st.lists(st.integers(-1, 1), min_size=n_people, max_size=n_people))))
    rule = draw(st.sampled_from(["70/15", "percent-75", "70/15-every-group"]))
    return rounds, Settings(scale, zones, preset_rule(rule, RuleContext(scale, zones)))


@given(panels())
@settings(max_examples=60)
def test_every_null_has_a_reason_and_nothing_is_not_a_number(panel):
    rounds, chosen = panel

    result = analyse(rounds, chosen, "1")

    assert nulls_without_reason(result) == []
    assert "NaN" not in canonical_json(result)


@given(panels(), st.randoms())
@settings(max_examples=40)
def test_the_order_of_people_changes_not_a_byte(panel, random):
    rounds, chosen = panel
    shuffled = []
    for ratings in rounds:
        order = list(range(len(ratings.matrix)))
        random.shuffle(order)
        names = tuple(ratings.participants[place] for place in order)
        shuffled.append(linked(ratings.round, ratings.matrix[order], names, ratings.groups[order]))

    assert canonical_json(analyse(shuffled, chosen, "1")) == canonical_json(analyse(rounds, chosen, "1"))


def test_the_panel_is_drawn_anew_group_by_group():
    # Each group is of one mind, so that no drawing from it changes anything; drawn from all ten the median could be 9.
    ratings = round_of([[2]] * 6 + [[9]] * 4, [0] * 6 + [1] * 4, GROUPS)

    panel = analyse([ratings], settings_for(), "1")["rounds"][0]["items"][0]
    ungrouped = analyse([round_of(ratings.matrix)], settings_for(), "1")["rounds"][0]["items"][0]

    assert panel["bootstrap"] == {"median": [2, 2], "percent_high": [40, 40]}
    assert ungrouped["bootstrap"]["median"] == [2, 9]


@pytest.mark.parametrize(
    ("condition", "reason"),
    [
        ({"figure": "n_rated", "at_least": 5}, "No change of these ratings gives another verdict."),
        ({"figure": "sd", "less_than": 0.5}, "More than 2 ratings would have to change."),
    ],
)
def test_why_there_is_no_fragility_is_said(condition, reason):
    zones = Zones((1, 3), (4, 6), (7, 9))
    rule = parse_rule({"name": "own", "in": condition}, RuleContext(Scale(1, 9), zones))

    entry = analyse([round_of([[level] for level in (1, 3, 5, 7, 9, 9)])], Settings(Scale(1, 9), zones, rule), "1")["rounds"][0][
        "items"
    ][0]

    assert entry["fragility"] is None
    assert entry["undefined"]["fragility"] == reason


def test_an_item_that_nobody_rated_is_none_of_the_panels():
    panel = analyse([round_of([[7, 0, 2], [9, 0, 3], [8, 255, 2]])], settings_for(), "1")["rounds"][0]["panel"]

    assert panel["kendall_w"]["n_items"] == 2
    assert panel["kendall_w"]["n_raters"] == 3
    assert panel["icc"]["ck"] == panel["cronbach_alpha"] is not None
    assert panel["fleiss_kappa"] is not None
