"""`delphi demo`: made by the contract's own commands, once, and the same when it is started again."""

import csv
import json
import shutil
import socket
import sqlite3
import subprocess
from pathlib import Path

import pytest
from click.testing import CliRunner

from delphi.cli import main
from delphi.resources import resource_dir
from tests.cli.conftest import done, refused

STUDY = "making-connections"
FILES = resource_dir("manual_drafts") / STUDY / "demo"


def delphi(data: Path, *words: object) -> str:
    return done(CliRunner().invoke(main, [str(word) for word in words], env={"DELPHI_DATA": str(data)}))


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("demo") / "data"


@pytest.fixture(scope="module")
def first(data: Path) -> str:
    """What the first start has printed."""
    return delphi(data, "demo", "--no-serve")


def frozen(data: Path) -> dict[str, object]:
    """Return the figures that the closed round froze, read past the program."""
    with sqlite3.connect(data / "delphi.sqlite3") as connection:
        ((content,),) = connection.execute("SELECT content FROM round_results").fetchall()
    connection.close()
    return json.loads(content)


def analysed(ratings: Path, *more: str) -> dict[str, object]:
    result = CliRunner().invoke(main, ["analyse", str(ratings), "--format", "json", *more])
    return json.loads(done(result))


def items_of(analysis: dict[str, object]) -> list[dict[str, object]]:
    """Return the items of the one round in an order of ours; a file with one criterion need not name it."""
    entries = analysis["rounds"][0]["items"]
    return sorted(({**entry, "criterion": None} for entry in entries), key=lambda e: (e["item"], e["group"] or ""))


def test_the_demo_has_one_round_behind_it_and_one_under_way(data: Path, first: str) -> None:
    (study,) = json.loads(delphi(data, "study", "list", "--json"))

    assert [(round_["number"], round_["status"]) for round_ in study["rounds"]] == [(1, "published"), (2, "open")]
    shown = json.loads(delphi(data, "study", "show", STUDY, "--json"))["rounds"]
    with (FILES / "round-2.csv").open(encoding="utf-8") as file:
        assert shown[1]["started"] == len(list(csv.DictReader(file)))
    assert delphi(data, "audit", "verify", STUDY).startswith("All ")


def test_its_frozen_figures_are_those_of_the_ratings_file(data: Path, first: str) -> None:
    kept, computed = frozen(data), analysed(FILES / "round-1.csv", "--max-rounds", "2")

    assert items_of(kept) == items_of(computed)
    assert (kept["settings"], kept["rounds"][0]["groups"]) == (computed["settings"], computed["rounds"][0]["groups"])


def test_the_figures_change_when_one_rating_changes(tmp_path: Path) -> None:
    text = (FILES / "round-1.csv").read_text(encoding="utf-8")
    changed = tmp_path / "round-1.csv"
    changed.write_text(text.replace("denise.okoro@example.org,Carers,7", "denise.okoro@example.org,Carers,1"), encoding="utf-8")

    differing = {
        after["item"]
        for before, after in zip(items_of(analysed(FILES / "round-1.csv")), items_of(analysed(changed)), strict=True)
        if before != after
    }

    assert differing == {"person-decides"}


def test_one_rating_changed_before_it_is_imported_changes_what_is_frozen(data: Path, first: str, tmp_path: Path) -> None:
    folder = tmp_path / "ratings"
    shutil.copytree(FILES, folder)
    text = (folder / "round-1.csv").read_text(encoding="utf-8")
    (folder / "round-1.csv").write_text(text.replace("denise.okoro@example.org,Carers,7", "denise.okoro@example.org,Carers,1"))
    other = tmp_path / "data"
    env = {"DELPHI_DATA": str(other)}
    for words in (
        ["researcher", "add", "sol@example.org", "--password-stdin"],
        ["study", "create", "--from", str(FILES.parent), "--slug", STUDY],
        ["panel", "import", STUDY, str(folder / "panel.csv")],
        ["round", "open", STUDY],
        ["ratings", "import", STUDY, "1", str(folder / "round-1.csv")],
        ["round", "close", STUDY],
    ):
        done(CliRunner().invoke(main, words, input="three plain words\n", env=env))

    before, after = items_of(frozen(data)), items_of(frozen(other))

    assert {entry["item"] for entry, twin in zip(before, after, strict=True) if entry != twin} == {"person-decides"}


def test_started_again_it_keeps_the_data_the_password_and_the_links(data: Path, first: str) -> None:
    made = (data / "demo.json").stat()

    again = delphi(data, "demo", "--no-serve")

    assert again == first
    assert (data / "demo.json").stat().st_mtime == made.st_mtime
    assert made.st_mode & 0o777 == 0o600
    lines = [line.split() for line in again.splitlines()]
    assert [line[0] for line in lines[1:-2]] == ["RESEARCHER"] + ["PANELIST"] * 4
    assert len(lines[1][2]) >= 12


def test_it_tells_people_how_to_sign_in_to_go_on_from_a_shell_and_where_mail_lies(data: Path, first: str) -> None:
    sign_in, researcher, *_, shell, mail = first.splitlines()

    _, address, password = researcher.split()
    assert sign_in == f"Sign in at http://127.0.0.1:8000/office/sign-in as {address} with the password {password}"
    assert mail == f"Mail is written to files in {data / 'mail'}, named by study, round, kind and address; none is sent."
    command = shell.removeprefix("On the command line: ")
    ended = subprocess.run(["sh", "-c", command], env={}, cwd=data.parent, capture_output=True, text=True, timeout=60)
    assert ended.stdout.startswith(f"{STUDY}\topen\t"), ended.stderr


def test_an_interrupted_start_is_made_good(data: Path, first: str, tmp_path: Path) -> None:
    half = tmp_path / "half"
    shutil.copytree(data, half)
    (half / "demo.json").unlink()
    (half / "delphi.sqlite3").write_bytes(b"half a database")
    (half / ".building").mkdir()

    delphi(half, "demo", "--no-serve")

    assert json.loads(delphi(half, "study", "list", "--json"))[0]["slug"] == STUDY


def test_another_database_is_left_alone(tmp_path: Path) -> None:
    delphi(tmp_path, "study", "list")

    result = CliRunner().invoke(main, ["demo", "--no-serve", "--data", str(tmp_path)])

    assert "Give the demo a folder of its own" in refused(result)


def test_a_port_that_is_taken_is_refused_in_one_line(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]

        result = CliRunner().invoke(main, ["demo", "--port", str(port), "--data", str(tmp_path)])

    assert refused(result) == (
        f"127.0.0.1:{port} cannot be listened on (Address already in use). Choose another port with --port, or another --host."
    )
    assert list(tmp_path.iterdir()) == []
