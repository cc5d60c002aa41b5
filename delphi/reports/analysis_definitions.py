"""What every figure of an analysis is called, how it is written, and how it is computed, for those who read the results."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from delphi.resources import resource_dir

UNDEFINED = "–"
DECIMALS = {"level": 2, "percent": 1, "spread": 2, "coefficient": 3, "p": 3}
LEAST_P = 0.001
NO_FIGURES = ("undefined", "counts", "zone_table")


@dataclass(frozen=True)
class Definition:
    """One figure: its name for people, how its values are written, and how it is computed."""

    label: str
    kind: str
    text: str


def label_of(path: str) -> str:
    """Return the figure's name; one without a definition goes by its path.

    >>> label_of("ram.ipras"), label_of("new_figure.part")
    ('IPRAS', 'New figure, part')
    """
    known = definitions().get(path)
    words = path.replace("_", " ").replace(".", ", ")
    return known.label if known else words[:1].upper() + words[1:]


def written(value: Any, path: str = "") -> str:
    """Return a value as a reader expects it: decimals by kind, intervals as "a to b", nothing as a dash.

    >>> written(85.41666, "percent.high"), written([6.0, 7.0], "median_interval"), written(0.0004, "p"), written(None)
    ('85.4', '6 to 7', '< 0.001', '–')
    """
    kind = known.kind if (known := definitions().get(path)) else ""
    if value is None:
        return UNDEFINED
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list | tuple):
        return _listed(value, kind)
    if isinstance(value, int | float):
        return _number(value, kind)
    return str(value)


def _listed(values: list[Any] | tuple[Any, ...], kind: str) -> str:
    parts = [
        UNDEFINED if value is None else _number(value, kind) if isinstance(value, int | float) else str(value) for value in values
    ]
    return " to ".join(parts) if len(parts) == 2 and kind != "levels" else ", ".join(parts) or UNDEFINED


def _number(value: float, kind: str) -> str:
    if kind == "p" and 0 <= value < LEAST_P:
        return "< 0.001"
    rounded = f"{value:.{DECIMALS.get(kind, 3)}f}"
    if kind not in ("coefficient", "p", "percent"):
        rounded = rounded.rstrip("0").rstrip(".")
    return rounded.replace("-", "−") if float(rounded) else rounded.replace("-", "")


def flat(record: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Yield every figure of a record with its path; reasons, counts and tables are no figures.

    >>> list(flat({"n": 3, "ram": {"ipr": 1.5, "ipras": None}}))
    [('n', 3), ('ram.ipr', 1.5), ('ram.ipras', None)]
    """
    for key, value in record.items():
        if key in NO_FIGURES:
            continue
        if isinstance(value, Mapping):
            yield from flat(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", value


def reason_of(record: Mapping[str, Any], path: str) -> str:
    """Return why the figure at that path is undefined: its own reason, or that of what it is a part of."""
    reasons = record.get("undefined") or {}
    parts = path.split(".")
    paths = (".".join(parts[:length]) for length in range(len(parts), 0, -1))
    return next((str(reasons[each]) for each in paths if each in reasons), "")


@cache
def definitions() -> Mapping[str, Definition]:
    """Return all definitions by the path of their figure, in the order in which people read them."""
    lines = (resource_dir("templates") / "reports" / "definitions.txt").read_text("utf-8").splitlines()
    fields = (line.split(" | ") for line in lines if line and not line.startswith("#"))
    return {path: Definition(label, kind, text) for path, label, kind, text in fields}
