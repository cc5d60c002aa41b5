"""`delphi export`: the manual and what else a study gives away as a file."""

from pathlib import Path

import click

from delphi.atomic import write_whole
from delphi.cli.acting import looking_at
from delphi.cli.installation import now, telling
from delphi.cli.options import study_argument
from delphi.errors import ConflictError
from delphi.reports import exporting
from delphi.services.acknowledgements import thanked_names


@click.command()
@study_argument
@click.argument("kind", metavar="KIND")
@click.option("--output", metavar="PATH", type=click.Path(path_type=Path), help="The file to write, or a folder for it.")
@click.option("--force", is_flag=True, help="Replace a file that is there already.")
def export(slug: str, kind: str, output: Path | None, force: bool) -> None:
    """Write the manual, with the evidence behind every item, as KIND: manual.pdf, manual.html or manual.md.

    KIND comments.csv is the comments that the panel was shown, panel.csv how many were invited and took part, by what was known
    of people beforehand.

    \b
    Example:
      delphi export making-connections manual.pdf --output making-connections.pdf
    """
    with telling(f"Making {kind} …"), looking_at(slug) as at:
        thanks = thanked_names(at.session, at.keyring, at.study)
        made = exporting.export(at.session, at.study, kind, now=now(), thanks=thanks)
    path = output or Path()
    path = path / made.filename if path.is_dir() else path
    if path.exists() and not force:
        raise ConflictError("{path} is there already. Name another file, or replace it with --force.", path=path)
    write_whole(path, made.content)
    click.echo(str(path))
