"""Ratings files: long or wide, CSV or XLSX, into one matrix of codes per round."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from delphi.errors import MOST_LISTED, FileError, InvalidError, Problem
from delphi.files.plain_csv import NotPlainError
from delphi.files.plain_ratings import plain_rounds
from delphi.files.rating_cells import (
    CellError,
    code_in,
    column_key,
    columns_of,
    items_among,
    name_in,
    rating_codes,
    round_in,
    shown,
)
from delphi.files.rating_rounds import RatedRound, RoundSoFar, without_unasked
from delphi.files.tables import Table, read_table

__all__ = ["RatedRound", "Ratings", "rating_codes", "read_ratings"]

_HEADING = "The ratings cannot be used; nothing was read in."
# Items with their criterion, and the code of each.
Rated = tuple[list[tuple[str, str | None]], list[int]]


@dataclass(frozen=True)
class Ratings:
    """All rounds in ascending order, and what a person should know about how the files were read."""

    rounds: tuple[RatedRound, ...]
    notices: tuple[str, ...]


def read_ratings(paths: Sequence[Path], low: int, high: int, missing: Iterable[str] = (), unable: Iterable[str] = ()) -> Ratings:
    """Return the ratings in the files, on the scale low … high, or refuse them with every problem at once.

    Files without a round column are the rounds 1, 2, … in the order given. `missing` and `unable` add words to the usual ones.
    """
    reading = _Reading(rating_codes(low, high, missing, unable))
    for number, path in enumerate(paths, start=1):
        reading.take(read_table(path, "participant"), number)
    if len(reading.layouts) > 1 and len({"round" in columns for columns in reading.layouts}) > 1:
        raise InvalidError("Some of the files have a round column and some have not; give all of them one.")
    reading.note_repeats()
    if reading.problems:
        raise FileError(_HEADING, reading.problems)
    if not reading.rounds:
        raise InvalidError("There is a header and no ratings under it.")
    return Ratings(reading.finished(), tuple(reading.notices))


@dataclass(slots=True)
class _Row:
    """One line of a file; `position` counts lines through all files."""

    file: str
    line: int
    position: int
    cells: Sequence[str]
    columns: Mapping[str, int]

    def cell(self, column: str) -> str:
        return self.cells[self.columns[column]]


@dataclass
class _Reading:
    """What has been read so far, of all files together."""

    codes: Mapping[str, int]
    names: dict[str, str] = field(default_factory=dict)
    rounds: dict[int, RoundSoFar] = field(default_factory=dict)
    layouts: list[Mapping[str, int]] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    notices: list[str] = field(default_factory=list)
    starts: list[tuple[int, str]] = field(default_factory=list)
    n_lines: int = 0

    def take(self, table: Table, number: int) -> None:
        """Take in one file, whose ratings are of round `number` unless it says itself."""
        columns = columns_of(table)
        self.layouts.append(columns)
        self.starts.append((self.n_lines, table.name))
        try:
            self._take_at_once(table, columns, number)
        except NotPlainError:
            self._walk(table, columns, number)
        ignored = [column for column in table.columns if column.strip() and column_key(column) not in columns]
        if ignored:
            self.notices.append(f"{table.name}: these columns are not used: {', '.join(map(shown, ignored))}.")

    def note_repeats(self) -> None:
        """Note every rating of something that the same participant has rated before in the round."""
        for ratings in self.rounds.values():
            for repeat in ratings.repeats():
                rated = shown(repeat.item) + (f" for {shown(repeat.criterion)}" if repeat.criterion else "")
                start, file = max(start for start in self.starts if start[0] < repeat.position)
                message = f"{shown(repeat.participant)} has rated {rated} already in this round; keep one of the two."
                self._note(Problem(message, file, repeat.position - start))

    def finished(self) -> tuple[RatedRound, ...]:
        """Return the rounds, with a notice of everything that was understood rather than read."""
        rounds = [ratings.finished(number) for number, ratings in sorted(self.rounds.items())]
        if len(rounds) > 1 and any("item" not in columns for columns in self.layouts):
            rounds = [self._without_unasked(ratings) for ratings in rounds]
        for ratings in rounds:
            n_without = int((ratings.groups < 0).sum())
            if ratings.group_names and n_without:
                self.notices.append(f"Round {ratings.round}: without a group, counted for the panel only: {n_without}.")
        return tuple(rounds)

    def _take_at_once(self, table: Table, columns: Mapping[str, int], number: int) -> None:
        """Take in a file with nothing unusual in it, of rounds that no file before it has; NotPlainError for any other."""
        rounds = plain_rounds(table, columns, self.codes, number, self.n_lines)
        if rounds.keys() & self.rounds.keys():
            raise NotPlainError
        self.rounds |= rounds
        self.n_lines = max(ratings.where[-1] for ratings in rounds.values())

    def _walk(self, table: Table, columns: Mapping[str, int], number: int) -> None:
        """Take in a file line by line, and note everything that is wrong with it."""
        nameless = [index for index, column in enumerate(table.columns) if not column.strip()]
        line = 0
        try:
            for line, cells in table.lines:
                if misfit := table.misfit(line, cells):
                    self._note(misfit)
                    continue
                row = _Row(table.name, line, self.n_lines + line, cells, columns)
                if any(cells[index].strip() for index in nameless):
                    self._refuse(row, "", "the line has a value under a column without a name.")
                self._take_row(row, number)
        except FileError as error:  # broken from some line on; what was wrong before it is said too
            self.problems.extend(error.problems)
        self.n_lines += line

    def _without_unasked(self, ratings: RatedRound) -> RatedRound:
        """Leave out the items of a wide file that are another round's: their columns are empty in this one."""
        asked = without_unasked(ratings)
        unasked = [item for item in ratings.items if item not in set(asked.items)]
        if unasked:
            names = ", ".join(map(shown, unasked))
            self.notices.append(f"Round {ratings.round}: empty for everybody, so taken as not asked: {names}.")
        return asked

    def _take_row(self, row: _Row, number: int) -> None:
        ratings = self._round(row, number)
        participant = self._name(row, "participant")
        rated = self._one_rating(row) if "item" in row.columns else self._all_ratings(row)
        if ratings is None or participant is None or rated is None:
            return
        index = ratings.participant(participant)
        self._take_group(row, ratings, index)
        slots, codes = rated
        ratings.add(index, [ratings.slot(*slot) for slot in slots], codes, row.position)

    def _round(self, row: _Row, number: int) -> RoundSoFar | None:
        if "round" in row.columns:
            try:
                number = round_in(row.cell("round"))
            except CellError as error:
                self._refuse(row, "round", str(error))
                return None
        if number not in self.rounds:
            self.rounds[number] = RoundSoFar()
        return self.rounds[number]

    def _take_group(self, row: _Row, ratings: RoundSoFar, index: int) -> None:
        if "group" not in row.columns or not row.cell("group").strip():
            return
        group = self._name(row, "group")
        if group is not None and ratings.groups.setdefault(index, group) != group:
            groups = f"{shown(ratings.groups[index])} and {shown(group)}"
            self._refuse(row, "group", f"the participant is in {groups}; a person has one group in a round.")

    def _one_rating(self, row: _Row) -> Rated | None:
        """Return what the line of a long file rates and its code, None where it is refused."""
        item = self._name(row, "item")
        criterion = self._name(row, "criterion") if "criterion" in row.columns else None
        code = self._code(row, "rating")
        if item is None or code is None or (criterion is None and "criterion" in row.columns):
            return None
        return [(item, criterion)], [code]

    def _all_ratings(self, row: _Row) -> Rated | None:
        """Return what the line of a wide file rates and the codes, None where any is refused."""
        items = items_among(row.columns)
        codes = [self._code(row, item) for item in items]
        read = [code for code in codes if code is not None]
        return ([(item, None) for item in items], read) if len(read) == len(items) else None

    def _name(self, row: _Row, column: str) -> str | None:
        """Return the name in a column in one spelling, None (and the problem noted) where it is empty or cannot be shown."""
        written = row.cell(column)
        if written in self.names:
            return self.names[written]
        try:
            name = name_in(written, column)
        except CellError as error:
            self._refuse(row, column, str(error))
            return None
        self.names[written] = name
        return name

    def _code(self, row: _Row, column: str) -> int | None:
        try:
            return code_in(row.cell(column), self.codes)
        except CellError as error:
            self._refuse(row, column, str(error))
            return None

    def _refuse(self, row: _Row, column: str, message: str) -> None:
        self._note(Problem(message, row.file, row.line, column))

    def _note(self, problem: Problem) -> None:
        # Beyond those that are listed only their number is told; one object stands for them all.
        self.problems.append(problem if len(self.problems) < MOST_LISTED else self.problems[-1])
