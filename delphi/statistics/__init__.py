"""Statistics of a Delphi panel: arrays in, arrays out; nothing else of the package is needed to use them.

`analyse` gives the whole result as plain values, `measure_round` and `measure_rounds` every figure as arrays. Each statistic has
its own function; docs/statistics.md lists them with definition and source.
"""

from delphi.statistics.agreement import ordinal_agreement
from delphi.statistics.analysis import RoundRatings, Settings, analyse
from delphi.statistics.attrition import attrition_bias, retention
from delphi.statistics.bootstrap import bootstrap_median, bootstrap_share, stratified_median, stratified_share
from delphi.statistics.concordance import kendall_w
from delphi.statistics.conformity import conformity, outlier_stance
from delphi.statistics.content_validity import item_validity, lawshe_cvr, scale_validity
from delphi.statistics.counts import NOT_ANSWERED, NOT_ASKED, UNABLE, Counts, count_ballots
from delphi.statistics.description import Description, describe
from delphi.statistics.differences import compare_groups
from delphi.statistics.errors import RatingsError, RuleError, ScaleError, UnusableError
from delphi.statistics.fragility import fragility
from delphi.statistics.intraclass import cronbach_alpha, intraclass
from delphi.statistics.measures import Basis, RoundFigures, measure_change, measure_round, measure_rounds
from delphi.statistics.presets import DEFAULT_RULE, PRESETS, preset_rule
from delphi.statistics.quantiles import quantile
from delphi.statistics.ram import appropriateness
from delphi.statistics.reliability import fleiss_kappa, gwet_ac, krippendorff_alpha
from delphi.statistics.rule_files import RuleContext, parse_rule
from delphi.statistics.rules import Rule
from delphi.statistics.scale import ONE_TO_NINE, Scale, Zones, default_zones
from delphi.statistics.scan import scan_rounds
from delphi.statistics.sensitivity import leave_one_group_out, leave_one_person_out, verdicts_by_rule
from delphi.statistics.stability import describe_change
from delphi.statistics.stopping import stopping_answer
from delphi.statistics.uncertainty import median_interval, wilson
from delphi.statistics.verdicts import Verdict, judge

__all__ = [
    "DEFAULT_RULE",
    "NOT_ANSWERED",
    "NOT_ASKED",
    "ONE_TO_NINE",
    "PRESETS",
    "UNABLE",
    "Basis",
    "Counts",
    "Description",
    "RatingsError",
    "RoundFigures",
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
    "attrition_bias",
    "bootstrap_median",
    "bootstrap_share",
    "compare_groups",
    "conformity",
    "count_ballots",
    "cronbach_alpha",
    "default_zones",
    "describe",
    "describe_change",
    "fleiss_kappa",
    "fragility",
    "gwet_ac",
    "intraclass",
    "item_validity",
    "judge",
    "kendall_w",
    "krippendorff_alpha",
    "lawshe_cvr",
    "leave_one_group_out",
    "leave_one_person_out",
    "measure_change",
    "measure_round",
    "measure_rounds",
    "median_interval",
    "ordinal_agreement",
    "outlier_stance",
    "parse_rule",
    "preset_rule",
    "quantile",
    "retention",
    "scale_validity",
    "scan_rounds",
    "stopping_answer",
    "stratified_median",
    "stratified_share",
    "verdicts_by_rule",
    "wilson",
]
