"""What many tests begin with is worked out once in a process; after that its rows are copied into the database of each test.

What a service makes of a database follows from what stands there and what it is told. Where both have been seen before, the rows
that it left then are written again.
"""

from collections.abc import Callable
from copy import deepcopy
from functools import cache, wraps
from hashlib import sha256
from typing import Any, Concatenate, NamedTuple, ParamSpec, TypeVar

from sqlalchemy import Table, inspect
from sqlalchemy.orm import Session

from delphi.database import Base

P = ParamSpec("P")
T = TypeVar("T")
_Row = tuple[Any, ...]
_Rows = dict[str, list[_Row]]
_STATE = "delphi_remembered"
MOST = 4000  # rows: what is larger takes longer to compare than it saves


class _State(NamedTuple):
    """What stands in a database, in short: how many rows, and what tells them from others."""

    size: int
    digest: bytes


class _Step(NamedTuple):
    written: _Rows
    gone: _Rows
    reference: object
    after: _State


def remembered(build: Callable[Concatenate[Session, P], T]) -> Callable[Concatenate[Session, P], T]:
    """Let `build` do its work once for each state of an SQLite database and each set of arguments; return what it returns.

    Arguments and what is returned are objects of the database or plain values. Moment and keys have to be those of `cast`.
    """
    known: dict[bytes, _Step] = {}

    @wraps(build)
    def built(session: Session, *args: P.args, **kwargs: P.kwargs) -> T:
        session.flush()
        if session.get_bind().dialect.name != "sqlite":
            return build(session, *args, **kwargs)
        before = _known_state(session) or _state(_rows(session))
        if before.size > MOST:
            return build(session, *args, **kwargs)
        told = [_reference(one) for one in (*args, *(item for pair in sorted(kwargs.items()) for item in pair))]
        key = sha256(repr((before.digest, told)).encode()).digest()
        if key not in known:
            earlier = _rows(session)
            one = build(session, *args, **kwargs)
            session.flush()
            later = _rows(session)
            if (after := _state(later)).size <= MOST:
                known[key] = _Step(_without(later, earlier), _without(earlier, later), deepcopy(_reference(one)), after)
            return one
        step = known[key]
        _write(session, step.written, step.gone)
        session.expire_all()
        _keep_in_mind(session, step.after)
        return _found(session, step.reference)

    return built


def _state(rows: _Rows) -> _State:
    size = sum(map(len, rows.values()))
    return _State(size, sha256(repr(rows).encode()).digest() if size <= MOST else b"")


def _known_state(session: Session) -> _State | None:
    """Return what stands in the database if nothing has happened since it was written from memory, in this very transaction."""
    moment, state = session.connection().info.get(_STATE, (None, None))
    return state if state is not None and moment == _moment(session) else None


def _keep_in_mind(session: Session, state: _State) -> None:
    session.connection().info[_STATE] = (_moment(session), state)


def _moment(session: Session) -> tuple[object, ...]:
    # What is written between savepoints can be taken back without a trace, so that none of it is kept in mind.
    within = session.get_nested_transaction() or session.get_transaction()
    return within, _connection(session).total_changes


def _rows(session: Session) -> _Rows:
    connection = _connection(session)
    return {name: connection.execute(f"SELECT {columns} FROM {name}").fetchall() for name, columns in _all_columns().items()}


@cache
def _all_columns() -> dict[str, str]:
    return {name: _columns(table) for name, table in Base.metadata.tables.items()}


def _without(some: _Rows, others: _Rows) -> _Rows:
    kept = {name: set(rows) for name, rows in others.items()}
    return {name: [row for row in rows if row not in kept[name]] for name, rows in some.items()}


def _write(session: Session, written: _Rows, gone: _Rows) -> None:
    connection = _connection(session)
    connection.execute("PRAGMA defer_foreign_keys=ON")  # rows of two tables can name each other
    for name, table in Base.metadata.tables.items():
        if not written[name] and not gone[name]:
            continue
        keys = [column.name for column in table.primary_key]
        kept = {_key(table, row) for row in written[name]}
        values = ", ".join("?" * len(table.columns))
        changes = ", ".join(f'"{column.name}" = excluded."{column.name}"' for column in table.columns)
        connection.executemany(
            f"INSERT INTO {name} ({_columns(table)}) VALUES ({values}) ON CONFLICT DO UPDATE SET {changes}", written[name]
        )
        if lost := [key for row in gone[name] if (key := _key(table, row)) not in kept]:
            connection.executemany(f"DELETE FROM {name} WHERE " + " AND ".join(f'"{key}" = ?' for key in keys), lost)


def _columns(table: Table) -> str:
    return ", ".join(f'"{column.name}"' for column in table.columns)


def _key(table: Table, row: _Row) -> _Row:
    return tuple(value for column, value in zip(table.columns, row, strict=True) if column.primary_key)


def _reference(one: object) -> object:
    state = inspect(one, raiseerr=False)
    return (type(one), state.identity) if hasattr(state, "identity") else one


def _found(session: Session, reference: Any) -> Any:
    is_object = isinstance(reference, tuple) and len(reference) == 2 and isinstance(reference[0], type)
    return session.get_one(*reference) if is_object else deepcopy(reference)


def _connection(session: Session) -> Any:
    return session.connection().connection.driver_connection
