"""`delphi decisions`: what is to be done about each item after a round."""

from pathlib import Path

import click

from delphi.canonical import canonical_json
from delphi.cli.acting import as_option, looking_at, working_on
from delphi.cli.installation import now, telling
from delphi.cli.on_the_site import as_on_the_page, write_document
from delphi.cli.options import json_option, round_argument, study_argument
from delphi.cli.round_results import told_decision
from delphi.cli.words import counted
from delphi.files.decisions import read_decisions
from delphi.services.decisions import decisions_of, require_closed
from delphi.services.importing import import_decisions
from delphi.services.researchers import SEE_RESULTS, WORK_ON_RESULTS
from delphi.services.reviewing import asked_items


@click.group()
def decisions() -> None:
    """Take in decisions on items, list them, and print the sheet to prepare them."""


@decisions.command("import")
@study_argument
@round_argument
@click.argument("file", metavar="FILE.csv", type=click.Path(path_type=Path))
@as_option
def import_command(slug: str, number: int, file: Path, address: str | None) -> None:
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
    with telling("Importing …"), working_on(slug, address, WORK_ON_RESULTS) as at:
        round_ = at.round(number)
        n = import_decisions(at.session, at.study, round_, rows, source=file.name, by=at.by, actor=at.actor, now=now())
    were = counted(n, "decision was", "decisions were")
    click.echo(f"{were} taken on round {number} and carried out in the next draft.")


@decisions.command("list")
@study_argument
@round_argument
@as_option
@json_option
def list_command(slug: str, number: int, address: str | None, as_json: bool) -> None:
    """List the items of the closed round N, each with what was decided, or that nothing is yet, and why.

    With --json each has the new words, and the numbers of the comments that the decision answers.

    \b
    Example:
      delphi decisions list making-connections 1
    """
    with looking_at(slug, address, SEE_RESULTS) as at:
        round_ = at.round(number)
        require_closed(round_)
        taken, asked = decisions_of(at.session, round_), asked_items(at.session, round_)
        keys = [version.item.key for version in asked]
        told = [{"item": key, "decision": told_decision(taken.get(key))} for key in keys]
    if as_json:
        click.echo(canonical_json(told))
        return
    for key in keys:
        one = taken.get(key)
        click.echo("\t".join((key, one.action, one.reason) if one else (key, "none yet")))


@decisions.command("sheet")
@study_argument
@round_argument
@click.option(
    "--output", required=True, metavar="FILE", type=click.Path(path_type=Path), help="A file that ends in .pdf or .html."
)
@as_option
def sheet(slug: str, number: int, output: Path, address: str | None) -> None:
    """Write the sheet for the decision meeting after the closed round N.

    It has a page for each item that the panel has not settled and nobody has decided on yet: the words, what the panel said,
    what people wrote, boxes to tick and lines for the reason. It is for the team only.

    \b
    Example:
      delphi decisions sheet making-connections 1 --output meeting-1.pdf
    """
    write_document(output, "sheet", lambda: _sheet(slug, number, address))


def _sheet(slug: str, number: int, address: str | None) -> str:
    from delphi.web.meeting_sheet import meeting_sheet_html  # this costs what only this command needs

    with as_on_the_page(looking_at(slug, address, SEE_RESULTS)) as at:
        return meeting_sheet_html(at.round(number))
