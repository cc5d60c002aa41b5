"""The columns of the table of items: how each is headed, what it shows, and what the file of the table says."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from flask import g, url_for
from markupsafe import Markup

from delphi.canonical import canonical
from delphi.language import format_number
from delphi.services.disclosure import HIDDEN, NOT_ASKED, Entry
from delphi.services.rounds import SETTLED
from delphi.web.filters import figure
from delphi.web.office.lines import MOVED, STABLE, Line, Lines, share, short_text
from delphi.web.office.words import action_word, verdict_tone, verdict_word
from delphi.web.pictures import small_picture, zones_of
from delphi.web.words import gettext

ZONES = ("low", "middle", "high")
Cell = object


@dataclass(frozen=True)
class Column:
    """A column of the table. `shown` is its cell on the page, `written` what a file says of it."""

    name: str
    head: str
    shown: Callable[[Line], Cell]
    written: Callable[[Line], Cell] | None = None
    unit: str = ""
    numeric: bool = False

    @property
    def whole_head(self) -> str:
        return f"{self.head} ({self.unit})" if self.unit else self.head


def columns_of(lines: Lines) -> list[Column]:
    """Return the columns that this table has."""
    return [
        *_what_it_is(lines),
        *_figures(lines),
        *(_by_group(lines) if not lines.wanted.group else ()),
        *_movement(lines),
        *(_earlier(lines) if lines.wanted.beside else ()),
        Column(
            "decision", gettext("Decision"), _decision, lambda line: action_word(line.decision.action) if line.decision else ""
        ),
    ]


def header(lines: Lines, columns: list[Column]) -> list[dict[str, object]]:
    """Return the heads of the columns; each sorts by its column, and turns the order round once it does."""
    wanted = lines.wanted

    def address(column: Column) -> str:
        is_rising = wanted.sort == column.name and not wanted.order
        order = "descending" if is_rising or (column.numeric and wanted.sort != column.name) else None
        arguments = wanted.arguments(sort=column.name, order=order)
        return url_for(".results", slug=g.study.slug, number=lines.round.number, **arguments)  # type: ignore[arg-type]

    return [
        {
            "text": column.head,
            "unit": column.unit,
            "numeric": column.numeric,
            "sort_url": address(column),
            "sorted": (wanted.order or "ascending") if wanted.sort == column.name else None,
        }
        for column in columns
    ]


def table(lines: Lines) -> tuple[list[str], list[list[object]]]:
    """Return the table as shown, for a file: with the key and the whole words of each item, and figures that are not rounded."""
    columns = [column for column in columns_of(lines) if column.written is not None]
    head = [
        gettext("Key"),
        gettext("Section"),
        gettext("Criterion"),
        gettext("Wording"),
        *(column.whole_head for column in columns),
    ]
    rows: list[list[object]] = [
        [
            line.version.item.key,
            line.section.heading,
            _criterion(line, lines),
            line.version.label,
            *(_exact(column.written(line)) for column in columns if column.written is not None),
        ]
        for line in lines.shown
    ]
    return head, rows


def _exact(value: object) -> object:
    """Return a figure with the twelve digits that a result is frozen with, and nothing for one that there is not."""
    return "" if value is None else canonical(value) if isinstance(value, float) else value


def _what_it_is(lines: Lines) -> Iterator[Column]:
    yield Column("item", gettext("Item"), lambda line: _link(line, lines), lambda line: " ".join(line.version.text.split()))
    yield Column("verdict", gettext("Verdict"), _verdict, lambda line: verdict_word(line.verdict))
    yield Column(
        "mean", gettext("Ratings"), lambda line: _picture(line, lines), lambda line: line.figures["mean"], gettext("by mean")
    )


def _figures(lines: Lines) -> Iterator[Column]:
    yield _number("n", gettext("Rated"), lambda line: line.figures["n_rated"], gettext("people"))
    yield _number("median", gettext("Median"), lambda line: line.figures["median"])
    yield _number("iqr", gettext("IQR"), lambda line: line.figures["iqr"], gettext("levels"))
    there = [name for name in ZONES if lines.choices.scale.zones[name]]
    for name, zone in zip(there, zones_of(lines.choices), strict=True):
        yield _percent(name, zone.label.capitalize(), _share_in(name), f"% {zone.low}–{zone.high}")


def _by_group(lines: Lines) -> Iterator[Column]:
    high = zones_of(lines.choices)[-1]
    for n, group in enumerate(lines.groups):
        yield _of_group(f"group-{n}", group, f"% {high.low}–{high.high}")


def _movement(lines: Lines) -> Iterator[Column]:
    if lines.earlier_rounds:
        yield Column("moved", gettext("Moved"), _moved, _net_change, f"% {gettext('net, same people')}", numeric=True)
    if not lines.wanted.group:
        yield Column("firm", gettext("Firm"), _firm, lambda line: line.entry["fragility"], gettext("other ratings"), numeric=True)


def _earlier(lines: Lines) -> Iterator[Column]:
    before = gettext("Round %(n)s", n=lines.wanted.beside)
    yield Column("earlier-verdict", gettext("%(round)s: verdict", round=before), _earlier_verdict, _earlier_verdict_word)
    yield _number("earlier-median", gettext("%(round)s: median", round=before), _earlier_median)
    high = zones_of(lines.choices)[-1]
    of_zone = f"% {high.low}–{high.high}"
    yield _percent(
        "earlier-high",
        gettext("%(round)s: high", round=before),
        _earlier_high,
        of_zone,
    )


def _number(name: str, head: str, value: Callable[[Line], float | None], unit: str = "") -> Column:
    return Column(name, head, lambda line: figure(value(line)), value, unit, numeric=True)


def _percent(name: str, head: str, value: Callable[[Line], float | None], unit: str) -> Column:
    """Return a column of percentages without their sign, which stands in the head."""
    return Column(name, head, lambda line: _whole(value(line)), value, unit, numeric=True)


def _whole(percent: float | None) -> str | None:
    return None if percent is None else format_number(percent, 1)


def _share_in(zone: str) -> Callable[[Line], float | None]:
    return lambda line: share(line.figures, zone)


def _of_group(name: str, group: str, unit: str) -> Column:
    """Return a column of one group's percentages in the high zone, with words where it was not asked."""

    def found(line: Line) -> Entry:
        return next((one for one in line.entry["groups"] if one["group"] == group), {"shown": HIDDEN})

    def shown(line: Line) -> Cell:
        return _not_asked(found(line)) or _whole(share(found(line), "high"))

    return Column(name, group, shown, lambda line: _not_asked(found(line)) or share(found(line), "high"), unit, numeric=True)


