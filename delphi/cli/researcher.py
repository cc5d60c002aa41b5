"""`delphi researcher`: accounts of those who run studies."""

import click

from delphi.cli.acting import stdin_option, typed_secret
from delphi.cli.installation import now, open_installation
from delphi.models import Role
from delphi.services import auditing
from delphi.services.passwords import set_password
from delphi.services.researchers import add_researcher, find_researcher, give_role
from delphi.services.second_factor import remove_for
from delphi.services.studies import find_study
from delphi.services.team import invite, take_role

study_argument = click.argument("slug", metavar="STUDY")
email_argument = click.argument("email", metavar="E-MAIL")
role_type = click.Choice([str(role) for role in Role])


@click.group()
def researcher() -> None:
    """Look after the accounts of researchers."""


@researcher.command()
@email_argument
@stdin_option
def add(email: str, from_stdin: bool) -> None:
    """Give a researcher an account. The password is asked for twice.

    \b
    Example:
      delphi researcher add ruth@example.org
      delphi researcher add ruth@example.org --password-stdin < password.txt
    """
    typed = typed_secret("Password", from_stdin=from_stdin, is_new=True)
    with open_installation().database.transaction() as session:
        added = add_researcher(session, email, typed, now=now())
    click.echo(f"{added.email} can sign in now.")


@researcher.command()
@study_argument
@email_argument
@click.argument("role", type=role_type)
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


@researcher.command()
@study_argument
@email_argument
@click.argument("role", type=role_type)
def leave(slug: str, email: str, role: str) -> None:
    """Take a role in a study away from somebody, who is then signed out everywhere. This is audited.

    The last owner stays, and so does whom the protocol names for safeguarding, in some role.

    \b
    Example:
      delphi researcher leave making-connections sol@example.org observer
    """
    with open_installation().database.transaction() as session:
        found = find_researcher(session, email)
        take_role(session, found, find_study(session, slug), Role(role), actor=auditing.COMMAND_LINE, now=now())
    click.echo(f"{found.email} is {role} of {slug} no longer.")


@researcher.command("invite")
@study_argument
@email_argument
@click.argument("roles", metavar="ROLE…", type=role_type, nargs=-1, required=True)
def invite_command(slug: str, email: str, roles: tuple[str, ...]) -> None:
    """Invite somebody by mail to hold roles in a study; who has no account chooses a password there. This is audited.

    \b
    Example:
      delphi researcher invite making-connections sol@example.org facilitator analyst
    """
    installation, wanted = open_installation(), [Role(role) for role in roles]
    with installation.database.transaction() as session:
        study, keyring = find_study(session, slug), installation.keyring
        link = invite(session, keyring, study, email, wanted, by=None, actor=auditing.COMMAND_LINE, now=now())
    click.echo(f"An invitation to {link.address} is on its way; it can be accepted until {link.expires_at:%Y-%m-%d}.")


@researcher.command()
@email_argument
@stdin_option
def password(email: str, from_stdin: bool) -> None:
    """Give an account another password, for somebody who gets no mail. They are signed out everywhere; it is audited.

    \b
    Example:
      delphi researcher password ruth@example.org
    """
    with open_installation().database.transaction() as session:
        found = find_researcher(session, email)
        set_password(
            session, found, typed_secret("Password", from_stdin=from_stdin, is_new=True), actor=auditing.COMMAND_LINE, now=now()
        )
    click.echo(f"{found.email} signs in with the new password from now on.")


@researcher.command("remove-second-step")
@email_argument
def remove_second_step(email: str) -> None:
    """Let somebody who has lost phone and recovery codes sign in with the password alone. This is audited in their studies.

    \b
    Example:
      delphi researcher remove-second-step ruth@example.org
    """
    with open_installation().database.transaction() as session:
        found = find_researcher(session, email)
        remove_for(session, found, actor=auditing.COMMAND_LINE, now=now())
    click.echo(f"{found.email} signs in with the password alone now, and can set up a second step anew.")
