"""The database's shape, step by step: brought up to date by the command line, looked at by every start."""

from sqlalchemy import Engine, inspect, text

from delphi.database import WRITING
from delphi.errors import DelphiError

HEAD = "0016"  # the newest step; a test compares it with the files in versions/


def upgrade(engine: Engine) -> None:
    """Bring the database to the shape that this version of the software wants."""
    if revision_of(engine) == HEAD:
        return
    # Alembic takes half a second to load, and hardly any start has something to upgrade.
    from alembic import command

    from delphi.migrations.steps import steps

    config = steps()
    with engine.connect().execution_options(**{WRITING: True}) as connection, connection.begin():
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def require_current(engine: Engine) -> None:
    """Refuse a database that is older or newer than this software."""
    current = revision_of(engine)
    if current != HEAD:
        raise DelphiError(
            "The database has the shape {current!r} and this software wants {head!r}. Run: delphi database upgrade",
            current=current,
            head=HEAD,
        )


def revision_of(engine: Engine) -> str | None:
    """Return the step at which the database stands, or None before the first."""
    with engine.connect() as connection:
        if not inspect(connection).has_table("alembic_version"):
            return None
        revision: str | None = connection.scalar(text("SELECT version_num FROM alembic_version"))
        return revision
