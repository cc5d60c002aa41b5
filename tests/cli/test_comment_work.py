"""`delphi comments code`, `answer`, `read` and `retract`: what is done about one comment, as its page shows it."""

import json
from pathlib import Path
from typing import Any

from sqlalchemy import select

from delphi.database import Database
from delphi.models import CommentRelease, Decision
from delphi.services.comment_work import AtWork, comments_at_work
from delphi.services.studies import find_round, find_study
from tests import cast
from tests.cli.conftest import Run, done, refused
from tests.cli.test_comments import JUDGED, SLUG, closed, filled

__all__ = ["closed"]

BY_RUTH = ("--as", cast.RUTH)


def shown(run: Run) -> dict[str, dict[str, Any]]:
    """Return what the list tells of each comment, by its text."""
    return {one["text"]: one for one in json.loads(done(run("comments", "list", SLUG, 1, "--json")))}


def at_work(database: Database, number: str) -> AtWork:
    """Return a comment as the page shows it."""
    with database.reading() as session:
        (found,) = [
            one for one in comments_at_work(session, find_round(session, find_study(session, SLUG), 1)) if str(one.id) == number
        ]
        return found


def last_act(run: Run) -> tuple[str, str]:
    log = json.loads(done(run("audit", "list", SLUG, "--json")))
    return log[-1]["action"], log[-1]["actor"]


def with_codes(run: Run, files: Path) -> None:
    (files / "codes.csv").write_text("name\nSafety\nPace\n", encoding="utf-8")
    done(run("codes", "import", SLUG, files / "codes.csv", *BY_RUTH))


def test_a_comment_is_coded_and_codes_are_taken_off(closed: Run, database: Database, files: Path) -> None:
    with_codes(closed, files)
    whose = shown(closed)["Whose pace?"]["comment"]
    code = ("comments", "code", SLUG, 1, whose)

    done(closed(*code, "--put", "safety", "--put", "Pace", *BY_RUTH))
    assert last_act(closed) == ("comment coded", "researcher 1")
    done(closed(*code, "--take-off", "Safety"))

    assert shown(closed)["Whose pace?"]["codes"] == ["Pace"]
    assert [one["text"] for one in shown(closed).values() if one["read"]] == ["Whose pace?"]
    assert "1 comment carried it" in done(closed("codes", "remove", SLUG, "Pace"))
    assert at_work(database, whose).codes == ()
    assert "no code called Nothing" in refused(closed(*code, "--put", "Nothing"))
    assert "Say which code" in refused(closed(*code), 2)
    assert "no such comment" in refused(closed("comments", "code", SLUG, 1, 4711, "--put", "Safety"))


def test_a_comment_is_linked_to_the_decision_that_answers_it(closed: Run, database: Database, files: Path) -> None:
    whose = shown(closed)["Whose pace?"]["comment"]
    answer = ("comments", "answer", SLUG, 1, whose)
    assert "Nobody has decided on this item yet" in refused(closed(*answer))
    done(closed("decisions", "import", SLUG, 1, files / "decisions-1.csv", *BY_RUTH))

    done(closed(*answer, *BY_RUTH))

    assert last_act(closed) == ("comment linked", "researcher 1")
    assert at_work(database, whose).is_answered
    assert (shown(closed)["Whose pace?"]["decision"], shown(closed)["Whose pace?"]["answered"]) == ("reword", True)
    done(closed(*answer, "--not"))
    assert not at_work(database, whose).is_answered
    with database.reading() as session:
        assert session.scalars(select(Decision.decided_by)).all() == [1]


def test_what_was_read_is_marked_by_number_or_all_of_it(closed: Run) -> None:
    read = ("comments", "read", SLUG, 1)

    assert done(closed(*read, shown(closed)["Whose pace?"]["comment"])) == "1 comment is marked as read.\n"
    assert [one["text"] for one in shown(closed).values() if one["read"]] == ["Whose pace?"]
    assert done(closed(*read, "--all", *BY_RUTH)) == "4 comments are marked as read.\n"
    assert last_act(closed) == ("comments read", "researcher 1")
    assert all(one["read"] for one in shown(closed).values())
    assert "no such comment" in refused(closed(*read, 4711))
    assert "or say --all" in refused(closed(*read), 2)


def test_a_comment_that_was_shown_is_taken_back_with_the_reason(closed: Run, database: Database, files: Path) -> None:
    done(closed("comments", "judge", SLUG, 1, filled(closed, files, JUDGED), *BY_RUTH))
    number = shown(closed)["Whose pace?"]["comment"]
    retract = ("comments", "retract", SLUG, 1, number, "--reason")
    assert "is not shown to the panel" in refused(closed(*retract, "It names a person."))
    done(closed("round", "publish", SLUG))
    assert "Give the reason in a sentence" in refused(closed(*retract, " "), 2)

    done(closed(*retract, "It names a person.", *BY_RUTH))

    assert last_act(closed) == ("comment retracted", "researcher 1")
    assert shown(closed)["Whose pace?"]["state"] == "retracted"
    with database.reading() as session:
        release = session.get_one(CommentRelease, int(number))
        assert (release.reason, release.decided_by) == ("It names a person.", 1)


def test_nothing_of_an_open_round_is_told_or_worked_on(with_open_round: Run, files: Path) -> None:
    with_codes(with_open_round, files)
    done(with_open_round("ratings", "import", SLUG, 1, files / "round-1.csv", "--comments", files / "comments-1.csv"))

    for words in (("list", SLUG, 1, "--json"), ("read", SLUG, 1, "--all"), ("code", SLUG, 1, 4711, "--put", "Safety")):
        assert "Round 1 is still open" in refused(with_open_round("comments", *words))
    assert "no such comment" in refused(with_open_round("comments", "answer", SLUG, 1, 4711))


def test_the_list_names_nobody(closed: Run) -> None:
    told = done(closed("comments", "list", SLUG, 1, "--json"))

    assert len(json.loads(told)) == 5
    assert "carers" not in told.lower()
