"""`delphi ratings`: answers that were collected elsewhere."""

from pathlib import Path

import click

from delphi.cli.acting import as_option, working_on
from delphi.cli.installation import now, telling
from delphi.cli.options import round_argument, study_argument
from delphi.cli.pack_entry import enter_command
from delphi.cli.words import counted
from delphi.files.comments import read_comments
from delphi.services.importing import import_comments, import_ratings
from delphi.services.researchers import HANDLE_PAPER


@click.group()
def ratings() -> None:
    """Take in answers that were collected elsewhere."""


ratings.add_command(enter_command)


@ratings.command("import")
@study_argument
@round_argument
@click.argument("file", metavar="FILE.csv", type=click.Path(path_type=Path))
@click.option(
    "--comments",
    metavar="FILE.csv",
    type=click.Path(path_type=Path),
    help="Comments too; columns participant, item, comment, and perhaps readers (team, verbatim or reworded).",
)
@as_option
def import_command(slug: str, number: int, file: Path, comments: Path | None, address: str | None) -> None:
    """Take the ratings in a file into the open round N: all of them or, if one cannot be used, none.

    \b
    FILE is CSV or XLSX, with one rating a line; its columns, in any order:
      participant  their address on the panel, or their pseudonym
      item         the item's key
      rating       a level of the scale; unable for unable to rate;
                   empty for not answered, which changes nothing
      criterion    needed only if items are rated for several
      group, round optional; if there, they have to fit the panel and N
    or with one participant a line: participant, and a column for each item.

    \b
    Example:
      delphi ratings import making-connections 1 round-1.csv --comments comments-1.csv

    \b
    where round-1.csv is                or, the other way
      participant,item,rating             participant,pace,step-back
      ada@example.org,pace,8              ada@example.org,8,unable
      ada@example.org,step-back,unable    bo@example.org,3,
      bo@example.org,pace,3
    """
    moment, rows = now(), read_comments(comments) if comments else []
    with telling("Importing …"), working_on(slug, address, HANDLE_PAPER) as at:
        round_ = at.round(number)
        n_people = import_ratings(at.session, at.keyring, at.study, round_, file, actor=at.actor, now=moment)
        if comments:
            import_comments(at.session, at.keyring, at.study, round_, rows, source=comments.name, actor=at.actor, now=moment)
    click.echo(f"Ratings of {counted(n_people, 'person', 'people')} were imported.")
    if comments:
        click.echo(f"{counted(len(rows), 'comment was', 'comments were')} imported.")
