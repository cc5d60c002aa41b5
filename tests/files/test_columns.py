"""Rows by the names of their columns: what is missing is said all at once, with the header that is wanted."""

import pytest

from delphi.errors import FileError
from delphi.files.columns import records, whole_records

NEEDED = ("name", "email", "group")


def test_all_missing_columns_are_named_with_the_header_that_is_wanted(file):
    with pytest.raises(FileError) as refused:
        list(records(file("Full name,E-mail\nAda,ada@example.org\n"), NEEDED))

    (problem,) = refused.value.problems
    assert (problem.file, problem.line) == ("ratings.csv", 1)
    assert str(problem.message) == (
        "the columns 'name', 'group' are missing; the header has to be name,email,group and is Full name,E-mail."
    )


def test_one_missing_column_is_named_alone(file):
    with pytest.raises(FileError, match="the column 'group' is missing; the header has to be name,email,group and is name,email"):
        list(records(file("name,email\nAda,ada@example.org\n"), NEEDED))


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_a_column_that_is_there_is_not_called_missing_whatever_the_delimiter(file, delimiter):
    header = delimiter.join(["full name", "email", "group"])

    with pytest.raises(FileError, match="the column 'name' is missing"):
        list(records(file(f"{header}\n"), NEEDED))


def test_columns_are_found_in_any_order_and_spelling(file):
    rows = list(records(file("Group;other;E-Mail;NAME\nCarers;x;ada@example.org;Ada\n"), NEEDED, ("note",)))

    assert rows == [(2, {"name": "Ada", "email": "ada@example.org", "group": "Carers", "note": ""})]


def test_further_columns_go_by_their_headers_and_of_two_called_the_same_neither(file):
    rows = whole_records(file("Name,email,group,Age  band,,x,X\nAda,a@example.org,Carers,20-29,?,1,2\n"), NEEDED)

    assert [further for _, _, further in rows] == [{"Age band": "20-29"}]
