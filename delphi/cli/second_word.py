"""`delphi round ask`, `confirm`, `decline` and `unask`: a second person's word where the protocol asks for it."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date

import click
from sqlalchemy.orm import Session

from delphi.cli.acting import acting_as, as_required, require_signed_in, stdin_option
from delphi.cli.installation import Installation, now, open_installation, telling
from delphi.cli.round_steps import last_day, require_decisions, require_judged
from delphi.errors import ConflictError, InvalidError
from delphi.models import Researcher, RoundStep, StepRequest, Study
from delphi.services import sign_off
from delphi.services.auditing import actor_name
from delphi.services.deadlines import end_of, zone_of
from delphi.services.researchers import RUN_ROUNDS
from delphi.services.signing import confirm
from delphi.services.studies import find_study, rounds_of

study_argument = click.argument("slug", metavar="STUDY")
step_type = click.Choice([str(step) for step in RoundStep])
only_this_step = click.argument("step", type=step_type, required=False)


@dataclass(frozen=True)
class Asked:
    """A step that waits for a second person, and who is about to settle it."""

    installation: Installation
    session: Session
    study: Study
    request: StepRequest
    by: Researcher


@click.command("ask")
@click.argument("step", type=step_type)
@study_argument
@click.option("--deadline", callback=last_day, metavar="YYYY-MM-DD", help="The last day of a round that is to open.")
@click.option("--without-decisions", is_flag=True, help="As for `delphi round open`.")
@click.option("--without-unjudged", is_flag=True, help="As for `delphi round publish`.")
@as_required
def ask_command(
    step: str, slug: str, deadline: date | None, without_decisions: bool, without_unjudged: bool, address: str
) -> None:
    """Ask the others who run rounds for their word on a step that the protocol lets nobody take alone.

    They are told by mail. Nothing happens before one of them has given their word, here or on the site.

    \b
    Example:
      delphi round ask open making-connections --deadline 2026-12-21 --as ruth@example.org
    """
    if deadline and step != RoundStep.OPEN:
        raise InvalidError("Only a round that is to open is given a deadline.")
    with open_installation().database.transaction() as session:
        study = find_study(session, slug)
        by = acting_as(session, study, address, RUN_ROUNDS)
        if step == RoundStep.OPEN and not without_decisions:
            require_decisions(session, study)
        if step == RoundStep.PUBLISH and not without_unjudged:
            _require_all_judged(session, study)
        until = end_of(deadline, zone_of(session, study.id)) if deadline else None
        asked = sign_off.ask(session, study, RoundStep(step), by=by, actor=actor_name(by), now=now(), deadline=until)
    click.echo(f"The others who run rounds are asked by mail: may {by.email} {step} round {asked.round_number}?")


@click.command("confirm")
@study_argument
@only_this_step
@as_required
@stdin_option
def confirm_command(slug: str, step: str | None, address: str, from_stdin: bool) -> None:
    """Give the second word: the step that waits is taken at once. With a step, only if it is the one that waits.

    Who has asked for it cannot confirm it. Since a command does not know who sits at it, the second person's password is asked
    for, and a code if they sign in with one; on standard input that is the second line.

    \b
    Example:
      delphi round confirm making-connections close --as sol@example.org
    """
    installation = open_installation()
    with installation.database.reading() as session:
        acting_as(session, find_study(session, slug), address, RUN_ROUNDS)
    require_signed_in(installation, address, from_stdin=from_stdin)
    with telling("Taking the step …"), _waiting(slug, step, address) as asked:
        by, keyring = asked.by, asked.installation.keyring
        moved = confirm(asked.session, keyring, asked.study, asked.request.id, by=by, actor=actor_name(by), now=now())
    click.echo(f"The second word is given, and round {moved.number} is {moved.status}.")
    if asked.request.step == RoundStep.OPEN:
        click.echo("The worker sends the invitations within a minute; `delphi serve` runs one.")


@click.command("decline")
@study_argument
@only_this_step
@click.option("--reason", required=True, help="Why; it goes into the log.")
@as_required
def decline_command(slug: str, step: str | None, reason: str, address: str) -> None:
    """Refuse the second word, with a reason; nothing else changes. With a step, only if it is the one that waits.

    \b
    Example:
      delphi round decline making-connections --reason "Three people are still writing." --as sol@example.org
    """
    with _waiting(slug, step, address) as asked:
        request = asked.request.id
        sign_off.decline(asked.session, asked.study, request, reason, by=asked.by, actor=actor_name(asked.by), now=now())
    click.echo("It is declined. The reason stands in the log; nothing else has changed.")


@click.command("unask")
@study_argument
@only_this_step
@as_required
def unask_command(slug: str, step: str | None, address: str) -> None:
    """Take back what was asked for, as the one who has asked. With a step, only if it is the one that waits.

    \b
    Example:
      delphi round unask making-connections --as ruth@example.org
    """
    with _waiting(slug, step, address) as asked:
        sign_off.take_back(asked.session, asked.study, asked.request.id, by=asked.by, actor=actor_name(asked.by), now=now())
    click.echo("The request is taken back. Nothing else has changed.")


@contextmanager
def _waiting(slug: str, step: str | None, address: str) -> Iterator[Asked]:
    """Give the step that waits to be settled by this researcher; what is done with it is kept when all of it was possible."""
    installation = open_installation()
    with installation.database.transaction() as session:
        study = find_study(session, slug)
        by = acting_as(session, study, address, RUN_ROUNDS)
        request = sign_off.waiting_in(session, study)
        if request is None:
            raise ConflictError("Nothing waits for a second person's word. Ask for it with: delphi round ask")
        if step not in (None, request.step):
            raise ConflictError(
                "What waits is to {step} round {number}; nothing was done.", step=request.step, number=request.round_number
            )
        yield Asked(installation, session, study, request, by)


def _require_all_judged(session: Session, study: Study) -> None:
    for newest in rounds_of(session, study)[-1:]:
        require_judged(session, study, newest)
