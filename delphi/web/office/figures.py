"""The team's figures as charts, with their tables: drawn from the frozen result, nothing is computed here."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from flask_babel import gettext, ngettext
from markupsafe import Markup

from delphi.charts.distribution import SIZE, distribution
from delphi.charts.distribution import table as distribution_table
from delphi.charts.groups import Group, small_multiples
from delphi.charts.groups import table as groups_table
from delphi.charts.marks import Size, Table, Zone
from delphi.services.disclosure import Entry
from delphi.services.protocol import Choices

SMALL = Size(200, 112)
ZONES = ("low", "middle", "high")


@dataclass(frozen=True)
class Picture:
    """A chart, the sentence it shows, and its numbers."""

    title: str
    svg: Markup
    table: Table


def zones_of(choices: Choices) -> list[Zone]:
    """Return the scale's zones with the words for them, from low to high."""
    words = {"low": gettext("low"), "middle": gettext("middle"), "high": gettext("high")}
    return [Zone(words[name], bounds[0], bounds[1]) for name in ZONES if (bounds := choices.scale.zones[name])]


def panel_picture(entry: Entry, choices: Choices, name: str) -> Picture:
    """Return how the whole panel rated an item."""
    title = finding(entry["panel"], choices)
    counts = _counts(entry["panel"], choices)
    svg = _distribution(entry["panel"], choices, name, title=title)
    return Picture(title, svg, distribution_table(counts, choices.scale.levels, caption=title))


def small_picture(entry: Entry, choices: Choices, name: str) -> Markup:
    """Return the same, small enough for a line of a table."""
    return _distribution(entry["panel"], choices, name, title=finding(entry["panel"], choices), size=SMALL)


def groups_picture(entry: Entry, choices: Choices, name: str) -> Picture | None:
    """Return how each group rated an item, on one axis; nothing where there is one group only."""
    if len(entry["groups"]) < 2:
        return None
    groups = [_group(one, choices) for one in entry["groups"]]
    zones = zones_of(choices)
    title = gettext("By group")
    description = "; ".join(f"{one['group']}: {finding(one, choices)}" for one in entry["groups"])
    svg = small_multiples(groups, choices.scale.levels, title=title, description=description, name=name, zones=zones)
    return Picture(title, Markup(svg), groups_table(groups, choices.scale.levels, caption=title, zones=zones))


def finding(figures: Entry, choices: Choices) -> str:
    """Return the finding in a sentence: 14 of 18 people chose 7 to 9."""
    low, high = choices.scale.zones["high"] or (choices.scale.high, choices.scale.high)
    if not figures["n_rated"]:
        return str(gettext("Nobody rated it"))
    said: str = ngettext(
        "%(n)s of %(num)s person chose %(low)s to %(high)s",
        "%(n)s of %(num)s people chose %(low)s to %(high)s",
        figures["n_rated"],
        n=figures["zone_counts"]["high"],
        low=low,
        high=high,
    )
    return said


def _distribution(figures: Entry, choices: Choices, name: str, *, title: str, size: Size = SIZE) -> Markup:
    median = figures["median"]
    return Markup(
        distribution(
            _counts(figures, choices),
            choices.scale.levels,
            median=median,
            q1=figures["q1"],
            q3=figures["q3"],
            title=title,
            description="" if median is None else gettext("The median is %(median)s.", median=f"{median:g}"),
            name=name,
            zones=zones_of(choices),
            size=size,
        )
    )


def _counts(figures: Entry, choices: Choices) -> Sequence[int]:
    return [figures["counts"][str(level)] for level in choices.scale.levels]


def _group(one: dict[str, Any], choices: Choices) -> Group:
    counts = tuple(one["counts"][str(level)] for level in choices.scale.levels)
    return Group(one["group"], people=one["n_rated"], counts=counts, median=one["median"])
