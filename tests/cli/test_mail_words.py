"""`delphi mail text`: the words of mail read, given back from a file, and put back to the usual ones."""

import json
from pathlib import Path

import pytest

from delphi.database import Database
from delphi.mail import usual_wording
from delphi.models import MailKind
from delphi.services.letters import Wording, own_wording
from delphi.services.studies import find_study
from tests import cast
from tests.cli.conftest import Run, done, refused

SLUG = "connections"
TEXT = ("mail", "text", SLUG, "reminder")
USUAL = usual_wording(MailKind.REMINDER, "en", "en")


def own(database: Database) -> Wording | None:
    with database.reading() as session:
        return own_wording(session, find_study(session, SLUG).id, MailKind.REMINDER)


def acts(run: Run) -> list[tuple[str, str]]:
    log = json.loads(done(run("audit", "list", SLUG, "--json")))
    return [(entry["action"], entry["actor"]) for entry in log if "mail worded" in entry["action"]]


def test_the_words_of_a_mail_come_out_as_a_file_and_go_in_again(with_study: Run, database: Database, tmp_path: Path) -> None:
    shown = with_study(*TEXT)
    assert done(shown).strip() == USUAL.body.strip()
    assert shown.stderr == f"Subject: {USUAL.subject}\nThese are the usual words.\n"
    file = tmp_path / "reminder.txt"
    file.write_text(f"Good day!\n\n{shown.stdout}", encoding="utf-8")

    done(with_study(*TEXT, file, "--as", cast.RUTH))

    assert own(database) == Wording(USUAL.subject, f"Good day!\n\n{USUAL.body.strip()}")
    told = json.loads(done(with_study(*TEXT, "--subject", "Round {round}", "--json")))
    assert (told["subject"], told["own"], told["body"][:9]) == ("Round {round}", True, "Good day!")
    done(with_study(*TEXT, "--usual"))
    assert own(database) is None
    assert acts(with_study) == [
        ("mail worded", "researcher 1"),
        ("mail worded", "command line"),
        ("mail worded as usual", "command line"),
    ]


@pytest.mark.parametrize(
    ("body", "more", "said"),
    [
        ("Hello {name}.", (), "Without {link} nobody finds the way in"),
        ("{link} {place}", (), "There is no place called {place}"),
        ("{link}", ("--subject", "Making connections"), "a word of the study's title"),
        ("{link}", ("--usual",), "Leave out FILE and --subject"),
    ],
)
def test_words_that_cannot_be_kept_are_refused(
    with_study: Run, database: Database, tmp_path: Path, body: str, more: tuple[str, ...], said: str
) -> None:
    file = tmp_path / "reminder.txt"
    file.write_text(body, encoding="utf-8")

    assert said in refused(with_study(*TEXT, file, *more), 2)
    assert own(database) is None
