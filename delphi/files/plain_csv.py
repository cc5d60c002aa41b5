"""The cells of a plain CSV file column by column, as the csv module would give them line by line."""

import csv
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import ceil

import numpy as np
from numpy.typing import NDArray

CHUNK = 2**19
LONGEST_CELL = 64

_WORD = 8
_PADDING = bytes(LONGEST_CELL + _WORD)
# [word, length of the cell]: the bits of the word that belong to the cell.
_OF_CELL = np.array(
    [[256 ** min(max(n - skipped, 0), _WORD) - 1 for n in range(LONGEST_CELL + 1)] for skipped in range(0, LONGEST_CELL, _WORD)],
    dtype="<u8",
)
_NEWLINE, _QUOTE = b'\n"'
_BUCKET_BITS = 16
# Odd numbers without pattern; more of them than texts in one chunk are likely to need.
_MULTIPLIERS = tuple(np.uint64(0x9E3779B97F4A7C15 * (2 * n + 1) % 2**64) for n in range(24))

Places = NDArray[np.int64]
Words = list[NDArray[np.uint64]]


class NotPlainError(Exception):
    """The file has something in it that has to be looked at line by line."""


@dataclass(frozen=True)
class Cells:
    """The cells of some columns: every different text once, in order of first appearance, and where it stands.

    `which` is int[line, column]: the text in each cell, as an index into `written`.
    """

    written: tuple[str, ...]
    which: NDArray[np.int32]


@dataclass(frozen=True)
class CsvBytes:
    """The bytes of a CSV file in UTF-8, without zero bytes, and the delimiter of its cells."""

    content: bytes
    delimiter: str

    def cells(self, header: Sequence[str], wanted: Mapping[str, Sequence[int]]) -> dict[str, Cells]:
        """Return the cells under the header, for each of the wanted lists of columns; line 2 of the file is the first.

        NotPlainError where there are none or the csv module might see other cells, or blank lines: lines not as wide as the
        header, quotes around delimiters, quotes or line ends, single carriage returns, very long cells.
        """
        collections = {name: _Collection(list(columns)) for name, columns in wanted.items()}
        for text in _chunks(self.content, self._end_of_header(header)):
            block = _block(text, self.delimiter, len(header))
            for collection in collections.values():
                collection.take(block)
        return {name: collection.finished() for name, collection in collections.items()}

    def _end_of_header(self, header: Sequence[str]) -> int:
        end = self.content.find(b"\n") + 1
        try:
            first = next(csv.reader([self.content[:end].decode("utf-8-sig")], delimiter=self.delimiter, strict=True))
        except csv.Error as error:
            raise NotPlainError from error
        if first != list(header) or end == len(self.content):
            raise NotPlainError
        return end


@dataclass(frozen=True)
class _Block:
    """Some whole lines: their bytes (and some zeros) and where the cells are in them, int[line, column]."""

    text: bytes
    starts: Places
    ends: Places


class _Collection:
    """The cells of some columns, block after block."""

    def __init__(self, columns: list[int]) -> None:
        self._columns = columns
        self._places: dict[bytes, int] = {}
        self._which: list[NDArray[np.int32]] = []

    def take(self, block: _Block) -> None:
        starts, ends = block.starts[:, self._columns].ravel(), block.ends[:, self._columns].ravel()
        first_alike = _first_alike(_words(block.text, starts, ends))
        first = np.flatnonzero(first_alike == np.arange(first_alike.size))
        texts = [block.text[start:end] for start, end in zip(starts[first].tolist(), ends[first].tolist(), strict=True)]
        place = np.empty(first_alike.size, dtype=np.int32)
        place[first] = [self._places.setdefault(text, len(self._places)) for text in texts]
        self._which.append(place[first_alike].reshape(-1, len(self._columns)))

    def finished(self) -> Cells:
        return Cells(tuple(text.decode() for text in self._places), np.concatenate(self._which))


def _chunks(content: bytes, start: int) -> Iterator[bytes]:
    """Yield whole lines, with bare line ends, in pieces that a processor's cache can hold."""
    while start < len(content):
        is_last = start + CHUNK >= len(content)
        end = len(content) if is_last else content.rfind(b"\n", start, start + CHUNK) + 1
        text = content[start:end]
        if b"\r" in text:
            text = text.replace(b"\r\n", b"\n")
        if b"\r" in text or not text:
            raise NotPlainError
        yield text if text.endswith(b"\n") else text + b"\n"
        start = end


def _block(text: bytes, delimiter: str, width: int) -> _Block:
    """Return where the cells of the lines begin and end; every line must have as many as `width`."""
    padded = text + _PADDING
    characters = np.frombuffer(padded, dtype=np.uint8)
    is_newline = characters == _NEWLINE
    ends = np.flatnonzero(is_newline | (characters == ord(delimiter)))
    if ends.size != np.count_nonzero(is_newline) * width or not is_newline[ends[width - 1 :: width]].all():
        raise NotPlainError
    starts = np.concatenate([[0], ends[:-1] + 1])
    if (ends - starts).max() >= csv.field_size_limit():
        raise NotPlainError
    if b'"' in text:
        is_quoted = (characters[starts] == _QUOTE) & (characters[ends - 1] == _QUOTE) & (ends - starts > 1)
        # Then these two are the only quotes there are: no other cell has any, and no quoted one a third.
        if np.count_nonzero(characters == _QUOTE) != 2 * np.count_nonzero(is_quoted):
            raise NotPlainError
        starts, ends = starts + is_quoted, ends - is_quoted
    return _Block(padded, starts.reshape(-1, width), ends.reshape(-1, width))


def _words(text: bytes, starts: Places, ends: Places) -> Words:
    """Return the bytes of the cells, eight in a number and zero beyond the end: two cells are alike if all numbers are."""
    lengths = ends - starts
    longest = int(lengths.max())
    if longest > LONGEST_CELL:
        raise NotPlainError
    from_here: NDArray[np.uint64] = np.ndarray(len(text) - _WORD + 1, dtype="<u8", buffer=text, strides=(1,))
    n_words = max(ceil(longest / _WORD), 1)
    return [from_here[_WORD * n :][starts] & of_cell[lengths] for n, of_cell in enumerate(_OF_CELL[:n_words])]


def _first_alike(words: Words) -> Places:
    """Return for each cell the first one that says the same, int[cell].

    Cells of one bucket are compared with the first in it; those that differ go into other buckets, until none differs.
    """
    left = np.arange(words[0].size)
    first_alike = left.copy()
    first_in = np.empty(2**_BUCKET_BITS, dtype=np.int64)
    for multiplier in _MULTIPLIERS:
        bucket = _buckets(words, multiplier)
        first_in[bucket[::-1]] = np.arange(left.size)[::-1]  # of several values for one place, the last one stays
        alike = first_in[bucket]
        first_alike[left] = left[alike]
        differs = np.logical_or.reduce([word != word[alike] for word in words])
        if not differs.any():
            return first_alike
        left, words = left[differs], [word[differs] for word in words]
    raise NotPlainError


def _buckets(words: Words, multiplier: np.uint64) -> NDArray[np.uint64]:
    mixed = np.zeros_like(words[0])
    for word in words:
        mixed = (mixed ^ word) * multiplier
    return mixed >> np.uint64(64 - _BUCKET_BITS)
