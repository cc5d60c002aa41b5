"""Our side of the comparison: the public calls, each on ballots that it has not seen, and their figures in the peers' shapes."""

from collections.abc import Iterator
from dataclasses import fields, is_dataclass

import numpy as np
from numpy.typing import NDArray

from delphi import statistics as st
from delphi.statistics.counts import Counts
from delphi.statistics.description import count_in, percent
from delphi.statistics.fragility import fragility
from delphi.statistics.intraclass import intraclass, score_sums
from delphi.statistics.measures import ChangeFigures, RoundFigures
from delphi.statistics.quantiles import quantile
from delphi.statistics.reliability import gwet_ac
from delphi.statistics.sensitivity import applicable_rules, leave_one_person_out, verdicts_by_rule
from delphi.statistics.weights import agreement_weights
from tests.benchmarks.panels import GROUP_NAMES, Panel
from tests.benchmarks.peers import QUANTILES, Descriptives, Stability, WholeRound

SCALE = st.ONE_TO_NINE
BASIS = st.Basis(SCALE, st.default_zones(SCALE))
CONTEXT = st.RuleContext(SCALE, BASIS.zones, group_names=GROUP_NAMES)
N_GROUPS = len(GROUP_NAMES)


def whole_round(panel: Panel) -> tuple[RoundFigures, ChangeFigures]:
    """`statistics.measure_rounds(previous, current, groups, n_groups, basis)`: every figure of the panel and six groups."""
    return st.measure_rounds(panel.first, panel.second, panel.groups, N_GROUPS, BASIS)


def counted(panel: Panel) -> Counts:
    """`statistics.count_ballots(ballots, groups, n_groups, n_levels)`."""
    return st.count_ballots(panel.second, panel.groups, N_GROUPS, SCALE.n_levels)


def described(panel: Panel) -> tuple[object, ...]:
    """Count, then `describe`, `percent`, `appropriateness` and `ordinal_agreement`."""
    levels = counted(panel).levels
    figures = st.describe(levels, SCALE)
    zones = [percent(count_in(levels, bounds, SCALE), figures.n_rated) for bounds in ((1, 3), (4, 6), (7, 9))]
    return figures, *zones, st.appropriateness(levels), st.ordinal_agreement(levels, SCALE)


def median_intervals(counts: Counts) -> object:
    """`statistics.bootstrap_median(counts, scale)`: the law of resampling, of the panel and every group."""
    return st.bootstrap_median(counts.levels, SCALE)


def stratified_intervals(counts: Counts) -> object:
    """`statistics.stratified_median(groups, scale)`: the panel's, every group keeping its size."""
    return st.stratified_median(counts.levels[:, 1:], SCALE)


def intraclass_correlations(panel: Panel) -> object:
    """`statistics.intraclass(score_sums(…))` of the panel and six groups."""
    return intraclass(score_sums(panel.second, SCALE.low, panel.groups, N_GROUPS))


def gwet_coefficients(counts: Counts) -> list[object]:
    """`statistics.gwet_ac(counts, weights)` under three weightings, of the panel and six groups."""
    by_group = np.ascontiguousarray(counts.levels.transpose(1, 0, 2))
    return [gwet_ac(by_group, agreement_weights(SCALE.n_levels, kind)) for kind in ("unweighted", "linear", "quadratic")]


def attrition(panel: Panel) -> object:
    """`statistics.retention` and `statistics.attrition_bias`, a fifth of the people not coming back."""
    later = np.where(np.arange(panel.n_raters)[:, None] % 5 == 0, 0, panel.second).astype(np.uint8)
    kept = st.retention(panel.first, later, panel.groups, N_GROUPS)
    return kept, st.attrition_bias(panel.first, later, panel.groups, N_GROUPS, SCALE)


def sensitivity(counts: Counts) -> object:
    """Verdicts under every preset of the scale, leaving one person out, and fragility, of 70/15."""
    rule = st.preset_rule("70/15", CONTEXT)
    rules = applicable_rules(rule, CONTEXT)
    measure = BASIS.measure
    return (
        verdicts_by_rule(rules, counts, GROUP_NAMES, measure),
        leave_one_person_out(rule, counts, GROUP_NAMES, measure),
        fragility(rule, counts, GROUP_NAMES, measure),
    )


def n_figures(result: object) -> int:
    """Return how many numbers a result holds, each of the counts one."""
    return sum(array.size for array in _arrays(result))


def in_peers_shape(found: tuple[RoundFigures, ChangeFigures]) -> WholeRound:
    """Return those of our figures that the peers give too, in their shapes."""
    figures, changes = found
    described, levels, n = figures.description, figures.counts.levels, figures.counts.rated
    assert figures.ram is not None
    quantiles = [quantile(levels, probability, SCALE) for probability in QUANTILES]
    zones = [figures.percents[name] for name in ("low", "middle", "high")]
    descriptives = Descriptives(
        n,
        described.mean,
        described.sd,
        np.stack(quantiles, axis=-1),
        levels,
        np.stack(zones, axis=-1),
        figures.ram.ipr,
        figures.ram.ipras,
        figures.ordinal.entropy,
    )
    intervals = [figures.percent_intervals[name] for name in ("low", "high")]
    wilson = np.array([[interval.lower for interval in intervals], [interval.upper for interval in intervals]])
    change, test = changes.change, changes.wilcoxon
    stability = Stability(
        change.percent_changed[:, 0],
        change.mean_absolute_change[:, 0],
        change.kappa_quadratic[:, 0],
        -np.abs(test.z[:, 0]),  # SciPy's is that of the smaller sum
        test.p[:, 0],
    )
    return WholeRound(descriptives, wilson.transpose(0, 2, 3, 1), figures.alpha["ordinal"], figures.kendall.w, stability)


def largest_gap(ours: object, theirs: object) -> float:
    """Return the largest difference of the same figures of both, relative to those above 1; endless where one is nan alone."""
    return max(_gap(*pair) for pair in zip(_arrays(ours), _arrays(theirs), strict=True))


def _gap(ours: NDArray[np.float64], theirs: NDArray[np.float64]) -> float:
    ours, theirs = ours.astype(np.float64), theirs.astype(np.float64)
    both = np.isnan(ours) & np.isnan(theirs)
    gap = np.where(both, 0.0, np.abs(ours - theirs) / np.maximum(1.0, np.abs(theirs)))
    return float(np.where(np.isnan(gap), np.inf, gap).max(initial=0.0))


def _arrays(result: object) -> Iterator[NDArray[np.float64]]:
    if isinstance(result, np.ndarray):
        yield result
    elif is_dataclass(result):
        yield from (array for each in fields(result) for array in _arrays(getattr(result, each.name)))
    elif isinstance(result, dict):
        yield from (array for each in result.values() for array in _arrays(each))
    elif isinstance(result, list | tuple):
        yield from (array for each in result for array in _arrays(each))
