"""What a command works with: settings, database and keys of this installation, and a word on what takes a while."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Timer

import click
from sqlalchemy import event, inspect, make_url
from sqlalchemy.orm import Session

from delphi.clock import utc_now
from delphi.config import Settings, load_settings
from delphi.database import Database
from delphi.migrations import require_current, upgrade
from delphi.models import OutboxMail
from delphi.services.keyring import Keyring
from delphi.services.outbox import REACHES_NOBODY

PATIENCE = 1.0  # seconds
now = utc_now


@dataclass(frozen=True)
class Installation:
    """The settings, and the database and keys that go with them."""

    settings: Settings
    database: Database
    keyring: Keyring

    @contextmanager
    def transaction(self) -> Iterator[Session]:
        """Give a session that writes. Where it queues mail that reaches nobody, that is said after what the command says."""
        queued: list[OutboxMail] = []

        def note(_session: Session, row: object) -> None:
            if isinstance(row, OutboxMail):
                queued.append(row)

        with self.database.transaction() as session:
            event.listen(session, "pending_to_persistent", note)
            yield session
        if queued and self.settings.reaches_nobody:
            click.get_current_context().call_on_close(lambda: click.echo(REACHES_NOBODY, err=True))


def settings_in_use() -> Settings:
    """Return the settings that this command was called with, or else those of the environment."""
    return click.get_current_context().find_object(Settings) or load_settings()


def open_installation() -> Installation:
    """Return the installation, its database in the shape that this software wants; a new SQLite file is given it."""
    settings = settings_in_use()
    database = Database(settings.database)
    click.get_current_context().call_on_close(database.dispose)
    if database.engine.dialect.name == "sqlite" and not inspect(database.engine).get_table_names():
        upgrade(database.engine)
    require_current(database.engine)
    return Installation(settings, database, Keyring(settings.secret_key))


def kept_in(settings: Settings) -> str:
    """Return where studies are kept, in words that give no password away."""
    if not settings.database_url:
        return str(settings.data)
    return make_url(settings.database_url).render_as_string(hide_password=True)


@contextmanager
def telling(what: str) -> Iterator[None]:
    """Say on standard error what is being done, if it takes more than a second."""
    timer = Timer(PATIENCE, lambda: click.echo(what, err=True))
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
