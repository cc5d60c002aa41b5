"""`delphi comments`: read what people wrote, judge it in a file, publish only then, and export what was shown."""

import csv
import io
from pathlib import Path

import pytest

from tests.cli.conftest import Run, done, refused

SLUG = "connections"
COMMENTS = """\
participant,item,readers,comment
carers-1@example.org,pace,verbatim,=1+1 is my pace
carers-2@example.org,pace,Reworded,Whose pace?
carers-3@example.org,step-back,team,For you alone.
carers-4@example.org,pace,verbatim,He is called Bob.
carers-5@example.org,pace,,Also for you alone.
"""
JUDGED = {
    "=1+1 is my pace": ("show", "", ""),
    "Whose pace?": ("show", "Somebody asks whose pace is meant.", ""),
    "He is called Bob.": ("withhold", "", "It names a person."),
}


@pytest.fixture
def closed(with_open_round: Run, files: Path) -> Run:
    """Round 1, closed, with comments for every kind of reader."""
    (files / "comments-1.csv").write_text(COMMENTS, encoding="utf-8")
    done(with_open_round("ratings", "import", SLUG, 1, files / "round-1.csv", "--comments", files / "comments-1.csv"))
    done(with_open_round("round", "close", SLUG))
    return with_open_round


def listed(run: Run) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(done(run("comments", "list", SLUG, 1)))))


def filled(run: Run, files: Path, judged: dict[str, tuple[str, str, str]]) -> Path:
    """Fill in the list as somebody would in a spreadsheet, and return the file."""
    rows = listed(run)
    for row in rows:
        for text, (action, words, reason) in judged.items():
            if row["comment"].removeprefix("'") == text:
                row.update(action=action, words=words, reason=reason)
    path = files / "judged.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return path


def test_the_list_tells_words_items_and_readers_and_no_people(closed: Run) -> None:
    rows = listed(closed)

    assert {(row["comment"], row["item"], row["readers"], row["action"]) for row in rows} == {
        ("'=1+1 is my pace", "pace", "verbatim", ""),
        ("Whose pace?", "pace", "reworded", ""),
        ("For you alone.", "step-back", "team", ""),
        ("He is called Bob.", "pace", "verbatim", ""),
        ("Also for you alone.", "pace", "team", ""),
    }
    assert "carers" not in str(rows)


def test_what_is_judged_in_a_file_is_what_the_export_tells(closed: Run, files: Path) -> None:
    said = done(closed("comments", "judge", SLUG, 1, filled(closed, files, JUDGED)))
    done(closed("round", "publish", SLUG))
    done(closed("export", SLUG, "comments.csv", "--output", files / "shown.csv"))

    assert said == "3 comments were judged.\n"
    rows = list(csv.DictReader((files / "shown.csv").read_text(encoding="utf-8").splitlines()))
    assert {(row["round"], row["item"], row["wording"], row["comment"], row["in_other_words"]) for row in rows} == {
        ("1", "pace", "1", "'=1+1 is my pace", "no"),
        ("1", "pace", "1", "Somebody asks whose pace is meant.", "yes"),
    }
    assert {row["readers"] for row in listed(closed) if row["action"] == "withhold"} == {"verbatim"}


def test_a_round_with_unjudged_comments_is_published_only_when_told_so(closed: Run, files: Path) -> None:
    done(closed("comments", "judge", SLUG, 1, filled(closed, files, {"He is called Bob.": JUDGED["He is called Bob."]})))

    said = refused(closed("round", "publish", SLUG))
    done(closed("round", "publish", SLUG, "--without-unjudged"))

    assert said.startswith("2 comments of round 1 meant for the panel are not judged.")
    assert "--without-unjudged" in said
    assert done(closed("export", SLUG, "comments.csv", "--output", files)) != ""
    assert [path.read_text() for path in files.glob("*-comments-*.csv")] == ["round,item,wording,comment,in_other_words,group\n"]


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("pace,Nobody wrote this.,show,,", "nobody has written this on 'pace'"),
        ("pace,Whose pace?,publish,,", "write show, withhold or nothing"),
        ("pace,Whose pace?,show,,", "in other words"),
        ("pace,He is called Bob.,show,They are called Bob.,", "their own words"),
        ("pace,He is called Bob.,withhold,,", "the writer reads it"),
        ("step-back,For you alone.,show,,", "for the team alone"),
    ],
)
def test_a_row_that_cannot_be_used_stops_them_all_and_is_named(closed: Run, files: Path, row: str, said: str) -> None:
    path = files / "judged.csv"
    path.write_text(f"item,comment,action,words,reason\npace,=1+1 is my pace,show,,\n{row}\n", encoding="utf-8")

    refusal = refused(closed("comments", "judge", SLUG, 1, path), 2)

    assert said in refusal
    assert "line 3" in refusal
    assert {one["action"] for one in listed(closed)} == {""}


def test_readers_that_there_are_not_are_refused(with_open_round: Run, files: Path) -> None:
    (files / "comments-1.csv").write_text("participant,item,readers,comment\ncarers-1@example.org,pace,everybody,Hm\n")

    said = refused(
        with_open_round("ratings", "import", SLUG, 1, files / "round-1.csv", "--comments", files / "comments-1.csv"), 2
    )

    assert "'everybody' are no readers; use team, verbatim, reworded." in said


def test_comments_of_an_open_round_are_not_listed(with_open_round: Run) -> None:
    assert "still open" in refused(with_open_round("comments", "list", SLUG, 1))
