"""`delphi comments`: what people wrote, to be read and judged by its text alone."""

from pathlib import Path

import click

from delphi.canonical import canonical_json
from delphi.cli.acting import as_option, looking_at, working_on
from delphi.cli.comment_work import answer_command, code_command, read_command, retract_command, told
from delphi.cli.installation import now, telling
from delphi.cli.options import json_option, round_argument, study_argument
from delphi.cli.words import counted
from delphi.files.judgements import COLUMNS, SHOW, WITHHOLD, read_judgements
from delphi.files.written import csv_text
from delphi.models import Audience, ReleaseState
from delphi.services.importing import import_judgements
from delphi.services.moderation import ToRead, comments_to_read
from delphi.services.researchers import SEE_RESULTS, WORK_ON_RESULTS


@click.group()
def comments() -> None:
    """Read what people wrote, code and answer it, and say what the panel is shown of it."""


for _command in (code_command, answer_command, read_command, retract_command):
    comments.add_command(_command)


@comments.command("list")
@study_argument
@round_argument
@as_option
@json_option
def list_command(slug: str, number: int, address: str | None, as_json: bool) -> None:
    """Write the comments of the closed round N as CSV, in an order that tells nothing, ready to be judged.

    Fill in the column action and give the file to `delphi comments judge`. With --json each has the number by which the other
    commands know it, and what has been done about it.

    \b
    Example:
      delphi comments list making-connections 1 > comments-1.csv
      delphi comments list making-connections 1 --json
    """
    with looking_at(slug, address, SEE_RESULTS) as at:
        round_ = at.round(number)
        if as_json:
            click.echo(canonical_json(told(at.session, at.study, round_)))
            return
        read = comments_to_read(at.session, round_)
    click.echo(csv_text(COLUMNS, [_row(one) for one in read]), nl=False)


@comments.command("judge")
@study_argument
@round_argument
@click.argument("file", metavar="FILE.csv", type=click.Path(path_type=Path))
@as_option
def judge_command(slug: str, number: int, file: Path, address: str | None) -> None:
    """Take in which comments on the closed round N the panel is shown when it is published: all rows or none.

    \b
    FILE is CSV or XLSX. Its columns, in any order:
      item     the item's key
      comment  the comment as its writer has it; it is found by its text
      action   show or withhold; empty for not yet
      words    for a comment that is to be reworded: the team's words
      reason   for one that is withheld: why, which its writer reads

    \b
    Example:
      delphi comments judge making-connections 1 comments-1.csv
    """
    rows = read_judgements(file)
    with telling("Importing …"), working_on(slug, address, WORK_ON_RESULTS) as at:
        round_ = at.round(number)
        n = import_judgements(at.session, at.study, round_, rows, source=file.name, by=at.by, actor=at.actor, now=now())
    click.echo(f"{counted(n, 'comment was', 'comments were')} judged.")


def _row(one: ToRead) -> list[str]:
    release = one.release
    is_reworded = one.audience is Audience.REWORDED and release is not None
    action = "" if release is None else WITHHOLD if release.state == ReleaseState.WITHHELD else SHOW
    return [
        one.about.item.key,
        one.text,
        one.audience.value,
        action,
        release.text if is_reworded and release else "",
        release.reason if release else "",
    ]
