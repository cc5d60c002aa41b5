"""Stacked bars that diverge around the middle zone: all items sorted by median, or the groups of one item."""

import textwrap
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from delphi.charts.marks import (
    ENGLISH,
    FAINT,
    HIGH,
    INK,
    LOW,
    LOW_WORDS,
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

WIDTH = 680.0
LABELS, FIGURES, ROW, TOP, FOOT = 250.0, 176.0, 36.0, 40.0, 8.0
LABEL_CHARACTERS, LABEL_LINES = 36, 2


COLOURS = {"low": LOW, "middle": MIDDLE, "high": HIGH}


@dataclass(frozen=True)
class Bar:
    """One item: counts in the low, middle and high zone and the median; all none when they may not be shown.

    `elsewhere` counts the ratings in no zone, where the zones leave levels out.
    """

    label: str
    counts: tuple[int, int, int] | None
    median: float | None = None
    hidden: str = ""
    elsewhere: int = 0

    def __post_init__(self) -> None:
        if self.counts is None and self.median is not None:
            raise ValueError("a hidden bar carries no figures")
        if self.counts is not None and min(*self.counts, self.elsewhere) < 0:
            raise ValueError("a count is zero or more")

    @property
    def rated(self) -> int:
        return sum(self.counts or ()) + self.elsewhere

    def shares(self) -> tuple[float, float, float]:
        low, middle, high = self.counts or (0, 0, 0)
        rated = max(self.rated, 1)
        return low / rated, middle / rated, high / rated

    def figures(self, words: Words) -> str:
        """Return median and high share in words, or why there are none."""
        if self.counts is None:
            return self.hidden or words.hidden
        median = words.median.format(value=number(self.median, words)) if self.median is not None else words.undefined
        return f"{median} · {words.share.format(part=self.counts[2], whole=self.rated)}"


def by_median(bars: Sequence[Bar]) -> list[Bar]:
    """Return the bars from the highest median to the lowest, ties by the share of the high zone, those without a median last."""
    return sorted(bars, key=lambda bar: (bar.median is None, -(bar.median or 0.0), -bar.shares()[2]))


def reach(bars: Sequence[Bar]) -> tuple[float, float]:
    """Return how far, in shares of a whole bar, the longest bars reach to the left and to the right of the centre line."""
    shares = [bar.shares() for bar in bars if bar.rated] or [(0.0, 1.0, 0.0)]
    left, right = (max(share[side] + share[1] / 2 for share in shares) for side in (0, 2))
    return (left, right) if left + right else (0.5, 0.5)


def stacks(rows: Iterable[tuple[float, Bar]], centre: float, per_share: float, height: float) -> Iterator[str]:
    """Yield the bars, each at its own y, as one path per zone; the middle zone straddles `centre`."""
    paths: dict[str, list[str]] = {zone: [] for zone in COLOURS}
    for y, bar in rows:
        x = centre - (bar.shares()[0] + bar.shares()[1] / 2) * per_share
        for zone, share in zip(paths, bar.shares(), strict=True):
            if share:
                paths[zone].append(box(x, y, share * per_share, height))
            x += share * per_share
    for zone, colour in COLOURS.items():
        yield series(paths[zone], colour, zone, outline=INK)


def _heads(zones: Sequence[Zone], centre: float) -> Iterator[str]:
    yield text(centre - 34, 14, zones[0].label, anchor="end", size=SMALL, weight=600, fill=LOW_WORDS)
    for middle in zones[1:-1]:
        yield text(centre, 28, middle.label, size=SMALL, fill=SOFT)
    yield text(centre + 34, 14, zones[-1].label, anchor="start", size=SMALL, weight=600, fill=HIGH)


def require_zones(bars: Sequence[Bar], zones: Sequence[Zone]) -> None:
    """Refuse zones that are not low, middle and high or low and high, or a count in a middle that there is not."""
    if len(zones) not in (2, 3) or (len(zones) == 2 and any(bar.counts and bar.counts[1] for bar in bars)):
        raise ValueError("diverging bars need a low, a middle and a high zone, or a low and a high one and nothing between")


def counted(bars: Sequence[Bar]) -> dict[str, str]:
    """Return the numbers of the bars in their order as data attributes."""
    counts = {zone: listed(bar.counts[index] if bar.counts else None for bar in bars) for index, zone in enumerate(COLOURS)}
    return {**counts, "medians": listed(bar.median for bar in bars)}


def diverging(
    bars: Sequence[Bar],
    *,
    zones: Sequence[Zone],
    title: str,
    description: str,
    name: str,
    sides: tuple[float, float] | None = None,
    words: Words = ENGLISH,
) -> str:
    """Return the diverging bars of all items, sorted by median; `zones` are low, middle and high, or low and high.

    `sides` is the `reach` of more bars than these, so that several pictures share one centre line.
    """
    require_zones(bars, zones)
    ordered = by_median(bars)
    left, right = sides or reach(bars)
    per_share = (WIDTH - LABELS - FIGURES) / (left + right)
    centre = LABELS + left * per_share
    placed = ((TOP + index * ROW + 7, bar) for index, bar in enumerate(ordered))
    body = [*_heads(zones, centre), *stacks(placed, centre, per_share, ROW - 14), *_rows(ordered, words)]
    height = TOP + ROW * len(ordered) + FOOT
    body.append(line(centre, TOP - 4, centre, height - FOOT, stroke=INK))
    facts = {"chart": "diverging", "items": len(ordered), **counted(ordered)}
    return frame(body, name=name, title=title, description=description, size=Size(WIDTH, height), facts=facts)


def _rows(bars: Sequence[Bar], words: Words) -> Iterator[str]:
    for index, bar in enumerate(bars):
        middle = TOP + index * ROW + ROW / 2
        lines = textwrap.wrap(bar.label, LABEL_CHARACTERS, max_lines=LABEL_LINES, placeholder=" …") or [""]
        first = middle + 4 - 7 * (len(lines) - 1)
        for number_of_line, words_of_line in enumerate(lines):
            yield text(0, first + 14 * number_of_line, words_of_line, anchor="start", size=SMALL)
        yield text(WIDTH - FIGURES + 14, middle + 4, bar.figures(words), anchor="start", size=SMALL)
        rule = coordinate(TOP + (index + 1) * ROW)
        yield f'<path d="M0 {rule}H{coordinate(WIDTH)}" stroke="{FAINT}" stroke-width="0.75" fill="none"/>'


def table(bars: Sequence[Bar], *, zones: Sequence[Zone], caption: str, words: Words = ENGLISH) -> Table:
    """Return the same numbers as rows in the same order: item, median, ratings in each zone."""
    return rows_of(by_median(bars), words.item, zones, caption, words)


def rows_of(bars: Sequence[Bar], head: str, zones: Sequence[Zone], caption: str, words: Words) -> Table:
    """Return the numbers of the bars, in the order given: name, median, ratings in each zone."""
    require_zones(bars, zones)
    rows = tuple((bar.label, number(bar.median, words), *_cells(bar, len(zones), words)) for bar in bars)
    header = (head, words.median_head, *(zone.label for zone in zones))
    return Table(caption, header, rows, numeric=tuple(range(1, len(header))))


def _cells(bar: Bar, n_zones: int, words: Words) -> tuple[Cell, ...]:
    if bar.counts is None:
        return (bar.hidden or words.hidden,) * n_zones
    return bar.counts if n_zones == 3 else (bar.counts[0], bar.counts[2])
