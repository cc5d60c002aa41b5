"""A codebook file: codes by name, with their definitions."""

from dataclasses import dataclass
from pathlib import Path

from delphi.files.columns import records
from delphi.files.written import inert

MOST_ROWS = 200


@dataclass(frozen=True)
class CodeRow:
    """One code as the file gives it, and the line it stands on."""

    line: int
    name: str
    definition: str


def read_codes(path: Path) -> list[CodeRow]:
    """Return the codes in a CSV or XLSX file with name and perhaps definition; rows without a name are none."""
    rows = (
        CodeRow(line, _meant(cells["name"]), _meant(cells["definition"]))
        for line, cells in records(path, ("name",), ("definition",), most=MOST_ROWS)
    )
    return [row for row in rows if row.name]


def _meant(cell: str) -> str:
    """Return the text without the mark that keeps a spreadsheet from taking it for a formula."""
    text = cell.strip()
    return text[1:] if text.startswith("'") and inert(text[1:]) == text else text
