"""What the verdicts would be had all who left answered at either end, worked by hand."""

import numpy as np
import pytest

from delphi.statistics import RoundRatings, RuleContext, analyse, default_zones, preset_rule
from delphi.statistics.scale import ONE_TO_NINE
from delphi.statistics.worst_case import leavers_by_group, with_leavers
from tests.statistics.conftest import counts_by_group, settings_for

GROUPS = ("carers", "users")


def of_round(number, ratings, people, groups, names=GROUPS, items=("pace",)):
    matrix = np.array(ratings, dtype=np.uint8)
    return RoundRatings(number, items, (None,), matrix, np.array(groups, dtype=np.int64), names, tuple(people))


def worst(first, second, **settings):
    (step,) = analyse([first, second], settings_for(**settings), "1")["worst_case"]
    return step


def test_both_ends_are_asked_of_the_rule():
    # Round 2: 8, 8, 8, 5 of four; two left. 3 of 4 high, none low: in. With two at 1: 3 of 6 high; with two at 9: 5 of 6.
    first = of_round(1, [[8]] * 6, "abcdef", [0, 0, 0, 1, 1, 1])
    second = of_round(2, [[8], [8], [8], [5]], "abcd", [0, 0, 0, 1])

    step = worst(first, second)

    assert (step["from"], step["to"]) == (1, 2)
    assert step["items"] == [
        {
            "item": "pace",
            "criterion": None,
            "n_left": 2,
            "percent_high": [50, pytest.approx(500 / 6)],
            "verdict": "consensus in",
            "all_lowest": "no consensus",
            "all_highest": "consensus in",
            "depends": True,
        }
    ]


def test_where_nobody_left_both_ends_are_what_is():
    ratings = of_round(1, [[8]] * 4, "abcd", [0, 0, 1, 1])

    (item,) = worst(ratings, of_round(2, [[8]] * 4, "abcd", [0, 0, 1, 1]))["items"]

    assert (item["n_left"], item["percent_high"], item["depends"]) == (0, [100, 100], False)


def test_who_left_counts_in_their_own_group():
    # Every group has to agree: one user of three at 1 leaves 2 of 3 high, under 70 %.
    first = of_round(1, [[8]] * 9, "abcdefghi", [0] * 6 + [1] * 3)
    second = of_round(2, [[8]] * 8, "abcdefgh", [0] * 6 + [1] * 2)
    pooled, every_group = (worst(first, second, rule=rule)["items"][0] for rule in ("70/15", "70/15-every-group"))

    assert leavers_by_group(first, second).tolist() == [1, 0, 1]
    assert (pooled["all_lowest"], pooled["depends"]) == ("consensus in", False)
    assert every_group["verdict"] == every_group["all_highest"]


def test_groups_are_found_by_their_names_whatever_their_order():
    first = of_round(1, [[8]] * 4, "abcd", [0, 0, 1, 1])
    second = of_round(2, [[8]] * 2, "ac", [1, 0], names=("users", "carers"))

    assert leavers_by_group(first, second).tolist() == [2, 1, 1]


def test_who_left_a_group_that_is_gone_counts_for_the_panel_alone():
    first = of_round(1, [[8]] * 4, "abcd", [0, 0, 1, 1])
    second = of_round(2, [[8]] * 2, "ab", [0, 0], names=("carers",))

    (item,) = worst(first, second)["items"]

    assert leavers_by_group(first, second).tolist() == [2, 0]
    assert item["percent_high"] == [50, 100]


def test_a_group_that_was_not_asked_an_item_would_not_have_been():
    # Of two users one left; the users are not asked the second item.
    first = of_round(1, [[8, 8]] * 3 + [[8, 254]] * 2, "abcde", [0, 0, 0, 1, 1], items=("pace", "place"))
    second = of_round(2, [[8, 8]] * 3 + [[8, 254]], "abcd", [0, 0, 0, 1], items=("pace", "place"))

    pace, place = worst(first, second)["items"]

    assert (pace["n_left"], place["n_left"]) == (1, 0)


def test_the_levels_are_added_to_group_and_panel():
    counts = counts_by_group([8, 8], [5])

    lowest = with_leavers(counts, np.array([3, 1, 1]), 0).levels[0]

    # One of the three is in no group; everybody who answered is in one, so there is nobody to tell that they were asked.
    assert lowest[1:, 0].tolist() == [1, 1]
    assert lowest[0, 0] == 3
    assert lowest.sum(axis=1).tolist() == [6, 3, 2]
    assert counts.levels[0, 0, 0] == 0


def test_a_rule_without_zones_is_asked_too():
    zones = default_zones(ONE_TO_NINE)
    assert preset_rule("iqr-2", RuleContext(ONE_TO_NINE, zones))
    first = of_round(1, [[8]] * 6, "abcdef", [0] * 3 + [1] * 3)
    second = of_round(2, [[8]] * 4, "abcd", [0] * 3 + [1])

    # 8, 8, 8, 8 and twice 1: the quartiles are 2.75 and 8; with 9 instead 8 and 8.75.
    (item,) = worst(first, second, rule="iqr-2")["items"]

    assert (item["verdict"], item["all_lowest"], item["all_highest"]) == ("consensus in", "no consensus", "consensus in")
