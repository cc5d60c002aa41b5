"""`delphi panel correct`, `move`, `remove` and `rename-group`: putting right who is on the panel, and where."""

import click

from delphi.cli.acting import acting, acting_as, as_option, as_required
from delphi.cli.installation import now, open_installation
from delphi.services import before_opening
from delphi.services.auditing import actor_name
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
@click.argument("email", metavar="E-MAIL")
@click.argument("group", metavar="GROUP")
@as_option
def move(slug: str, email: str, group: str, address: str | None) -> None:
    """Put somebody into another group, before round 1 opens.

    \b
    Example:
      delphi panel move making-connections ada@example.org Carers
    """
    installation = open_installation()
    with installation.database.transaction() as session:
        study = find_study(session, slug)
        actor = acting(session, study, address, KEEP_CONTACTS)
        before_opening.move_person(session, installation.keyring, study, email, group, actor=actor, now=now())
    click.echo(f"{email} is in the group {group} now.")


@click.command()
@click.argument("slug", metavar="STUDY")
@click.argument("email", metavar="E-MAIL")
@as_option
def remove(slug: str, email: str, address: str | None) -> None:
    """Take somebody off the panel, before round 1 opens.

    \b
    Example:
      delphi panel remove making-connections ada@example.org
    """
    installation = open_installation()
    with installation.database.transaction() as session:
        study = find_study(session, slug)
        actor = acting(session, study, address, KEEP_CONTACTS)
        before_opening.remove_person(session, installation.keyring, study, email, actor=actor, now=now())
    click.echo(f"{email} is not on the panel any more.")


@click.command("rename-group")
@click.argument("slug", metavar="STUDY")
@click.argument("group", metavar="GROUP")
@click.argument("name", metavar="NAME")
@as_option
def rename_group(slug: str, group: str, name: str, address: str | None) -> None:
    """Give a group another name, before round 1 opens; the name of another group puts the two together.

    \b
    Example:
      delphi panel rename-group making-connections Carer Carers
    """
    with open_installation().database.transaction() as session:
        study = find_study(session, slug)
        actor = acting(session, study, address, KEEP_CONTACTS)
        before_opening.rename_group(session, study, group, name, actor=actor, now=now())
    click.echo(f"The group {group} is called {name} now.")
