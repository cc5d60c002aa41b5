"""Verdicts without words, held against the rule read out in plain Python with fractions, for panels of any size."""

import operator
from fractions import Fraction
from math import comb

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from delphi.statistics.content_validity import critical_number
from delphi.statistics.counts import Counts
from delphi.statistics.figures import Measure, fewest_beyond_chance, fits, largest
from delphi.statistics.outcomes import VERDICTS, verdict_codes
from delphi.statistics.presets import preset_rule
from delphi.statistics.rule_files import parse_rule
from delphi.statistics.rules import AllOf, InGroups, Requirement
from delphi.statistics.verdicts import judge
from tests.statistics.random_rules import FOUR, GROUPS, NINE, context_of, counted, panels, rules

COMPARE = {"at_least": operator.ge, "more_than": operator.gt, "at_most": operator.le, "less_than": operator.lt}
FIGURES = ("percent", "median", "iqr", "mean", "sd", "cv", "i_cvi", "cvr", "n_rated")


class Group:
    """How many gave each level, as a plain dictionary, and how many were unable."""

    def __init__(self, levels, unable):
        self.given = {level: n for level, n in zip(FOUR.levels, levels, strict=True) if n}
        self.unable = unable
        self.n = sum(self.given.values())

    def ranked(self, rank):
        for level, n in sorted(self.given.items()):
            rank -= n
            if rank <= 0:
                return level
        raise AssertionError("beyond the sample")

    def quartile(self, probability):
        """Return Hyndman and Fan's type 7."""
        position = (self.n - 1) * probability + 1
        below = position.numerator // position.denominator
        above = self.ranked(min(below + 1, self.n))
        return self.ranked(below) + (position - below) * (above - self.ranked(below))

    def base(self, denominator):
        return self.n + (self.unable if denominator == "answered" else 0)

    def share(self, test):
        base = self.base(test.denominator)
        within = sum(n for level, n in self.given.items() if test.bounds[0] <= level <= test.bounds[1])
        return Fraction(within, base) if base else None

    def value(self, test):
        """Return the figure, or the square of one that is a root, or None where it is undefined."""
        if test.figure in ("percent", "i_cvi", "cvr"):
            share = self.share(test)
            return None if share is None else {"percent": 100 * share, "i_cvi": share, "cvr": 2 * share - 1}[test.figure]
        if not self.n or (test.figure in ("sd", "cv") and self.n == 1):
            return None
        mean = Fraction(sum(level * n for level, n in self.given.items()), self.n)
        squares = sum((level - mean) ** 2 * n for level, n in self.given.items())
        return {
            "n_rated": lambda: self.n,
            "mean": lambda: mean,
            "median": lambda: Fraction(self.ranked((self.n + 1) // 2) + self.ranked(self.n // 2 + 1), 2),
            "iqr": lambda: self.quartile(Fraction(3, 4)) - self.quartile(Fraction(1, 4)),
            "sd": lambda: squares / (self.n - 1),
            "cv": lambda: squares / (self.n - 1) / mean**2,
        }[test.figure]()


def meets(value, test):
    wanted = test.threshold**2 if test.figure in ("sd", "cv") else test.threshold
    return value is not None and COMPARE[test.comparison](value, wanted)


def in_groups(leaf, holds, groups):
    large = {name: group.base(leaf.denominator) >= leaf.n_min for name, group in groups.items()}
    if leaf.groups == "named":
        return all(large[name] and holds[name] for name in leaf.named)
    counting = [holds[name] for name in groups if large[name]]
    return bool(counting) and all(counting) if leaf.groups == "every" else sum(counting) >= (leaf.n_groups or 1)


def holds(condition, panel, groups):
    """Tell whether the panel meets the condition; a group's own ratings are a panel without groups."""
    if isinstance(condition, InGroups):
        if groups is None:
            return holds(condition.part, panel, None)
        return in_groups(condition, {name: holds(condition.part, group, None) for name, group in groups.items()}, groups)
    if not isinstance(condition, Requirement):
        return (all if isinstance(condition, AllOf) else any)([holds(part, panel, groups) for part in condition.parts])
    if condition.groups == "pooled" or groups is None:
        return meets(panel.value(condition), condition)
    if condition.groups == "balanced":
        large = [group for group in groups.values() if group.base(condition.denominator) >= condition.n_min]
        shares = [group.value(condition) for group in large]
        return bool(shares) and meets(sum(shares) / len(shares), condition)
    return in_groups(condition, {name: meets(group.value(condition), condition) for name, group in groups.items()}, groups)


def naive_verdict(rule, panel, groups):
    if not panel.n:
        return "not rated"
    is_in, is_out = holds(rule.in_, panel, groups), rule.out is not None and holds(rule.out, panel, groups)
    return "no consensus" if is_in == is_out else "consensus in" if is_in else "consensus out"


def naive_verdicts(rule, counts):
    everyone = [Group(*each) for each in zip(counts.levels[0].tolist(), counts.unable[0].tolist(), strict=True)]
    groups = dict(zip(GROUPS, everyone[1:], strict=True))
    return [naive_verdict(rule, everyone[0], groups), *(naive_verdict(rule, group, None) for group in everyone[1:])]


@settings(max_examples=200, deadline=None)
@given(rules(FOUR, FIGURES), panels(FOUR, 9), st.sampled_from([1, 3, 10**9]))
def test_a_rule_says_what_it_says_in_plain_fractions_however_large_the_panel(rule, panel, times):
    assume(not any(test.is_critical for test in rule.requirements))
    once = counted(*panel, FOUR)
    counts = Counts(*(times * numbers for numbers in (once.levels, once.unable, once.missing)))

    codes = verdict_codes(rule, counts, GROUPS, Measure(FOUR))

    assert codes.dtype == np.int8
    assert [VERDICTS[code] for code in codes[0]] == naive_verdicts(rule, counts)


@settings(max_examples=100, deadline=None)
@given(rules(FOUR, FIGURES), panels(FOUR, 9), st.integers(1, 9))
def test_judgements_and_codes_say_the_same(rule, panel, quantile_type):
    counts, measure = counted(*panel, FOUR), Measure(FOUR, quantile_type)

    codes = verdict_codes(rule, counts, GROUPS, measure)

    assert [VERDICTS[code] for code in codes[0]] == [each.verdict for each in judge(rule, counts, GROUPS, measure)[0]]


def test_a_panel_of_billions_is_still_decided_by_a_single_rating():
    levels = np.zeros((2, 1, 9), dtype=np.int64)
    levels[:, 0, 7] = 7 * 10**17, 7 * 10**17 - 1
    levels[:, 0, 1] = 10**17, 10**17
    levels[:, 0, 4] = 2 * 10**17, 2 * 10**17 + 1
    nobody = np.zeros((2, 1), dtype=np.int64)
    rule = preset_rule("70/15", context_of(NINE))

    codes = verdict_codes(rule, Counts(levels, nobody, nobody), [], Measure(NINE))

    assert [VERDICTS[code] for code in codes[:, 0]] == ["consensus in", "no consensus"]


def test_the_mean_of_very_large_groups_is_still_decided_by_a_single_rating():
    levels = np.zeros((2, 3, 9), dtype=np.int64)
    levels[:, 1:, 7] = 7 * 10**9
    levels[:, 1:, 4] = 3 * 10**9
    levels[1, 1, [4, 7]] += 1, -1
    levels[:, 0] = levels[:, 1:].sum(axis=1)
    nobody = np.zeros((2, 3), dtype=np.int64)

    codes = verdict_codes(preset_rule("70/15-balanced", context_of(NINE)), Counts(levels, nobody, nobody), GROUPS, Measure(NINE))

    assert [VERDICTS[code] for code in codes[:, 0]] == ["consensus in", "no consensus"]


def test_the_order_of_the_raters_changes_nothing():
    generator = np.random.default_rng(0)
    ballots, groups = generator.integers(0, 10, (30, 20)).astype(np.uint8), generator.integers(-1, 2, 30)
    rule = preset_rule("70/15-balanced", context_of(NINE))
    shuffled = generator.permutation(30)

    one, other = (
        verdict_codes(rule, counted(*each, NINE), GROUPS, Measure(NINE))
        for each in [(ballots, groups), (ballots[shuffled], groups[shuffled])]
    )

    assert (one == other).all()


@given(st.integers(1, 400))
def test_the_critical_number_is_the_first_that_chance_exceeds_in_five_of_a_hundred(n):
    ways = [comb(n, k) for k in range(n + 1)]
    rare = [k for k in range(n + 1) if 20 * sum(ways[k:]) <= 2**n]

    fewest = int(fewest_beyond_chance(np.array([n]))[0])

    assert fewest == rare[0] if rare else fewest > n
    assert critical_number(n) == (fewest if fewest <= n else None)


@pytest.mark.parametrize("n", [1001, 1079, 1118, 2047])
def test_a_large_panels_critical_number_is_exact_too(n):
    fewest = int(fewest_beyond_chance(np.array([n]))[0])

    assert 20 * sum(comb(n, k) for k in range(fewest, n + 1)) <= 2**n
    assert 20 * sum(comb(n, k) for k in range(fewest - 1, n + 1)) > 2**n


def test_what_fits_in_64_bits_is_told_from_what_does_not():
    assert fits(2**63 - 1, -(2**63) + 1)
    assert not fits(1, 2**63)
    assert largest(np.array([3, -7])) == 7
    assert largest(np.array([], dtype=np.int64)) == 0


def test_no_item_gives_no_verdict():
    empty = np.zeros((0, 3, 9), dtype=np.int64)
    counts = Counts(empty, empty[:, :, 0], empty[:, :, 0])

    for written in ("70/15", "70/15-every-group", "70/15-balanced", "cvr", "ram"):
        assert verdict_codes(preset_rule(written, context_of(NINE)), counts, GROUPS, Measure(NINE)).shape == (0, 3)


def test_a_rule_may_name_a_group_that_is_not_there_and_is_not_met():
    rule = parse_rule(
        {"name": "own", "in": {"figure": "median", "at_least": 1, "groups": {"named": ["users"]}, "n_min": 1}}, context_of(NINE)
    )
    ballots, groups = np.array([[8], [8]], dtype=np.uint8), np.array([0, 1])

    both, one = (
        verdict_codes(rule, counted(ballots, groups, NINE), names, Measure(NINE))[0, 0]
        for names in (GROUPS, ("carers", "others"))
    )

    assert [VERDICTS[both], VERDICTS[one]] == ["consensus in", "no consensus"]
