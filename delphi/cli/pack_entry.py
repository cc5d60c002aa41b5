"""`delphi ratings enter`: a pack that came back on paper, or was said on the telephone, typed in from a file."""

from pathlib import Path

import click

from delphi.cli.acting import as_option, working_on
from delphi.cli.installation import now
from delphi.cli.options import round_argument, study_argument
from delphi.cli.words import counted
from delphi.files.packs import read_pack
from delphi.models import Channel
from delphi.services.assisted import finish_pack, open_pack
from delphi.services.pack_entry import enter_file
from delphi.services.researchers import HANDLE_PAPER


@click.command("enter")
@study_argument
@round_argument
@click.argument("code", metavar="CODE")
@click.argument("file", metavar="FILE.csv", type=click.Path(path_type=Path))
@click.option("--channel", type=click.Choice([Channel.PAPER.value, Channel.TELEPHONE.value]), required=True, help="How it came.")
@click.option("--agreed", "has_consented", is_flag=True, help="The sheet is signed, or they said yes to what was read out.")
@click.option("--finished", "is_finished", is_flag=True, help="All of the pack is typed in; its receipt is told.")
@as_option
def enter_command(
    slug: str, number: int, code: str, file: Path, channel: str, has_consented: bool, is_finished: bool, address: str | None
) -> None:
    """Type in what one person answered in round N on paper or by telephone: all of a file or nothing. Each is in the audit log.

    \b
    CODE is the code name on the pack, or its code for the site.
    FILE is CSV or XLSX. Its columns, in any order:
      item       the item's key
      rating     a level of the scale, unable, or empty
      criterion  needed only if items are rated for several
      comment    what they wrote on the item
      readers    who may read it: team, verbatim or reworded
      wording    other words that they propose for the item

    \b
    Example:
      delphi ratings enter making-connections 1 P-7K2QM pack.csv --channel paper --agreed --finished
    """
    rows, way = read_pack(file), Channel(channel)
    with working_on(slug, address, HANDLE_PAPER) as at:
        round_, moment = at.round(number), now()
        member = open_pack(
            at.session, at.keyring, at.study, round_, code, way, has_consented=has_consented, actor=at.actor, now=moment
        )
        saved = enter_file(at.session, at.study, member, rows, source=file.name, channel=way, actor=at.actor, now=moment)
        name = member.panelist.pseudonym
        end = finish_pack(at.session, at.study, member, channel=way, actor=at.actor, now=moment) if is_finished else None
    click.echo(f"{counted(saved.n_changed, 'answer of', 'answers of')} {name} {'was' if saved.n_changed == 1 else 'were'} kept.")
    if saved.replaced:
        click.echo(f"Replaced an answer that the person had given on the site: {len(saved.replaced)}. The later one counts.")
    if end:
        click.echo(f"The receipt is {end.receipt}: tell it to the person if you can.")
