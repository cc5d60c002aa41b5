"""Mail goes out once: workers are stopped and killed while they send to a server that also puts mail off; the server counts."""

import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from delphi.config import Settings
from delphi.database import Database
from tests import cast
from tests.browser.site import free_port

MAILS = int(os.environ.get("FAULT_MAILS", "150"))
WORKERS = 2
PATIENCE = 60 + MAILS  # seconds without end would be a hang


class Counting:
    """A mail server that counts what it accepts by Message-ID, and puts a share of it off: some at the name, some at the text."""

    def __init__(self) -> None:
        self.accepted: Counter[str] = Counter()
        self.put_off = 0
        self._seen: Counter[str] = Counter()

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
        head = envelope.content.partition(b"\r\n\r\n")[0].decode()
        self.accepted[next(line for line in head.splitlines() if line.startswith("Message-ID:"))] += 1
        return "250 OK"

    @staticmethod
    def _number(address: str) -> int:
        return int(address.partition("@")[0].removeprefix("carers-"))


@pytest.fixture
def server() -> Iterator[tuple[Counting, str]]:
    counting = Counting()
    controller = Controller(counting, hostname="127.0.0.1", port=free_port())
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


def start(settings: Settings) -> list[subprocess.Popen[bytes]]:
    environment = {**os.environ, **settings.as_environment()}
    command = [sys.executable, "-m", "delphi", "worker"]
    with (settings.data / "worker.log").open("ab") as log:
        return [subprocess.Popen(command, env=environment, cwd=settings.data, stdout=log, stderr=log) for _ in range(WORKERS)]


def end(workers: list[subprocess.Popen[bytes]], *signals: signal.Signals) -> list[int]:
    """End the workers, each by its signal, and return how they ended."""
    for worker, signum in zip(workers, signals, strict=True):
        worker.send_signal(signum)
    return [worker.wait(timeout=60) for worker in workers]


def wait_until(is_so: Callable[[], bool]) -> None:
    latest = time.monotonic() + PATIENCE
    while not is_so():
        assert time.monotonic() < latest, "nothing more happened"
        time.sleep(0.02)


def send_a_share(counting: Counting) -> None:
    """Wait until a good many more have gone out."""
    wanted = counting.accepted.total() + MAILS // 5
    wait_until(lambda: counting.accepted.total() >= wanted)


def query(settings: Settings, sql: str) -> list[tuple[int]]:
    with closing(sqlite3.connect(settings.data / "delphi.sqlite3")) as database, database:
        return database.execute(sql).fetchall()


def n_noted(settings: Settings) -> int:
    return query(settings, "SELECT count(*) FROM outbox WHERE sent_at IS NOT NULL")[0][0]


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
    while len(counting.accepted) < MAILS:
        let_time_pass(settings)
        wanted = n_tried(settings) + n_due(settings)
        workers = start(settings)
        wait_until(lambda wanted=wanted: n_tried(settings) >= wanted)
        end(workers, *[signal.SIGTERM] * WORKERS)


def test_after_a_stop_no_mail_goes_out_twice(invited: Settings, server: tuple[Counting, str]) -> None:
    counting = server[0]
    for _ in range(2):
        workers = start(invited)
        send_a_share(counting)
        end(workers, signal.SIGTERM, signal.SIGINT)
        assert n_noted(invited) == counting.accepted.total()

    send_the_rest(invited, counting)

    assert len(counting.accepted) == counting.accepted.total() == n_noted(invited) == MAILS
    assert counting.put_off > MAILS // 7


def test_after_a_kill_at_most_one_mail_a_worker_goes_out_twice_and_can_be_told_to_be_one(
    invited: Settings, server: tuple[Counting, str]
) -> None:
    counting, n_kills = server[0], 0
    for _ in range(3):
        workers = start(invited)
        send_a_share(counting)
        end(workers, *[signal.SIGKILL] * WORKERS)
        n_kills += WORKERS

    send_the_rest(invited, counting)

    assert len(counting.accepted) == n_noted(invited) == MAILS
    assert counting.accepted.total() - MAILS <= n_kills
