"""`delphi serve` and what it is made of: programs that run together and end together."""

import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path

import pytest

from delphi.cli.processes import address, reachable_url, require_free, run_until_stopped
from delphi.config import Settings
from delphi.database import Database
from delphi.errors import ConflictError
from tests import cast
from tests.cli.conftest import Run, refused

SITE = """
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer
class Well(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200 if self.headers["Host"] == "study.example.org" else 400)
        self.end_headers()
    def log_message(self, *words): pass
HTTPServer(("127.0.0.1", int(sys.argv[1])), Well).serve_forever()
"""
COMPANION = "import sys, time; open(sys.argv[1], 'a').write('started\\n'); time.sleep(float(sys.argv[2]))"


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


def get(port: int, path: str) -> tuple[int, str]:
    connection = HTTPConnection("127.0.0.1", port, timeout=10)
    connection.request("GET", path)
    response = connection.getresponse()
    answer = response.status, response.read().decode()
    connection.close()
    return answer


@contextmanager
def running(*words: str, settings: Settings) -> Iterator[subprocess.Popen[str]]:
    """Run a command as a program of its own, and stop it whatever happens."""
    environment = {**os.environ, **settings.as_environment(), "PYTHONUNBUFFERED": "1"}
    program = subprocess.Popen(
        [sys.executable, "-m", "delphi", *words], env=environment, cwd=settings.data, stdout=subprocess.PIPE, text=True
    )
    try:
        yield program
    finally:
        program.terminate()
        program.communicate(timeout=60)


def environment_of_study() -> dict[str, str]:
    return {**os.environ, "DELPHI_PUBLIC_URL": "https://study.example.org"}


def test_a_site_that_ends_by_itself_takes_its_companions_along(tmp_path: Path) -> None:
    site = [sys.executable, "-c", "import sys; sys.exit(3)"]
    companion = [sys.executable, "-c", COMPANION, str(tmp_path / "starts"), "60"]

    begun = time.monotonic()
    status = run_until_stopped(site, [companion], environment_of_study(), "http://127.0.0.1:9", lambda: None)

    assert status == 3
    assert time.monotonic() - begun < 30


def test_readiness_is_told_once_and_a_companion_that_dies_is_started_again(tmp_path: Path) -> None:
    port, starts, told = free_port(), tmp_path / "starts", []

    def stop_at_second_start() -> None:
        while not starts.exists() or len(starts.read_text().splitlines()) < 2:
            time.sleep(0.05)
        os.kill(os.getpid(), signal.SIGINT)

    def ready() -> None:
        told.append(get(port, "/")[0])
        threading.Thread(target=stop_at_second_start).start()

    site = [sys.executable, "-c", SITE, str(port)]
    companion = [sys.executable, "-c", COMPANION, str(starts), "0.1"]
    status = run_until_stopped(site, [companion], environment_of_study(), f"http://127.0.0.1:{port}", ready)

    assert status == 0
    assert told == [400]  # it answered the probe under its public name only
    require_free("127.0.0.1", port)


def test_a_taken_port_and_a_foreign_address_are_refused() -> None:
    with socket.create_server(("127.0.0.1", 0), reuse_port=True) as taken, pytest.raises(ConflictError, match="in use"):
        require_free("127.0.0.1", taken.getsockname()[1])
    with pytest.raises(ConflictError, match="--host"):
        require_free("192.0.2.1", 8000)
    with pytest.raises(ConflictError, match="--host"):
        require_free("no.such.host.invalid", 8000)


def test_addresses_are_written_as_urls_want_them() -> None:
    assert address("127.0.0.1", 80) == "127.0.0.1:80"
    assert reachable_url("0.0.0.0", 8000) == "http://127.0.0.1:8000"
    assert reachable_url("::", 8000) == "http://[::1]:8000"


def test_a_worker_needs_a_database_of_the_right_shape(run: Run, database: Database) -> None:
    with database.transaction() as session:
        session.connection().exec_driver_sql("UPDATE alembic_version SET version_num = '0000'")

    assert "delphi database upgrade" in refused(run("worker"))


@pytest.mark.slow
@pytest.mark.parametrize("ending", [signal.SIGTERM, signal.SIGINT])
def test_the_site_serves_sends_mail_and_ends_when_told(settings: Settings, database: Database, ending: signal.Signals) -> None:
    with database.transaction() as session:
        study = cast.begin_study(session)
        cast.add_panel(session, study, {"Carers": 6})
        cast.open_round(session, study)
    port = free_port()

    with running("serve", "--port", str(port), settings=settings) as program:
        assert program.stdout is not None
        said = program.stdout.readline()
        assert said == f"Serving http://127.0.0.1:{port}\n"
        status, body = get(port, "/health")
        assert (status, body.replace(" ", "").strip()) == (200, '{"status":"ok"}')
        while len(list((settings.data / "mail").glob("*.eml"))) < 6:
            time.sleep(0.1)
        program.send_signal(ending)
        assert program.wait(timeout=60) == 0

    require_free("127.0.0.1", port)


@pytest.mark.slow
def test_the_demo_says_when_it_is_ready_and_its_ways_in_work(tmp_path: Path) -> None:
    port = free_port()
    settings = Settings(data=tmp_path, secret_key="", public_url=f"http://127.0.0.1:{port}")

    with running("demo", "--port", str(port), "--data", str(tmp_path / "demo"), settings=settings) as program:
        assert program.stdout is not None
        lines = [program.stdout.readline().strip() for _ in range(8)]
        pages = [get(port, line.removeprefix(f"PANELIST http://127.0.0.1:{port}")) for line in lines[4:]]
        office = get(port, "/office/sign-in")

    assert lines[0] == f"Open http://127.0.0.1:{port} in a browser; Ctrl-C stops it."
    assert lines[1] == f"READY http://127.0.0.1:{port}"
    assert lines[2].startswith(f"Sign in at http://127.0.0.1:{port}/office/sign-in as ruth@example.org")
    assert re.fullmatch(r"RESEARCHER ruth@example\.org \S{12,}", lines[3])
    assert [status for status, _ in [*pages, office]] == [200] * 5
