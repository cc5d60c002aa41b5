"""What a published round said of an item, in words and one chart. Every figure comes released; none is worked out anew."""

from collections.abc import Mapping, Sequence

from delphi.charts.distribution import distribution, zone_bar
from delphi.charts.marks import Size, Zone
from delphi.language import decimal, gettext, ngettext
from delphi.manual.publication import GroupRow, RoundEvidence
from delphi.models import ItemVersion
from delphi.reports.chart_words import chart_words, zone_word
from delphi.reports.history import PublishedRound
from delphi.services.disclosure import HIDDEN, LEVELS, NOT_ASKED, Entry
from delphi.services.protocol import Choices

NOT_SHOWN = "–"
ZONE_NAMES = ("high", "middle", "low")  # what the rule asks about first, first
CHART_SIZE = Size(320, 150)


def round_evidence(published: PublishedRound, version: ItemVersion, entry: Entry) -> RoundEvidence:
    """Return what one round said of an item under one criterion, as far as it may be told."""
    choices, panel = published.choices, entry["panel"]
    return RoundEvidence(
        round=_title(published, entry),
        wording_label=gettext("wording %(label)s", label=version.label),
        n_rated=gettext("fewer than %(n)s: not shown", n=choices.policy.least_group)
        if panel["shown"] == HIDDEN
        else ngettext("%(num)s rated", "%(num)s rated", panel["n_rated"]),
        n_unable=ngettext("%(num)s unable to rate", "%(num)s unable to rate", panel["n_unable"])
        if panel["shown"] == LEVELS
        else "",
        chart_svg=_chart(published, entry),
        figures=_figures(panel, choices),
        group_columns=_columns(choices),
        groups=[_group_row(group, published.view["groups"], choices) for group in entry["groups"]],
    )


def criterion_label(choices: Choices, key: str) -> str:
    """Return how people name a criterion; nothing where there is only one to rate by."""
    labels = {criterion.key: gettext(criterion.label) for criterion in choices.criteria}
    return labels[key] if len(labels) > 1 else ""


def _title(published: PublishedRound, entry: Entry) -> str:
    label = criterion_label(published.choices, entry["criterion"])
    if not label:
        return gettext("Round %(n)s", n=published.number)
    return gettext("Round %(n)s, %(criterion)s", n=published.number, criterion=label)


def _figures(shown: Entry, choices: Choices) -> list[tuple[str, str]]:
    if shown["shown"] == HIDDEN:
        return []
    zones = [
        (gettext("rated %(levels)s", levels=levels), _share(shown, name, choices)) for name, levels in _zones(choices).items()
    ]
    median = (gettext("median"), _number(shown["median"]))
    if shown["shown"] == LEVELS:
        return [median, (gettext("quartiles"), _quartiles(shown)), *zones]
    return [median, *zones]


def _share(shown: Entry, name: str, choices: Choices) -> str:
    """Return "14 of 18 (77.8 %)"; where few have rated, the people alone."""
    people = shown["zone_counts"][name]
    if shown["shown"] != LEVELS:
        return ngettext("%(n)s of %(num)s person", "%(n)s of %(num)s people", shown["n_rated"], n=people)
    whole = shown["n_rated"] + (shown["n_unable"] if choices.denominator == "answered" else 0)
    return gettext("%(n)s of %(all)s (%(share)s)", n=people, all=whole, share=_percent(shown["percent"][name]))


def _columns(choices: Choices) -> list[str]:
    return [gettext("Rated"), gettext("Unable"), *_zones(choices).values(), gettext("Median"), gettext("Quartiles")]


def _group_row(group: Entry, people: Mapping[str, int], choices: Choices) -> GroupRow:
    label, zones = group["group"], _zones(choices)
    if group["shown"] == NOT_ASKED:
        return GroupRow(label, (gettext("not asked about it"),))
    if group["shown"] == HIDDEN:
        return GroupRow(label, (_hidden(people.get(label, 0), choices.policy.least_group),))
    if group["shown"] == LEVELS:
        shares = [_percent(group["percent"][name]) for name in zones]
        cells = [str(group["n_rated"]), str(group["n_unable"]), *shares, _number(group["median"]), _quartiles(group)]
        return GroupRow(label, cells)
    shares = [gettext("%(n)s of %(all)s", n=group["zone_counts"][name], all=group["n_rated"]) for name in zones]
    return GroupRow(label, [str(group["n_rated"]), NOT_SHOWN, *shares, _number(group["median"]), NOT_SHOWN])


def _hidden(people: int, least: int) -> str:
    """Return why a group's figures are missing; that follows from head counts, which everybody may know."""
    if people < least:
        return gettext("fewer than %(n)s: not shown", n=least)
    return gettext("not shown, or those of fewer than %(n)s people could be worked out", n=least)


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
    title = ngettext(
        "%(n)s of %(num)s person rated %(levels)s",
        "%(n)s of %(num)s people rated %(levels)s",
        panel["n_rated"],
        n=panel["zone_counts"]["high"],
        levels=levels,
    )
    told = {"round": _title(published, entry), "median": _number(panel["median"])}
    there = {name: bounds for name in reversed(ZONE_NAMES) if (bounds := choices.scale.zones[name])}
    words = chart_words()
    zones = [Zone(zone_word(name), *bounds) for name, bounds in there.items()]
    if panel["shown"] != LEVELS:
        counts = [panel["zone_counts"][name] for name in there]
        described = gettext("%(round)s: the median is %(median)s.", **told)
        return zone_bar(counts, zones, median=panel["median"], title=title, description=described, name=name, words=words)
    described = gettext(
        "%(round)s: the median is %(median)s. Half of the ratings lie from %(q1)s to %(q3)s.",
        **told,
        q1=_number(panel["q1"]),
        q3=_number(panel["q3"]),
    )
    return distribution(
        [panel["counts"][str(level)] for level in choices.scale.levels],
        choices.scale.levels,
        median=panel["median"],
        q1=panel["q1"],
        q3=panel["q3"],
        title=title,
        description=described,
        name=name,
        zones=zones,
        size=CHART_SIZE,
        words=words,
    )


def _quartiles(shown: Entry) -> str:
    return f"{_number(shown['q1'])}–{_number(shown['q3'])}"


def _number(value: float | None) -> str:
    return gettext("undefined") if value is None else decimal(f"{value:g}")


def _percent(value: float | None) -> str:
    return gettext("undefined") if value is None else gettext("%(n)s %%", n=decimal(f"{round(value, 1):g}"))
