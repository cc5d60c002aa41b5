"""What a published round said of an item, in words and one chart. Every figure comes released; none is worked out anew."""

from collections.abc import Mapping, Sequence

from delphi.charts.distribution import distribution, zone_bar
from delphi.charts.marks import Size, Zone
from delphi.manual.publication import GroupRow, RoundEvidence
from delphi.models import ItemVersion
from delphi.reports.history import PublishedRound
from delphi.services.disclosure import HIDDEN, LEVELS, Entry
from delphi.services.protocol import Choices

NOT_SHOWN = "–"
ZONE_NAMES = ("high", "middle", "low")  # what the rule asks about first, first
CHART_SIZE = Size(320, 150)


def round_evidence(published: PublishedRound, version: ItemVersion, entry: Entry) -> RoundEvidence:
    """Return what one round said of an item under one criterion, as far as it may be told."""
    choices, panel = published.choices, entry["panel"]
    return RoundEvidence(
        round=_title(published, entry),
        wording_label=f"wording {version.label}",
        n_rated=f"fewer than {choices.policy.least_group}: not shown"
        if panel["shown"] == HIDDEN
        else f"{panel['n_rated']} rated",
        n_unable=f"{panel['n_unable']} unable to rate" if panel["shown"] == LEVELS else "",
        chart_svg=_chart(published, entry),
        figures=_figures(panel, choices),
        group_columns=_columns(choices),
        groups=[_group_row(group, published.view["groups"], choices) for group in entry["groups"]],
    )


def criterion_label(choices: Choices, key: str) -> str:
    """Return how people name a criterion; nothing where there is only one to rate by."""
    labels = {criterion.key: criterion.label for criterion in choices.criteria}
    return labels[key] if len(labels) > 1 else ""


def _title(published: PublishedRound, entry: Entry) -> str:
    label = criterion_label(published.choices, entry["criterion"])
    return f"Round {published.number}, {label.lower()}" if label else f"Round {published.number}"


def _figures(shown: Entry, choices: Choices) -> list[tuple[str, str]]:
    if shown["shown"] == HIDDEN:
        return []
    zones = [(f"rated {levels}", _share(shown, name, choices)) for name, levels in _zones(choices).items()]
    median = ("median", _number(shown["median"]))
    if shown["shown"] == LEVELS:
        return [median, ("quartiles", _quartiles(shown)), *zones]
    return [median, *zones]


def _share(shown: Entry, name: str, choices: Choices) -> str:
    """Return "14 of 18 (77.8 %)"; where few have rated, the people alone."""
    people = shown["zone_counts"][name]
    if shown["shown"] != LEVELS:
        return f"{people} of {shown['n_rated']} people"
    whole = shown["n_rated"] + (shown["n_unable"] if choices.denominator == "answered" else 0)
    return f"{people} of {whole} ({_percent(shown['percent'][name])})"


def _columns(choices: Choices) -> list[str]:
    return ["Rated", "Unable", *_zones(choices).values(), "Median", "Quartiles"]


def _group_row(group: Entry, people: Mapping[str, int], choices: Choices) -> GroupRow:
    label, zones = group["group"], _zones(choices)
    if group["shown"] == HIDDEN:
        return GroupRow(label, (_hidden(people.get(label, 0), choices.policy.least_group),))
    if group["shown"] == LEVELS:
        shares = [_percent(group["percent"][name]) for name in zones]
        cells = [str(group["n_rated"]), str(group["n_unable"]), *shares, _number(group["median"]), _quartiles(group)]
        return GroupRow(label, cells)
    shares = [f"{group['zone_counts'][name]} of {group['n_rated']}" for name in zones]
    return GroupRow(label, [str(group["n_rated"]), NOT_SHOWN, *shares, _number(group["median"]), NOT_SHOWN])


def _hidden(people: int, least: int) -> str:
    """Return why a group's figures are missing; that follows from head counts, which everybody may know."""
    if people < least:
        return f"fewer than {least}: not shown"
    return f"not shown, or those of fewer than {least} people could be worked out"


def _zones(choices: Choices) -> dict[str, str]:
    """Return the levels of each zone that the scale has, in words, by the zone's name."""
    return {name: _range(bounds) for name in ZONE_NAMES if (bounds := choices.scale.zones[name])}


def _range(bounds: Sequence[int]) -> str:
    low, high = bounds
    return str(low) if low == high else f"{low}–{high}"


def _chart(published: PublishedRound, entry: Entry) -> str | None:
    panel, choices = entry["panel"], published.choices
    if panel["shown"] == HIDDEN:
        return None
    name = f"chart-{published.number}-{entry['item']}-{entry['criterion']}"
    levels = _zones(choices)["high"]
    title = f"{panel['zone_counts']['high']} of {panel['n_rated']} people rated {levels}"
    described = f"{_title(published, entry)}: the median is {_number(panel['median'])}."
    zones = [Zone(name, *bounds) for name in reversed(ZONE_NAMES) if (bounds := choices.scale.zones[name])]
    if panel["shown"] != LEVELS:
        counts = [panel["zone_counts"][zone.label] for zone in zones]
        return zone_bar(counts, zones, median=panel["median"], title=title, description=described, name=name)
    return distribution(
        [panel["counts"][str(level)] for level in choices.scale.levels],
        choices.scale.levels,
        median=panel["median"],
        q1=panel["q1"],
        q3=panel["q3"],
        title=title,
        description=f"{described} Half of the ratings lie from {_number(panel['q1'])} to {_number(panel['q3'])}.",
        name=name,
        zones=zones,
        size=CHART_SIZE,
    )


def _quartiles(shown: Entry) -> str:
    return f"{_number(shown['q1'])}–{_number(shown['q3'])}"


def _number(value: float | None) -> str:
    return "undefined" if value is None else f"{value:g}"


def _percent(value: float | None) -> str:
    return "undefined" if value is None else f"{round(value, 1):g} %"
