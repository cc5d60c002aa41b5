"""How the panel moved: each item's median from round to round as a slope, named at its end."""

import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from delphi.charts.marks import (
    ENGLISH,
    FAINT,
    INK,
    PANEL,
    SMALL,
    SOFT,
    Size,
    Table,
    Words,
    coordinate,
    frame,
    line,
    listed,
    number,
    safe,
    text,
)

WIDTH, LEFT, LABELS = 680.0, 34.0, 310.0
TOP, FOOT, LABEL_HEIGHT, LEAST_HEIGHT = 34.0, 14.0, 16.0, 240.0
LEAST_CHARACTERS, LABEL_CHARACTERS, HEAVIER = 12, 41, 5  # the medians are beside them; a heavier face is wider


@dataclass(frozen=True)
class Slope:
    """One item's medians, one per round in order; none where it was not asked, not rated or may not be shown."""

    label: str
    medians: tuple[float | None, ...]

    @property
    def last(self) -> float | None:
        return next((median for median in reversed(self.medians) if median is not None), None)

    @property
    def has_moved(self) -> bool:
        return len({median for median in self.medians if median is not None}) > 1


def slopes(
    items: Sequence[Slope],
    rounds: Sequence[str],
    levels: Sequence[int],
    *,
    title: str,
    description: str,
    name: str,
    words: Words = ENGLISH,
) -> str:
    """Return a line per item over the rounds, the scale's levels upward; items that moved are dark, the others light."""
    if len(rounds) < 2 or any(len(item.medians) != len(rounds) for item in items):
        raise ValueError("movement needs two rounds or more, and one median per round for each item")
    drawn = sorted((item for item in items if item.last is not None), key=lambda item: -(item.last or 0.0))
    height = max(LEAST_HEIGHT, TOP + FOOT + LABEL_HEIGHT * len(drawn))
    plot = _Plot(len(rounds), levels[0], levels[-1], height)
    body = [*_axes(plot, rounds, levels)]
    body += [_slope(item, plot) for item in sorted(drawn, key=lambda item: item.has_moved)]
    body += _labels(drawn, plot, words)
    facts = {"chart": "movement", "rounds": len(rounds), "items": len(drawn)}
    return frame(body, name=name, title=title, description=description, size=Size(WIDTH, height), facts=facts)


@dataclass(frozen=True)
class _Plot:
    rounds: int
    lowest: int
    highest: int
    height: float

    def x(self, round_index: int) -> float:
        return LEFT + 14 + (WIDTH - LABELS - LEFT - 14) * round_index / (self.rounds - 1)

    def y(self, value: float) -> float:
        span = max(self.highest - self.lowest, 1)
        return self.height - FOOT - (self.height - TOP - FOOT - 10) * (value - self.lowest) / span


def _axes(plot: _Plot, rounds: Sequence[str], levels: Sequence[int]) -> Iterator[str]:
    for level in levels:
        yield text(LEFT - 12, plot.y(level) + 4, number(level), anchor="end", size=SMALL, fill=SOFT)
        yield line(LEFT - 6, plot.y(level), plot.x(plot.rounds - 1), plot.y(level), stroke=FAINT)
    for index, label in enumerate(rounds):
        yield text(plot.x(index), 14, label, weight=600, size=SMALL)
        yield line(plot.x(index), TOP - 12, plot.x(index), plot.height - FOOT)


def _slope(item: Slope, plot: _Plot) -> str:
    points = [(plot.x(index), plot.y(median)) for index, median in enumerate(item.medians) if median is not None]
    path = "L".join(f"{coordinate(x)} {coordinate(y)}" for x, y in points)
    dots = "".join(f"M{coordinate(x - 3)} {coordinate(y)}a3 3 0 1 0 6 0a3 3 0 1 0 -6 0z" for x, y in points)
    colour, width = (PANEL, "2") if item.has_moved else ("#8d8475", "1.25")
    return (
        f'<path data-series="slope" data-label="{safe(item.label)}" data-medians="{listed(item.medians)}" fill="none"'
        f' stroke="{colour}" stroke-width="{width}" d="M{path}"/><path fill="{colour}" d="{dots}"/>'
    )


def _labels(drawn: Sequence[Slope], plot: _Plot, words: Words) -> Iterator[str]:
    """Labels keep their order and their distance; a thin line leads each back to its slope."""
    wanted = [plot.y(item.last or 0.0) for item in drawn]
    for item, y in zip(drawn, _apart(wanted, TOP, plot.height - FOOT), strict=True):
        end = max(index for index, median in enumerate(item.medians) if median is not None)
        dashes = "" if end == plot.rounds - 1 else "1 4"  # not asked to the end: a leader that could not be taken for a slope
        yield line(plot.x(end) + 4, plot.y(item.last or 0.0), WIDTH - LABELS + 14, y, width=0.75, dashes=dashes)
        fill, weight = (INK, 600) if item.has_moved else (SOFT, 400)
        path = " → ".join(number(median, words) for median in item.medians) if item.has_moved else number(item.last, words)
        room = LABEL_CHARACTERS - len(path) - (HEAVIER if item.has_moved else 0)
        name = textwrap.shorten(item.label, max(room, LEAST_CHARACTERS), placeholder=" …")
        yield text(WIDTH - LABELS + 18, y + 4, f"{path} · {name}", anchor="start", size=SMALL, weight=weight, fill=fill)


def _apart(wanted: Sequence[float], top: float, bottom: float) -> list[float]:
    """Return the positions moved as little as needed so that neighbours stand a label's height apart, within the plot.

    >>> _apart([50, 50, 120], 0, 200)
    [50, 66.0, 120]
    """
    placed: list[float] = []
    for y in wanted:
        placed.append(max(y, placed[-1] + LABEL_HEIGHT) if placed else max(y, top))
    limit = bottom
    for index in range(len(placed) - 1, -1, -1):
        placed[index] = min(placed[index], limit)
        limit = placed[index] - LABEL_HEIGHT
    return placed


def table(items: Sequence[Slope], rounds: Sequence[str], *, caption: str, words: Words = ENGLISH) -> Table:
    """Return the same numbers as rows: item, its median in each round."""
    rows = tuple((item.label, *(number(median, words) for median in item.medians)) for item in items)
    return Table(caption, (words.item, *rounds), rows, numeric=tuple(range(1, 1 + len(rounds))))
