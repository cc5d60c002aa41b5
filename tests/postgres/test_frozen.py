"""What is frozen stays on PostgreSQL too."""

import pytest
from sqlalchemy.exc import DBAPIError

from delphi.database import Database
from tests.services import freezing


def test_the_database_refuses_to_rewrite_what_is_frozen(database: Database) -> None:
    freezing.prepare(database)

    for statement, reason in freezing.FORBIDDEN:
        with pytest.raises(DBAPIError, match=reason):
            freezing.execute(database, statement)


def test_what_is_not_frozen_can_still_be_mended(database: Database) -> None:
    freezing.prepare(database)

    assert all(freezing.execute(database, statement) > 0 for statement in freezing.ALLOWED)


def test_a_reading_session_cannot_write(database: Database) -> None:
    freezing.prepare(database)

    with database.reading() as session, pytest.raises(DBAPIError, match="read-only transaction"):
        freezing.write_through(session)
