"""Ratings files: what is read, and what is understood and told."""

import io
import zipfile

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from delphi.files.ratings import read_ratings

LONG = "participant,item,rating\n"


def read(*paths, low=1, high=9, **words):
    return read_ratings(paths, low, high, **words)


def test_a_long_file_becomes_a_matrix_in_order_of_first_appearance(file):
    path = file(
        "rating,note,item,group,participant\n7,x,pace,users,Bo\nunable,y,place,users,Bo\n,,place,carers,Ada\nNA,,pace,carers,Ada\n9,,time,carers,Ada\n"
    )

    ratings = read(path)

    (round_,) = ratings.rounds
    assert (round_.round, round_.participants, round_.items, round_.criteria) == (
        1,
        ("Bo", "Ada"),
        ("pace", "place", "time"),
        (None,),
    )
    assert round_.matrix.tolist() == [[7, 255, 0], [0, 0, 9]]
    assert round_.matrix.dtype == np.uint8
    assert (round_.group_names, round_.groups.tolist()) == (("carers", "users"), [1, 0])
    assert ratings.notices == ("ratings.csv: these columns are not used: 'note'.",)


def test_a_wide_file_has_a_column_an_item(file):
    (round_,) = read(file("participant,pace,group,place\nBo,7,users,unable\nAda,NA,,1\n")).rounds

    assert (round_.items, round_.matrix.tolist()) == (("pace", "place"), [[7, 255], [0, 1]])
    assert (round_.group_names, round_.groups.tolist()) == (("users",), [0, -1])


@pytest.mark.parametrize(
    "content",
    [
        "participant;item;rating\nBo;pace;7\n",
        "participant\titem\trating\nBo\tpace\t7\n",
        '"participant";"item";"rating"\r\n"Bo";"pace";"7"\r\n',
        "\ufeffparticipant,item,rating\n\n Bo , pace , 7 \n,,\n",
        " Participant , ITEM ,Rating\nBo,pace,7",
    ],
)
def test_delimiters_quotes_marks_and_blanks_make_no_difference(file, content):
    (round_,) = read(file(content)).rounds

    assert (round_.participants, round_.items, round_.matrix.tolist()) == (("Bo",), ("pace",), [[7]])


def test_the_delimiter_is_found_though_item_names_hold_others(file):
    (round_,) = read(file('participant;"a, b, c";d,e\nBo;7;8\n')).rounds

    assert round_.items == ("a, b, c", "d,e")


def test_names_that_look_alike_are_alike(file):
    (round_,) = read(file(LONG + "Zoe\u0301,pace  of\u00a0talk,7\nZo\u00e9,place,8\n")).rounds

    assert (round_.participants, round_.items) == (("Zo\u00e9",), ("pace of talk", "place"))


def test_criteria_that_an_item_does_not_have_were_not_asked(file):
    content = "participant,item,criterion,rating\nBo,pace,importance,7\nBo,pace,clarity,2\nAda,place,importance,\n"

    (round_,) = read(file(content)).rounds

    assert round_.criteria == ("importance", "clarity")
    assert round_.matrix.tolist() == [[7, 2, 0, 254], [0, 0, 0, 254]]


def test_rounds_come_from_a_column_or_from_the_order_of_the_files(file):
    column = read(file("participant,round,item,rating\nBo,2,place,8\nBo,1,pace,7\n")).rounds
    files = read(file(LONG + "Bo,pace,7\n", "a.csv"), file("participant,place\nBo,8\n", "b.csv")).rounds

    for first, second in (column, files):
        assert (first.round, first.items, first.matrix.tolist()) == (1, ("pace",), [[7]])
        assert (second.round, second.items, second.matrix.tolist()) == (2, ("place",), [[8]])


def test_files_with_a_round_column_can_share_a_round(file):
    head = "participant,round,item,rating\n"

    (round_,) = read(file(head + "Bo,1,pace,7\n", "a.csv"), file(head + "Ada,1,pace,8\n", "b.csv")).rounds

    assert round_.matrix.tolist() == [[7], [8]]


