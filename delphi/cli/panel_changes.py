"""`delphi panel move`, `remove` and `rename-group`: putting the panel right before round 1 opens."""

import click

from delphi.cli.installation import now, open_installation
from delphi.services import before_opening
from delphi.services.auditing import COMMAND_LINE
from delphi.services.studies import find_study


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
