"""`delphi study team` and `delphi study hand-on`: who works on a study, and another owner."""

import click

from delphi.canonical import canonical_json
from delphi.cli.acting import looking_at, named_option, working_on
from delphi.cli.installation import now
from delphi.cli.options import json_option, study_argument
from delphi.errors import InvalidError
from delphi.services.researchers import OWN, find_researcher
from delphi.services.team import hand_on, replace_owner, team_of


@click.command("team")
@study_argument
@json_option
def team_command(slug: str, as_json: bool) -> None:
    """List who works on a study, and as what; who can link names and answers is marked.

    \b
    Example:
      delphi study team making-connections
    """
    with looking_at(slug) as at:
        members = team_of(at.session, at.study)
    if as_json:
        told = [{"email": one.researcher.email, "roles": [*map(str, one.roles)], "can_link": one.can_link} for one in members]
        click.echo(canonical_json(told))
        return
    for one in members:
        marked = "\tcan link names and answers" if one.can_link else ""
        click.echo(f"{one.researcher.email}\t{', '.join(one.roles)}{marked}")


@click.command("hand-on")
@study_argument
@click.option("--from", "gone", metavar="E-MAIL", help="An owner who has gone: they are replaced at once.")
@click.option("--to", "successor", required=True, metavar="E-MAIL", help="Who is to answer for the study.")
@click.option("--reason", required=True, help="Why; it goes into the log.")
@named_option
def hand_on_command(slug: str, gone: str | None, successor: str, reason: str, address: str | None) -> None:
    """Make somebody the owner of a study in one's own place, or in that of one who has gone. This is audited.

    With --as, the owner who acts asks by mail, and stays the owner until it is accepted. With --from, for who looks after the
    server, somebody who can hand it on no more is replaced.

    \b
    Example:
      delphi study hand-on making-connections --to sol@example.org --reason "I retire in May." --as ruth@example.org
      delphi study hand-on making-connections --from ruth@example.org --to sol@example.org --reason "Ruth has retired."
    """
    if (gone is None) is (address is None):
        raise InvalidError(
            "Say who hands it on: --as E-MAIL for an owner who asks by mail, or --from E-MAIL for one who has gone."
        )
    with working_on(slug, address, OWN) as at:
        if gone is None:
            hand_on(at.session, at.keyring, at.study, successor, reason, by=at.researcher, actor=at.actor, now=now())
            said = f"{successor} is asked by mail. {at.researcher.email} stays the owner until they have accepted."
        else:
            owner, following = find_researcher(at.session, gone), find_researcher(at.session, successor)
            replace_owner(at.session, at.study, owner, following, reason, actor=at.actor, now=now())
            said = f"{following.email} owns {slug} now, in the place of {owner.email}."
    click.echo(said)
