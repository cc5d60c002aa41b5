"""Who acts: a researcher named with --as, with their roles and under their name in the log."""

import click
from sqlalchemy.orm import Session

from delphi.models import Researcher, Role, Study
from delphi.services.auditing import COMMAND_LINE, actor_name
from delphi.services.researchers import RUN_ROUNDS, find_researcher, require_any, roles_in

HELP = "Act as this researcher, with their roles and under their name in the log."

as_option = click.option("--as", "address", metavar="E-MAIL", help=HELP)
as_required = click.option("--as", "address", metavar="E-MAIL", required=True, help=HELP)


def acting(session: Session, study: Study, address: str | None) -> str:
    """Return how the log names who acts: nobody in particular, or a researcher who may run rounds in this study."""
    return COMMAND_LINE if address is None else actor_name(acting_as(session, study, address, RUN_ROUNDS))


def acting_as(session: Session, study: Study, address: str, allowed: frozenset[Role]) -> Researcher:
    """Return the researcher with this address, if one of these roles in the study is theirs."""
    researcher = find_researcher(session, address)
    require_any(roles_in(session, researcher, study), allowed)
    return researcher
