"""A site whose study stands at a stage of its life, made by the program's services at this very moment."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy.orm import Session

from delphi.config import load_settings
from delphi.database import Database
from tests import cast
from tests.browser.site import Site, free_port


def staged(folder: Path, build: Callable[[Session], object]) -> Site:
    """Return a site with the study that is built; keys, passwords and Ruth are those of the cast."""
    site = Site(folder, free_port())
    (folder / "secret.key").write_text(cast.SECRET, encoding="utf-8")
    (folder / "secret.key").chmod(0o600)
    site.run("researcher", "add", cast.RUTH, "--password-stdin", given=f"{cast.PASSWORD}\n")
    database = Database(load_settings({"DELPHI_DATA": str(folder)}).database)
    with pytest.MonkeyPatch.context() as patch, database.transaction() as session:
        patch.setattr(cast, "NOW", datetime.now(UTC))  # the site goes by the clock, and what is open is to be open
        build(session)
    database.dispose()
    return site
