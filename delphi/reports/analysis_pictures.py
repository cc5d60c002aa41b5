"""The pictures of an analysis: each with the sentence it shows and its numbers as a table."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from delphi.charts import bars, group_bars, groups, movement, verdicts
from delphi.charts import distribution as levels
from delphi.charts.marks import Table, Zone, number

ZONE_NAMES = ("low", "middle", "high")
BARS_TOGETHER, VERDICTS_TOGETHER, MOST_SLOPES = 30, 30, 40

Entry = Mapping[str, Any]


@dataclass(frozen=True)
class Picture:
    """A chart, the sentence it shows, its numbers, and whether it needs a wide page."""

    title: str
    svg: Markup
    table: Table
    is_wide: bool = False

    @property
    def width(self) -> int:
        """The picture's own width, in its units."""
        return round(float(self.svg.partition(' width="')[2].partition('"')[0]))


@dataclass(frozen=True)
class Levels:
    """The scale and its zones as the settings of an analysis state them."""

    all: tuple[int, ...]
    zones: tuple[Zone, ...]

    @classmethod
    def of(cls, settings: Mapping[str, Any]) -> "Levels":
        scale, zones = settings["scale"], settings["zones"]
        named = tuple(Zone(f"{name} {_span(*zones[name])}", *zones[name]) for name in ZONE_NAMES if zones[name])
        return cls(tuple(range(scale["low"], scale["high"] + 1)), named)

    @property
    def high(self) -> str:
        return _span(self.zones[-1].low, self.zones[-1].high)

    def counts(self, entry: Entry) -> tuple[int, ...]:
        return tuple(entry["counts"][str(level)] for level in self.all)

    def bar(self, entry: Entry, label: str) -> bars.Bar:
        """Return the entry as a bar of its low, middle and high ratings."""
        counts = dict(zip(self.all, self.counts(entry), strict=True))
        inside = [sum(counts[level] for level in range(zone.low, zone.high + 1)) for zone in self.zones]
        low, high = inside[0], inside[-1]
        middle = sum(inside) - low - high
        return bars.Bar(label, (low, middle, high), entry["median"], elsewhere=entry["n_rated"] - sum(inside))


def _span(low: int, high: int) -> str:
    between = " to " if low < 0 else "–"
    return number(low) if low == high else f"{number(low)}{between}{number(high)}"


def label_of_item(entry: Entry) -> str:
    """Return the item's name, with the criterion where there are several to rate by."""
    return f"{entry['item']} · {entry['criterion']}" if entry.get("criterion") else str(entry["item"])


def finding(entry: Entry, scale: Levels) -> str:
    """Return the finding in a sentence: 14 of 18 people rated 7–9."""
    bar = scale.bar(entry, "")
    if not bar.rated:
        return "Nobody rated it"
    return f"{bar.counts[2] if bar.counts else 0} of {bar.rated} {'person' if bar.rated == 1 else 'people'} rated {scale.high}"


def item_picture(entry: Entry, scale: Levels, name: str) -> Picture:
    """Return how everybody rated an item, level by level."""
    counts, title = scale.counts(entry), finding(entry, scale)
    said = ", ".join(f"{count} rated {number(level)}" for level, count in zip(scale.all, counts, strict=True) if count)
    svg = levels.distribution(
        counts,
        scale.all,
        median=entry["median"],
        q1=entry["q1"],
        q3=entry["q3"],
        title=title,
        description=f"{label_of_item(entry)}. {said or 'No rating'}. {_middle(entry)}",
        name=name,
        zones=scale.zones,
    )
    return Picture(title, Markup(svg), levels.table(counts, scale.all, caption=title))


def _middle(entry: Entry) -> str:
    if entry["median"] is None:
        return "There is no median."
    quartiles = f", the quartiles {number(entry['q1'])} and {number(entry['q3'])}" if entry["q1"] is not None else ""
    return f"The median is {number(entry['median'])}{quartiles}."


def groups_picture(entries: Sequence[Entry], scale: Levels, name: str) -> Picture:
    """Return how each group rated an item, in zones around one centre line."""
    title = f"Groups: {_apart(entries, scale)}"
    drawn = [scale.bar(entry, entry["group"]) for entry in entries]
    said = "; ".join(f"{entry['group']}: {finding(entry, scale)}" for entry in entries)
    svg = group_bars.diverging_groups(drawn, zones=scale.zones, title=title, description=f"{said}.", name=name)
    return Picture(title, Markup(svg), group_bars.table(drawn, zones=scale.zones, caption=title))


def _apart(entries: Sequence[Entry], scale: Levels) -> str:
    drawn = [scale.bar(entry, entry["group"]) for entry in entries if entry["n_rated"]]
    shares = sorted(round(100 * bar.shares()[2]) for bar in drawn)
    if not shares:
        return "nobody rated it"
    span = f"{shares[0]} %" if shares[0] == shares[-1] else f"{shares[0]} % to {shares[-1]} %"
    return f"{span} rated {scale.high}"


