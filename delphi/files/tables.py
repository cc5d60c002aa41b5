"""Tables out of CSV and XLSX files: the header and the rows as text, with the line each stands on."""

import codecs
import csv
import io
import re
import warnings
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from delphi.errors import FileError, Message, Problem
from delphi.files.archives import UnreadableArchiveError, opened_archive
from delphi.files.plain_csv import CsvBytes
from delphi.language import marked

MOST_BYTES = 512 * 2**20
MOST_XLSX_BYTES = 256 * 2**20  # unpacked: a spreadsheet of two megabytes can hold gigabytes
MOST_XLSX_PARTS = 2_000
_DELIMITERS = (",", ";", "\t")
# How a spreadsheet begins that is locked with a password, and one of before 2007.
_OLD_OR_LOCKED = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_MACROS = "vbaproject.bin"
_CHUNK = 2**20
HEADING = marked("This file cannot be read.")
_MERGED = re.compile(rb"<(?:\w+:)?mergeCell\s[^>]*?\bref=[\"']([A-Z]+[0-9]+:[A-Z]+[0-9]+)[\"']")


@dataclass(frozen=True)
class Table:
    """A header and, lazily, the lines under it, each with the number of the line it begins on; they can be walked once.

    A CSV file has them as bytes too, which may be taken column by column instead.
    """

    name: str
    columns: tuple[str, ...]
    lines: Iterator[tuple[int, Sequence[str]]]
    header_line: int = 1
    csv_bytes: CsvBytes | None = None

    @property
    def rows(self) -> Iterator[tuple[int, Sequence[str]]]:
        """The lines, every one refused that is not as wide as the header."""
        for line, cells in self.lines:
            if problem := self.misfit(line, cells):
                raise FileError(HEADING, [problem])
            yield line, cells

    def misfit(self, line: int, cells: Sequence[str]) -> Problem | None:
        """Return what is wrong with a line that is not as wide as the header."""
        if len(cells) == len(self.columns):
            return None
        message = Message(
            "the line has {n} cells, the header has {wanted}; check delimiters and quotes.",
            n=len(cells),
            wanted=len(self.columns),
        )
        return Problem(message, self.name, line)


def refuse(name: str, message: Message | str, line: int | None = None) -> FileError:
    """Return the refusal of a file for one reason."""
    return FileError(HEADING, [Problem(message, name, line)])


def read_table(path: Path, key_column: str) -> Table:
    """Return the table in a CSV (UTF-8; comma, semicolon or tab) or XLSX file (its first sheet).

    The delimiter is the one under which the header has the key column. Bytes decide what a file is, not its name. What cannot be
    read is refused; blank lines are passed over. The rows can be walked once, and doing so may refuse too.
    """
    try:
        size = path.stat().st_size
        if not path.is_file():
            raise refuse(str(path), Message("it is not a file."))
        if size > MOST_BYTES:
            raise refuse(
                path.name,
                Message("the file has {size} bytes; at most {most} are read. Split it by round.", size=size, most=MOST_BYTES),
            )
        content = path.read_bytes()
    except OSError as error:
        raise refuse(str(path), f"{(error.strerror or 'it cannot be opened').lower()}.") from error
    if content.startswith(b"PK\x03\x04"):
        return _table(path.name, _xlsx_rows(path.name, content))
    _require_text(path.name, content)
    delimiter = _delimiter(content, key_column)
    return _table(path.name, _csv_rows(path.name, content, delimiter), CsvBytes(content, delimiter))


def has_column(columns: Sequence[str], name: str) -> bool:
    """Return whether a column has that name; capitals and space around it do not matter."""
    return any(column.strip().casefold() == name for column in columns)


def _table(name: str, rows: Iterator[tuple[int, list[str]]], csv_bytes: CsvBytes | None = None) -> Table:
    header = next(rows, None)
    if header is None:
        raise refuse(name, Message("the file is empty; its first line has to name the columns."))
    line, columns = header
    return Table(name, tuple(columns), rows, line, csv_bytes)


def _delimiter(content: bytes, key_column: str) -> str:
    for delimiter in _DELIMITERS:
        with suppress(csv.Error, StopIteration):
            if has_column(next(csv.reader(_text(content), delimiter=delimiter)), key_column):
                return delimiter
    # The column is missing: what then is said of the others has to be of the columns that a person sees.
    first_line = content.partition(b"\n")[0].decode()
    return max(_DELIMITERS, key=first_line.count)


def _text(content: bytes) -> io.TextIOWrapper:
    """Return the text line by line, decoded as it is read; line ends stay as they are."""
    return io.TextIOWrapper(io.BytesIO(content), encoding="utf-8-sig", newline="")


