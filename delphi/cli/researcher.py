"""`delphi researcher`: accounts of those who run studies."""

import sys

import click

from delphi.cli.installation import now, open_installation
from delphi.services.researchers import add_researcher


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
