"""Ratings files that cannot be used: each is refused with the place and in words, all at once."""

import datetime
import io
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from delphi.errors import DelphiError, FileError, InvalidError
from delphi.files.ratings import read_ratings

LONG = "participant,item,rating\n"


def read(*paths, low=1, high=9, **words):
    return read_ratings(paths, low, high, **words)


def refusal(*paths, **more):
    with pytest.raises(DelphiError) as refused:
        read(*paths, **more)
    return str(refused.value)


@pytest.mark.parametrize(
    "words", [{"missing": ["9"]}, {"unable": ["NA"]}, {"missing": ["unable"]}, {"missing": ["x"], "unable": ["x"]}]
)
def test_a_word_cannot_mean_two_things(file, words):
    assert "means something else already" in refusal(file(LONG + "Bo,pace,7\n"), **words)


@pytest.mark.parametrize(
    "value",
    [
        "5.5",
        "7.0",
        "1e0",
        "９",
        "NaN",
        "nan",
        "+5",
        "0",
        "10",
        "-1",
        "07",
        "7 8",
        "seven",
        "Unable",
        "na",
        "N/A",
        "٧",
        "=7",
        "−5",
        "1_0",
    ],
)
def test_only_plain_whole_numbers_of_the_scale_are_levels(file, value):
    said = refusal(file(LONG + f"Bo,pace,7\nBo,place,{value}\n"))

    assert said.splitlines()[1:] == [
        f"ratings.csv, line 3, column 'rating': {value!r} is not a level; "
        "allowed are 1 to 9, empty or NA (not answered) and unable (unable to rate)."
    ]


def test_all_bad_lines_are_told_at_once_with_file_line_and_column(file):
    first = file(
        "participant,round,group,item,rating\nBo,1,users,pace,10\n,1,users,pace,7\nBo,one,users,,7\nBo,1,carers,time,7\n", "a.csv"
    )
    second = file("participant,round,pace,place\nAda,1,5.5,x\nBo,1\n", "b.csv")

    lines = refusal(first, second).splitlines()

    assert lines[0] == "The ratings cannot be used; nothing was read in."
    assert [line.split(": ")[0] for line in lines[1:]] == [
        "a.csv, line 2, column 'rating'",
        "a.csv, line 3, column 'participant'",
        "a.csv, line 4, column 'round'",
        "a.csv, line 4, column 'item'",
        "b.csv, line 2, column 'pace'",
        "b.csv, line 2, column 'place'",
        "b.csv, line 3",
    ]


def test_beyond_fifty_only_the_number_of_problems_is_told(file):
    lines = refusal(file(LONG + "".join(f"P{n},pace,10\n" for n in range(60)))).splitlines()

    assert len(lines) == 52
    assert lines[50].startswith("ratings.csv, line 51")
    assert lines[51] == "… and 10 more."


def test_line_numbers_count_blank_lines_and_line_ends_in_quotes(file):
    assert "line 5, column 'rating'" in refusal(file(LONG + '\nBo,"pace\nof talk",7\nBo,place,x\n'))


@pytest.mark.parametrize(
    ("content", "place"),
    [
        (LONG + "Bo,pace,7\nAda,pace,7\nBo,pace,8\n", "line 4: 'Bo' has rated 'pace' already"),
        (LONG + "Bo,pace,\nBo,pace,\n", "line 3: 'Bo' has rated 'pace' already"),
        ("participant,pace,place\nBo,7,8\nBo,7,8\n", "line 3: 'Bo' has rated 'pace' already"),
        ("participant,item,criterion,rating\nBo,pace,clarity,7\nBo,pace,clarity,7\n", "'pace' for 'clarity' already"),
    ],
)
def test_a_second_rating_of_the_same_is_refused(file, content, place):
    lines = refusal(file(content)).splitlines()

    assert len(lines) == 2
    assert place in lines[1]


@pytest.mark.parametrize("names", [("a.csv", "b.csv"), ("b.csv", "a.csv")])
def test_a_repeat_is_told_with_the_file_it_is_in(file, names):
    head = "participant,round,item,rating\n"
    first, second = names
    paths = [file(head + "Bo,1,pace,7\nBo,1,pace,7\n", first), file(head + "Bo,1,time,7\nAda,1,time,7\nBo,1,pace,7\n", second)]

    lines = refusal(*paths).splitlines()

    assert [line.split(":")[0] for line in lines[1:]] == [f"{first}, line 3", f"{second}, line 4"]


