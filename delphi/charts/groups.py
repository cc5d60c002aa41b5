"""Stakeholder groups as small multiples on one axis; a group that may not be shown is said in words."""

import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from delphi.charts.marks import (
    ENGLISH,
    GROUPS,
    INK,
    SMALL,
    SOFT,
    Axis,
    Cell,
    Size,
    Table,
    Words,
    Zone,
    box,
    coordinate,
    frame,
    line,
    listed,
    number,
    own_mark,
    require_levels,
    series,
    text,
)

WIDTH = 320.0
ROW, GAP, TOP, FOOT, MARGIN = 78.0, 18.0, 4.0, 22.0, 6.0
LABEL_BASELINE, BARS, OWN_LANE = 15.0, 44.0, 28.0
NAME_CHARACTERS = 36
SHAPES = (  # circle, square, triangle, diamond, triangle on its point, cross, lying and standing bar: a shape beside each colour
    "m-5 0a5 5 0 1 0 10 0a5 5 0 1 0 -10 0z",
    "m-4.5 -4.5h9v9h-9z",
    "m0 -5.5l5.5 10h-11z",
    "m0 -6l6 6l-6 6l-6 -6z",
    "m0 5.5l5.5 -10h-11z",
    "m-2 -5.5h4v3.5h3.5v4h-3.5v3.5h-4v-3.5h-3.5v-4h3.5z",
    "m-6 -2.5h12v5h-12z",
    "m-2.5 -6h5v12h-5z",
)


@dataclass(frozen=True)
class Group:
    """One group's answers: counts per level, or per zone when it is small, or neither when it is hidden.

    `people` is the head count (never hidden); `hidden` says why when it is not the usual reason;
    `own` is the reader's rating if this is their group.
    """

    name: str
    people: int
    counts: tuple[int, ...] | None = None
    zone_counts: tuple[int, ...] | None = None
    median: float | None = None
    own: int | None = None
    hidden: str = ""

    def __post_init__(self) -> None:
        if self.is_hidden and self.median is not None:
            raise ValueError("a hidden group carries no figures")

    @property
    def is_hidden(self) -> bool:
        return self.counts is None and self.zone_counts is None

    @property
    def rated(self) -> int:
        return sum(self.counts or self.zone_counts or ())


def small_multiples(
    groups: Sequence[Group],
    levels: Sequence[int],
    *,
    title: str,
    description: str,
    name: str,
    zones: Sequence[Zone] = (),
    words: Words = ENGLISH,
) -> str:
    """Return one row of bars per group over the same levels, as shares of the group, with its name and n beside it.

    Give the groups in the study's order, hidden ones included: a group's colour and shape come from its place.
    """
    for group in groups:
        require_levels(levels, group.counts or [0] * len(levels))
        if group.zone_counts is not None and len(group.zone_counts) != len(zones):
            raise ValueError("there is one count for each zone")
    axis = Axis(tuple(levels), MARGIN, WIDTH - MARGIN)
    share = max((_tallest(group, zones) for group in groups), default=0.0) or 1.0
    body: list[str] = []
    y = TOP
    for index, group in enumerate(groups):
        height = ROW + (OWN_LANE if group.own is not None else 0.0)
        body += _row(group, index, axis, zones, (y, height), share, words)
        y += height + GAP
    body += [text(axis.at(level), y - GAP + 15, number(level), fill=SOFT) for level in levels]
    facts = {"chart": "groups", "levels": listed(levels), "groups": len(groups)}
    return frame(body, name=name, title=title, description=description, size=Size(WIDTH, y - GAP + FOOT), facts=facts)


def _tallest(group: Group, zones: Sequence[Zone]) -> float:
    if group.counts and group.rated:
        return max(group.counts) / group.rated
    if group.zone_counts and group.rated:
        return max(count / (zone.high - zone.low + 1) for count, zone in zip(group.zone_counts, zones, strict=True)) / group.rated
    return 0.0


