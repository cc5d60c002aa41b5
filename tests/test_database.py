"""The database: how SQLite is set up, times in UTC, and transactions that leave nothing half done."""

import shutil
import sqlite3
from contextlib import closing
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError, StatementError

from delphi.database import Database, _prepare_sqlite
from delphi.errors import ConflictError
from delphi.models import CommentVersion, Researcher, Study
from tests import cast


@pytest.mark.parametrize(
    ("pragma", "value"), [("journal_mode", "wal"), ("synchronous", 2), ("foreign_keys", 1), ("busy_timeout", 30_000)]
)
def test_sqlite_keeps_what_it_has_committed(tmp_path: Path, pragma: str, value: object) -> None:
    with closing(sqlite3.connect(tmp_path / "delphi.sqlite3")) as connection:
        _prepare_sqlite(connection, None)  # as for every new connection; those of the tests then wait for no disk

        assert connection.execute(f"PRAGMA {pragma}").fetchone() == (value,)


def test_a_time_is_stored_in_utc_whatever_zone_it_came_in(database: Database) -> None:
    noon = datetime(2026, 3, 29, 12, 30, tzinfo=timezone(timedelta(hours=2)))
    with database.transaction() as session:
        cast.ruth(session).locked_until = noon

    with database.reading() as session:
        (stored,) = session.execute(text("SELECT locked_until FROM researchers")).one()
        read = session.scalars(select(Researcher.locked_until)).one()
    assert stored.startswith("2026-03-29 10:30:00")
    assert read == noon
    assert read is not None
    assert read.utcoffset() == timedelta()


def test_a_time_without_a_zone_is_refused(database: Database) -> None:
    with pytest.raises(StatementError, match="give a time with its zone"), database.transaction() as session:
        cast.ruth(session).locked_until = datetime(2026, 3, 29, 12, 30)


def test_what_raises_leaves_nothing_behind(database: Database) -> None:
    with pytest.raises(ConflictError), database.transaction() as session:
        [cast.begin_study(session) for _ in range(2)]  # the second has the first one's name

    with database.reading() as session:
        assert session.scalars(select(Study)).all() == []


def test_a_reader_sees_one_state_while_a_writer_commits(database: Database) -> None:
    with database.reading() as reader:
        assert reader.scalars(select(Study)).all() == []
        with database.transaction() as session:
            cast.begin_study(session)

        assert reader.scalars(select(Study)).all() == []


def test_a_file_copied_after_the_last_commit_opens_with_everything_in_it(database: Database, tmp_path: Path) -> None:
    with database.transaction() as session:
        cast.begin_study(session)
    database.dispose()  # the last connection puts the log back into the file
    shutil.copy(Path(str(database.engine.url.database)), tmp_path / "copy.sqlite3")

    copy = Database(f"sqlite:///{tmp_path / 'copy.sqlite3'}")

    with copy.reading() as session:
        assert session.scalars(select(Study.slug)).all() == ["connections"]
    copy.dispose()


def test_what_was_to_be_written_is_not_told_by_the_error(database: Database) -> None:
    with database.writing() as session:
        session.add(CommentVersion(comment_id=1, number=1, text="The ward is short of staff."))
        with pytest.raises(IntegrityError) as refused:
            session.flush()

    assert "short of staff" not in str(refused.value)
