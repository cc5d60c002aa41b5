"""The one entry: ratings of one or more rounds and the settings in, the full result out as plain values."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from delphi.statistics.counts import Counts, count_ballots, has_answered
from delphi.statistics.description import Description, count_in, describe, percent
from delphi.statistics.errors import RatingsError, UnusableError
from delphi.statistics.figures import Measure, base_of
from delphi.statistics.quantiles import require_quantile_type
from delphi.statistics.ram import CLASSES, Appropriateness, Boundary, appropriateness
from delphi.statistics.rule_files import require_groups
from delphi.statistics.rules import DENOMINATORS, Rule
from delphi.statistics.scale import ONE_TO_NINE, ZONE_NAMES, Scale, Zones
from delphi.statistics.uncertainty import wilson
from delphi.statistics.verdicts import Judgement, judge

SCHEMA = "delphi-analysis/1"

NOBODY_RATED = "Nobody rated it."
ONE_RATING = "One rating has no spread."
NO_RATIO = "A mean of 0, or a scale with negative levels, gives no meaningful ratio."
NO_MIDDLE = "These zones have no middle."
NOT_ONE_TO_NINE = "RAND/UCLA is defined on the scale 1–9 only."
TOO_FEW_FOR_CLASSIC = "The classic cut-offs begin at eight ratings."

_FIGURES = ("median", "q1", "q3", "iqr", "mean", "sd", "cv", "mad", "aad_median")
_UNRATED = (*_FIGURES, "mode", "range", "percent", "percent_interval", "ram")
_RAM_NUMBERS = ("p30", "p70", "ipr", "iprcp", "asymmetry_index", "ipras", "disagreement_index")

# A column holds one value per slot and group, [slot][group], None where undefined.
Column = list[list[Any]]


@dataclass(frozen=True)
class RoundRatings:
    """The ratings of one round.

    `matrix` is uint8[panelist, item x criterion], item by item: 0 not answered, 255 unable, 254 not asked, else the level's index
    from 1. `groups` is int[panelist]: an index into `group_names`, or -1 for nobody's group. A criterion may be None (unnamed).
    """

    round: int
    items: tuple[str, ...]
    criteria: tuple[str | None, ...]
    matrix: NDArray[np.uint8]
    groups: NDArray[np.int64]
    group_names: tuple[str, ...]

    def __post_init__(self) -> None:
        n_slots = len(self.items) * len(self.criteria)
        if self.matrix.ndim != 2 or self.matrix.shape[1] != n_slots:
            raise RatingsError(f"Round {self.round} has {n_slots} things to rate; its matrix has the shape {self.matrix.shape}.")


@dataclass(frozen=True)
class Settings:
    """What the figures depend on beside the ratings; `rule` must have been read against the same scale and zones."""

    scale: Scale
    zones: Zones
    rule: Rule
    quantile_type: int = 7
    denominator: str = "rated"
    ram_boundary: Boundary = Boundary.HIGHER

    def __post_init__(self) -> None:
        self.zones.require_on(self.scale)
        require_quantile_type(self.quantile_type)
        if self.denominator not in DENOMINATORS:
            raise UnusableError(f"The denominator is rated or answered; {self.denominator!r} is neither.")

    @property
    def measure(self) -> Measure:
        return Measure(self.scale, self.quantile_type, self.ram_boundary)

    def as_dict(self) -> dict[str, Any]:
        """Return the settings as the result states them."""
        return {
            "scale": asdict(self.scale),
            "zones": {name: None if zone is None else list(zone) for name, zone in asdict(self.zones).items()},
            "quantile_type": self.quantile_type,
            "denominator": self.denominator,
            "ram_boundary": self.ram_boundary.value,
            "rule": self.rule.as_dict(),
        }


def analyse(rounds: Sequence[RoundRatings], settings: Settings, version: str) -> dict[str, Any]:
    """Return the whole result as plain values (contract "delphi-analysis/1"); `version` is the software's and is only stated.

    The result does not depend on the order of the panelists. Whoever answered nothing in a round is no participant of it and
    counts nowhere in it. A group's verdict is the rule applied to that group's own counts; the panel's verdict looks at the
    groups where the rule does.
    """
    return {
        "schema": SCHEMA,
        "software": {"name": "delphi", "version": version},
        "settings": settings.as_dict(),
        "rounds": [_analyse_round(ratings, settings) for ratings in rounds],
    }


def _analyse_round(ratings: RoundRatings, settings: Settings) -> dict[str, Any]:
    require_groups(settings.rule, ratings.group_names)
    took_part = has_answered(ratings.matrix)
    matrix, groups = (
        (ratings.matrix, ratings.groups) if took_part.all() else (ratings.matrix[took_part], ratings.groups[took_part])
    )
    counts = count_ballots(matrix, groups, len(ratings.group_names), settings.scale.n_levels)
    sizes = np.bincount(groups + 1, minlength=len(ratings.group_names) + 1)[1:].tolist()
    return {
        "round": ratings.round,
        "participants": len(groups),
        "groups": dict(zip(ratings.group_names, sizes, strict=True)),
        "items": list(_entries(ratings, counts, settings)),
    }


def _entries(ratings: RoundRatings, counts: Counts, settings: Settings) -> Iterator[dict[str, Any]]:
    columns = _columns(counts, settings)
    percents, intervals = _percent_columns(counts, settings)
    ram = _ram_columns(counts, settings) if settings.scale == ONE_TO_NINE else None
    judgements = judge(settings.rule, counts, ratings.group_names, settings.measure)
    names = [(item, criterion) for item in ratings.items for criterion in ratings.criteria]
    for slot, (item, criterion) in enumerate(names):
        for group, group_name in enumerate((None, *ratings.group_names)):
            yield _finished(
                {"item": item, "criterion": criterion, "group": group_name},
                {name: column[slot][group] for name, column in columns.items()},
                {
                    "percent": {name: column[slot][group] for name, column in percents.items()},
                    "percent_interval": {name: column[slot][group] for name, column in intervals.items()},
                    "ram": ram and {name: column[slot][group] for name, column in ram.items()},
                },
                judgements[slot][group],
            )


def _finished(
    names: Mapping[str, Any], figures: Mapping[str, Any], nested: Mapping[str, Any], judgement: Judgement
) -> dict[str, Any]:
    """Return one entry, with a reason beside every null."""
    entry = {**names, **figures, **nested, "verdict": judgement.verdict.value, "reason": judgement.reason}
    if not entry["n_rated"]:
        undefined = dict.fromkeys(_UNRATED, NOBODY_RATED)
        if nested["ram"] is None:
            undefined["ram"] = NOT_ONE_TO_NINE
        entry.update(dict.fromkeys(_UNRATED))
    else:
        undefined = dict(_why_undefined(entry))
    entry["undefined"] = undefined
    return entry


def _why_undefined(entry: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    if entry["sd"] is None:
        yield "sd", ONE_RATING
    if entry["cv"] is None:
        yield "cv", ONE_RATING if entry["sd"] is None else NO_RATIO
    if entry["percent"]["middle"] is None:
        yield "percent.middle", NO_MIDDLE
    if entry["ram"] is None:
        yield "ram", NOT_ONE_TO_NINE
    elif entry["ram"]["agreement_classic"] is None:
        yield "ram.agreement_classic", TOO_FEW_FOR_CLASSIC
        yield "ram.disagreement_classic", TOO_FEW_FOR_CLASSIC


def _columns(counts: Counts, settings: Settings) -> dict[str, Column]:
    figures = describe(counts.levels, settings.scale, settings.quantile_type)
    levels = [str(level) for level in settings.scale.levels]
    return {
        "n_rated": counts.rated.tolist(),
        "n_unable": counts.unable.tolist(),
        "n_missing": counts.missing.tolist(),
        "counts": [[dict(zip(levels, given, strict=True)) for given in row] for row in counts.levels.tolist()],
        **{name: _with_nulls(getattr(figures, name)) for name in _FIGURES},
        "mode": _modes(figures, settings.scale),
        "range": _pairs(figures.minimum, figures.maximum),
    }


def _modes(figures: Description, scale: Scale) -> Column:
    return [
        [[level for level, is_mode in zip(scale.levels, flags, strict=True) if is_mode] for flags in row]
        for row in figures.mode.tolist()
    ]


def _percent_columns(counts: Counts, settings: Settings) -> tuple[dict[str, Column], dict[str, Column]]:
    """Return percent by zone, and Wilson's 95 % interval of the low and the high one, of the rated or the answered."""
    whole = base_of(counts, settings.denominator)
    percents, intervals = {}, {}
    for name, bounds in zip(ZONE_NAMES, (settings.zones.low, settings.zones.middle, settings.zones.high), strict=True):
        if bounds is None:
            percents[name] = _with_nulls(np.full(whole.shape, np.nan))
            continue
        part = count_in(counts.levels, bounds, settings.scale)
        percents[name] = _with_nulls(percent(part, whole))
        if name != "middle":
            interval = wilson(part, whole)
            intervals[name] = _pairs(interval.lower, interval.upper)
    return percents, intervals


def _ram_columns(counts: Counts, settings: Settings) -> dict[str, Column]:
    ram = appropriateness(counts.levels, settings.quantile_type, settings.ram_boundary)
    return {
        **{name: _with_nulls(getattr(ram, name)) for name in _RAM_NUMBERS},
        "disagreement": ram.disagreement.tolist(),
        "agreement_classic": _only_classic(ram.agreement_classic, ram),
        "disagreement_classic": _only_classic(ram.disagreement_classic, ram),
        "appropriateness": [[CLASSES[category] for category in row] for row in ram.category.tolist()],
    }


def _only_classic(flags: NDArray[np.bool_], ram: Appropriateness) -> Column:
    return _blanked(flags, ~ram.is_classic)


def _pairs(lower: NDArray[np.float64], upper: NDArray[np.float64]) -> Column:
    column: Column = np.stack([lower, upper], axis=-1).tolist()
    return column


def _with_nulls(figures: NDArray[np.float64]) -> Column:
    return _blanked(figures, np.isnan(figures))


def _blanked(values: NDArray[Any], undefined: NDArray[np.bool_]) -> Column:
    plain = values.astype(object)
    plain[undefined] = None
    column: Column = plain.tolist()
    return column
