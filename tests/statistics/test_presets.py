"""Rules from the literature: each is read on its scale, says what it means in English and names its source."""

import json

import pytest

from delphi.statistics import PRESETS, RuleContext, RuleError, Scale, Zones, default_zones, parse_rule, preset_rule
from delphi.statistics.figures import Measure
from delphi.statistics.verdicts import judge
from tests.statistics.conftest import counts_by_group

NINE = RuleContext(Scale(1, 9), default_zones(Scale(1, 9)))
SEVEN = RuleContext(Scale(1, 7), Zones((1, 3), (4, 4), (5, 7)))
FIVE = RuleContext(Scale(1, 5), Zones((1, 2), (3, 3), (4, 5)))
FOUR = RuleContext(Scale(1, 4), Zones((1, 2), None, (3, 4)))
CONTEXTS = {None: NINE, **{context.scale: context for context in (NINE, SEVEN, FIVE, FOUR)}}
SEVENTY = ("at least 70 % rate it 7–9 and less than 15 % rate it 1–3", "at least 70 % rate it 1–3 and less than 15 % rate it 7–9")
CLOSE = "{0} and the median is at least {1}; consensus out when {0} and the median is at most {2}"


def in_and_out(before, in_and_out_of=SEVENTY):
    return f"{before}{in_and_out_of[0]}; consensus out when {before}{in_and_out_of[1]}"


SENTENCES = {
    "70/15": in_and_out(""),
    "percent-75": in_and_out("", ("at least 75 % rate it 7–9", "at least 75 % rate it 1–3")),
    "percent-80": in_and_out("", ("at least 80 % rate it 7–9", "at least 80 % rate it 1–3")),
    "70/15-every-group": in_and_out("in every group of 5 or more, "),
    "70/15-any-group": in_and_out("in at least one group of 5 or more, "),
    "70/15-two-groups": in_and_out("in at least 2 groups of 5 or more, "),
    "70/15-balanced": in_and_out("averaged over the groups of 5 or more with equal weight, "),
    "heap-round-1": in_and_out("").replace("70", "50"),
    "iqr-2": CLOSE.format("the interquartile range is at most 2", 7, 3),
    "iqr-1": CLOSE.format("the interquartile range is at most 1", 4, 2),
    "iqr-1-of-four": CLOSE.format("the interquartile range is at most 1", 3, 2),
    "sd-1.5": CLOSE.format("the standard deviation is less than 1.5", 7, 3),
    "cv-0.5": CLOSE.format("the coefficient of variation is at most 0.5", 7, 3),
    "ram": "the RAND/UCLA class is appropriate; consensus out when the RAND/UCLA class is inappropriate",
    "i-cvi": "the item content validity index (of ratings 3–4) is at least 1 or (the number of ratings is at least 6 "
    "and the item content validity index (of ratings 3–4) is at least 0.78)",
    "cvr": "the content validity ratio (of ratings 7–9) is at least the critical value for its number of ratings "
    "(exact binomial, 5 %)",
    "enlight": "more than 75 % of those who answered, unable to rate included, rate it 5–7",
}


@pytest.mark.parametrize("name", PRESETS)
def test_every_preset_reads_in_english_on_its_scale(name):
    rule = preset_rule(name, CONTEXTS[PRESETS[name].scale])

    assert rule.sentence() == f"Consensus in when {SENTENCES[name]}; otherwise no consensus."


@pytest.mark.parametrize("name", PRESETS)
def test_a_preset_reads_back_as_itself(name):
    context = CONTEXTS[PRESETS[name].scale]
    rule = preset_rule(name, context)

    written = json.loads(json.dumps(rule.as_dict()))

    assert parse_rule(written, context) == rule
    assert rule.source


@pytest.mark.parametrize("name", ["ram", "iqr-2", "enlight", "sd-1.5", "cv-0.5", "i-cvi", "iqr-1", "iqr-1-of-four"])
def test_a_preset_for_another_scale_is_refused(name):
    context = NINE if PRESETS[name].scale != NINE.scale else SEVEN

    with pytest.raises(RuleError, match="is meant for the scale"):
        preset_rule(name, context)


def verdict(name, *groups):
    context = CONTEXTS[PRESETS[name].scale]
    names = [f"group {n}" for n in range(1, len(groups) + 1)]
    counts = counts_by_group(*groups, scale=context.scale)
    return judge(preset_rule(name, context), counts, names, Measure(context.scale))[0][0].verdict


@pytest.mark.parametrize(
    ("name", "groups", "said"),
    [
        ("70/15-every-group", [[8] * 5, [8] * 4 + [5]], "consensus in"),
        ("70/15-every-group", [[8] * 5, [8] * 3 + [5] * 2], "no consensus"),
        ("70/15-any-group", [[2] * 9, [8] * 5], "no consensus"),  # one group in, the other out
        ("70/15-any-group", [[5] * 9, [8] * 5], "consensus in"),
        ("70/15-any-group", [[8] * 5 + [1] * 2, [5] * 9], "no consensus"),  # 71 % and 29 % in the same group
        ("70/15-two-groups", [[8] * 5, [8] * 5, [2] * 5], "consensus in"),
        ("70/15-two-groups", [[8] * 5, [5] * 5, [2] * 5], "no consensus"),
        ("70/15-balanced", [[8] * 20, [8, 8, 5, 5, 5]], "consensus in"),
        ("70/15-balanced", [[8] * 40, [8] + [5] * 4], "no consensus"),  # 91 % pooled, 60 % balanced
        ("heap-round-1", [[8] * 5 + [5] * 5], "consensus in"),
        ("heap-round-1", [[8] * 8 + [1] * 2], "no consensus"),
        ("iqr-1", [[4, 4, 5, 5]], "consensus in"),
        ("iqr-1", [[1, 1, 2, 2]], "consensus out"),
        ("iqr-1-of-four", [[3, 3, 4, 4]], "consensus in"),
        ("iqr-1-of-four", [[2, 2, 3, 3]], "no consensus"),
        ("sd-1.5", [[6, 7, 9]], "no consensus"),  # the sd is 1.53
        ("sd-1.5", [[6, 7, 8]], "consensus in"),
        ("cv-0.5", [[1, 2, 3]], "consensus out"),  # exactly .5
        ("cv-0.5", [[1, 1, 3]], "no consensus"),
        ("i-cvi", [[3, 4, 4, 4, 4]], "consensus in"),
        ("i-cvi", [[2, 4, 4, 4, 4]], "no consensus"),  # of five, all have to
        ("i-cvi", [[2, 4, 4, 4, 4, 4]], "consensus in"),  # .83 of six
        ("i-cvi", [[2, 2, 4, 4, 4, 4, 4, 4, 4]], "no consensus"),  # .778 of nine
        ("cvr", [[8] * 9 + [5]], "consensus in"),
        ("cvr", [[8] * 8 + [5] * 2], "no consensus"),
    ],
)
def test_a_preset_decides_as_its_source_says(name, groups, said):
    assert verdict(name, *groups) == said


def test_presets_that_fit_any_scale_are_read_on_all_of_them():
    bipolar = RuleContext(Scale(-5, 5), Zones((-5, -2), (-1, 1), (2, 5)))

    for name, preset in PRESETS.items():
        if preset.scale is None:
            assert "2 to 5" in preset_rule(name, bipolar).sentence() or "2–5" in preset_rule(name, bipolar).sentence()


def test_a_written_preset_is_a_rule_file():
    for preset in PRESETS.values():
        assert parse_rule(json.loads(json.dumps(preset.written)), CONTEXTS[preset.scale]).source
