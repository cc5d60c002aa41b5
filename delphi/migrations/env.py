"""What Alembic runs: our connection, our tables, our constraint names."""

from typing import Any

from alembic import context

from delphi import models  # noqa: F401 — the tables have to be known
from delphi.database import Base, UtcDateTime


def _is_ours(name: str | None, kind: str, _parents: Any) -> bool:
    # The job queue keeps tables of its own beside ours on PostgreSQL.
    return not (kind == "table" and (name or "").startswith("huey"))


def _plainly(kind: str, item: Any, _context: Any) -> Any:
    # A step says what is in the database, so that it still runs when our own types have changed.
    return "sa.DateTime(timezone=True)" if kind == "type" and isinstance(item, UtcDateTime) else False


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    render_as_batch=True,
    include_name=_is_ours,
    compare_type=True,
    render_item=_plainly,
)
with context.begin_transaction():
    context.run_migrations()
