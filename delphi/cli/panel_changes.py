"""`delphi panel correct`, `move`, `remove` and `rename-group`: putting right who is on the panel, and where."""

import click

from delphi.cli.acting import as_option, as_required, working_on
from delphi.cli.installation import now
from delphi.cli.options import study_argument
from delphi.services import before_opening
from delphi.services.contacts import correct_address
from delphi.services.researchers import KEEP_CONTACTS


@click.command()
@study_argument
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
    with working_on(slug, address, KEEP_CONTACTS) as at:
        correct_address(at.session, at.keyring, at.study, present, right, actor=at.actor, now=now())
    click.echo("The address is corrected. If a round is open, a mail with a new link is on its way to it.")


@click.command()
@study_argument
@click.argument("email", metavar="E-MAIL")
@click.argument("group", metavar="GROUP")
@as_option
def move(slug: str, email: str, group: str, address: str | None) -> None:
    """Put somebody into another group, before round 1 opens.

    \b
    Example:
      delphi panel move making-connections ada@example.org Carers
    """
    with working_on(slug, address, KEEP_CONTACTS) as at:
        before_opening.move_person(at.session, at.keyring, at.study, email, group, actor=at.actor, now=now())
    click.echo(f"{email} is in the group {group} now.")


@click.command()
@study_argument
@click.argument("email", metavar="E-MAIL")
@as_option
def remove(slug: str, email: str, address: str | None) -> None:
    """Take somebody off the panel, before round 1 opens.

    \b
    Example:
      delphi panel remove making-connections ada@example.org
    """
    with working_on(slug, address, KEEP_CONTACTS) as at:
        before_opening.remove_person(at.session, at.keyring, at.study, email, actor=at.actor, now=now())
    click.echo(f"{email} is not on the panel any more.")


@click.command("rename-group")
@study_argument
@click.argument("group", metavar="GROUP")
@click.argument("name", metavar="NAME")
@as_option
def rename_group(slug: str, group: str, name: str, address: str | None) -> None:
    """Give a group another name, before round 1 opens; the name of another group puts the two together.

    \b
    Example:
      delphi panel rename-group making-connections Carer Carers
    """
    with working_on(slug, address, KEEP_CONTACTS) as at:
        before_opening.rename_group(at.session, at.study, group, name, actor=at.actor, now=now())
    click.echo(f"The group {group} is called {name} now.")
