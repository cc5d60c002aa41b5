"""The results of a closed round: every item in one table that sorts and filters."""

from collections.abc import Mapping
from typing import Any

from flask import g, render_template, request, url_for
from markupsafe import Markup

from delphi.language import format_number
from delphi.manual.html import plain_text
from delphi.models import Decision, ItemVersion, Round
from delphi.services.decisions import decisions_of, require_closed
from delphi.services.disclosure import Entry
from delphi.services.protocol import Choices, choices_of
from delphi.services.researchers import SEE_RESULTS
from delphi.services.results import result_of, team_view
from delphi.services.reviewing import asked_items
from delphi.services.round_changes import pulled_from
from delphi.services.studies import find_round
from delphi.web.access import require_role
from delphi.web.filters import figure
from delphi.web.office import office
from delphi.web.office.words import action_word, status_word, verdict_tone, verdict_word
from delphi.web.pictures import small_picture, zones_of
from delphi.web.words import gettext

VERDICTS = ("consensus in", "consensus out", "no consensus", "not rated")
UNDECIDED = "undecided"
SHORT = 120
# What the table sorts by: the name in the address, and where the value lies in an item's figures.
SORTS = {
    "n": lambda entry: entry["panel"]["n_rated"],
    "median": lambda entry: entry["panel"]["median"],
    "iqr": lambda entry: entry["panel"]["iqr"],
    "low": lambda entry: _share(entry, "low"),
    "middle": lambda entry: _share(entry, "middle"),
    "high": lambda entry: _share(entry, "high"),
    "verdict": lambda entry: VERDICTS.index(entry["verdict"]),
}


@office.get("/studies/<slug>/rounds/<int:number>/results")
def results(slug: str, number: int) -> str:
    require_role(SEE_RESULTS)
    round_ = find_round(g.session, g.study, number)
    require_closed(round_)
    view, choices = team_view(g.session, round_), choices_of(round_.protocol)
    versions = {version.item.key: version for version in asked_items(g.session, round_)}
    decisions = decisions_of(g.session, round_)
    show, sort, order = _wanted()
    entries = _sorted([entry for entry in view["items"] if _is_shown(entry, show, decisions)], sort, order)
    return render_template(
        "office/results.html",
        round=round_,
        state=status_word(round_),
        view=view,
        choices=choices,
        result=result_of(g.session, round_),
        header=_header(round_, choices, _groups(view["items"]), (show, sort, order)),
        rows=[_row(round_, entry, choices, versions[entry["item"]], decisions) for entry in entries],
        show=show,
        shows=_shows(view["items"], decisions),
        sort=sort,
        order=order,
        pulled=pulled_from(g.session, round_),
        short_text=short_text,
        n_undecided=sum(1 for key in versions if key not in decisions),
    )


def _groups(entries: list[Entry]) -> list[str]:
    """Return the groups in the order in which every item lists their figures."""
    return [group["group"] for group in entries[0]["groups"]] if entries else []


def _wanted() -> tuple[str, str, str]:
    """Return what the address asks for; whatever the table does not know shows it as it is."""
    show, sort, order = (request.args.get(name, "") for name in ("show", "sort", "order"))
    return (
        show if show in (*VERDICTS, UNDECIDED) else "",
        sort if sort in SORTS else "",
        "descending" if order == "descending" else "ascending",
    )


def _is_shown(entry: Entry, show: str, decisions: Mapping[str, Decision]) -> bool:
    if show == UNDECIDED:
        return entry["item"] not in decisions
    return not show or entry["verdict"] == show


def _sorted(entries: list[Entry], sort: str, order: str) -> list[Entry]:
    """Return the entries by one of their figures; what has none comes last either way."""
    if not sort:
        return entries
    value = SORTS[sort]
    known = [entry for entry in entries if value(entry) is not None]
    unknown = [entry for entry in entries if value(entry) is None]
    return sorted(known, key=value, reverse=order == "descending") + unknown


def _share(entry: Entry, zone: str) -> float | None:
    share: float | None = (entry["panel"]["percent"] or {}).get(zone)
    return share


