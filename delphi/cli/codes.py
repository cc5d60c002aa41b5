"""`delphi codes`: the codebook that a study's comments are sorted by, and the comments with their codes."""

from pathlib import Path

import click

from delphi.cli.acting import as_option, looking_at, working_on
from delphi.cli.installation import now, telling
from delphi.cli.options import study_argument
from delphi.cli.words import counted
from delphi.files.codes import read_codes
from delphi.files.written import csv_text
from delphi.services import coding
from delphi.services.codebook_files import codebook_table, coded_table, import_codebook
from delphi.services.researchers import SEE_RESULTS, WORK_ON_RESULTS
from delphi.services.studies import rounds_of


@click.group()
def codes() -> None:
    """Keep the codebook of a study, and give out the comments with their codes."""


@codes.command("list")
@study_argument
@as_option
def list_command(slug: str, address: str | None) -> None:
    """Write the codebook as CSV: name, definition, and how many comments carry each code.

    \b
    Example:
      delphi codes list making-connections > codebook.csv
    """
    with looking_at(slug, address, SEE_RESULTS) as at:
        table = codebook_table(at.session, at.study)
    click.echo(csv_text(*table), nl=False)


@codes.command("comments")
@study_argument
@as_option
def comments_command(slug: str, address: str | None) -> None:
    """Write the comments of all closed rounds with their codes as CSV: no person, in an order drawn anew.

    Comments that only the team may read are among them; the column readers says so.

    \b
    Example:
      delphi codes comments making-connections > coded-comments.csv
    """
    with looking_at(slug, address, SEE_RESULTS) as at:
        table = coded_table(at.session, at.study, rounds_of(at.session, at.study))
    click.echo(csv_text(*table), nl=False)


@codes.command("import")
@study_argument
@click.argument("file", metavar="FILE.csv", type=click.Path(path_type=Path))
@as_option
def import_command(slug: str, file: Path, address: str | None) -> None:
    """Add the codes in FILE to the codebook, and define anew those that it has: all rows or none.

    \b
    FILE is CSV or XLSX. Its columns, in any order:
      name        the code, at most 60 characters
      definition  what falls under it; empty leaves the one that it has

    \b
    Example:
      delphi codes import making-connections codebook.csv
    """
    rows = read_codes(file)
    with telling("Importing …"), working_on(slug, address, WORK_ON_RESULTS) as at:
        added, changed = import_codebook(at.session, at.study, rows, source=file.name, actor=at.actor, now=now())
    click.echo(f"{counted(added, 'code was', 'codes were')} added and {changed} defined anew.")


@codes.command("rename")
@study_argument
@click.argument("name", metavar="NAME")
@click.argument("new", metavar="NEW-NAME")
@as_option
def rename_command(slug: str, name: str, new: str, address: str | None) -> None:
    """Give a code another name; the comments keep it.

    \b
    Example:
      delphi codes rename making-connections Safety "Feeling safe"
    """
    with working_on(slug, address, WORK_ON_RESULTS) as at:
        code = coding.find_code_by_name(at.session, at.study, name)
        kept = coding.change_code(
            at.session, at.study, code.id, new, code.definition, version=code.version, actor=at.actor, now=now()
        ).name
    click.echo(f"The code is called {kept} now.")


@codes.command("merge")
@study_argument
@click.argument("name", metavar="NAME")
@click.argument("into", metavar="INTO")
@as_option
def merge_command(slug: str, name: str, into: str, address: str | None) -> None:
    """Put the code INTO on every comment that carries NAME, and take NAME out of the codebook.

    \b
    Example:
      delphi codes merge making-connections "Feeling safe" Safety
    """
    with working_on(slug, address, WORK_ON_RESULTS) as at:
        code, other = (coding.find_code_by_name(at.session, at.study, each) for each in (name, into))
        kept = coding.merge_codes(at.session, at.study, code.id, other.id, version=code.version, actor=at.actor, now=now()).name
    click.echo(f"{name} is merged into {kept}.")


@codes.command("remove")
@study_argument
@click.argument("name", metavar="NAME")
@as_option
def remove_command(slug: str, name: str, address: str | None) -> None:
    """Take a code out of the codebook and off every comment.

    \b
    Example:
      delphi codes remove making-connections Safety
    """
    with working_on(slug, address, WORK_ON_RESULTS) as at:
        code = coding.find_code_by_name(at.session, at.study, name)
        n = coding.remove_code(at.session, at.study, code.id, version=code.version, actor=at.actor, now=now())
    click.echo(f"The code {name} is gone; {counted(n, 'comment', 'comments')} carried it.")
