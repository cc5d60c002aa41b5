"""The engine, reading and writing sessions, the UTC type, constraint names and the round lock."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, DateTime, Dialect, Engine, MetaData, create_engine, event, text
from sqlalchemy.engine import make_url
from sqlalchemy.orm import DeclarativeBase, Session
from sqlalchemy.types import TypeDecorator

WRITING = "delphi_writing"
OUTBOX = -1  # no round has this number


class UtcDateTime(TypeDecorator[datetime]):
    """A moment in UTC. Naive values are refused going in; SQLite gives none back."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("times are stored in UTC: give a time with its zone")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Base(DeclarativeBase):
    """The parent of every table; constraint names are the same on every database."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(column_0_N_label)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {datetime: UtcDateTime}  # noqa: RUF012 — SQLAlchemy reads the class attribute


class Database:
    """One study database: hands out sessions that read, and sessions that write."""

    def __init__(self, url: str) -> None:
        self.engine = _engine(url)
        self._writer = self.engine.execution_options(**{WRITING: True})

    def reading(self) -> Session:
        """Return a session in which nothing can be changed: the database itself refuses."""
        return Session(self.engine, expire_on_commit=False)

    def writing(self) -> Session:
        """Return a session that takes the write lock at its first statement, and commits when told to."""
        return Session(self._writer, expire_on_commit=False)

    @contextmanager
    def transaction(self) -> Iterator[Session]:
        """Give a writing session that is committed at the end, or rolled back when anything is raised."""
        with self.writing() as session, session.begin():
            yield session

    def dispose(self) -> None:
        self.engine.dispose()


def commit_and_read(session: Session) -> None:
    """Commit; what this session does from now on only reads, so that nobody who writes waits for it."""
    session.commit()
    session.bind = session.get_bind().engine.execution_options(**{WRITING: False})


def lock_round_to_save(session: Session, round_id: int) -> None:
    """Keep the round from being closed until this transaction ends; others may save beside it."""
    _advisory_lock(session, "pg_advisory_xact_lock_shared", round_id)


def lock_round_to_move(session: Session, round_id: int) -> None:
    """Wait for those who are saving, and let nobody save until this transaction ends."""
    _advisory_lock(session, "pg_advisory_xact_lock", round_id)


def lock_outbox(session: Session) -> None:
    """Let nobody else claim mail until this transaction ends, so that all together keep to so many a minute."""
    _advisory_lock(session, "pg_advisory_xact_lock", OUTBOX)


def lock_row(session: Session, row: object) -> None:
    """Read the row anew and let nobody else change or lock it until this transaction ends."""
    # Key share leaves others free to add rows that refer to this one. On SQLite the writing session is the lock already.
    session.refresh(row, with_for_update={"key_share": True})


def _advisory_lock(session: Session, function: str, number: int) -> None:
    # On SQLite the writing session's BEGIN IMMEDIATE is the lock (FOR UPDATE would be ignored there); on PostgreSQL row
    # locks starve whoever closes, advisory locks do not.
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text(f"SELECT {function}(:number)"), {"number": number})


def _engine(url: str) -> Engine:
    # An error says which statement failed, never with which values: it ends in a log, and they are people's answers.
    if make_url(url).get_backend_name() == "sqlite":
        engine = create_engine(url, connect_args={"timeout": 30, "check_same_thread": False}, hide_parameters=True)
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
        return engine
    engine = create_engine(url, isolation_level="READ COMMITTED", pool_pre_ping=True, hide_parameters=True)
    event.listen(engine, "begin", _begin_postgresql)
    return engine


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # we say BEGIN ourselves
    # What is deleted is overwritten: somebody's words must not be found in the file after they have been erased.
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "busy_timeout=30000", "secure_delete=ON"):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Connection) -> None:
    writes = connection.get_execution_options().get(WRITING, False)
    connection.exec_driver_sql(f"PRAGMA query_only={'OFF' if writes else 'ON'}")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _begin_postgresql(connection: Connection) -> None:
    if not connection.get_execution_options().get(WRITING, False):
        connection.exec_driver_sql("SET TRANSACTION READ ONLY")
