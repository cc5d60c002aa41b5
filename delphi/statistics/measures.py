"""Every figure of a round as arrays: the panel and its groups, alone or with what changed since the round before."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import get_args

import numpy as np
from numpy.typing import NDArray

from delphi.statistics.agreement import OrdinalAgreement, ordinal_agreement
from delphi.statistics.change_tests import McNemar, Wilcoxon, difference_counts, laid_by_level, mcnemar, wilcoxon
from delphi.statistics.concordance import KendallW, RankSums, kendall_w
from delphi.statistics.counts import Counts, count_ballots
from delphi.statistics.description import Description, count_in, describe, percent
from delphi.statistics.figures import Measure
from delphi.statistics.ram import Appropriateness, Boundary, appropriateness
from delphi.statistics.reliability import Metric, alpha_of_coincidences, coincidences
from delphi.statistics.scale import ONE_TO_NINE, ZONE_NAMES, Scale, Zones
from delphi.statistics.scan import scan_ranks, scan_rounds
from delphi.statistics.stability import Change, crossings, describe_change
from delphi.statistics.uncertainty import Interval, MedianInterval, median_interval, wilson

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Basis:
    """What figures are taken on: scale and zones, whom percentages are of, the quantile type, where RAM puts 3.5 and 6.5."""

    scale: Scale
    zones: Zones
    denominator: str = "rated"
    quantile_type: int = 7
    ram_boundary: Boundary = Boundary.HIGHER

    @property
    def measure(self) -> Measure:
        """What a consensus rule takes of it; a rule has zones and denominators of its own."""
        return Measure(self.scale, self.quantile_type, self.ram_boundary)


@dataclass(frozen=True)
class RoundFigures:
    """The figures of one round. Arrays are [slot, group] with the panel as group 0, nan where undefined.

    `percents` (0–100) and their Wilson intervals are by zone, the intervals of the low and the high one; `ram` is None off the
    scale 1–9. `alpha` is by metric, `kendall` over those who rated every slot that anybody rated; both are [group].
    """

    counts: Counts
    description: Description
    percents: Mapping[str, Floats]
    percent_intervals: Mapping[str, Interval]
    median_interval: MedianInterval
    ram: Appropriateness | None
    ordinal: OrdinalAgreement
    alpha: Mapping[str, Floats]
    ranks: RankSums
    kendall: KendallW


@dataclass(frozen=True)
class ChangeFigures:
    """What changed between two rounds among those who rated a slot in both: arrays [slot, group] from `joint`.

    `joint` is int64[slot, group, previous level, level]; `left` and `entered` are how many did so with the high zone, and
    `mcnemar` is of them.
    """

    joint: NDArray[np.int64]
    change: Change
    wilcoxon: Wilcoxon
    left: NDArray[np.int64]
    entered: NDArray[np.int64]
    mcnemar: McNemar


def measure_round(ballots: NDArray[np.uint8], groups: NDArray[np.int64], n_groups: int, basis: Basis) -> RoundFigures:
    """Return every figure of uint8[panelist, slot] ballots (codes as in `count_ballots`), for the panel and each group."""
    counts = count_ballots(ballots, groups, n_groups, basis.scale.n_levels)
    return _figures(counts, scan_ranks(ballots, groups, counts), basis)


def measure_rounds(
    previous: NDArray[np.uint8], current: NDArray[np.uint8], groups: NDArray[np.int64], n_groups: int, basis: Basis
) -> tuple[RoundFigures, ChangeFigures]:
    """Return the figures of the current round and what changed since the previous one, in one pass over both.

    Both have the same people in the same rows and the same slots in the same columns; who or what was not there is 254.
    """
    found = scan_rounds(previous, current, groups, n_groups, basis.scale.n_levels)
    return _figures(found.counts, found.ranks, basis), measure_change(found.joint, basis)


def measure_change(joint: NDArray[np.int64], basis: Basis) -> ChangeFigures:
    """Return what changed in int64[…, previous level, level] counts of pairs."""
    joint = laid_by_level(joint)
    crossed = crossings(joint, basis.scale, basis.zones.high)
    return ChangeFigures(
        joint=joint,
        change=describe_change(joint, basis.scale, basis.zones, basis.quantile_type),
        wilcoxon=wilcoxon(difference_counts(joint)),
        left=crossed.left,
        entered=crossed.entered,
        mcnemar=mcnemar(crossed.left, crossed.entered),
    )


def _figures(counts: Counts, ranks: RankSums, basis: Basis) -> RoundFigures:
    levels, scale = counts.levels, basis.scale
    whole = counts.answered if basis.denominator == "answered" else counts.rated
    in_zone = {name: count_in(levels, bounds, scale) for name in ZONE_NAMES if (bounds := getattr(basis.zones, name))}
    coinciding = coincidences(np.ascontiguousarray(levels.transpose(1, 0, 2)))
    return RoundFigures(
        counts=counts,
        description=describe(levels, scale, basis.quantile_type),
        percents={name: percent(part, whole) for name, part in in_zone.items()},
        percent_intervals={name: wilson(in_zone[name], whole) for name in ("low", "high")},
        median_interval=median_interval(levels, scale),
        ram=appropriateness(levels, basis.quantile_type, basis.ram_boundary) if scale == ONE_TO_NINE else None,
        ordinal=ordinal_agreement(levels, scale),
        alpha={metric: alpha_of_coincidences(coinciding, metric) for metric in get_args(Metric) if metric != "ratio"},
        ranks=ranks,
        kendall=kendall_w(ranks),
    )
