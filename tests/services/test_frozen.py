"""What is frozen stays: the database itself refuses to rewrite it, and a reading session to write at all."""

import pytest
from sqlalchemy.exc import DBAPIError

from delphi.database import Database
from tests.services import freezing


@pytest.mark.parametrize(("statement", "reason"), freezing.FORBIDDEN)
def test_the_database_refuses_to_rewrite_what_is_frozen(database: Database, statement: str, reason: str) -> None:
    freezing.prepare(database)

    with pytest.raises(DBAPIError, match=reason):
        freezing.execute(database, statement)


@pytest.mark.parametrize("statement", freezing.ALLOWED)
def test_what_is_not_frozen_can_still_be_mended(database: Database, statement: str) -> None:
    freezing.prepare(database)

    assert freezing.execute(database, statement) > 0


def test_a_reading_session_cannot_write(database: Database) -> None:
    freezing.prepare(database)

    with database.reading() as session, pytest.raises(DBAPIError, match="readonly"):
        freezing.write_through(session)


def test_a_connection_that_has_read_writes_again_for_a_writer(database: Database) -> None:
    with database.reading() as session:
        session.connection()

    freezing.prepare(database)

    assert freezing.execute(database, "UPDATE studies SET title = 'Other'") == 1
