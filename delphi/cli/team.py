"""`delphi study team` and `delphi study hand-on`: who works on a study, and another owner."""

import click

from delphi.canonical import canonical_json
from delphi.cli.acting import acting_as, named_option
from delphi.cli.installation import now, open_installation
from delphi.errors import InvalidError
from delphi.services.auditing import COMMAND_LINE, actor_name
from delphi.services.researchers import OWN, find_researcher
from delphi.services.studies import find_study
from delphi.services.team import hand_on, replace_owner, team_of


@click.command("team")
@click.argument("slug", metavar="STUDY")
@click.option("--json", "as_json", is_flag=True, help="Write JSON, for programs.")
def team_command(slug: str, as_json: bool) -> None:
    """List who works on a study, and as what; who can link names and answers is marked.

    \b
    Example:
      delphi study team making-connections
    """
    with open_installation().database.reading() as session:
        members = team_of(session, find_study(session, slug))
    if as_json:
        click.echo(
            canonical_json(
                [
                    {"email": one.researcher.email, "roles": [str(role) for role in one.roles], "can_link": one.can_link}
                    for one in members
                ]
            )
        )
        return
    for one in members:
        marked = "\tcan link names and answers" if one.can_link else ""
        click.echo(f"{one.researcher.email}\t{', '.join(one.roles)}{marked}")


@click.command("hand-on")
@click.argument("slug", metavar="STUDY")
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
    installation = open_installation()
    with installation.database.transaction() as session:
        study = find_study(session, slug)
        if address is not None:
            by = acting_as(session, study, address, OWN)
            hand_on(session, installation.keyring, study, successor, reason, by=by, actor=actor_name(by), now=now())
            said = f"{successor} is asked by mail. {by.email} stays the owner until they have accepted."
        elif gone is not None:
            owner, following = find_researcher(session, gone), find_researcher(session, successor)
            replace_owner(session, study, owner, following, reason, actor=COMMAND_LINE, now=now())
            said = f"{following.email} owns {slug} now, in the place of {owner.email}."
    click.echo(said)
