"""A file of judgements on comments: which are shown to the panel, in which words, and why the others are not."""

from dataclasses import dataclass
from pathlib import Path

from delphi.errors import FileError, Message, Problem
from delphi.files.columns import records
from delphi.files.tables import HEADING
from delphi.language import marked

NOT_UNDERSTOOD = marked("{given!r} is not understood here; write {show}, {withhold} or nothing.")
SHOW, WITHHOLD = "show", "withhold"
COLUMNS = ("item", "comment", "readers", "action", "words", "reason")


@dataclass(frozen=True)
class JudgementRow:
    """What the file says of a comment, which it names by item and text, and the line it stands on."""

    line: int
    item: str
    comment: str
    is_shown: bool
    words: str
    reason: str


def read_judgements(path: Path) -> list[JudgementRow]:
    """Return the judgements in a CSV or XLSX file; rows without an action are none."""
    rows = [
        (line, {name: cell.strip() for name, cell in cells.items()})
        for line, cells in records(path, ("item", "comment", "action"), ("words", "reason"))
    ]
    problems = [
        Problem(Message(NOT_UNDERSTOOD, given=cells["action"], show=SHOW, withhold=WITHHOLD), path.name, line, "action")
        for line, cells in rows
        if cells["action"].casefold() not in ("", SHOW, WITHHOLD)
    ]
    if problems:
        raise FileError(HEADING, problems)
    return [
        JudgementRow(line, cells["item"], cells["comment"], cells["action"].casefold() == SHOW, cells["words"], cells["reason"])
        for line, cells in rows
        if cells["action"]
    ]
