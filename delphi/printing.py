"""HTML turned into PDF in a process of its own, so that no document takes the site along: `python -m delphi.printing`."""

import logging
import os
import subprocess
import sys
from contextlib import suppress
from datetime import datetime
from threading import BoundedSemaphore

from delphi.errors import DelphiError
from delphi.manual.pdf import render_pdf

LONGEST_PRINTING = 50  # seconds, less than a browser waits
LONGEST_QUEUE = 20  # seconds
MOST_AT_ONCE = 2
MOST_MEMORY = 4 * 2**30  # bytes of addresses, not all of them used

_turns = BoundedSemaphore(MOST_AT_ONCE)
_log = logging.getLogger(__name__)


class PrintingError(DelphiError):
    """The document could not be made at this moment; nothing else is lost by it."""

    status = 503

    def __init__(self) -> None:
        super().__init__("The PDF could not be made just now. Nothing is lost: try again in a minute.")


def print_apart(html: str, *, made: datetime) -> bytes:
    """Return the document as a PDF that says it was made at `made`; refuse when it takes too long or too much.

    The document goes to the process and back through pipes, so it never lies on a disk.
    """
    if not _turns.acquire(timeout=LONGEST_QUEUE):
        raise PrintingError
    try:
        return _printed(html, made)
    finally:
        _turns.release()


def limit_memory(pid: int) -> None:
    """Keep a process from taking more memory than any document needs, where the system can."""
    if sys.platform == "linux":
        import resource  # not on every system

        with suppress(ProcessLookupError):
            resource.prlimit(pid, resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))


def _printed(html: str, made: datetime) -> bytes:
    command = [sys.executable, "-m", "delphi.printing", made.isoformat()]
    try:
        done = subprocess.run(command, input=html.encode(), capture_output=True, timeout=LONGEST_PRINTING, check=False)
    except subprocess.TimeoutExpired:
        _log.warning("a document was given up after %d seconds", LONGEST_PRINTING)
        raise PrintingError from None
    if done.returncode != 0:
        # What the process said may hold what stands in the document, and a log must not.
        _log.warning("a document could not be made: exit status %d", done.returncode)
        raise PrintingError
    return done.stdout


if __name__ == "__main__":
    limit_memory(os.getpid())
    sys.stdout.buffer.write(render_pdf(sys.stdin.buffer.read().decode(), made=datetime.fromisoformat(sys.argv[1])))
    sys.stdout.buffer.flush()
    # Seen once in a long test run: at an orderly end a thread ran on in a library that was unloaded already, which is a crash.
    os._exit(0)
