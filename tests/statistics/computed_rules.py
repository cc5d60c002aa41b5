"""The vectors of decision rules, computed with the rules that come along."""

import json

import numpy as np

from delphi.statistics.counts import count_ballots
from delphi.statistics.figures import Measure
from delphi.statistics.outcomes import VERDICTS, verdict_codes
from delphi.statistics.presets import preset_rule
from delphi.statistics.rule_files import RuleContext, parse_rule
from delphi.statistics.scale import ONE_TO_NINE, default_zones
from tests.statistics.conftest import OWN

NINE = RuleContext(ONE_TO_NINE, default_zones(ONE_TO_NINE))
HIGH = {"figure": "percent", "zone": "high", "at_least": 70}
ANSWER = {"consensus in": "in", "consensus out": "out", "no consensus": "no consensus", "not rated": "undefined"}


def seventy_fifteen(_inputs, order):
    """Return the published cases, whose counts are only in what is expected, each decided anew."""
    cases = json.loads((OWN / "comet_70_15.json").read_text(encoding="utf-8"))["expected"]["cases"]
    decided = []
    for case in cases:
        ratings = np.repeat([2, 5, 8], case["counts_1_3__4_6__7_9"])
        verdict = VERDICTS[codes_of(preset_rule("70/15", NINE), ratings[order(len(ratings))], (), ())[0]]
        decided.append({**case, "n": len(ratings), "result": ANSWER[verdict]})
    return {"cases": decided}


def seventy_by_group(inputs, order):
    """Return whether each outcome reaches 70 % in every group of three or more, and whether it does overall."""
    every = parse_rule({"name": "every", "in": {**HIGH, "groups": "every", "n_min": 3}}, NINE)
    overall = parse_rule({"name": "overall", "in": HIGH}, NINE)
    groups = np.repeat(np.arange(len(inputs["n"])), inputs["n"])
    found = {"rule_70_in_every_group_with_n_ge_3": {}, "rule_70_overall": {}}
    for row in inputs["rows"]:
        n_high = [round(percent * n / 100) for percent, n in zip(row["group_pct"], inputs["n"], strict=True)]
        ratings = np.concatenate([[8] * high + [5] * (n - high) for high, n in zip(n_high, inputs["n"], strict=True)])
        shuffled = order(len(ratings))
        for name, rule in zip(found, (every, overall), strict=True):
            codes = codes_of(rule, ratings[shuffled], groups[shuffled], inputs["groups"])
            found[name][row["outcome"]] = VERDICTS[codes[0]] == "consensus in"
    return found


def codes_of(rule, ratings, groups, group_names):
    groups = np.asarray(groups if len(group_names) else np.full(len(ratings), -1), dtype=np.int64)
    counts = count_ballots(ratings.astype(np.uint8)[:, None], groups, len(group_names), 9)
    return verdict_codes(rule, counts, group_names, Measure(ONE_TO_NINE))[0]


COMPUTED = {"comet_70_15": seventy_fifteen, "group_rule_cos_for_work": seventy_by_group}
