"""Who acts, on which study: a researcher named with --as, with their roles and under their name in the log."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import click
from sqlalchemy.orm import Session

from delphi.cli.installation import Installation, now, open_installation
from delphi.errors import InvalidError
from delphi.models import Researcher, Role, Round, Study
from delphi.services.auditing import COMMAND_LINE, actor_name
from delphi.services.keyring import Keyring
from delphi.services.researchers import (
    RUN_ROUNDS,
    check_password,
    find_researcher,
    has_second_factor,
    require_any,
    roles_in,
)
from delphi.services.second_factor import check_code
from delphi.services.studies import find_round, find_study

HELP = "Act as this researcher, with their roles and under their name in the log."
NOBODY = f"{HELP[:-1]}; without it the log says {COMMAND_LINE!r}, and no role is asked for."

named_option = click.option("--as", "address", metavar="E-MAIL", help=HELP)
as_option = click.option("--as", "address", metavar="E-MAIL", help=NOBODY)
as_required = click.option("--as", "address", metavar="E-MAIL", required=True, help=HELP)
stdin_option = click.option(
    "--password-stdin", "from_stdin", is_flag=True, help="Read the password from the first line of standard input."
)


@dataclass(frozen=True)
class AtHand:
    """A study that a command looks at or works on, and the researcher who does, if one is named."""

    installation: Installation
    session: Session
    study: Study
    by: Researcher | None

    @property
    def keyring(self) -> Keyring:
        return self.installation.keyring

    @property
    def actor(self) -> str:
        """How the log names who acts: nobody in particular, or the researcher."""
        return COMMAND_LINE if self.by is None else actor_name(self.by)

    @property
    def researcher(self) -> Researcher:
        """Who acts, for commands that cannot do without a name."""
        assert self.by is not None
        return self.by

    def may(self, allowed: frozenset[Role]) -> bool:
        """Whether who acts has one of these roles; without a name it is whoever has the keys to everything."""
        return self.by is None or bool(allowed & roles_in(self.session, self.by, self.study))

    def round(self, number: int) -> Round:
        return find_round(self.session, self.study, number)


@contextmanager
def looking_at(slug: str, address: str | None = None, allowed: frozenset[Role] = RUN_ROUNDS) -> Iterator[AtHand]:
    """Give a study to be read; who is named needs one of these roles in it."""
    installation = open_installation()
    with installation.database.reading() as session:
        yield _at_hand(installation, session, slug, address, allowed)


@contextmanager
def working_on(slug: str, address: str | None = None, allowed: frozenset[Role] = RUN_ROUNDS) -> Iterator[AtHand]:
    """Give a study to be changed; who is named needs one of these roles in it. It is kept when all of it was possible."""
    installation = open_installation()
    with installation.transaction() as session:
        yield _at_hand(installation, session, slug, address, allowed)


def _at_hand(installation: Installation, session: Session, slug: str, address: str | None, allowed: frozenset[Role]) -> AtHand:
    study = find_study(session, slug)
    # Whoever runs commands holds the database and its keys, so without a name there is no role that could keep them from it.
    by = None if address is None else find_researcher(session, address)
    if by is not None:
        require_any(roles_in(session, by, study), allowed)
    return AtHand(installation, session, study, by)


def require_signed_in(slug: str, address: str, allowed: frozenset[Role] = RUN_ROUNDS, *, from_stdin: bool) -> None:
    """Refuse unless the researcher has one of these roles in the study, and whoever sits there knows their password.

    A code of theirs is asked for too, if they sign in with one. Failures count towards the lock of the account as they do on the
    site, whatever becomes of the command.
    """
    with looking_at(slug, address, allowed) as at:
        installation, takes_code = at.installation, has_second_factor(at.session, at.researcher)
    password = typed_secret("Password", from_stdin=from_stdin)
    code = typed_secret("Code", from_stdin=from_stdin) if takes_code else ""
    with installation.transaction() as session:
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
