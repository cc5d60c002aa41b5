"""Sensitivity of verdicts, held against people really removed, groups really left out and rules really read otherwise."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from delphi.statistics.counts import UNABLE, count_ballots
from delphi.statistics.figures import Measure
from delphi.statistics.fragility import fragility
from delphi.statistics.outcomes import VERDICTS
from delphi.statistics.presets import PRESETS, preset_rule
from delphi.statistics.rule_files import RuleContext, parse_rule
from delphi.statistics.scale import Scale, Zones
from delphi.statistics.sensitivity import (
    applicable_rules,
    is_fragile,
    leave_one_group_out,
    leave_one_person_out,
    verdicts_by_denominator,
    verdicts_by_quantile_type,
    verdicts_by_rule,
)
from delphi.statistics.verdicts import judge
from tests.statistics.conftest import counts_by_group
from tests.statistics.random_rules import FOUR, GROUPS, NINE, ZONES, context_of, counted, panels, rules

HIGH = {"figure": "percent", "zone": "high", "at_least": 70}


def verdict_of(rule, ballots, groups, scale, measure, names=GROUPS):
    """Return the panel's verdict on the one item, with only those groups there."""
    codes = [list(names).index(GROUPS[group]) if group >= 0 else -1 for group in groups.tolist()]
    counts = count_ballots(ballots, np.array(codes, dtype=np.int64), len(names), scale.n_levels)
    return judge(rule, counts, names, measure)[0][0].verdict


def own(condition, **more):
    return parse_rule({"name": "own", "in": condition} | more, context_of(NINE))


def assert_people_really_removed(rule, panel, scale, measure):
    ballots, groups = panel
    now = verdict_of(rule, ballots, groups, scale, measure)
    expected = dict.fromkeys(VERDICTS, 0)
    for person in range(len(ballots)):
        stay = np.arange(len(ballots)) != person
        verdict = verdict_of(rule, ballots[stay], groups[stay], scale, measure)
        expected[verdict] += verdict != now

    found = leave_one_person_out(rule, counted(ballots, groups, scale), GROUPS, measure)

    assert dict(zip(VERDICTS, found.to[0].tolist(), strict=True)) == expected
    assert found.flips[0] == sum(expected.values())
    assert found.n_people[0] == np.count_nonzero(ballots)


@settings(max_examples=120, deadline=None)
@given(rules(FOUR), panels(FOUR, 9), st.integers(1, 9))
def test_people_really_removed_agree_on_a_scale_of_four(rule, panel, quantile_type):
    assert_people_really_removed(rule, panel, FOUR, Measure(FOUR, quantile_type))


@settings(max_examples=60, deadline=None)
@given(rules(NINE, ("percent", "median", "iqr", "ram", "sd", "cvr")), panels(NINE, 12))
def test_people_really_removed_agree_on_the_scale_of_nine(rule, panel):
    assert_people_really_removed(rule, panel, NINE, Measure(NINE))


@settings(max_examples=120, deadline=None)
@given(rules(FOUR), panels(FOUR, 9))
def test_groups_really_left_out_agree(rule, panel):
    ballots, groups = panel
    measure = Measure(FOUR)
    now = verdict_of(rule, ballots, groups, FOUR, measure)

    found = leave_one_group_out(rule, counted(ballots, groups, FOUR), GROUPS, measure)

    for code, name in enumerate(GROUPS):
        rest = [other for other in GROUPS if other != name]
        without = verdict_of(rule, ballots[groups != code], groups[groups != code], FOUR, measure, rest)
        assert VERDICTS[found.codes[0, code]] == without
        assert found.flips[0, code] == (without != now)


def test_a_rule_that_asks_for_more_groups_than_remain_is_not_met():
    counts = counts_by_group([8] * 5, [8] * 5)

    for groups in ({"at_least": 2}, {"named": ["carers", "users"]}):
        found = leave_one_group_out(own({**HIGH, "groups": groups}), counts, GROUPS, Measure(NINE))
        assert [VERDICTS[code] for code in found.codes[0]] == ["no consensus", "no consensus"]
        assert found.flips[0].tolist() == [True, True]


