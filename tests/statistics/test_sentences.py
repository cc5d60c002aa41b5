"""Two rules that differ on any small table of counts never print the same sentence."""

from collections import defaultdict
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from delphi.statistics.counts import Counts
from delphi.statistics.errors import RuleError
from delphi.statistics.figures import Measure
from delphi.statistics.outcomes import verdict_codes
from delphi.statistics.rule_files import RuleContext, parse_rule
from delphi.statistics.scale import Scale, Zones
from tests.statistics.random_rules import GROUPS, NINE, OVER_GROUPS, THREE, ZONES, conditions, context_of

FIGURES = ("percent", "median", "iqr", "mean", "sd", "cv", "i_cvi", "cvr", "n_rated")
HIGH = {"figure": "percent", "zone": "high", "at_least": 70}


def every_small_table(scale=THREE, most=3):
    """Return counts of every pair of groups in which so many or fewer gave any levels or were unable."""
    answers = [each for each in product(range(most + 1), repeat=scale.n_levels + 1) if sum(each) <= most]
    pairs = np.array(list(product(answers, repeat=len(GROUPS))), dtype=np.int64)
    return with_panel(pairs)


def some_larger_tables(scale, n_tables=400):
    generator = np.random.default_rng(0)
    size = (n_tables, len(GROUPS), scale.n_levels + 1)
    return with_panel(generator.integers(0, 7, size) * (generator.random(size) < 0.5))


def with_panel(by_group):
    counts = np.concatenate([by_group.sum(axis=1, keepdims=True), by_group], axis=1)
    return Counts(counts[:, :, :-1], counts[:, :, -1], np.zeros_like(counts[:, :, -1]))


TABLES = {THREE: (every_small_table(), some_larger_tables(THREE)), NINE: (some_larger_tables(NINE),)}


def verdicts(rule, scale=THREE):
    """Return what the rule says of all the tables, panels and groups, in a form that can be compared."""
    return b"".join(verdict_codes(rule, tables, GROUPS, Measure(scale)).tobytes() for tables in TABLES[scale])


def rule_of(condition, out=None, context=None):
    written = {"name": "own", "in": condition} | ({} if out is None else {"out": out})
    return parse_rule(written, context or context_of(THREE))


def changed(draw, condition):
    """Return the condition with one thing about it changed: how it is joined, over which groups, of whom, from how many on."""
    written = dict(condition)
    joined = next((key for key in ("all", "any") if key in written), None)
    how = draw(st.sampled_from(["part", "join", "flatten", "wrap", "groups", "n_min", "denominator", "lift"]))
    if joined and how == "part":
        at = draw(st.integers(0, len(written[joined]) - 1))
        written[joined] = [changed(draw, part) if place == at else part for place, part in enumerate(written[joined])]
    elif joined and how == "join":
        written[{"all": "any", "any": "all"}[joined]] = written.pop(joined)
    elif joined and how == "flatten":
        written[joined] = [inner for part in written[joined] for inner in part.get("all", part.get("any", [part]))]
    elif joined and how == "lift":
        groups = {key: written.pop(key) for key in ("groups", "n_min") if key in written}
        written[joined] = [{**part, **groups} for part in written[joined]]
    elif how == "wrap":
        written = {draw(st.sampled_from(["all", "any"])): [written]}
    elif how in ("groups", "lift"):
        written["groups"] = draw(st.sampled_from([*OVER_GROUPS, "balanced"]))
    elif how == "n_min" and "groups" in written:
        written["n_min"] = draw(st.integers(1, 4))
    elif how == "denominator" and "figure" in written:
        written["denominator"] = draw(st.sampled_from(["rated", "answered"]))
    return written


@st.composite
def pairs_of_rules(draw, scale, figures):
    """Draw two rules, most often one and the same with a thing or two changed."""
    drawn = conditions(scale, figures, OVER_GROUPS)
    first = draw(drawn)
    second = draw(drawn) if draw(st.integers(0, 4)) == 0 else changed(draw, first)
    if draw(st.booleans()):
        second = changed(draw, second)
    out = draw(st.none() | drawn)
    other_out = out if out is None or draw(st.booleans()) else changed(draw, out)
    return (first, out), (second, other_out)


def assert_told_apart(pair, scale):
    try:
        first, second = (rule_of(*written, context_of(scale)) for written in pair)
    except RuleError:
        return
    if first.sentence() == second.sentence():
        assert verdicts(first, scale) == verdicts(second, scale)


