"""Who acts: a researcher named with --as, with their roles and under their name in the log."""

import sys

import click
from sqlalchemy.orm import Session

from delphi.cli.installation import Installation, now
from delphi.errors import InvalidError
from delphi.models import Researcher, Role, Study
from delphi.services.auditing import COMMAND_LINE, actor_name
from delphi.services.researchers import (
    RUN_ROUNDS,
    check_password,
    find_researcher,
    has_second_factor,
    require_any,
    roles_in,
)
from delphi.services.second_factor import check_code

HELP = "Act as this researcher, with their roles and under their name in the log."
NOBODY = f"{HELP[:-1]}; without it the log says {COMMAND_LINE!r}, and no role is asked for."

named_option = click.option("--as", "address", metavar="E-MAIL", help=HELP)
as_option = click.option("--as", "address", metavar="E-MAIL", help=NOBODY)
as_required = click.option("--as", "address", metavar="E-MAIL", required=True, help=HELP)
stdin_option = click.option(
    "--password-stdin", "from_stdin", is_flag=True, help="Read the password from the first line of standard input."
)


def acting(session: Session, study: Study, address: str | None, allowed: frozenset[Role] = RUN_ROUNDS) -> str:
    """Return how the log names who acts: nobody in particular, or a researcher who holds one of these roles in the study."""
    return log_name(named(session, study, address, allowed))


def named(session: Session, study: Study, address: str | None, allowed: frozenset[Role]) -> Researcher | None:
    """Return the researcher who is named, if one is, and has one of these roles in the study."""
    # Whoever runs commands holds the database and its keys, so without a name there is no role that could keep them from it.
    return None if address is None else acting_as(session, study, address, allowed)


def log_name(by: Researcher | None) -> str:
    """Return how the log names who acts by command."""
    return COMMAND_LINE if by is None else actor_name(by)


def acting_as(session: Session, study: Study, address: str, allowed: frozenset[Role]) -> Researcher:
    """Return the researcher with this address, if one of these roles in the study is theirs."""
    researcher = find_researcher(session, address)
    require_any(roles_in(session, researcher, study), allowed)
    return researcher


def require_signed_in(installation: Installation, address: str, *, from_stdin: bool) -> None:
    """Refuse unless whoever sits there knows the researcher's password, and a code of theirs if they sign in with one.

    Failures count towards the lock of the account as they do on the site, whatever becomes of the command.
    """
    with installation.database.reading() as session:
        takes_code = has_second_factor(session, find_researcher(session, address))
    password = typed_secret("Password", from_stdin=from_stdin)
    code = typed_secret("Code", from_stdin=from_stdin) if takes_code else ""
    with installation.database.transaction() as session:
        known = check_password(session, address, password, now=now())
        is_them = known is not None
        if known is not None and takes_code:
            is_them = check_code(session, installation.keyring, known, code, now=now())
    if not is_them:
        raise InvalidError("Password or code of {address} is wrong, or the account is locked for a while.", address=address)


def typed_secret(prompt: str, *, from_stdin: bool, is_new: bool = False) -> str:
    """Return what is typed without being shown, twice if it is new, or the next line of standard input."""
    # Never an option: command lines are kept in histories and seen by everybody on the machine.
    if from_stdin:
        return sys.stdin.readline().rstrip("\r\n")
    typed: str = click.prompt(prompt, hide_input=True, confirmation_prompt=is_new, err=True)
    return typed
