"""The one entry: ratings of one or more rounds and the settings in, the full result out as plain values."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from delphi.statistics.changes import change_entries
from delphi.statistics.decisions import Decisions, decide, sensitivity_of
from delphi.statistics.differences import compare_groups
from delphi.statistics.entries import item_entries
from delphi.statistics.errors import UnusableError
from delphi.statistics.measures import Basis, ChangeFigures, RoundFigures, measure_round, measure_rounds
from delphi.statistics.panels import panel_entries
from delphi.statistics.people import attrition_entries, conformity_entries, stance_of
from delphi.statistics.plain import number
from delphi.statistics.quantiles import require_quantile_type
from delphi.statistics.ram import Boundary
from delphi.statistics.rounds import RoundRatings, seen_from
from delphi.statistics.rule_files import require_groups
from delphi.statistics.rules import DENOMINATORS, Rule
from delphi.statistics.scale import ZONE_NAMES, Scale, Zones
from delphi.statistics.stopping import ItemState, standing_of, stopping_answer
from delphi.statistics.worst_case import worst_case_entries

SCHEMA = "delphi-analysis/1"
TOO_FEW_GROUPS = "It needs two groups with five ratings or more, and ratings that differ."
NO_DF = "Mann-Whitney has no degrees of freedom."

__all__ = ["RoundRatings", "Settings", "analyse"]


@dataclass(frozen=True)
class Settings:
    """What the figures depend on beside the ratings; `rule` must have been read against the same scale and zones.

    The bootstrap intervals are those that `replicates` approach as they become many: the law itself is computed, so that neither
    they nor the `seed` change a figure; both are stated with the result. `max_rounds` is the last round by the plan.
    """

    scale: Scale
    zones: Zones
    rule: Rule
    quantile_type: int = 7
    denominator: str = "rated"
    ram_boundary: Boundary = Boundary.HIGHER
    replicates: int = 2000
    seed: int = 0
    max_rounds: int | None = None

    def __post_init__(self) -> None:
        self.zones.require_on(self.scale)
        require_quantile_type(self.quantile_type)
        if self.denominator not in DENOMINATORS:
            raise UnusableError(f"The denominator is rated or answered; {self.denominator!r} is neither.")

    @property
    def basis(self) -> Basis:
        return Basis(self.scale, self.zones, self.denominator, self.quantile_type, self.ram_boundary)

    def as_dict(self) -> dict[str, Any]:
        """Return the settings as the result states them."""
        return {
            "scale": asdict(self.scale),
            "zones": {name: None if zone is None else list(zone) for name, zone in asdict(self.zones).items()},
            "quantile_type": self.quantile_type,
            "denominator": self.denominator,
            "ram_boundary": self.ram_boundary.value,
            "rule": self.rule.as_dict(),
            "replicates": self.replicates,
            "seed": self.seed,
            **({} if self.max_rounds is None else {"max_rounds": self.max_rounds}),
        }


@dataclass(frozen=True)
class _Measured:
    """A round as it was taken, its figures and verdicts, and what changed since the one before where the two could be linked."""

    ratings: RoundRatings
    figures: RoundFigures
    change: ChangeFigures | None
    decisions: Decisions


def analyse(rounds: Sequence[RoundRatings], settings: Settings, version: str) -> dict[str, Any]:
    """Return the whole result as plain values (contract "delphi-analysis/1"); `version` is the software's and is only stated.

    The result does not depend on the order of the panelists. Whoever answered nothing in a round is no participant of it and
    counts nowhere in it. A group's verdict is the rule applied to that group's own counts; the panel's verdict looks at the
    groups where the rule does. Rounds whose participants are named are compared with the round before; the sensitivity is that
    of the last round.
    """
    measured = list(_measured([ratings.taking_part() for ratings in rounds], settings))
    result: dict[str, Any] = {
        "schema": SCHEMA,
        "software": {"name": "delphi", "version": version},
        "settings": settings.as_dict(),
        "rounds": [_round(each, settings) for each in measured],
        "stability": [],
        "attrition": [],
        "conformity": [],
        "worst_case": [],
    }
    for before, after in pairwise(measured):
        if after.change is not None:
            result["stability"].append(_stability(before.ratings, after, settings.basis))
            result["attrition"] += attrition_entries(before.ratings, after.ratings, settings.basis)
            result["conformity"].append(_conformity(before, after, settings.basis))
            result["worst_case"].append(_worst_case(before, after, settings))
    if measured:
        last = measured[-1]
        result["sensitivity"] = sensitivity_of(
            last.ratings.slots, last.ratings.group_names, last.figures.counts, last.decisions, settings.rule, settings.basis
        )
        states = states_of(result)
        result["standings"] = list(_standings(result, states))
        result["stopping"] = asdict(stopping_answer(last.ratings.round, settings.max_rounds, list(states.values())))
    return result


def _measured(rounds: Sequence[RoundRatings], settings: Settings) -> Iterator[_Measured]:
    before: RoundRatings | None = None
    change: ChangeFigures | None
    for ratings in rounds:
        require_groups(settings.rule, ratings.group_names)
        n_groups = len(ratings.group_names)
        if before is not None and before.participants and ratings.participants:
            seen = seen_from(ratings, before)
            figures, change = measure_rounds(seen, ratings.matrix, ratings.groups, n_groups, settings.basis)
        else:
            figures, change = measure_round(ratings.matrix, ratings.groups, n_groups, settings.basis), None
        decisions = decide(settings.rule, figures.counts, ratings.group_names, settings.basis)
        yield _Measured(ratings, figures, change, decisions)
        before = ratings


def _round(measured: _Measured, settings: Settings) -> dict[str, Any]:
    ratings, figures = measured.ratings, measured.figures
    sizes = np.bincount(ratings.groups + 1, minlength=len(ratings.group_names) + 1)[1:].tolist()
    panel, *group_panels = panel_entries(figures, ratings.matrix, ratings.groups, ratings.group_names, settings.basis)
    return {
        "round": ratings.round,
        "participants": len(ratings.groups),
        "groups": dict(zip(ratings.group_names, sizes, strict=True)),
        "items": list(item_entries(ratings.slots, ratings.group_names, figures, settings.basis, measured.decisions)),
        "panel": panel,
        "group_panels": group_panels,
        **_by_criterion(ratings, settings),
        "group_differences": list(_differences(ratings, figures.counts.levels[:, 1:])),
        "stance": stance_of(ratings, settings.basis),
    }


def _by_criterion(ratings: RoundRatings, settings: Settings) -> dict[str, Any]:
    """Return the panel's figures criterion by criterion where there are several: ratings of different things are no one scale."""
    if len(ratings.criteria) < 2:
        return {}
    entries = []
    for index, criterion in enumerate(ratings.criteria):
        ballots = np.ascontiguousarray(ratings.matrix[:, index :: len(ratings.criteria)])
        figures = measure_round(ballots, ratings.groups, len(ratings.group_names), settings.basis)
        panels = panel_entries(figures, ballots, ratings.groups, ratings.group_names, settings.basis)
        entries += [{"criterion": criterion, **panel} for panel in panels]
    return {"criterion_panels": entries}


