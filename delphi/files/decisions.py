"""A decisions file: one item a line, with what is to be done about it and why."""

from dataclasses import dataclass
from pathlib import Path

from delphi.errors import FileError, Message, Problem
from delphi.files.columns import records
from delphi.files.tables import HEADING

SPLIT_MARK = "---"
_WORDS = {"answers": ("all", "none"), "typo": ("yes", "typo", "no")}


@dataclass(frozen=True)
class DecisionRow:
    """One decision as the file gives it, and the line it stands on.

    `new_wordings` are the texts of new_wording, cut at lines that hold only `---`, `plains` those of plain, which say the same in
    plain language; `into` the keys they belong to.
    """

    line: int
    item: str
    action: str
    reason: str
    new_wordings: tuple[str, ...]
    plains: tuple[str, ...]
    into: tuple[str, ...]
    answers_all: bool
    is_typo: bool


def read_decisions(path: Path) -> list[DecisionRow]:
    """Return the decisions in a CSV or XLSX file: item, action, reason, and where needed what new wordings take."""
    rows = list(records(path, ("item", "action", "reason"), ("new_wording", "plain", "into", *_WORDS)))
    problems = [
        Problem(
            Message("{given!r} is not understood here; write {word} or leave it empty.", given=cells[column], word=words[0]),
            path.name,
            line,
            column,
        )
        for line, cells in rows
        for column, words in _WORDS.items()
        if cells[column].strip().casefold() not in ("", *words)
    ]
    if problems:
        raise FileError(HEADING, problems)
    return [
        DecisionRow(
            line=line,
            item=cells["item"].strip(),
            action=cells["action"].strip().casefold(),
            reason=cells["reason"].strip(),
            new_wordings=_texts(cells["new_wording"]),
            plains=_texts(cells["plain"]),
            into=tuple(cells["into"].split()),
            answers_all=cells["answers"].strip().casefold() == "all",
            is_typo=cells["typo"].strip().casefold() in ("yes", "typo"),
        )
        for line, cells in rows
    ]


def _texts(cell: str) -> tuple[str, ...]:
    texts: list[list[str]] = [[]]
    for line in cell.splitlines():
        if line.strip() == SPLIT_MARK:
            texts.append([])
        else:
            texts[-1].append(line)
    return tuple(text for lines in texts if (text := "\n".join(lines).strip()))
