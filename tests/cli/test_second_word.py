"""Two people for a step and an opening that is taken back, from the command line; and who has lost their phone."""

import json

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
