"""The database's shape, step by step; run from the command line and at every start."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine

from delphi.database import WRITING
from delphi.errors import DelphiError


def upgrade(engine: Engine) -> None:
    """Bring the database to the shape that this version of the software wants."""
    config = _config()
    with engine.connect().execution_options(**{WRITING: True}) as connection, connection.begin():
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def require_current(engine: Engine) -> None:
    """Refuse a database that is older or newer than this software."""
    head = ScriptDirectory.from_config(_config()).get_current_head()
    with engine.connect() as connection:
        current = MigrationContext.configure(connection).get_current_revision()
    if current != head:
        raise DelphiError(
            "The database has the shape {current!r} and this software wants {head!r}. Run: delphi database upgrade",
            current=current,
            head=head,
        )


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    return config
