"""A strip of bars to stand on the columns of a table, which says the numbers: for pages where many charts stand together."""

from collections.abc import Sequence
from dataclasses import dataclass

from delphi.charts.marks import Axis

# Whole units, many of them: the shortest way to write a fine drawing.
WIDTH, FULL, BASE, HEIGHT = 450, 60, 62, 74
TICK, BAND = 6, 7


@dataclass(frozen=True)
class Column:
    """How many people chose one level, or one zone of `levels` levels."""

    count: int
    levels: int = 1


def tallest(columns: Sequence[Column]) -> float:
    """Return the largest share of the ratings on one level; strips that are compared are drawn to the largest of all."""
    rated = sum(column.count for column in columns)
    return max((column.count / column.levels for column in columns), default=0.0) / max(rated, 1)


def strip(
    columns: Sequence[Column],
    levels: Sequence[int],
    *,
    share: float,
    median: float | None,
    quartiles: tuple[float, float] | None = None,
) -> str:
    """Return bars without gaps, `share` of the ratings as tall as can be, above the median's tick and the quartiles' band.

    A zone is as wide as its levels and as tall as their mean, so that equal areas are equal numbers of people. The page's style
    colours it; it is hidden from those who listen, for whom the table has the numbers and its key what band and tick stand for.
    """
    axis = Axis(tuple(levels), 0, WIDTH)
    band, tick = "", ""
    if quartiles is not None:
        start, end = (round(axis.at(figure)) for figure in quartiles)
        band = f'<path class="band" d="M{start - TICK} {BASE + 3}H{end + TICK}v{BAND}H{start - TICK}z"/>'
    if median is not None:
        tick = f"M{round(axis.at(median)) - TICK // 2} {BASE}h{TICK}V{HEIGHT}h-{TICK}z"
    return f'<svg aria-hidden="true" viewBox="0 0 {WIDTH} {HEIGHT}">{band}<path d="{_bars(columns, axis, share)}{tick}"/></svg>'


def _bars(columns: Sequence[Column], axis: Axis, share: float) -> str:
    rated = sum(column.count for column in columns)
    tops = [BASE - round(FULL * column.count / column.levels / max(rated, 1) / (share or 1)) for column in columns]
    outline, passed = f"M0 {BASE + 1}", 0
    for place, column in enumerate(columns):
        passed += column.levels
        if place == 0 or tops[place] != tops[place - 1]:
            outline += f"V{tops[place]}"
        if tops[place : place + 1] != tops[place + 1 : place + 2]:
            outline += f"H{round(axis.column * passed)}"
    return f"{outline}V{BASE + 1}z"
