"""An analysis as a table: CSV for a spreadsheet, aligned text for a terminal."""

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from delphi.canonical import canonical

_NAMES = ("round", "item", "criterion", "group")
_PLAIN = ("n_rated", "n_unable", "n_missing", "median", "q1", "q3", "iqr", "mean", "sd", "cv", "mad", "aad_median")
_SHAPE = ("van_der_eijk_a", "polarisation", "leik_consensus", "tastle_wierman", "entropy", "bimodality_coefficient")
_VALIDITY = ("i_cvi", "modified_kappa", "cvr")
_INTERVALS = ("median_interval", "bootstrap_median", "bootstrap_percent_high", "percent_interval_low", "percent_interval_high")
_ZONES = ("low", "middle", "high")
_RAM = ("ipr", "ipras", "disagreement_index", "disagreement", "agreement_classic", "disagreement_classic", "appropriateness")
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
_ITEM_WIDTH = 44
_HEADINGS = ("rated", "unable", "missing", "median", "q1", "q3", "low %", "mid %", "high %")


def as_csv(analysis: Mapping[str, Any]) -> str:
    """Return one line per round, item, criterion and group; an empty cell is undefined, or the whole panel for `group`."""
    levels = _levels(analysis)
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\r\n")
    counts = [f"count_{level}" for level in levels]
    percents = [f"percent_{zone}" for zone in _ZONES]
    ram = [f"ram_{name}" for name in _RAM]
    intervals = [f"{name}_{end}" for name in _INTERVALS for end in ("from", "to")]
    figures = [*_PLAIN, "mode", "minimum", "maximum", *percents, *counts, *ram, *_SHAPE, *_VALIDITY, *intervals]
    writer.writerow([*_NAMES, *figures, "verdict", "reason", "fragility", "fragile"])
    for round_, entry in _entries(analysis):
        writer.writerow([_cell(value) for value in _csv_values(round_, entry, levels)])
    return text.getvalue()


def as_text(analysis: Mapping[str, Any], rule_sentence: str) -> str:
    """Return a table a round for reading in a terminal, with the reason of every verdict on the whole panel."""
    settings = analysis["settings"]
    lines = [
        f"Rule {settings['rule']['name']}: {rule_sentence}",
        f"Percentages are of the {settings['denominator']}; quartiles are Hyndman and Fan's type {settings['quantile_type']}.",
        "Fragile: one other rating, or one person fewer, would give another verdict.",
    ]
    for round_ in analysis["rounds"]:
        groups = ", ".join(f"{name} {n}" for name, n in round_["groups"].items())
        lines += ["", f"Round {round_['round']}: {round_['participants']} participants" + (f" ({groups})" if groups else "")]
        lines += ["", _line("", _HEADINGS, "verdict")]
        for entry in round_["items"]:
            lines += _text_lines(entry)
    return "\n".join(lines) + "\n"


def _csv_values(round_: int, entry: Mapping[str, Any], levels: Sequence[str]) -> Iterator[Any]:
    yield from (round_, entry["item"], entry["criterion"], entry["group"])
    yield from (entry[name] for name in _PLAIN)
    yield " ".join(map(str, entry["mode"] or []))
    yield from entry["range"] or (None, None)
    yield from ((entry["percent"] or {}).get(zone) for zone in _ZONES)
    yield from (entry["counts"][level] for level in levels)
    yield from ((entry["ram"] or {}).get(name) for name in _RAM)
    yield from (entry[name] for name in (*_SHAPE, *_VALIDITY))
    for name in _INTERVALS:
        yield from _interval(entry, name) or (None, None)
    yield from (entry["verdict"], entry["reason"], entry["fragility"], entry.get("fragile"))


def _interval(entry: Mapping[str, Any], name: str) -> Sequence[float] | None:
    """Return the interval of that name, which may lie within another figure: `bootstrap_median` is the bootstrap's `median`."""
    for outer in ("bootstrap", "percent_interval"):
        if name.startswith(f"{outer}_"):
            within: Mapping[str, Sequence[float]] = entry[outer] or {}
            return within.get(name.removeprefix(f"{outer}_"))
    interval: Sequence[float] | None = entry[name]
    return interval


def _text_lines(entry: Mapping[str, Any]) -> Iterator[str]:
    percents = [(entry["percent"] or {}).get(zone) for zone in _ZONES]
    numbers = [entry[name] for name in ("n_rated", "n_unable", "n_missing", "median", "q1", "q3")]
    cells = [*(_short(number, "g") for number in numbers), *(_short(percent, ".1f") for percent in percents)]
    criterion = f" · {entry['criterion']}" if entry["criterion"] else ""
    is_panel = entry["group"] is None
    verdict = f"{entry['verdict']}, fragile" if entry.get("fragile") else entry["verdict"]
    yield _line(_fitted(f"{entry['item']}{criterion}" if is_panel else f"  {entry['group']}"), cells, verdict)
    if is_panel:
        yield f"  {entry['reason']}"


def _line(name: str, cells: Sequence[str], verdict: str) -> str:
    return f"{name:<{_ITEM_WIDTH}} {' '.join(f'{cell:>7}' for cell in cells)}  {verdict}"


def _fitted(name: str) -> str:
    return name if len(name) <= _ITEM_WIDTH else f"{name[: _ITEM_WIDTH - 1]}…"


def _short(number: float | None, form: str) -> str:
    return "–" if number is None else f"{number:{form}}"


def _cell(value: Any) -> Any:
    """Return a value as a spreadsheet should take it: text is never a formula, a number has twelve digits."""
    if isinstance(value, str):
        return f"'{value}" if value.startswith(_FORMULA_STARTS) else value
    return "" if value is None else canonical(value)


def _entries(analysis: Mapping[str, Any]) -> Iterator[tuple[int, Mapping[str, Any]]]:
    for round_ in analysis["rounds"]:
        for entry in round_["items"]:
            yield round_["round"], entry


def _levels(analysis: Mapping[str, Any]) -> list[str]:
    scale = analysis["settings"]["scale"]
    return [str(level) for level in range(scale["low"], scale["high"] + 1)]
