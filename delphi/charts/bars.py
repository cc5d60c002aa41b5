"""The whole panel at a glance: one stacked bar per item, diverging around the middle zone, sorted by median."""

import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from delphi.charts.marks import (
    ENGLISH,
    HIGH,
    INK,
    LOW,
    MIDDLE,
    SMALL,
    SOFT,
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
    series,
    text,
)

WIDTH = 640.0
LABELS, FIGURES, ROW, TOP, FOOT = 250.0, 132.0, 36.0, 40.0, 8.0
LABEL_CHARACTERS, LABEL_LINES = 40, 2


@dataclass(frozen=True)
class Bar:
    """One item: counts in the low, middle and high zone and the median; all none when they may not be shown."""

    label: str
    counts: tuple[int, int, int] | None
    median: float | None = None
    hidden: str = ""

    def __post_init__(self) -> None:
        if self.counts is None and self.median is not None:
            raise ValueError("a hidden item carries no figures")

    def shares(self) -> tuple[float, float, float]:
        low, middle, high = self.counts or (0, 0, 0)
        rated = max(low + middle + high, 1)
        return low / rated, middle / rated, high / rated


def by_median(bars: Sequence[Bar]) -> list[Bar]:
    """Return the bars from the highest median to the lowest, ties by the share of the high zone, those without a median last."""
    return sorted(bars, key=lambda bar: (bar.median is None, -(bar.median or 0.0), -bar.shares()[2]))


def diverging(
    bars: Sequence[Bar],
    *,
    zones: Sequence[Zone],
    title: str,
    description: str,
    name: str,
    words: Words = ENGLISH,
) -> str:
    """Return the diverging bars of all items; the middle zone straddles the centre line. `zones` are low, middle, high."""
    if len(zones) != 3:
        raise ValueError("diverging bars need a low, a middle and a high zone")
    ordered = by_median(bars)
    shares = [bar.shares() for bar in ordered] or [(0.0, 1.0, 0.0)]
    left, right = (max(share[side] + share[1] / 2 for share in shares) or 0.5 for side in (0, 2))
    per_share = (WIDTH - LABELS - FIGURES) / (left + right)
    centre = LABELS + left * per_share
    body = [*_heads(zones, centre), *_stacks(ordered, centre, per_share), *_rows(ordered, words)]
    height = TOP + ROW * len(ordered) + FOOT
    body.append(line(centre, TOP - 4, centre, height - FOOT, stroke=INK))
    facts = {"chart": "diverging", "items": len(ordered), **_counted(ordered)}
    return frame(body, name=name, title=title, description=description, size=Size(WIDTH, height), facts=facts)


def _counted(bars: Sequence[Bar]) -> dict[str, str]:
    zones = ("low", "middle", "high")
    counts = {zone: listed(bar.counts[index] if bar.counts else None for bar in bars) for index, zone in enumerate(zones)}
    return {**counts, "medians": listed(bar.median for bar in bars)}


def _heads(zones: Sequence[Zone], centre: float) -> Iterator[str]:
    yield text(centre - 34, 14, zones[0].label, anchor="end", size=SMALL, weight=600, fill="#7a4d00")
    yield text(centre, 28, zones[1].label, size=SMALL, fill=SOFT)
    yield text(centre + 34, 14, zones[2].label, anchor="start", size=SMALL, weight=600, fill=HIGH)


def _stacks(bars: Sequence[Bar], centre: float, per_share: float) -> Iterator[str]:
    paths: dict[str, list[str]] = {"low": [], "middle": [], "high": []}
    for index, bar in enumerate(bars):
        x = centre - (bar.shares()[0] + bar.shares()[1] / 2) * per_share
        for zone, share in zip(paths, bar.shares(), strict=True):
            if share:
                paths[zone].append(box(x, TOP + index * ROW + 7, share * per_share, ROW - 14))
            x += share * per_share
    for zone, colour in (("low", LOW), ("middle", MIDDLE), ("high", HIGH)):
        yield series(paths[zone], colour, zone, outline=INK)


def _rows(bars: Sequence[Bar], words: Words) -> Iterator[str]:
    for index, bar in enumerate(bars):
        middle = TOP + index * ROW + ROW / 2
        lines = textwrap.wrap(bar.label, LABEL_CHARACTERS, max_lines=LABEL_LINES, placeholder=" …") or [""]
        first = middle + 4 - 7 * (len(lines) - 1)
        for number_of_line, words_of_line in enumerate(lines):
            yield text(0, first + 14 * number_of_line, words_of_line, anchor="start", size=SMALL)
        yield text(WIDTH - FIGURES + 14, middle + 4, _figures(bar, words), anchor="start", size=SMALL)
        rule = coordinate(TOP + (index + 1) * ROW)
        yield f'<path d="M0 {rule}H{coordinate(WIDTH)}" stroke="#e3dccf" stroke-width="0.75" fill="none"/>'


def _figures(bar: Bar, words: Words) -> str:
    if bar.counts is None:
        return bar.hidden or words.hidden
    median = words.median.format(value=number(bar.median, words)) if bar.median is not None else words.undefined
    return f"{median} · {words.share.format(part=bar.counts[2], whole=sum(bar.counts))}"


def table(bars: Sequence[Bar], *, zones: Sequence[Zone], caption: str, words: Words = ENGLISH) -> Table:
    """Return the same numbers as rows in the same order: item, median, ratings in each zone."""
    rows = tuple((bar.label, number(bar.median, words), *_cells(bar, words)) for bar in by_median(bars))
    header = (words.item, words.median_head, *(zone.label for zone in zones))
    return Table(caption, header, rows, numeric=(1, 2, 3, 4))


def _cells(bar: Bar, words: Words) -> tuple[Cell, ...]:
    return bar.counts if bar.counts is not None else (bar.hidden or words.hidden,) * 3
