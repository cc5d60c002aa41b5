"""`delphi panel`: taking people in, and their personal links where mail does not reach them."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

import click
from sqlalchemy.orm import Session

from delphi.cli.acting import as_option, looking_at, working_on
from delphi.cli.installation import now
from delphi.cli.options import study_argument
from delphi.cli.packs import packs
from delphi.cli.panel_changes import correct, move, remove, rename_group
from delphi.cli.panel_contacts import bounce, list_command, targets
from delphi.cli.recruiting import applicants, recruit
from delphi.cli.words import counted
from delphi.config import Settings
from delphi.errors import ConflictError, NotFoundError
from delphi.files.panel import PanelRow, read_panel
from delphi.files.written import csv_text
from delphi.models import RoundMember, RoundStatus, Standing, Study
from delphi.services import auditing
from delphi.services.attributes import chosen_columns
from delphi.services.contacts import send_new_link
from delphi.services.keyring import Keyring
from delphi.services.links import hand_out_links, personal_links, replace_link
from delphi.services.panel import (
    GroupSize,
    further_columns,
    group_sizes,
    import_panel,
    panelist_by_address,
    what_an_import_does,
)
from delphi.services.payments import note_payment, payee_by_address
from delphi.services.protocol import choices_of, current_protocol
from delphi.services.reminding import remind
from delphi.services.researchers import KEEP_CONTACTS
from delphi.services.studies import rounds_of


@click.group()
def panel() -> None:
    """Take people into a panel, and hand out their personal links."""


for _command in (packs, recruit, applicants, correct, move, remove, rename_group, list_command, bounce, targets):
    panel.add_command(_command)


@panel.command("import")
@study_argument
@click.argument("file", metavar="FILE.csv", type=click.Path(path_type=Path))
@click.option("--attribute", "attributes", metavar="NAME", multiple=True, help="A further column to keep and count; repeatable.")
@click.option("--preview", is_flag=True, help="Say what it would do, and do nothing.")
@as_option
def import_command(slug: str, file: Path, attributes: tuple[str, ...], preview: bool, address: str | None) -> None:
    """Add everybody in a file with the columns name, email and group; if one line cannot be used, nobody.

    Who has no e-mail address gets no mail: `delphi panel links` gives their links. Further columns are left alone; one that
    is named as an attribute is kept, to say in counts who was on the panel and who took part.

    \b
    Example:
      delphi panel import making-connections panel.csv --preview
      delphi panel import making-connections panel.csv --attribute region --attribute experience
    """
    rows = read_panel(file)
    left_alone = sorted(set(rows[0].further if rows else ()) - set(chosen_columns(rows, attributes)))
    if left_alone:
        click.echo(f"Columns that are left alone: {', '.join(left_alone)}. Keep one with --attribute NAME.", err=True)
    if preview:
        with looking_at(slug, address, KEEP_CONTACTS) as at:
            _preview(at.session, at.keyring, at.study, rows, file.name, attributes)
        return
    with working_on(slug, address, KEEP_CONTACTS) as at:
        session, keyring, study = at.session, at.keyring, at.study
        added = import_panel(session, keyring, study, rows, source=file.name, actor=at.actor, now=now(), attributes=attributes)
        groups = group_sizes(session, study)
        least = choices_of(current_protocol(session, study)).policy.least_group
    listed = ", ".join(f"{group.n} {group.label}" for group in groups)
    click.echo(f"{counted(added, 'person was', 'people were')} added. The panel has {listed}.")
    _warn_of_small([group for group in groups if group.n < least], least)


@panel.command()
@study_argument
@click.option("--without-email", is_flag=True, help="New ones for those without an address alone; earlier ones of theirs end.")
@as_option
def links(slug: str, without_email: bool, address: str | None) -> None:
    """Write everybody's personal link to the open round, as CSV with name, email, link and the code to type. This is audited.

    \b
    Example:
      delphi panel links making-connections > links.csv
      delphi panel links making-connections --without-email > links.csv
    """
    with working_on(slug, address, KEEP_CONTACTS) as at:
        rounds = rounds_of(at.session, at.study)
        if not rounds or rounds[-1].status != RoundStatus.OPEN:
            raise ConflictError("No round is open, so there are no links. Open one with: delphi round open {slug}", slug=slug)
        if without_email:
            people = hand_out_links(at.session, at.keyring, at.study, rounds[-1], actor=at.actor, now=now())
        else:
            people = personal_links(at.session, at.keyring, at.study, rounds[-1])
            detail = {"round": rounds[-1].number, "people": len(people)}
            auditing.record(at.session, at.study, "personal links printed", actor=at.actor, now=now(), detail=detail)
    click.echo("Whoever has a link can answer in that person's place. Treat this list like a bunch of keys.", err=True)
    public_url = _reached_at(at.installation.settings)
    rows = [[each.name, each.address, f"{public_url}/p/{each.token}", each.code] for each in people]
    click.echo(csv_text(["name", "email", "link", "code"], rows), nl=False)


@panel.command("new-link")
@study_argument
@click.argument("email", metavar="E-MAIL")
@click.option("--by-mail", is_flag=True, help="Mail it to them, so that nobody else sees it.")
@as_option
def new_link(slug: str, email: str, by_mail: bool, address: str | None) -> None:
    """Write a new personal link for one person; their earlier ones stop working at once. This is audited.

    It is for whoever has lost their link, or whose link somebody else has seen. E-MAIL may also be the person's pseudonym.

    \b
    Example:
      delphi panel new-link making-connections ada@example.org
      delphi panel new-link making-connections ada@example.org --by-mail
    """
    with working_on(slug, address, KEEP_CONTACTS) as at:
        keyring = at.keyring
        if by_mail:
            send_new_link(at.session, keyring, at.study, email, actor=at.actor, now=now())
            click.echo("A mail with a new link is on its way. The earlier link has stopped working.")
            return
        member = _latest_member(at.session, keyring, at.study, email)
        token = replace_link(at.session, keyring, at.study, member, actor=at.actor, now=now())
        code = keyring.typed_code(member.panelist_id, member.round_id, member.panelist.link_serial)
    click.echo("Whoever has this link can answer in that person's place. Earlier links of theirs no longer work.", err=True)
    public_url = _reached_at(at.installation.settings)
    click.echo(f"Or, at {public_url}/enter, the code {code}", err=True)
    click.echo(f"{public_url}/p/{token}")


@panel.command("remind")
@study_argument
@as_option
def remind_command(slug: str, address: str | None) -> None:
    """Send a reminder to everybody who has neither completed nor finished the open round and wants one; once a day at most.

    \b
    Example:
      delphi panel remind making-connections
    """
    with working_on(slug, address) as at:
        rounds = rounds_of(at.session, at.study)
        if not rounds:
            raise ConflictError("No round has opened, so there is nothing to remind of.")
        remind(at.session, at.study, rounds[-1], actor=at.actor, now=now())
    click.echo("Reminders go out within a minute; `delphi serve` runs the worker that sends them.")


@panel.command()
@study_argument
@click.argument("addresses", metavar="E-MAIL…", nargs=-1, required=True)
@click.option("--on", "paid_on", type=click.DateTime(["%Y-%m-%d"]), metavar="YYYY-MM-DD", help="When; today if left out.")
@click.option("--note", default="", help="How much and how, in your own words.")
@click.option("--not", "is_unpaid", is_flag=True, help="Note that they are not paid.")
@as_option
def paid(
    slug: str, addresses: tuple[str, ...], paid_on: datetime | None, note: str, is_unpaid: bool, address: str | None
) -> None:
    """Note that people are paid for taking part; only custodians see it, and no file that the study gives out has it.

    \b
    Example:
      delphi panel paid making-connections ada@example.org --on 2026-12-01 --note "voucher of 20 pounds"
    """
    with working_on(slug, address, KEEP_CONTACTS) as at:
        people = {payee_by_address(at.session, at.keyring, at.study, each) for each in addresses}
        note_payment(
            at.session,
            at.keyring,
            at.study,
            people,
            is_paid=not is_unpaid,
            paid_on=paid_on.date() if paid_on else None,
            note=note,
            actor=at.actor,
            now=now(),
        )
    click.echo(f"It is noted for {counted(len(people), 'person', 'people')}.")


def _preview(
    session: Session, keyring: Keyring, study: Study, rows: Sequence[PanelRow], source: str, attributes: Sequence[str]
) -> None:
    for group in what_an_import_does(session, keyring, study, rows, source=source, attributes=attributes):
        click.echo(f"{group.label}: {group.n} now, {group.n_added} added")
    kept = chosen_columns(rows, attributes)
    for column in further_columns(session, study, rows, source=source):
        if column.name in kept:
            click.echo(f"{column.name}: " + ", ".join(f"{value or 'not known'} {n}" for value, n in column.counts.items()))


def _latest_member(session: Session, keyring: Keyring, study: Study, address: str) -> RoundMember:
    """Return the person as invited to the latest round: only its link leads in."""
    rounds = rounds_of(session, study)
    if not rounds:
        raise ConflictError("No round has opened, so there are no links. Open one with: delphi round open {s}", s=study.slug)
    panelist = panelist_by_address(session, keyring, study, address)
    member = session.get(RoundMember, (rounds[-1].id, panelist.id)) if panelist else None
    if member is None:
        raise NotFoundError("{address} was not invited to round {number}.", address=address, number=rounds[-1].number)
    if member.panelist.standing == Standing.WITHDRAWN:
        raise ConflictError("{address} has withdrawn, so there is no way in for them any more.", address=address)
    return member


def _warn_of_small(groups: list[GroupSize], least: int) -> None:
    for group in groups:
        click.echo(
            f"The group {group.label} has {counted(group.n, 'person', 'people')}. Of fewer than {least} no figures are shown, "
            "so that nobody is recognised. Add people to it, or expect its answers in those of the whole panel only.",
            err=True,
        )


def _reached_at(settings: Settings) -> str:
    """Return the site's address, with a warning if it is none that people use."""
    if settings.public_url == Settings.public_url:
        click.echo(
            f"Links begin with {settings.public_url}, which works on this machine only. Set DELPHI_PUBLIC_URL to the address "
            "that people use, for example DELPHI_PUBLIC_URL=https://delphi.example.org",
            err=True,
        )
    return settings.public_url
