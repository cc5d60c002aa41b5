"""`delphi safeguarding`: the reader alone, who shows who they are, reads new texts and marks them."""

import json
from typing import Any

import pytest

from delphi.database import Database
from delphi.services.safeguarding import unread_texts
from delphi.services.studies import find_study
from tests import cast
from tests.cli.conftest import Run, done, refused
from tests.web import stages

SLUG = stages.SLUG
BY_RUTH = ("--as", cast.RUTH, "--password-stdin")
LIST, READ = ("safeguarding", "list", SLUG), ("safeguarding", "read", SLUG)


@pytest.fixture
def opened(database: Database, run: Run) -> Run:
    """Round 1, open, with a comment and a proposal; Ruth is the reader."""
    with database.transaction() as session:
        stages.round_open(session)
    return run


def unread(run: Run, *more: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(done(run(*LIST, "--json", *more, *BY_RUTH, stdin=cast.PASSWORD)))
    return found


def test_the_reader_reads_what_is_new_while_the_round_is_open_and_marks_it(opened: Run, database: Database) -> None:
    texts = {one["kind"]: one for one in unread(opened)}
    assert {kind: one["words"] for kind, one in texts.items()} == {
        "comment": "Not every house <b>is</b> safe.",
        "proposal": "Somebody <b>thanks</b> the organiser.",
    }

    said = done(opened(*READ, texts["comment"]["ref"], *BY_RUTH, stdin=cast.PASSWORD))

    assert said == "1 text is marked as read.\n"
    with database.reading() as session:
        left = unread_texts(session, cast.keyring(), find_study(session, SLUG))
        assert [str(one.kind) for one in left] == ["proposal"]
    assert [one["kind"] for one in unread(opened)] == ["proposal"]
    assert [one["kind"] for one in unread(opened, "--read")] == ["comment"]
    log = json.loads(done(opened("audit", "list", SLUG, "--json")))
    assert (log[-1]["action"], log[-1]["actor"]) == ("texts read for safeguarding", "researcher 1")
    line = done(opened(*LIST, *BY_RUTH, stdin=cast.PASSWORD))
    assert line.endswith("\tSomebody <b>thanks</b> the organiser.\n")


def test_nobody_else_reads_a_text_and_a_name_alone_is_not_enough(opened: Run) -> None:
    reader_only = "Only the safeguarding reader named in the protocol may see this."
    for words in (LIST, (*READ, "comment-1-1")):
        assert refused(opened(*words, "--as", stages.SOL, "--password-stdin", stdin=cast.PASSWORD)) == reader_only
        assert "Password or code of ruth@example.org is wrong" in refused(opened(*words, *BY_RUTH, stdin="some other words"), 2)
        assert "Missing option '--as'" in refused(opened(*words), 2)


def test_a_text_that_is_not_there_is_refused(opened: Run) -> None:
    assert len(unread(opened)) == 2
    assert refused(opened(*READ, "comment-1-1", *BY_RUTH, stdin=cast.PASSWORD))
    assert len(unread(opened)) == 2
