"""Random consensus rules and small random panels, for tests that hold over all of them."""

import numpy as np
from hypothesis import assume
from hypothesis import strategies as st

from delphi.statistics.counts import NOT_ANSWERED, UNABLE, count_ballots
from delphi.statistics.errors import RuleError
from delphi.statistics.rule_files import RuleContext, parse_rule
from delphi.statistics.rules import COMPARISONS
from delphi.statistics.scale import Scale, Zones

THREE, FOUR, NINE = Scale(1, 3), Scale(1, 4), Scale(1, 9)
ZONES = {THREE: Zones((1, 1), (2, 2), (3, 3)), FOUR: Zones((1, 2), None, (3, 4)), NINE: Zones((1, 3), (4, 6), (7, 9))}
GROUPS = ("carers", "users")
OVER_GROUPS = ("every", "any", {"at_least": 1}, {"at_least": 2}, {"named": ["users"]}, {"named": ["carers", "users"]})


def context_of(scale):
    return RuleContext(scale, ZONES[scale], group_names=GROUPS)


def thresholds(figure, scale):
    return {
        "percent": st.sampled_from([0, 15, 25, 100 / 3, 50, 66.7, 70, 75, 100]),
        "median": st.sampled_from([scale.low + half / 2 for half in range(2 * (scale.high - scale.low) + 1)]),
        "mean": st.sampled_from([scale.low + third / 4 for third in range(4 * (scale.high - scale.low) + 1)]),
        "iqr": st.sampled_from([0, 0.5, 1, 1.25, 2]),
        "sd": st.sampled_from([0, 0.5, 1, 1.4]),
        "cv": st.sampled_from([0, 0.2, 0.5, 0.8]),
        "i_cvi": st.sampled_from([0, 0.5, 0.78, 1]),
        "cvr": st.sampled_from([-1, 0, 0.3, 1, "critical"]),
        "n_rated": st.integers(1, 7),
        "ram": st.sampled_from(["inappropriate", "uncertain", "appropriate"]),
    }[figure]


@st.composite
def tests_of(draw, scale, figures, over):
    """Draw one test as a rule file has it."""
    figure = draw(st.sampled_from(figures))
    test = {"figure": figure, draw(st.sampled_from(list(COMPARISONS))): draw(thresholds(figure, scale))}
    if figure in ("percent", "i_cvi", "cvr"):
        bounds = st.tuples(st.integers(scale.low, scale.high), st.integers(scale.low, scale.high)).map(sorted)
        test["zone"] = draw(st.sampled_from(["low", "high"]) | bounds)
    if figure == "percent":
        test["denominator"] = draw(st.sampled_from(["rated", "answered"]))
    choices = [*over, "balanced"] if over and figure == "percent" else over
    if choices and draw(st.booleans()):
        test |= {"groups": draw(st.sampled_from(choices)), "n_min": draw(st.integers(1, 3))}
    return test


def conditions(scale, figures, over):
    """Return random conditions: single tests, all or any of several, and several together in groups."""
    single = tests_of(scale, figures, over)
    several = st.builds(
        lambda join, parts: {join: parts}, st.sampled_from(["all", "any"]), st.lists(single, min_size=1, max_size=2)
    )
    if not over:
        pooled = several
    else:
        alone = st.lists(tests_of(scale, figures, ()), min_size=1, max_size=2)
        pooled = several | st.builds(
            lambda join, parts, groups, n_min: {join: parts, "groups": groups, "n_min": n_min},
            st.sampled_from(["all", "any"]),
            alone,
            st.sampled_from(over),
            st.integers(1, 3),
        )
    nested = st.builds(
        lambda join, parts: {join: parts}, st.sampled_from(["all", "any"]), st.lists(single | pooled, min_size=1, max_size=3)
    )
    return single | pooled | nested


@st.composite
def rules(
    draw, scale=FOUR, figures=("percent", "median", "iqr", "mean", "sd", "cv", "i_cvi", "cvr", "n_rated"), over=OVER_GROUPS
):
    """Draw a rule that can be read; those that cannot are passed over."""
    written = {"name": "drawn", "in": draw(conditions(scale, figures, over))}
    if draw(st.booleans()):
        written["out"] = draw(conditions(scale, figures, over))
    try:
        return parse_rule(written, context_of(scale))
    except RuleError:
        assume(False)


@st.composite
def panels(draw, scale=FOUR, most=5, unable=True):
    """Draw ballots of one item, uint8[panelist, 1], and everybody's group (-1 for none)."""
    answers = [NOT_ANSWERED, *([UNABLE] if unable else []), *range(1, scale.n_levels + 1), *range(1, scale.n_levels + 1)]
    people = draw(st.lists(st.tuples(st.sampled_from(answers), st.integers(-1, len(GROUPS) - 1)), min_size=1, max_size=most))
    ballots, groups = zip(*people, strict=True)
    return np.array(ballots, dtype=np.uint8)[:, None], np.array(groups, dtype=np.int64)


def counted(ballots, groups, scale):
    return count_ballots(ballots, groups, len(GROUPS), scale.n_levels)
