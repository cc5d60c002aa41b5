"""Verdicts: exact at every boundary, by group where the rule says so, with the numbers in the reason."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from delphi.statistics import RuleContext, Scale, Zones, default_zones, judge, parse_rule, preset_rule
from delphi.statistics.figures import Measure
from tests.statistics.conftest import ONE_TO_NINE, counts_by_group

NINE = RuleContext(ONE_TO_NINE, default_zones(ONE_TO_NINE))
HIGH = {"figure": "percent", "zone": "high", "at_least": 70}


def judgement(condition, *groups, names=None, context=NINE, out=None):
    """Return the panel's verdict and reason under a rule given as conditions or a preset's name."""
    written = {"name": "own", "in": condition} | ({"out": out} if out else {})
    rule = preset_rule(condition, context) if isinstance(condition, str) else parse_rule(written, context)
    names = names or [f"group {n}" for n in range(1, len(groups) + 1)]
    found = judge(rule, counts_by_group(*groups, scale=context.scale), names, Measure(context.scale))[0]
    return found[0].verdict, found[0].reason


def meets(condition, *groups, **more):
    return judgement(condition, *groups, **more)[0] == "consensus in"


def test_seventy_fifteen_is_exact_at_its_boundaries(vector):
    wanted = {"in": "consensus in", "out": "consensus out", "no consensus": "no consensus", "undefined": "not rated"}
    cases = vector("comet_70_15")["expected"]["cases"]

    for case in cases:
        low, middle, high = case["counts_1_3__4_6__7_9"]
        verdict, _ = judgement("70/15", [2] * low + [5] * middle + [8] * high)
        assert verdict == wanted[case["result"]], case

    assert len(cases) == 19


def test_groups_decide_as_in_the_published_core_outcome_set(vector):
    table = vector("group_rule_cos_for_work")
    every = {**HIGH, "groups": "every", "n_min": 3}
    names = table["inputs"]["groups"]

    for row in table["inputs"]["rows"]:
        groups = [
            [8] * round(percent * n / 100) + [5] * (n - round(percent * n / 100))
            for percent, n in zip(row["group_pct"], table["inputs"]["n"], strict=True)
        ]
        outcome = row["outcome"]
        in_every = table["expected"]["rule_70_in_every_group_with_n_ge_3"][outcome]
        overall = table["expected"]["rule_70_overall"][outcome]
        assert meets(every, *groups, names=names) is in_every, outcome
        assert meets(HIGH, *groups, names=names) is overall, outcome


@pytest.mark.parametrize(
    ("groups", "verdict"),
    [
        ([[8] * 7 + [5] * 3, [8] * 4 + [5]], "consensus in"),
        ([[8] * 9, [8] * 3 + [5] * 2], "no consensus"),
        ([[8] * 9, [1] * 4], "consensus in"),  # four are too few to count
        ([[8] * 4, [8] * 4], "no consensus"),  # no group counts at all
    ],
)
def test_every_group_that_is_large_enough_has_to_meet_the_rule(groups, verdict):
    assert judgement({**HIGH, "groups": "every"}, *groups)[0] == verdict


def test_some_groups_can_be_enough():
    groups = [[8] * 5, [8] * 5, [1] * 20, [8] * 2]

    assert meets({**HIGH, "groups": "any"}, *groups)
    assert meets({**HIGH, "groups": {"at_least": 2}}, *groups)
    assert not meets({**HIGH, "groups": {"at_least": 3}}, *groups)
    assert meets({**HIGH, "groups": {"at_least": 3}, "n_min": 2}, *groups)
    assert not meets({**HIGH, "groups": "any"}, [1] * 6, [8] * 4)


def test_several_tests_over_groups_have_to_hold_in_the_same_group():
    # The carers rate it high, the users not low: nobody does both.
    groups = [[8] * 5 + [1] * 2, [5] * 5]
    both = [HIGH, {"figure": "percent", "zone": "low", "less_than": 15}]

    assert meets({"all": [{**test, "groups": "any"} for test in both]}, *groups)
    assert not meets({"all": both, "groups": "any"}, *groups)
    assert meets({"all": both, "groups": "any"}, *groups, [8] * 5)
    assert not meets({"all": both, "groups": {"at_least": 2}}, *groups, [8] * 5)
    assert not meets({"all": both, "groups": "any"}, *groups, [8] * 4)
    assert meets({"all": both, "groups": "any", "n_min": 4}, *groups, [8] * 4)
    assert meets({"any": both, "groups": "every"}, *groups)


def test_a_group_counts_by_its_answers_only_where_all_tests_are_of_the_answered():
    four_and_one = [8] * 4 + ["unable"]
    answered = {**HIGH, "denominator": "answered"}

    assert meets({"all": [answered, answered], "groups": "any"}, four_and_one)
    assert not meets({"all": [answered, HIGH], "groups": "any"}, four_and_one)


def test_a_named_group_has_to_meet_the_rule_itself():
    groups, names = [[8] * 5, [8] * 2 + [1] * 3, [8] * 4], ["carers", "users", "funders"]

    def met_in(*named, **more):
        return meets({**HIGH, "groups": {"named": list(named)}, **more}, *groups, names=names)

    assert met_in("carers")
    assert not met_in("users")
    assert not met_in("carers", "users")
    assert not met_in("carers", "funders")  # four are too few to speak for the funders
    assert met_in("carers", "funders", n_min=4)
    assert not met_in("nobody")


def test_balanced_weighs_groups_alike():
    # 20 of 20 and 2 of 5: pooled 88 %, balanced (100 + 40) / 2 = 70 %.
    large, small = [8] * 20, [8, 8, 1, 1, 1]

    assert meets({**HIGH, "groups": "balanced"}, large, small)
    assert not meets({**HIGH, "groups": "balanced", "at_least": 70.1}, large, small)
    assert not meets({**HIGH, "groups": "balanced"}, [8] * 4, [8] * 4)
    assert "on average 70 %" in judgement({**HIGH, "groups": "balanced"}, large, small)[1]


def test_a_groups_own_verdict_takes_its_own_counts():
    rule = preset_rule("70/15-every-group", NINE)

    found = judge(rule, counts_by_group([8] * 6, [1] * 6), ["carers", "academics"], Measure(ONE_TO_NINE))[0]

    assert [each.verdict for each in found] == ["no consensus", "consensus in", "consensus out"]


def test_who_is_unable_counts_where_the_denominator_says_so():
    ratings = [8] * 7 + ["unable"] * 3

    assert meets({**HIGH, "at_least": 100}, ratings)
    assert meets({**HIGH, "denominator": "answered"}, ratings)
    assert not meets({"figure": "percent", "zone": "high", "more_than": 70, "denominator": "answered"}, ratings)


@pytest.mark.parametrize(
    ("condition", "ratings", "met"),
    [
        ({"figure": "median", "at_least": 7}, [6, 8], True),
        ({"figure": "median", "at_least": 7}, [6, 7], False),
        ({"figure": "median", "more_than": 6.5}, [6, 7], False),
        ({"figure": "iqr", "at_most": 1.5}, [7, 8, 9, 9], True),  # type 7: 7.75 to 9, 1.25
        ({"figure": "iqr", "less_than": 1.25}, [7, 8, 9, 9], False),
        ({"figure": "sd", "at_most": 1}, [6, 7, 8], True),  # the sd is 1
        ({"figure": "sd", "less_than": 1}, [6, 7, 8], False),
        ({"figure": "sd", "at_most": 2}, [3, 5, 7], True),
        ({"figure": "sd", "less_than": 2}, [3, 5, 7], False),
        ({"figure": "sd", "at_most": 8}, [6], False),  # one rating has none
        ({"figure": "cv", "at_most": 0.2}, [4, 5, 6], True),  # 1 / 5, though 0.2 is no binary fraction
        ({"figure": "cv", "less_than": 0.2}, [4, 5, 6], False),
        ({"figure": "ram", "at_least": "appropriate"}, [7, 8, 9], True),
        ({"figure": "ram", "at_least": "uncertain"}, [5, 5], True),
        ({"figure": "ram", "more_than": "uncertain"}, [5, 5], False),
        ({"figure": "ram", "at_most": "inappropriate"}, [1, 2], True),
        ({"figure": "mean", "at_least": 6.5}, [6, 7], True),
        ({"figure": "mean", "more_than": 6.5}, [6, 7], False),
        ({"figure": "i_cvi", "at_least": 0.75}, [7, 8, 9, 2], True),
        ({"figure": "i_cvi", "more_than": 0.75}, [7, 8, 9, 2], False),
        ({"figure": "cvr", "at_least": 0.5}, [7, 8, 9, 2], True),
        ({"figure": "cvr", "more_than": 0.5}, [7, 8, 9, 2], False),
        ({"figure": "cvr", "at_most": -1}, [2, 2], True),
        ({"figure": "cvr", "at_least": "critical"}, [8] * 7 + [2], True),  # Lawshe's .750 for eight
        ({"figure": "cvr", "at_least": "critical"}, [8] * 6 + [2] * 2, False),
        ({"figure": "cvr", "at_least": "critical"}, [8] * 4, False),  # four of four come by chance once in 16
        ({"figure": "cvr", "less_than": "critical"}, [8] * 4, True),
        ({"figure": "n_rated", "at_least": 3}, [1, 2, "unable"], False),
        ({"figure": "n_rated", "at_most": 2}, [1, 2, "unable"], True),
        ({"any": [{"figure": "median", "at_least": 9}, {"figure": "iqr", "at_most": 0}]}, [4, 4], True),
    ],
)  # fmt: skip
def test_figures_are_compared_exactly(condition, ratings, met):
    assert meets(condition, ratings) is met


def test_variation_is_relative_to_the_mean_where_zero_is_the_lowest_level():
    context = RuleContext(Scale(0, 10), Zones((0, 3), (4, 6), (7, 10)))

    assert meets({"figure": "cv", "at_most": 9}, [3, 4], context=context)
    assert not meets({"figure": "cv", "at_most": 9}, [0, 0], context=context)


def test_a_large_panel_does_not_overflow():
    # sd² of half ones, half nines is 16 n / (n - 1): above 16, by so little that floats may miss it.
    n = 4_000_000
    counts = counts_by_group([1])
    counts.levels[0, :, :] = 0
    counts.levels[0, :, [0, 8]] = n // 2
    rule = parse_rule({"name": "own", "in": {"figure": "sd", "more_than": 4}}, NINE)

    assert judge(rule, counts, ["all"], Measure(ONE_TO_NINE))[0][0].verdict == "consensus in"


def test_the_reason_gives_the_numbers():
    assert judgement("70/15", [8] * 7 + [5] * 2 + [1])[1] == (
        "7 of 10 (70 %) rated 7–9 (at least 70 % needed) and 1 of 10 (10 %) rated 1–3 (less than 15 % needed)."
    )
    assert judgement("70/15", [8] * 7 + [5] + [1] * 2)[1] == (
        "Not in: 2 of 10 (20 %) rated 1–3 (less than 15 % needed). "
        "Not out: 2 of 10 (20 %) rated 1–3 (at least 70 % needed) and 7 of 10 (70 %) rated 7–9 (less than 15 % needed)."
    )
    assert judgement("iqr-2", [7, 7, 8])[1] == (
        "The interquartile range is 0.5 (at most 2 needed) and the median is 7 (at least 7 needed)."
    )
    assert judgement({"figure": "sd", "at_most": 1}, [7])[1] == "Not in: the standard deviation is undefined (at most 1 needed)."
    assert judgement({"figure": "sd", "at_most": 3}, [3, 5, 7])[1] == "The standard deviation is 2 (at most 3 needed)."
    assert judgement("ram", [7, 8])[1] == "The RAND/UCLA class is appropriate (appropriate needed)."


def test_the_reason_names_groups_and_those_passed_over():
    reason = judgement({**HIGH, "groups": "every"}, [8] * 5, [8] * 2 + [1] * 3, [1] * 3, names=["carers", "users", "funders"])[1]

    assert reason == (
        "Not in: rated 7–9 by group: carers 5 of 5 (100 %), users 2 of 5 (40 %); too few to count: funders 3 "
        "(at least 70 % in every group needed)."
    )


def test_the_reason_passes_over_a_group_that_was_not_asked_without_a_word():
    both = {"all": [HIGH, {"figure": "median", "at_least": 7}], "groups": "any"}

    reasons = [judgement(rule, [8] * 5, [], names=["carers", "users"])[1] for rule in ({**HIGH, "groups": "every"}, both)]

    assert reasons == [
        "Rated 7–9 by group: carers 5 of 5 (100 %) (at least 70 % in every group needed).",
        "At least 70 % rate it 7–9 and the median is at least 7: carers yes (in at least one group needed).",
    ]


def test_the_reason_says_in_which_groups_several_tests_hold_together():
    rule = {"all": [HIGH, {"figure": "median", "at_least": 7}], "groups": "any"}
    names = ["carers", "users", "funders"]

    assert judgement(rule, [8] * 5, [8] * 2 + [1] * 3, [1] * 3, names=names)[1] == (
        "At least 70 % rate it 7–9 and the median is at least 7: carers yes, users no; too few to count: funders 3 "
        "(in at least one group needed)."
    )
    assert judgement({**rule, "groups": {"named": ["funders"]}}, [8] * 5, [8] * 5, [1] * 3, names=names)[1] == (
        "Not in: at least 70 % rate it 7–9 and the median is at least 7: none is large enough; too few to count: funders 3 "
        '(in "funders" needed).'
    )
    assert judgement({**HIGH, "groups": {"named": ["users"]}}, [8] * 5, [8] * 5, [1] * 3, names=names)[1] == (
        'Rated 7–9 by group: users 5 of 5 (100 %) (at least 70 % in "users" needed).'
    )


def test_the_reason_of_a_groups_own_verdict_is_of_its_own_ratings():
    rule = parse_rule({"name": "own", "in": {"all": [HIGH], "groups": "any"}}, NINE)

    found = judge(rule, counts_by_group([8] * 5, [1] * 5), ["carers", "users"], Measure(ONE_TO_NINE))[0]

    assert [each.reason for each in found] == [
        "At least 70 % rate it 7–9: carers yes, users no (in at least one group needed).",
        "5 of 5 (100 %) rated 7–9 (at least 70 % needed).",
        "Not in: 0 of 5 (0 %) rated 7–9 (at least 70 % needed).",
    ]


def test_the_reason_gives_content_validity_with_its_zone():
    assert judgement({"figure": "i_cvi", "at_least": 0.78}, [8] * 5 + [2])[1] == (
        "The item content validity index (of ratings 7–9) is 0.83 (at least 0.78 needed)."
    )
    assert judgement({"figure": "cvr", "at_least": "critical"}, [8] * 5 + [2])[1] == (
        "Not in: the content validity ratio (of ratings 7–9) is 0.67 "
        "(at least the critical value for its number of ratings (exact binomial, 5 %) needed)."
    )
    assert "is -0.33 (" in judgement({"figure": "cvr", "at_least": 0}, [8, 2, 2])[1]


def test_a_share_just_short_of_the_threshold_does_not_look_like_it():
    reason = judgement(HIGH, [8] * 6999 + [5] * 3001)[1]

    assert "6999 of 10000 (69.99 %)" in reason


def test_conditions_that_both_hold_decide_nothing():
    verdict, reason = judgement(HIGH, [8, 8], out={"figure": "median", "at_least": 5})

    assert verdict == "no consensus"
    assert reason.startswith("Both conditions hold, so the rule decides nothing. In: 2 of 2")


def test_what_nobody_rated_is_not_judged():
    assert judgement(HIGH, []) == ("not rated", "Nobody who took part was asked it.")
    assert judgement({**HIGH, "denominator": "answered", "at_least": 0}, ["unable"] * 3) == (
        "not rated",
        "Nobody rated it; 3 said that they are unable to.",
    )


groups_of_ratings = st.lists(st.lists(st.integers(1, 9) | st.just("unable"), max_size=12), min_size=1, max_size=4)


@given(
    groups_of_ratings,
    st.sampled_from(["at_least", "more_than", "at_most", "less_than"]),
    st.integers(0, 20),
    st.sampled_from(["rated", "answered"]),
    st.sampled_from(["pooled", "every", "any", "balanced"]),
)
def test_a_share_is_compared_as_its_definition_says(groups, comparison, twentieths, denominator, over):
    assume((comparison, twentieths) not in [("more_than", 20), ("less_than", 0)])  # refused, as nothing meets them
    condition = {"figure": "percent", "zone": "high", comparison: 5 * twentieths, "denominator": denominator, "groups": over}
    compare = {"at_least": "__ge__", "more_than": "__gt__", "at_most": "__le__", "less_than": "__lt__"}[comparison]

    def share(ratings):
        base = [rating for rating in ratings if denominator == "answered" or rating != "unable"]
        return Fraction(sum(rating != "unable" and rating >= 7 for rating in base), len(base)) if base else None

    def holds(value):
        return value is not None and getattr(20 * value, compare)(twentieths)

    everyone = [rating for group in groups for rating in group]
    shares = [share(g) for g in groups if sum(denominator == "answered" or rating != "unable" for rating in g) >= 5]
    expected = {
        "pooled": holds(share(everyone)),
        "every": bool(shares) and all(map(holds, shares)),
        "any": any(map(holds, shares)),
        "balanced": bool(shares) and holds(sum(shares) / len(shares)),
    }[over]

    verdict, _ = judgement(condition if over == "pooled" else {**condition, "n_min": 5}, *groups)

    rated = any(rating != "unable" for rating in everyone)
    assert verdict == ("not rated" if not rated else "consensus in" if expected else "no consensus")


@given(st.lists(st.integers(1, 9), min_size=1, max_size=30), st.integers(0, 16))
def test_spread_is_compared_like_the_figure_that_is_reported(ratings, halves):
    iqr = np.subtract(*np.quantile(ratings, [0.75, 0.25]))

    assert meets({"figure": "iqr", "at_most": halves / 2}, ratings) is bool(round(4 * iqr) <= 2 * halves)
