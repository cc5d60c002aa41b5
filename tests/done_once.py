"""What every test needs and nobody can tell apart is done once in a process: statements, templates and addresses are worked out,
and passwords are hashed quickly. Each test still has a database and a site of its own.
"""

import gc
from collections.abc import Callable, Iterator

import pytest
from argon2 import PasswordHasher
from flask import Flask
from jinja2 import FileSystemBytecodeCache
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
def _done_once(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    templates = FileSystemBytecodeCache(str(tmp_path_factory.mktemp("templates")))
    with pytest.MonkeyPatch.context() as patch:
        # The same algorithm at the least cost: nobody attacks these, and most tests need Ruth.
        patch.setattr(researchers, "_hasher", PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
        patch.setattr(delphi.database, "_engine", _with_known_statements(delphi.database._engine))
        patch.setattr(Flask, "jinja_options", {"bytecode_cache": templates})
        patch.setattr(Rule, "_compile_builder", _with_known_addresses(Rule._compile_builder))
        yield


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


def _with_known_addresses(work_out: Callable[..., object]) -> Callable[..., object]:
    known: dict[object, object] = {}

    def builder(rule: Rule, append_unknown: bool = True) -> object:
        key = (rule.rule, tuple(rule._trace), repr(rule.defaults), append_unknown)
        if key not in known:
            known[key] = work_out(rule, append_unknown)
        return known[key]

    return builder
