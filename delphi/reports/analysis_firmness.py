"""How firm the verdicts of an analysis are, as rows for pictures and tables."""

from collections.abc import Mapping, Sequence
from typing import Any

from delphi.charts.marks import Table
from delphi.charts.verdicts import Firmness, Verdicts, sensitivity_table
from delphi.reports.analysis_pictures import Entry, label_of_item

FRAGILE = "fragile"


def by_rule(analysis: Mapping[str, Any]) -> tuple[list[Verdicts], list[str]]:
    """Return each item's verdict under each rule, and the names of the rules."""
    sensitivity = analysis["sensitivity"]
    rules = [str(rule) for rule in sensitivity["rules"]]
    rows = [
        Verdicts(label_of_item(item), tuple(item["verdicts"].get(rule) for rule in rules), _note(item))
        for item in sensitivity["items"]
    ]
    return rows, rules


def by_round(rounds: Sequence[Mapping[str, Any]]) -> tuple[list[Verdicts], list[str]]:
    """Return the panel's verdict on each item in each round; `fragile` is said of the last one."""
    panels = [{label_of_item(entry): entry for entry in round_["items"] if entry["group"] is None} for round_ in rounds]
    labels = dict.fromkeys(label for panel in panels for label in panel)
    rows = [
        Verdicts(
            label,
            tuple(panel[label]["verdict"] if label in panel else None for panel in panels),
            _note(panels[-1].get(label, {})),
        )
        for label in labels
    ]
    return rows, [f"Round {round_['round']}" for round_ in rounds]


def by_group(round_: Mapping[str, Any]) -> tuple[list[Verdicts], list[str]]:
    """Return for each item of a round the panel's verdict and the one that each group's own ratings would have."""
    groups = [None, *round_["groups"]]
    told: dict[str, dict[str | None, str]] = {}
    notes = {}
    for entry in round_["items"]:
        label = label_of_item(entry)
        told.setdefault(label, {})[entry["group"]] = entry["verdict"]
        if entry["group"] is None:
            notes[label] = _note(entry)
    rows = [Verdicts(label, tuple(each.get(group) for group in groups), notes.get(label, "")) for label, each in told.items()]
    return rows, ["Panel", *round_["groups"]]


def _note(entry: Entry) -> str:
    return FRAGILE if entry.get("fragile") else ""


def firmness_table(analysis: Mapping[str, Any], caption: str) -> Table:
    """Return for each item what would change its verdict; those under other rules have their own picture and table."""
    own = _own_entries(analysis)
    items = [_firmness(item, own.get(label_of_item(item), {})) for item in analysis["sensitivity"]["items"]]
    return sensitivity_table(items, (), caption=caption)


def _own_entries(analysis: Mapping[str, Any]) -> dict[str, Entry]:
    """Return the panel's entry for each item from the last round that asked it."""
    return {label_of_item(entry): entry for round_ in analysis["rounds"] for entry in round_["items"] if entry["group"] is None}


def _firmness(item: Mapping[str, Any], own: Entry) -> Firmness:
    groups = item.get("groups_that_flip")
    return Firmness(
        label_of_item(item),
        own.get("verdict", "not rated"),
        agreement_percent=item.get("agreement_percent"),
        people_who_flip=item.get("people_who_flip"),
        flips_to=tuple(item.get("flips_to") or ()),
        groups_that_flip=None if groups is None else tuple(groups.items()),
        fragility=item.get("fragility", own.get("fragility")),
        is_fragile=bool(item.get("fragile", own.get("fragile"))),
    )


def choices_table(analysis: Mapping[str, Any], caption: str) -> Table:
    """Return the items whose verdict depends on the type of quantile or on whom percentages are of, with the verdicts."""
    rows = []
    for item in analysis["sensitivity"]["items"]:
        types, denominators = item.get("quantile_types") or {}, item.get("denominators") or {}
        if len({*types.values()}) > 1 or len({*denominators.values()}) > 1:
            rows.append((label_of_item(item), _by_verdict(types), _by_verdict(denominators)))
    return Table(caption, ("Item", "By type of quantile", "By whom percentages are of"), tuple(rows))


def _by_verdict(verdicts: Mapping[str, str]) -> str:
    """Return "consensus in: 1, 2, 7; no consensus: 6", or "the same" where nothing depends on it."""
    choices: dict[str, list[str]] = {}
    for choice, verdict in verdicts.items():
        choices.setdefault(verdict, []).append(str(choice))
    if len(choices) < 2:
        return "the same"
    return "; ".join(f"{verdict}: {', '.join(which)}" for verdict, which in choices.items())
