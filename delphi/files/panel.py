"""A panel file: one person a line, with name, e-mail address and stakeholder group."""

from dataclasses import dataclass
from pathlib import Path

from delphi.files.columns import records

MOST_PEOPLE = 100_000


@dataclass(frozen=True)
class PanelRow:
    """One person as the file names them, and the line they stand on."""

    line: int
    name: str
    email: str
    group: str


def read_panel(path: Path) -> list[PanelRow]:
    """Return everybody in a CSV or XLSX file with the columns name, email and group, in any order."""
    return [
        PanelRow(line, " ".join(cells["name"].split()), cells["email"].strip(), " ".join(cells["group"].split()))
        for line, cells in records(path, ("name", "email", "group"), most=MOST_PEOPLE)
    ]
