"""What a page works with, for commands that write the same as it does: the site, the study, and who looks."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import click

from delphi.atomic import PRIVATE, write_whole
from delphi.cli.acting import AtHand
from delphi.cli.installation import now, open_installation, telling
from delphi.errors import ConflictError, InvalidError
from delphi.language import speaking
from delphi.manual.pdf import render_pdf


@contextmanager
def as_on_the_page(at_hand: AbstractContextManager[AtHand]) -> Iterator[AtHand]:
    """Give a study that is looked at or worked on as a page of it has it, in its language."""
    from flask import g  # all of this costs what only these commands need

    from delphi.web import create_app

    settings = open_installation().settings
    # In this order: the end of a request closes its session, and would take back what is not committed yet.
    with create_app(settings).test_request_context(base_url=settings.public_url), at_hand as at:
        g.session, g.study = at.session, at.study
        with speaking(at.study.language):
            yield at


def write_document(output: Path, what: str, page: Callable[[], str]) -> None:
    """Write a page, for nobody else's eyes, as the PDF or the HTML that the file's name asks for."""
    if output.suffix.lower() not in (".pdf", ".html"):
        raise InvalidError("Name a file that ends in .pdf or .html; {path} does neither.", path=output)
    if output.exists():
        raise ConflictError("{path} is there already. Name another file.", path=output)
    with telling(f"Making the {what} …"):
        html = page()
        content = render_pdf(html, made=now()) if output.suffix.lower() == ".pdf" else html.encode()
        write_whole(output, content, PRIVATE)
    click.echo(f"The {what} is written: {output}")
