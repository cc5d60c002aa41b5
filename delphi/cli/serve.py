"""`delphi serve`: the site, and beside it the work outside its requests."""

import os
import sys
from collections.abc import Callable
from dataclasses import replace

import click

from delphi.cli.installation import settings_in_use, telling
from delphi.cli.processes import gunicorn, reachable_url, require_free, run_until_stopped
from delphi.config import Settings
from delphi.database import Database
from delphi.migrations import upgrade

WORKERS = 2
THREADS = 4

host_option = click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
port_option = click.option("--port", default=8000, show_default=True, type=click.IntRange(1, 65535), help="The port.")


@click.command()
@host_option
@port_option
@click.option("--workers", default=WORKERS, show_default=True, type=click.IntRange(1, 64), help="Processes that answer requests.")
def serve(host: str, port: int, workers: int) -> None:
    """Serve the site until interrupted; without DELPHI_QUEUE_URL its worker runs along.

    \b
    Example:
      delphi serve --host 0.0.0.0 --port 8000 --workers 4
    """
    settings = reached_at(settings_in_use(), host, port)
    require_free(host, port)
    serve_site(settings, host, port, workers, lambda: click.echo(f"Serving {settings.public_url}"))


def reached_at(settings: Settings, host: str, port: int) -> Settings:
    """Return the settings with the address on which the site listens, when they name no public one."""
    if settings.public_url != Settings.public_url:
        return settings
    return replace(settings, public_url=reachable_url(host, port))


def serve_site(settings: Settings, host: str, port: int, workers: int, on_ready: Callable[[], None]) -> None:
    """Bring the database up to date and serve until stopped; ends the process when the site could not go on."""
    database = Database(settings.database)
    with telling("Upgrading the database …"):
        upgrade(database.engine)
    database.dispose()
    companions = [] if settings.queue_url else [[sys.executable, "-m", "delphi", "worker"]]
    environment = {**os.environ, **settings.as_environment()}
    site = gunicorn(host, port, workers, THREADS)
    status = run_until_stopped(site, companions, environment, reachable_url(host, port), on_ready)
    if status != 0:
        click.echo("The site has ended by itself; what it said stands above.", err=True)
        sys.exit(status)
