"""A file of what one person wrote into a pack, or said on the telephone."""

from dataclasses import dataclass
from pathlib import Path

from delphi.files.columns import records


@dataclass(frozen=True)
class PackRow:
    """What the file has of an item, and the line it stands on: a rating, a comment and who may read it, other words for it."""

    line: int
    item: str
    criterion: str = ""
    rating: str = ""
    comment: str = ""
    readers: str = ""
    wording: str = ""


def read_pack(path: Path) -> list[PackRow]:
    """Return the rows of a CSV or XLSX file with item, and perhaps criterion, rating, comment, readers and wording."""
    optional = ("criterion", "rating", "comment", "readers", "wording")
    return [
        PackRow(line, **{name: cell.strip() for name, cell in (cells | {"readers": cells["readers"].casefold()}).items()})
        for line, cells in records(path, ("item",), optional)
    ]
