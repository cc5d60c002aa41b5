"""`delphi panel correct`, `move`, `remove` and `rename-group`: putting right who is on the panel, and where."""

import click

from delphi.cli.acting import acting_as, as_required
from delphi.cli.installation import now, open_installation
from delphi.services import before_opening
from delphi.services.auditing import COMMAND_LINE, actor_name
from delphi.services.contacts import correct_address
from delphi.services.researchers import KEEP_CONTACTS
from delphi.services.studies import find_study


@click.command()
@click.argument("slug", metavar="STUDY")
@click.argument("present", metavar="OLD")
@click.argument("right", metavar="NEW")
@as_required
def correct(slug: str, present: str, right: str, address: str) -> None:
    """Put somebody's address right, as a custodian; links that went to the earlier one stop working. This is audited.

    If a round is open, a mail with a new link goes to the right address. OLD is the name of somebody who has no address yet.

    \b
    Example:
      delphi panel correct making-connections ada@exmaple.org ada@example.org --as ruth@example.org
    """
    installation = open_installation()
    with installation.database.transaction() as session:
        study = find_study(session, slug)
        by = actor_name(acting_as(session, study, address, KEEP_CONTACTS))
        correct_address(session, installation.keyring, study, present, right, actor=by, now=now())
    click.echo("The address is corrected. If a round is open, a mail with a new link is on its way to it.")


@click.command()
@click.argument("slug", metavar="STUDY")
@click.argument("address", metavar="E-MAIL")
@click.argument("group", metavar="GROUP")
def move(slug: str, address: str, group: str) -> None:
    """Put somebody into another group, before round 1 opens.

    \b
    Example:
      delphi panel move making-connections ada@example.org Carers
    """
    installation = open_installation()
    with installation.database.transaction() as session:
        study = find_study(session, slug)
        before_opening.move_person(session, installation.keyring, study, address, group, actor=COMMAND_LINE, now=now())
    click.echo(f"{address} is in the group {group} now.")


@click.command()
@click.argument("slug", metavar="STUDY")
@click.argument("address", metavar="E-MAIL")
def remove(slug: str, address: str) -> None:
    """Take somebody off the panel, before round 1 opens.

    \b
    Example:
      delphi panel remove making-connections ada@example.org
    """
    installation = open_installation()
    with installation.database.transaction() as session:
        study = find_study(session, slug)
        before_opening.remove_person(session, installation.keyring, study, address, actor=COMMAND_LINE, now=now())
    click.echo(f"{address} is not on the panel any more.")


@click.command("rename-group")
@click.argument("slug", metavar="STUDY")
@click.argument("group", metavar="GROUP")
@click.argument("name", metavar="NAME")
def rename_group(slug: str, group: str, name: str) -> None:
    """Give a group another name, before round 1 opens; the name of another group puts the two together.

    \b
    Example:
      delphi panel rename-group making-connections Carer Carers
    """
    with open_installation().database.transaction() as session:
        before_opening.rename_group(session, find_study(session, slug), group, name, actor=COMMAND_LINE, now=now())
    click.echo(f"The group {group} is called {name} now.")
