"""`delphi codes`: the codebook in and out, renamed and merged, and the coded comments without a person."""

import csv
import io
from pathlib import Path

from tests.cli.conftest import Run, done, refused
from tests.cli.test_comments import SLUG, closed

__all__ = ["closed"]


def book(run: Run) -> list[list[str]]:
    return list(csv.reader(io.StringIO(done(run("codes", "list", SLUG)))))[1:]


def given(run: Run, files: Path, text: str) -> str:
    path = files / "codes.csv"
    path.write_text(text, encoding="utf-8")
    return done(run("codes", "import", SLUG, path))


def test_a_codebook_goes_in_and_comes_out(closed: Run, files: Path) -> None:
    told = given(closed, files, "name,definition\nSafety,Where people feel safe.\n'=Place,\n")

    assert told.strip() == "2 codes were added and 0 defined anew."
    assert book(closed) == [["'=Place", "", "0"], ["Safety", "Where people feel safe.", "0"]]


def test_what_comes_out_goes_in_again_and_changes_nothing(closed: Run, files: Path) -> None:
    given(closed, files, "name,definition\nSafety,-- or not\n@home,\n")
    before = book(closed)

    told = given(closed, files, done(closed("codes", "list", SLUG)))

    assert told.strip() == "0 codes were added and 0 defined anew."
    assert book(closed) == before


def test_codes_are_renamed_and_merged_by_name(closed: Run, files: Path) -> None:
    given(closed, files, "name\nSafety\nDanger\n")

    assert "is called Feeling safe now" in done(closed("codes", "rename", SLUG, "safety", "Feeling safe"))
    assert "Danger is merged into Feeling safe" in done(closed("codes", "merge", SLUG, "Danger", "feeling SAFE"))
    assert book(closed) == [["Feeling safe", "", "0"]]


def test_what_cannot_be_is_refused_in_a_line(closed: Run, files: Path) -> None:
    given(closed, files, "name\nSafety\n")
    (files / "long.csv").write_text("name\nOther\n" + "x" * 61 + "\n", encoding="utf-8")

    assert "no code called Nothing" in refused(closed("codes", "rename", SLUG, "Nothing", "Else"))
    assert "no code called Nothing" in refused(closed("codes", "merge", SLUG, "Safety", "Nothing"))
    assert "line 3" in refused(closed("codes", "import", SLUG, files / "long.csv"), 2)
    assert book(closed) == [["Safety", "", "0"]]


def test_the_comments_come_with_their_codes_and_no_person(closed: Run) -> None:
    text = done(closed("codes", "comments", SLUG))

    rows = list(csv.DictReader(io.StringIO(text)))
    assert len(rows) == 5
    assert {row["readers"] for row in rows} == {"team", "verbatim", "reworded"}
    assert "@" not in text
    assert "carers" not in text
