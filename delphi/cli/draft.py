"""`delphi draft`: the manual at work, as a whole from elsewhere or section by section."""

from pathlib import Path

import click

from delphi.cli.acting import acting, as_option
from delphi.cli.draft_sections import mark_command, section_command
from delphi.cli.installation import now, open_installation, telling
from delphi.manual.parse import parse_draft
from delphi.manual.write import write_draft
from delphi.services.drafts import find_draft, latest_draft, outline_of
from delphi.services.editing import Place, edition_of, import_draft, move_item
from delphi.services.researchers import WORK_ON_RESULTS
from delphi.services.studies import find_study


@click.group()
def draft() -> None:
    """Take in drafts of the manual, write them, change a section, mark and move items in it."""


for _command in (section_command, mark_command):
    draft.add_command(_command)


@draft.command("import")
@click.argument("slug", metavar="STUDY")
@click.argument("path", metavar="FOLDER|FILE", type=click.Path(path_type=Path))
@click.option("--reason", default="", metavar="TEXT", help="Why the text was changed; panelists may read it.")
@click.option(
    "--typo",
    "typos",
    multiple=True,
    metavar="KEY",
    help="An item of which only a slip was mended, so that it is not asked again.",
)
@as_option
def import_command(slug: str, path: Path, reason: str, typos: tuple[str, ...], address: str | None) -> None:
    """Make a document the study's next draft. Items with new words are asked again.

    \b
    Example:
      delphi draft import making-connections manual/ --reason "Shorter, after round 1" --typo first-meeting-place
    """
    with telling("Importing …"), open_installation().database.transaction() as session:
        study = find_study(session, slug)
        actor = acting(session, study, address, WORK_ON_RESULTS)
        outline = parse_draft(path, outline_of(session, latest_draft(session, study)).title)
        imported = import_draft(session, study, outline, reason=reason, typos=typos, actor=actor, now=now())
    click.echo(f"This is draft {imported.number} now.")
    for what, keys in (("reworded", imported.reworded), ("added", imported.added), ("removed", imported.removed)):
        if keys:
            click.echo(f"Items {what}: {', '.join(keys)}")
    click.echo(f"Sections that read differently: {', '.join(imported.sections) or 'none'}")


@draft.command("show")
@click.argument("slug", metavar="STUDY")
@click.argument("number", metavar="[N]", type=int, required=False)
def show_command(slug: str, number: int | None) -> None:
    """Write draft N, or the newest, as the Markdown that `delphi draft import` reads; two of them tell what changed.

    \b
    Example:
      delphi draft show making-connections 1 > draft-1.md
    """
    with open_installation().database.reading() as session:
        study = find_study(session, slug)
        shown = latest_draft(session, study) if number is None else find_draft(session, study, number)
        text = write_draft(outline_of(session, shown))
    click.echo(text, nl=False)


@draft.command("move")
@click.argument("slug", metavar="STUDY")
@click.argument("item", metavar="ITEM")
@click.argument("section", metavar="SECTION")
@click.option("--after", default="", metavar="ITEM", help="The item of that section that it is to follow; otherwise at its end.")
@click.option("--reason", required=True, metavar="TEXT", help="Why it is moved; it goes into the log.")
@as_option
def move_command(slug: str, item: str, section: str, after: str, reason: str, address: str | None) -> None:
    """Let an item stand in another section, or elsewhere in its own. No word changes, so its ratings still speak for it.

    \b
    Example:
      delphi draft move making-connections pace going-along --reason "It is about going along."
    """
    with open_installation().database.transaction() as session:
        study = find_study(session, slug)
        actor = acting(session, study, address, WORK_ON_RESULTS)
        edition = edition_of(latest_draft(session, study))
        place = Place(section, after)
        moved = move_item(session, study, item, place, edition=edition, reason=reason, actor=actor, now=now())
    click.echo(f"In draft {moved.number} the item {item} stands in {section}.")
