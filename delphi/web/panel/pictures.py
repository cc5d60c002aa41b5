"""What the panel said, as pictures with their tables: the figures come released, nothing is computed here."""

from typing import Any

from flask import render_template
from markupsafe import Markup

from delphi.charts.distribution import distribution, zone_bar, zone_table
from delphi.charts.distribution import table as distribution_table
from delphi.charts.groups import Group, small_multiples
from delphi.charts.groups import table as groups_table
from delphi.charts.marks import Table, Zone
from delphi.services.disclosure import HIDDEN, LEVELS, ZONES, Entry
from delphi.services.protocol import Choices
from delphi.services.ratings import UNABLE_WORD
from delphi.web.words import gettext, ngettext


def panel_feedback(entry: Entry, choices: Choices, criterion: str, own_group: str, own: str) -> Markup:
    """Return the released figures of an item under one criterion: the panel's, then the groups'."""
    own_level = int(own) if own and own != UNABLE_WORD else None
    return Markup(
        render_template(
            "panel/_feedback.html",
            entry=entry,
            criterion=criterion if len(choices.criteria) > 1 else None,
            picture=_panel_picture(entry, choices, own_level),
            groups=_groups_picture(entry, choices, own_group, own_level) if len(entry["groups"]) > 1 else None,
        )
    )


def zones_of(choices: Choices) -> list[Zone]:
    """Return the scale's zones with the words for them, from low to high."""
    words = {"low": gettext("low"), "middle": gettext("middle"), "high": gettext("high")}
    return [Zone(words[name], bounds[0], bounds[1]) for name in words if (bounds := choices.scale.zones[name])]


def zone_numbers(entry: Entry, choices: Choices) -> tuple[int, ...]:
    return tuple(entry["zone_counts"][name] for name in ("low", "middle", "high") if choices.scale.zones[name])


def in_words(entry: Entry, choices: Choices) -> str:
    """Return the finding in a sentence: 14 of 18 people chose 7 to 9."""
    low, high = choices.scale.zones["high"] or (choices.scale.high, choices.scale.high)
    n, whole = entry["zone_counts"]["high"], entry["n_rated"]
    return ngettext(
        "%(n)s of %(num)s person chose %(low)s to %(high)s",
        "%(n)s of %(num)s people chose %(low)s to %(high)s",
        whole,
        n=n,
        low=low,
        high=high,
    )


def _name(entry: Entry) -> str:
    return f"{entry['item']}-{entry['criterion']}"


def _panel_picture(entry: Entry, choices: Choices, own: int | None) -> dict[str, Any] | None:
    panel = entry["panel"]
    if panel["shown"] == HIDDEN:
        return None
    title = in_words(panel, choices)
    description = gettext("The middle of all answers, the median, is %(median)s.", median=f"{panel['median']:g}")
    if panel["shown"] == ZONES:
        zones, counts = zones_of(choices), zone_numbers(panel, choices)
        svg = zone_bar(
            counts, zones, median=panel["median"], title=title, description=description, name=f"panel-{_name(entry)}", own=own
        )
        return {"title": title, "svg": Markup(svg), "table": zone_table(counts, zones, caption=title)}
    levels = choices.scale.levels
    counts = tuple(panel["counts"][str(level)] for level in levels)
    svg = distribution(
        counts,
        levels,
        median=panel["median"],
        q1=panel["q1"],
        q3=panel["q3"],
        title=title,
        description=description,
        name=f"panel-{_name(entry)}",
        own=own,
        zones=zones_of(choices),
    )
    return {"title": title, "svg": Markup(svg), "table": distribution_table(counts, levels, caption=title)}


def _groups_picture(entry: Entry, choices: Choices, own_group: str, own: int | None) -> dict[str, Any]:
    groups = [_group(one, entry["people"][one["group"]], choices, own_group, own) for one in entry["groups"]]
    title = gettext("By group")
    svg = small_multiples(
        groups,
        choices.scale.levels,
        title=title,
        description="; ".join(_group_words(one, choices) for one in entry["groups"]),
        name=f"groups-{_name(entry)}",
        zones=zones_of(choices),
    )
    table: Table = groups_table(groups, choices.scale.levels, caption=title, zones=zones_of(choices))
    return {"title": title, "svg": Markup(svg), "table": table}


def _group(one: Entry, people: int, choices: Choices, own_group: str, own: int | None) -> Group:
    is_own = one["group"] == own_group
    name = gettext("%(group)s (your group)", group=one["group"]) if is_own else one["group"]
    mine = own if is_own else None
    if one["shown"] == HIDDEN:
        return Group(name, people, hidden=gettext("not shown, to protect few people"))
    if one["shown"] == LEVELS:
        counts = tuple(one["counts"][str(level)] for level in choices.scale.levels)
        return Group(name, people, counts=counts, median=one["median"], own=mine)
    return Group(name, people, zone_counts=zone_numbers(one, choices), median=one["median"], own=mine)


def _group_words(one: Entry, choices: Choices) -> str:
    if one["shown"] == HIDDEN:
        return gettext("%(group)s: not shown, to protect few people", group=one["group"])
    return f"{one['group']}: {in_words(one, choices)}"