def test_a_wide_column_that_is_empty_in_one_round_belongs_to_the_other(file):
    ratings = read(file("participant,round,pace,place\nBo,1,7,\nAda,1,,\nBo,2,,8\n"))

    assert [round_.items for round_ in ratings.rounds] == [("pace",), ("place",)]
    assert ratings.notices == (
        "Round 1: empty for everybody, so taken as not asked: 'place'.",
        "Round 2: empty for everybody, so taken as not asked: 'pace'.",
    )


def test_a_wide_column_that_is_empty_in_the_only_round_stays(file):
    (round_,) = read(file("participant,pace,place\nBo,7,\n")).rounds

    assert round_.matrix.tolist() == [[7, 0]]


def test_participants_without_a_group_are_told_of(file):
    ratings = read(file("participant,group,pace\nBo,users,7\nAda,,8\n"))

    assert ratings.notices == ("Round 1: without a group, counted for the panel only: 1.",)


def test_further_words_for_missing_and_unable_are_taken(file):
    (round_,) = read(file(LONG + "Bo,pace,-\nBo,place,X\n"), missing=["-", "99"], unable=["X"]).rounds

    assert round_.matrix.tolist() == [[0, 255]]


def test_levels_below_zero_are_read_as_they_are_written(file):
    (round_,) = read(file(LONG + "Bo,pace,-5\nBo,place,0\n"), low=-5, high=5).rounds

    assert round_.matrix.tolist() == [[1, 6]]


def test_the_same_item_in_another_round_or_criterion_is_no_repeat(file):
    content = "participant,round,item,criterion,rating\nBo,1,pace,a,7\nBo,2,pace,a,8\nBo,1,pace,b,9\n"

    assert [round_.matrix.tolist() for round_ in read(file(content)).rounds] == [[[7, 9]], [[8]]]


def test_a_whole_number_with_a_decimal_point_is_a_level_in_a_spreadsheet(sheet, file):
    content = io.BytesIO()
    with zipfile.ZipFile(sheet([["participant", "pace"], ["Bo", 8.5]])) as old, zipfile.ZipFile(content, "w") as new:
        for part in old.namelist():
            new.writestr(part, old.read(part).replace(b"<v>8.5</v>", b"<v>8.0</v>"))

    (round_,) = read(file(content.getvalue(), "other.xlsx")).rounds

    assert round_.matrix.tolist() == [[8]]


def test_a_spreadsheet_reads_like_its_csv(sheet, file):
    rows = [
        ["participant", "group", "item", "rating"],
        [1463, "users", "pace", 7],
        ["Bo", None, "place", "unable"],
        [None] * 4,
        [12.0, "users", "pace", 8.0],
        ["Bo", None, "pace", "NA"],
    ]
    text = "participant,group,item,rating\n1463,users,pace,7\nBo,,place,unable\n12,users,pace,8\nBo,,pace,NA\n"

    (ours,), (theirs,) = read(sheet(rows)).rounds, read(file(text)).rounds

    assert (ours.participants, ours.items, ours.group_names) == (theirs.participants, theirs.items, theirs.group_names)
    assert ours.matrix.tolist() == theirs.matrix.tolist() == [[7, 0], [0, 255], [8, 0]]
    assert ours.groups.tolist() == theirs.groups.tolist()


cells = st.sampled_from(["", "NA", "unable", *map(str, range(1, 10))])


@given(st.lists(st.lists(cells, min_size=3, max_size=3), min_size=1, max_size=6))
def test_long_and_wide_say_the_same(tmp_path_factory, rows):
    folder = tmp_path_factory.mktemp("ratings")
    items = ["pace", "place", "time"]
    wide, long = folder / "wide.csv", folder / "long.csv"
    wide.write_text("\n".join(["participant," + ",".join(items), *(f"P{n}," + ",".join(row) for n, row in enumerate(rows))]))
    long.write_text(
        LONG + "\n".join(f"P{n},{item},{cell}" for n, row in enumerate(rows) for item, cell in zip(items, row, strict=True))
    )

    (ours,), (theirs,) = read(wide).rounds, read(long).rounds

    assert np.array_equal(ours.matrix, theirs.matrix)
    assert (ours.participants, ours.items) == (theirs.participants, theirs.items)
