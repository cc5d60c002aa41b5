"""What is asked of the database meanwhile."""

from collections.abc import Iterator
from contextlib import contextmanager

from flask import Flask
from sqlalchemy import Engine, event


@contextmanager
def asked_by(app: Flask) -> Iterator[list[str]]:
    """Collect the statements that the app sends, in order."""
    with statements(app.extensions["delphi"].database.engine) as sent:
        yield sent


@contextmanager
def statements(engine: Engine) -> Iterator[list[str]]:
    """Collect the statements that go to this engine, in order."""
    sent: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_more: object) -> None:
        sent.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    yield sent
    event.remove(engine, "before_cursor_execute", note)