def test_a_participant_in_two_groups_in_one_round_is_refused(file):
    head = "participant,round,group,item,rating\n"

    said = refusal(file(head + "Bo,1,users,pace,7\nBo,1,carers,place,7\n"))

    assert "line 3, column 'group': the participant is in 'users' and 'carers'" in said
    assert len(read(file(head + "Bo,1,users,pace,7\nBo,2,carers,pace,7\n")).rounds) == 2


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "the file is empty"),
        ("\n\n", "the file is empty"),
        ("person,item,rating\nBo,pace,7\n", "no column called participant; the header has 'person', 'item', 'rating'"),
        ("participant,item\nBo,pace\n", "needs the column rating too"),
        ("participant,rating\nBo,7\n", "needs the column item too"),
        ("participant,group\nBo,users\n", "there are no ratings"),
        ("participant,criterion,pace\nBo,clarity,7\n", "criteria need one rating a line"),
        ("participant,pace,pace\nBo,7,8\n", "two columns are called 'pace'"),
        ("participant,item,rating,Rating\nBo,pace,7,8\n", "two columns are called 'rating'"),
        (LONG, "a header and no ratings"),
        (LONG + "Bo,pace\n", "line 2: the line has 2 cells, the header has 3"),
        (LONG + "Bo,pace,7,\n", "the line has 4 cells, the header has 3"),
        ("participant,item,rating,\nBo,pace,7,lost\n", "line 2: the line has a value under a column without a name"),
        (LONG + 'Bo,"pa"ce,7\n', "line 2: the quotes or delimiters are broken"),
        (LONG + 'Bo,"pace,7\n', "line 2: the quotes or delimiters are broken"),
        (LONG + "Bo,pa\x1bce,7\n", "holds a control character"),
        ("participant,round,item,rating\nBo,0,pace,7\n", "'0' is not a round"),
        ("participant,round,item,rating\nBo,1.0,pace,7\n", "'1.0' is not a round"),
        ("participant,item,criterion,rating\nBo,pace,,7\n", "the criterion is empty"),
        (LONG.encode() + b"Bo,pace,7\nZo\xe9,pace,7\n", "line 3: here begins text that is not UTF-8"),
        (LONG.encode("utf-16"), "the file is UTF-16"),
        (LONG.encode() + b"Bo,pa\0ce,7\n", "zero bytes"),
        (b"PK\x03\x04 no archive", "damaged"),
    ],
)
def test_a_file_that_cannot_be_used_is_refused_in_words(file, content, said):
    assert said in refusal(file(content))


def test_what_was_wrong_before_a_broken_line_is_told_too(file):
    assert len(refusal(file(LONG + 'Bo,pace,10\nBo,"pa"ce,7\n')).splitlines()) == 3


def test_files_with_and_without_rounds_cannot_be_mixed(file):
    paths = [file(LONG + "Bo,pace,7\n", "a.csv"), file("participant,round,item,rating\nBo,2,pace,7\n", "b.csv")]

    assert "Some of the files have a round column" in refusal(*paths)


def test_what_is_no_file_is_refused(tmp_path):
    assert "absent.csv: no such file" in refusal(tmp_path / "absent.csv")
    assert "not a file" in refusal(tmp_path)


def test_a_file_that_is_too_large_is_refused(file, monkeypatch):
    monkeypatch.setattr("delphi.files.tables.MOST_BYTES", 10)

    assert "at most 10 are read" in refusal(file(LONG))


@pytest.mark.parametrize("value", [5.5, True, datetime.date(2026, 5, 7), "7.0", 10, 0])
def test_a_cell_that_is_no_level_is_refused_with_its_line(sheet, value):
    said = refusal(sheet([["participant", "pace"], ["Ada", 7], ["Bo", value]]))

    assert "ratings.xlsx, line 3, column 'pace'" in said
    assert "is not a level" in said


def test_every_formula_is_refused_even_among_the_names(sheet):
    lines = refusal(sheet([["participant", "pace"], ["=A1", 7], ["Bo", "=3+4"]])).splitlines()

    assert lines[1:] == [
        "ratings.xlsx, line 2, column 'A': the cell holds a formula; paste its value instead.",
        "ratings.xlsx, line 3, column 'B': the cell holds a formula; paste its value instead.",
    ]


def test_a_cell_beyond_the_header_is_refused(sheet):
    assert "without a name" in refusal(sheet([["participant", "pace"], ["Bo", 7, "lost"]]))


def test_a_spreadsheet_that_unpacks_to_too_much_is_refused(sheet, monkeypatch):
    monkeypatch.setattr("delphi.files.tables.MOST_XLSX_BYTES", 1000)

    assert "unpacks to more than 1000 bytes" in refusal(sheet([["participant", "pace"], ["Bo", 7]]))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_a_spreadsheet_that_defines_entities_is_refused(sheet, file, encoding):
    content = io.BytesIO()
    with zipfile.ZipFile(sheet([["participant", "pace"], ["Bo", 7]])) as old, zipfile.ZipFile(content, "w") as new:
        for part in old.namelist():
            text = old.read(part)
            if part == "xl/worksheets/sheet1.xml":
                text = ('<!DOCTYPE x [<!ENTITY a "7">]>' + text.decode()).encode(encoding)
            new.writestr(part, text)

    assert "XML definitions" in refusal(file(content.getvalue(), "evil.xlsx"))


def test_an_archive_that_is_no_spreadsheet_is_refused(file):
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("readme.txt", "no workbook")

    assert "damaged or not an XLSX file" in refusal(file(content.getvalue(), "x.xlsx"))


@given(st.binary(max_size=60) | st.text(max_size=60).map(str.encode))
def test_any_bytes_are_read_or_refused_in_words(tmp_path_factory, content):
    path = tmp_path_factory.mktemp("ratings") / "any.csv"
    path.write_bytes(b"participant,item,rating\n" + content)

    try:
        ratings = read(path)
    except (FileError, InvalidError) as refused:
        words = str(refused)
    else:
        words = str(ratings.rounds[0].participants)
    assert words
