"""An analysis as a spreadsheet: one sheet for each kind of figure, text as text, numbers as numbers."""

import io
import re
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from delphi.canonical import canonical

EARLIEST = (1980, 1, 1, 0, 0, 0)  # that a ZIP file can state
WIDTHS = {"item": 44.0, "reason": 60.0, "undefined": 60.0, "text": 100.0}
EMPTY = {
    "items": "No item was rated.",
    "panel": "There are no figures of the panel as a whole.",
    "group differences": "There are no groups to compare.",
    "stability": "Stability needs two rounds or more.",
    "conformity": "Movement toward the median needs two rounds or more.",
    "attrition": "Attrition needs two rounds or more.",
    "worst case": "The worst case needs two rounds or more.",
    "standings": "No item was rated.",
    "sensitivity": "The verdicts were not tried under other rules.",
}

_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_SAVED_AT = re.compile(rb"(<dcterms:(?:created|modified)[^>]*>)[^<]*")
_ERRORS = ("#NULL!", "#DIV/0!", "#VALUE!", "#REF!", "#NAME?", "#NUM!", "#N/A")

Record = Mapping[str, Any]


def as_workbook(analysis: Record) -> bytes:
    """Return the analysis (contract "delphi-analysis/1") as an XLSX file; the same analysis gives the same bytes.

    An empty cell is undefined (the column `undefined` says why), or the whole panel for `group`. Text is never a formula.
    """
    import openpyxl  # type: ignore[import-untyped]

    book = openpyxl.Workbook(write_only=True)
    for name, records in _sheets(analysis).items():
        _write(book.create_sheet(name), [_flat(record) for record in records] or [{"text": EMPTY[name]}])
    content = io.BytesIO()
    book.save(content)
    return _undated(content.getvalue())


def _sheets(analysis: Record) -> dict[str, Iterable[Record]]:
    rounds = analysis["rounds"]
    return {
        "items": ({"round": each["round"], **entry} for each in rounds for entry in each["items"]),
        "panel": (record for each in rounds for record in _panels(each)),
        "group differences": (
            {"round": each["round"], **record} for each in rounds for record in each.get("group_differences") or ()
        ),
        "stability": _steps(analysis.get("stability") or ()),
        "conformity": _steps(analysis.get("conformity") or ()),
        "attrition": analysis.get("attrition") or (),
        "worst case": _steps(analysis.get("worst_case") or ()),
        "standings": analysis.get("standings") or (),
        "sensitivity": (analysis.get("sensitivity") or {}).get("items") or (),
        "settings": _settings(analysis),
    }


def _steps(steps: Iterable[Record]) -> Iterator[Record]:
    for step in steps:
        yield from ({"from": step["from"], "to": step["to"], **record} for record in step["items"])


def _panels(round_: Record) -> Iterator[Record]:
    if round_.get("panel"):
        yield {"round": round_["round"], "group": None, **round_["panel"]}
    for panel in round_.get("group_panels") or ():
        yield {"round": round_["round"], **panel}


def _settings(analysis: Record) -> Iterator[Record]:
    stated = {"schema": analysis["schema"], "software": analysis["software"], **analysis["settings"]}
    rule = stated.pop("rule", None) or {}
    for name, value in _flat(stated).items():
        yield {"setting": name, "value": value}
    for name, value in rule.items():
        yield {"setting": f"rule.{name}", "value": value if isinstance(value, str) else str(canonical(value))}
    for name, value in (analysis.get("stopping") or {}).items():
        yield {"setting": f"stopping.{name}", "value": value}
    for each in analysis["rounds"]:
        yield {"setting": f"round {each['round']}.participants", "value": each["participants"]}
        for group, n in each["groups"].items():
            yield {"setting": f"round {each['round']}.group.{group}", "value": n}


def _flat(record: Record, prefix: str = "") -> dict[str, Any]:
    """Return the record with one name per cell: what is nested takes its path, an interval two cells, a list one.

    >>> _flat({"ram": {"ipr": 1.5}, "median_interval": [6.0, 7.0], "mode": [6, 7], "undefined": {"cv": "No ratio."}})
    {'ram.ipr': 1.5, 'median_interval.lower': 6.0, 'median_interval.upper': 7.0, 'mode': '6 7', 'undefined': 'cv: No ratio.'}
    """
    cells: dict[str, Any] = {}
    for key, value in record.items():
        name = f"{prefix}{key}"
        if key == "undefined":
            cells[name] = " ".join(f"{path}: {reason}" for path, reason in (value or {}).items()) or None
        elif isinstance(value, Mapping):
            cells |= _flat(value, f"{name}.")
        elif isinstance(value, list | tuple):
            cells |= _listed(name, value)
        else:
            cells[name] = value
    return cells


def _listed(name: str, values: Sequence[Any]) -> dict[str, Any]:
    if "mode" not in name and len(values) == 2 and not any(isinstance(value, str) for value in values):
        return {f"{name}.lower": values[0], f"{name}.upper": values[1]}
    return {name: " ".join(str(canonical(value)) for value in values) or None}


def _write(sheet: Any, records: Sequence[Record]) -> None:
    import openpyxl

    header = _header(records)
    letters = [openpyxl.utils.get_column_letter(index) for index in range(1, len(header) + 1)]
    for letter, name in zip(letters, header, strict=True):
        sheet.column_dimensions[letter].width = WIDTHS.get(name, max(10.0, len(name) + 2.0))
    sheet.freeze_panes = "B2"
    sheet.auto_filter.ref = f"A1:{letters[-1]}{len(records) + 1}"
    sheet.append([_string(sheet, name, openpyxl.styles.Font(bold=True)) for name in header])
    for record in records:
        sheet.append([_cell(sheet, record.get(name)) for name in header])


def _header(records: Sequence[Record]) -> list[str]:
    """Return the names of all cells in the order in which they first come; why something is undefined stands last."""
    names = dict.fromkeys(name for record in records for name in record)
    wholes = {name.rpartition(".")[0] for name in names}
    # What is undefined as a whole, an interval say, has its cells from the records that have it.
    empty = {name for name in wholes if all(record.get(name) is None for record in records)}
    return sorted((name for name in names if name not in empty), key=lambda name: name == "undefined")


def _cell(sheet: Any, value: Any) -> Any:
    """Return a value as a cell takes it; text that a spreadsheet would take for a formula or an error is marked as text."""
    if not isinstance(value, str):
        return canonical(value)
    text = _NOT_XML.sub("", value)
    return _string(sheet, text) if text.startswith("=") or text in _ERRORS else text


def _string(sheet: Any, text: str, font: Any = None) -> Any:
    import openpyxl

    cell = openpyxl.cell.WriteOnlyCell(sheet, value=text)
    cell.data_type = "s"
    if font is not None:
        cell.font = font
    return cell


def _undated(content: bytes) -> bytes:
    """Return the same XLSX file without the time at which it was made."""
    undated = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as made, zipfile.ZipFile(undated, "w", zipfile.ZIP_DEFLATED) as file:
        for part in sorted(made.namelist()):
            body = made.read(part)
            if part == "docProps/core.xml":
                body = _SAVED_AT.sub(rb"\g<1>1980-01-01T00:00:00Z", body)
            file.writestr(zipfile.ZipInfo(part, EARLIEST), body, zipfile.ZIP_DEFLATED)
    return undated.getvalue()