def test_who_left_an_item_out_or_was_not_asked_changes_nothing():
    ballots = np.array([[8, 8], [8, 0], [2, 254], [0, 8]], dtype=np.uint8)
    groups = np.array([0, 0, 1, 1])

    found = leave_one_person_out(own(HIGH), counted(ballots, groups, NINE), GROUPS, Measure(NINE))

    # Without the one who said 2, two of two say 8; the second item's two agree whoever leaves.
    assert found.n_people.tolist() == [3, 2]
    assert found.flips.tolist() == [1, 0]
    assert found.to[0].tolist() == [1, 0, 0, 0]


def test_the_last_who_rated_leaves_it_unrated():
    found = leave_one_person_out(own(HIGH), counts_by_group([8, "unable"], []), GROUPS, Measure(NINE))

    assert found.to[0].tolist() == [0, 0, 0, 1]
    assert found.n_people[0] == 2


def test_many_items_are_judged_in_parts():
    generator = np.random.default_rng(0)
    ballots = generator.choice([2, 8], (12, 700), p=[0.2, 0.8]).astype(np.uint8)
    groups = generator.integers(0, 2, 12)
    rule = preset_rule("70/15-every-group", context_of(NINE))
    counts = counted(ballots, groups, NINE)

    whole = leave_one_person_out(rule, counts, GROUPS, Measure(NINE))
    assert whole.flips[600:].any()
    for slot in (*range(5), *range(690, 700)):
        alone = leave_one_person_out(rule, counted(ballots[:, [slot]], groups, NINE), GROUPS, Measure(NINE))
        assert whole.to[slot].tolist() == alone.to[0].tolist()


def test_the_rules_that_fit_come_after_the_studys_own():
    rule = own({"figure": "mean", "at_least": 7})

    by_scale = {
        scale: list(applicable_rules(rule, RuleContext(scale, zones, group_names=GROUPS)))
        for scale, zones in [(NINE, ZONES[NINE]), (FOUR, ZONES[FOUR]), (Scale(1, 7), Zones((1, 3), (4, 4), (5, 7)))]
    }
    without_groups = applicable_rules(rule, RuleContext(NINE, ZONES[NINE], group_names=()))

    assert by_scale[NINE][:2] == ["own", "70/15"]
    assert {"ram", "iqr-2", "70/15-every-group"} <= set(by_scale[NINE])
    assert set(by_scale[FOUR]) & {"ram", "iqr-2", "iqr-1", "enlight"} == set()
    assert {"i-cvi", "iqr-1-of-four"} <= set(by_scale[FOUR])
    assert "enlight" in by_scale[Scale(1, 7)]
    assert not any(preset.uses_groups for preset in without_groups.values())


def test_the_studys_own_rule_is_not_compared_with_itself():
    context = RuleContext(NINE, ZONES[NINE], group_names=())
    renamed = parse_rule({**PRESETS["70/15"].written, "name": "ours"}, context)

    assert "70/15" not in applicable_rules(renamed, context)


def test_agreement_is_the_share_of_the_other_rules_that_say_the_same():
    counts = counts_by_group([8] * 7 + [5] * 3, [])
    written = {
        "own": HIGH,
        "strict": {**HIGH, "at_least": 80},
        "same": {**HIGH, "at_least": 60},
        "spread": {"figure": "iqr", "at_most": 0},
    }
    rules_ = {name: parse_rule({"name": name, "in": condition}, context_of(NINE)) for name, condition in written.items()}

    found = verdicts_by_rule(rules_, counts, GROUPS, Measure(NINE))

    assert found.names == ("own", "strict", "same", "spread")
    assert [VERDICTS[code] for code in found.codes[:, 0]] == ["consensus in", "no consensus", "consensus in", "no consensus"]
    assert found.agreement_percent[0] == pytest.approx(100 / 3)


def test_without_another_rule_or_any_rating_there_is_no_agreement():
    only = {"own": own(HIGH)}
    two = {"own": own(HIGH), "other": own({**HIGH, "at_least": 80})}

    assert np.isnan(verdicts_by_rule(only, counts_by_group([8]), ["all"], Measure(NINE)).agreement_percent[0])
    assert np.isnan(verdicts_by_rule(two, counts_by_group([]), ["all"], Measure(NINE)).agreement_percent[0])


