"""`delphi round plan`: what the next round asks, and changing it."""

import click

from delphi.cli.acting import as_option, working_on
from delphi.cli.installation import now
from delphi.cli.options import study_argument
from delphi.errors import InvalidError
from delphi.services.round_plan import back_to_proposed, change_plan, proposal_of, state_of
from delphi.services.rounds import proposed_items


@click.command("plan")
@study_argument
@click.option("--ask", metavar="ITEM", help="Ask an item that was proposed to rest.")
@click.option("--leave-out", metavar="ITEM", help="Leave out an item that was proposed to be asked.")
@click.option("--as-proposed", metavar="ITEM", help="Go back to what is proposed for an item.")
@click.option("--reason", default="", help="Why it is asked or left out; panelists read it.")
@as_option
def plan_command(
    slug: str, ask: str | None, leave_out: str | None, as_proposed: str | None, reason: str, address: str | None
) -> None:
    """Say what the next round asks and why, after changing it where one of the options asks for it.

    Each line has the item, whether it is asked, whether the team has changed that, and why; tabs stand between them.

    \b
    Example:
      delphi round plan making-connections
      delphi round plan making-connections --leave-out pace --reason "It has been asked often enough."
    """
    wanted = [name for name in (ask, leave_out, as_proposed) if name]
    if len(wanted) > 1:
        raise InvalidError("Change one item at a time.")
    with working_on(slug, address) as at:
        session, study = at.session, at.study
        if wanted:
            seen = state_of(proposal_of(session, study, wanted[0]))
            if as_proposed:
                back_to_proposed(session, study, as_proposed, seen=seen, actor=at.actor, now=now())
            else:
                is_asked = ask is not None
                change_plan(session, study, wanted[0], is_asked=is_asked, reason=reason, seen=seen, actor=at.actor, now=now())
        for one in proposed_items(session, study):
            state = ("asked" if one.is_asked else "rests", "changed" if one.changed else "proposed")
            click.echo("\t".join((one.version.item.key, *state, one.changed or one.why)))