def _shows(entries: list[Entry], decisions: Mapping[str, Decision]) -> list[tuple[str, str, int]]:
    counted = [(verdict, verdict_word(verdict), sum(entry["verdict"] == verdict for entry in entries)) for verdict in VERDICTS]
    n_undecided = sum(entry["item"] not in decisions for entry in entries)
    everything = ("", gettext("All items"), len(entries))
    return [everything, *(one for one in counted if one[2]), (UNDECIDED, gettext("Without a decision"), n_undecided)]


def _header(round_: Round, choices: Choices, groups: list[str], wanted: tuple[str, str, str]) -> list[Any]:
    def sortable(name: str, text: str, unit: str = "", **more: object) -> dict[str, object]:
        show, sort, order = wanted
        turned = "ascending" if sort == name and order == "descending" else "descending"
        url = url_for(".results", slug=g.study.slug, number=round_.number, show=show or None, sort=name, order=turned)
        return {"text": text, "unit": unit, "sort_url": url, "sorted": order if sort == name else None, **more}

    shares = [
        sortable(name, zone.label.capitalize(), f"% {zone.low}–{zone.high}", numeric=True)
        for name, zone in zip(
            [name for name in ("low", "middle", "high") if choices.scale.zones[name]], zones_of(choices), strict=True
        )
    ]
    high = zones_of(choices)[-1]
    return [
        gettext("Item"),
        sortable("verdict", gettext("Verdict")),
        gettext("Ratings"),
        sortable("n", gettext("Rated"), gettext("people"), numeric=True),
        sortable("median", gettext("Median"), numeric=True),
        sortable("iqr", gettext("IQR"), gettext("levels"), numeric=True),
        *shares,
        *({"text": name, "unit": f"% {high.low}–{high.high}", "numeric": True} for name in groups),
        gettext("Decision"),
    ]


def _row(round_: Round, entry: Entry, choices: Choices, version: ItemVersion, decisions: Mapping[str, Decision]) -> list[object]:
    key, panel = entry["item"], entry["panel"]
    decision = decisions.get(key)
    shares = [_whole(_share(entry, name)) for name in ("low", "middle", "high") if choices.scale.zones[name]]
    return [
        _link(round_, version, _criterion(entry, choices)),
        _verdict(entry),
        Markup('<div class="chart-paper chart-in-row">{}</div>').format(small_picture(entry, choices)),
        panel["n_rated"],
        figure(panel["median"]),
        figure(panel["iqr"]),
        *shares,
        *(_whole((group["percent"] or {}).get("high")) for group in entry["groups"]),
        action_word(decision.action) if decision else Markup('<span class="soft">{}</span>').format(gettext("none yet")),
    ]


def _verdict(entry: Entry) -> Markup:
    tag = Markup('<strong class="tag tag-{}">{}</strong>').format(verdict_tone(entry["verdict"]), verdict_word(entry["verdict"]))
    return tag + Markup('<span class="unit">{}</span>').format(gettext("fragile")) if entry["fragile"] else tag


def _whole(percent: float | None) -> str | None:
    """Return a percentage without its sign, which stands in the head of the column."""
    return None if percent is None else format_number(percent, 1)


def _criterion(entry: Entry, choices: Choices) -> str:
    if len(choices.criteria) == 1:
        return ""
    return next(str(gettext(criterion.label)) for criterion in choices.criteria if criterion.key == entry["criterion"])


def _link(round_: Round, version: ItemVersion, criterion: str) -> Markup:
    url = url_for(".item", slug=g.study.slug, number=round_.number, key=version.item.key)
    return Markup('<a href="{}">{}</a><span class="unit">{}</span>').format(url, short_text(version), criterion)


def short_text(version: ItemVersion) -> str:
    """Return an item's words on one line, cut where they are long; of a whole section, its heading."""
    lines = plain_text(version.text).splitlines()
    if version.item.is_section:
        return gettext("The section “%(heading)s” as a whole", heading=lines[0])
    words = " ".join(" ".join(lines).split())
    return words if len(words) <= SHORT else words[: SHORT - 1].rsplit(" ", 1)[0] + " …"