def _csv_rows(name: str, content: bytes, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    reader = csv.reader(_text(content), delimiter=delimiter, strict=True)
    while True:
        line = reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise refuse(
                name, Message("the quotes or delimiters are broken from here on ({reason}).", reason=error), line
            ) from error
        if any(cell.strip() for cell in cells):
            yield line, cells


def _require_text(name: str, content: bytes) -> None:
    if content.startswith(_OLD_OR_LOCKED):
        raise refuse(
            name,
            Message("the spreadsheet is locked with a password or of an old kind; save it as XLSX without one, or as CSV UTF-8."),
        )
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raise refuse(name, Message("the file is UTF-16; save it as CSV UTF-8."))
    try:
        content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise refuse(name, Message("here begins text that is not UTF-8; save the file as CSV UTF-8."), line) from error
    if b"\0" in content:
        raise refuse(name, Message("the file holds zero bytes; it is not a text file."))


def _xlsx_rows(name: str, content: bytes) -> Iterator[tuple[int, list[str]]]:
    # Slow to load, and needed by few commands and fewer requests.
    from openpyxl import load_workbook  # type: ignore[import-untyped]

    _require_harmless(name, content)
    try:
        # openpyxl warns of validation lists and styles that it leaves out; the values are all there.
        with warnings.catch_warnings(action="ignore"):
            workbook = load_workbook(io.BytesIO(content), read_only=True, data_only=False)
            sheet = workbook.worksheets[0]
            merged = _merged_cells(content, sheet._worksheet_path)
            # A stated size may be wrong; the rows themselves are what counts.
            sheet.reset_dimensions()
            rows = [(line, list(cells)) for line, cells in enumerate(sheet.iter_rows(), start=1)]
    except Exception as error:  # openpyxl lets all kinds of errors of its parsers through
        raise refuse(name, Message("the spreadsheet is damaged or not an XLSX file; save it again or as CSV UTF-8.")) from error
    if merged:
        # All but the first of them are empty to us, and nobody who looks at the sheet sees that.
        message = Message(
            "the cells {cells} are merged, so only one has a value; undo that and fill in each.", cells=", ".join(merged)
        )
        raise refuse(name, message)
    formulas = [cell for _, cells in rows for cell in cells if cell.data_type == "f"]
    if formulas:
        message = Message("the cell holds a formula; paste its value instead.")
        raise FileError(HEADING, [Problem(message, name, cell.row, cell.column_letter) for cell in formulas])
    filled = [(line, _without_trailing_empty([_as_shown(cell.value) for cell in cells])) for line, cells in rows]
    width = max((len(cells) for _, cells in filled), default=0)
    return iter([(line, cells + [""] * (width - len(cells))) for line, cells in filled if cells])


def _require_harmless(name: str, content: bytes) -> None:
    """Refuse archives that unpack to too much and XML that defines entities, before anything parses them."""
    try:
        with opened_archive(content) as archive:
            parts = archive.infolist()
            if len(parts) > MOST_XLSX_PARTS or sum(part.file_size for part in parts) > MOST_XLSX_BYTES:
                raise refuse(
                    name,
                    Message("the spreadsheet unpacks to more than {most} bytes; save it as CSV UTF-8.", most=MOST_XLSX_BYTES),
                )
            if any(part.filename.lower().endswith(_MACROS) for part in parts):
                raise refuse(name, Message("the spreadsheet holds macros; save it as XLSX, which has none, or as CSV UTF-8."))
            for part in parts:
                if part.filename.endswith((".xml", ".rels")) and _defines_entities(archive, part):
                    raise refuse(name, Message("the spreadsheet holds XML definitions that no spreadsheet program writes."))
    except UnreadableArchiveError as error:
        raise refuse(
            name, Message("the spreadsheet is damaged or locked with a password; save it again or as CSV UTF-8.")
        ) from error


def _merged_cells(content: bytes, sheet: str) -> list[str]:
    """Return the places of merged cells in a sheet, such as B2:B3; a sheet that is read line by line does not tell."""
    with opened_archive(content) as archive:
        return [found.decode() for found in _MERGED.findall(archive.read(sheet))]


def _defines_entities(archive: zipfile.ZipFile, part: zipfile.ZipInfo) -> bool:
    with archive.open(part) as stream:
        tail = b""
        while chunk := stream.read(_CHUNK):
            # Every second byte of UTF-16 is zero.
            window = (tail + chunk).replace(b"\0", b"")
            if b"<!DOCTYPE" in window or b"<!ENTITY" in window:
                return True
            tail = chunk[-32:]
    return False


def _as_shown(value: object) -> str:
    """Return a cell as a person sees it: a whole number without its decimal point."""
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer() and abs(value) < 2**53:
        return str(int(value))
    return str(value)


def _without_trailing_empty(cells: list[str]) -> list[str]:
    while cells and not cells[-1].strip():
        cells.pop()
    return cells
