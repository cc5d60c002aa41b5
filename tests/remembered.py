"""What many tests begin with is worked out once in a process; after that its rows are copied into the database of each test.

What a service makes of a database follows from what stands there and what it is told. Where both have been seen before, the rows
that it left then are written again.
"""

from collections.abc import Callable
from copy import deepcopy
from functools import wraps
from hashlib import sha256
from typing import Any, Concatenate, ParamSpec, TypeVar

from sqlalchemy import Table, inspect
from sqlalchemy.orm import Session

from delphi.database import Base

P = ParamSpec("P")
T = TypeVar("T")
_Row = tuple[Any, ...]
_Rows = dict[str, list[_Row]]
MOST = 4000  # rows: what is larger takes longer to compare than it saves


def remembered(build: Callable[Concatenate[Session, P], T]) -> Callable[Concatenate[Session, P], T]:
    """Let `build` do its work once for each state of an SQLite database and each set of arguments; return what it returns.

    Arguments and what is returned are objects of the database or plain values. Moment and keys have to be those of `cast`.
    """
    known: dict[bytes, tuple[_Rows, _Rows, object]] = {}

    @wraps(build)
    def built(session: Session, *args: P.args, **kwargs: P.kwargs) -> T:
        session.flush()
        if session.get_bind().dialect.name != "sqlite" or _size(before := _rows(session)) > MOST:
            return build(session, *args, **kwargs)
        told = [_reference(one) for one in (*args, *(item for pair in sorted(kwargs.items()) for item in pair))]
        key = sha256(repr((before, told)).encode()).digest()
        if key not in known:
            one = build(session, *args, **kwargs)
            session.flush()
            after = _rows(session)
            if _size(after) <= MOST:
                known[key] = _without(after, before), _without(before, after), deepcopy(_reference(one))
            return one
        written, gone, reference = known[key]
        _write(session, written, gone)
        session.expire_all()
        return _found(session, reference)

    return built


def _rows(session: Session) -> _Rows:
    connection = _connection(session)
    return {
        name: connection.execute(f"SELECT {_columns(table)} FROM {name}").fetchall()
        for name, table in Base.metadata.tables.items()
    }


def _size(rows: _Rows) -> int:
    return sum(map(len, rows.values()))


def _without(some: _Rows, others: _Rows) -> _Rows:
    kept = {name: set(rows) for name, rows in others.items()}
    return {name: [row for row in rows if row not in kept[name]] for name, rows in some.items()}


def _write(session: Session, written: _Rows, gone: _Rows) -> None:
    connection = _connection(session)
    connection.execute("PRAGMA defer_foreign_keys=ON")  # rows of two tables can name each other
    for name, table in Base.metadata.tables.items():
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
