"""Rows of a table by the names of their columns."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from delphi.errors import FileError, Message
from delphi.files.tables import HEADING, Table, read_table, refuse


def records(
    path: Path, needed: tuple[str, ...], optional: tuple[str, ...] = (), *, most: int = 1_000_000
) -> Iterator[tuple[int, dict[str, str]]]:
    """Yield each row's line and its cells by column name; other columns are left alone, optional ones are empty where absent."""
    yield from ((line, cells) for line, cells, _ in whole_records(path, needed, optional, most=most))


def whole_records(
    path: Path, needed: tuple[str, ...], optional: tuple[str, ...] = (), *, most: int = 1_000_000, by_word: bool = False
) -> Iterator[tuple[int, dict[str, str], dict[str, str]]]:
    """Yield each row's line, its cells by column name, and those of the further columns by the header as it is written.

    With `by_word`, a column whose header has the wanted name among its words does if it is the only one.
    Missing columns are refused, all at once, and a doubled one, and a file of more than `most` rows; rows that are not as wide as
    the header are refused together, when the last has been read.
    """
    table = read_table(path, needed[0])
    names = [_plain(column) for column in table.columns]
    if by_word:
        names = _by_word(names, needed)
    if missing := [name for name in needed if name not in names]:
        raise refuse(table.name, _missing(missing, needed, table.columns), table.header_line)
    for name in (*needed, *optional):
        if names.count(name) > 1:
            raise refuse(table.name, Message("the column {name!r} stands there twice.", name=name), table.header_line)
    wanted = {name: names.index(name) for name in (*needed, *optional) if name in names}
    further = _further(table, frozenset(wanted.values()))
    misfits = []
    for n, (line, cells) in enumerate(table.lines):
        if n >= most:
            raise refuse(table.name, Message("there are more than {most} rows; split the file.", most=most), line)
        if misfit := table.misfit(line, cells):
            misfits.append(misfit)
        else:
            found = {name: "" for name in optional} | {name: cells[place] for name, place in wanted.items()}
            yield line, found, {name: cells[place] for name, place in further.items()}
    if misfits:
        raise FileError(HEADING, misfits)


def _further(table: Table, taken: frozenset[int]) -> dict[str, int]:
    """Return where the columns stand that nobody has asked for, by header; of two that are called the same, neither."""
    headers = {place: " ".join(column.split()) for place, column in enumerate(table.columns) if place not in taken}
    times = Counter(header.casefold() for header in headers.values())
    return {header: place for place, header in headers.items() if header and times[header.casefold()] == 1}


def _by_word(names: list[str], needed: tuple[str, ...]) -> list[str]:
    """Return the headers with those shortened that are the only one with a wanted name among their words.

    >>> _by_word(["full_name", "email", "stakeholder_group", "region"], ("name", "email", "group"))
    ['name', 'email', 'group', 'region']
    >>> _by_word(["group_name", "email"], ("name", "email", "group"))
    ['group_name', 'email']
    """
    words = [set(name.split("_")) & set(needed) for name in names]
    found = {}
    for wanted in needed:
        places = [place for place, held in enumerate(words) if wanted in held]
        if wanted not in names and len(places) == 1 and len(words[places[0]]) == 1:
            found[places[0]] = wanted
    return [found.get(place, name) for place, name in enumerate(names)]


def _missing(missing: list[str], needed: tuple[str, ...], there: tuple[str, ...]) -> Message:
    header = {"needed": ",".join(needed), "found": ",".join(column.strip() for column in there if column.strip())}
    if len(missing) == 1:
        return Message("the column {name!r} is missing; the header has to be {needed} and is {found}.", name=missing[0], **header)
    names = ", ".join(map(repr, missing))
    return Message("the columns {names} are missing; the header has to be {needed} and is {found}.", names=names, **header)


def _plain(column: str) -> str:
    """Return the column's name as it is compared: E-mail, Email and e_mail are one.

    >>> _plain(" E-Mail ")
    'email'
    >>> _plain("New wording")
    'new_wording'
    """
    name = column.strip().casefold().replace("e-mail", "email").replace("e_mail", "email")
    return "_".join(name.replace("-", " ").split())
