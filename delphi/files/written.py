"""CSV files that are written for people: no cell of them is a formula to a spreadsheet."""

import csv
import io
from collections.abc import Iterable, Sequence


def inert(text: str) -> str:
    """Return the text so that no spreadsheet takes it for a formula."""
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t", "\r")) else text


def csv_text(header: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Return a table as CSV, each cell as a text that stands for itself, or a number; heads may be people's words too."""
    written = io.StringIO()
    writer = csv.writer(written, lineterminator="\n")
    writer.writerows([cell if isinstance(cell, int | float) else inert(str(cell)) for cell in row] for row in (header, *rows))
    return written.getvalue()