def _not_asked(one: Entry) -> str:
    return gettext("not asked") if one["shown"] == NOT_ASKED else ""


def _link(line: Line, lines: Lines) -> Markup:
    arguments = lines.wanted.arguments()
    url = url_for(".item", slug=g.study.slug, number=lines.round.number, key=line.version.item.key, **arguments)  # type: ignore[arg-type]
    return Markup('<a href="{}">{}</a><span class="unit">{}</span>').format(
        url, short_text(line.version), _criterion(line, lines)
    )


def _criterion(line: Line, lines: Lines) -> str:
    if len(lines.choices.criteria) == 1:
        return ""
    return next(str(gettext(criterion.label)) for criterion in lines.choices.criteria if criterion.key == line.entry["criterion"])


def _verdict(line: Line) -> Markup:
    """Return the verdict, and beside a consensus of the panel that does not settle the item, why it does not."""
    if not line.why_open or line.decision or line.verdict not in SETTLED:
        return _tag(line.verdict)
    return _tag(line.verdict) + Markup(' <span class="soft small">{}</span>').format(
        gettext("Not settled: %(why)s", why=gettext(line.why_open))
    )


def _tag(verdict: str) -> Markup:
    return Markup('<strong class="tag tag-{}">{}</strong>').format(verdict_tone(verdict), verdict_word(verdict))


def _picture(line: Line, lines: Lines) -> Markup:
    drawn = small_picture({**line.entry, "panel": line.figures}, lines.choices)
    return Markup('<div class="chart-paper chart-in-row">{}</div>').format(drawn)


def _net_change(line: Line) -> float | None:
    change: float | None = line.movement["net_change_percent"] if line.movement else None
    return change


def _moved(line: Line) -> Markup | None:
    if (change := _net_change(line)) is None:
        return None
    said = {MOVED: gettext("moved"), STABLE: gettext("stable")}[line.moved]
    return Markup('{}<span class="unit">{}</span>').format(_whole(change), said)


def _firm(line: Line) -> Markup | None:
    fragility, is_fragile = line.entry["fragility"], line.entry["fragile"]
    if fragility is None and not is_fragile:
        return None
    return Markup('{}<span class="unit">{}</span>').format(
        "–" if fragility is None else fragility, gettext("fragile") if is_fragile else ""
    )


def _earlier_verdict(line: Line) -> Markup | None:
    if not line.earlier_verdict or line.earlier_version is None:
        return None
    other = "" if line.earlier_version.number == line.version.number else gettext("in other words")
    return _tag(line.earlier_verdict) + Markup('<span class="unit">{}</span>').format(other)


def _earlier_median(line: Line) -> float | None:
    median: float | None = line.earlier["median"] if line.earlier else None
    return median


def _earlier_high(line: Line) -> float | None:
    return share(line.earlier, "high") if line.earlier else None


def _earlier_verdict_word(line: Line) -> str:
    return verdict_word(line.earlier_verdict) if line.earlier_verdict else ""


def _decision(line: Line) -> str | Markup:
    if line.decision is None:
        return Markup('<span class="soft">{}</span>').format(gettext("none yet"))
    return action_word(line.decision.action)
