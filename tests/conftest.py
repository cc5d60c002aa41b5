"""Fixtures that every test may use: a migrated database of its own, and the session that writes to it."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import hypothesis
import pytest
from sqlalchemy.orm import Session

from delphi.config import Settings
from delphi.database import Database
from delphi.migrations import upgrade
from tests.cast import SECRET

pytest_plugins = ["tests.no_skips", "tests.done_once", "tests.printed", "tests.browser.chromium"]

# A machine that is busy with something else makes no test fail, and on CI the same examples are tried every time.
hypothesis.settings.register_profile(
    "delphi",
    deadline=None,
    suppress_health_check=[hypothesis.HealthCheck.too_slow],
    derandomize=os.environ.get("CI") == "true",
)
hypothesis.settings.load_profile("delphi")

# Each holds a test of half a minute and more: what begins early leaves no process alone with it at the end.
LONGEST = {
    *("test_site.py", "test_killed_worker.py", "test_cycle.py", "test_open_rounds_stay_closed.py", "test_every_page.py"),
    *("test_office_costs.py", "test_what_people_write.py", "test_analysis.py", "test_every_office_page.py"),
}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the files that take longest; within a file nothing changes places."""
    items.sort(key=lambda item: item.path.name not in LONGEST)


@pytest.fixture(scope="session")
def migrated_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database file that the migrations have been run on once, for others to copy."""
    path = tmp_path_factory.mktemp("migrated") / "delphi.sqlite3"
    database = Database(f"sqlite:///{path}")
    upgrade(database.engine)
    with database.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    database.dispose()
    return path


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    data = tmp_path / "data"
    data.mkdir()
    return Settings(data=data, secret_key=SECRET)


@pytest.fixture
def database(settings: Settings, migrated_file: Path) -> Iterator[Database]:
    shutil.copy(migrated_file, settings.data / "delphi.sqlite3")
    database = Database(settings.database)
    yield database
    database.dispose()


@pytest.fixture
def session(database: Database) -> Iterator[Session]:
    """A writing session; what it has not committed is gone at the end."""
    with database.writing() as session:
        yield session
