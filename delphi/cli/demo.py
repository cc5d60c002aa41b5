"""`delphi demo`: an example study, made once by the commands that anybody would use, and served."""

import io
import json
import os
import secrets
import shlex
import shutil
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, redirect_stdout
from dataclasses import asdict, dataclass
from pathlib import Path

import click

from delphi.atomic import PRIVATE, write_whole
from delphi.canonical import canonical_json
from delphi.cli.processes import reachable_url, require_free
from delphi.cli.serve import WORKERS, host_option, port_option, serve_site
from delphi.config import Settings, load_settings
from delphi.database import Database
from delphi.errors import ConflictError, DelphiError
from delphi.files.panel import read_panel
from delphi.resources import resource_dir
from delphi.services.keyring import Keyring
from delphi.services.links import personal_links
from delphi.services.studies import find_study, rounds_of

STUDY = "making-connections"
RESEARCHER = "ruth@example.org"
BUILDING = ".building"  # there as long as the demo is not complete
MADE = "demo.json"


@dataclass(frozen=True)
class Demo:
    """What to tell about the demo: the researcher's way in, and the addresses of panelists who have not answered round 2."""

    email: str
    password: str
    panelists: tuple[str, ...]


@click.command()
@host_option
@port_option
@click.option(
    "--data", metavar="FOLDER", type=click.Path(path_type=Path), help="Where it is kept; otherwise DELPHI_DATA, or instance."
)
@click.option(
    "--language", default="en", metavar="TAG", help="The language of its pages; en-XA is made up, to see what is not translated."
)
@click.option("--no-serve", is_flag=True, help="Prepare the study and stop.")
@click.pass_context
def demo(context: click.Context, host: str, port: int, data: Path | None, language: str, no_serve: bool) -> None:
    """Prepare an example study, with one round behind it and one under way, and serve it until interrupted.

    It keeps everything in one folder: its database is a file, its mail goes into files, to people who do not exist.

    \b
    Example:
      delphi demo --port 8080 --data /tmp/demo
    """
    if not no_serve:
        require_free(host, port)
    folder = data or Path(os.environ.get("DELPHI_DATA", "instance"))
    made = _made(folder) or _build(context.find_root().command, folder, language)
    settings = _settings(folder, os.environ.get("DELPHI_PUBLIC_URL", reachable_url(host, port)), language)
    if no_serve:
        _introduce(settings, made)
        return

    def on_ready() -> None:
        click.echo(f"Open {settings.public_url} in a browser; Ctrl-C stops it.")
        click.echo(f"READY {reachable_url(host, port)}")
        _introduce(settings, made)

    serve_site(settings, host, port, WORKERS, on_ready)


def _settings(folder: Path, public_url: str, language: str) -> Settings:
    """Return settings that know of nothing but the folder: not of a real database, queue or mail server."""
    return load_settings({"DELPHI_DATA": str(folder), "DELPHI_PUBLIC_URL": public_url, "DELPHI_LANGUAGE": language})


def _made(folder: Path) -> Demo | None:
    """Return the demo in this folder, or None where there is none or its making was interrupted."""
    if (folder / BUILDING).exists():
        return None
    if (folder / MADE).exists():
        content = json.loads((folder / MADE).read_text(encoding="utf-8"))
        return Demo(content["email"], content["password"], tuple(content["panelists"]))
    if (folder / "delphi.sqlite3").exists():
        raise ConflictError(
            "{folder} holds a database that is not the demo's. Give the demo a folder of its own with --data FOLDER.",
            folder=folder,
        )
    return None


