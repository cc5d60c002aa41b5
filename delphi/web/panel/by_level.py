"""What the panel and its groups chose, level by level: tables that are charts, with bars on the columns of the numbers."""

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from delphi.charts.strips import Column, strip, tallest
from delphi.language import format_number, gettext
from delphi.services.disclosure import HIDDEN, LEVELS, NOT_ASKED, Entry
from delphi.services.protocol import Choices
from delphi.web.pictures import ZONE_NAMES, Own, finding, hidden_word


@dataclass(frozen=True)
class Cell:
    """A number of people and over how many levels it stands; `is_own` where the reader's own answer is among them."""

    count: int
    levels: int
    is_own: bool


@dataclass(frozen=True)
class Row:
    """Who (nobody in particular is everybody), what they answered in words, and the numbers; no cells where these are hidden."""

    name: str
    said: str
    strip: Markup | str = ""
    cells: tuple[Cell, ...] = ()


@dataclass(frozen=True)
class ByLevel:
    """The levels, everybody's row, and the groups' rows where there is more than one group."""

    levels: tuple[int, ...]
    panel: Row
    groups: tuple[Row, ...]


def by_level(entry: Entry, choices: Choices, own: Own) -> ByLevel | None:
    """Return what was shown of an item as rows of a table; nothing where too few people rated it for anything to be shown."""
    if entry["panel"]["shown"] == HIDDEN:
        return None
    shares = [tallest(_columns(one, choices)) for one in entry["groups"]]
    several = entry["groups"] if len(shares) > 1 else ()
    return ByLevel(
        levels=tuple(choices.scale.levels),
        panel=_row("", entry["panel"], choices, own.level, tallest(_columns(entry["panel"], choices))),
        groups=tuple(_group(one, choices, own, max(shares)) for one in several),
    )


def _group(one: Entry, choices: Choices, own: Own, share: float) -> Row:
    if one["group"] != own.group:
        return _row(one["group"], one, choices, None, share)
    return _row(gettext("%(group)s (your group)", group=one["group"]), one, choices, own.level, share)


def _row(name: str, one: Entry, choices: Choices, own: int | None, share: float) -> Row:
    if one["shown"] in (HIDDEN, NOT_ASKED):
        return Row(name, hidden_word(one))
    columns = _columns(one, choices)
    # A group's median stands beside its name.
    median = None if name else one["median"]
    quartiles = None if median is None or one["shown"] != LEVELS else (one["q1"], one["q3"])
    drawn = strip(columns, choices.scale.levels, share=share, median=median, quartiles=quartiles)
    return Row(name, _said(one, choices, name), Markup(drawn), _cells(columns, choices.scale.low, own))


def _said(one: Entry, choices: Choices, name: str) -> str:
    """Return the finding with the median, which is explained for everybody and then only named for each group."""
    said = finding(one, choices)
    if one["median"] is None:
        return said
    median = format_number(one["median"])
    if name:
        return gettext("%(finding)s, median %(median)s", finding=said, median=median)
    return gettext("%(finding)s. The middle of all answers, the median, is %(median)s.", finding=said, median=median)


def _columns(one: Entry, choices: Choices) -> tuple[Column, ...]:
    if one["shown"] in (HIDDEN, NOT_ASKED):
        return ()
    if one["shown"] == LEVELS:
        return tuple(Column(one["counts"][str(level)]) for level in choices.scale.levels)
    zones = {name: bounds for name in ZONE_NAMES if (bounds := choices.scale.zones[name])}
    return tuple(Column(one["zone_counts"][name], high - low + 1) for name, (low, high) in zones.items())


def _cells(columns: Sequence[Column], low: int, own: int | None) -> tuple[Cell, ...]:
    cells = []
    for column in columns:
        is_own = own is not None and low <= own < low + column.levels
        cells.append(Cell(column.count, column.levels, is_own))
        low += column.levels
    return tuple(cells)
