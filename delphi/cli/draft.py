"""`delphi draft`: the manual at work, as a whole from elsewhere or section by section."""

from pathlib import Path

import click

from delphi.cli.acting import as_option, looking_at, working_on
from delphi.cli.draft_sections import mark_command, section_command
from delphi.cli.installation import now, telling
from delphi.cli.options import study_argument
from delphi.manual.parse import parse_draft
from delphi.manual.write import write_draft
from delphi.services.drafts import find_draft, latest_draft, outline_of
from delphi.services.editing import Place, edition_of, import_draft, move_item
from delphi.services.researchers import WORK_ON_RESULTS


@click.group()
def draft() -> None:
    """Take in drafts of the manual, write them, change a section, mark and move items in it."""


for _command in (section_command, mark_command):
    draft.add_command(_command)


@draft.command("import")
@study_argument
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
    with telling("Importing …"), working_on(slug, address, WORK_ON_RESULTS) as at:
        outline = parse_draft(path, outline_of(at.session, latest_draft(at.session, at.study)).title)
        imported = import_draft(at.session, at.study, outline, reason=reason, typos=typos, actor=at.actor, now=now())
    click.echo(f"This is draft {imported.number} now.")
    for what, keys in (("reworded", imported.reworded), ("added", imported.added), ("removed", imported.removed)):
        if keys:
            click.echo(f"Items {what}: {', '.join(keys)}")
    click.echo(f"Sections that read differently: {', '.join(imported.sections) or 'none'}")


@draft.command("show")
@study_argument
@click.argument("number", metavar="[N]", type=int, required=False)
def show_command(slug: str, number: int | None) -> None:
    """Write draft N, or the newest, as the Markdown that `delphi draft import` reads; two of them tell what changed.

    \b
    Example:
      delphi draft show making-connections 1 > draft-1.md
    """
    with looking_at(slug) as at:
        shown = latest_draft(at.session, at.study) if number is None else find_draft(at.session, at.study, number)
        text = write_draft(outline_of(at.session, shown))
    click.echo(text, nl=False)


@draft.command("move")
@study_argument
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
    with working_on(slug, address, WORK_ON_RESULTS) as at:
        edition = edition_of(latest_draft(at.session, at.study))
        place = Place(section, after)
        moved = move_item(at.session, at.study, item, place, edition=edition, reason=reason, actor=at.actor, now=now())
    click.echo(f"In draft {moved.number} the item {item} stands in {section}.")
