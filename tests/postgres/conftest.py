"""A PostgreSQL server of the tests' own, thrown away afterwards; `database` means one on it throughout this folder."""

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import create_engine

from delphi.database import Database
from delphi.migrations import upgrade

TEMPLATE = "migrated"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.is_relative_to(Path(__file__).parent):
            item.add_marker(pytest.mark.xdist_group("postgres"))


@dataclass(frozen=True)
class Cluster:
    """A running server, reached through a socket in its folder."""

    folder: Path

    def url(self, name: str) -> str:
        return f"postgresql+psycopg://delphi@/{name}?host={self.folder}"

    def execute(self, statement: str) -> None:
        engine = create_engine(self.url("postgres"), isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.exec_driver_sql(statement)
        engine.dispose()


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    programs = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: float(path.parts[-3]))
    if not programs:
        pytest.skip("PostgreSQL's server is not installed (Debian package: postgresql)")
    bin_dir = programs[-1].parent
    # A socket's path has to be short, and the server's own user has to reach it.
    folder = Path(tempfile.mkdtemp(prefix="pg", dir="/tmp"))
    _run(
        folder, bin_dir / "initdb", "-D", folder / "data", "-U", "delphi", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync"
    )
    options = f"-k {folder} -c listen_addresses='' -c fsync=off -c max_connections=60"
    _run(folder, bin_dir / "pg_ctl", "-D", folder / "data", "-o", options, "-l", folder / "log", "-w", "start")
    cluster = Cluster(folder)
    try:
        cluster.execute(f"CREATE DATABASE {TEMPLATE}")
        template = Database(cluster.url(TEMPLATE))
        upgrade(template.engine)
        template.dispose()
        yield cluster
    finally:
        _run(folder, bin_dir / "pg_ctl", "-D", folder / "data", "-m", "immediate", "-w", "stop")
        shutil.rmtree(folder)


@pytest.fixture
def database(cluster: Cluster) -> Iterator[Database]:
    name = f"test_{uuid4().hex}"
    cluster.execute(f"CREATE DATABASE {name} TEMPLATE {TEMPLATE}")
    database = Database(cluster.url(name))
    yield database
    database.dispose()
    cluster.execute(f"DROP DATABASE {name} WITH (FORCE)")


def _run(folder: Path, *command: object) -> None:
    """Run a program of PostgreSQL's; it refuses to be run by root, so for root another user runs it."""
    as_user: dict[str, object] = {}
    if os.geteuid() == 0:
        user = _somebody()
        shutil.chown(folder, user.pw_uid, user.pw_gid)
        as_user = {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
    done = subprocess.run([str(part) for part in command], cwd=folder, capture_output=True, text=True, **as_user)  # type: ignore[call-overload]
    assert done.returncode == 0, done.stdout + done.stderr


def _somebody() -> pwd.struct_passwd:
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    pytest.skip("root cannot run PostgreSQL, and there is no user called postgres or nobody to do so")
