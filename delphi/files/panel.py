"""A panel file: one person a line, with name, e-mail address and stakeholder group, and whatever else the file says of them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from delphi.files.columns import whole_records

MOST_PEOPLE = 100_000


@dataclass(frozen=True)
class PanelRow:
    """One person as the file names them, and the line they stand on; `further` are the cells of other columns, by header."""

    line: int
    name: str
    email: str
    group: str
    further: Mapping[str, str] = field(default_factory=dict)


def read_panel(path: Path) -> list[PanelRow]:
    """Return everybody in a CSV or XLSX file with the columns name, email and group, in any order, and further ones.

    A longer header does for one of them if no other has its word: "Stakeholder group".
    """
    return [
        PanelRow(
            line,
            " ".join(cells["name"].split()),
            cells["email"].strip(),
            " ".join(cells["group"].split()),
            {header: " ".join(cell.split()) for header, cell in further.items()},
        )
        for line, cells, further in whole_records(path, ("name", "email", "group"), most=MOST_PEOPLE, by_word=True)
    ]
