"""A whole study without a browser: every step one command."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from delphi.config import Settings
from tests import cast
from tests.cli.conftest import Run, done

SLUG = "connections"


def commands(files: Path) -> Iterator[Sequence[object]]:
    """Yield the commands of two rounds, from the draft to the final manual."""
    yield "researcher", "add", cast.RUTH, "--password-stdin"
    yield "study", "create", "--from", files / "manual.md", "--slug", SLUG
    yield "panel", "import", SLUG, files / "panel.csv"
    yield "study", "protocol", SLUG, "--rule", "70/15", "--rounds", "2"
    yield "round", "open", SLUG, "1"
    yield "ratings", "import", SLUG, "1", files / "round-1.csv", "--comments", files / "comments-1.csv"
    yield "round", "close", SLUG, "1"
    yield "round", "publish", SLUG, "1"
    yield "decisions", "import", SLUG, "1", files / "decisions-1.csv"
    yield "round", "open", SLUG, "2", "--deadline", "2099-12-31"
    yield "ratings", "import", SLUG, "2", files / "round-2.csv"
    yield "round", "close", SLUG
    yield "round", "publish", SLUG
    yield "export", SLUG, "manual.md", "--output", files / "final.md"


def test_commands_alone_lead_from_a_draft_to_the_final_manual(run: Run, files: Path) -> None:
    for command in commands(files):
        done(run(*command, stdin=cast.PASSWORD))

    listed = json.loads(done(run("study", "list", "--json")))
    rounds = [{"number": n, "kind": "rating", "status": "published"} for n in (1, 2)]
    assert listed == [{"slug": SLUG, "title": "Making connections", "state": "published", "rounds": rounds}]
    shown = json.loads(done(run("study", "show", SLUG, "--json")))
    assert [round_["items"] for round_ in shown["rounds"]] == [4, 1]
    assert shown["panel"] == {"Carers": 6, "Academics": 6}
    final = (files / "final.md").read_text(encoding="utf-8")
    assert "The person sets the pace." in final
    assert "The worker goes at the pace of the person." in final  # in the appendix, as what it was
    assert done(run("audit", "verify", SLUG)).startswith("All ")


@pytest.mark.slow
def test_the_same_commands_do_the_same_as_programs(tmp_path: Path, files: Path, settings: Settings) -> None:
    environment = {"PATH": os.defpath, "DELPHI_DATA": str(tmp_path / "fresh")}

    for command in commands(files):
        program = [sys.executable, "-m", "delphi", *(str(word) for word in command)]
        ended = subprocess.run(
            program, env=environment, cwd=tmp_path, input=cast.PASSWORD, capture_output=True, text=True, timeout=60
        )
        assert ended.returncode == 0, ended.stderr

    assert "The person sets the pace." in (files / "final.md").read_text(encoding="utf-8")
