"""The figures of a round item by item and group by group, as plain values with a reason beside every null."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from delphi.statistics.bootstrap import bootstrap_median, bootstrap_share, stratified_median, stratified_share
from delphi.statistics.content_validity import item_validity, lawshe_cvr
from delphi.statistics.counts import Counts
from delphi.statistics.decisions import Decisions
from delphi.statistics.description import count_in
from delphi.statistics.measures import Basis, RoundFigures
from delphi.statistics.plain import Column, blanked, pairs, row, with_nulls
from delphi.statistics.ram import CLASSES, Appropriateness
from delphi.statistics.scale import ONE_TO_NINE, ZONE_NAMES, Scale
from delphi.statistics.uncertainty import Interval

NOBODY_RATED = "Nobody rated it."
ONE_RATING = "One rating has no spread."
NO_RATIO = "A mean of 0, or a scale with negative levels, gives no meaningful ratio."
NO_MIDDLE = "These zones have no middle."
NOT_ONE_TO_NINE = "RAND/UCLA is defined on the scale 1–9 only."
TOO_FEW_FOR_CLASSIC = "The classic cut-offs begin at eight ratings."
TOO_FEW_FOR_INTERVAL = "Five ratings or fewer give no interval at 95 %."
TWO_LEVELS = "It is defined from three levels on."
TOO_FEW_FOR_SHAPE = "It needs four ratings that are not all equal."
NO_OTHER_VERDICT = "No change of these ratings gives another verdict."
FEWER_THAN_HALF = "It misleads where fewer than half rate the item high."

_DESCRIBED = ("median", "q1", "q3", "iqr", "mean", "sd", "cv", "mad", "aad_median")
_ORDINAL = ("van_der_eijk_a", "polarisation", "leik_consensus", "tastle_wierman", "entropy", "bimodality_coefficient")
_RAM_NUMBERS = ("p30", "p70", "ipr", "iprcp", "asymmetry_index", "ipras", "disagreement_index")
_NAMED = ("item", "criterion", "group")
_ALWAYS = {*_NAMED, "n_rated", "n_unable", "n_missing", "counts", "verdict", "reason", "fragile"}


def item_entries(
    names: Sequence[tuple[str, str | None]],
    group_names: Sequence[str],
    figures: RoundFigures,
    basis: Basis,
    decisions: Decisions,
) -> Iterator[dict[str, Any]]:
    """Yield one entry for every slot and group, the panel (group None) first; `names` are item and criterion of each slot."""
    plain = {**_columns(figures, basis), "fragility": _wholes(decisions.fragility.changes)}
    nested = {
        "percent": {name: with_nulls(_percent(figures, name)) for name in ZONE_NAMES},
        "percent_interval": {name: pairs(interval) for name, interval in figures.percent_intervals.items()},
        "bootstrap": _bootstrap_columns(figures.counts, basis),
    }
    ram = _ram_columns(figures.ram) if figures.ram is not None else None
    searched = decisions.fragility.searched.tolist()
    for slot, (item, criterion) in enumerate(names):
        for group, group_name in enumerate((None, *group_names)):
            place, judgement = (slot, group), decisions.judgements[slot][group]
            entry = {"item": item, "criterion": criterion, "group": group_name, **row(plain, place)}
            entry |= {name: row(columns, place) for name, columns in nested.items()}
            entry |= {"ram": ram and row(ram, place), "verdict": judgement.verdict.value, "reason": judgement.reason}
            entry |= {"fragile": decisions.fragile[slot]} if group_name is None else {}
            yield _explained(entry, basis.scale, searched[slot][group])


def _explained(entry: dict[str, Any], scale: Scale, searched: int) -> dict[str, Any]:
    """Return the entry with a reason beside every null; nothing is said of what nobody rated."""
    if not entry["n_rated"]:
        figures = entry.keys() - _ALWAYS
        reasons = dict.fromkeys(sorted(figures), NOBODY_RATED)
        if scale != ONE_TO_NINE:
            reasons["ram"] = NOT_ONE_TO_NINE
        return {**entry, **dict.fromkeys(figures), "undefined": reasons}
    return {**entry, "undefined": dict(_why_undefined(entry, searched))}


def _why_undefined(entry: Mapping[str, Any], searched: int) -> Iterator[tuple[str, str]]:
    reasons = {
        "sd": ONE_RATING,
        "cv": ONE_RATING if entry["sd"] is None else NO_RATIO,
        "median_interval": TOO_FEW_FOR_INTERVAL,
        "van_der_eijk_a": TWO_LEVELS,
        "polarisation": TWO_LEVELS,
        "bimodality_coefficient": TOO_FEW_FOR_SHAPE,
        "modified_kappa": FEWER_THAN_HALF,
        "ram": NOT_ONE_TO_NINE,
        "fragility": NO_OTHER_VERDICT if searched >= entry["n_rated"] else f"More than {searched} ratings would have to change.",
    }
    yield from ((name, reason) for name, reason in reasons.items() if entry[name] is None)
    if entry["percent"]["middle"] is None:
        yield "percent.middle", NO_MIDDLE
    if entry["ram"] is not None and entry["ram"]["agreement_classic"] is None:
        yield "ram.agreement_classic", TOO_FEW_FOR_CLASSIC
        yield "ram.disagreement_classic", TOO_FEW_FOR_CLASSIC


def _columns(figures: RoundFigures, basis: Basis) -> dict[str, Column]:
    counts, levels = figures.counts, [str(level) for level in basis.scale.levels]
    high = count_in(counts.levels, basis.zones.high, basis.scale)
    validity = item_validity(high, counts.rated)
    median_interval = Interval(figures.median_interval.lower, figures.median_interval.upper)
    return {
        "n_rated": counts.rated.tolist(),
        "n_unable": counts.unable.tolist(),
        "n_missing": counts.missing.tolist(),
        "counts": [[dict(zip(levels, given, strict=True)) for given in slot] for slot in counts.levels.tolist()],
        **{name: with_nulls(getattr(figures.description, name)) for name in _DESCRIBED},
        "mode": _modes(figures.description.mode, basis.scale),
        "range": pairs(Interval(figures.description.minimum, figures.description.maximum)),
        "median_interval": pairs(median_interval),
        **{name: with_nulls(getattr(figures.ordinal, name)) for name in _ORDINAL},
        "i_cvi": with_nulls(validity.i_cvi),
        "modified_kappa": with_nulls(validity.modified_kappa),
        "cvr": with_nulls(lawshe_cvr(high, counts.rated)),
    }


def _wholes(numbers: NDArray[np.float64]) -> Column:
    undefined = np.isnan(numbers)
    return blanked(np.where(undefined, 0, numbers).astype(np.int64), undefined)


def _percent(figures: RoundFigures, zone: str) -> NDArray[np.float64]:
    return figures.percents[zone] if zone in figures.percents else np.full(figures.counts.rated.shape, np.nan)


def _bootstrap_columns(counts: Counts, basis: Basis) -> dict[str, Column]:
    """Return the intervals of median and percent high; where groups are pooled, each keeps its size."""
    whole = counts.answered if basis.denominator == "answered" else counts.rated
    high = count_in(counts.levels, basis.zones.high, basis.scale)
    median, share = bootstrap_median(counts.levels, basis.scale), bootstrap_share(high, whole)
    if counts.rated.shape[1] > 1:
        median = _panel_first(stratified_median(_strata(counts.levels), basis.scale), median)
        share = _panel_first(stratified_share(_strata(high), _strata(whole)), share)
    return {"median": pairs(median), "percent_high": pairs(share)}


def _strata(panel_first: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the groups and, as one more, those without a group."""
    groups = panel_first[:, 1:]
    return np.concatenate([groups, (panel_first[:, 0] - groups.sum(axis=1))[:, None]], axis=1)


def _panel_first(panel: Interval, groups: Interval) -> Interval:
    both = ((panel.lower, groups.lower), (panel.upper, groups.upper))
    return Interval(*(np.concatenate([first[:, None], rest[:, 1:]], axis=1) for first, rest in both))


def _modes(is_mode: NDArray[np.bool_], scale: Scale) -> Column:
    def levels_of(flags: list[bool]) -> list[int]:
        return [level for level, flag in zip(scale.levels, flags, strict=True) if flag]

    return [[levels_of(flags) for flags in slot] for slot in is_mode.tolist()]


def _ram_columns(ram: Appropriateness) -> dict[str, Column]:
    return {
        **{name: with_nulls(getattr(ram, name)) for name in _RAM_NUMBERS},
        "disagreement": ram.disagreement.tolist(),
        "agreement_classic": blanked(ram.agreement_classic, ~ram.is_classic),
        "disagreement_classic": blanked(ram.disagreement_classic, ~ram.is_classic),
        "appropriateness": [[CLASSES[category] for category in slot] for slot in ram.category.tolist()],
    }
