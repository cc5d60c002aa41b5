"""`delphi study search`, `clone`, `archive` and `bring-back`: finding things in a study, and what becomes of it."""

from dataclasses import asdict
from typing import Any

import click

from delphi.canonical import canonical_json
from delphi.cli.acting import as_option, looking_at, working_on
from delphi.cli.installation import now
from delphi.cli.options import json_option, study_argument
from delphi.cli.words import exact
from delphi.errors import InvalidError
from delphi.services import archiving
from delphi.services.cloning import clone_study
from delphi.services.researchers import OWN, SEE, SEE_RESULTS, find_researcher, only_researcher
from delphi.services.searching import Excerpt, Hit
from delphi.services.searching import search as found_in
from delphi.services.studies import slug_of

KINDS = ("items", "comments", "decisions")


@click.command()
@study_argument
@click.argument("words", nargs=-1, required=True)
@as_option
@json_option
def search(slug: str, words: tuple[str, ...], address: str | None, as_json: bool) -> None:
    """Find items, comments of closed rounds and decisions that hold all these words; accents and capitals do not matter.

    With --as, who may see no results is told of items alone.

    \b
    Example:
      delphi study search making-connections meeting place
    """
    with looking_at(slug, address, SEE) as at:
        results = found_in(at.session, at.study, " ".join(words), with_results=at.may(SEE_RESULTS))
    found = {kind: getattr(results, kind) for kind in KINDS}
    if as_json:
        told = {kind: {"n": one.n, "found": [_told(hit) for hit in one.shown]} for kind, one in found.items()}
        click.echo(canonical_json(told))
        return
    for kind, one in found.items():
        more = f" (the first {len(one.shown)})" if one.n > len(one.shown) else ""
        click.echo(f"{kind.capitalize()}: {one.n}{more}")
        for hit in one.shown:
            click.echo(f"  {_place(hit)}\t{_line(hit.excerpt)}")


def _told(hit: Hit) -> dict[str, Any]:
    known = {name: value for name, value in asdict(hit).items() if value and name not in ("excerpt", "comment")}
    return known | {"text": _line(hit.excerpt)} | ({"comment": exact(hit.comment)} if hit.comment else {})


def _place(hit: Hit) -> str:
    version = f" version {hit.version}" if hit.version else ""
    return f"{hit.key}{version}{f', round {hit.round}' if hit.round else ''}{f': {hit.action}' if hit.action else ''}"


def _line(excerpt: Excerpt) -> str:
    return f"{excerpt.before}{excerpt.hit}{excerpt.after}"


@click.command()
@study_argument
@click.option("--title", required=True, help="The new study's title.")
@click.option("--slug", "name", default="", metavar="NAME", help="Its name in addresses and commands, if not made of the title.")
@click.option("--owner", metavar="E-MAIL", help="The researcher who answers for it; needed if there are several.")
@as_option
def clone(slug: str, title: str, name: str, owner: str | None, address: str | None) -> None:
    """Begin a new study from one that there is: its newest draft, protocol, groups, codebook and words; nobody of its people.

    Who begins it with --as answers for it.

    \b
    Example:
      delphi study clone making-connections --title "Making connections in rural areas"
    """
    require_as_written(name)
    with working_on(slug, address) as at:
        answering = find_researcher(at.session, owner) if owner else at.by or only_researcher(at.session)
        made = clone_study(at.session, at.study, owner=answering, actor=at.actor, now=now(), title=title, slug=name)
    click.echo(f"{made.slug} has begun, from {slug}.")


def require_as_written(name: str) -> None:
    """Refuse a study's name that would have to be written otherwise in addresses."""
    if name and name != slug_of(name):
        raise InvalidError("A study's name has plain small letters, digits and hyphens, as in {like}.", like=slug_of(name))


@click.command()
@study_argument
@as_option
def archive(slug: str, address: str | None) -> None:
    """Archive a study: it can be read, nothing in it changes, and no mail of it goes out, until it is brought back.

    \b
    Example:
      delphi study archive making-connections
    """
    with working_on(slug, address, OWN) as at:
        archiving.archive(at.session, at.study, actor=at.actor, now=now())
    click.echo(f"{slug} is archived. Bring it back with: delphi study bring-back {slug}")


@click.command("bring-back")
@study_argument
@as_option
def bring_back(slug: str, address: str | None) -> None:
    """Let an archived study go on where it was.

    \b
    Example:
      delphi study bring-back making-connections
    """
    with working_on(slug, address, OWN) as at:
        archiving.bring_back(at.session, at.study, actor=at.actor, now=now())
    click.echo(f"{slug} is back, as it was.")