@settings(max_examples=200, deadline=None)
@given(pairs_of_rules(THREE, FIGURES))
def test_rules_that_differ_on_any_small_table_read_differently(pair):
    assert_told_apart(pair, THREE)


@settings(max_examples=60, deadline=None)
@given(pairs_of_rules(NINE, ("percent", "ram", "median", "iqr")))
def test_rules_that_differ_on_the_scale_of_nine_read_differently(pair):
    assert_told_apart(pair, NINE)


def every_short_condition():
    """Yield all conditions of up to three of a few tests that are easily taken for each other."""
    bare = [HIGH, {**HIGH, "denominator": "answered"}, {"figure": "median", "at_least": 2}]
    overs = ({"groups": groups, "n_min": n_min} for groups in OVER_GROUPS for n_min in (1, 2))
    tests = [*bare, *({**test, **over} for test, over in product(bare, overs))]
    tests += [{**test, "groups": "balanced", "n_min": n_min} for test in bare[:2] for n_min in (1, 2)]
    yield from tests
    joins = ("all", "any")
    yield from ({join: list(parts)} for join, parts in product(joins, product(tests, repeat=2)))
    together = [
        {join: list(parts), "groups": groups, "n_min": n_min}
        for join, parts, groups, n_min in product(joins, product(bare, repeat=2), OVER_GROUPS, (1, 2))
    ]
    yield from together
    few = [
        bare[0],
        bare[2],
        *({**test, "groups": groups, "n_min": 1} for test in (bare[0], bare[2]) for groups in ("every", "any")),
    ]
    for outer, inner, parts in product(joins, joins, product(few, repeat=3)):
        yield {outer: [parts[0], {inner: list(parts[1:])}]}
        yield {outer: [{inner: list(parts[:2])}, parts[2]]}
    yield from ({join: [whole, test]} for join, whole, test in product(joins, together[::2], few))


def test_of_all_short_rules_those_with_the_same_sentence_say_the_same_of_every_small_table():
    by_sentence = defaultdict(list)
    for condition in every_short_condition():
        rule = rule_of(condition)
        by_sentence[rule.sentence()].append(rule)
    shared = {sentence: list({rule.in_: rule for rule in rules}.values()) for sentence, rules in by_sentence.items()}

    ambiguous = [sentence for sentence, rules in shared.items() if len(rules) > 1 and len({verdicts(rule) for rule in rules}) > 1]

    assert sum(len(rules) > 1 for rules in shared.values()) > 100  # rules that are the same do read the same
    assert ambiguous == []


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({**HIGH, "at_least": 70.00000000001}, HIGH),
        ({"all": [{**HIGH, "groups": "every"}, HIGH]}, {"all": [{**HIGH, "groups": "every"}, {**HIGH, "groups": "every"}]}),
        ({**HIGH, "groups": {"named": ["a", "b"]}, "n_min": 1}, {**HIGH, "groups": {"named": ["a and in b, each"]}, "n_min": 1}),
        ({**HIGH, "groups": {"named": ["a", "b"]}}, {**HIGH, "groups": {"named": ['a" and in "b']}}),
        ({**HIGH, "groups": "every", "n_min": 3}, {**HIGH, "groups": "every", "n_min": 4}),
        (
            {"all": [HIGH, {"figure": "n_rated", "at_least": 2}], "groups": "any"},
            {"all": [{**HIGH, "groups": "any"}, {"figure": "n_rated", "at_least": 2, "groups": "any"}]},
        ),
        ({"figure": "cvr", "at_least": "critical"}, {"figure": "cvr", "at_least": 0}),
        ({"figure": "cvr", "zone": [2, 3], "at_least": 0}, {"figure": "cvr", "at_least": 0}),
    ],
)
def test_what_is_easily_taken_for_the_same_reads_differently(one, other):
    open_ = RuleContext(THREE, ZONES[THREE])

    first, second = (rule_of(condition, context=open_) for condition in (one, other))

    assert first != second
    assert first.sentence() != second.sentence()


def test_the_same_zone_reads_the_same_by_name_and_by_its_levels():
    scale = Scale(-5, 5)
    context = RuleContext(scale, Zones((-5, -2), (-1, 1), (2, 5)))

    named, written_out = (rule_of({**HIGH, "zone": zone}, context=context) for zone in ("low", [-5, -2]))

    assert (
        named.sentence() == written_out.sentence() == "Consensus in when at least 70 % rate it -5 to -2; otherwise no consensus."
    )
