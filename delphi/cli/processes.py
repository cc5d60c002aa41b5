"""Keeping the site and its worker running side by side, and stopping them together."""

import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from types import FrameType
from urllib.parse import urlsplit

from delphi.errors import ConflictError

GRACE = 35  # seconds for a process to end in; gunicorn gives its requests thirty
ANSWER = 2  # seconds for the site to say that it is well
LOOK = 0.2  # seconds between two looks at the processes
PAUSE = 1.0  # seconds before a worker that died is started again
ANY_HOST = {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}

Command = Sequence[str]


def address(host: str, port: int) -> str:
    """Return host and port as they stand in a URL.

    >>> address("::1", 8000)
    '[::1]:8000'
    """
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def reachable_url(host: str, port: int) -> str:
    """Return where a site that listens there is reached from this machine."""
    return f"http://{address(ANY_HOST.get(host, host), port)}"


def require_free(host: str, port: int) -> None:
    """Refuse a port on which something else listens, or an address that is not of this machine."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except (OSError, OverflowError) as error:
            raise ConflictError(
                "{address} cannot be listened on ({error}). Choose another port with --port, or another --host.",
                address=address(host, port),
                error=getattr(error, "strerror", None) or error,
            ) from error


def gunicorn(host: str, port: int, workers: int, threads: int) -> list[str]:
    """Return the command that serves the site, its settings read from the environment."""
    # Each worker has a socket of its own: on a shared one a burst of kept-alive connections lands on one of them.
    options = [f"--bind={address(host, port)}", "--reuse-port", f"--workers={workers}", f"--threads={threads}"]
    # Loaded once and then forked: a worker more costs neither the seconds of loading nor the memory of what is loaded.
    kind = ["--worker-class=gthread", "--preload", "--timeout=60", "--log-level=warning", "--no-control-socket"]
    return [sys.executable, "-m", "gunicorn", *options, *kind, "delphi.web:create_app()"]


def run_until_stopped(
    site: Command, companions: Sequence[Command], environment: Mapping[str, str], url: str, on_ready: Callable[[], None]
) -> int:
    """Run the site and what belongs to it until told to stop or the site ends; return the site's exit status.

    When the site at `url` answers for the first time that it is well, its companions start and `on_ready` is called. A
    companion that ends is started again.
    """
    with _told_to_stop() as stop:
        processes = [_start(site, environment)]
        host_name = urlsplit(environment["DELPHI_PUBLIC_URL"]).netloc
        try:
            while _goes_on(processes[0], stop) and not is_well(url, host_name):
                pass
            if _goes_on(processes[0], stop):
                processes += [_start(command, environment) for command in companions]
                on_ready()
            while _goes_on(processes[0], stop):
                _revive(processes, companions, environment)
        finally:
            _stop(processes)
    return 0 if stop.is_asked else processes[0].returncode or 1


def is_well(url: str, host_name: str) -> bool:
    """Tell whether the site at the URL answers, under its public name, that it is well."""
    parts = urlsplit(url)
    connection = HTTPConnection(parts.hostname or "", parts.port, timeout=ANSWER)
    try:
        connection.request("GET", "/health", headers={"Host": host_name})
        return connection.getresponse().status == 200
    except (OSError, HTTPException):
        return False
    finally:
        connection.close()


@dataclass
class _Stop:
    # Not threading.Event: setting one in a signal handler can deadlock with the wait that it interrupts.
    is_asked: bool = False


@contextmanager
def _told_to_stop() -> Iterator[_Stop]:
    """Give a note of whether somebody has asked this process to end, from the keyboard, the system or a closed terminal."""
    stop = _Stop()

    def note(_signum: int, _frame: FrameType | None) -> None:
        stop.is_asked = True

    earlier = {signum: signal.signal(signum, note) for signum in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)}
    try:
        yield stop
    finally:
        for signum, handler in earlier.items():
            signal.signal(signum, handler)


def _goes_on(site: subprocess.Popen[bytes], stop: _Stop) -> bool:
    """Wait a moment, then tell whether the site still runs and is meant to."""
    time.sleep(LOOK)
    return site.poll() is None and not stop.is_asked


def _revive(processes: list[subprocess.Popen[bytes]], companions: Sequence[Command], environment: Mapping[str, str]) -> None:
    for place, command in enumerate(companions, start=1):
        if processes[place].poll() is not None:
            time.sleep(PAUSE)
            processes[place] = _start(command, environment)


def _start(command: Command, environment: Mapping[str, str]) -> subprocess.Popen[bytes]:
    # A session of its own: an interrupt from the keyboard reaches this process alone, which then stops all in order.
    return subprocess.Popen(command, env=environment, start_new_session=True)


def _stop(processes: Sequence[subprocess.Popen[bytes]]) -> None:
    for process in processes:
        if process.poll() is None:
            process.terminate()
    latest = time.monotonic() + GRACE
    for process in processes:
        try:
            process.wait(max(latest - time.monotonic(), 0))
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
