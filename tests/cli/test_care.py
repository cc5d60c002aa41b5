"""Whom people can turn to, and what they read for a crisis, from the command line."""

import json
from pathlib import Path

from delphi.database import Database
from delphi.services.care import CRISIS_WORDS, OutsideContact, crisis_words, outside_contact
from delphi.services.studies import find_study
from tests import cast
from tests.cli.conftest import Run, done, refused

SLUG = "connections"


def test_care_is_told_and_changed_in_part(with_study: Run, database: Database, tmp_path: Path) -> None:
    care = ("study", "care", SLUG)
    assert done(with_study(*care)) == f"Outside the team: nobody\nIn a crisis: {CRISIS_WORDS}\n"
    crisis = tmp_path / "crisis.txt"
    crisis.write_text("Call 112.\n", encoding="utf-8")

    done(with_study(*care, "--name", "Ada Grey", "--phone", "0123", "--crisis", crisis, "--as", cast.RUTH))
    done(with_study(*care, "--role", "Ombudsperson"))

    with database.reading() as session:
        study = find_study(session, SLUG)
        assert outside_contact(study) == OutsideContact("Ada Grey", "Ombudsperson", "0123")
        assert crisis_words(study) == "Call 112."
    log = json.loads(done(with_study("audit", "list", SLUG, "--json")))
    assert [(entry["action"], entry["actor"]) for entry in log[-2:]] == [
        ("help and contact changed", "researcher 1"),
        ("help and contact changed", "command line"),
    ]
    assert json.loads(done(with_study(*care, "--usual-crisis", "--json"))) == {
        "contact": {"mail": "", "name": "Ada Grey", "phone": "0123", "role": "Ombudsperson"},
        "crisis": CRISIS_WORDS,
    }


def test_half_a_contact_is_refused_and_nothing_is_kept(with_study: Run) -> None:
    care = ("study", "care", SLUG)

    assert "Give a name, and a telephone number or an e-mail address" in refused(with_study(*care, "--name", "Ada Grey"), 2)
    assert "is not an e-mail address" in refused(with_study(*care, "--name", "Ada Grey", "--mail", "ada"), 2)
    assert "cannot be read" in refused(with_study(*care, "--crisis", "nothing.txt"), 2)
    assert "Outside the team: nobody" in done(with_study(*care))
