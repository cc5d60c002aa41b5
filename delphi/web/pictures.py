"""Released or frozen figures as charts with their tables: nothing is computed here."""

from dataclasses import dataclass

from markupsafe import Markup

from delphi.charts.distribution import SIZE, distribution, zone_bar, zone_table
from delphi.charts.distribution import table as distribution_table
from delphi.charts.groups import Group, small_multiples
from delphi.charts.groups import table as groups_table
from delphi.charts.marks import Size, Table, Zone
from delphi.language import decimal
from delphi.reports.chart_words import chart_words, zone_word
from delphi.services.disclosure import HIDDEN, LEVELS, NOT_ASKED, ZONES, Entry
from delphi.services.protocol import Choices
from delphi.web.words import gettext, ngettext

SMALL = Size(200, 112)
ZONE_NAMES = ("low", "middle", "high")


@dataclass(frozen=True)
class Picture:
    """A chart, the sentence it shows, and its numbers."""

    title: str
    svg: Markup
    table: Table


@dataclass(frozen=True)
class Own:
    """The reader of a picture: their group, and their own level where it is to be marked."""

    group: str
    level: int | None = None


NOBODY = Own("")


def zones_of(choices: Choices) -> list[Zone]:
    """Return the scale's zones with the words for them, from low to high."""
    return [Zone(zone_word(name), bounds[0], bounds[1]) for name in ZONE_NAMES if (bounds := choices.scale.zones[name])]


def finding(figures: Entry, choices: Choices) -> str:
    """Return the finding in a sentence: 14 of 18 people chose 7 to 9."""
    low, high = choices.scale.zones["high"] or (choices.scale.high, choices.scale.high)
    if not figures["n_rated"]:
        return gettext("Nobody rated it")
    return ngettext(
        "%(n)s of %(num)s person chose %(low)s to %(high)s",
        "%(n)s of %(num)s people chose %(low)s to %(high)s",
        figures["n_rated"],
        n=figures["zone_counts"]["high"],
        low=low,
        high=high,
    )


def hidden_word(one: Entry) -> str:
    """Return why there are no figures of a group."""
    return gettext("not asked about it") if one["shown"] == NOT_ASKED else gettext("not shown, to protect few people")


def panel_picture(entry: Entry, choices: Choices, own: Own = NOBODY) -> Picture | None:
    """Return how the whole panel rated an item: level by level, in zones for few people, or nothing for fewer."""
    panel = entry["panel"]
    if panel["shown"] == HIDDEN:
        return None
    title = finding(panel, choices)
    if panel["shown"] == ZONES:
        zones, counts = zones_of(choices), _zone_counts(panel, choices)
        svg = zone_bar(
            counts,
            zones,
            median=panel["median"],
            title=title,
            description=_median_words(panel),
            name=_name("panel", entry),
            words=chart_words(),
            own=own.level,
        )
        return Picture(title, Markup(svg), zone_table(counts, zones, caption=title, words=chart_words()))
    levels = distribution_table(_level_counts(panel, choices), choices.scale.levels, caption=title, words=chart_words())
    return Picture(title, _distribution(entry, choices, title, own), levels)


def small_picture(entry: Entry, choices: Choices) -> Markup:
    """Return the panel's distribution small enough for a line of a table."""
    return _distribution(entry, choices, finding(entry["panel"], choices), NOBODY, SMALL)


def groups_picture(entry: Entry, choices: Choices, own: Own = NOBODY) -> Picture | None:
    """Return how each group rated an item, on one axis; nothing where there is one group only.

    The entry's `people` are the head counts of the groups.
    """
    if len(entry["groups"]) < 2:
        return None
    groups = [_group(one, entry["people"][one["group"]], choices, own) for one in entry["groups"]]
    zones, title = zones_of(choices), gettext("By group")
    description = "; ".join(_group_words(one, choices) for one in entry["groups"])
    svg = small_multiples(
        groups,
        choices.scale.levels,
        title=title,
        description=description,
        name=_name("groups", entry),
        zones=zones,
        words=chart_words(),
    )
    return Picture(
        title, Markup(svg), groups_table(groups, choices.scale.levels, caption=title, zones=zones, words=chart_words())
    )


def _distribution(entry: Entry, choices: Choices, title: str, own: Own, size: Size = SIZE) -> Markup:
    panel = entry["panel"]
    return Markup(
        distribution(
            _level_counts(panel, choices),
            choices.scale.levels,
            median=panel["median"],
            q1=panel["q1"],
            q3=panel["q3"],
            title=title,
            description=_median_words(panel),
            name=_name("panel", entry),
            words=chart_words(),
            own=own.level,
            zones=zones_of(choices),
            size=size,
        )
    )


def _group(one: Entry, people: int, choices: Choices, own: Own) -> Group:
    is_own = one["group"] == own.group
    name = gettext("%(group)s (your group)", group=one["group"]) if is_own else one["group"]
    level = own.level if is_own else None
    if one["shown"] in (HIDDEN, NOT_ASKED):
        return Group(name, people, hidden=hidden_word(one))
    if one["shown"] == LEVELS:
        return Group(name, people, counts=_level_counts(one, choices), median=one["median"], own=level)
    return Group(name, people, zone_counts=_zone_counts(one, choices), median=one["median"], own=level)


def _group_words(one: Entry, choices: Choices) -> str:
    said = hidden_word(one) if one["shown"] in (HIDDEN, NOT_ASKED) else finding(one, choices)
    return f"{one['group']}: {said}"


def _median_words(figures: Entry) -> str:
    median = figures["median"]
    return (
        "" if median is None else gettext("The middle of all answers, the median, is %(median)s.", median=decimal(f"{median:g}"))
    )


def _level_counts(figures: Entry, choices: Choices) -> tuple[int, ...]:
    return tuple(figures["counts"][str(level)] for level in choices.scale.levels)


def _zone_counts(figures: Entry, choices: Choices) -> tuple[int, ...]:
    return tuple(figures["zone_counts"][name] for name in ZONE_NAMES if choices.scale.zones[name])


def _name(what: str, entry: Entry) -> str:
    return f"{what}-{entry['item']}-{entry['criterion']}"
