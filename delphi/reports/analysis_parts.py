"""The tables of an analysis as people read them: figures by their names, undefined ones with the reason."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import Any

from markupsafe import Markup, escape

from delphi.charts.marks import Cell, Table
from delphi.reports.analysis_definitions import UNDEFINED, definitions, flat, label_of, reason_of, written
from delphi.reports.analysis_pictures import Entry, Levels, label_of_item

PANEL = "Panel"
VERDICT_CLASS = {"consensus in": "in", "consensus out": "out", "no consensus": "none", "not rated": "unrated"}
MOVEMENT_OVERVIEW = (
    *("n_pairs", "percent_changed", "percent_zone_changed", "mean_absolute_change", "weighted_kappa"),
    *("wilcoxon.p", "mcnemar.p", "net_change_percent", "median_change", "stable"),
)
WORDY = ("test", "verdict", "stable", "standing", "fragile", "all_lowest", "all_highest", "depends")
NAMES = ("item", "criterion", "group", "reason", "from", "to")

Reasons = Mapping[str, str]


@cache
def verdict_tag(verdict: str) -> Markup:
    """Return the verdict as a word on its tint."""
    kind = VERDICT_CLASS.get(verdict, "unrated")
    return Markup('<span class="verdict verdict-{}">{}</span>').format(kind, verdict)


def table_rows(table: Table) -> Markup:
    """Return the rows of a table as HTML: the first cell of each is its head, a verdict stands on its tint.

    A large analysis has a million cells; a template takes three times as long over them.
    """
    ends = ["th", *("td" for _ in table.header[1:])]
    kinds = [' class="n"' if index in table.numeric else "" for index in range(len(table.header))]
    heads = {"th": '<th scope="row"', "td": "<td"}
    starts = [f"{heads[end]}{kind}>" for end, kind in zip(ends, kinds, strict=True)]
    rows = (
        "".join(f"{start}{_cell(cell)}</{end}>" for start, cell, end in zip(starts, row, ends, strict=True)) for row in table.rows
    )
    # Every cell has been escaped, or is HTML of ours.
    return Markup("".join(f"<tr>{row}</tr>\n" for row in rows))


def _cell(cell: Cell) -> str:
    return verdict_tag(cell) if isinstance(cell, str) and cell in VERDICT_CLASS else escape(cell)


@cache
def definition_link(path: str) -> Markup:
    """Return the figure's name as a link to how it is computed."""
    if path not in definitions():
        return Markup("{}").format(label_of(path))
    return Markup('<a href="#def-{}">{}</a>').format(path, label_of(path))


def aligned(values: Sequence[float | None], most: int) -> list[str]:
    """Return the numbers of one column with as many decimals as the one that needs the most, so that they align.

    >>> aligned([6.0, 6.75, None], 2), aligned([6.0, 7.0], 2)
    (['6.00', '6.75', '–'], ['6', '7'])
    """
    known = [f"{value:.{most}f}".rstrip("0").partition(".")[2] for value in values if value is not None]
    decimals = max((len(part) for part in known), default=0)
    return [UNDEFINED if value is None else f"{value:.{decimals}f}".replace("-", "−") for value in values]


def overview(round_: Mapping[str, Any], anchors: Mapping[str, str], scale: Levels, caption: str) -> Table:
    """Return a line per item: verdict, how many rated, median, quartiles, share in the high zone, and whether it is fragile."""
    entries = [entry for entry in round_["items"] if entry["group"] is None]
    columns: list[tuple[str, Sequence[Cell]]] = [
        ("Item", [_item_link(entry, anchors) for entry in entries]),
        ("Verdict", [verdict_tag(entry["verdict"]) for entry in entries]),
        ("Rated", [entry["n_rated"] for entry in entries]),
        ("Unable", [entry["n_unable"] for entry in entries]),
        ("Median", aligned([entry["median"] for entry in entries], 2)),
        ("Quartiles", [written([entry["q1"], entry["q3"]], "q1") if entry["q1"] is not None else UNDEFINED for entry in entries]),
        ("IQR", aligned([entry["iqr"] for entry in entries], 2)),
        (f"Rated {scale.high}, %", aligned([(entry["percent"] or {}).get("high") for entry in entries], 1)),
        ("95 % interval", [written((entry["percent_interval"] or {}).get("high"), "percent.high") for entry in entries]),
    ]
    if any("fragility" in entry for entry in entries):
        columns.append(("Fragile or not", [_fragile(entry) for entry in entries]))
    rows = tuple(zip(*(cells for _, cells in columns), strict=True))
    return Table(caption, tuple(head for head, _ in columns), rows, numeric=(2, 3, 4, 5, 6, 7, 8))


def _item_link(entry: Entry, anchors: Mapping[str, str]) -> Markup:
    label = label_of_item(entry)
    return Markup('<a href="#{}">{}</a>').format(anchors[label], label)


