"""What commands refuse: one reason, one remedy, an exit status, and nothing done."""

import os
import subprocess
import sys
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from delphi.cli import main
from tests.cli.conftest import Run, refused

OF_A_STUDY = [
    ("study", "show", "nothing"),
    ("study", "protocol", "nothing"),
    ("study", "team", "nothing"),
    ("study", "protocol", "nothing", "--weeks", "3"),
    ("study", "consent", "nothing"),
    ("study", "consent", "nothing", "manual.md", "--as", "ruth@example.org"),
    ("panel", "import", "nothing", "panel.csv"),
    ("panel", "correct", "nothing", "ada@exmaple.org", "ada@example.org", "--as", "ruth@example.org"),
    ("panel", "links", "nothing"),
    ("panel", "new-link", "nothing", "ada@example.org"),
    ("panel", "bounce", "nothing", "ada@example.org"),
    ("panel", "targets", "nothing"),
    ("study", "care", "nothing"),
    ("mail", "text", "nothing", "invitation"),
    ("ratings", "import", "nothing", "1", "round-1.csv"),
    ("decisions", "import", "nothing", "1", "decisions-1.csv"),
    ("comments", "list", "nothing", "1"),
    ("comments", "code", "nothing", "1", "4711", "--put", "Safety"),
    ("comments", "answer", "nothing", "1", "4711"),
    ("comments", "read", "nothing", "1", "--all"),
    ("comments", "retract", "nothing", "1", "4711", "--reason", "It names a person."),
    ("codes", "remove", "nothing", "Safety"),
    ("proposals", "list", "nothing", "1"),
    ("proposals", "accept", "nothing", "1", "4711", "--reason", "It was missing."),
    ("proposals", "merge", "nothing", "1", "4711", "pace", "--reason", "It says it."),
    ("proposals", "decline", "nothing", "1", "4711", "--reason", "It belongs elsewhere."),
    ("messages", "list", "nothing"),
    ("messages", "show", "nothing", "4711"),
    ("messages", "answer", "nothing", "4711", "manual.md", "--seen", "1"),
    ("study", "archive", "nothing"),
    ("study", "hand-on", "nothing", "--to", "sol@example.org", "--reason", "I retire.", "--as", "ruth@example.org"),
    ("researcher", "uninvite", "nothing", "sol@example.org"),
    ("ratings", "enter", "nothing", "1", "P-7K2QM", "decisions-1.csv", "--channel", "paper"),
    ("safeguarding", "list", "nothing", "--as", "ruth@example.org"),
    ("safeguarding", "read", "nothing", "comment-1-1", "--as", "ruth@example.org"),
    ("draft", "import", "nothing", "manual.md"),
    ("draft", "section", "nothing", "costs"),
    ("draft", "mark", "nothing", "costs"),
    ("round", "results", "nothing", "1"),
    ("round", "attrition", "nothing", "1"),
    ("round", "stopping", "nothing", "1"),
    ("round", "completions", "nothing"),
    ("round", "completed", "nothing", "--as", "ruth@example.org"),
    ("study", "background", "nothing"),
    ("decisions", "list", "nothing", "1"),
    ("panel", "list", "nothing"),
    ("draft", "show", "nothing"),
    ("round", "open", "nothing"),
    ("round", "close", "nothing"),
    ("round", "publish", "nothing"),
    ("round", "ask", "close", "nothing", "--as", "ruth@example.org"),
    ("round", "confirm", "nothing", "--as", "ruth@example.org"),
    ("round", "decline", "nothing", "--reason", "No.", "--as", "ruth@example.org"),
    ("round", "unask", "nothing", "--as", "ruth@example.org"),
    ("export", "nothing", "manual.md"),
    ("audit", "verify", "nothing"),
    ("audit", "list", "nothing"),
]


@pytest.mark.parametrize("words", OF_A_STUDY, ids=lambda words: " ".join(words[:2]))
def test_a_study_that_is_not_there_is_named(run: Run, files: Path, monkeypatch: pytest.MonkeyPatch, words: tuple[str]) -> None:
    monkeypatch.chdir(files)

    assert refused(run(*words)) == "There is no study called nothing here."


def test_every_command_shows_an_example(run: Run) -> None:
    silent = []
    context = click.Context(main)
    for name in main.list_commands(context):
        command = main.get_command(context, name)
        for words in [[name, sub] for sub in getattr(command, "commands", {})] or [[name]]:
            if "Example:" not in run(*words, "--help").output:
                silent.append(words)

    assert silent == []


def test_statistics_of_a_file_load_no_database_and_no_site() -> None:
    code = "import sys, delphi.cli as cli; cli.main(['analyse', '--help'], standalone_mode=False); print(*sys.modules)"

    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()

    assert "delphi.statistics" in loaded
    assert {"sqlalchemy", "flask", "weasyprint", "openpyxl", "scipy.stats"} & set(loaded) == set()


def test_commands_of_later_versions_are_unknown(run: Run) -> None:
    for word in ("simulate", "backup", "restore", "verify"):
        assert "No such command" in refused(run(word), 2)


def test_a_wrong_setting_is_named(tmp_path: Path) -> None:
    result = CliRunner().invoke(main, ["study", "list"], env={"DELPHI_DATA": str(tmp_path), "DELPHI_SECRET_KEY": "short"})

    assert refused(result).startswith("DELPHI_SECRET_KEY is too short.")


def test_a_new_database_is_made_by_the_first_command(tmp_path: Path) -> None:
    result = CliRunner().invoke(main, ["study", "list", "--json"], env={"DELPHI_DATA": str(tmp_path / "new")})

    assert (result.exit_code, result.stdout) == (0, "[]\n")


def test_a_database_of_another_shape_is_refused_with_the_remedy(run: Run, database) -> None:
    with database.transaction() as session:
        session.connection().exec_driver_sql("UPDATE alembic_version SET version_num = '0000'")

    assert refused(run("study", "list")).endswith("Run: delphi database upgrade")


def test_a_database_that_is_none_is_refused_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "delphi.sqlite3").write_text("this is no database " * 100)

    result = CliRunner().invoke(main, ["study", "list"], env={"DELPHI_DATA": str(tmp_path)})

    assert refused(result) == ("The database cannot be used: file is not a database. Look at DELPHI_DATABASE_URL.")


def test_a_refusal_of_the_program_has_no_traceback(tmp_path: Path) -> None:
    environment = {"PATH": os.defpath, "DELPHI_DATA": str(tmp_path)}

    ended = subprocess.run(
        [sys.executable, "-m", "delphi", "study", "show", "x"], env=environment, cwd=tmp_path, capture_output=True, text=True
    )

    assert (ended.returncode, ended.stdout, ended.stderr) == (1, "", "There is no study called x here.\n")
