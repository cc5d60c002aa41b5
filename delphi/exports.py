"""Exports made ahead of being fetched: one folder for each state of what they depend on, in it the file or how far it is."""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from delphi.atomic import write_whole
from delphi.config import Settings
from delphi.database import Database
from delphi.language import marked
from delphi.printing import limit_memory
from delphi.reports import exporting
from delphi.services.acknowledgements import thanked_names
from delphi.services.keyring import Keyring
from delphi.services.studies import find_study

WAITING, FAILED, MAKING = ".waiting", ".failed", ".making-"
LONGEST_RENDERING = 600  # seconds; what was asked for longer ago than twice that is asked for again
FAILURE_KEPT = 60  # seconds
EXPORTS_KEPT = 7 * 24 * 3600  # seconds
UNEXPECTED = marked("The document could not be made. The log of the worker says why.")
TOO_LONG = marked("The document was given up: it took longer than ten minutes.")


class State(StrEnum):
    """How far an export is."""

    ABSENT = "absent"
    WAITING = "waiting"
    READY = "ready"
    FAILED = "failed"


@dataclass(frozen=True)
class ExportState:
    """How far an export is, where it lies when it is ready, and why it failed if it did."""

    state: State
    path: Path | None = None
    message: str = ""


def state_of(settings: Settings, slug: str, kind: str) -> ExportState:
    """Return how far the export of the study as it is now is, changing nothing."""
    return states_of(settings, slug, [kind])[kind]


def states_of(settings: Settings, slug: str, kinds: Iterable[str]) -> dict[str, ExportState]:
    """Return the same for several kinds of export, by kind."""
    now = time.time()
    return {kind: _state_in(folder, now) for kind, folder in _folders(settings, slug, kinds).items()}


def mark_waiting(settings: Settings, slug: str, kind: str) -> None:
    """Keep that the export has been asked for."""
    folder = _folder(settings, slug, kind)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / FAILED).unlink(missing_ok=True)
    (folder / WAITING).touch()


def render(settings: Settings, slug: str, kind: str) -> None:
    """Make the export unless it is there; a failure leaves a sentence in its place.

    It is made by a process of its own, with a limit on its time and memory, so that no document takes the worker along.
    """
    folder = _folder(settings, slug, kind)
    folder.mkdir(parents=True, exist_ok=True)
    if _finished(folder) is not None:
        return
    with tempfile.TemporaryDirectory(dir=folder, prefix=MAKING) as making:
        failure = _make(settings, slug, kind, Path(making))
        # What changed meanwhile may or may not be in the file, so it is no good for either state.
        if failure is None and folder == _folder(settings, slug, kind):
            for made in Path(making).iterdir():
                made.rename(folder / made.name)
    if failure is not None:
        write_whole(folder / FAILED, failure.encode())
    (folder / WAITING).unlink(missing_ok=True)


def forget_waiting(settings: Settings) -> None:
    """Take back that anything is on its way: a worker that starts has nothing in hand."""
    for marker in _exports(settings).glob(f"*/*/{WAITING}"):
        marker.unlink(missing_ok=True)


def forget_old(settings: Settings, now: float) -> None:
    """Remove what was made so long ago that nobody is fetching it any more."""
    for folder in _exports(settings).glob("*/*"):
        with suppress(FileNotFoundError):
            if now - folder.stat().st_mtime > EXPORTS_KEPT:
                shutil.rmtree(folder)


def _exports(settings: Settings) -> Path:
    return settings.data / "exports"


def _folder(settings: Settings, slug: str, kind: str) -> Path:
    return _folders(settings, slug, [kind])[kind]


def _folders(settings: Settings, slug: str, kinds: Iterable[str]) -> dict[str, Path]:
    database = Database(settings.database)
    try:
        with database.reading() as session:
            study = find_study(session, slug)
            thanks = thanked_names(session, Keyring(settings.secret_key), study)
            keys = exporting.export_keys(session, study, kinds, thanks)
            return {kind: _exports(settings) / study.slug / key for kind, key in keys.items()}
    finally:
        database.dispose()


def _state_in(folder: Path, now: float) -> ExportState:
    if (path := _finished(folder)) is not None:
        return ExportState(State.READY, path)
    if _is_younger(folder / FAILED, FAILURE_KEPT, now):
        return ExportState(State.FAILED, message=(folder / FAILED).read_text(encoding="utf-8"))
    if _is_younger(folder / WAITING, 2 * LONGEST_RENDERING, now):
        return ExportState(State.WAITING)
    return ExportState(State.ABSENT)


def _finished(folder: Path) -> Path | None:
    return next(_visible(folder), None)


def _visible(folder: Path) -> Iterator[Path]:
    if folder.is_dir():
        yield from (path for path in folder.iterdir() if not path.name.startswith("."))


def _is_younger(path: Path, seconds: float, now: float) -> bool:
    try:
        return now - path.stat().st_mtime < seconds
    except FileNotFoundError:
        return False


def _make(settings: Settings, slug: str, kind: str, making: Path) -> str | None:
    """Run the export command into the folder; return what a person is told when it failed."""
    command = [sys.executable, "-m", "delphi", "export", slug, kind, "--output", str(making)]
    process = subprocess.Popen(
        command, env={**os.environ, **settings.as_environment()}, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True
    )
    limit_memory(process.pid)
    try:
        _, said = process.communicate(timeout=LONGEST_RENDERING)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
        return TOO_LONG
    if process.returncode == 0:
        return None
    if process.returncode not in (1, 2) or "Traceback" in said:
        sys.stderr.write(said)
        return UNEXPECTED
    return said.strip()
