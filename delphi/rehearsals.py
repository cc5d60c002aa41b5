"""Rehearsals: each is a small installation of its own in a folder beside the data, and gone when the folder is."""

import secrets
import shutil
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from sqlalchemy.orm import Session

from delphi.atomic import PRIVATE, write_whole
from delphi.config import OPTIONAL, Settings
from delphi.database import Database
from delphi.errors import ConflictError
from delphi.migrations import upgrade
from delphi.models import Study
from delphi.services import auditing
from delphi.services.keyring import Keyring
from delphi.services.next_step import REHEARSED
from delphi.services.rehearsal import rehearse
from delphi.services.simulating import fill_open_round
from delphi.services.studies import find_study

ADDRESS = "rehearsals"  # of the pages, below the site's own
MARK = "rehearsal"  # a file that says which rehearsal this is; written last


def settings_for(settings: Settings, slug: str) -> Settings:
    """Return what the rehearsal of this study runs with: its own folder and database, no queue, no mail server."""
    return replace(
        settings,
        data=settings.data / ADDRESS / slug,
        public_url=f"{settings.public_url}/{ADDRESS}/{slug}",
        database_url="",
        queue_url="",
        smtp_url="",
        trusted_proxies=0,
        second_factor=OPTIONAL,  # it is the site that one signs in to
        is_rehearsal=True,
    )


def mark_of(settings: Settings, slug: str) -> str:
    """Return what tells the study's rehearsal from an earlier one, or nothing where there is none."""
    try:
        return (settings_for(settings, slug).data / MARK).read_text(encoding="ascii")
    except OSError:
        return ""


def begin(settings: Settings, database: Database, slug: str, *, actor: str, now: datetime) -> None:
    """Make the study's rehearsal, with an invented panel that has answered round 1, or refuse a second one.

    It takes seconds; the study is only read meanwhile, so that nobody who writes has to wait.
    """
    there = settings_for(settings, slug).data
    _require_current(database, slug)
    if mark_of(settings, slug):
        raise ConflictError("There is a rehearsal of this study already. Delete it to begin another.")
    building = there.with_name(f".{slug}-{secrets.token_hex(4)}")
    building.mkdir(parents=True, mode=0o700)
    try:
        with database.reading() as session:
            _fill(building, settings, session, find_study(session, slug), actor, now)
        shutil.rmtree(there, ignore_errors=True)
        building.replace(there)
    except BaseException:
        shutil.rmtree(building, ignore_errors=True)
        raise
    _record(database, slug, REHEARSED, actor, now)


def fill(settings: Settings, slug: str, *, now: datetime) -> int:
    """Invent answers to the round that is open in the study's rehearsal; return how many answered."""
    if not mark_of(settings, slug):
        raise ConflictError("There is no rehearsal of this study.")
    database = Database(settings_for(settings, slug).database)
    try:
        with database.transaction() as session:
            return fill_open_round(session, Keyring(settings.secret_key), find_study(session, slug), now=now)
    finally:
        database.dispose()


def delete(settings: Settings, database: Database, slug: str, *, actor: str, now: datetime) -> None:
    """Delete the study's rehearsal with everything in it."""
    _require_current(database, slug)
    if not mark_of(settings, slug):
        raise ConflictError("There is no rehearsal of this study.")
    there = settings_for(settings, slug).data
    going = there.with_name(f".{slug}-{secrets.token_hex(4)}")
    there.replace(going)
    shutil.rmtree(going, ignore_errors=True)
    _record(database, slug, "rehearsal deleted", actor, now)


def _require_current(database: Database, slug: str) -> None:
    """Refuse, before anything is made or deleted, what could not be put on record."""
    with database.reading() as session:
        find_study(session, slug).require_current()


def _record(database: Database, slug: str, action: str, actor: str, now: datetime) -> None:
    with database.transaction() as session:
        auditing.record(session, find_study(session, slug), action, actor=actor, now=now)


def _fill(folder: Path, settings: Settings, session: Session, study: Study, actor: str, now: datetime) -> None:
    database = Database(f"sqlite:///{folder / 'delphi.sqlite3'}")
    try:
        upgrade(database.engine)
        with database.transaction() as scratch:
            rehearse(session, scratch, Keyring(settings.secret_key), study, actor=actor, now=now)
    finally:
        database.dispose()
    write_whole(folder / MARK, secrets.token_hex(8).encode(), PRIVATE)
