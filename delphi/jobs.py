"""Work outside the request: mail and exports, done by a worker that takes its jobs from a queue."""

import logging
import signal
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from smtplib import SMTPServerDisconnected
from threading import Lock

from huey import Huey, PostgresHuey, RedisHuey, SqliteHuey, crontab
from huey.api import TaskWrapper
from huey.consumer import Consumer
from huey.exceptions import ConfigurationError

from delphi import exports
from delphi.clock import Clock, utc_now
from delphi.config import SettingError, Settings
from delphi.database import Database
from delphi.errors import DelphiError
from delphi.exports import ExportState, State
from delphi.mail import RefusedError, Send, transport
from delphi.services.keyring import Keyring
from delphi.services.letters import Letter
from delphi.services.outbox import claim_next, give_back, note_failed, note_refused, note_sent
from delphi.services.safeguarding import tell_readers
from delphi.services.schedule import act_on_schedule
from delphi.services.studies import all_studies, find_study

__all__ = ["ExportState", "Queue", "State", "deliver_soon", "export_state", "is_reachable", "queue", "request_export", "worker"]

NAME = "delphi"
N_WORKERS = 2  # so that mail goes out while an export is made
LONGEST_NAP = 1.0  # seconds between two looks into an empty queue
SHUTDOWN = 32  # seconds that a job has to end in when the worker is told to stop; a mail server has thirty to answer in

_log = logging.getLogger(__name__)
_delivering = Lock()  # one job of a process sends at a time, so that a process that dies has one mail under way at most
_stops: list[Callable[[], bool]] = []  # asked between two mails whether this process is to end


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
    huey.immediate = settings.is_rehearsal  # no worker looks after it
    huey.periodic_task(crontab(), name="deliver_mail_every_minute")(lambda: deliver_mail(settings))
    huey.periodic_task(crontab(minute="17"), name="forget_exports")(lambda: exports.forget_old(settings, time.time()))
    huey.periodic_task(crontab(minute="*/10"), name="act_on_schedule")(lambda: act_on_schedules(settings))
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
    consumer = Consumer(
        queue(settings).huey,
        workers=N_WORKERS,
        max_delay=LONGEST_NAP,
        shutdown_timeout=SHUTDOWN,
        graceful_signal="TERM",
    )
    # An interrupt from the keyboard ends it as gently: cut short, a mail that has just gone out would go out again.
    consumer._signal_actions[signal.SIGINT] = consumer._signal_actions[signal.SIGTERM]
    _stops.append(consumer.stop_flag.is_set)
    try:
        consumer.run()
    finally:
        _stops.pop()


def deliver_mail(settings: Settings, *, clock: Clock = utc_now) -> None:
    """Send everything in the outbox that is due, one connection a batch; what fails waits for its next turn.

    A worker that is told to stop ends after the mail it is sending, and gives back the rest of its batch.
    """
    if _delivering.acquire(blocking=False):
        try:
            _deliver(settings, clock)
        finally:
            _delivering.release()


def _deliver(settings: Settings, clock: Clock) -> None:
    database, keyring = Database(settings.database), Keyring(settings.secret_key)
    try:
        while not _is_told_to_stop() and (letters := _claim(database, keyring, settings, clock)):
            try:
                with transport(settings, now=clock()) as send:
                    _send_all(database, send, letters, clock)
            except OSError as error:
                _put_off(database, letters, f"The mail server cannot be used: {error}", clock)
                return
            finally:
                _give_back(database, letters, clock)
    finally:
        database.dispose()


def act_on_schedules(settings: Settings, *, clock: Clock = utc_now) -> None:
    """Do in each study what its time has come for: reminders of the round's schedule, the day's count, the close."""
    database = Database(settings.database)
    try:
        with database.reading() as session:
            slugs = [study.slug for study in all_studies(session)]
        for slug in slugs:
            try:
                with database.transaction() as session:
                    act_on_schedule(session, find_study(session, slug), now=clock())
            except DelphiError as error:
                _log.warning("%s: %s", slug, error)
    finally:
        database.dispose()


def tell_readers_of_texts(settings: Settings, *, clock: Clock = utc_now) -> None:
    """Write down the day's mail to each safeguarding reader who has something to read; the next delivery takes it along."""
    database = Database(settings.database)
    try:
        with database.transaction() as session:
            tell_readers(session, now=clock())
    finally:
        database.dispose()


def _is_told_to_stop() -> bool:
    return any(is_set() for is_set in _stops)


def _claim(database: Database, keyring: Keyring, settings: Settings, clock: Clock) -> list[Letter]:
    with database.transaction() as session:
        return claim_next(session, keyring, now=clock(), a_minute=settings.mail_per_minute)


def _send_all(database: Database, send: Send, letters: list[Letter], clock: Clock) -> None:
    """Send each letter and say at once how it went; those done are taken off the list.

    After a lost connection the rest is left for another one.
    """
    while letters and not _is_told_to_stop():
        letter = letters[0]
        try:
            send(letter)
        except SMTPServerDisconnected as error:
            _put_off(database, [letters.pop(0)], str(error), clock)
            return
        except (RefusedError, ValueError, DelphiError) as error:
            _refuse(database, letter, error, clock)
        except OSError as error:
            _put_off(database, [letter], str(error), clock)
        else:
            with database.transaction() as session:
                note_sent(session, letter.mail_id, now=clock())
        letters.pop(0)


def _refuse(database: Database, letter: Letter, error: Exception, clock: Clock) -> None:
    _log.warning("1 mail refused: %s", error)
    is_unknown = isinstance(error, RefusedError) and error.is_unknown
    with database.transaction() as session:
        note_refused(session, letter.mail_id, str(error), now=clock(), is_unknown=is_unknown)


def _put_off(database: Database, letters: list[Letter], reason: str, clock: Clock) -> None:
    """Say why these could not be sent, and take them off the list."""
    _log.warning("%d mail not sent: %s", len(letters), reason)
    with database.transaction() as session:
        for letter in letters:
            note_failed(session, letter.mail_id, reason, now=clock())
    letters.clear()


def _give_back(database: Database, letters: Sequence[Letter], clock: Clock) -> None:
    """Leave what nobody has begun to send to whoever looks next."""
    if letters:
        with database.transaction() as session:
            give_back(session, [letter.mail_id for letter in letters], now=clock())


def _huey(settings: Settings) -> Huey:
    try:
        if not settings.queue_url:
            return SqliteHuey(NAME, filename=str(settings.data / "queue.sqlite3"), results=False)
        if settings.queue_url.startswith("postgresql:"):
            return PostgresHuey(NAME, dsn=settings.queue_url, results=False)
        return RedisHuey(NAME, url=settings.queue_url, results=False)
    except ConfigurationError as error:
        raise SettingError("DELPHI_QUEUE_URL cannot be used: {error}", error=error) from error
