"""The cells of a plain CSV file column by column: those of the csv module, or none."""

import csv
import io

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from delphi.files import plain_csv
from delphi.files.plain_csv import CsvBytes, NotPlainError

HEADER = ["a", "b", "c"]


def cells(content, header=HEADER, delimiter=",", **wanted):
    return CsvBytes(content, delimiter).cells(header, wanted or {"a": [0], "bc": [1, 2]})


def walked(content, header=HEADER, delimiter=","):
    """Return the lines under the header as the csv module has them, None where one is blank or not as wide as the header."""
    text = io.StringIO(content.decode("utf-8-sig"), newline="")
    try:
        first, *lines = csv.reader(text, delimiter=delimiter, strict=True)
    except (csv.Error, ValueError):
        return None
    return lines if first == header and all(len(line) == len(header) for line in lines) else None


def texts(found):
    return [[found.written[which] for which in line] for line in found.which.tolist()]


def test_every_different_text_is_given_once_in_order_of_first_appearance():
    found = cells(b"a,b,c\nBo,7,8\nAda,8,\nBo,,7\n")

    assert (found["a"].written, found["a"].which.tolist()) == (("Bo", "Ada"), [[0], [1], [0]])
    assert (found["bc"].written, found["bc"].which.tolist()) == (("7", "8", ""), [[0, 1], [1, 2], [2, 0]])


@pytest.mark.parametrize(
    "content",
    [
        "a,b,c\nBo,7,8\nZoé,8,9\n",
        "a,b,c\nBo,7,8\nZoé,8,9",
        "a,b,c\r\nBo,7,8\r\nZoé,8,9\r\n",
        "\ufeffa,b,c\nBo,7,8\r\nZoé,8,9\n",
        '"a","b",c\n"Bo",7,"8"\n"Zoé","8",9\n',
    ],
)
def test_bytes_marks_line_ends_and_quotes_around_cells_make_no_difference(content):
    assert texts(cells(content.encode(), abc=[0, 1, 2])["abc"]) == [["Bo", "7", "8"], ["Zoé", "8", "9"]]


@pytest.mark.parametrize(
    "lines",
    [
        b"",
        b"\n",
        b"Bo,7,8\n\n",
        b"Bo,7\n",
        b"Bo,7,8,9\n",
        b"Bo,7\nAda,7,8,9\n",
        b"Bo\n7,8\n",
        b"Bo,7,8\rAda,7,8\n",
        b"Bo,7\r,8\n",
        b'"Bo,7",8,9\n',
        b'"Bo\n",7,8\n',
        b'"Bo","7","8""9"\n',
        b'Bo,7"8,"9\n',
        b'"",",",8\n',
        b'",a"b,8\n',
        b'B"o",7,8\n',
        b'Bo,"7,8\n',
        b'Bo,",8\n',
        b"B" * (plain_csv.LONGEST_CELL + 1) + b",7,8\n",
    ],
)
def test_what_needs_a_look_at_its_lines_is_left_to_the_walk(lines):
    with pytest.raises(NotPlainError):
        cells(b"a,b,c\n" + lines)


@pytest.mark.parametrize("head", [b"a,b\n", b"\na,b,c\n", b"a,b,c", b'"a\n",b,c\n', b"a,b,c\rx,y,z\n", b'"a,b,c\n'])
def test_another_header_than_the_one_on_the_first_line_is_left_to_the_walk(head):
    with pytest.raises(NotPlainError):
        cells(head + b"Bo,7,8\n")


def test_a_line_longer_than_a_chunk_is_left_to_the_walk(monkeypatch):
    monkeypatch.setattr(plain_csv, "CHUNK", 8)

    with pytest.raises(NotPlainError):
        cells(b"a,b,c\nBo,7,8\nAda,77777,8888888\nBo,7,8\n")
    with pytest.raises(NotPlainError):
        cells(b"a\nBo\nAdaaaaaaaaaaa\nBo\n", ["a"], a=[0])


def test_a_cell_too_long_for_the_csv_module_is_left_to_the_walk():
    with pytest.raises(NotPlainError):
        cells(b"a,b,c\nBo,7," + b"x" * csv.field_size_limit() + b"\n", a=[0])


def test_long_cells_of_a_column_that_nobody_wants_do_no_harm():
    assert cells(b"a,b,c\nBo,7," + b"x" * 1000 + b"\n", a=[0])["a"].written == ("Bo",)


def test_texts_that_fall_into_one_bucket_stay_apart(monkeypatch):
    monkeypatch.setattr(plain_csv, "_BUCKET_BITS", 6)
    names = [f"participant {n}" for n in range(200)]

    found = cells("\n".join(["a,b,c", *(f"{name},7,8" for name in names * 3)]).encode())

    assert found["a"].written == tuple(names)
    assert found["a"].which[:, 0].tolist() == [*range(200)] * 3


def test_more_texts_than_there_is_room_for_are_left_to_the_walk(monkeypatch):
    monkeypatch.setattr(plain_csv, "_BUCKET_BITS", 1)

    with pytest.raises(NotPlainError):
        cells("\n".join(["a,b,c", *(f"P{n},7,8" for n in range(200))]).encode())


cell = st.text(st.sampled_from("ab1 é\u2028\x0c"), max_size=20) | st.sampled_from(
    ["", "item-001", "item-0010", "x" * 64, "\U0001f600"]
)
end = st.sampled_from(["\n", "\r\n"])
odd = st.sampled_from(['"', "\r", "\n", ",", "\n\n", '""', '",', ',"', '"\n"'])


@given(st.lists(st.tuples(cell, cell, cell, end), min_size=1, max_size=12), st.integers(200, 600))
def test_plain_lines_are_those_of_the_csv_module(lines, chunk):
    content = ("a,b,c\n" + "".join(",".join(line[:3]) + line[3] for line in lines)).encode()

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(plain_csv, "CHUNK", chunk)
        found = cells(content, abc=[0, 1, 2])["abc"]

    assert texts(found) == walked(content) == [list(line[:3]) for line in lines]
    assert list(found.written) == list(dict.fromkeys(text for line in lines for text in line[:3]))
    assert found.which.dtype == np.int32


@given(
    st.lists(st.tuples(cell, cell, cell, end), min_size=1, max_size=3), st.lists(st.tuples(st.integers(6, 40), odd), max_size=3)
)
def test_whatever_is_taken_is_what_the_csv_module_has(lines, oddities):
    content = "a,b,c\n" + "".join(",".join(line[:3]) + line[3] for line in lines)
    for place, characters in oddities:
        content = content[:place] + characters + content[place:]

    try:
        found = texts(cells(content.encode(), abc=[0, 1, 2])["abc"])
    except NotPlainError:
        return

    assert found == walked(content.encode())
