"""What a page works with, for commands that write the same as it does: the site, the study, and who looks."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.orm import Session

from delphi.cli.acting import named
from delphi.cli.installation import open_installation
from delphi.language import speaking
from delphi.models import Role, Study
from delphi.services.studies import find_study


@contextmanager
def as_on_the_page(slug: str, address: str | None, allowed: frozenset[Role]) -> Iterator[tuple[Session, Study]]:
    """Give the study as a page of it has it, in its language; who is named needs one of these roles, as on the page."""
    from flask import g  # all of this costs what only these commands need

    from delphi.web import create_app

    installation = open_installation()
    app = create_app(installation.settings)
    with app.test_request_context(base_url=installation.settings.public_url), installation.database.reading() as session:
        g.session, g.study = session, find_study(session, slug)
        named(session, g.study, address, allowed)
        with speaking(g.study.language):
            yield session, g.study
