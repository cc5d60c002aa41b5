"""`delphi mail`: the log, a test, news and the plan, each refused in a sentence."""

import json
from pathlib import Path

import pytest
from sqlalchemy import select

from delphi.cli import installation
from delphi.cli.mail import SOON
from delphi.database import Database
from delphi.models import OutboxMail
from delphi.services.outbox import REACHES_NOBODY
from tests import cast
from tests.cli.conftest import Run, done, refused

SLUG = "connections"
COMMANDS = Path(installation.__file__).parent


def kinds(database: Database) -> list[str]:
    with database.reading() as session:
        return sorted(session.scalars(select(OutboxMail.kind)))


def test_the_log_is_a_table_of_who_got_what(with_open_round: Run) -> None:
    header, first, *_ = lines = done(with_open_round("mail", "log", SLUG)).splitlines()

    assert header == "name,email,mail,round,when,state,reason"
    assert len(lines) == 13
    assert first.split(",")[2:4] == ["invitation", "1"]
    assert json.loads(done(with_open_round("mail", "log", SLUG, "--json")).splitlines()[0])["state"] == "waiting"


def test_a_test_goes_to_a_researcher_of_the_study_alone(with_study: Run, database: Database) -> None:
    done(with_study("mail", "test", SLUG, "invitation", cast.RUTH))
    done(with_study("researcher", "add", "eve@example.org", "--password-stdin", stdin=cast.PASSWORD))

    assert "no role in this study" in refused(with_study("mail", "test", SLUG, "invitation", "eve@example.org"))
    assert "no account" in refused(with_study("mail", "test", SLUG, "invitation", "nobody@example.org"))
    assert kinds(database) == ["invitation"]


def test_where_no_mail_leaves_that_is_said_after_what_was_done_and_with_a_server_not_at_all(with_study: Run) -> None:
    test = "mail", "test", SLUG, "invitation", cast.RUTH

    told = with_study(*test).output
    assert told.index(SOON) < told.index(REACHES_NOBODY)
    assert REACHES_NOBODY not in with_study(*test, DELPHI_SMTP_URL="smtp://127.0.0.1:1").output


def test_no_command_changes_anything_but_where_it_is_told_that_mail_reaches_nobody() -> None:
    writing = {path.name for path in COMMANDS.glob("*.py") if "database.transaction(" in path.read_text("utf-8")}

    assert writing == {"installation.py"}


def test_news_are_the_text_of_a_file(with_study: Run, database: Database, tmp_path: Path) -> None:
    file = tmp_path / "news.txt"
    file.write_text("Dear {name},\n\nsoon.\n", encoding="utf-8")

    done(with_study("mail", "news", SLUG, file, "--subject", "Something new"))

    assert kinds(database) == ["news"] * 12
    assert "No round has closed" in refused(with_study("mail", "news", SLUG, file, "--subject", "New", "--to", "participants"))
    assert "'connections', a word" in refused(with_study("mail", "news", SLUG, file, "--subject", "Making connections"), 2)
    assert "cannot be read" in refused(with_study("mail", "news", SLUG, tmp_path / "none.txt", "--subject", "New"), 2)
    file.write_bytes(b"Gr\xfc\xdfe")
    assert "as text in UTF-8" in refused(with_study("mail", "news", SLUG, file, "--subject", "New"), 2)


def test_the_plan_is_told_and_changed_in_part(with_study: Run) -> None:
    assert done(with_study("mail", "plan", SLUG)) == "Time zone UTC; reminders on days: 7, 17, 25; thanks: never.\n"
    done(with_study("mail", "plan", SLUG, "--zone", "Europe/Vienna"))
    assert done(with_study("mail", "plan", SLUG, "--days", "none", "--thanks", "close")) == (
        "Time zone Europe/Vienna; reminders on days: none; thanks: close.\n"
    )
    done(with_study("mail", "plan", SLUG, "--sender", "Dr Ruth Adler"))
    assert done(with_study("mail", "plan", SLUG)) == (
        "Time zone Europe/Vienna; reminders on days: none; thanks: close.\nWho asks: Dr Ruth Adler.\n"
    )


@pytest.mark.parametrize(("option", "value"), [("--days", "seven"), ("--days", "9,9"), ("--zone", "Vienna")])
def test_a_plan_that_cannot_be_kept_is_refused(with_study: Run, option: str, value: str) -> None:
    refused(with_study("mail", "plan", SLUG, option, value), 2)

    assert "UTC; reminders on days: 7, 17, 25" in done(with_study("mail", "plan", SLUG))
