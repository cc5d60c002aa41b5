"""Verdicts as words on tinted paper: a map of items by rounds or rules, and a table of how firm each verdict is."""

import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from delphi.charts.marks import (
    ENGLISH,
    HIGH,
    INK,
    LOW_WORDS,
    SMALL,
    SOFT,
    Cell,
    Size,
    Table,
    Words,
    box,
    frame,
    series,
    text,
)

WIDTH, LABELS = 680.0, 240.0
COLUMN, WIDEST_COLUMN = 104.0, 150.0
TOP, ROW, FOOT, GAP = 54.0, 36.0, 4.0, 2.0
LABEL_CHARACTERS, HEAD_CHARACTERS, HEAD_LINES = 34, 13, 3
TINTS = {  # light enough for ink in all of them, apart in brightness too; neither is a colour of approval or alarm
    "consensus in": "#9cc7cf",
    "consensus out": "#eed6a4",
    "no consensus": "#f7f3ea",
    "not rated": "#ffffff",
}
EDGES = {"consensus in": HIGH, "consensus out": LOW_WORDS}
UNASKED = "–"


@dataclass(frozen=True)
class Verdicts:
    """One item's verdicts in the order of the columns, None where it was not asked; `note` is said under its name."""

    label: str
    verdicts: tuple[str | None, ...]
    note: str = ""


@dataclass(frozen=True)
class Firmness:
    """How firm one item's verdict is: under each rule, without each person, without each group, with ratings changed.

    `agreement_percent` is the percentage of the rules that come to the same verdict, `people_who_flip` how many persons would
    each change it by not having answered, `flips_to` into what; `groups_that_flip` pairs a group with the verdict without it;
    `fragility` is the least number of ratings that would have to be different.
    """

    label: str
    verdict: str
    verdicts: tuple[str | None, ...] = ()
    agreement_percent: float | None = None
    people_who_flip: int | None = None
    flips_to: tuple[str, ...] = ()
    groups_that_flip: tuple[tuple[str, str], ...] | None = None
    fragility: int | None = None
    is_fragile: bool = False


def heat_map(
    items: Sequence[Verdicts],
    columns: Sequence[str],
    *,
    title: str,
    description: str,
    name: str,
    words: Words = ENGLISH,
) -> str:
    """Return a cell per item and column with the verdict in words; the tint repeats the word and says nothing by itself."""
    _require_columns(items, columns)
    column = min(max((WIDTH - LABELS) / max(len(columns), 1), COLUMN), WIDEST_COLUMN)
    body = [*_heads(columns, column), *_tints(items, column)]
    for index, item in enumerate(items):
        body += _labels(item, TOP + index * ROW)
        for place, verdict in enumerate(item.verdicts):
            weight = 600 if verdict in EDGES else 400
            middle = LABELS + column * (place + 0.5)
            body.append(text(middle, TOP + index * ROW + ROW / 2 + 4, verdict or UNASKED, size=SMALL, weight=weight))
    size = Size(max(LABELS + column * len(columns), WIDTH), TOP + ROW * len(items) + FOOT)
    facts = {"chart": "verdicts", "items": len(items), "columns": len(columns)}
    return frame(body, name=name, title=title, description=description, size=size, facts=facts)


def _require_columns(items: Sequence[Verdicts], columns: Sequence[str]) -> None:
    if any(len(item.verdicts) != len(columns) for item in items):
        raise ValueError("there is one verdict, or none, for each column")


def _heads(columns: Sequence[str], column: float) -> Iterator[str]:
    characters = round(HEAD_CHARACTERS * column / COLUMN)
    for index, head in enumerate(columns):
        lines = textwrap.wrap(head, characters, max_lines=HEAD_LINES, placeholder=" …") or [""]
        for place, line in enumerate(reversed(lines)):
            yield text(LABELS + column * (index + 0.5), TOP - 8 - 14 * place, line, size=SMALL, weight=600)


def _tints(items: Sequence[Verdicts], column: float) -> Iterator[str]:
    boxes: dict[str, list[str]] = {verdict: [] for verdict in TINTS}
    for index, item in enumerate(items):
        for place, verdict in enumerate(item.verdicts):
            if verdict in boxes:
                x, y = LABELS + place * column + GAP, TOP + index * ROW + GAP
                boxes[verdict].append(box(x, y, column - 2 * GAP, ROW - 2 * GAP))
    for verdict, tint in TINTS.items():
        yield series(boxes[verdict], tint, verdict, outline=EDGES.get(verdict, SOFT))


def _labels(item: Verdicts, y: float) -> Iterator[str]:
    lines = textwrap.wrap(item.label, LABEL_CHARACTERS, max_lines=1 if item.note else 2, placeholder=" …") or [""]
    written = [(line, INK) for line in lines] + ([(item.note, SOFT)] if item.note else [])
    first = y + ROW / 2 + 4 - 7 * (len(written) - 1)
    for index, (line, fill) in enumerate(written):
        yield text(0, first + 14 * index, line, anchor="start", size=SMALL, fill=fill)


def table(items: Sequence[Verdicts], columns: Sequence[str], *, caption: str, words: Words = ENGLISH) -> Table:
    """Return the same verdicts as rows of words: item, one column each."""
    _require_columns(items, columns)
    rows = tuple((item.label, *(verdict or UNASKED for verdict in item.verdicts)) for item in items)
    return Table(caption, (words.item, *columns), rows)


def sensitivity_table(items: Sequence[Firmness], rules: Sequence[str], *, caption: str, words: Words = ENGLISH) -> Table:
    """Return how firm each verdict is as rows of words: item, its verdict, that of each rule, and what would change it.

    Of the columns after the rules only those are there of which something is known for at least one item.
    """
    if any(len(item.verdicts) != len(rules) for item in items):
        raise ValueError("there is one verdict, or none, for each rule")
    known = [(head, cells) for head, cells in _columns(items, words) if any(cell != UNASKED for cell in cells)]
    rows = tuple(
        (item.label, item.verdict, *(verdict or UNASKED for verdict in item.verdicts), *(cells[index] for _, cells in known))
        for index, item in enumerate(items)
    )
    header = (words.item, words.verdict, *rules, *(head for head, _ in known))
    counts = (words.agreement, words.fragility)
    numeric = tuple(index for index, (head, _) in enumerate(known, start=2 + len(rules)) if head in counts)
    return Table(caption, header, rows, numeric)


def _columns(items: Sequence[Firmness], words: Words) -> Iterator[tuple[str, list[Cell]]]:
    yield words.agreement, [_percent(item.agreement_percent, words) for item in items]
    yield words.one_person, [_without_a_person(item, words) for item in items]
    yield words.one_group, [_without_a_group(item, words) for item in items]
    yield words.fragility, [UNASKED if item.fragility is None else item.fragility for item in items]
    yield words.fragile_head, [words.fragile if item.is_fragile else words.not_fragile for item in items]


def _percent(value: float | None, words: Words) -> str:
    return UNASKED if value is None else f"{value:.1f}".replace(".", words.decimal)


def _without_a_person(item: Firmness, words: Words) -> str:
    if not item.people_who_flip:
        return UNASKED if item.people_who_flip is None else words.stays
    return words.flips.format(count=item.people_who_flip, verdicts=", ".join(item.flips_to) or UNASKED)


def _without_a_group(item: Firmness, words: Words) -> str:
    if not item.groups_that_flip:
        return UNASKED if item.groups_that_flip is None else words.stays
    return "; ".join(words.flip.format(group=group, verdict=verdict) for group, verdict in item.groups_that_flip)
