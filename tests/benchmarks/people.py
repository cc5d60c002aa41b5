"""What a large panel costs to bring in and to write to: a file imported, a round opened, mail queued, claimed and written."""

import sqlite3
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from sqlalchemy import select
from sqlalchemy.orm import Session

from delphi.config import Settings
from delphi.database import Database
from delphi.files.panel import read_panel
from delphi.mail import message_of
from delphi.migrations import upgrade
from delphi.models import Round, Study
from delphi.services import outbox, rounds
from delphi.services.panel import import_panel
from tests import cast
from tests.benchmarks.timing import Timing, growth_exponent, in_units

SIZES = (50, 500, 5_000)
TIMES = 3
GROUPS = ("Practitioners", "People who use services", "Carers", "Academics")
Kept = TypeVar("Kept", Study, Round)
STEPS = ("file imported", "round opened, invited", "reminders queued", "letters claimed, written", "rows alone")
_WRITTEN = ("contacts", "panelists", "round_members", "outbox", "mail_events")


class Organiser:
    """Somebody with a file of so many people and a study without a panel, and how long each step takes her."""

    def __init__(self, folder: Path, n_people: int) -> None:
        folder.mkdir()
        self.settings = Settings(data=folder, secret_key=cast.SECRET)
        self.database = Database(self.settings.database)
        upgrade(self.database.engine)
        with self.database.transaction() as session:
            cast.begin_study(session)
        self.file = folder / "panel.csv"
        self.file.write_text("name,email,group\n" + "".join(map(_line, range(n_people))), encoding="utf-8")
        self.n_people = n_people

    def steps(self) -> dict[str, float]:
        """Take every step once and return its seconds, commits included."""
        try:
            calls = (self._import, self._open, self._remind)
            seconds = {name: self._timed(call) for name, call in zip(STEPS, calls, strict=False)}
            seconds[STEPS[3]] = _seconds(self._write_all)
        finally:
            self.database.dispose()
        return seconds | {STEPS[4]: _seconds(self._rows_alone())}

    def _timed(self, step: Callable[[Session], None]) -> float:
        def committed() -> None:
            with self.database.transaction() as session:
                step(session)

        return _seconds(committed)

    def _import(self, session: Session) -> None:
        rows = read_panel(self.file)
        import_panel(session, cast.keyring(), _only(session, Study), rows, source="panel.csv", actor="researcher 1", now=cast.NOW)

    def _open(self, session: Session) -> None:
        rounds.open_round(session, cast.keyring(), _only(session, Study), actor="researcher 1", now=cast.NOW)

    def _remind(self, session: Session) -> None:
        queued = outbox.queue_reminders(session, _only(session, Round), now=cast.NOW, occasion="benchmark")
        assert queued == self.n_people

    def _write_all(self) -> None:
        """Do all that the worker does with a batch, but for the connection to the mail server."""
        while True:
            with self.database.transaction() as session:
                letters = outbox.claim_next(session, cast.keyring(), now=cast.NOW)
            if not letters:
                return
            for letter in letters:
                message_of(self.settings, letter, now=cast.NOW).as_bytes()
            with self.database.transaction() as session:
                for letter in letters:
                    outbox.note_sent(session, letter.mail_id, now=cast.NOW)

    def _rows_alone(self) -> Callable[[], None]:
        """Return what writes the same rows once more into tables without anything else, in one transaction."""
        source = sqlite3.connect(self.settings.data / "delphi.sqlite3")
        target = sqlite3.connect(self.settings.data / "rows.sqlite3")
        rows = {table: source.execute(f"SELECT * FROM {table}").fetchall() for table in _WRITTEN}
        assert len(rows["outbox"]) == 2 * self.n_people
        for table, written in rows.items():
            target.execute(f"CREATE TABLE {table} ({', '.join(f'c{n}' for n in range(len(written[0])))})")

        def write() -> None:
            with target:
                for table, written in rows.items():
                    target.executemany(f"INSERT INTO {table} VALUES ({', '.join('?' * len(written[0]))})", written)

        return write


def compare_panels() -> None:
    """Take every step with every panel in turn, and tell how the time grows with the panel."""
    print(f"\nA panel imported, invited, reminded and written to ({TIMES} times each, in turn)", flush=True)
    found: dict[int, list[dict[str, float]]] = {n_people: [] for n_people in SIZES}
    with tempfile.TemporaryDirectory() as folder:
        for turn in range(TIMES):
            for n_people, taken in found.items():
                taken.append(Organiser(Path(folder) / f"{n_people}-{turn}", n_people).steps())
    totals = {n_people: 0.0 for n_people in SIZES}
    for step in STEPS:
        medians = [Timing(tuple(one[step] for one in found[n_people])).median for n_people in SIZES]
        _tell(step, medians)
        for n_people, median in zip(SIZES, medians, strict=True):
            totals[n_people] += median if step != STEPS[4] else 0
    rows = Timing(tuple(one[STEPS[4]] for one in found[SIZES[-1]])).median
    print(f"  -> all steps / the rows alone at {SIZES[-1]:,}: {totals[SIZES[-1]] / rows:.0f}", flush=True)


def _tell(step: str, medians: list[float]) -> None:
    grown = growth_exponent([(n_people, 1) for n_people in SIZES], medians)
    times = ", ".join(f"{in_units(seconds)} for {n_people:,}" for n_people, seconds in zip(SIZES, medians, strict=True))
    print(
        f"  {step}: {times}; {in_units(medians[-1] / SIZES[-1])} a person, growth {grown:.2f} (wanted: at most 1.1)", flush=True
    )


def _line(number: int) -> str:
    return f"Person {number},person-{number}@example.org,{GROUPS[number % len(GROUPS)]}\n"


def _only(session: Session, kind: type[Kept]) -> Kept:
    return session.scalars(select(kind)).one()


def _seconds(call: Callable[[], None]) -> float:
    start = time.perf_counter()
    call()
    return time.perf_counter() - start