def _fragile(entry: Entry) -> str:
    if entry.get("fragility") is None:
        return UNDEFINED
    changes = f"{entry['fragility']} {'rating' if entry['fragility'] == 1 else 'ratings'}"
    return f"fragile: {changes}" if entry.get("fragile") else f"not fragile: {changes}"


def shared_reasons(records: Iterable[Entry]) -> dict[str, str]:
    """Return what is undefined in all of the records for one and the same reason, so that it is said once.

    Records that nobody rated are left out, as everything in them is undefined.
    """
    counted: Counter[tuple[str, str]] = Counter()
    n_records = 0
    for record in records:
        if record.get("n_rated", 1):
            n_records += 1
            counted.update((record.get("undefined") or {}).items())
    return {path: reason for (path, reason), times in counted.items() if times == n_records}


def said_once(shared: Reasons) -> list[str]:
    """Return a sentence for each reason that holds throughout, with the figures that it is the reason of."""
    told: dict[str, list[str]] = {}
    for path, reason in shared.items():
        told.setdefault(reason, []).append(label_of(path))
    return [f"{', '.join(labels)}: {reason}" for reason, labels in told.items()]


def figures_table(records: Sequence[Entry], caption: str, shared: Reasons) -> Table:
    """Return a row per figure and a column for the panel and each group; a figure that is undefined for all is left out."""
    figures = [dict(flat(record)) for record in records]
    paths = [path for path in _in_order(figures) if path not in NAMES and _is_told(path, figures, shared)]
    rows = tuple((definition_link(path), *(written(each.get(path), path) for each in figures)) for path in paths)
    header = ("Figure", *(record.get("group") or PANEL for record in records))
    return Table(caption, header, rows, numeric=tuple(range(1, len(header))))


def _in_order(figures: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return the paths that there are, those with a definition first and in the order of the definitions."""
    there = dict.fromkeys(path for each in figures for path in each)
    return [*(path for path in definitions() if path in there), *(path for path in there if path not in definitions())]


def _is_told(path: str, figures: Sequence[Mapping[str, Any]], shared: Reasons) -> bool:
    if any(each.get(path) is not None for each in figures):
        return True
    parts = path.split(".")
    is_whole = any(known.startswith(f"{path}.") for known in definitions())
    return not is_whole and not any(".".join(parts[:length]) in shared for length in range(1, len(parts) + 1))


def why_undefined(records: Sequence[Entry], shared: Reasons) -> list[str]:
    """Return a sentence for each reason why a figure of these records is undefined, with the figures and whose they are."""
    told: dict[str, dict[str, list[str]]] = {}
    for record in records:
        for path, reason in (record.get("undefined") or {}).items():
            if shared.get(path) != reason:
                told.setdefault(reason, {}).setdefault(record.get("group") or PANEL, []).append(label_of(path))
    return [f"{_whose(by_whom)}: {reason}" for reason, by_whom in told.items()]


def _whose(by_whom: Mapping[str, Sequence[str]]) -> str:
    names = {whom: ", ".join(dict.fromkeys(labels)) for whom, labels in by_whom.items()}
    if len(set(names.values())) == 1:
        return f"{next(iter(names.values()))} ({', '.join(names)})"
    return "; ".join(f"{labels} ({whom})" for whom, labels in names.items())


def records_table(records: Sequence[Entry], caption: str, *, shared: Reasons, paths: Sequence[str] = ()) -> Table:
    """Return a row per item: its figures, and why any of them is undefined; without `paths`, all figures that there are.

    A figure that is undefined in every record is left out, and so are the reasons that they share.
    """
    figures = [dict(flat(record)) for record in records]
    shown = [
        path for path in paths or _in_order(figures) if path not in NAMES and any(each.get(path) is not None for each in figures)
    ]
    reasons = [_reasons(record, each, shown, shared) for record, each in zip(records, figures, strict=True)]
    rows = tuple(
        (label_of_item(record), *(written(each.get(path), path) for path in shown), *([why] if any(reasons) else []))
        for record, each, why in zip(records, figures, reasons, strict=True)
    )
    header = ("Item", *(definition_link(path) for path in shown), *(["Why undefined"] if any(reasons) else []))
    return Table(caption, header, rows, numeric=tuple(i for i, path in enumerate(shown, start=1) if path not in WORDY))


def _reasons(record: Entry, figures: Entry, shown: Sequence[str], shared: Reasons) -> Markup:
    told = (reason_of(record, path) for path in shown if figures.get(path) is None)
    reasons = " ".join(dict.fromkeys(reason for reason in told if reason and reason not in shared.values()))
    return Markup('<span class="why">{}</span>').format(reasons) if reasons else Markup("")
