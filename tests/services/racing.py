"""Closing and saving at the same time, on whatever database a test brings."""

import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from threading import Barrier, Event

from sqlalchemy import func, select

from delphi.database import Database
from delphi.errors import DelphiError
from delphi.models import Ballot, BallotChange, Round, RoundClosedError, Study
from delphi.services import auditing, ratings, results, rounds
from delphi.services.ratings import Answer
from delphi.services.remarks import Remark
from tests import cast

PAUSE = 0.004  # between two saves of one panelist; SQLite lets who asks without pause in before who waits


@dataclass
class Race:
    """What came of one race: saves acknowledged before the refusal, how long the close took, and what is stored."""

    acknowledged: list[int] = field(default_factory=list)
    close_seconds: float = 0.0
    published: int = -1
    stored: int = -1
    changes: int = -1


def prepare(database: Database, n_panelists: int) -> tuple[int, list[str]]:
    """Return the study's id and the panel's addresses, nothing opened yet."""
    with database.transaction() as session:
        study = cast.begin_study(session)
        return study.id, cast.add_panel(session, study, {"Carers": n_panelists})


def open_another(database: Database, study_id: int) -> int:
    """Open a round; every item is asked again, because nothing is settled by a panel that rates five."""
    with database.transaction() as session:
        return cast.open_round(session, session.get_one(Study, study_id)).id


def race(database: Database, study_id: int, round_id: int, addresses: Sequence[str], *, head_start: int) -> Race:
    """Let everybody save until they are refused, and close once `head_start` saves have been acknowledged."""
    found, barrier, enough = Race(), Barrier(len(addresses) + 1), Event()

    def save_on(address: str) -> int:
        n_saved = 0
        barrier.wait()
        while True:
            value, seen = str(n_saved % 2 + 4), str((n_saved - 1) % 2 + 4) if n_saved else ""  # 4 and 5 in turns
            try:
                with database.transaction() as session:
                    member = cast.member(session, session.get_one(Round, round_id), address)
                    ratings.save(session, member, {0: Answer(value, seen)}, {}, now=cast.NOW)
            except RoundClosedError:
                return n_saved
            n_saved += 1
            found.acknowledged.append(1)
            time.sleep(PAUSE)
            if len(found.acknowledged) >= head_start:
                enough.set()

    with ThreadPoolExecutor(len(addresses)) as pool:
        savers = [pool.submit(save_on, address) for address in addresses]
        barrier.wait()
        assert enough.wait(30)
        began = time.monotonic()
        with database.transaction() as session:
            study, round_ = session.get_one(Study, study_id), session.get_one(Round, round_id)
            rounds.close_round(session, study, round_, actor="researcher 1", now=cast.NOW)
        found.close_seconds = time.monotonic() - began
        for saver in savers:
            saver.result(30)
    _look(database, round_id, found)
    return found


def _look(database: Database, round_id: int, found: Race) -> None:
    with database.reading() as session:
        item = results.team_view(session, session.get_one(Round, round_id))["items"][0]
        found.published = item["panel"]["n_rated"]
        payloads = session.scalars(select(Ballot.payload).where(Ballot.round_id == round_id)).all()
        found.stored = sum(1 for payload in payloads if payload[0])
        found.changes = session.scalar(select(func.count()).where(BallotChange.round_id == round_id)) or 0


def publish(database: Database, study_id: int, round_id: int) -> None:
    with database.transaction() as session:
        study, round_ = session.get_one(Study, study_id), session.get_one(Round, round_id)
        rounds.publish_round(session, study, round_, actor="researcher 1", now=cast.NOW)


def at_once(work: Callable[[int], object], n_workers: int) -> list[object]:
    """Do the work n times at the same moment; return what each gave back or was refused with."""
    barrier = Barrier(n_workers)

    def begin(n: int) -> object:
        barrier.wait()
        try:
            return work(n)
        except DelphiError as refusal:
            return refusal

    with ThreadPoolExecutor(n_workers) as pool:
        return list(pool.map(begin, range(n_workers)))


def close_twice(database: Database, study_id: int, round_id: int) -> list[object]:
    def close(_n: int) -> str:
        with database.transaction() as session:
            study, round_ = session.get_one(Study, study_id), session.get_one(Round, round_id)
            return rounds.close_round(session, study, round_, actor="researcher 1", now=cast.NOW).status

    return at_once(close, 2)


def open_twice(database: Database, study_id: int) -> list[object]:
    def open_(_n: int) -> int:
        with database.transaction() as session:
            return cast.open_round(session, session.get_one(Study, study_id)).number

    return at_once(open_, 2)


def first_saves(database: Database, round_id: int, address: str, n_times: int) -> list[object]:
    """Send one panelist's first form many times at once, as an impatient finger does."""

    def save(_n: int) -> int:
        with database.transaction() as session:
            member = cast.member(session, session.get_one(Round, round_id), address)
            form = {0: Answer("7")}, {"pace": Remark("Whose pace?")}
            return ratings.save(session, member, *form, now=cast.NOW).n_changed

    return at_once(save, n_times)


def write_entries(database: Database, study_id: int, n_writers: int, n_each: int) -> str | None:
    """Append to one study's audit log from several sides; return the first fault of the chain."""

    def write(n: int) -> None:
        for turn in range(n_each):
            with database.transaction() as session:
                study = session.get_one(Study, study_id)
                auditing.record(session, study, f"writer {n}", actor="researcher 1", now=cast.NOW, detail={"turn": turn})

    at_once(write, n_writers)
    with database.reading() as session:
        return auditing.first_fault(session, session.get_one(Study, study_id))


def count(database: Database, table: type) -> int:
    with database.reading() as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


def close_during_a_save(database: Database, study_id: int, round_id: int, address: str) -> Race:
    """Let somebody save and hold their transaction open while the round is being closed."""
    found, saved = Race(), Event()

    def save_slowly() -> None:
        with database.transaction() as session:
            member = cast.member(session, session.get_one(Round, round_id), address)
            ratings.save(session, member, {0: Answer("7")}, {}, now=cast.NOW)
            session.flush()
            saved.set()
            time.sleep(0.3)

    def close() -> None:
        assert saved.wait(30)
        with database.transaction() as session:
            study, round_ = session.get_one(Study, study_id), session.get_one(Round, round_id)
            rounds.close_round(session, study, round_, actor="researcher 1", now=cast.NOW)

    with ThreadPoolExecutor(2) as pool:
        for done in [pool.submit(save_slowly), pool.submit(close)]:
            done.result(30)
    _look(database, round_id, found)
    return found
