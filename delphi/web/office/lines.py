"""The items of a closed round as lines: with their figures, decision and movement, found and put in order by the address."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

from flask import g, request

from delphi.manual.html import plain_text
from delphi.manual.outline import Section
from delphi.models import Decision, ItemVersion, Round, RoundStatus
from delphi.services.decisions import decisions_of
from delphi.services.disclosure import NOT_ASKED, Entry, View, verdicts_of_groups
from delphi.services.drafts import outline_of
from delphi.services.next_step import undecided_in
from delphi.services.protocol import Choices, choices_of
from delphi.services.results import linked_view, team_view
from delphi.services.reviewing import asked_items
from delphi.services.rounds import reasons_open
from delphi.services.studies import rounds_of
from delphi.web.office.words import TOO_FEW
from delphi.web.words import gettext

VERDICTS = ("consensus in", "consensus out", "no consensus", "not rated", NOT_ASKED, TOO_FEW)
UNSETTLED, UNDECIDED, DECIDED = "unsettled", "undecided", "decided"
MOVED, STABLE, UNLINKED = "moved", "stable", "unlinked"
SHORT = 120


@dataclass(frozen=True)
class Line:
    """One item under one criterion: its figures (of the panel, or of the group that the address names) and what goes with them.

    `movement` is what changed since the round before, where that may be told; `earlier` and `earlier_version` are of the round
    that this one is laid beside, where that asked the item. `why_open` says why the panel has not settled it, "" where it
    has or where a group is looked at; `is_unsettled` that nobody has decided on it either, so that the next round would ask it.
    """

    place: int
    entry: Entry
    figures: Entry
    verdict: str
    version: ItemVersion
    section: Section
    decision: Decision | None
    movement: Entry | None
    firmness: Entry | None
    why_open: str
    is_unsettled: bool
    earlier: Entry | None = None
    earlier_verdict: str = ""
    earlier_version: ItemVersion | None = None

    @property
    def moved(self) -> str:
        """Whether the ratings of the same people have moved since the round before."""
        if self.movement is None or self.movement["stable"] is None:
            return UNLINKED
        return STABLE if self.movement["stable"] else MOVED

    def says(self, text: str) -> bool:
        """Whether the item's words, key or section hold the text."""
        words = " ".join((self.version.item.key, self.version.text, self.version.plain, self.section.heading))
        return text.casefold() in words.casefold()


@dataclass(frozen=True)
class Wanted:
    """What the address asks for, whatever it cannot mean left out."""

    show: str = ""
    section: str = ""
    kind: str = ""
    moved: str = ""
    group: str = ""
    beside: str = ""
    q: str = ""
    sort: str = ""
    order: str = ""

    def arguments(self, **changes: str | None) -> dict[str, str]:
        """Return what an address needs to ask for the same, with these changes."""
        wanted = {field.name: getattr(self, field.name) for field in fields(self)} | changes
        return {name: value for name, value in wanted.items() if value}

    @property
    def narrows(self) -> bool:
        """Whether some items may be left out."""
        return any((self.show, self.section, self.kind, self.moved, self.q))


@dataclass(frozen=True)
class Lines:
    """The lines of a round: all of them in the manual's order, and those that are wanted in the order that is."""

    round: Round
    choices: Choices
    view: View
    groups: tuple[str, ...]
    sections: tuple[Section, ...]
    earlier_rounds: tuple[Round, ...]
    wanted: Wanted
    everything: tuple[Line, ...]
    shown: tuple[Line, ...] = ()

    @property
    def n_undecided(self) -> int:
        return len({line.version.item.key for line in self.everything if line.decision is None})

    @property
    def n_unsettled(self) -> int:
        return len({line.version.item.key for line in self.everything if line.is_unsettled})

    @property
    def n_shown(self) -> int:
        """How many items are shown: an item has a line for each criterion."""
        return len({line.version.item.key for line in self.shown})


SORTS: dict[str, Callable[[Line], Any]] = {
    "item": lambda line: line.place,
    "verdict": lambda line: VERDICTS.index(line.verdict),
    "mean": lambda line: line.figures["mean"],
    "n": lambda line: line.figures["n_rated"],
    "median": lambda line: line.figures["median"],
    "iqr": lambda line: line.figures["iqr"],
    "low": lambda line: share(line.figures, "low"),
    "middle": lambda line: share(line.figures, "middle"),
    "high": lambda line: share(line.figures, "high"),
    "moved": lambda line: line.movement and line.movement["net_change_percent"],
    "firm": lambda line: line.entry["fragility"],
    "decision": lambda line: line.decision.action if line.decision else None,
    "earlier-verdict": lambda line: VERDICTS.index(line.earlier_verdict) if line.earlier_verdict else None,
    "earlier-median": lambda line: line.earlier["median"] if line.earlier else None,
    "earlier-high": lambda line: share(line.earlier, "high") if line.earlier else None,
}


def lines_of(round_: Round) -> Lines:
    """Return the lines of a closed round as the address of this request wants them."""
    view, versions = team_view(g.session, round_), asked_items(g.session, round_)
    outline = outline_of(g.session, round_.draft)
    sections = tuple(dict.fromkeys(outline.section_of(version.item.key) for version in versions))
    groups = tuple(group["group"] for group in view["items"][0]["groups"]) if view["items"] else ()
    earlier = tuple(
        other for other in rounds_of(g.session, g.study) if other.number < round_.number and other.status != RoundStatus.OPEN
    )
    wanted = _wanted(groups, sections, earlier)
    homes = {version.item.key: outline.section_of(version.item.key) for version in versions}
    lines = _lines(round_, view, {version.item.key: version for version in versions}, homes, wanted.group)
    if wanted.beside:
        lines = _beside(lines, next(other for other in earlier if str(other.number) == wanted.beside), wanted.group)
    found = Lines(round_, choices_of(round_.protocol), view, groups, sections, earlier, wanted, tuple(lines))
    shown = [line for line in found.everything if _is_wanted(line, wanted)]
    return replace(found, shown=tuple(_sorted(shown, wanted, groups)))


