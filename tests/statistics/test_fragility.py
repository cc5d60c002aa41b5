"""Fragility: how many ratings would have to change, held against really changing them in every possible way."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from delphi.statistics.counts import Counts
from delphi.statistics.figures import Measure
from delphi.statistics.fragility import fragility
from delphi.statistics.presets import PRESETS, preset_rule
from delphi.statistics.rule_files import parse_rule
from delphi.statistics.verdicts import judge
from tests.statistics.conftest import counts_by_group
from tests.statistics.random_rules import FOUR, GROUPS, NINE, THREE, context_of, counted, panels, rules

POOLED_IN_GROUPS = ("every", "any", {"at_least": 2}, {"named": ["users"]})


def by_brute_force(rule, ballots, groups, scale, measure):
    """Return [group]: the smallest number of ratings really changed, in every way there is, that changes the verdict, or None."""
    rated = np.flatnonzero((ballots[:, 0] > 0) & (ballots[:, 0] <= scale.n_levels))
    choices = list(product(range(1, scale.n_levels + 1), repeat=len(rated)))
    ways = np.array(choices, dtype=np.uint8).reshape(len(choices), len(rated))
    varied = np.repeat(ballots, len(ways), axis=1)
    varied[rated] = ways.T
    counts = counted(varied, groups, scale)
    # Tables that are the same get the same verdict, so that each is judged once.
    _, first, table_of = np.unique(counts.levels.reshape(len(choices), -1), axis=0, return_index=True, return_inverse=True)
    judged = judge(rule, Counts(counts.levels[first], counts.unable[first], counts.missing[first]), GROUPS, measure)
    now = judge(rule, counted(ballots, groups, scale), GROUPS, measure)[0]
    is_same = ways == ballots[rated, 0]
    fewest = []
    for column in range(len(GROUPS) + 1):
        stays = np.zeros(len(rated), dtype=bool) if column == 0 else groups[rated] != column - 1
        is_other = np.array([row[column].verdict != now[column].verdict for row in judged])[table_of]
        flips = (~is_same).sum(axis=1)[is_same[:, stays].all(axis=1) & is_other]
        fewest.append(int(flips.min()) if flips.size else None)
    return fewest


def assert_equals_brute_force(rule, panel, scale, measure, most=None):
    ballots, groups = panel
    counts = counted(ballots, groups, scale)

    found = fragility(rule, counts, GROUPS, measure, most)

    for column, fewest in enumerate(by_brute_force(rule, ballots, groups, scale, measure)):
        searched = found.searched[0, column]
        assert searched <= counts.rated[0, column]
        if fewest is not None and fewest <= searched:
            assert found.changes[0, column] == fewest
        else:
            assert np.isnan(found.changes[0, column])
    return found


@settings(max_examples=150, deadline=None)
@given(rules(FOUR), panels(FOUR, 5), st.integers(1, 9))
def test_ratings_really_changed_agree_on_a_scale_of_four(rule, panel, quantile_type):
    assert_equals_brute_force(rule, panel, FOUR, Measure(FOUR, quantile_type))


@settings(max_examples=120, deadline=None)
@given(rules(FOUR, ("percent", "median", "iqr", "cvr"), POOLED_IN_GROUPS), panels(FOUR, 5))
def test_ratings_really_changed_agree_in_groups(rule, panel):
    assert_equals_brute_force(rule, panel, FOUR, Measure(FOUR))


@settings(max_examples=60, deadline=None)
@given(rules(THREE, ("percent", "median", "iqr"), ()), panels(THREE, 7))
def test_ratings_really_changed_agree_in_larger_panels(rule, panel):
    assert_equals_brute_force(rule, panel, THREE, Measure(THREE))


@settings(max_examples=40, deadline=None)
@given(rules(NINE, ("percent", "median", "iqr", "ram", "sd"), ("every", "any")), panels(NINE, 4), st.integers(1, 9))
def test_ratings_really_changed_agree_on_the_scale_of_nine(rule, panel, quantile_type):
    assert_equals_brute_force(rule, panel, NINE, Measure(NINE, quantile_type))


@settings(max_examples=30, deadline=None)
@given(st.sampled_from([name for name, preset in PRESETS.items() if preset.scale in (None, NINE)]), panels(NINE, 4))
def test_ratings_really_changed_agree_under_every_preset(name, panel):
    assert_equals_brute_force(preset_rule(name, context_of(NINE)), panel, NINE, Measure(NINE))


@settings(max_examples=100, deadline=None)
@given(rules(FOUR), panels(FOUR, 5), st.integers(0, 3))
def test_a_search_of_any_depth_finds_all_that_lies_within_it(rule, panel, most):
    ballots, groups = panel
    counts = counted(ballots, groups, FOUR)

    shallow, deep = (fragility(rule, counts, GROUPS, Measure(FOUR), depth) for depth in (most, 5))

    known = deep.changes <= shallow.searched
    assert (shallow.changes[known] == deep.changes[known]).all()
    assert np.isnan(shallow.changes[~known]).all()


@given(st.integers(1, 60), st.data())
def test_to_lose_seventy_percent_takes_as_many_as_the_closed_form_says(n, data):
    n_high = data.draw(st.integers(-(-7 * n // 10), n))
    rule = parse_rule({"name": "own", "in": {"figure": "percent", "zone": "high", "at_least": 70}}, context_of(NINE))

    found = fragility(rule, counts_by_group([8] * n_high + [2] * (n - n_high)), ["all"], Measure(NINE))

    assert (found.changes == n_high - -(-7 * n // 10) + 1).all()


def counts_in_zones(low, middle, high):
    levels = np.zeros((1, 1, 9), dtype=np.int64)
    levels[0, 0, [1, 4, 7]] = low, middle, high
    nobody = np.zeros((1, 1), dtype=np.int64)
    return Counts(levels, nobody, nobody)


@pytest.mark.parametrize(
    ("preset", "zones", "changes"),
    [
        ("70/15", (0, 6, 14), 1),
        ("70/15", (2, 0, 18), 1),  # a third low one is 15 %
        ("70/15", (0, 10_000, 30_000), 2_001),  # 27,999 of 40,000 are too few
        ("70/15", (6_000, 6_000, 28_000), 1),
        ("70/15", (40_000, 0, 0), 6_000),
        ("70/15", (13_333, 13_333, 13_334), 14_666),
        ("percent-75", (0, 0, 40_000), 10_001),
        ("iqr-2", (0, 0, 40_000), 10_001),  # after 10,000, the first quartile is 1 / 4 + 3 · 8 / 4 and the range 1.75
        ("cvr", (0, 20_000, 20_000), 165),
    ],
)
def test_panels_of_any_size_get_an_exact_number(preset, zones, changes):
    found = fragility(preset_rule(preset, context_of(NINE)), counts_in_zones(*zones), [], Measure(NINE))

    assert found.changes[0, 0] == changes
    assert found.searched[0, 0] == sum(zones)


def test_what_no_change_can_turn_is_told_from_what_was_not_found():
    always = parse_rule({"name": "own", "in": {"figure": "percent", "zone": "high", "at_least": 0}}, context_of(NINE))
    spread = parse_rule({"name": "own", "in": {"figure": "sd", "more_than": 2}}, context_of(NINE))
    counts = counts_in_zones(0, 0, 400)

    never, far, nobody = (
        fragility(*each, [], Measure(NINE)) for each in [(always, counts), (spread, counts), (always, counts_in_zones(0, 0, 0))]
    )

    assert all(np.isnan(found.changes[0, 0]) for found in (never, far, nobody))
    assert [found.searched[0, 0] for found in (never, far, nobody)] == [400, 2, 0]


def test_a_group_that_is_too_small_to_count_cannot_be_changed_into_one():
    rule = preset_rule("70/15-every-group", context_of(NINE))

    found = fragility(rule, counts_by_group([8] * 6 + [5], [2] * 4), GROUPS, Measure(NINE))

    # Of the carers' seven a second has to leave 7–9, or two to become low. The users' own verdict turns with one.
    assert found.changes[0].tolist() == [2, 2, 1]


def test_most_says_how_far_a_search_goes():
    rule = parse_rule({"name": "own", "in": {"figure": "mean", "at_least": 7}}, context_of(NINE))
    counts = counts_in_zones(0, 4, 0)

    assert np.isnan(fragility(rule, counts, [], Measure(NINE), most=1).changes[0, 0])
    assert fragility(rule, counts, [], Measure(NINE), most=2).changes[0, 0] == 2  # 5, 5, 9, 9
