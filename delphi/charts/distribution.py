"""One item's ratings: bars over the levels where enough people rated, three zones where they are few."""

from collections.abc import Iterator, Sequence

from delphi.charts.marks import (
    BAND,
    ENGLISH,
    HIGH,
    INK,
    LOW,
    MIDDLE,
    PANEL,
    RULE,
    SMALL,
    SOFT,
    Axis,
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
    small,
    text,
)

SIZE = Size(320, 208)
ZONE_SIZE = Size(320, 104)
MARGIN = 7.0  # nine levels then have whole coordinates, which are the shortest
BELOW_AXIS = 60.0  # level numbers, quartile band with the median tick, the median's label
KEY = 18.0  # a line below that says what the band is, where there is room for its words
ZONE_COLOURS = (LOW, MIDDLE, HIGH)


def distribution(
    counts: Sequence[int],
    levels: Sequence[int],
    *,
    median: float | None,
    q1: float | None,
    q3: float | None,
    title: str,
    description: str,
    name: str,
    own: int | None = None,
    zones: Sequence[Zone] = (),
    size: Size = SIZE,
    words: Words = ENGLISH,
) -> str:
    """Return bars over the levels, the median as a tick, the quartiles as a band, one's own rating as a triangle.

    `counts` has one entry per level. `title` says the finding, `description` the numbers in a sentence.
    """
    require_levels(levels, counts)
    axis = Axis(tuple(levels), MARGIN, size.width - MARGIN)
    has_key = size.width >= SIZE.width
    base = size.height - BELOW_AXIS - (KEY if has_key else 0)
    top = 38.0 if own is not None else 18.0
    body = [*_zone_rules(axis, zones, top, base), *_bars(axis, counts, top, base)]
    if median is not None:
        body += _summary(axis, base + 26, (median, q1, q3), words)
    if has_key and q1 is not None and q3 is not None:
        body += _key(base + BELOW_AXIS, (q1, q3), words)
    if own is not None:
        body.append(own_mark(axis.at(own), 24, words))
    figures = {"median": median, "q1": q1, "q3": q3, "own": own}
    facts = {"chart": "distribution", "levels": listed(levels), "counts": listed(counts), **figures}
    return frame(body, name=name, title=title, description=description, size=size, facts=facts)


def _zone_rules(axis: Axis, zones: Sequence[Zone], top: float, base: float) -> Iterator[str]:
    edges = [
        f"M{coordinate(axis.at(zone.low) - axis.column / 2)} {coordinate(top - 8)}V{coordinate(base + 16)}" for zone in zones[1:]
    ]
    if edges:
        yield f'<path d="{"".join(edges)}" stroke="{RULE}" stroke-dasharray="2 3"/>'


def _bars(axis: Axis, counts: Sequence[int], top: float, base: float) -> Iterator[str]:
    per_rating = (base - top - 2) / max(max(counts), 1)
    width = round(axis.column * 0.7)
    bars, above, below = [], [], []
    for level, count in zip(axis.levels, counts, strict=True):
        x, height = axis.at(level), round(count * per_rating, 1)
        if count:
            bars.append(box(x - width / 2, base - height, width, height))
            above.append(text(x, round(base - height - 4), count))
        below.append(text(x, base + 15, number(level)))
    yield from (series(bars, PANEL, "panel"), small(above), *below)
    yield line(axis.left, base, axis.right, base, stroke=INK)


def _summary(axis: Axis, y: float, figures: tuple[float, float | None, float | None], words: Words) -> Iterator[str]:
    median, q1, q3 = figures
    if q1 is not None and q3 is not None:
        start, end = axis.at(q1), axis.at(q3)
        yield series([box(start - 3, y, end - start + 6, 7)], BAND, "quartiles")
    x = axis.at(median)
    yield line(x, y - 4, x, y + 11, stroke=INK, width=3)
    label = words.median.format(value=number(median, words))
    half = len(label) * 4.1  # half of a bold character in a wide face
    yield text(min(max(x, axis.left + half), axis.right - half), y + 26, label, weight=600)


