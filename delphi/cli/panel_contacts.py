"""`delphi panel list`, `bounce` and `targets`: who they are, mail that came back, how many of each group are wanted."""

import click

from delphi.canonical import canonical_json
from delphi.cli.acting import as_option, looking_at, working_on
from delphi.cli.installation import now
from delphi.cli.options import json_option, study_argument
from delphi.errors import InvalidError
from delphi.files.written import csv_text
from delphi.services.contacts import note_bounce
from delphi.services.panel import Person, people
from delphi.services.payments import Payee, payees
from delphi.services.progress import set_targets, target_written, targets_of
from delphi.services.researchers import KEEP_CONTACTS

NO_TARGET = "none"
COLUMNS = ["name", "email", "group", "standing", "mail came back", "paid", "note"]


@click.command()
@study_argument
@click.argument("email", metavar="E-MAIL")
@as_option
def bounce(slug: str, email: str, address: str | None) -> None:
    """Note that mail to an address came back: nothing more goes there until it is corrected. This is audited.

    \b
    Example:
      delphi panel bounce making-connections ada@exmaple.org
    """
    with working_on(slug, address, KEEP_CONTACTS) as at:
        note_bounce(at.session, at.keyring, at.study, email, actor=at.actor, now=now())
    click.echo("It is noted. Nothing more goes to this address until it is corrected: delphi panel correct")


@click.command("list")
@study_argument
@as_option
@json_option
def list_command(slug: str, address: str | None, as_json: bool) -> None:
    """Write who is on the panel, as CSV: name, address, group, how they stand, and when they were paid; never what they answered.

    It names people: it is for whoever keeps the contacts.

    \b
    Example:
      delphi panel list making-connections > people.csv
    """
    with looking_at(slug, address, KEEP_CONTACTS) as at:
        everybody = people(at.session, at.keyring, at.study)
        paid = {one.panelist_id: one for one in payees(at.session, at.keyring, at.study)}
    rows = [_row(one, paid[one.panelist_id]) for one in everybody]
    if as_json:
        click.echo(canonical_json([dict(zip(COLUMNS, row, strict=True)) for row in rows]))
    else:
        click.echo(csv_text(COLUMNS, rows), nl=False)


@click.command()
@study_argument
@click.option(
    "--want", "wanted", nargs=2, multiple=True, metavar="GROUP N", help=f"How many of a group; {NO_TARGET!r} for no number."
)
@as_option
@json_option
def targets(slug: str, wanted: tuple[tuple[str, str], ...], address: str | None, as_json: bool) -> None:
    """Say how many of each group are wanted to complete a round; without an option, tell it.

    \b
    Example:
      delphi panel targets making-connections
      delphi panel targets making-connections --want Carers 12 --want Academics none
    """
    given = {label: target_written("" if n == NO_TARGET else n) for label, n in wanted}
    if len(given) < len(wanted):
        raise InvalidError("Name each group once.")
    with working_on(slug, address if given else None) as at:
        if given:
            set_targets(at.session, at.study, given, actor=at.actor, now=now())
        told = targets_of(at.session, at.study)
    if as_json:
        click.echo(canonical_json(told))
        return
    for label, target in told.items():
        click.echo(f"{label}\t{target or NO_TARGET}")


def _row(one: Person, payee: Payee) -> list[str]:
    paid = str(payee.paid_on or "yes") if payee.is_paid else ""
    return [one.name, one.address, one.group, one.standing.value, "yes" if one.is_bouncing else "no", paid, payee.note]
