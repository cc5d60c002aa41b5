"""Consensus rules from the literature, by name and with their source."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from delphi.statistics.errors import RuleError
from delphi.statistics.rule_files import RuleContext, parse_rule
from delphi.statistics.rules import Rule
from delphi.statistics.scale import ONE_TO_NINE, Scale

DEFAULT_RULE = "70/15"


@dataclass(frozen=True)
class Preset:
    """A rule as a rule file has it, and the only scale it is meant for, or None for any scale with zones."""

    written: Mapping[str, Any]
    scale: Scale | None = None


def _share(zone: object, comparison: str, threshold: int, **more: object) -> dict[str, object]:
    return {"figure": "percent", "zone": zone, comparison: threshold, **more}


def _seventy_fifteen(zone: str, other: str, **more: object) -> dict[str, object]:
    return {"all": [_share(zone, "at_least", 70, **more), _share(other, "less_than", 15, **more)]}


_PRESETS = (
    Preset(
        {
            "name": "70/15",
            "source": "Core outcome set practice: ELICIT, Trials 2015 (s13063-015-1011-8), table 1; "
            "HEAP, Value in Health 2021;24:539, table 1",
            "in": _seventy_fifteen("high", "low"),
            "out": _seventy_fifteen("low", "high"),
        }
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
    Preset(
        {
            "name": "70/15-every-group",
            "source": "70/15 asked of every stakeholder group, so that the largest does not decide alone; "
            "compare COS for Work, BMJ Open 2023;13:e069174",
            "in": _seventy_fifteen("high", "low", groups="every"),
            "out": _seventy_fifteen("low", "high", groups="every"),
        }
    ),
    Preset(
        {
            "name": "iqr-2",
            "source": "A convention for scales of nine or ten points, reviewed by von der Gracht, "
            "Technol Forecast Soc Change 2012;79:1525",
            "in": {"all": [{"figure": "iqr", "at_most": 2}, {"figure": "median", "at_least": 7}]},
            "out": {"all": [{"figure": "iqr", "at_most": 2}, {"figure": "median", "at_most": 3}]},
        },
        scale=ONE_TO_NINE,
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
        raise RuleError(f"There is no rule called {name!r}; there are {', '.join(PRESETS)}.")
    if preset.scale not in (None, context.scale):
        raise RuleError(f"The rule {name!r} is meant for the scale {preset.scale}; this scale is {context.scale}.")
    return parse_rule(preset.written, context)