def _key(y: float, quartiles: tuple[float, float], words: Words) -> Iterator[str]:
    low, high = (number(figure, words) for figure in quartiles)
    yield series([box(MARGIN, y, 14, 7)], BAND, "key")
    yield text(MARGIN + 20, y + 8, words.middle_half.format(low=low, high=high), anchor="start", size=SMALL, fill=SOFT)


def table(counts: Sequence[int], levels: Sequence[int], *, caption: str, words: Words = ENGLISH) -> Table:
    """Return the same numbers as rows: level, ratings."""
    require_levels(levels, counts)
    rows = tuple((level, count) for level, count in zip(levels, counts, strict=True))
    return Table(caption, (words.level, words.ratings), rows, numeric=(0, 1))


def zone_bar(
    counts: Sequence[int],
    zones: Sequence[Zone],
    *,
    median: float | None,
    title: str,
    description: str,
    name: str,
    own: int | None = None,
    size: Size = ZONE_SIZE,
    words: Words = ENGLISH,
) -> str:
    """Return one bar in zones with "5 of 7" under each, for five to nine people: single levels would point at persons.

    `counts` has one entry per zone, `own` is one's own level; its zone is marked.
    """
    if len(counts) != len(zones) or not zones or min(counts) < 0:
        raise ValueError("there is one count, zero or more, for each zone")
    top = 28.0 if own is not None else 4.0
    column = (size.width - 2 * MARGIN) / len(zones)
    body = [*_zone_segments(counts, size.width, top), *_zone_labels(counts, zones, column, top + 38, words)]
    if median is not None:
        body.append(text(size.width / 2, top + 72, words.median.format(value=number(median, words)), weight=600))
    for index, zone in enumerate(zones):
        if own is not None and zone.low <= own <= zone.high:
            body.append(own_mark(_middle(counts, index, column, size.width), top - 3, words))
    facts = {"chart": "zones", "counts": listed(counts), "median": median, "own": own}
    return frame(body, name=name, title=title, description=description, size=size, facts=facts)


def _zone_segments(counts: Sequence[int], width: float, top: float) -> Iterator[str]:
    x, per_rating = MARGIN, (width - 2 * MARGIN) / max(sum(counts), 1)
    for index, count in enumerate(counts):
        segment = [box(x, top, count * per_rating, 20)] if count else []
        yield series(segment, _zone_colour(index, len(counts)), f"zone-{index}", outline=INK)
        x += count * per_rating
    if not sum(counts):
        yield line(MARGIN, top + 20, width - MARGIN, top + 20, stroke=RULE)


def _zone_colour(index: int, zones: int) -> str:
    return ZONE_COLOURS[index] if zones == len(ZONE_COLOURS) else (LOW, HIGH)[index % 2]


def _middle(counts: Sequence[int], index: int, column: float, width: float) -> float:
    if not counts[index]:
        return MARGIN + column * (index + 0.5)
    per_rating = (width - 2 * MARGIN) / sum(counts)
    return MARGIN + per_rating * (sum(counts[:index]) + counts[index] / 2)


def _zone_labels(counts: Sequence[int], zones: Sequence[Zone], column: float, y: float, words: Words) -> Iterator[str]:
    anchors = ("start", *("middle" for _ in zones[2:]), "end") if len(zones) > 1 else ("start",)
    for index, (zone, count, anchor) in enumerate(zip(zones, counts, anchors, strict=True)):
        x = MARGIN + column * (index + {"start": 0.0, "middle": 0.5, "end": 1.0}[anchor])
        yield text(x, y, words.share.format(part=count, whole=sum(counts)), anchor=anchor, weight=600)
        yield text(x, y + 15, zone.label, anchor=anchor, size=SMALL, fill=SOFT)


def zone_table(counts: Sequence[int], zones: Sequence[Zone], *, caption: str, words: Words = ENGLISH) -> Table:
    """Return the same numbers as rows: zone with its levels, ratings."""
    labels = (f"{zone.label} ({number(zone.low)}–{number(zone.high)})" for zone in zones)
    rows = tuple(zip(labels, counts, strict=True))
    return Table(caption, (words.zone, words.ratings), rows, numeric=(1,))
