"""One item's groups: a stacked bar for each, diverging around one centre line; a hidden group is said in words."""

import textwrap
from collections.abc import Iterator, Sequence

from delphi.charts.bars import Bar, counted, reach, require_zones, rows_of, stacks
from delphi.charts.groups import placed_mark
from delphi.charts.marks import (
    ENGLISH,
    HIGH,
    INK,
    LOW,
    MIDDLE,
    SMALL,
    SOFT,
    Size,
    Table,
    Words,
    Zone,
    box,
    frame,
    line,
    series,
    text,
)

WIDTH, MARGIN = 320.0, 6.0
TOP, ROW, BAR, FOOT = 26.0, 66.0, 16.0, 2.0
LABEL_BASELINE, FIGURES_BASELINE, BAR_TOP = 17.0, 33.0, 41.0
NAME_CHARACTERS, ZONE_CHARACTERS = 34, 15
SWATCH, CHARACTER = 10.0, 6.6


def diverging_groups(
    groups: Sequence[Bar],
    *,
    zones: Sequence[Zone],
    title: str,
    description: str,
    name: str,
    words: Words = ENGLISH,
) -> str:
    """Return one bar per group, as shares of those in it who rated; `zones` are low, middle and high, or low and high.

    Give the groups in the study's order, hidden ones included: a group's colour and shape come from its place.
    """
    require_zones(groups, zones)
    left, right = reach(groups)
    per_share = (WIDTH - 2 * MARGIN) / (left + right)
    centre = MARGIN + left * per_share
    placed = ((TOP + index * ROW + BAR_TOP, group) for index, group in enumerate(groups))
    height = TOP + ROW * len(groups) + FOOT
    body = [*_key(zones), *stacks(placed, centre, per_share, BAR)]
    for index, group in enumerate(groups):
        body += _row(group, index, centre, words)
    facts = {"chart": "diverging-groups", "groups": len(groups), **counted(groups)}
    return frame(body, name=name, title=title, description=description, size=Size(WIDTH, height), facts=facts)


def _key(zones: Sequence[Zone]) -> Iterator[str]:
    """Yield the names of the zones in their order; the bars may lie all to one side, so the names carry the colours too."""
    colours = (LOW, MIDDLE, HIGH) if len(zones) == 3 else (LOW, HIGH)
    x = MARGIN
    for zone, colour in zip(zones, colours, strict=True):
        label = textwrap.shorten(zone.label, ZONE_CHARACTERS, placeholder=" …")
        yield series([box(x, 4, SWATCH, SWATCH)], colour, "key", outline=INK)
        yield text(x + SWATCH + 5, 13, label, anchor="start", size=SMALL, fill=SOFT)
        x += SWATCH + 13 + CHARACTER * len(label)


def _row(group: Bar, index: int, centre: float, words: Words) -> Iterator[str]:
    y = TOP + index * ROW
    yield placed_mark(index, MARGIN + 6, y + LABEL_BASELINE - 4.5)
    label = textwrap.shorten(group.label, NAME_CHARACTERS, placeholder=" …")
    yield text(MARGIN + 18, y + LABEL_BASELINE, label, anchor="start", weight=600)
    yield text(MARGIN + 18, y + FIGURES_BASELINE, group.figures(words), anchor="start", size=SMALL, fill=SOFT)
    if group.counts is not None:
        yield line(centre, y + BAR_TOP - 3, centre, y + BAR_TOP + BAR + 3, stroke=INK)


def table(groups: Sequence[Bar], *, zones: Sequence[Zone], caption: str, words: Words = ENGLISH) -> Table:
    """Return the same numbers as rows in the same order: group, median, ratings in each zone."""
    return rows_of(groups, words.group, zones, caption, words)
