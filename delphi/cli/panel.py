"""`delphi panel`: taking people in, and their personal links where mail does not reach them."""

import csv
import io
from pathlib import Path

import click

from delphi.cli.installation import now, open_installation
from delphi.errors import ConflictError
from delphi.files.panel import read_panel
from delphi.models import RoundStatus
from delphi.services import auditing
from delphi.services.links import personal_links
from delphi.services.panel import group_sizes, import_panel
from delphi.services.studies import find_study, rounds_of


@click.group()
def panel() -> None:
    """Take people into a panel, and hand out their personal links."""


@panel.command("import")
@click.argument("slug", metavar="STUDY")
@click.argument("file", metavar="FILE.csv", type=click.Path(path_type=Path))
def import_command(slug: str, file: Path) -> None:
    """Add everybody in a file with the columns name, email and group; if one line cannot be used, nobody.

    \b
    Example:
      delphi panel import making-connections panel.csv
    """
    installation = open_installation()
    rows = read_panel(file)
    with installation.database.transaction() as session:
        study = find_study(session, slug)
        added = import_panel(session, installation.keyring, study, rows, source=file.name, actor=auditing.COMMAND_LINE, now=now())
        groups = ", ".join(f"{size.n} {size.label}" for size in group_sizes(session, study))
    click.echo(f"{added} people were added. The panel has {groups}.")


@panel.command()
@click.argument("slug", metavar="STUDY")
def links(slug: str) -> None:
    """Write everybody's personal link to the open round, as CSV with name, email and link. This is audited.

    \b
    Example:
      delphi panel links making-connections > links.csv
    """
    installation = open_installation()
    with installation.database.transaction() as session:
        study = find_study(session, slug)
        rounds = rounds_of(session, study)
        if not rounds or rounds[-1].status != RoundStatus.OPEN:
            raise ConflictError("No round is open, so there are no links. Open one with: delphi round open {slug}", slug=slug)
        people = personal_links(session, installation.keyring, study, rounds[-1])
        detail = {"round": rounds[-1].number, "people": len(people)}
        auditing.record(session, study, "personal links printed", actor=auditing.COMMAND_LINE, now=now(), detail=detail)
    click.echo("Whoever has a link can answer in that person's place. Treat this list like a bunch of keys.", err=True)
    written = io.StringIO()
    writer = csv.writer(written, lineterminator="\n")
    writer.writerow(["name", "email", "link"])
    public_url = installation.settings.public_url
    writer.writerows([_inert(each.name), _inert(each.address), f"{public_url}/p/{each.token}"] for each in people)
    click.echo(written.getvalue(), nl=False)


def _inert(text: str) -> str:
    """Return the text so that no spreadsheet takes it for a formula."""
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t")) else text
