"""`delphi draft section` and `mark`: a section of the newest draft as Markdown, and which of its paragraphs are rated."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import click
from sqlalchemy.orm import Session

from delphi.canonical import canonical_json
from delphi.cli.acting import as_option, working_on
from delphi.cli.installation import now
from delphi.cli.options import json_option, study_argument
from delphi.cli.text_files import text_of
from delphi.errors import InvalidError, NotFoundError
from delphi.manual.html import plain_text
from delphi.manual.marking import Part, parts_of
from delphi.manual.outline import ItemKind, Section
from delphi.manual.write import write_section
from delphi.models import EditClass, Study
from delphi.services.drafts import Change, latest_draft, outline_of
from delphi.services.editing import edit_section, edition_of, outrun_plain_words
from delphi.services.marking import KINDS, TEXT, UNLESS_MARKED, mark_items, section_called, whole_after, whole_as_it_is
from delphi.services.researchers import WORK_ON_RESULTS

SHORT = 60


@click.command("section")
@study_argument
@click.argument("key", metavar="SECTION")
@click.argument("file", metavar="[FILE.md]", required=False, type=click.Path(path_type=Path))
@click.option("--reason", default="", metavar="TEXT", help="Why it is changed; panelists read it beside what is worded anew.")
@click.option("--typo", "is_typo", is_flag=True, help="Only slips are mended: earlier ratings still speak for the items.")
@as_option
def section_command(slug: str, key: str, file: Path | None, reason: str, is_typo: bool, address: str | None) -> None:
    """Write a section of the newest draft as Markdown, or let it say what a file says.

    Items with new words are asked again, unless only a slip was mended.

    \b
    Example:
      delphi draft section making-connections costs > costs.md
      delphi draft section making-connections costs costs.md --reason "Shorter, after round 1"
    """
    with working_on(slug, address, WORK_ON_RESULTS) as at:
        latest = latest_draft(at.session, at.study)
        outline = outline_of(at.session, latest)
        if file is None:
            click.echo(write_section(section_called(outline, key)), nl=False)
            return
        change = Change(EditClass.TYPO if is_typo else EditClass.SUBSTANTIVE, reason.strip())
        edition = edition_of(latest)
        draft = edit_section(at.session, at.study, key, text_of(file), edition=edition, change=change, actor=at.actor, now=now())
        outrun = outrun_plain_words(outline, outline_of(at.session, draft))
    click.echo(f"The section {key} is kept in draft {draft.number}.")
    if outrun:
        click.echo(f"Other words and the same plain words as before; read whether they agree: {', '.join(outrun)}", err=True)


@click.command("mark")
@study_argument
@click.argument("key", metavar="SECTION")
@click.option("--core", multiple=True, metavar="N|ITEM", help="A paragraph that is rated, as a core item.")
@click.option("--flexible", multiple=True, metavar="N|ITEM", help="A paragraph that is rated, as a flexible item.")
@click.option("--text", multiple=True, metavar="N|ITEM", help="A paragraph that is not rated.")
@click.option("--whole", type=click.Choice([UNLESS_MARKED, *KINDS]), help="The section as a whole; as it was if left out.")
@click.option("--edition", metavar="EDITION", help="Only if the draft is still in this state, which the list tells.")
@click.option("--reason", default="", metavar="TEXT", help="Why; needed after round 1. Panelists read it.")
@as_option
@json_option
def mark_command(
    slug: str,
    key: str,
    whole: str | None,
    edition: str | None,
    reason: str,
    address: str | None,
    as_json: bool,
    **named: tuple[str, ...],
) -> None:
    """List the paragraphs of a section with what each is, or say which of them are rated and as what.

    A paragraph is named by its number in the list, an item by its key as well.

    \b
    Example:
      delphi draft mark making-connections costs
      delphi draft mark making-connections costs --core 2 --flexible 4 --text pace
    """
    with working_on(slug, address, WORK_ON_RESULTS) as at:
        latest = latest_draft(at.session, at.study)
        section = section_called(outline_of(at.session, latest), key)
        chosen = _chosen(parts_of(section), named)
        if chosen or whole:
            kind = whole_after(whole or whole_as_it_is(section), parts_of(section), chosen)
            seen = edition or edition_of(latest)
            mark_items(at.session, at.study, key, chosen, kind, edition=seen, reason=reason, actor=at.actor, now=now())
        _tell(*_as_it_is(at.session, at.study, key), as_json=as_json)


def _chosen(parts: Sequence[Part], named: Mapping[str, tuple[str, ...]]) -> dict[int, ItemKind | None]:
    """Return what the paragraphs that are named become, by place."""
    pairs = [(_place(parts, name), KINDS[kind]) for kind, names in named.items() for name in names]
    if len(dict(pairs)) < len(pairs):
        raise InvalidError("Name each paragraph once.")
    return dict(pairs)


def _place(parts: Sequence[Part], name: str) -> int:
    places = {part.key: place for place, part in enumerate(parts) if part.key}
    places |= {str(place + 1): place for place in range(len(parts))}
    if name not in places:
        raise NotFoundError("This section has no paragraph or item {name}; it has paragraphs 1 to {n}.", name=name, n=len(parts))
    return places[name]


def _as_it_is(session: Session, study: Study, key: str) -> tuple[str, Section]:
    latest = latest_draft(session, study)
    return edition_of(latest), section_called(outline_of(session, latest), key)


def _tell(edition: str, section: Section, *, as_json: bool) -> None:
    parts = parts_of(section)
    if as_json:
        told = [{"kind": part.kind or TEXT, "item": part.key or None, "words": part.words} for part in parts]
        click.echo(canonical_json({"edition": edition, "whole": whole_as_it_is(section), "parts": told}))
        return
    for place, part in enumerate(parts, start=1):
        click.echo(f"{place}\t{part.kind or TEXT}\t{part.key or '-'}\t{_short(part.words)}")
    click.echo(f"The section as a whole: {whole_as_it_is(section)}. Edition {edition}.", err=True)


def _short(markdown: str) -> str:
    words = " ".join(plain_text(markdown).split())
    return words if len(words) <= SHORT else f"{words[:SHORT].rsplit(' ', 1)[0]} …"
