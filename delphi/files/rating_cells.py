"""What the cells of a ratings file may say: columns, names, rounds and codes, each decided here for every way of reading."""

import re
import unicodedata
from collections.abc import Iterable, Mapping

from delphi.errors import InvalidError
from delphi.files.rating_rounds import NOT_ANSWERED, UNABLE
from delphi.files.tables import Table, refuse

_ABOUT_THE_LINE = ("participant", "group", "round")

_MISSING_WORDS = ("", "NA")
_UNABLE_WORDS = ("unable",)
_LONG = ("participant", "item", "rating", "group", "round", "criterion")
_ROUND = re.compile("[1-9][0-9]{0,2}")
_LONGEST_SHOWN = 40


class CellError(Exception):
    """What is wrong with a cell, as the end of the sentence that names its place."""


def rating_codes(low: int, high: int, missing: Iterable[str] = (), unable: Iterable[str] = ()) -> dict[str, int]:
    """Return the code of every word that a rating may be; only plain whole numbers are levels."""
    codes = {str(level): index for index, level in enumerate(range(low, high + 1), start=1)}
    for words, code, option in (
        ((*_MISSING_WORDS, *missing), NOT_ANSWERED, "--missing"),
        ((*_UNABLE_WORDS, *unable), UNABLE, "--unable"),
    ):
        for word in (each.strip() for each in words):
            if codes.get(word, code) != code:
                raise InvalidError("{option} {word} means something else already; choose another word.", option=option, word=word)
            codes[word] = code
    return codes


def columns_of(table: Table) -> dict[str, int]:
    """Return where each column that is used stands: the known names, and in a wide file every item."""
    placed: dict[str, int] = {}
    for index, written in enumerate(table.columns):
        key = column_key(written)
        if key in placed:
            raise refuse(table.name, f"two columns are called {shown(key)}; give each its own name.", table.header_line)
        if key:
            placed[key] = index
    if "participant" not in placed:
        first = ", ".join(map(shown, table.columns[:6]))
        raise refuse(table.name, f"there is no column called participant; the header has {first}.", table.header_line)
    return _of_long(table, placed) if {"item", "rating"} & set(placed) else _of_wide(table, placed)


def items_among(columns: Iterable[str]) -> list[str]:
    """Return the items of a wide file, whose columns these are."""
    return [column for column in columns if column not in _ABOUT_THE_LINE]


def column_key(column: str) -> str:
    """Return a column's name in one spelling; capitals do not matter in the known ones."""
    name = _in_one_spelling(column)
    return name.casefold() if name.casefold() in _LONG else name


def name_in(written: str, column: str) -> str:
    """Return the name that a cell holds, in one spelling; an empty one and control characters are a CellError."""
    name = _in_one_spelling(written)
    if not name:
        raise CellError(f"the {column} is empty; every line needs one.")
    if any(unicodedata.category(character) == "Cc" for character in name):
        raise CellError(f"the {column} {shown(name)} holds a control character.")
    return name


def round_in(written: str) -> int:
    """Return the number of the round that a cell holds; anything but 1 … 999 is a CellError."""
    if not _ROUND.fullmatch(written.strip()):
        raise CellError(f"{shown(written.strip())} is not a round; rounds are whole numbers from 1.")
    return int(written.strip())


def code_in(written: str, codes: Mapping[str, int]) -> int:
    """Return the code of the rating that a cell holds; anything but the words of `codes` is a CellError."""
    code = codes.get(written)
    if code is None:
        code = codes.get(written.strip())
    if code is None:
        raise CellError(f"{shown(written)} is not a level; allowed are {_allowed(codes)}.")
    return code


def shown(text: str) -> str:
    """Return the text as messages quote it, cut where it is long."""
    return repr(text if len(text) <= _LONGEST_SHOWN else f"{text[:_LONGEST_SHOWN]}…")


def _allowed(codes: Mapping[str, int]) -> str:
    levels = [word for word, code in codes.items() if code not in (NOT_ANSWERED, UNABLE)]
    missing = " or ".join(word or "empty" for word, code in codes.items() if code == NOT_ANSWERED)
    unable = " or ".join(word for word, code in codes.items() if code == UNABLE)
    return f"{levels[0]} to {levels[-1]}, {missing} (not answered) and {unable} (unable to rate)"


def _of_long(table: Table, placed: dict[str, int]) -> dict[str, int]:
    for needed in ("item", "rating"):
        if needed not in placed:
            raise refuse(table.name, f"a file with one rating a line needs the column {needed} too.", table.header_line)
    return {name: index for name, index in placed.items() if name in _LONG}


def _of_wide(table: Table, placed: dict[str, int]) -> dict[str, int]:
    if "criterion" in placed:
        message = "criteria need one rating a line, with the columns participant, item, criterion and rating."
        raise refuse(table.name, message, table.header_line)
    if not items_among(placed):
        raise refuse(table.name, "there are no ratings; add item and rating, or one column an item.", table.header_line)
    return placed


def _in_one_spelling(name: str) -> str:
    """Return a name with single spaces and composed accents, so that what looks the same is the same."""
    return unicodedata.normalize("NFC", " ".join(name.split()))
