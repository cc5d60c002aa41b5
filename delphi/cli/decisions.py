"""`delphi decisions`: what is to be done about each item after a round."""

from pathlib import Path

import click

from delphi.cli.installation import now, open_installation, telling
from delphi.files.decisions import read_decisions
from delphi.services.auditing import COMMAND_LINE
from delphi.services.importing import import_decisions
from delphi.services.studies import find_round, find_study


@click.group()
def decisions() -> None:
    """Take in decisions on items."""


@decisions.command("import")
@click.argument("slug", metavar="STUDY")
@click.argument("number", metavar="N", type=int)
@click.argument("file", metavar="FILE.csv", type=click.Path(path_type=Path))
def import_command(slug: str, number: int, file: Path) -> None:
    """Take in decisions on the items of the closed round N and carry them out in the next draft: all or none.

    Columns: item, action (keep, reword, merge, split, drop, re-rate), reason; where needed new_wording, into, answers, typo.

    \b
    Example:
      delphi decisions import making-connections 1 decisions-1.csv
    """
    rows = read_decisions(file)
    with telling("Importing …"), open_installation().database.transaction() as session:
        study = find_study(session, slug)
        round_ = find_round(session, study, number)
        n = import_decisions(session, study, round_, rows, source=file.name, actor=COMMAND_LINE, now=now())
    click.echo(f"{n} decisions on round {number} were imported and carried out in the next draft.")
