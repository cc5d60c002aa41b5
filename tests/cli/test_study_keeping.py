"""`delphi study search`, `clone`, `archive` and `bring-back`, and the log narrowed down."""

import json
from pathlib import Path

import pytest

from tests import cast
from tests.cli.conftest import Run, done, refused

SLUG = "connections"


@pytest.fixture
def closed(with_open_round: Run, files: Path) -> Run:
    """The command line, once round 1 is closed, commented and decided on."""
    comments = ("--comments", files / "comments-1.csv")
    done(with_open_round("ratings", "import", SLUG, "1", files / "round-1.csv", *comments))
    assert json.loads(done(with_open_round("study", "search", SLUG, "whose", "--json")))["comments"]["n"] == 0
    done(with_open_round("round", "close", SLUG, "1"))
    done(with_open_round("decisions", "import", SLUG, "1", files / "decisions-1.csv"))
    return with_open_round


def test_a_search_tells_where_each_thing_is(closed: Run) -> None:
    said = done(closed("study", "search", SLUG, "WHOSE", "pace"))

    assert said.splitlines() == [
        "Items: 0",
        "Comments: 1",
        "  pace, round 1\tWhose pace?",
        "Decisions: 1",
        "  pace, round 1: reword\tWhose pace was unclear.",
    ]
    told = json.loads(done(closed("study", "search", SLUG, "whose", "--json")))
    assert {kind: one["n"] for kind, one in told.items()} == {"items": 0, "comments": 1, "decisions": 1}
    (comment,) = told["comments"]["found"]
    assert comment.keys() == {"key", "round", "comment", "text"}
    assert "at most 10 words" in refused(closed("study", "search", SLUG, *"abcdefghijk"), 2)
    assert "no study called" in refused(closed("study", "search", "nothing", "pace"))


def test_who_may_see_no_results_finds_items_alone(closed: Run) -> None:
    done(closed("researcher", "add", "cleo@example.org", "--password-stdin", stdin=cast.PASSWORD))
    done(closed("researcher", "join", SLUG, "cleo@example.org", "custodian"))
    search = ("study", "search", SLUG, "pace", "--json", "--as")

    custodian, ruth = (json.loads(done(closed(*search, who))) for who in ("cleo@example.org", cast.RUTH))

    assert {kind: one["n"] for kind, one in ruth.items()} == {"items": 1, "comments": 1, "decisions": 1}
    assert {kind: one["n"] for kind, one in custodian.items()} == {"items": 1, "comments": 0, "decisions": 0}


def test_who_begins_a_study_from_another_answers_for_it(closed: Run) -> None:
    done(closed("researcher", "add", "fay@example.org", "--password-stdin", stdin=cast.PASSWORD))
    done(closed("researcher", "join", SLUG, "fay@example.org", "facilitator"))

    done(closed("study", "clone", SLUG, "--title", "Once more", "--as", "fay@example.org"))

    (member,) = json.loads(done(closed("study", "team", "once-more", "--json")))
    assert member["email"] == "fay@example.org"
    log = json.loads(done(closed("audit", "list", "once-more", "--json")))
    assert {entry["actor"] for entry in log} == {"researcher 2"}


def test_a_study_is_begun_from_another(closed: Run) -> None:
    assert done(closed("study", "clone", SLUG, "--title", "Once more")) == f"once-more has begun, from {SLUG}.\n"

    assert json.loads(done(closed("study", "show", "once-more", "--json")))["panel"] == {"Carers": 0, "Academics": 0}
    assert "called once-more already" in refused(closed("study", "clone", SLUG, "--title", "Once more"))
    assert "plain small letters" in refused(closed("study", "clone", SLUG, "--title", "Again", "--slug", "A B"), 2)
    listed = json.loads(done(closed("audit", "list", "once-more", "--kind", "study", "--json")))
    assert [entry["action"] for entry in listed] == ["study created", "study cloned"]


def test_an_archived_study_is_listed_with_the_others_only_when_asked_and_refuses_every_change(closed: Run, files: Path) -> None:
    (files / "more.csv").write_text("name,email,group\nNils,nils@example.org,Carers\n", encoding="utf-8")
    (files / "codes.csv").write_text("name,definition\nSafety,Feeling safe\n", encoding="utf-8")
    kept = "item,action,reason\nstep-back,keep,Nobody asked for more.\n"
    (files / "others.csv").write_text(kept, encoding="utf-8")
    assert "Bring it back with: delphi study bring-back connections" in done(closed("study", "archive", SLUG))

    listed = closed("study", "list")
    assert (listed.stdout, listed.stderr) == ("", "Every study here is archived. List them with: delphi study list --all\n")
    assert f"{SLUG}\tarchived\t" in done(closed("study", "list", "--all"))
    for words in (
        ("round", "publish", SLUG, "1"),
        ("panel", "import", SLUG, files / "more.csv"),
        ("codes", "import", SLUG, files / "codes.csv"),
        ("decisions", "import", SLUG, "1", files / "others.csv"),
        ("mail", "test", SLUG, "invitation", cast.RUTH),
        ("mail", "text", SLUG, "invitation", "--subject", "Your answers"),
        ("panel", "targets", SLUG, "--want", "Carers", "5"),
        ("panel", "bounce", SLUG, "carers-1@example.org"),
        ("draft", "mark", SLUG, "first-meeting", "--core", "1", "--reason", "It was missing."),
        ("comments", "read", SLUG, "1", "--all"),
        ("study", "care", SLUG, "--name", "Ada Grey", "--phone", "0123"),
        ("study", "hand-on", SLUG, "--to", "sol@example.org", "--reason", "I retire.", "--as", cast.RUTH),
        ("study", "rehearse", SLUG),
        ("study", "archive", SLUG),
    ):
        result = closed(*words)
        # What reads a file names the line as well, and ends with 2.
        assert "archived" in refused(result, 2 if "decisions" in words else 1), words
    assert "whole and in order" in done(closed("audit", "verify", SLUG))
    done(closed("study", "bring-back", SLUG))
    assert "is not archived" in refused(closed("study", "bring-back", SLUG))
    assert f"{SLUG}\tclosed" in done(closed("study", "list"))
    done(closed("round", "publish", SLUG, "1"))


def test_with_an_open_round_it_is_not_archived(with_open_round: Run) -> None:
    assert "Round 1 is open. Close it first" in refused(with_open_round("study", "archive", SLUG))


def test_the_log_is_narrowed_down(closed: Run) -> None:
    about = done(closed("audit", "list", SLUG, "--kind", "rounds", "--round", "1")).splitlines()

    assert [line.split("\t")[3] for line in about] == ["round opened", "ratings imported", "round closed"]
    assert done(closed("audit", "list", SLUG, "--actor", "researcher 9")) == ""
