"""Consensus rules as data: read, said in English, written back, and refused when they cannot hold."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from delphi.statistics import RuleContext, RuleError, Scale, ScaleError, Zones, default_zones, parse_rule, preset_rule

NINE = RuleContext(Scale(1, 9), default_zones(Scale(1, 9)))
SEVEN = RuleContext(Scale(1, 7), Zones((1, 3), (4, 4), (5, 7)))
HIGH = {"figure": "percent", "zone": "high", "at_least": 70}


def rule_of(condition, context=NINE, **more):
    return parse_rule({"name": "own", "in": condition, **more}, context)


def test_a_rule_reads_as_one_sentence():
    assert preset_rule("70/15", NINE).sentence() == (
        "Consensus in when at least 70 % rate it 7–9 and less than 15 % rate it 1–3; "
        "consensus out when at least 70 % rate it 1–3 and less than 15 % rate it 7–9; otherwise no consensus."
    )
    assert preset_rule("enlight", SEVEN).sentence() == (
        "Consensus in when more than 75 % of those who answered, unable to rate included, rate it 5–7; otherwise no consensus."
    )
    assert (
        preset_rule("70/15-every-group", NINE)
        .sentence()
        .startswith("Consensus in when in every group of 5 or more, at least 70 % rate it 7–9 and less than 15 % rate it 1–3; ")
    )


@pytest.mark.parametrize(
    ("condition", "said"),
    [
        (
            {"any": [HIGH, {"all": [{"figure": "median", "at_least": 7}, {"figure": "iqr", "at_most": 1.5}]}]},
            "at least 70 % rate it 7–9 or (the median is at least 7 and the interquartile range is at most 1.5)",
        ),
        ({**HIGH, "groups": {"at_least": 2}, "n_min": 3}, "in at least 2 groups of 3 or more, at least 70 % rate it 7–9"),
        ({**HIGH, "groups": {"at_least": 1}}, "in at least one group of 5 or more, at least 70 % rate it 7–9"),
        ({**HIGH, "groups": "any"}, "in at least one group of 5 or more, at least 70 % rate it 7–9"),
        (
            {"all": [{**HIGH, "groups": "any"}, {"figure": "median", "at_least": 7, "groups": "any"}]},
            "in at least one group of 5 or more, at least 70 % rate it 7–9 "
            "and in at least one group of 5 or more, the median is at least 7",
        ),
        (
            {"all": [HIGH, {"figure": "iqr", "at_most": 2}], "groups": {"at_least": 2}},
            "in at least 2 groups of 5 or more, at least 70 % rate it 7–9 and the interquartile range is at most 2",
        ),
        (
            {"any": [{"all": [HIGH, {"figure": "mean", "at_least": 6.5}], "groups": "any", "n_min": 3}, HIGH]},
            "(in at least one group of 3 or more, at least 70 % rate it 7–9 and the mean is at least 6.5) "
            "or in the whole panel, at least 70 % rate it 7–9",
        ),
        (
            {"all": [{**HIGH, "groups": "every"}, {"figure": "median", "at_least": 7}]},
            "in every group of 5 or more, at least 70 % rate it 7–9 and in the whole panel, the median is at least 7",
        ),
        (
            {"all": [{**HIGH, "groups": "every"}, {**HIGH, "groups": "every", "denominator": "answered"}]},
            "in every group of 5 or more, at least 70 % rate it 7–9 and in every group of 5 or more, "
            "at least 70 % of those who answered, unable to rate included, rate it 7–9",
        ),
        ({**HIGH, "groups": {"named": ["carers"]}}, 'in "carers" of 5 or more, at least 70 % rate it 7–9'),
        (
            {**HIGH, "groups": {"named": ["carers", "the \"old\""]}, "n_min": 2},
            'in "carers" and in "the \\"old\\"", each of 2 or more, at least 70 % rate it 7–9',
        ),
        ({**HIGH, "at_least": 66.6666667}, "at least 66.6666667 % rate it 7–9"),
        ({"figure": "sd", "at_most": 0.0000001}, "the standard deviation is at most 0.0000001"),
        ({"figure": "i_cvi", "at_least": 0.78}, "the item content validity index (of ratings 7–9) is at least 0.78"),
        ({"figure": "cvr", "zone": [9, 9], "more_than": -0.5}, "the content validity ratio (of ratings 9) is more than -0.5"),
        ({**HIGH, "groups": "balanced"}, "averaged over the groups of 5 or more with equal weight, at least 70 % rate it 7–9"),
        ({"figure": "sd", "less_than": 1.5}, "the standard deviation is less than 1.5"),
        ({"figure": "cv", "at_most": 0.3}, "the coefficient of variation is at most 0.3"),
        ({"figure": "median", "more_than": 6.5}, "the median is more than 6.5"),
        ({"figure": "ram", "at_least": "appropriate"}, "the RAND/UCLA class is appropriate"),
        ({"figure": "ram", "more_than": "inappropriate"}, "the RAND/UCLA class is better than inappropriate"),
        ({"figure": "percent", "zone": [4, 4], "less_than": 12.5}, "less than 12.5 % rate it 4"),
    ],
)  # fmt: skip
def test_every_kind_of_test_reads_in_english(condition, said):
    assert rule_of(condition).sentence() == f"Consensus in when {said}; otherwise no consensus."


def test_what_a_rule_leaves_open_is_written_out():
    context = RuleContext(NINE.scale, NINE.zones, denominator="answered")

    written = rule_of({**HIGH, "groups": "every"}, context).as_dict()

    assert written["in"] == {
        "figure": "percent",
        "zone": "high",
        "at_least": 70,
        "denominator": "answered",
        "groups": "every",
        "n_min": 5,
    }


def test_only_rules_that_look_at_groups_say_so():
    assert preset_rule("70/15-every-group", NINE).uses_groups
    assert not preset_rule("70/15", NINE).uses_groups
    assert rule_of({"any": [HIGH, {"all": [{**HIGH, "groups": "any"}]}]}).uses_groups


@pytest.mark.parametrize(
    ("condition", "said"),
    [
        ([], "JSON object in braces"),
        ({}, 'needs a "figure"'),
        ({"figure": "mode", "at_least": 3}, "'mode' is none"),
        ({"figure": ["percent"], "at_least": 3}, "is none"),
        ({"figure": "percent", "at_least": 70}, 'needs a "zone"'),
        ({**HIGH, "zone": "top"}, "no zone called 'top'"),
        ({**HIGH, "zone": [7, 10]}, "zone 7–10 is not on the scale 1–9"),
        ({**HIGH, "zone": [9, 7]}, "not on the scale"),
        ({**HIGH, "zone": [7.0, 9]}, 'needs a "zone"'),
        ({**HIGH, "zone": [True, 9]}, 'needs a "zone"'),
        ({**HIGH, "at_least": 101}, "from 0 to 100; 101 is outside"),
        ({**HIGH, "at_least": -1}, "outside"),
        ({**HIGH, "at_least": "70"}, "compares with a number"),
        ({**HIGH, "at_least": True}, "compares with a number"),
        ({**HIGH, "at_least": float("nan")}, "compares with a number"),
        ({**HIGH, "at_most": 90}, "exactly one of"),
        ({"figure": "percent", "zone": "high"}, "exactly one of"),
        ({**HIGH, "denominator": "asked"}, "rated or answered"),
        ({**HIGH, "groups": "each"}, '"groups" is one of'),
        ({**HIGH, "groups": {"at_least": 0}}, '"groups" is one of'),
        ({**HIGH, "groups": {"at_least": True}}, '"groups" is one of'),
        ({**HIGH, "groups": "every", "n_min": 0}, '"n_min" is the least number'),
        ({**HIGH, "n_min": 3}, "other than pooled"),
        ({**HIGH, "treshold": 3}, "'treshold' is not among them"),
        ({"figure": "median", "at_least": 10}, "from 1 to 9; 10 is outside"),
        ({"figure": "median", "at_least": 7, "zone": "high"}, 'Only a percentage has a "zone"'),
        ({"figure": "iqr", "at_most": 2, "denominator": "rated"}, 'Only a percentage has a "denominator"'),
        ({"figure": "iqr", "at_most": 2, "groups": "balanced"}, "balanced"),
        ({"figure": "iqr", "at_most": 9}, "from 0 to 8"),
        ({"figure": "sd", "less_than": -0.5}, "outside"),
        ({"figure": "ram", "at_least": 7}, "compared with one of inappropriate, uncertain, appropriate"),
        ({**HIGH, "at_least": 100, "groups": {"named": []}}, '"named" is a list of 1 to 50'),
        ({**HIGH, "groups": {"named": ["carers", "carers"]}}, "each once and none empty"),
        ({**HIGH, "groups": {"named": ["carers", " "]}}, "each once and none empty"),
        ({**HIGH, "groups": {"named": ["carers", 3]}}, "each once and none empty"),
        ({"figure": "percent", "zone": "high", "more_than": 100}, "Nothing is more than the highest that 'percent' can be"),
        ({"figure": "percent", "zone": "high", "less_than": 0}, "Nothing is less than the lowest that 'percent' can be"),
        ({"figure": "median", "less_than": 1}, "no item could ever meet it"),
        ({"figure": "mean", "more_than": 9}, "no item could ever meet it"),
        ({"figure": "iqr", "less_than": 0}, "no item could ever meet it"),
        ({"figure": "ram", "more_than": "appropriate"}, "no item could ever meet it"),
        ({"figure": "ram", "less_than": "inappropriate"}, "no item could ever meet it"),
        ({"figure": "n_rated", "less_than": 1}, "no item could ever meet it"),
        ({"figure": "sd", "at_least": 6}, "No panel on the scale 1–9 has a standard deviation of 6"),
        ({"figure": "i_cvi", "at_least": 78}, "from 0 to 1; 78 is outside"),
        ({"figure": "cvr", "at_least": -1.5}, "from -1 to 1"),
        ({"figure": "cvr", "more_than": "critical"}, "at_least or less_than"),
        ({"figure": "cvr", "at_least": "high"}, "compares with a number"),
        ({"figure": "i_cvi", "at_least": "critical"}, "compares with a number"),
        ({"figure": "i_cvi", "zone": "top", "at_least": 1}, "no zone called 'top'"),
        ({"figure": "n_rated", "at_least": 0}, "from 1 to"),
        ({"all": [{**HIGH, "groups": "every"}], "groups": "any"}, "not of both"),
        ({"all": [HIGH], "groups": "balanced"}, "Only percentages"),
        ({"all": [HIGH], "n_min": 3}, "other than pooled"),
        ({"all": []}, "list of 1 to 50"),
        ({"any": HIGH}, "list of 1 to 50"),
        ({"all": [HIGH], "any": [HIGH]}, "'any' is not among them"),
    ],
)
def test_a_test_that_cannot_hold_is_refused_when_it_is_written(condition, said):
    with pytest.raises((RuleError, ScaleError)) as refusal:
        rule_of(condition)

    assert said in str(refusal.value)


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("70/15", "JSON object in braces"),
        ({"name": "x"}, 'needs "in"'),
        ({"in": HIGH}, 'needs a "name"'),
        ({"name": 7, "in": HIGH}, "text of at most"),
        ({"name": "x", "in": HIGH, "version": 2}, "'version' is not among them"),
    ],
)
def test_a_rule_that_is_none_is_refused(written, said):
    with pytest.raises(RuleError, match=said):
        parse_rule(written, NINE)


def test_a_rule_nested_too_deep_is_refused():
    condition = HIGH
    for _ in range(9):
        condition = {"all": [condition]}

    with pytest.raises(RuleError, match="at most 8 deep"):
        rule_of(condition)


def test_a_rule_needs_the_groups_it_looks_at():
    none = RuleContext(NINE.scale, NINE.zones, group_names=())
    two = RuleContext(NINE.scale, NINE.zones, group_names=("carers", "academics"))

    with pytest.raises(RuleError, match="these ratings have none"):
        preset_rule("70/15-every-group", none)
    with pytest.raises(RuleError, match="asks for 3 groups, and there are 2"):
        rule_of({**HIGH, "groups": {"at_least": 3}}, two)
    assert rule_of({**HIGH, "groups": {"at_least": 2}}, two).uses_groups


def test_the_widest_spread_that_a_panel_can_have_may_be_asked_for():
    # Of 1 and 9 the standard deviation is the root of 32, 5.657; of three or more it is less.
    assert rule_of({"figure": "sd", "at_least": 5.65}).sentence()
    with pytest.raises(RuleError, match="No panel"):
        rule_of({"figure": "sd", "at_least": 5.66})


def test_a_zone_by_name_has_to_lie_on_the_scale_too():
    with pytest.raises(RuleError, match="zone 7–9 is not on the scale 1–7"):
        rule_of(HIGH, RuleContext(Scale(1, 7), NINE.zones))


def test_a_ratio_to_the_mean_is_refused_with_negative_levels():
    bipolar = RuleContext(Scale(-5, 5), Zones((-5, -2), (-1, 1), (2, 5)))

    with pytest.raises(RuleError, match="undefined with negative levels"):
        rule_of({"figure": "cv", "at_most": 0.5}, bipolar)


def test_a_rule_names_only_groups_that_there_are():
    two = RuleContext(NINE.scale, NINE.zones, group_names=("carers", "academics"))

    for condition in ({**HIGH, "groups": {"named": ["users"]}}, {"all": [HIGH], "groups": {"named": ["carers", "users"]}}):
        with pytest.raises(RuleError, match="names the group 'users', and there is none; there are carers, academics"):
            rule_of(condition, two)
        assert rule_of(condition).uses_groups
    with pytest.raises(RuleError, match="asks for 3 groups"):
        rule_of({"all": [HIGH], "groups": {"at_least": 3}}, two)


@pytest.mark.parametrize(
    "condition",
    [
        {"figure": "cvr", "less_than": "critical", "zone": [8, 9]},
        {"figure": "i_cvi", "at_least": 0.78, "groups": {"named": ["carers", "users"]}, "n_min": 2},
        {"any": [HIGH, {"figure": "n_rated", "at_least": 6}], "groups": {"at_least": 2}, "n_min": 3},
        {"all": [{"any": [HIGH, {"figure": "mean", "at_most": 2.25}]}], "groups": {"named": ["carers"]}},
    ],
)
def test_a_rule_reads_back_as_itself(condition):
    rule = rule_of(condition)

    assert rule_of(json.loads(json.dumps(rule.as_dict()))["in"]) == rule


def test_a_rule_applied_to_one_groups_ratings_looks_at_no_group():
    rule = rule_of({"any": [{"all": [HIGH], "groups": "any"}, {**HIGH, "groups": {"named": ["carers"]}, "n_min": 3}]})

    assert rule.uses_groups
    assert rule.pooled() == rule_of({"any": [{"all": [HIGH]}, HIGH]})


def test_ram_off_one_to_nine_and_an_unknown_preset_are_refused():
    with pytest.raises(RuleError, match="scale 1–9 only"):
        rule_of({"figure": "ram", "at_least": "appropriate"}, SEVEN)
    with pytest.raises(RuleError, match="there are 70/15, percent-75"):
        preset_rule("70-15", NINE)


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text()
    | st.sampled_from(["percent", "high", "rated", "ram", "every", "cvr", "critical"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["figure", "zone", "at_least", "groups", "n_min", "all", "any", "denominator", "named"]), inner
        )
    ),
    max_leaves=12,
)


@given(json_values)
def test_any_json_is_read_or_refused_in_words(condition):
    said = "."
    try:
        rule = rule_of(condition)
    except (RuleError, ScaleError) as refusal:
        said = str(refusal)
    else:
        assert parse_rule(rule.as_dict(), NINE) == rule
    assert said.endswith(".")
