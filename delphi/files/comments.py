"""A comments file: what participants wrote about items, collected elsewhere."""

from dataclasses import dataclass
from pathlib import Path

from delphi.files.columns import records


@dataclass(frozen=True)
class CommentRow:
    """One comment as the file gives it, and the line it stands on; `readers` is empty where the file does not say."""

    line: int
    participant: str
    item: str
    text: str
    readers: str = ""


def read_comments(path: Path) -> list[CommentRow]:
    """Return the comments in a CSV or XLSX file with participant, item, comment and perhaps readers; empty ones are none."""
    rows = [
        CommentRow(
            line,
            cells["participant"].strip(),
            cells["item"].strip(),
            cells["comment"].strip(),
            cells["readers"].strip().casefold(),
        )
        for line, cells in records(path, ("participant", "item", "comment"), ("readers",))
    ]
    return [row for row in rows if row.text]
