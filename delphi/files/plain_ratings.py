"""Ratings files without anything unusual, read column by column: the same as a walk through their lines collects."""

from array import array
from collections.abc import Iterator, Mapping, Sequence
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from delphi.files.plain_csv import Cells, NotPlainError
from delphi.files.rating_cells import CellError, code_in, items_among, name_in, round_in
from delphi.files.rating_rounds import RoundSoFar
from delphi.files.tables import Table

_FIRST_LINE = 2
_NO_GROUP = -1
_NAMES = ("participant", "item", "criterion", "group", "round")

Thing = TypeVar("Thing")
Indices = NDArray[np.intp]
Slot = tuple[str, str | None]


def plain_rounds(
    table: Table, columns: Mapping[str, int], codes: Mapping[str, int], number: int, n_before: int
) -> dict[int, RoundSoFar]:
    """Return the rounds of a file as its lines give them, by number; `n_before` lines were read before this file.

    Without a round column all is of round `number`. NotPlainError where a line may have to be refused or passed over, or the
    file is no plain CSV: then the lines have to be walked. Repeats are let through, as they are found when all files are read.
    """
    if table.csv_bytes is None:
        raise NotPlainError
    rated = ["rating"] if "item" in columns else items_among(columns)
    nameless = [index for index, column in enumerate(table.columns) if not column.strip()]
    wanted = {name: [columns[name]] for name in _NAMES if name in columns} | {"rating": [columns[name] for name in rated]}
    cells = table.csv_bytes.cells(table.columns, wanted | ({"nameless": nameless} if nameless else {}))
    if nameless and any(text.strip() for text in cells["nameless"].written):
        raise NotPlainError
    try:
        return dict(_rounds(cells, [(item, None) for item in rated], codes, number, n_before + _FIRST_LINE))
    except CellError as error:
        raise NotPlainError from error


def _rounds(
    cells: Mapping[str, Cells], wide: Sequence[Slot], codes: Mapping[str, int], number: int, position: int
) -> Iterator[tuple[int, RoundSoFar]]:
    participants, who = _names(cells["participant"], "participant")
    slots, what = _slots(cells) if "item" in cells else (wide, np.arange(len(wide))[np.newaxis].repeat(len(who), axis=0))
    groups, of_group = _groups(cells, len(who))
    given = np.array([code_in(text, codes) for text in cells["rating"].written], dtype=np.uint8)[cells["rating"].which]
    for number_, lines in _by_round(cells, number, len(who)):
        place_of, someone = _by_appearance(participants, who[lines])
        slot_of, something = _by_appearance(slots, what[lines].ravel())
        n_on_a_line = given.shape[1]
        yield (
            number_,
            RoundSoFar(
                place_of,
                _group_of_each(groups, of_group[lines], someone, len(place_of)),
                slot_of,
                _array(someone.repeat(n_on_a_line)),
                _array(something),
                bytearray(given[lines].tobytes()),
                _array((lines + position).repeat(n_on_a_line)),
            ),
        )


def _names(cells: Cells, column: str) -> tuple[list[str], Indices]:
    """Return the names in a column, each in one spelling and once, and which one is on each line."""
    return _once([name_in(text, column) for text in cells.written], cells.which[:, 0])


def _slots(cells: Mapping[str, Cells]) -> tuple[list[Slot], Indices]:
    """Return the pairs of item and criterion in a long file, and which one is on each line, int[line, 1]."""
    items, item = _names(cells["item"], "item")
    if "criterion" not in cells:
        return [(name, None) for name in items], item[:, np.newaxis]
    criteria, criterion = _names(cells["criterion"], "criterion")
    pairs, pair = np.unique(item * len(criteria) + criterion, return_inverse=True)
    return [(items[code // len(criteria)], criteria[code % len(criteria)]) for code in pairs.tolist()], pair[:, np.newaxis]


def _groups(cells: Mapping[str, Cells], n_lines: int) -> tuple[list[str], Indices]:
    """Return the groups and which one is on each line, -1 for none."""
    if "group" not in cells:
        return [], np.full(n_lines, _NO_GROUP)
    named = [index for index, text in enumerate(cells["group"].written) if text.strip()]
    names, which = _once([name_in(cells["group"].written[index], "group") for index in named], np.arange(len(named)))
    group_of = np.full(len(cells["group"].written), _NO_GROUP)
    group_of[named] = which
    return names, group_of[cells["group"].which[:, 0]]


def _once(names: Sequence[str], which: NDArray[np.integer]) -> tuple[list[str], Indices]:
    """Return names that may be alike each once, and the indices into those."""
    place_of = {name: place for place, name in enumerate(dict.fromkeys(names))}
    return list(place_of), np.array([place_of[name] for name in names], dtype=np.intp)[which]


def _by_round(cells: Mapping[str, Cells], number: int, n_lines: int) -> Iterator[tuple[int, Indices]]:
    if "round" not in cells:
        yield number, np.arange(n_lines)
        return
    numbers = [round_in(text) for text in cells["round"].written]
    of_line = np.array(numbers)[cells["round"].which[:, 0]]
    yield from ((each, np.flatnonzero(of_line == each)) for each in dict.fromkeys(numbers))


def _by_appearance(things: Sequence[Thing], which: Indices) -> tuple[dict[Thing, int], Indices]:
    """Return the things that appear, each with its place in order of first appearance, and the place of each one of `which`."""
    first = np.full(len(things), len(which))
    first[which[::-1]] = np.arange(len(which))[::-1]  # of several values for one place, the last one stays
    in_order = first.argsort(kind="stable")[: np.count_nonzero(first < len(which))]
    place = np.empty(len(things), dtype=np.intp)
    place[in_order] = np.arange(len(in_order))
    return {things[index]: at for at, index in enumerate(in_order.tolist())}, place[which]


def _group_of_each(groups: Sequence[str], of_group: Indices, who: Indices, n_participants: int) -> dict[int, str]:
    """Return the group of each participant who has one; nobody may have two."""
    is_stated = of_group != _NO_GROUP
    if not is_stated.all():
        who, of_group = who[is_stated], of_group[is_stated]
    group_of = np.full(n_participants, _NO_GROUP)
    group_of[who] = of_group
    if (group_of[who] != of_group).any():
        raise NotPlainError
    return {participant: groups[group] for participant, group in enumerate(group_of.tolist()) if group != _NO_GROUP}


def _array(numbers: Indices) -> "array[int]":
    return array("i", numbers.astype(np.intc).tobytes())
