"""`delphi audit`: reading the audit log, and checking that nobody has changed it."""

import json

import click

from delphi.canonical import canonical_json
from delphi.cli.acting import looking_at
from delphi.cli.installation import telling
from delphi.cli.options import json_option, study_argument
from delphi.errors import DelphiError
from delphi.services.audit_kinds import KINDS
from delphi.services.auditing import Wanted, entries, first_fault, whole


@click.group()
def audit() -> None:
    """Read and check the audit log."""


@audit.command()
@study_argument
def verify(slug: str) -> None:
    """Check that no entry of the audit log was changed, moved or taken away; exit status 1 names the first that was.

    \b
    Example:
      delphi audit verify making-connections
    """
    with telling("Checking …"), looking_at(slug) as at:
        fault, n_entries = first_fault(at.session, at.study), len(entries(at.session, at.study))
    if fault is not None:
        raise DelphiError("{fault}", fault=fault)
    click.echo(f"All {n_entries} entries are whole and in order.")


@audit.command("list")
@study_argument
@click.option("--kind", type=click.Choice(list(KINDS)), help="Only what is about this.")
@click.option("--actor", default="", metavar="NAME", help="Only what was done by this one, as the list names them.")
@click.option("--round", "number", type=click.IntRange(1), metavar="NUMBER", help="Only what is about this round.")
@json_option
def list_command(slug: str, kind: str | None, actor: str, number: int | None, as_json: bool) -> None:
    """List what was done in a study, when and by whom.

    \b
    Example:
      delphi audit list making-connections
      delphi audit list making-connections --kind rounds --round 1
    """
    wanted = Wanted(KINDS[kind] if kind else None, actor, number)
    with looking_at(slug) as at:
        found = list(reversed(whole(at.session, at.study, wanted).entries))
    if as_json:
        listed = [
            {
                "number": entry.number,
                "at": entry.at.isoformat(),
                "actor": entry.actor,
                "action": entry.action,
                "detail": json.loads(entry.detail),
                "hash": entry.hash,
            }
            for entry in found
        ]
        click.echo(canonical_json(listed))
        return
    for entry in found:
        click.echo(f"{entry.number}\t{entry.at:%Y-%m-%d %H:%M} UTC\t{entry.actor}\t{entry.action}\t{entry.detail}")
