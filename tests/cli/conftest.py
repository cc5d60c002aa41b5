"""A command line with an installation of its own, and the files of a small study: two groups of six, four items."""

from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import func, select

from delphi.cli import main
from delphi.config import Settings
from delphi.database import Database
from delphi.models import OutboxMail
from delphi.services.outbox import REACHES_NOBODY
from tests import cast

Run = Callable[..., Result]

GROUPS = ("Carers", "Academics")
PEOPLE = [(f"{group.lower()}-{n}@example.org", group) for group in GROUPS for n in range(1, 7)]
# Of twelve, nine rate the pace 7 to 9: 75 %. Three rate it 1 to 3: 25 %, so there is no consensus on it.
PACE = [7, 7, 8, 8, 9, 9, 7, 8, 9, 1, 2, 3]
FILES = {
    "manual.md": cast.MANUAL,
    "panel.csv": "name,email,group\n" + "".join(f"{address.split('@')[0]},{address},{group}\n" for address, group in PEOPLE),
    "round-1.csv": "participant,first-meeting-place,pace,going-along-offered,step-back\n"
    + "".join(f"{address},8,{pace},9,7\n" for (address, _), pace in zip(PEOPLE, PACE, strict=True)),
    "comments-1.csv": "participant,item,comment\ncarers-1@example.org,pace,Whose pace?\n",
    "decisions-1.csv": "item,action,reason,new_wording\npace,reword,Whose pace was unclear.,The person sets the pace.\n",
    "round-2.csv": "participant,pace\n" + "".join(f"{address},8\n" for address, _ in PEOPLE),
}


@pytest.fixture
def run(settings: Settings, database: Database) -> Run:
    """Run a command as from a terminal: `run("study", "list")`, with further variables if there are any.

    Whichever command queues mail, and no other, has to say that it reaches nobody, as long as there is no mail server.
    """

    def invoke(*words: object, stdin: str | None = None, **variables: str) -> Result:
        n_before, environment = _n_mails(database), settings.as_environment() | variables
        result = CliRunner().invoke(main, [str(word) for word in words], input=stdin, env=environment)
        reaches_nobody = _n_mails(database) > n_before and not environment["DELPHI_SMTP_URL"]
        assert (REACHES_NOBODY in result.stderr) is reaches_nobody, words
        return result

    return invoke


def _n_mails(database: Database) -> int:
    with database.reading() as session:
        return session.scalar(select(func.count()).select_from(OutboxMail)) or 0


@pytest.fixture
def files(tmp_path: Path) -> Path:
    folder = tmp_path / "files"
    folder.mkdir()
    for name, text in FILES.items():
        (folder / name).write_text(text, encoding="utf-8")
    return folder


@pytest.fixture
def with_study(run: Run, files: Path) -> Run:
    """The command line, once there is a study called connections with its panel."""
    done(run("researcher", "add", cast.RUTH, "--password-stdin", stdin=cast.PASSWORD))
    done(run("study", "create", "--from", files / "manual.md", "--slug", "connections"))
    done(run("panel", "import", "connections", files / "panel.csv"))
    return run


@pytest.fixture
def with_open_round(with_study: Run) -> Run:
    done(with_study("round", "open", "connections"))
    return with_study


@pytest.fixture
def with_closed_round(with_open_round: Run, files: Path) -> Run:
    done(with_open_round("ratings", "import", "connections", 1, files / "round-1.csv", "--comments", files / "comments-1.csv"))
    done(with_open_round("round", "close", "connections"))
    return with_open_round


def done(result: Result) -> str:
    """Return what a command wrote, after checking that it did what it was asked."""
    assert result.exit_code == 0, result.output
    return result.stdout


def refused(result: Result, status: int = 1) -> str:
    """Return the sentences of a refusal, after checking that it is one: a status, nothing written, no traceback."""
    assert isinstance(result.exception, SystemExit), repr(result.exception)
    assert result.exit_code == status, result.output
    assert result.stdout == ""
    return result.stderr.strip()
