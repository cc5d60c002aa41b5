"""`delphi study team` and `delphi study hand-on`: who works on a study, and a new owner where the earlier one has gone."""

import click

from delphi.canonical import canonical_json
from delphi.cli.installation import now, open_installation
from delphi.services.auditing import COMMAND_LINE
from delphi.services.researchers import find_researcher
from delphi.services.studies import find_study
from delphi.services.team import replace_owner, team_of


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
@click.option("--from", "gone", required=True, metavar="E-MAIL", help="The owner who has gone.")
@click.option("--to", "successor", required=True, metavar="E-MAIL", help="Who answers for the study from now on.")
@click.option("--reason", required=True, help="Why; it goes into the log.")
def hand_on_command(slug: str, gone: str, successor: str, reason: str) -> None:
    """Make somebody the owner of a study in the place of one who has gone and can hand it on no more. This is audited.

    An owner who is still there hands a study on under "Team" on the site, and who is asked accepts by mail.

    \b
    Example:
      delphi study hand-on making-connections --from ruth@example.org --to sol@example.org --reason "Ruth has retired."
    """
    with open_installation().database.transaction() as session:
        study, owner, following = find_study(session, slug), find_researcher(session, gone), find_researcher(session, successor)
        replace_owner(session, study, owner, following, reason, actor=COMMAND_LINE, now=now())
    click.echo(f"{following.email} owns {slug} now, in the place of {owner.email}.")