@settings(max_examples=40, deadline=None)
@given(panels(NINE, 10))
def test_each_quantile_type_is_the_rule_read_with_it(panel):
    ballots, groups = panel
    rule = preset_rule("iqr-2", context_of(NINE))

    found = verdicts_by_quantile_type(rule, counted(ballots, groups, NINE), GROUPS, Measure(NINE))

    assert found.names == tuple("123456789")
    for name, code in zip(found.names, found.codes[:, 0], strict=True):
        assert VERDICTS[code] == verdict_of(rule, ballots, groups, NINE, Measure(NINE, int(name)))


def test_a_panel_whose_verdict_depends_on_the_quantile_type_says_on_which():
    counts = counts_by_group([1, 5, 5, 7])  # P75 - P25 is 1.5 by type 7, 4.5 by type 6
    rule = own({"figure": "iqr", "at_most": 2})

    found = verdicts_by_quantile_type(rule, counts, ["all"], Measure(NINE))

    differing = found.differing(found.codes[6])[:, 0]
    assert not differing[6]
    assert differing[5]


def test_each_denominator_is_the_rule_written_with_it():
    counts = counts_by_group([8] * 7 + ["unable"] * 4)

    found = verdicts_by_denominator(own(HIGH), counts, ["all"], Measure(NINE))

    assert found.names == ("rated", "answered")
    assert [VERDICTS[code] for code in found.codes[:, 0]] == ["consensus in", "no consensus"]


def test_a_rule_without_quantiles_or_percentages_leaves_no_choice():
    counts = counts_by_group([8] * 4, [2])
    rule = own({"figure": "median", "at_least": 7})

    for found in (
        verdicts_by_quantile_type(rule, counts, GROUPS, Measure(NINE)),
        verdicts_by_denominator(rule, counts, GROUPS, Measure(NINE)),
    ):
        assert found.names == ()
        assert found.codes.shape == (0, 1)


def test_groups_are_counted_alike_whatever_percentages_are_of():
    # Four rated and five answered: a group of five only where its percentage is of the answered.
    counts = counts_by_group([8] * 4 + ["unable"], [2] * 5)
    rule = own({"figure": "iqr", "at_most": 0, "groups": {"at_least": 2}})
    mixed = own({"any": [{**HIGH, "at_least": 100}, {"figure": "iqr", "at_most": 0, "groups": {"at_least": 2}}]})

    assert judge(rule, counts, GROUPS, Measure(NINE))[0][0].verdict == "no consensus"
    found = verdicts_by_denominator(mixed, counts, GROUPS, Measure(NINE))
    assert [VERDICTS[code] for code in found.codes[:, 0]] == ["no consensus", "no consensus"]


@pytest.mark.parametrize(
    ("ratings", "fragile"),
    [
        ([8] * 20, False),
        ([8] * 9 + [5] * 2, False),  # eight of eleven, or of ten, are still enough
        ([8] * 15 + [5] * 6, True),  # fourteen of 21 are too few, but of twenty enough
        ([8] * 5, True),  # four are too few
        ([], False),
    ],
)
def test_an_item_is_fragile_when_one_rating_or_one_person_turns_it(ratings, fragile):
    counts, measure = counts_by_group(ratings), Measure(NINE)
    rule = own({"all": [HIGH, {"figure": "n_rated", "at_least": 5}]})

    found = is_fragile(fragility(rule, counts, ["all"], measure), leave_one_person_out(rule, counts, ["all"], measure))

    assert found.tolist() == [fragile]


def test_a_person_who_was_unable_can_turn_a_verdict_by_leaving():
    ballots = np.array([[8], [8], [UNABLE]], dtype=np.uint8)
    nobodys = np.full(3, -1)

    found = leave_one_person_out(own({**HIGH, "denominator": "answered"}), counted(ballots, nobodys, NINE), GROUPS, Measure(NINE))

    assert found.to[0].tolist() == [1, 0, 0, 0]
