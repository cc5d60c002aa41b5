"""Statistics of a Delphi panel: arrays in, arrays out; nothing else of the package is needed to use them."""

from delphi.statistics.analysis import RoundRatings, Settings, analyse
from delphi.statistics.counts import NOT_ANSWERED, NOT_ASKED, UNABLE, Counts, count_ballots
from delphi.statistics.description import Description, describe
from delphi.statistics.errors import RatingsError, RuleError, ScaleError, UnusableError
from delphi.statistics.presets import DEFAULT_RULE, PRESETS, preset_rule
from delphi.statistics.ram import appropriateness
from delphi.statistics.rule_files import RuleContext, parse_rule
from delphi.statistics.rules import Rule
from delphi.statistics.scale import ONE_TO_NINE, Scale, Zones, default_zones
from delphi.statistics.verdicts import Verdict, judge

__all__ = [
    "DEFAULT_RULE",
    "NOT_ANSWERED",
    "NOT_ASKED",
    "ONE_TO_NINE",
    "PRESETS",
    "UNABLE",
    "Counts",
    "Description",
    "RatingsError",
    "RoundRatings",
    "Rule",
    "RuleContext",
    "RuleError",
    "Scale",
    "ScaleError",
    "Settings",
    "UnusableError",
    "Verdict",
    "Zones",
    "analyse",
    "appropriateness",
    "count_ballots",
    "default_zones",
    "describe",
    "judge",
    "parse_rule",
    "preset_rule",
]
