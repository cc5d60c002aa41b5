"""What the verdicts would be had all who left answered, at the lowest level or at the highest."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from delphi.statistics.attrition import retention, worst_case_bounds
from delphi.statistics.counts import Counts
from delphi.statistics.measures import Basis
from delphi.statistics.outcomes import VERDICTS, Codes, verdict_codes
from delphi.statistics.plain import pairs
from delphi.statistics.rounds import RoundRatings, everybody_of
from delphi.statistics.rules import Rule

LOWEST, HIGHEST = 0, -1


@dataclass(frozen=True)
class WorstCase:
    """The panel's verdict on each slot with all who left at the `lowest` level and at the `highest`, int8[slot] in VERDICTS."""

    lowest: Codes
    highest: Codes


def with_leavers(counts: Counts, n_left: NDArray[np.int64], level: int) -> Counts:
    """Return the counts as if everybody who left had given the level (its index) to every slot that their group was asked.

    `n_left` is int64[group], the panel first, which may hold more than its groups together: people without one. A group is taken
    to be asked a slot unless others of it took part and none of them was.
    """
    present = counts.answered + counts.missing
    others = present[:, :1] - present[:, 1:].sum(axis=1, keepdims=True)
    asked = (present > 0) | (present.max(axis=0, initial=0) == 0)
    added = np.where(asked, n_left, 0)
    alone = int(n_left[0] - n_left[1:].sum())
    added[:, 0] = added[:, 1:].sum(axis=1) + np.where((others[:, 0] > 0) | (others.max(initial=0) == 0), alone, 0)
    levels = counts.levels.copy()
    levels[:, :, level] += added
    return Counts(levels, counts.unable, counts.missing)


def worst_case(rule: Rule, counts: Counts, n_left: NDArray[np.int64], group_names: Sequence[str], basis: Basis) -> WorstCase:
    """Return what the rule would say of the panel had those who left answered at either end of the scale."""
    codes = (
        verdict_codes(rule, with_leavers(counts, n_left, level), group_names, basis.measure)[:, 0] for level in (LOWEST, HIGHEST)
    )
    return WorstCase(*codes)


def worst_case_entries(
    first: RoundRatings, second: RoundRatings, counts: Counts, rule: Rule, basis: Basis
) -> Iterator[dict[str, Any]]:
    """Yield by slot of the later round what its verdict would be had those who answered the earlier one alone stayed.

    `percent_high` is the share in the high zone, of all who rated and all who left, at both ends. Who left from a group that the
    later round does not have counts for the panel only.
    """
    n_left = leavers_by_group(first, second)
    found = worst_case(rule, counts, n_left, second.group_names, basis)
    now = verdict_codes(rule, counts, second.group_names, basis.measure)[:, 0]
    # Those who were not asked a slot are no part of its share.
    added = with_leavers(counts, n_left, LOWEST).rated[:, 0] - counts.rated[:, 0]
    shares = pairs(worst_case_bounds(counts.levels[:, 0], added, basis.zones.high, basis.scale))
    for slot, (item, criterion) in enumerate(second.slots):
        codes = (int(each[slot]) for each in (now, found.lowest, found.highest))
        verdict, lowest, highest = (VERDICTS[code].value for code in codes)
        yield {
            "item": item,
            "criterion": criterion,
            "n_left": int(added[slot]),
            "percent_high": shares[slot],
            "verdict": verdict,
            "all_lowest": lowest,
            "all_highest": highest,
            "depends": not verdict == lowest == highest,
        }


def leavers_by_group(first: RoundRatings, second: RoundRatings) -> NDArray[np.int64]:
    """Return how many answered the first round and not the second, int64[group], by the groups of the second, the panel first."""
    before, now, groups = everybody_of(first, second)
    left = retention(before, now, groups, len(first.group_names)).left.tolist()
    of_group = dict(zip(first.group_names, left[1:], strict=True))
    return np.array([left[0], *(of_group.get(name, 0) for name in second.group_names)], dtype=np.int64)
