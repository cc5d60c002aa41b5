"""Open recruitment from the command line."""

from pathlib import Path

import pytest
from sqlalchemy import select

from delphi.database import Database
from delphi.models import Applicant, Panelist, Recruitment, Study
from delphi.services import joining, recruiting
from delphi.services.joining import Request
from delphi.services.recruiting import Screening
from tests import cast
from tests.cli.conftest import Run, done, refused

ASK = "Do you care for somebody = or have you?=yes"


@pytest.fixture
def words(files: Path) -> Path:
    (files / "call.md").write_text("We look for carers.", encoding="utf-8")
    return files / "call.md"


def known(database: Database) -> Recruitment:
    with database.reading() as session:
        return session.scalars(select(Recruitment)).one()


def ask(database: Database, address: str) -> None:
    with database.transaction() as session:
        study, recruitment = session.scalars(select(Study)).one(), session.scalars(select(Recruitment)).one()
        request = Request("Di Ng", address, "Carers", ["yes"])
        assert joining.ask_to_join(session, cast.keyring(), recruitment, study, request, now=cast.NOW)
        hash_ = cast.keyring().address_hash(address)
        number = session.scalars(select(Applicant.id).where(Applicant.address_hash == hash_)).one()
        joining.confirm(session, cast.keyring(), cast.keyring().confirming_token(number), now=cast.NOW)


def test_recruitment_is_opened_told_and_closed(with_study: Run, database: Database, words: Path) -> None:
    opened = with_study("panel", "recruit", "connections", "--words", words, "--ask", ASK, "--group", "Users", "--on")

    assert done(opened).endswith(f"/join/{known(database).key}\n")
    assert "People can ask to join." in opened.stderr
    call = recruiting.call_of(known(database))
    assert call.questions == (Screening("Do you care for somebody = or have you?", "yes"),)
    assert done(with_study("panel", "recruit", "connections", "--link")) == opened.stdout
    assert done(with_study("panel", "recruit", "connections", "--off", "--admit-all")) == opened.stdout
    assert done(with_study("panel", "recruit", "connections", "--new-link")) != opened.stdout
    assert done(with_study("panel", "recruit", "connections", "--link")).endswith(f"/join/{known(database).key}\n")
    closed = recruiting.call_of(known(database))
    assert (closed.is_open, closed.admits_all, closed.questions, closed.words) == (False, True, call.questions, call.words)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ([], "Say what to do"),
        (["--link"], "There is no link yet"),
        (["--new-link"], "There is no link yet"),
        (["--link", "--on"], "--link changes nothing"),
        (["--on"], "Write what people read"),
        (["--on", "--ask", "Are you well?"], "has no answer"),
        (["--on", "--words", "nothing.md"], "cannot be read"),
    ],
)
def test_what_cannot_be_done_is_said(with_study: Run, database: Database, options: list[str], said: str) -> None:
    status = 1 if options in (["--link"], ["--new-link"]) else 2
    assert said in refused(with_study("panel", "recruit", "connections", *options), status=status)

    with database.reading() as session:
        assert session.scalars(select(Recruitment)).all() == []


def test_who_waits_is_listed_admitted_and_declined(with_study: Run, database: Database, words: Path) -> None:
    done(with_study("panel", "recruit", "connections", "--words", words, "--ask", ASK, "--on"))
    for address in ("di@example.org", "ed@example.org"):
        ask(database, address)

    listed = done(with_study("panel", "applicants", "connections")).splitlines()
    assert sorted(listed) == ["Di Ng,di@example.org,Carers", "Di Ng,ed@example.org,Carers", "name,email,group"]
    answered = with_study("panel", "applicants", "connections", "--admit", "DI@example.org", "--decline", "ed@example.org")

    assert "1 person was admitted, 1 declined." in done(answered)
    assert done(with_study("panel", "applicants", "connections")).splitlines() == ["name,email,group"]
    with database.reading() as session:
        assert session.query(Panelist).count() == 13
    assert "waits for an answer" in refused(with_study("panel", "applicants", "connections", "--admit", "fi@example.org"))