def levels_by_group(entries: Sequence[Entry], sizes: Mapping[str, int], scale: Levels, name: str) -> Picture:
    """Return how each group rated an item, level by level on one axis."""
    title = f"Each group, level by level: {_apart(entries, scale)}"
    shown = [
        groups.Group(
            entry["group"], sizes.get(entry["group"], entry["n_rated"]), counts=scale.counts(entry), median=entry["median"]
        )
        for entry in entries
    ]
    said = "; ".join(f"{entry['group']}: {finding(entry, scale)}" for entry in entries)
    svg = groups.small_multiples(shown, scale.all, title=title, description=f"{said}.", name=name, zones=scale.zones)
    return Picture(title, Markup(svg), groups.table(shown, scale.all, caption=title))


def panel_pictures(entries: Sequence[Entry], scale: Levels, name: str) -> Iterator[Picture]:
    """Yield all items as diverging bars, sorted by median, a pageful at a time around one centre line."""
    drawn = bars.by_median([scale.bar(entry, label_of_item(entry)) for entry in entries])
    sides = bars.reach(drawn)
    for first in range(0, len(drawn), BARS_TOGETHER):
        part = drawn[first : first + BARS_TOGETHER]
        medians = [number(bar.median) for bar in (part[0], part[-1])]
        span = f"median {medians[0]}" if medians[0] == medians[1] else f"medians from {medians[0]} to {medians[1]}"
        place = "" if len(drawn) <= BARS_TOGETHER else f"Items {first + 1} to {first + len(part)} of {len(drawn)}: "
        title = f"{place}{span}"
        said = "; ".join(f"{bar.label}: {bar.counts[2] if bar.counts else 0} of {bar.rated} rated {scale.high}" for bar in part)
        svg = bars.diverging(
            part,
            zones=scale.zones,
            title=title[:1].upper() + title[1:],
            description=f"{said}.",
            name=f"{name}-{first}",
            sides=sides,
        )
        caption = title[:1].upper() + title[1:]
        yield Picture(caption, Markup(svg), bars.table(part, zones=scale.zones, caption=caption), is_wide=True)


def movement_picture(rounds: Sequence[Mapping[str, Any]], scale: Levels, name: str) -> Picture | None:
    """Return each item's median from round to round; of very many items those that moved furthest are drawn."""
    slopes = _slopes(rounds)
    if len(rounds) < 2 or not any(slope.last is not None for slope in slopes):
        return None
    drawn = slopes if len(slopes) <= MOST_SLOPES else sorted(slopes, key=lambda slope: -_way(slope))[:MOST_SLOPES]
    drawn = [slope for slope in drawn if slope.has_moved or len(slopes) <= MOST_SLOPES]
    moved = sum(slope.has_moved for slope in slopes)
    title = f"The median of {moved} of {len(slopes)} {'item' if len(slopes) == 1 else 'items'} changed"
    less = "" if len(drawn) == len(slopes) else f"; drawn are {'these' if len(drawn) == moved else 'those that moved furthest'}"
    heads = [f"Round {round_['round']}" for round_ in rounds]
    said = "; ".join(f"{slope.label}: {' to '.join(map(number, slope.medians))}" for slope in drawn if slope.has_moved)
    svg = movement.slopes(drawn, heads, scale.all, title=title + less, description=f"{said or 'No median changed'}.", name=name)
    return Picture(title + less, Markup(svg), movement.table(slopes, heads, caption=title), is_wide=True)


def _slopes(rounds: Sequence[Mapping[str, Any]]) -> list[movement.Slope]:
    medians = [
        {label_of_item(entry): entry["median"] for entry in round_["items"] if entry["group"] is None} for round_ in rounds
    ]
    return [
        movement.Slope(label, tuple(each.get(label) for each in medians))
        for label in dict.fromkeys(k for m in medians for k in m)
    ]


def _way(slope: movement.Slope) -> float:
    known = [median for median in slope.medians if median is not None]
    return max(known) - min(known) if known else -1.0


def verdict_pictures(items: Sequence[verdicts.Verdicts], columns: Sequence[str], finding: str, name: str) -> Iterator[Picture]:
    """Yield the verdicts of the items under each column's head, a pageful at a time."""
    for first in range(0, len(items), VERDICTS_TOGETHER):
        part = items[first : first + VERDICTS_TOGETHER]
        place = "" if len(items) <= VERDICTS_TOGETHER else f" (items {first + 1} to {first + len(part)} of {len(items)})"
        said = "; ".join(f"{item.label}: {', '.join(verdict or 'not asked' for verdict in item.verdicts)}" for item in part)
        title = finding + place
        described = f"{', '.join(columns)}. {said}."
        svg = verdicts.heat_map(part, columns, title=title, description=described, name=f"{name}-{first}")
        yield Picture(title, Markup(svg), verdicts.table(part, columns, caption=title), is_wide=True)
