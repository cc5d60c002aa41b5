"""Two people for a step and an opening that is taken back, from the command line; and who has lost their phone."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from sqlalchemy import select

from delphi.database import Database
from delphi.models import Researcher
from delphi.services.researchers import has_second_factor
from tests import cast
from tests.cli.conftest import Run, done, refused
from tests.phone import second_step

SLUG = "connections"
SOL = "sol@example.org"


def add_sol(run: Run, role: str) -> None:
    done(run("researcher", "add", SOL, "--password-stdin", stdin=cast.PASSWORD))
    done(run("researcher", "join", SLUG, SOL, role))


def last_act(run: Run) -> tuple[str, str]:
    log = json.loads(done(run("audit", "list", SLUG, "--json")))
    return log[-1]["action"], log[-1]["actor"]


def test_the_protocol_says_what_takes_two_people(with_study: Run) -> None:
    assert "Only one person" in refused(with_study("study", "protocol", SLUG, "--sign-off", "close"), 2)
    add_sol(with_study, "facilitator")

    said = done(with_study("study", "protocol", SLUG, "--sign-off", "publish, close"))

    assert "Takes two people: close, publish" in said
    assert "open, close, publish" in refused(with_study("study", "protocol", SLUG, "--sign-off", "reopen"), 2)
    assert json.loads(done(with_study("study", "protocol", SLUG, "--sign-off", "none", "--json")))["sign_off"] == []


def test_no_command_goes_round_the_second_person(with_study: Run) -> None:
    add_sol(with_study, "facilitator")
    done(with_study("study", "protocol", SLUG, "--sign-off", "close"))
    done(with_study("round", "open", SLUG))

    for more in ((), ("--as", SOL)):
        assert refused(with_study("round", "close", SLUG, *more)).startswith("The protocol lets nobody close round 1 alone.")


@pytest.fixture
def by_two(with_study: Run) -> Run:
    """The command line, once Sol runs rounds too and the protocol lets nobody open, close or publish alone."""
    add_sol(with_study, "facilitator")
    done(with_study("study", "protocol", SLUG, "--sign-off", "open,close,publish"))
    return with_study


def shown(run: Run) -> dict[str, Any]:
    return dict(json.loads(done(run("study", "show", SLUG, "--json"))))


def acts(run: Run) -> list[tuple[str, str]]:
    return [(entry["actor"], entry["action"]) for entry in json.loads(done(run("audit", "list", SLUG, "--json")))]


def confirm(run: Run, *words: object, typed: str = cast.PASSWORD) -> Result:
    return run("round", "confirm", *words, "--password-stdin", stdin=typed)


def test_a_round_goes_from_opening_to_publishing_by_two_peoples_commands(by_two: Run, files: Path) -> None:
    asked = done(by_two("round", "ask", "open", SLUG, "--deadline", "2099-12-21", "--as", cast.RUTH))
    assert "asked by mail" in asked
    assert (shown(by_two)["rounds"], shown(by_two)["waiting"]) == ([], {"step": "open", "round": 1, "asked_by": cast.RUTH})
    assert f"to open round 1, asked by {cast.RUTH}" in done(by_two("study", "show", SLUG))

    assert "round 1 is open" in done(confirm(by_two, SLUG, "--as", SOL))

    assert acts(by_two)[-3:] == [
        ("researcher 1", "second person asked"),
        ("researcher 2", "second person confirmed"),
        ("researcher 1", "round opened"),
    ]
    (opened,) = shown(by_two)["rounds"]
    assert opened["deadline"].startswith("2099-12-21T")
    assert shown(by_two)["waiting"] is None
    done(by_two("ratings", "import", SLUG, 1, files / "round-1.csv"))
    for step, status in (("close", "closed"), ("publish", "published")):
        done(by_two("round", "ask", step, SLUG, "--as", SOL))
        assert f"round 1 is {status}" in done(confirm(by_two, SLUG, step, "--as", cast.RUTH))
        assert shown(by_two)["rounds"][0]["status"] == status


def test_a_second_word_takes_the_password_of_whom_it_names_and_their_code(by_two: Run, database: Database) -> None:
    done(by_two("round", "ask", "open", SLUG, "--as", cast.RUTH))
    assert "is wrong, or the account is locked" in refused(confirm(by_two, SLUG, "--as", SOL, typed="a guess"), 2)
    with database.transaction() as session:
        sol = session.scalars(select(Researcher).where(Researcher.email == SOL)).one()
        recovery, *_ = second_step(session, sol)
        assert sol.failed_sign_ins == 1
    for typed in (cast.PASSWORD, f"{cast.PASSWORD}\n000000", f"a guess\n{recovery}"):
        assert "is wrong" in refused(confirm(by_two, SLUG, "--as", SOL, typed=typed), 2)
    assert shown(by_two)["rounds"] == []

    assert "round 1 is open" in done(confirm(by_two, SLUG, "--as", SOL, typed=f"{cast.PASSWORD}\n{recovery}"))


def test_who_has_asked_gives_no_second_word(by_two: Run) -> None:
    done(by_two("round", "ask", "open", SLUG, "--as", cast.RUTH))

    for words in (("confirm", SLUG, "--password-stdin"), ("decline", SLUG, "--reason", "No.")):
        said = refused(by_two("round", *words, "--as", cast.RUTH, stdin=cast.PASSWORD))
        assert "somebody else has to give the second word" in said

    assert (shown(by_two)["rounds"], shown(by_two)["waiting"]["step"]) == ([], "open")


def test_a_second_word_is_somebodys_who_runs_rounds(by_two: Run) -> None:
    ina = "ina@example.org"
    done(by_two("researcher", "add", ina, "--password-stdin", stdin=cast.PASSWORD))
    done(by_two("researcher", "join", SLUG, ina, "analyst"))
    assert "takes the role of" in refused(by_two("round", "ask", "open", SLUG, "--as", ina))
    done(by_two("round", "ask", "open", SLUG, "--as", cast.RUTH))

    for words in (("confirm", SLUG), ("decline", SLUG, "--reason", "No."), ("unask", SLUG)):
        assert "takes the role of" in refused(by_two("round", *words, "--as", ina))
        assert "Missing option '--as'" in refused(by_two("round", *words), 2)
    assert shown(by_two)["rounds"] == []


def test_a_request_is_declined_with_a_reason_or_taken_back(by_two: Run) -> None:
    done(by_two("round", "ask", "open", SLUG, "--as", cast.RUTH))
    assert "Say why" in refused(by_two("round", "decline", SLUG, "--reason", " ", "--as", SOL), 2)

    done(by_two("round", "decline", SLUG, "--reason", "The panel is not complete.", "--as", SOL))

    assert last_act(by_two) == ("second person declined", "researcher 2")
    for words in (("confirm", SLUG, "--password-stdin"), ("decline", SLUG, "--reason", "No.")):
        assert "Nothing waits" in refused(by_two("round", *words, "--as", SOL, stdin=cast.PASSWORD))
    done(by_two("round", "ask", "open", SLUG, "--as", cast.RUTH))
    assert "Only who has asked" in refused(by_two("round", "unask", SLUG, "--as", SOL))

    done(by_two("round", "unask", SLUG, "--as", cast.RUTH))

    assert last_act(by_two) == ("request to second person taken back", "researcher 1")
    assert shown(by_two)["waiting"] is None


def test_what_is_confirmed_is_what_was_meant(by_two: Run) -> None:
    done(by_two("round", "ask", "open", SLUG, "--as", cast.RUTH))

    assert "What waits is to open round 1" in refused(confirm(by_two, SLUG, "close", "--as", SOL))

    assert shown(by_two)["rounds"] == []


def test_what_cannot_be_asked_for_is_refused(by_two: Run) -> None:
    assert "No round has been opened" in refused(by_two("round", "ask", "close", SLUG, "--as", SOL))
    assert "a round that is to open" in refused(by_two("round", "ask", "close", SLUG, "--deadline", "2099-12-21", "--as", SOL), 2)
    done(by_two("study", "protocol", SLUG, "--sign-off", "close"))

    assert "asks no second person" in refused(by_two("round", "ask", "open", SLUG, "--as", SOL))


def test_what_commands_want_done_before_a_step_they_want_before_asking_too(by_two: Run, files: Path) -> None:
    done(by_two("study", "protocol", SLUG, "--sign-off", "open,publish"))
    done(by_two("round", "ask", "open", SLUG, "--as", cast.RUTH))
    done(confirm(by_two, SLUG, "--as", SOL))
    (files / "comments-1.csv").write_text("participant,item,readers,comment\ncarers-1@example.org,pace,verbatim,Whose pace?\n")
    done(by_two("ratings", "import", SLUG, 1, files / "round-1.csv", "--comments", files / "comments-1.csv"))
    done(by_two("round", "close", SLUG))
    publish = ("round", "ask", "publish", SLUG, "--as", cast.RUTH)
    assert "add --without-unjudged" in refused(by_two(*publish))
    done(by_two(*publish, "--without-unjudged"))
    done(confirm(by_two, SLUG, "--as", SOL))
    reopen = ("round", "ask", "open", SLUG, "--as", cast.RUTH)
    assert "add --without-decisions" in refused(by_two(*reopen))

    done(by_two(*reopen, "--without-decisions"))

    assert shown(by_two)["waiting"] == {"step": "open", "round": 2, "asked_by": cast.RUTH}


def test_a_step_is_taken_in_somebodys_name_with_their_roles(with_study: Run) -> None:
    add_sol(with_study, "observer")
    assert "takes the role of" in refused(with_study("round", "open", SLUG, "--as", SOL))
    assert "has no account" in refused(with_study("round", "open", SLUG, "--as", "una@example.org"))

    done(with_study("round", "open", SLUG, "--as", cast.RUTH))

    assert last_act(with_study) == ("round opened", "researcher 1")


def test_an_opening_is_taken_back_with_a_reason(with_open_round: Run) -> None:
    words = ("round", "take-back", SLUG, "1", "--reason")
    assert "Say why" in refused(with_open_round(*words, " "), 2)
    assert "latest round is 1" in refused(with_open_round("round", "take-back", SLUG, "2", "--reason", "Too early."))

    done(with_open_round(*words, "The panel was not complete."))

    assert last_act(with_open_round) == ("round opening taken back", "command line")
    assert json.loads(done(with_open_round("study", "show", SLUG, "--json")))["rounds"] == []
    done(with_open_round("study", "protocol", SLUG, "--weeks", "2"))
    done(with_open_round("round", "open", SLUG, "1"))


def test_a_round_that_was_answered_is_not_taken_back(with_open_round: Run, files) -> None:  # type: ignore[no-untyped-def]
    done(with_open_round("ratings", "import", SLUG, 1, files / "round-1.csv"))

    said = refused(with_open_round("round", "take-back", SLUG, "1", "--reason", "Too early."))

    assert "can no longer be taken back" in said


def test_who_has_lost_phone_and_codes_is_helped_on_record(with_study: Run, database: Database) -> None:
    assert "nothing to remove" in refused(with_study("researcher", "remove-second-step", cast.RUTH))
    with database.transaction() as session:
        second_step(session, session.scalars(select(Researcher)).one())

    done(with_study("researcher", "remove-second-step", cast.RUTH))

    assert last_act(with_study) == ("second step removed", "command line")
    with database.reading() as session:
        assert not has_second_factor(session, session.scalars(select(Researcher)).one())
