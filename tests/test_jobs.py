"""Work outside the request: mail goes out once, exports are made once, and failures are told."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select

from delphi import exports, jobs
from delphi.config import SettingError, Settings
from delphi.database import Database
from delphi.errors import InvalidError, NotFoundError
from delphi.jobs import State
from delphi.models import Contact, MailEvent, OutboxMail
from delphi.services import studies
from delphi.services.outbox import MOST_ATTEMPTS, claim_next
from tests import cast
from tests.test_mail import Inbox, inbox, smtp_settings

__all__ = ["inbox", "smtp_settings"]

SLUG, KIND = "connections", "manual.md"


@pytest.fixture(autouse=True)
def _queues_are_closed() -> Iterator[None]:
    yield
    jobs.queue.cache_clear()


@pytest.fixture
def study(database: Database) -> str:
    """A study with an open round and six people invited."""
    with database.transaction() as session:
        begun = cast.begin_study(session)
        cast.add_panel(session, begun, {"Carers": 5})
        cast.add_panel(session, begun, {"nobody": 1})
        cast.open_round(session, begun)
    return SLUG


def outbox(database: Database) -> list[OutboxMail]:
    with database.reading() as session:
        return list(session.scalars(select(OutboxMail)))


def events(database: Database) -> list[MailEvent]:
    with database.reading() as session:
        return list(session.scalars(select(MailEvent)))


def addressed(database: Database) -> list[tuple[int, str]]:
    """Return each mail's number with the address that it goes to."""
    with database.reading() as session:
        rows = session.execute(select(OutboxMail.id, Contact).join(Contact, Contact.panelist_id == OutboxMail.panelist_id))
        return [(id_, cast.keyring().decrypt(contact.address_ciphertext)) for id_, contact in rows]


def make_due(database: Database) -> None:
    """Have time go on until everything that waits is due."""
    with database.transaction() as session:
        for mail in session.scalars(select(OutboxMail)):
            mail.due_at = mail.queued_at


def test_everybody_gets_one_mail_and_no_second_one(settings: Settings, database: Database, study: str) -> None:
    jobs.deliver_mail(settings)
    written = {path.name: path.stat().st_mtime_ns for path in (settings.data / "mail").iterdir()}
    jobs.deliver_mail(settings)

    assert set(written) == {f"{study}-1-invitation-{address}-{id_}.eml" for id_, address in addressed(database)}
    assert len(written) == 6
    assert {path.name: path.stat().st_mtime_ns for path in (settings.data / "mail").iterdir()} == written
    assert all(mail.sent_at and mail.attempts == 1 for mail in outbox(database))


def test_a_server_that_is_not_there_puts_mail_off_with_the_reason(settings: Settings, database: Database, study: str) -> None:
    gone = replace(settings, smtp_url="smtp://127.0.0.1:1")

    jobs.deliver_mail(gone)
    jobs.deliver_mail(gone)

    for mail in outbox(database):
        assert mail.sent_at is None
        assert mail.attempts == 1  # it is not due again within the same minute
        assert (mail.due_at - mail.queued_at).total_seconds() > 100
    assert {(event.what, event.reason[:30]) for event in events(database)} == {("deferred", "The mail server cannot be used")}


def test_mail_that_was_put_off_goes_out_when_it_is_due_again(settings: Settings, database: Database, study: str) -> None:
    jobs.deliver_mail(replace(settings, smtp_url="smtp://127.0.0.1:1"))
    make_due(database)

    jobs.deliver_mail(settings)

    assert [mail.attempts for mail in outbox(database)] == [2] * 6
    assert sorted(event.what for event in events(database)) == ["deferred"] * 6 + ["sent"] * 6


def test_one_who_is_turned_away_does_not_hold_up_the_others(
    smtp_settings: Settings, inbox: Inbox, database: Database, study: str
) -> None:
    jobs.deliver_mail(smtp_settings)

    assert len(inbox.received) == 5
    (held,) = [mail for mail in outbox(database) if mail.sent_at is None]
    assert held.ended_at is not None
    (refused,) = [event for event in events(database) if event.mail_id == held.id]
    assert (refused.what, refused.reason) == ("refused", "550 there is no such person")


