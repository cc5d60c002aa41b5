"""What the panel and its groups chose, level by level: tables that are charts, with bars on the columns of the numbers."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil

from markupsafe import Markup

from delphi.charts.strips import Column, strip, tallest
from delphi.language import format_number, gettext
from delphi.reports.chart_words import chart_words
from delphi.services.disclosure import HIDDEN, LEVELS, NOT_ASKED, Entry
from delphi.services.protocol import Choices
from delphi.web.pictures import ZONE_NAMES, Own, finding, hidden_word

STEPS = "abcdefghijklmnopqrst"  # of a bar up to the tallest: a class each in the style sheets, short as there are 36 to a card


@dataclass(frozen=True)
class Cell:
    """A number of people and over how many levels it stands; `is_own` where the reader's own answer is among them.

    `bar` says how tall a group's bar is, in steps of the tallest of all groups; everybody's bars are drawn as one strip.
    """

    count: int
    levels: int
    is_own: bool
    bar: str = ""


@dataclass(frozen=True)
class Row:
    """Whose answers, and the numbers; no cells where these are hidden. A group has its name and what it answered in words."""

    cells: tuple[Cell, ...] = ()
    name: str = ""
    said: str = ""
    strip: Markup | str = ""


@dataclass(frozen=True)
class ByLevel:
    """The levels, everybody's row, and the groups' rows where there is more than one group; what was found, in a sentence.

    `middle` and `middle_half` say what the tick and the band under everybody's bars stand for, "" where there is none.
    """

    levels: tuple[int, ...]
    finding: str
    panel: Row
    middle: str
    middle_half: str
    groups: tuple[Row, ...]


def by_level(entry: Entry, choices: Choices, own: Own) -> ByLevel | None:
    """Return what was shown of an item as rows of a table; nothing where too few people rated it for anything to be shown."""
    if entry["panel"]["shown"] == HIDDEN:
        return None
    shares = [tallest(_columns(one, choices)) for one in entry["groups"]]
    several = entry["groups"] if len(shares) > 1 else ()
    return ByLevel(
        levels=tuple(choices.scale.levels),
        finding=finding(entry["panel"], choices),
        panel=_panel(entry["panel"], choices, own.level),
        middle=_middle(entry["panel"]),
        middle_half=_middle_half(entry["panel"]),
        groups=tuple(_group(one, choices, own, max(shares)) for one in several),
    )


def _panel(one: Entry, choices: Choices, own: int | None) -> Row:
    columns = _columns(one, choices)
    quartiles = (one["q1"], one["q3"]) if _has_quartiles(one) else None
    drawn = strip(columns, choices.scale.levels, share=tallest(columns), median=one["median"], quartiles=quartiles)
    return Row(_cells(columns, choices.scale.low, own, 0.0), strip=Markup(drawn))


def _group(one: Entry, choices: Choices, own: Own, share: float) -> Row:
    is_own = one["group"] == own.group
    name = gettext("%(group)s (your group)", group=one["group"]) if is_own else one["group"]
    if one["shown"] in (HIDDEN, NOT_ASKED):
        return Row(name=name, said=hidden_word(one))
    cells = _cells(_columns(one, choices), choices.scale.low, own.level if is_own else None, share)
    return Row(cells, name, _said(one, choices))


def _said(one: Entry, choices: Choices) -> str:
    """Return what a group said: the finding, with its median."""
    said = finding(one, choices)
    if one["median"] is None:
        return said
    return gettext("%(finding)s, median %(median)s", finding=said, median=format_number(one["median"]))


def _middle(one: Entry) -> str:
    return "" if one["median"] is None else chart_words().middle.format(value=format_number(one["median"]))


def _middle_half(one: Entry) -> str:
    if not _has_quartiles(one):
        return ""
    return chart_words().middle_half.format(low=format_number(one["q1"]), high=format_number(one["q3"]))


def _has_quartiles(one: Entry) -> bool:
    return one["shown"] == LEVELS and one["median"] is not None


def _columns(one: Entry, choices: Choices) -> tuple[Column, ...]:
    if one["shown"] in (HIDDEN, NOT_ASKED):
        return ()
    if one["shown"] == LEVELS:
        return tuple(Column(one["counts"][str(level)]) for level in choices.scale.levels)
    zones = {name: bounds for name in ZONE_NAMES if (bounds := choices.scale.zones[name])}
    return tuple(Column(one["zone_counts"][name], high - low + 1) for name, (low, high) in zones.items())


def _cells(columns: Sequence[Column], low: int, own: int | None, share: float) -> tuple[Cell, ...]:
    """Return the numbers with bars that are `share` of the ratings as tall as can be; without a share there are none."""
    cells, most = [], share * sum(column.count for column in columns)
    for column in columns:
        is_own = own is not None and low <= own < low + column.levels
        height = ceil(len(STEPS) * column.count / column.levels / most) if most else 0
        cells.append(Cell(column.count, column.levels, is_own, STEPS[min(height, len(STEPS)) - 1] if height else ""))
        low += column.levels
    return tuple(cells)
