"""`delphi round ask`, `confirm`, `decline` and `unask`: a second person's word where the protocol asks for it."""

from datetime import date

import click

from delphi.cli.acting import AtHand, as_required, require_signed_in, stdin_option, working_on
from delphi.cli.installation import now, telling
from delphi.cli.options import study_argument
from delphi.cli.round_steps import last_day, require_decisions, require_judged
from delphi.errors import ConflictError, InvalidError
from delphi.models import RoundStep, StepRequest
from delphi.services import sign_off
from delphi.services.deadlines import end_of, zone_of
from delphi.services.signing import confirm
from delphi.services.studies import rounds_of

step_type = click.Choice([str(step) for step in RoundStep])
only_this_step = click.argument("step", type=step_type, required=False)


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
    with working_on(slug, address) as at:
        if step == RoundStep.OPEN and not without_decisions:
            require_decisions(at)
        if step == RoundStep.PUBLISH and not without_unjudged:
            _require_all_judged(at)
        until = end_of(deadline, zone_of(at.session, at.study.id)) if deadline else None
        by, named = at.researcher, RoundStep(step)
        asked = sign_off.ask(at.session, at.study, named, by=by, actor=at.actor, now=now(), deadline=until)
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
    require_signed_in(slug, address, from_stdin=from_stdin)
    with telling("Taking the step …"), working_on(slug, address) as at:
        request = _waiting(at, step)
        moved = confirm(at.session, at.keyring, at.study, request.id, by=at.researcher, actor=at.actor, now=now())
    click.echo(f"The second word is given, and round {moved.number} is {moved.status}.")
    if request.step == RoundStep.OPEN:
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
    with working_on(slug, address) as at:
        request, by = _waiting(at, step), at.researcher
        sign_off.decline(at.session, at.study, request.id, reason, by=by, actor=at.actor, now=now())
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
    with working_on(slug, address) as at:
        request, by = _waiting(at, step), at.researcher
        sign_off.take_back(at.session, at.study, request.id, by=by, actor=at.actor, now=now())
    click.echo("The request is taken back. Nothing else has changed.")


def _waiting(at: AtHand, step: str | None) -> StepRequest:
    """Return the step that waits for a second person, as long as it is the one that was named, if one was."""
    request = sign_off.waiting_in(at.session, at.study)
    if request is None:
        raise ConflictError("Nothing waits for a second person's word. Ask for it with: delphi round ask")
    if step not in (None, request.step):
        raise ConflictError(
            "What waits is to {step} round {number}; nothing was done.", step=request.step, number=request.round_number
        )
    return request


def _require_all_judged(at: AtHand) -> None:
    for newest in rounds_of(at.session, at.study)[-1:]:
        require_judged(at, newest)