def test_an_address_that_no_server_knows_is_not_written_to_again(
    smtp_settings: Settings, inbox: Inbox, database: Database, study: str
) -> None:
    jobs.deliver_mail(smtp_settings)
    make_due(database)
    jobs.deliver_mail(smtp_settings)

    with database.reading() as session:
        assert [contact.is_bouncing for contact in session.scalars(select(Contact))].count(True) == 1
    assert inbox.asked_for.count("nobody-1@example.org") == 1


def test_who_is_put_off_is_tried_again_and_why_is_kept_without_the_address(
    smtp_settings: Settings, inbox: Inbox, database: Database, study: str
) -> None:
    inbox.puts_off = "450 try {address} later, {name}"
    jobs.deliver_mail(smtp_settings)
    reasons = {event.reason for event in events(database) if event.what == "deferred"}
    inbox.puts_off = ""
    make_due(database)
    jobs.deliver_mail(smtp_settings)

    assert reasons == {"450 try … later, …"}
    assert len(inbox.received) == 5
    with database.reading() as session:
        assert [contact.is_bouncing for contact in session.scalars(select(Contact))].count(True) == 1


def test_a_mail_is_given_up_in_the_end(smtp_settings: Settings, inbox: Inbox, database: Database, study: str) -> None:
    inbox.puts_off = "450 try later"
    for _ in range(MOST_ATTEMPTS + 2):
        jobs.deliver_mail(smtp_settings)
        make_due(database)

    assert {mail.attempts for mail in outbox(database) if mail.panelist_id} == {MOST_ATTEMPTS}
    assert all(mail.ended_at for mail in outbox(database))
    with database.reading() as session:
        assert not any(contact.is_bouncing for contact in session.scalars(select(Contact)))


def test_the_wait_between_two_tries_grows_up_to_half_a_day(database: Database, study: str) -> None:
    waits = []
    for _ in range(MOST_ATTEMPTS):
        with database.transaction() as session:
            mail = session.get_one(OutboxMail, outbox(database)[0].id)
            now = mail.due_at
            claim_next(session, cast.keyring(), now=now)
            waits.append(mail.due_at - now)

    assert waits[:3] == [timedelta(minutes=2), timedelta(minutes=4), timedelta(minutes=8)]
    assert waits[-1] == timedelta(hours=12)
    assert sum(waits, timedelta()) > timedelta(days=3)


def test_no_more_go_out_in_a_minute_than_the_setting_says(database: Database, study: str) -> None:
    minute = cast.NOW + timedelta(days=1)

    def claimed(at: timedelta) -> int:
        with database.transaction() as session:
            return len(claim_next(session, cast.keyring(), now=minute + at, a_minute=4))

    second = timedelta(seconds=1)
    assert [claimed(second), claimed(2 * second), claimed(59 * second), claimed(61 * second)] == [4, 0, 0, 2]


def test_a_lost_connection_costs_one_mail_its_turn_and_the_rest_go_over_another(
    smtp_settings: Settings, inbox: Inbox, database: Database, study: str
) -> None:
    inbox.hangs_up_after = 2

    jobs.deliver_mail(smtp_settings)

    assert len(inbox.received) == 4
    assert len(inbox.peers) == 2
    assert [mail.attempts for mail in outbox(database) if mail.ended_at is None] == [1] * 5


def test_a_worker_that_is_told_to_stop_ends_after_the_mail_it_is_sending(
    smtp_settings: Settings, inbox: Inbox, database: Database, study: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs, "_stops", [lambda: len(inbox.received) >= 2])

    jobs.deliver_mail(smtp_settings)
    left = [mail for mail in outbox(database) if mail.sent_at is None and mail.ended_at is None]
    monkeypatch.setattr(jobs, "_stops", [])
    jobs.deliver_mail(smtp_settings)

    assert {(mail.attempts, mail.tried_at) for mail in left} == {(0, None)}
    assert sorted(str(message["To"]) for message in inbox.received) == [
        f"Carers Person {n} <carers-{n}@example.org>" for n in range(1, 6)
    ]


def test_mail_of_a_round_that_has_ended_stays_unsent(settings: Settings, database: Database, study: str) -> None:
    with database.transaction() as session:
        found = cast.begin_study(session, slug="other", title="Other")
        cast.add_panel(session, found, {"Carers": 5})
        round_ = cast.open_round(session, found)
        cast.close_and_publish(session, found, round_)

    jobs.deliver_mail(settings)

    assert len(list((settings.data / "mail").iterdir())) == 6
    assert len(outbox(database)) == 11


