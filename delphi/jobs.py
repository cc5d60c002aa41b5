"""Work outside the request: mail and exports, done by a worker that takes its jobs from a queue."""

import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache

from huey import Huey, PostgresHuey, RedisHuey, SqliteHuey, crontab
from huey.api import TaskWrapper
from huey.consumer import Consumer
from huey.exceptions import ConfigurationError

from delphi import exports
from delphi.config import SettingError, Settings
from delphi.database import Database
from delphi.errors import DelphiError
from delphi.exports import ExportState, State
from delphi.mail import Send, transport
from delphi.services.keyring import Keyring
from delphi.services.outbox import Letter, claim_next, note_failed, note_sent
from delphi.services.safeguarding import tell_readers

__all__ = ["ExportState", "Queue", "State", "deliver_soon", "export_state", "is_reachable", "queue", "request_export", "worker"]

NAME = "delphi"
N_WORKERS = 2  # so that mail goes out while an export is made
LONGEST_NAP = 1.0  # seconds between two looks into an empty queue
SHUTDOWN = 20  # seconds that a job has to end in when the worker is told to stop

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Queue:
    """The queue of an installation, and the jobs that can be put into it."""

    huey: Huey
    deliver_mail: TaskWrapper
    render_export: TaskWrapper


@cache
def queue(settings: Settings) -> Queue:
    """Return the installation's queue: a file beside the data, unless a server is named."""
    huey = _huey(settings)
    huey.periodic_task(crontab(), name="deliver_mail_every_minute")(lambda: deliver_mail(settings))
    huey.periodic_task(crontab(minute="17"), name="forget_exports")(lambda: exports.forget_old(settings, time.time()))
    huey.periodic_task(crontab(minute="7"), name="tell_readers_every_hour")(lambda: tell_readers_of_texts(settings))
    return Queue(
        huey,
        deliver_mail=huey.task(name="deliver_mail")(lambda: deliver_mail(settings)),
        render_export=huey.task(name="render_export")(lambda slug, kind: exports.render(settings, slug, kind)),
    )


def deliver_soon(settings: Settings) -> None:
    """Have the outbox looked through now; call it after the commit that put something in."""
    queue(settings).deliver_mail()


def export_state(settings: Settings, study_slug: str, kind: str) -> ExportState:
    """Return how far an export of the study as it is now is, changing nothing: for the page that is waiting for it."""
    return exports.state_of(settings, study_slug, kind)


def request_export(settings: Settings, study_slug: str, kind: str) -> ExportState:
    """Have an export made unless it is there, on its way, or has just failed; return how far it is.

    Asked again and again it is made once, for as long as nothing that it depends on changes.
    """
    state = exports.state_of(settings, study_slug, kind)
    if state.state is not State.ABSENT:
        return state
    exports.mark_waiting(settings, study_slug, kind)
    queue(settings).render_export(study_slug, kind)
    return exports.state_of(settings, study_slug, kind)


def is_reachable(settings: Settings) -> bool:
    """Tell whether jobs can be put into the queue at this moment."""
    try:
        queue(settings).huey.pending_count()
    except Exception:  # each kind of queue has errors of its own, and all say no
        return False
    return True


def worker(settings: Settings) -> None:
    """Do the jobs of the queue until told to stop (SIGTERM or SIGINT). Runs in the main thread."""
    exports.forget_waiting(settings)
    deliver_soon(settings)
    Consumer(
        queue(settings).huey,
        workers=N_WORKERS,
        max_delay=LONGEST_NAP,
        shutdown_timeout=SHUTDOWN,
        graceful_signal="TERM",
    ).run()


def deliver_mail(settings: Settings) -> None:
    """Send everything in the outbox that is due, one connection a batch; what fails waits for its next turn."""
    database, keyring = Database(settings.database), Keyring(settings.secret_key)
    try:
        while letters := _claim(database, keyring):
            try:
                with transport(settings, now=datetime.now(UTC)) as send:
                    _send_all(database, send, letters)
            except OSError as error:
                _put_off(database, letters, f"The mail server cannot be used: {error}")
                return
    finally:
        database.dispose()


def tell_readers_of_texts(settings: Settings) -> None:
    """Write down the day's mail to each safeguarding reader who has something to read; the next delivery takes it along."""
    database = Database(settings.database)
    try:
        with database.transaction() as session:
            tell_readers(session, now=datetime.now(UTC))
    finally:
        database.dispose()


def _claim(database: Database, keyring: Keyring) -> list[Letter]:
    with database.transaction() as session:
        return claim_next(session, keyring, now=datetime.now(UTC))


def _send_all(database: Database, send: Send, letters: list[Letter]) -> None:
    """Send each letter and say at once how it went; those done are taken off the list."""
    while letters:
        letter = letters[0]
        try:
            send(letter)
        except (OSError, ValueError, DelphiError) as error:
            _put_off(database, [letter], str(error))
        else:
            with database.transaction() as session:
                note_sent(session, letter.mail_id, now=datetime.now(UTC))
        letters.pop(0)


def _put_off(database: Database, letters: Sequence[Letter], reason: str) -> None:
    _log.warning("%d mail not sent: %s", len(letters), reason)
    with database.transaction() as session:
        for letter in letters:
            note_failed(session, letter.mail_id, reason)


def _huey(settings: Settings) -> Huey:
    try:
        if not settings.queue_url:
            return SqliteHuey(NAME, filename=str(settings.data / "queue.sqlite3"), results=False)
        if settings.queue_url.startswith("postgresql:"):
            return PostgresHuey(NAME, dsn=settings.queue_url, results=False)
        return RedisHuey(NAME, url=settings.queue_url, results=False)
    except ConfigurationError as error:
        raise SettingError("DELPHI_QUEUE_URL cannot be used: {error}", error=error) from error
