"""`delphi researcher`: accounts of those who run studies."""

import click

from delphi.cli.acting import as_option, stdin_option, typed_secret, working_on
from delphi.cli.installation import now, open_installation
from delphi.cli.options import study_argument
from delphi.errors import ConflictError, NotFoundError
from delphi.models import Role
from delphi.services import auditing
from delphi.services.passwords import set_password
from delphi.services.researchers import KEEP_CONTACTS, OWN, SHORTEST_PASSWORD, add_researcher, find_researcher, give_role
from delphi.services.second_factor import remove_for
from delphi.services.team import Doubts, doubts_about, invitations_of, invite, take_role, withdraw_invitation

NEW_PASSWORD = f"Password, of {SHORTEST_PASSWORD} characters or more"
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
    typed = typed_secret(NEW_PASSWORD, from_stdin=from_stdin, is_new=True)
    with open_installation().transaction() as session:
        added = add_researcher(session, email, typed, now=now())
    click.echo(f"{added.email} can sign in now, on the site under “Sign in”.")


@researcher.command()
@study_argument
@email_argument
@click.argument("role", type=role_type)
@as_option
def join(slug: str, email: str, role: str, address: str | None) -> None:
    """Give somebody who has an account a role in a study. This is audited.

    \b
    Example:
      delphi researcher join making-connections sol@example.org observer
    """
    with working_on(slug, address, OWN) as at:
        found = find_researcher(at.session, email)
        give_role(at.session, found, at.study, Role(role), actor=at.actor, now=now())
    click.echo(f"{found.email} is {role} of {slug} now.")


@researcher.command()
@study_argument
@email_argument
@click.argument("role", type=role_type)
@as_option
def leave(slug: str, email: str, role: str, address: str | None) -> None:
    """Take a role in a study away from somebody, who is then signed out everywhere. This is audited.

    The last owner stays, and so does whom the protocol names for safeguarding, in some role.

    \b
    Example:
      delphi researcher leave making-connections sol@example.org observer
    """
    with working_on(slug, address, OWN) as at:
        found = find_researcher(at.session, email)
        take_role(at.session, found, at.study, Role(role), actor=at.actor, now=now())
    click.echo(f"{found.email} is {role} of {slug} no longer.")


@researcher.command("invite")
@study_argument
@email_argument
@click.argument("roles", metavar="ROLE…", type=role_type, nargs=-1, required=True)
@click.option("--anyway", is_flag=True, help="Though they are on the panel, or invited already as something else.")
@as_option
def invite_command(slug: str, email: str, roles: tuple[str, ...], anyway: bool, address: str | None) -> None:
    """Invite somebody by mail to hold roles in a study; who has no account chooses a password there. This is audited.

    \b
    Example:
      delphi researcher invite making-connections sol@example.org facilitator analyst
    """
    wanted = [Role(role) for role in roles]
    with working_on(slug, address, OWN) as at:
        # Who is on the panel, nobody is told who does not keep the contacts; without a name it is who has the keys to them.
        is_custodian = at.may(KEEP_CONTACTS)
        doubts = doubts_about(at.session, at.keyring, at.study, email, wanted, is_custodian=is_custodian, now=now())
        if doubts and not anyway:
            _refuse(doubts)
        link = invite(at.session, at.keyring, at.study, email, wanted, by=at.by, actor=at.actor, now=now())
    click.echo(f"An invitation to {link.address} is on its way; it can be accepted until {link.expires_at:%Y-%m-%d}.")


def _refuse(doubts: Doubts) -> None:
    if doubts.is_panelist:
        raise ConflictError("This address is on the panel: the person would see its results. To invite them, add --anyway.")
    raise ConflictError(
        "They are invited already, as {roles}; a new invitation takes its place, with its roles alone. To send it, add --anyway.",
        roles=", ".join(doubts.invited_as),
    )


@researcher.command("uninvite")
@study_argument
@email_argument
@as_option
def uninvite_command(slug: str, email: str, address: str | None) -> None:
    """Take back the invitations that somebody has not accepted yet; their links work no longer. This is audited.

    \b
    Example:
      delphi researcher uninvite making-connections sol@example.org
    """
    with working_on(slug, address, OWN) as at:
        waiting = [link.id for link in invitations_of(at.session, at.study, now=now()) if link.address == email.strip().lower()]
        if not waiting:
            raise NotFoundError("{address} has no invitation to this study that still waits.", address=email)
        for link_id in waiting:
            withdraw_invitation(at.session, at.study, link_id, actor=at.actor, now=now())
    click.echo(f"The invitation to {email} is taken back.")


@researcher.command()
@email_argument
@stdin_option
def password(email: str, from_stdin: bool) -> None:
    """Give an account another password, for somebody who gets no mail. They are signed out everywhere; it is audited.

    \b
    Example:
      delphi researcher password ruth@example.org
    """
    with open_installation().transaction() as session:
        found = find_researcher(session, email)
        set_password(
            session, found, typed_secret(NEW_PASSWORD, from_stdin=from_stdin, is_new=True), actor=auditing.COMMAND_LINE, now=now()
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
    with open_installation().transaction() as session:
        found = find_researcher(session, email)
        remove_for(session, found, actor=auditing.COMMAND_LINE, now=now())
    click.echo(f"{found.email} signs in with the password alone now, and can set up a second step anew.")