def test_an_export_is_asked_for_once_and_then_there(settings: Settings, study: str) -> None:
    assert jobs.export_state(settings, SLUG, KIND).state is State.ABSENT
    assert jobs.request_export(settings, SLUG, KIND).state is State.WAITING
    assert jobs.request_export(settings, SLUG, KIND).state is State.WAITING
    assert jobs.queue(settings).huey.pending_count() == 1

    exports.render(settings, SLUG, KIND)

    ready = jobs.request_export(settings, SLUG, KIND)
    assert ready.state is State.READY
    assert ready.path is not None
    assert "goes at the pace of the person" in ready.path.read_text(encoding="utf-8")
    assert [path.name for path in ready.path.parent.iterdir()] == [ready.path.name]  # and nothing half-made beside it
    assert jobs.queue(settings).huey.pending_count() == 1


def test_an_export_is_another_when_the_study_has_changed(settings: Settings, database: Database, study: str) -> None:
    exports.render(settings, SLUG, KIND)
    assert jobs.export_state(settings, SLUG, KIND).state is State.READY

    with database.transaction() as session:
        cast.begin_study(session, slug="other", title="Other")
    assert jobs.export_state(settings, SLUG, KIND).state is State.READY
    with database.transaction() as session:
        found = studies.find_study(session, SLUG)
        cast.close_and_publish(session, found, studies.find_round(session, found, 1))

    assert jobs.export_state(settings, SLUG, KIND).state is State.ABSENT


def test_a_failure_is_told_in_a_sentence_and_tried_again_later(settings: Settings, study: str) -> None:
    broken = replace(settings, mail_from="nobody")  # the program that makes the document refuses to start with this

    jobs.request_export(broken, SLUG, KIND)
    exports.render(broken, SLUG, KIND)

    failed = jobs.request_export(broken, SLUG, KIND)
    assert failed.state is State.FAILED
    assert failed.message.startswith("DELPHI_MAIL_FROM wants one line")
    assert jobs.queue(broken).huey.pending_count() == 1
    (marker,) = (settings.data / "exports").glob("*/*/.failed")
    os.utime(marker, (0, 0))
    assert jobs.request_export(broken, SLUG, KIND).state is State.WAITING


def test_what_cannot_be_asked_for_is_refused(settings: Settings, study: str) -> None:
    with pytest.raises(InvalidError):
        jobs.request_export(settings, SLUG, "../../etc/passwd")
    with pytest.raises(NotFoundError):
        jobs.request_export(settings, "nothing", KIND)
    assert not (settings.data / "exports").exists()


def test_exports_are_forgotten_after_a_week(settings: Settings, study: str) -> None:
    exports.render(settings, SLUG, KIND)

    exports.forget_old(settings, time.time() + 6 * 24 * 3600)
    assert jobs.export_state(settings, SLUG, KIND).state is State.READY
    exports.forget_old(settings, time.time() + 8 * 24 * 3600)
    assert jobs.export_state(settings, SLUG, KIND).state is State.ABSENT


def test_a_queue_says_whether_it_can_be_reached(settings: Settings) -> None:
    assert jobs.is_reachable(settings)
    assert not jobs.is_reachable(replace(settings, queue_url="postgresql://127.0.0.1:1/none"))
    with pytest.raises(SettingError, match="DELPHI_QUEUE_URL"):
        jobs.queue(replace(settings, queue_url="redis://127.0.0.1:1"))


@pytest.mark.slow
def test_a_worker_makes_what_was_asked_for_and_ends_when_told(settings: Settings, study: str) -> None:
    exports.mark_waiting(settings, SLUG, KIND)  # as a worker that was killed leaves it
    environment = {**os.environ, **settings.as_environment()}
    worker = subprocess.Popen([sys.executable, "-m", "delphi", "worker"], env=environment, cwd=settings.data)
    try:
        latest = time.monotonic() + 60
        while jobs.request_export(settings, SLUG, KIND).state is not State.READY and time.monotonic() < latest:
            time.sleep(0.1)
        while len(list((settings.data / "mail").glob("*.eml"))) < 6 and time.monotonic() < latest:
            time.sleep(0.1)
    finally:
        worker.send_signal(signal.SIGTERM)

    assert worker.wait(timeout=60) == 0
    assert jobs.export_state(settings, SLUG, KIND).state is State.READY
    assert len(list((settings.data / "mail").iterdir())) == 6
