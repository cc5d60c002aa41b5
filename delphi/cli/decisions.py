"""`delphi decisions`: what is to be done about each item after a round."""

from pathlib import Path

import click

from delphi.cli.installation import now, open_installation, telling
from delphi.cli.words import counted
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

    \b
    FILE is CSV or XLSX. Its columns, in any order:
      item         the item's key
      action       keep, reword, merge, split, drop or re-rate
      reason       a sentence; panelists read it beside the item
    and where they are needed:
      new_wording  the new text; for a split two texts or more, separated
                   by a line that holds only --- and nothing else
      plain        the same in plain language, cut like new_wording; without
                   it plain words of before go, unless only a slip is mended
      into         for a merge the key of the item that stays; for a split
                   the keys of the new items, separated by spaces
      answers      all, if this answers all comments on the item; or empty
      typo         yes, if a rewording mends only a slip; or empty

    \b
    Example:
      delphi decisions import making-connections 1 decisions-1.csv

    \b
    where decisions-1.csv is
      item,action,reason,new_wording,into,answers,typo
      first-meeting-place,keep,It is settled.,,,,
      pace,reword,Whose pace was unclear.,The person sets the pace.,,all,
      going-along-offered,split,These were two things.,"The worker offers to go along.
      ---
      The worker goes along only when asked.",going-along-offered going-when-asked,,
    """
    rows = read_decisions(file)
    with telling("Importing …"), open_installation().database.transaction() as session:
        study = find_study(session, slug)
        round_ = find_round(session, study, number)
        n = import_decisions(session, study, round_, rows, source=file.name, actor=COMMAND_LINE, now=now())
    were = counted(n, "decision was", "decisions were")
    click.echo(f"{were} taken on round {number} and carried out in the next draft.")