def _build(main: click.Command, folder: Path, language: str) -> Demo:
    """Make the study in a folder aside and move it in when it is complete, so that no half of it is ever served."""
    click.echo("Preparing the example study; this takes a few seconds …", err=True)
    building = folder / BUILDING
    shutil.rmtree(building, ignore_errors=True)
    building.mkdir(parents=True)
    draft = resource_dir("manual_drafts") / STUDY
    made = Demo(RESEARCHER, secrets.token_urlsafe(12), tuple(_have_not_answered(draft / "demo")))
    settings = _settings(building, Settings.public_url, language)
    with _standard_input(made.password + "\n"), redirect_stdout(sys.stderr):
        for command in _commands(draft, language):
            _run(main, settings, command)
    write_whole(building / MADE, canonical_json(asdict(made)).encode(), PRIVATE)
    for path in building.iterdir():
        path.replace(folder / path.name)
    building.rmdir()
    return made


def _commands(draft: Path, language: str) -> list[list[str]]:
    files = draft / "demo"
    return [
        ["researcher", "add", RESEARCHER, "--password-stdin"],
        ["study", "create", "--from", str(draft), "--owner", RESEARCHER, "--slug", STUDY, "--language", language],
        ["panel", "import", STUDY, str(files / "panel.csv")],
        ["study", "protocol", STUDY, "--scale", "1-9", "--criteria", "importance", "--rule", "70/15", "--weeks", "4"],
        ["round", "open", STUDY, "1"],
        ["ratings", "import", STUDY, "1", str(files / "round-1.csv"), "--comments", str(files / "comments-1.csv")],
        ["round", "close", STUDY, "1"],
        ["comments", "judge", STUDY, "1", str(files / "judgements-1.csv")],
        ["round", "publish", STUDY, "1"],
        ["decisions", "import", STUDY, "1", str(files / "decisions-1.csv")],
        ["round", "open", STUDY, "2"],
        ["ratings", "import", STUDY, "2", str(files / "round-2.csv"), "--comments", str(files / "comments-2.csv")],
        ["round", "count", STUDY],
    ]


def _run(main: click.Command, settings: Settings, command: Sequence[str]) -> None:
    status = main.main(list(command), prog_name="delphi", standalone_mode=False, obj=settings)
    if status:  # it has said why
        raise DelphiError("The demo could not be made: delphi {command} was refused.", command=" ".join(command))


def _have_not_answered(files: Path) -> Iterator[str]:
    """Yield of each group the first who took part in round 1 and has not answered round 2 so far."""
    first, second = ((files / name).read_text(encoding="utf-8") for name in ("round-1.csv", "round-2.csv"))
    groups: set[str] = set()
    for person in read_panel(files / "panel.csv"):
        if person.group not in groups and person.email in first and person.email not in second:
            groups.add(person.group)
            yield person.email


def _introduce(settings: Settings, made: Demo) -> None:
    """Print the ways in, for people and for scripts: one researcher's, personal links of the latest round, the command line."""
    click.echo(f"Sign in at {settings.public_url}/office/sign-in as {made.email} with the password {made.password}")
    click.echo(f"RESEARCHER {made.email} {made.password}")
    database = Database(settings.database)
    with database.reading() as session:
        study = find_study(session, STUDY)
        links = personal_links(session, Keyring(settings.secret_key), study, rounds_of(session, study)[-1])
    database.dispose()
    tokens = {link.address: link.token for link in links}
    for address in made.panelists:
        if address in tokens:
            click.echo(f"PANELIST {settings.public_url}/p/{tokens[address]}")
    click.echo(f"On the command line: {_command_line(settings)} study list")
    click.echo(f"Mail is written to files in {settings.data / 'mail'}, named by study, round, kind and address; none is sent.")


def _command_line(settings: Settings) -> str:
    """Return how this program is called from anywhere, to work on the demo."""
    installed = Path(sys.executable).with_name("delphi")
    program = [str(installed)] if installed.exists() else [sys.executable, "-m", "delphi"]
    variables = {"DELPHI_DATA": str(settings.data), "DELPHI_PUBLIC_URL": settings.public_url}
    return " ".join([*(f"{name}={shlex.quote(value)}" for name, value in variables.items()), shlex.join(program)])


@contextmanager
def _standard_input(text: str) -> Iterator[None]:
    earlier, sys.stdin = sys.stdin, io.StringIO(text)
    try:
        yield
    finally:
        sys.stdin = earlier
