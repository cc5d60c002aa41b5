"""What every test needs and nobody can tell apart is done once in a process: statements, templates and addresses are worked out,
and passwords are hashed quickly. Each test still has a database and a site of its own.
"""

import gc
from collections.abc import Callable, Iterator
from functools import wraps
from types import CodeType
from typing import Any

import pytest
from alembic import command
from alembic.config import Config
from argon2 import PasswordHasher
from flask import Flask
from jinja2 import BytecodeCache
from jinja2.bccache import Bucket
from sqlalchemy import Engine, event
from werkzeug.routing import Rule

import delphi.database
from delphi.services import researchers

MOST_STATEMENTS = 5000


def pytest_collection_finish() -> None:
    """Leave what stays until the end, modules and thousands of collected tests, out of every later search for garbage."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)


@pytest.fixture(scope="session", autouse=True)
def _done_once() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        # The same algorithm at the least cost: nobody attacks these, and most tests need Ruth.
        patch.setattr(researchers, "_hasher", PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
        patch.setattr(delphi.database, "_engine", _with_known_statements(delphi.database._engine))
        patch.setattr(command, "upgrade", _with_known_shape(command.upgrade))
        patch.setattr(Flask, "jinja_options", {"bytecode_cache": _KnownTemplates()})
        patch.setattr(Rule, "compile", _with_known_addresses(Rule.compile))
        yield


class _KnownTemplates(BytecodeCache):
    def __init__(self) -> None:
        self._known: dict[tuple[str, str], CodeType | None] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        bucket.code = self._known.get((bucket.key, bucket.checksum))

    def dump_bytecode(self, bucket: Bucket) -> None:
        self._known[bucket.key, bucket.checksum] = bucket.code


def _with_known_statements(make: Callable[[str], Engine]) -> Callable[[str], Engine]:
    first = make("sqlite://")
    first.connect().close()
    first._compiled_cache.capacity = MOST_STATEMENTS

    def engine(url: str) -> Engine:
        engine = make(url)
        if engine.dialect.name == first.dialect.name:
            engine.dialect, engine._compiled_cache = first.dialect, first._compiled_cache
            # No test in this process cuts the power: what waits for the disk tells nothing. Programs of their own do wait.
            event.listen(engine, "connect", lambda connection, _: connection.execute("PRAGMA synchronous=OFF"))
        return engine

    return engine


def _with_known_shape(upgrade: Callable[[Config, str], None]) -> Callable[[Config, str], None]:
    """Let the steps be gone through once; a further SQLite database that is empty gets what they led to."""
    known: list[str] = []

    @wraps(upgrade)
    def upgraded(config: Config, revision: str) -> None:
        connection = config.attributes["connection"]
        shape = "SELECT sql FROM sqlite_master WHERE sql IS NOT NULL"
        is_new = connection.dialect.name == "sqlite" and not connection.exec_driver_sql(shape).all()
        if is_new and revision == "head" and known:
            for statement in known:
                connection.exec_driver_sql(statement)
            return
        upgrade(config, revision)
        if is_new and revision == "head":
            (number,) = connection.exec_driver_sql("SELECT version_num FROM alembic_version").one()
            known[:] = [*connection.exec_driver_sql(shape).scalars(), f"INSERT INTO alembic_version VALUES ('{number}')"]

    return upgraded


def _with_known_addresses(work_out: Callable[[Rule], None]) -> Callable[[Rule], None]:
    known: dict[object, dict[str, Any]] = {}

    def compile_(rule: Rule) -> None:
        converters = tuple(sorted((name, id(kind)) for name, kind in rule.map.converters.items()))
        key = (rule.rule, rule.subdomain, rule.merge_slashes, repr(rule.defaults), converters)
        if key not in known:
            work_out(rule)
            known[key] = {name: getattr(rule, name) for name in ("_parts", "_trace", "_converters", "arguments")}
            known[key] |= {name: getattr(rule, name).__func__ for name in ("_build", "_build_unknown")}
            return
        for name, value in known[key].items():
            setattr(rule, name, value.__get__(rule) if callable(value) else value)

    return compile_