def _differences(ratings: RoundRatings, levels: NDArray[np.int64]) -> Iterator[dict[str, Any]]:
    if len(ratings.group_names) < 2:
        return
    found = compare_groups(levels)
    for slot, (item, criterion) in enumerate(ratings.slots):
        entry: dict[str, Any] = {"item": item, "criterion": criterion, "test": found.test[slot]}
        entry |= {name: number(getattr(found, name)[slot]) for name in ("statistic", "df", "p")}
        entry |= {"p_adjusted": number(found.adjusted_p[slot]), "effect": number(found.effect[slot])}
        reason = {name: TOO_FEW_GROUPS for name in ("test", "statistic", "df", "p", "p_adjusted", "effect")}
        if entry["test"] is not None:
            reason["df"] = NO_DF
        yield {**entry, "undefined": {name: why for name, why in reason.items() if entry[name] is None}}


def _stability(before: RoundRatings, after: _Measured, basis: Basis) -> dict[str, Any]:
    assert after.change is not None
    asked = set(before.slots)
    entries = change_entries(after.ratings.slots, after.ratings.group_names, after.change, basis)
    items = [entry for entry in entries if (entry["item"], entry["criterion"]) in asked]
    return {"from": before.round, "to": after.ratings.round, "items": items}


def _conformity(before: _Measured, after: _Measured, basis: Basis) -> dict[str, Any]:
    assert after.change is not None
    place = {slot: index for index, slot in enumerate(before.ratings.slots)}
    places = np.array([place.get(slot, -1) for slot in after.ratings.slots], dtype=np.int64)
    joint = after.change.joint[:, 0]
    items = list(conformity_entries(after.ratings.slots, joint, before.figures, places, basis))
    return {"from": before.ratings.round, "to": after.ratings.round, "items": items}


def _worst_case(before: _Measured, after: _Measured, settings: Settings) -> dict[str, Any]:
    counts = after.figures.counts
    items = list(worst_case_entries(before.ratings, after.ratings, counts, settings.rule, settings.basis))
    return {"from": before.ratings.round, "to": after.ratings.round, "items": items}


def states_of(result: Mapping[str, Any]) -> dict[tuple[str, str | None], ItemState]:
    """Return verdict and stability of what the last round of a result asked, by slot; what was new in it has none."""
    last = result["rounds"][-1]
    linked = [each for each in result["stability"] if each["to"] == last["round"]]
    stable = {
        (entry["item"], entry["criterion"]): entry["stable"]
        for each in linked
        for entry in each["items"]
        if entry["group"] is None
    }
    panel = [(entry["item"], entry["criterion"], entry["verdict"]) for entry in last["items"] if entry["group"] is None]
    return {(item, criterion): ItemState(verdict, stable.get((item, criterion))) for item, criterion, verdict in panel}


def _standings(result: Mapping[str, Any], states: Mapping[tuple[str, str | None], ItemState]) -> Iterator[dict[str, Any]]:
    """Yield what each item of the last round has come to; nothing where it cannot be told whether it is stable."""
    zones = [bounds for name in ZONE_NAMES if (bounds := result["settings"]["zones"][name])]
    for entry in result["rounds"][-1]["items"]:
        if entry["group"] is None:
            state = states[entry["item"], entry["criterion"]]
            standing = None if state.is_stable is None else standing_of(entry, state.is_stable, zones).value
            yield {"item": entry["item"], "criterion": entry["criterion"], "stable": state.is_stable, "standing": standing}
