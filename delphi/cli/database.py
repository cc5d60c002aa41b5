"""`delphi database`: bringing the database to the shape that this version wants."""

import click

from delphi.cli.installation import settings_in_use, telling
from delphi.database import Database
from delphi.migrations import upgrade


@click.group()
def database() -> None:
    """Look after the database."""


@database.command("upgrade")
def upgrade_command() -> None:
    """Bring the database to the shape that this version of the software wants; make it if there is none.

    \b
    Example:
      delphi database upgrade
    """
    opened = Database(settings_in_use().database)
    try:
        with telling("Upgrading the database …"):
            upgrade(opened.engine)
    finally:
        opened.dispose()
    click.echo("The database is up to date.")