def asked_for() -> dict[str, Any]:
    """Return what of this request's address tells which lines are wanted, to ask for the same again."""
    return {field.name: value for field in fields(Wanted) if (value := request.args.get(field.name))}


def share(figures: Entry, zone: str) -> float | None:
    """Return the percentage of a zone, where it may be told."""
    percent: float | None = (figures.get("percent") or {}).get(zone)
    return percent


def short_text(version: ItemVersion) -> str:
    """Return an item's words on one line, cut where they are long; of a whole section, its heading."""
    lines = plain_text(version.text).splitlines()
    if version.item.is_section:
        return gettext("The section “%(heading)s” as a whole", heading=lines[0])
    words = " ".join(" ".join(lines).split())
    return words if len(words) <= SHORT else words[: SHORT - 1].rsplit(" ", 1)[0] + " …"


def _wanted(groups: Sequence[str], sections: Sequence[Section], earlier: Sequence[Round]) -> Wanted:
    """Return what the address asks for; whatever the table does not know shows it as it is."""
    known: dict[str, Sequence[str]] = {
        "show": (*VERDICTS, UNSETTLED, UNDECIDED, DECIDED),
        "section": [section.key for section in sections],
        "kind": ("core", "flexible"),
        "moved": (MOVED, STABLE, UNLINKED),
        "group": groups,
        "beside": [str(other.number) for other in earlier],
        "sort": [*SORTS, *(f"group-{n}" for n in range(len(groups)))],
    }
    chosen = {name: value for name, values in known.items() if (value := request.args.get(name, "")) in values}
    order = request.args.get("order", "")
    return Wanted(**chosen, q=request.args.get("q", "").strip(), order=order if order == "descending" else "")


def _lines(
    round_: Round, view: View, versions: Mapping[str, ItemVersion], homes: Mapping[str, Section], group: str
) -> list[Line]:
    decisions, linked = decisions_of(g.session, round_), linked_view(g.session, round_)
    reasons, unsettled = reasons_open(g.session, round_), undecided_in(g.session, round_)
    return [
        Line(
            place=place,
            entry=entry,
            figures=_figures(entry, group),
            verdict=_verdict(entry, group, round_),
            version=versions[entry["item"]],
            section=homes[entry["item"]],
            decision=decisions.get(entry["item"]),
            movement=linked["movement"].get((entry["item"], entry["criterion"]), {}).get(group or None),
            firmness=linked["sensitivity"].get((entry["item"], entry["criterion"])),
            why_open="" if group else reasons.get((entry["item"], entry["criterion"]), ""),
            is_unsettled=entry["item"] in unsettled,
        )
        for place, entry in enumerate(view["items"])
    ]


def _beside(lines: Sequence[Line], earlier: Round, group: str) -> list[Line]:
    """Return the lines with what an earlier round said of the same items, whatever they were worded like in it."""
    versions = {version.item.key: version for version in asked_items(g.session, earlier)}
    entries = {(entry["item"], entry["criterion"]): entry for entry in team_view(g.session, earlier)["items"]}
    return [
        replace(
            line,
            earlier=_figures(entry, group),
            earlier_verdict=_verdict(entry, group, earlier),
            earlier_version=versions[line.entry["item"]],
        )
        if (entry := entries.get((line.entry["item"], line.entry["criterion"]))) and _has(entry, group)
        else line
        for line in lines
    ]


def _has(entry: Entry, group: str) -> bool:
    return not group or any(one["group"] == group for one in entry["groups"])


def _figures(entry: Entry, group: str) -> Entry:
    figures: Entry = next((one for one in entry["groups"] if one["group"] == group), entry["panel"]) if group else entry["panel"]
    return figures


def _verdict(entry: Entry, group: str, round_: Round) -> str:
    if not group:
        return str(entry["verdict"])
    return verdicts_of_groups(entry, choices_of(round_.protocol).policy)[group] or TOO_FEW


def _is_wanted(line: Line, wanted: Wanted) -> bool:
    shown = {UNSETTLED: line.is_unsettled, UNDECIDED: line.decision is None, DECIDED: line.decision is not None, "": True}
    return (
        shown.get(wanted.show, line.verdict == wanted.show)
        and wanted.section in ("", line.section.key)
        and wanted.kind in ("", line.version.kind)
        and wanted.moved in ("", line.moved)
        and line.says(wanted.q)
    )


def _sorted(lines: list[Line], wanted: Wanted, groups: Sequence[str]) -> list[Line]:
    """Return the lines by one of their figures; what has none comes last either way."""
    if not wanted.sort:
        return lines
    of_group = {f"group-{n}": _share_of(group) for n, group in enumerate(groups)}
    value = (SORTS | of_group)[wanted.sort]
    known = [line for line in lines if value(line) is not None]
    unknown = [line for line in lines if value(line) is None]
    return sorted(known, key=value, reverse=wanted.order == "descending") + unknown


def _share_of(group: str) -> Callable[[Line], float | None]:
    return lambda line: share(_figures(line.entry, group), "high")
