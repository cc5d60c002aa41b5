"""What changed between two rounds, as plain values: by item and group, and whether it is time to stop."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from delphi.statistics.change_tests import bowker, chaffin_talley
from delphi.statistics.differences import adjust_benjamini_hochberg
from delphi.statistics.measures import Basis, ChangeFigures
from delphi.statistics.plain import Column, blanked, row, with_nulls
from delphi.statistics.stability import zone_table

NOBODY_IN_BOTH = "Nobody rated it in both rounds."
ALL_UNCHANGED = "All ratings are unchanged."
ONE_LEVEL = "All ratings of a round are the same."
NO_RATIO = "A mean of 0, one pair, or a scale with negative levels gives no ratio."
TOO_FEW_ZONES = "It needs ratings in two zones in both rounds."
NO_CROSSING = "Nobody moved from one zone to another."

_DESCRIBED = (
    "percent_changed",
    "percent_zone_changed",
    "mean_absolute_change",
    "kappa",
    "weighted_kappa",
    "kappa_quadratic",
    "spearman",
    "net_change_percent",
    "median_change",
    "iqr_change",
    "cv_change",
)
_REASONS = {
    "kappa": ONE_LEVEL,
    "weighted_kappa": ONE_LEVEL,
    "kappa_quadratic": ONE_LEVEL,
    "spearman": ONE_LEVEL,
    "cv_change": NO_RATIO,
    "wilcoxon.z": ALL_UNCHANGED,
    "wilcoxon.p": ALL_UNCHANGED,
    "wilcoxon.p_adjusted": ALL_UNCHANGED,
    "wilcoxon.z_pratt": ALL_UNCHANGED,
    "wilcoxon.p_pratt": ALL_UNCHANGED,
    "mcnemar.statistic": "The test is exact with fewer than 25 who crossed; it has no statistic then.",
    "bowker.statistic": NO_CROSSING,
    "bowker.df": NO_CROSSING,
    "bowker.p": NO_CROSSING,
    "chaffin_talley.statistic": TOO_FEW_ZONES,
    "chaffin_talley.df": TOO_FEW_ZONES,
    "chaffin_talley.p": TOO_FEW_ZONES,
}


def change_entries(
    slots: Sequence[tuple[str, str | None]], group_names: Sequence[str], found: ChangeFigures, basis: Basis
) -> Iterator[dict[str, Any]]:
    """Yield one entry for every slot that was asked in both rounds and every group, the panel (group None) first."""
    zones = zone_table(found.joint, basis.scale, basis.zones)
    plain: dict[str, Column] = {
        "n_pairs": found.change.n_pairs.tolist(),
        **{name: with_nulls(getattr(found.change, name)) for name in _DESCRIBED},
        "zone_table": zones.tolist(),
    }
    stable = found.change.stable.tolist()
    nested = _tests(found, zones)
    for slot, (item, criterion) in enumerate(slots):
        for group, name in enumerate((None, *group_names)):
            entry: dict[str, Any] = {"item": item, "criterion": criterion, "group": name, **row(plain, (slot, group))}
            entry |= {test: row(columns, (slot, group)) for test, columns in nested.items()}
            entry["stable"] = stable[slot][group] if entry["n_pairs"] else None
            yield {**entry, "undefined": dict(_why_undefined(entry))}


def _tests(found: ChangeFigures, zones: NDArray[np.int64]) -> dict[str, dict[str, Column]]:
    signed, crossed = found.wilcoxon, found.mcnemar
    adjusted = np.stack([adjust_benjamini_hochberg(p) for p in signed.p.T], axis=1)
    tests = {
        "wilcoxon": {name: with_nulls(getattr(signed, name)) for name in ("v", "z", "p", "z_pratt", "p_pratt")},
        "mcnemar": {"b": found.left.tolist(), "c": found.entered.tolist()},
    }
    tests["wilcoxon"] |= {"p_adjusted": with_nulls(adjusted), "zeros": signed.n_zeros.tolist()}
    tests["mcnemar"] |= {name: with_nulls(getattr(crossed, name)) for name in ("statistic", "p")}
    for test, outcome in (("bowker", bowker(zones)), ("chaffin_talley", chaffin_talley(zones))):
        undefined = np.isnan(outcome.statistic)
        tests[test] = {name: blanked(getattr(outcome, name), undefined) for name in ("statistic", "df", "p")}
    return tests


def _why_undefined(entry: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for name, value in entry.items():
        if name in ("criterion", "group"):
            continue
        parts = {f"{name}.{part}": each for part, each in value.items()} if isinstance(value, dict) else {name: value}
        for part, each in parts.items():
            if each is None:
                yield part, NOBODY_IN_BOTH if not entry["n_pairs"] else _REASONS.get(part, NOBODY_IN_BOTH)
