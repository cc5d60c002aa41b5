"""`delphi researcher`: accounts of those who run studies."""

import sys

import click

from delphi.cli.installation import now, open_installation
from delphi.models import Role
from delphi.services import auditing
from delphi.services.researchers import add_researcher, find_researcher, give_role
from delphi.services.studies import find_study


@click.group()
def researcher() -> None:
    """Look after the accounts of researchers."""


@researcher.command()
@click.argument("email", metavar="E-MAIL")
@click.option("--password-stdin", "from_stdin", is_flag=True, help="Read the password from the first line of standard input.")
def add(email: str, from_stdin: bool) -> None:
    """Give a researcher an account. The password is asked for twice.

    \b
    Example:
      delphi researcher add ruth@example.org
      delphi researcher add ruth@example.org --password-stdin < password.txt
    """
    # Never an option: command lines are kept in histories and seen by everybody on the machine.
    if from_stdin:
        password = sys.stdin.readline().rstrip("\r\n")
    else:
        password = click.prompt("Password", hide_input=True, confirmation_prompt=True, err=True)
    with open_installation().database.transaction() as session:
        added = add_researcher(session, email, password, now=now())
    click.echo(f"{added.email} can sign in now.")


@researcher.command()
@click.argument("slug", metavar="STUDY")
@click.argument("email", metavar="E-MAIL")
@click.argument("role", type=click.Choice([str(role) for role in Role]))
def join(slug: str, email: str, role: str) -> None:
    """Give somebody who has an account a role in a study. This is audited.

    \b
    Example:
      delphi researcher join making-connections sol@example.org observer
    """
    with open_installation().database.transaction() as session:
        found = find_researcher(session, email)
        give_role(session, found, find_study(session, slug), Role(role), actor=auditing.COMMAND_LINE, now=now())
    click.echo(f"{found.email} is {role} of {slug} now.")
