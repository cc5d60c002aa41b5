"""`delphi panel recruit` and `applicants`: people who ask to join by a study's link."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from delphi.cli.acting import AtHand, as_option, looking_at, working_on
from delphi.cli.installation import now
from delphi.cli.options import study_argument
from delphi.cli.text_files import text_of
from delphi.cli.words import counted
from delphi.errors import InvalidError, NotFoundError
from delphi.files.written import csv_text
from delphi.services.applicants import Candidate, admit, candidates, turn_away
from delphi.services.recruiting import NO, YES, Screening, call_of, recruitment_of, replace_link, save_recruitment
from delphi.services.researchers import KEEP_CONTACTS, RUN_ROUNDS


@click.command()
@study_argument
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
    words: Path | None,
    ask: tuple[str, ...],
    group: tuple[str, ...],
    link: bool,
    new_link: bool,
    address: str | None,
    **switches: bool | None,
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
    given = {**switches, "questions": tuple(map(_screening, ask)) or None, "words": text_of(words) if words else None}
    wanted = {name: value for name, value in given.items() if value is not None}
    is_changed = bool(wanted or group)
    if not (link or new_link or is_changed):
        raise InvalidError("Say what to do: --on, --off, --link or --new-link. See: delphi panel recruit --help")
    if link and (is_changed or new_link):
        raise InvalidError("--link changes nothing. Leave it out: the link is said after every change.")
    with working_on(slug, address, RUN_ROUNDS | KEEP_CONTACTS if link else RUN_ROUNDS) as at:
        if is_changed:
            _change(at, wanted, group)
        if new_link and recruitment_of(at.session, at.study):
            replace_link(at.session, at.study, actor=at.actor, now=now())
        known = recruitment_of(at.session, at.study)
        if known is None:
            raise NotFoundError("There is no link yet. It is made with: delphi panel recruit {slug} --words FILE.md", slug=slug)
        key, state = known.key, "can" if known.is_open else "cannot"
    click.echo(f"People {state} ask to join.", err=True)
    click.echo(f"{at.installation.settings.public_url}/join/{key}")


def _change(at: AtHand, wanted: Mapping[str, Any], groups: Sequence[str]) -> None:
    """Keep what is to be different about how people join, and the groups that are new."""
    known = recruitment_of(at.session, at.study)
    call, version = replace(call_of(known), **wanted), known.version if known else 0
    save_recruitment(at.session, at.study, call, new_groups=groups, version=version, actor=at.actor, now=now())


@click.command()
@study_argument
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
    if not admitted and not declined:
        with looking_at(slug, address, KEEP_CONTACTS) as at:
            waiting = candidates(at.session, at.keyring, at.study)
        click.echo(csv_text(["name", "email", "group"], [[one.name, one.address, one.group] for one in waiting]), nl=False)
        return
    with working_on(slug, address, KEEP_CONTACTS) as at:
        waiting = candidates(at.session, at.keyring, at.study)
        for email in admitted:
            admit(at.session, at.keyring, at.study, _named(waiting, email), actor=at.actor, now=now())
        for email in declined:
            turn_away(at.session, at.study, _named(waiting, email), actor=at.actor, now=now())
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
