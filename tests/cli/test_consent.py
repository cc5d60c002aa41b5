"""What people are told and agree to, from the command line."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests import cast
from tests.cli.conftest import Run, done, refused

CONSENT = ("study", "consent", "connections")
AS_RUTH = ("--as", cast.RUTH)
TOLD = "We are the **Institute**. Nobody pays.\n"


@pytest.fixture
def told(files: Path) -> Path:
    (files / "told.md").write_bytes(TOLD.replace("\n", "\r\n").encode())
    return files / "told.md"


def kept(run: Run) -> dict[str, Any]:
    return dict(json.loads(done(run(*CONSENT, "--json"))))


def test_the_text_is_written_so_that_it_can_be_given_back(with_study: Run, files: Path) -> None:
    shown = with_study(*CONSENT)
    (files / "same.md").write_text(done(shown), encoding="utf-8")

    done(with_study(*CONSENT, files / "same.md", *AS_RUTH))

    assert "Version 1; people agree to: I have read this" in shown.stderr
    assert kept(with_study)["number"] == 1
    assert kept(with_study)["information"] == done(shown)


def test_a_new_version_is_kept_in_somebodys_name(with_study: Run, told: Path) -> None:
    said = with_study(*CONSENT, told, "--statement", "I take part.", "--complete", *AS_RUTH)

    assert (done(said), "Version 2; people agree to: I take part." in said.stderr) == ("", True)
    assert kept(with_study) == {"number": 2, "information": TOLD, "statement": "I take part.", "complete": True}
    log = json.loads(done(with_study("audit", "list", "connections", "--json")))
    assert [(entry["action"], entry["actor"]) for entry in log[-2:]] == [
        ("consent text changed", "researcher 1"),
        ("consent text confirmed", "researcher 1"),
    ]


def test_a_word_stays_with_its_text(with_study: Run, told: Path) -> None:
    done(with_study(*CONSENT, told, *AS_RUTH))
    assert not kept(with_study)["complete"]
    done(with_study(*CONSENT, "--complete", *AS_RUTH))

    done(with_study(*CONSENT, told, *AS_RUTH))
    assert (kept(with_study)["number"], kept(with_study)["complete"]) == (2, True)
    done(with_study(*CONSENT, "--statement", "I agree.", *AS_RUTH))

    assert (kept(with_study)["number"], kept(with_study)["complete"]) == (3, False)
    assert kept(with_study)["information"] == TOLD


def test_what_cannot_be_kept_is_refused_in_one_line(with_study: Run, told: Path) -> None:
    done(with_study("researcher", "add", "ina@example.org", "--password-stdin", stdin=cast.PASSWORD))
    done(with_study("researcher", "join", "connections", "ina@example.org", "analyst"))
    before = kept(with_study)

    assert "Say whose word this is" in refused(with_study(*CONSENT, told), 2)
    assert "takes the role of" in refused(with_study(*CONSENT, told, "--as", "ina@example.org"))
    assert "still the text that came with the site" in refused(with_study(*CONSENT, "--complete", *AS_RUTH), 2)
    assert "Say both" in refused(with_study(*CONSENT, told, "--statement", " ", *AS_RUTH), 2)
    assert "has at most 200000 characters" in refused(with_study(*CONSENT, "--statement", "I" * 2001, *AS_RUTH), 2)
    assert "cannot be read as text" in refused(with_study(*CONSENT, told.parent / "gone.md", *AS_RUTH), 2)
    told.write_bytes("Café".encode("latin-1"))
    assert "cannot be read as text" in refused(with_study(*CONSENT, told, *AS_RUTH), 2)

    assert kept(with_study) == before
