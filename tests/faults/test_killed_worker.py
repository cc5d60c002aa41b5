"""Mail goes out once: workers are stopped and killed while they send to a server that also puts mail off; the server counts."""

import asyncio
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from delphi.config import Settings
from delphi.database import Database
from delphi.jobs import deliver_soon
from tests import cast
from tests.browser.site import free_port

MAILS = int(os.environ.get("FAULT_MAILS", "150"))
WORKERS = 2
PATIENCE = 60 + MAILS  # seconds without end would be a hang


class Counting:
    """A mail server that counts what it accepts by Message-ID, and puts a share of it off: some at the name, some at the text."""

    def __init__(self) -> None:
        self.accepted: Counter[str] = Counter()
        self.ids: defaultdict[str, set[str]] = defaultdict(set)  # by the address that mail went to
        self.put_off = 0
        self.n_connected = 0
        self._seen: Counter[str] = Counter()
        self.let_in(1)

    def let_in(self, n_senders: int) -> None:
        """From now on accept nothing until as many have come with mail, so that all of them are sending."""
        self.sent_by: defaultdict[str, list[str]] = defaultdict(list)  # by each sender that has come: what of it was accepted
        self._n_awaited, self._are_here = n_senders, asyncio.Event()

    def n_here(self) -> int:
        """Return how many senders have come."""
        return len(self.sent_by)

    async def handle_RCPT(  # noqa: N802 — the server looks for this name
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        self._seen[address] += 1
        if self._number(address) % 7 == 0 and self._seen[address] == 1:
            self.put_off += 1
            return "450 not now"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        assert isinstance(envelope.content, bytes)
        (address,) = envelope.rcpt_tos
        if self._number(address) % 11 == 0 and self._seen[address] == 1:
            self.put_off += 1
            return "451 not now either"
        sender = envelope.mail_from or ""
        sent = self.sent_by[sender]
        if self.n_here() >= self._n_awaited:
            self._are_here.set()
        await self._are_here.wait()
        head = envelope.content.partition(b"\r\n\r\n")[0].decode()
        message_id = next(line for line in head.splitlines() if line.startswith("Message-ID:"))
        self.accepted[message_id] += 1
        self.ids[address].add(message_id)
        sent.append(message_id)
        return "250 OK"

    @staticmethod
    def _number(address: str) -> int:
        return int(address.partition("@")[0].removeprefix("carers-"))


class Connection(SMTP):
    """One of the server's connections; once it is lost, nothing that came by it is accepted any more."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.event_handler.n_connected += 1
        super().connection_made(transport)

    def connection_lost(self, error: Exception | None) -> None:
        super().connection_lost(error)
        self.event_handler.n_connected -= 1


class Server(Controller):
    """The server on a port of its own."""

    def factory(self) -> SMTP:
        return Connection(self.handler, **self.SMTP_kwargs)


@pytest.fixture
def server() -> Iterator[tuple[Counting, str]]:
    counting = Counting()
    controller = Server(counting, hostname="127.0.0.1", port=free_port())
    controller.start()
    yield counting, f"smtp://127.0.0.1:{controller.port}"
    controller.stop()


@pytest.fixture
def invited(settings: Settings, database: Database, server: tuple[Counting, str]) -> Settings:
    """An installation whose outbox holds an invitation for each of many."""
    with database.transaction() as session:
        study = cast.begin_study(session)
        cast.add_panel(session, study, {"Carers": MAILS})
        cast.open_round(session, study)
    return replace(settings, smtp_url=server[1], mail_per_minute=0)


def start(settings: Settings, counting: Counting, *, n_senders: int) -> list[subprocess.Popen[bytes]]:
    """Start the workers and wait until as many of them send: each under an address of its own, by which the server knows it.

    Who sends already may take the job that another has put into the queue, and that one has none: so there is always one more.
    """
    counting.let_in(n_senders)
    own = [replace(settings, mail_from=f"worker-{n}@localhost").as_environment() for n in range(WORKERS)]
    command = [sys.executable, "-m", "delphi", "worker"]
    with (settings.data / "worker.log").open("ab") as log:
        workers = [subprocess.Popen(command, env={**os.environ, **one}, cwd=settings.data, stdout=log, stderr=log) for one in own]
    wait_until(lambda: counting.n_here() >= n_senders or bool(deliver_soon(settings)))
    return workers


def end(workers: list[subprocess.Popen[bytes]], counting: Counting, *signals: signal.Signals) -> None:
    """End the workers, each by its signal, and wait until the server has done with what they left on the way."""
    for worker, signum in zip(workers, signals, strict=True):
        worker.send_signal(signum)
    for worker in workers:
        worker.wait(timeout=60)
    wait_until(lambda: counting.n_connected == 0)


def wait_until(is_so: Callable[[], bool]) -> None:
    latest = time.monotonic() + PATIENCE
    while not is_so():
        assert time.monotonic() < latest, "nothing more happened"
        time.sleep(0.02)


def send_a_share(counting: Counting) -> None:
    """Wait until each sender has sent a good many."""
    wait_until(lambda: all(len(sent) >= MAILS // 15 for sent in counting.sent_by.values()))


def query(settings: Settings, sql: str) -> list[tuple[int]]:
    with closing(sqlite3.connect(settings.data / "delphi.sqlite3")) as database, database:
        return database.execute(sql).fetchall()


def n_noted(settings: Settings) -> int:
    return query(settings, "SELECT count(*) FROM outbox WHERE sent_at IS NOT NULL")[0][0]


def n_unnoted(settings: Settings, counting: Counting) -> dict[str, int]:
    """Return by worker how many mails it has sent, since all were started, that nobody has noted as sent."""
    unnoted = {f"Message-ID: <{id_}@" for (id_,) in query(settings, "SELECT id FROM outbox WHERE sent_at IS NULL")}
    return {worker: sum(f"{one.partition('@')[0]}@" in unnoted for one in sent) for worker, sent in counting.sent_by.items()}


def n_due(settings: Settings) -> int:
    now = "strftime('%Y-%m-%d %H:%M:%f', 'now')"
    return query(settings, f"SELECT count(*) FROM outbox WHERE sent_at IS NULL AND due_at <= {now}")[0][0]


def n_tried(settings: Settings) -> int:
    """Return how often it is known what became of a mail."""
    return query(settings, "SELECT count(*) FROM mail_events")[0][0]


def let_time_pass(settings: Settings) -> None:
    """Have everything due that waits for another try; only while no worker runs."""
    query(settings, "UPDATE outbox SET due_at = queued_at WHERE sent_at IS NULL")


def send_the_rest(settings: Settings, counting: Counting) -> None:
    while n_noted(settings) < MAILS:
        let_time_pass(settings)
        wanted = n_tried(settings) + n_due(settings)
        workers = start(settings, counting, n_senders=1)
        wait_until(lambda wanted=wanted: n_tried(settings) >= wanted)
        end(workers, counting, *[signal.SIGTERM] * WORKERS)


def test_after_a_stop_no_mail_goes_out_twice(invited: Settings, server: tuple[Counting, str]) -> None:
    counting = server[0]
    for _ in range(2):
        workers = start(invited, counting, n_senders=WORKERS)
        send_a_share(counting)
        end(workers, counting, signal.SIGTERM, signal.SIGINT)
        assert n_noted(invited) == counting.accepted.total()

    send_the_rest(invited, counting)

    assert len(counting.accepted) == counting.accepted.total() == n_noted(invited) == MAILS
    assert counting.put_off > MAILS // 7


def test_after_a_kill_at_most_one_mail_a_worker_goes_out_twice_and_can_be_told_to_be_one(
    invited: Settings, server: tuple[Counting, str]
) -> None:
    counting, n_twice = server[0], 0
    for _ in range(3):
        let_time_pass(invited)
        workers = start(invited, counting, n_senders=WORKERS)
        send_a_share(counting)
        end(workers, counting, *[signal.SIGKILL] * WORKERS)
        unnoted = n_unnoted(invited, counting)
        assert len(unnoted) == WORKERS
        assert max(unnoted.values()) <= 1
        n_twice += sum(unnoted.values())

    send_the_rest(invited, counting)

    assert len(counting.accepted) == n_noted(invited) == MAILS
    assert counting.accepted.total() - MAILS == n_twice
    assert {len(ids) for ids in counting.ids.values()} == {1}
