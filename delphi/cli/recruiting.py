"""`delphi panel recruit` and `applicants`: people who ask to join by a study's link."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import click
from sqlalchemy.orm import Session

from delphi.cli.acting import acting, as_option
from delphi.cli.installation import now, open_installation
from delphi.cli.text_files import text_of
from delphi.cli.words import counted
from delphi.errors import InvalidError, NotFoundError
from delphi.files.written import csv_text
from delphi.models import Study
from delphi.services.applicants import Candidate, admit, candidates, turn_away
from delphi.services.recruiting import NO, YES, Screening, call_of, recruitment_of, replace_link, save_recruitment
from delphi.services.researchers import KEEP_CONTACTS, RUN_ROUNDS
from delphi.services.studies import find_study


@click.command()
@click.argument("slug", metavar="STUDY")
@click.option("--on/--off", "is_open", default=None, help="Whether people can ask to join.")
@click.option("--words", type=click.Path(path_type=Path), metavar="FILE.md", help="What they read, as Markdown.")
@click.option("--ask", multiple=True, metavar="QUESTION=yes|no", help="A question asked first, and the answer that lets in.")
@click.option("--group", multiple=True, help="A group to choose that the panel does not have yet.")
@click.option("--admit-all/--admit-by-hand", "admits_all", default=None, help="Whether everybody who confirms is admitted.")
@click.option("--link", is_flag=True, help="Say the link, and change nothing.")
@click.option("--new-link", is_flag=True, help="Make a new link; the old one leads nowhere any more.")
@as_option
def recruit(
    slug: str,
    is_open: bool | None,
    words: Path | None,
    ask: tuple[str, ...],
    group: tuple[str, ...],
    admits_all: bool | None,
    link: bool,
    new_link: bool,
    address: str | None,
) -> None:
    """Let people ask to join by the study's link, or no longer; write what they read and are asked first.

    Questions given with --ask take the place of those that there are; what is left out stays. The link is printed.

    \b
    Example:
      delphi panel recruit making-connections --words call.md --ask "Do you care for somebody?=yes" --on
      delphi panel recruit making-connections --link
      delphi panel recruit making-connections --off
      delphi panel recruit making-connections --new-link
    """
    installation = open_installation()
    given: dict[str, Any] = {"is_open": is_open, "admits_all": admits_all, "questions": tuple(map(_screening, ask)) or None}
    given["words"] = text_of(words) if words else None
    wanted = {name: value for name, value in given.items() if value is not None}
    is_changed = bool(wanted or group)
    if not (link or new_link or is_changed):
        raise InvalidError("Say what to do: --on, --off, --link or --new-link. See: delphi panel recruit --help")
    if link and (is_changed or new_link):
        raise InvalidError("--link changes nothing. Leave it out: the link is said after every change.")
    with installation.database.transaction() as session:
        study = find_study(session, slug)
        actor = acting(session, study, address, RUN_ROUNDS if is_changed or new_link else RUN_ROUNDS | KEEP_CONTACTS)
        if is_changed:
            _change(session, study, wanted, group, actor=actor)
        if new_link and recruitment_of(session, study):
            replace_link(session, study, actor=actor, now=now())
        known = recruitment_of(session, study)
        if known is None:
            raise NotFoundError("There is no link yet. It is made with: delphi panel recruit {slug} --words FILE.md", slug=slug)
        key, state = known.key, "can" if known.is_open else "cannot"
    click.echo(f"People {state} ask to join.", err=True)
    click.echo(f"{installation.settings.public_url}/join/{key}")


def _change(session: Session, study: Study, wanted: Mapping[str, Any], groups: Sequence[str], *, actor: str) -> None:
    """Keep what is to be different about how people join, and the groups that are new."""
    known = recruitment_of(session, study)
    call, version = replace(call_of(known), **wanted), known.version if known else 0
    save_recruitment(session, study, call, new_groups=groups, version=version, actor=actor, now=now())


@click.command()
@click.argument("slug", metavar="STUDY")
@click.option("--admit", "admitted", multiple=True, metavar="E-MAIL", help="Put this person on the panel.")
@click.option("--decline", "declined", multiple=True, metavar="E-MAIL", help="Say no to this person, and keep nothing of them.")
@as_option
def applicants(slug: str, admitted: tuple[str, ...], declined: tuple[str, ...], address: str | None) -> None:
    """Write who has asked to join and confirmed their address, as CSV with name, email and group; or answer them.

    Whoever is admitted while a round is open is invited to it at once, and that they came later goes on record.

    \b
    Example:
      delphi panel applicants making-connections
      delphi panel applicants making-connections --admit ada@example.org --decline bo@example.org
    """
    installation = open_installation()
    keyring = installation.keyring
    if not admitted and not declined:
        with installation.database.reading() as session:
            study = find_study(session, slug)
            acting(session, study, address, KEEP_CONTACTS)
            waiting = candidates(session, keyring, study)
        click.echo(csv_text(["name", "email", "group"], [[one.name, one.address, one.group] for one in waiting]), nl=False)
        return
    with installation.database.transaction() as session:
        study = find_study(session, slug)
        actor, waiting = acting(session, study, address, KEEP_CONTACTS), candidates(session, keyring, study)
        for email in admitted:
            admit(session, keyring, study, _named(waiting, email), actor=actor, now=now())
        for email in declined:
            turn_away(session, study, _named(waiting, email), actor=actor, now=now())
    click.echo(f"{counted(len(admitted), 'person was', 'people were')} admitted, {len(declined)} declined.")


def _named(waiting: list[Candidate], address: str) -> int:
    found = next((one.id for one in waiting if one.address == address.strip().lower()), None)
    if found is None:
        raise NotFoundError("Nobody with the address {address} waits for an answer.", address=address)
    return found


def _screening(given: str) -> Screening:
    text, _, wanted = (part.strip() for part in given.rpartition("="))
    if not text or wanted not in (YES, NO):
        raise InvalidError("{given!r} has no answer. Write it as: --ask 'Do you care for somebody?=yes'", given=given)
    return Screening(text, wanted)