def _row(
    group: Group, index: int, axis: Axis, zones: Sequence[Zone], place: tuple[float, float], share: float, words: Words
) -> Iterator[str]:
    colour = GROUPS[index % len(GROUPS)]
    y, height = place
    base = y + height - 2
    top = base - BARS
    people = (words.person if group.people == 1 else words.people).format(count=group.people)
    yield _opening(group, index)
    yield placed_mark(index, MARGIN + 6, y + LABEL_BASELINE - 4.5)
    yield text(
        MARGIN + 18,
        y + LABEL_BASELINE,
        textwrap.shorten(group.name, NAME_CHARACTERS, placeholder=" …"),
        anchor="start",
        weight=600,
    )
    yield text(WIDTH - MARGIN, y + LABEL_BASELINE, people, anchor="end", size=SMALL, fill=SOFT)
    if group.is_hidden:
        yield text(MARGIN + 18, base - 16, group.hidden or words.hidden, anchor="start", fill=SOFT)
    else:
        yield from _bars(group, axis, zones, (top, base), share, colour)
        if group.median is not None:
            x = axis.at(group.median)
            yield line(x, base - 3, x, base + 6, stroke=INK, width=3)
    yield line(axis.left, base, axis.right, base, stroke=INK)
    if group.own is not None:
        yield own_mark(axis.at(group.own), top - 12, words)
    yield "</g>"


def _opening(group: Group, index: int) -> str:
    median = "none" if group.median is None else group.median
    counts = f'data-counts="{listed(group.counts or ())}" data-zone-counts="{listed(group.zone_counts or ())}"'
    return f'<g data-group="{index}" data-people="{group.people}" {counts} data-median="{median}">'


def _bars(group: Group, axis: Axis, zones: Sequence[Zone], span: tuple[float, float], share: float, colour: str) -> Iterator[str]:
    top, base = span
    full = base - top
    if group.counts is not None:
        columns = [(axis.at(level), 1, count) for level, count in zip(axis.levels, group.counts, strict=True)]
    else:
        columns = [
            (axis.at((zone.low + zone.high) / 2), zone.high - zone.low + 1, count)
            for zone, count in zip(zones, group.zone_counts or (), strict=True)
        ]
    shapes = []
    for x, width, count in columns:
        height = full * count / width / max(group.rated, 1) / share
        if count:
            shapes.append(box(x - width * axis.column / 2 + 3, base - height, width * axis.column - 6, height))
        if count or group.zone_counts is not None:
            yield text(x, base - height - 3, count, size=SMALL, fill=SOFT)
    yield series(shapes, colour, "group", outline=INK)


def mark(index: int) -> str:
    """Return the group's mark alone, to stand before its name on a page; it says nothing to those who listen."""
    return (
        f'<svg class="group-mark" width="14" height="14" viewBox="0 0 14 14" aria-hidden="true">{placed_mark(index, 7, 7)}</svg>'
    )


def placed_mark(index: int, x: float, y: float) -> str:
    """Return the shape, in the colour, of the group at that place in the study, its middle at (x, y)."""
    shape = f"M{coordinate(x)} {coordinate(y)}{SHAPES[index % len(SHAPES)]}"
    return f'<path d="{shape}" fill="{GROUPS[index % len(GROUPS)]}" stroke="{INK}" stroke-width="0.75"/>'


def table(
    groups: Sequence[Group], levels: Sequence[int], *, caption: str, zones: Sequence[Zone] = (), words: Words = ENGLISH
) -> Table:
    """Return the same numbers as rows: group, people, median, then each zone (or each level where there are no zones)."""
    heads = tuple(zone.label for zone in zones) or tuple(number(level) for level in levels)
    header = (words.group, words.people_head, words.median_head, *heads)
    rows = tuple(_table_row(group, levels, zones, words) for group in groups)
    return Table(caption, header, rows, numeric=tuple(range(1, len(header))))


def _table_row(group: Group, levels: Sequence[int], zones: Sequence[Zone], words: Words) -> tuple[Cell, ...]:
    return group.name, group.people, number(group.median, words), *_cells(group, levels, zones, words)


def _cells(group: Group, levels: Sequence[int], zones: Sequence[Zone], words: Words) -> tuple[Cell, ...]:
    if group.is_hidden:
        return tuple((group.hidden or words.hidden) for _ in (zones or levels))
    if not zones:
        return group.counts or ()
    per_zone = group.zone_counts or tuple(_in_zone(group.counts or (), levels, zone) for zone in zones)
    return tuple(words.share.format(part=count, whole=group.rated) for count in per_zone)


def _in_zone(counts: Sequence[int], levels: Sequence[int], zone: Zone) -> int:
    return sum(count for level, count in zip(levels, counts, strict=True) if zone.low <= level <= zone.high)
