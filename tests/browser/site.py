"""The real site in processes of its own, prepared by commands and served by `delphi serve`; known from outside only."""

import csv
import io
import os
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import chdir, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

from click.testing import CliRunner

from delphi.cli import main

STARTUP = 60  # seconds
PASSWORD = "three plain words"
GRACE = 60  # seconds


def free_port() -> int:
    """Return a port of this machine that nobody listens on at the moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class Site:
    """One installation: a folder of data, the address it is served at, and the process that serves it."""

    data: Path
    port: int
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def run(self, *command: str | Path, given: str = "") -> str:
        """Run a `delphi` command on this installation's data and return what it printed; `given` is its standard input.

        It runs in this process: loading the program anew for each command would take most of the time of the browser tests.
        """
        words = [str(word) for word in command]
        foreign = dict.fromkeys(name for name in os.environ if name.startswith("DELPHI_"))
        with chdir(self.data):  # where no .env of a developer lies
            done = CliRunner().invoke(main, words, input=given, env={**foreign, **self._environment()})
        assert done.exit_code == 0, f"delphi {' '.join(words)}: {done.output} {done.exception!r}"
        return done.stdout

    def add_researcher(self, *addresses: str) -> None:
        """Let these people sign in, with the password that everybody has here."""
        for address in addresses:
            self.run("researcher", "add", address, "--password-stdin", given=f"{PASSWORD}\n")

    def begin(self, slug: str, manual: str, people: Iterable[str]) -> None:
        """Create a study of this draft, with a panel of these lines: name, address and group."""
        draft, panel = self.data / f"{slug}.md", self.data / f"{slug}.csv"
        draft.write_text(manual, encoding="utf-8")
        panel.write_text("\n".join(["name,email,group", *people]), encoding="utf-8")
        self.run("study", "create", "--from", draft, "--slug", slug)
        self.run("panel", "import", slug, panel)

    def start(self) -> None:
        """Serve until `stop`; return when the site says that it is well."""
        command = [sys.executable, "-m", "delphi", "serve", "--port", str(self.port)]
        with (self.data / "serve.log").open("ab") as log:
            self.process = subprocess.Popen(command, env=self._environment(), cwd=self.data, stdout=log, stderr=log)
        latest = time.monotonic() + STARTUP
        while not self._is_well():
            if self.process.poll() is not None or time.monotonic() > latest:
                self.stop()
                raise AssertionError(f"The site did not start: {(self.data / 'serve.log').read_text()}")
            time.sleep(0.1)

    def stop(self) -> None:
        """End the process, if it runs, and wait until it has ended."""
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(GRACE)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self.process = None

    def links(self, study: str) -> dict[str, str]:
        """Return everybody's personal link to the open round, by mail address."""
        rows = csv.DictReader(io.StringIO(self.run("panel", "links", study)))
        return {row["email"]: row["link"] for row in rows}

    def query(self, sql: str, *values: object) -> list[tuple[object, ...]]:
        """Return the rows that the database file holds at this moment."""
        with closing(sqlite3.connect(f"file:{self.data / 'delphi.sqlite3'}?mode=ro", uri=True)) as connection:
            return connection.execute(sql, values).fetchall()

    def change(self, sql: str) -> None:
        """Change the database file itself, for a state that nothing leads to from outside."""
        with closing(sqlite3.connect(self.data / "delphi.sqlite3")) as connection, connection:
            connection.execute(sql)

    def _is_well(self) -> bool:
        try:
            with urlopen(f"{self.url}/health", timeout=5) as answer:
                return answer.status == 200
        except (URLError, ConnectionError, TimeoutError):
            return False

    def _environment(self) -> dict[str, str]:
        """Return the environment without what the machine says of some other installation."""
        others = {name: value for name, value in os.environ.items() if not name.startswith("DELPHI_")}
        return {**others, "DELPHI_DATA": str(self.data), "DELPHI_PUBLIC_URL": self.url}


@contextmanager
def served(site: Site) -> Iterator[Site]:
    """Serve the site for as long as the block lasts."""
    site.start()
    try:
        yield site
    finally:
        site.stop()
