"""Consensus rules from the literature, by name and with their source."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from delphi.statistics.errors import RuleError
from delphi.statistics.rule_files import RuleContext, parse_rule
from delphi.statistics.rules import Rule
from delphi.statistics.scale import ONE_TO_NINE, Scale
from delphi.statistics.words import marked

DEFAULT_RULE = "70/15"


@dataclass(frozen=True)
class Preset:
    """A rule as a rule file has it, and the only scale it is meant for, or None for any scale with zones."""

    written: Mapping[str, Any]
    scale: Scale | None = None


def _share(zone: object, comparison: str, threshold: int, **more: object) -> dict[str, object]:
    return {"figure": "percent", "zone": zone, comparison: threshold, **more}


def _mostly(percent: int, zone: str, other: str, **more: object) -> dict[str, object]:
    return {"all": [_share(zone, "at_least", percent, **more), _share(other, "less_than", 15, **more)]}


def _seventy_fifteen(name: str, source: str, **more: object) -> Preset:
    written = {"in": _mostly(70, "high", "low", **more), "out": _mostly(70, "low", "high", **more)}
    return Preset({"name": name, "source": source, **written})


def _seventy_fifteen_in(groups: object, name: str, source: str) -> Preset:
    """Return the rule that 70/15 holds, both its tests in the same group, in as many groups."""
    written = {"in": {**_mostly(70, "high", "low"), "groups": groups}, "out": {**_mostly(70, "low", "high"), "groups": groups}}
    return Preset({"name": name, "source": source, **written})


def _close_and(name: str, source: str, scale: Scale, spread: Mapping[str, object], high: int, low: int) -> Preset:
    """Return the rule that ratings lie close together and their median in the upper levels (in) or the lower ones (out)."""
    in_ = {"all": [spread, {"figure": "median", "at_least": high}]}
    out = {"all": [spread, {"figure": "median", "at_most": low}]}
    return Preset({"name": name, "source": source, "in": in_, "out": out}, scale)


_GRACHT = "reviewed by von der Gracht, Technol Forecast Soc Change 2012;79:1525"
_COS_FOR_WORK = "compare COS for Work, BMJ Open 2023;13:e069174"
_FIVE_OR_FEWER = "all of five experts or fewer, 0.78 of six or more"
_LYNN = f"Lynn, Nurs Res 1986;35:382; Polit and Beck, Res Nurs Health 2006;29:489: {_FIVE_OR_FEWER}, on a scale of four points"
_RELEVANT = {"figure": "i_cvi", "zone": [3, 4]}

_PRESETS = (
    _seventy_fifteen(
        "70/15",
        "Core outcome set practice: ELICIT, Trials 2015 (s13063-015-1011-8), table 1; HEAP, Value in Health 2021;24:539, table 1",
    ),
    Preset(
        {
            "name": "percent-75",
            "source": "The median threshold among 100 Delphi studies: Diamond et al., J Clin Epidemiol 2014;67:401",
            "in": _share("high", "at_least", 75, denominator="rated"),
            "out": _share("low", "at_least", 75, denominator="rated"),
        }
    ),
    Preset(
        {
            "name": "percent-80",
            "source": "A stricter threshold in common use; Morrison and Barratt 2010 asked for more than 80 %",
            "in": _share("high", "at_least", 80, denominator="rated"),
            "out": _share("low", "at_least", 80, denominator="rated"),
        }
    ),
    _seventy_fifteen(
        "70/15-every-group",
        f"70/15 asked of every stakeholder group, so that the largest does not decide alone; {_COS_FOR_WORK}",
        groups="every",
    ),
    _seventy_fifteen_in(
        "any",
        "70/15-any-group",
        f"70/15 of a single stakeholder group is enough, so that none is outvoted; {_COS_FOR_WORK}",
    ),
    _seventy_fifteen_in(
        {"at_least": 2},
        "70/15-two-groups",
        f"70/15 asked of at least two stakeholder groups; {_COS_FOR_WORK}",
    ),
    _seventy_fifteen(
        "70/15-balanced",
        f"70/15 of the unweighted mean of the groups' percentages, so that each counts alike; {_COS_FOR_WORK}",
        groups="balanced",
    ),
    Preset(
        {
            "name": "heap-round-1",
            "source": "HEAP, Value in Health 2021;24:539, table 1: 50 % in place of 70 % in the first round, to prune",
            "in": _mostly(50, "high", "low"),
            "out": _mostly(50, "low", "high"),
        }
    ),
    _close_and(
        "iqr-2",
        f"A convention for scales of nine or ten points, {_GRACHT}",
        ONE_TO_NINE,
        {"figure": "iqr", "at_most": 2},
        high=7,
        low=3,
    ),
    _close_and(
        "iqr-1",
        f"A convention for scales of four or five points, {_GRACHT}",
        Scale(1, 5),
        {"figure": "iqr", "at_most": 1},
        high=4,
        low=2,
    ),
    _close_and(
        "iqr-1-of-four",
        f"A convention for scales of four or five points, {_GRACHT}",
        Scale(1, 4),
        {"figure": "iqr", "at_most": 1},
        high=3,
        low=2,
    ),
    _close_and(
        "sd-1.5",
        f"A convention, {_GRACHT}",
        ONE_TO_NINE,
        {"figure": "sd", "less_than": 1.5},
        high=7,
        low=3,
    ),
    _close_and(
        "cv-0.5",
        f"English and Kernan, Transp Res 1976;10:15 call up to 0.5 a good degree of consensus; {_GRACHT}",
        ONE_TO_NINE,
        {"figure": "cv", "at_most": 0.5},
        high=7,
        low=3,
    ),
    Preset(
        {
            "name": "ram",
            "source": "RAND/UCLA Appropriateness Method, disagreement by IPRAS: Fitch et al. 2001, RAND MR-1269",
            "in": {"figure": "ram", "at_least": "appropriate"},
            "out": {"figure": "ram", "at_most": "inappropriate"},
        },
        scale=ONE_TO_NINE,
    ),
    Preset(
        {
            "name": "i-cvi",
            "source": _LYNN,
            "in": {
                "any": [
                    {**_RELEVANT, "at_least": 1},
                    {"all": [{"figure": "n_rated", "at_least": 6}, {**_RELEVANT, "at_least": 0.78}]},
                ]
            },
        },
        scale=Scale(1, 4),
    ),
    Preset(
        {
            "name": "cvr",
            "source": "Lawshe, Pers Psychol 1975;28:563, with the exact critical values of Ayre and Scally, "
            "Meas Eval Couns Dev 2014;47:79",
            "in": {"figure": "cvr", "zone": "high", "at_least": "critical"},
        }
    ),
    Preset(
        {
            "name": "enlight",
            "source": "ENLIGHT Delphi, round 1: Spitschan et al. 2023, ENLIGHT-Data repository",
            "in": _share([5, 7], "more_than", 75, denominator="answered"),
        },
        scale=Scale(1, 7),
    ),
)
PRESETS: Mapping[str, Preset] = {str(preset.written["name"]): preset for preset in _PRESETS}


def preset_rule(name: str, context: RuleContext) -> Rule:
    """Return the preset rule of that name, read against the scale, the zones and the groups."""
    preset = PRESETS.get(name)
    if preset is None:
        raise RuleError("There is no rule called {name!r}; there are {there}.", name=name, there=", ".join(PRESETS))
    if preset.scale not in (None, context.scale):
        message = marked("The rule {name!r} is meant for the scale {meant}; this scale is {scale}.")
        raise RuleError(message, name=name, meant=preset.scale, scale=context.scale)
    return parse_rule(preset.written, context)
