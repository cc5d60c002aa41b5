"""`delphi study consent`: what people are told before they take part, and what they agree to."""

from pathlib import Path
from typing import Any

import click

from delphi.canonical import canonical_json
from delphi.cli.acting import AtHand, looking_at, named_option, working_on
from delphi.cli.installation import now
from delphi.cli.options import json_option, study_argument
from delphi.cli.text_files import text_of
from delphi.errors import InvalidError
from delphi.models import ConsentText
from delphi.services.consent import current_consent, is_confirmed, save_consent


@click.command()
@study_argument
@click.argument("file", metavar="[FILE]", required=False, type=click.Path(path_type=Path))
@click.option("--statement", metavar="TEXT", help="The sentence that people agree to; as it was if left out.")
@click.option(
    "--complete",
    "is_complete",
    is_flag=True,
    help="Give your word that the text says who you are, who pays, who has approved the study and how long answers are kept.",
)
@named_option
@json_option
def consent(slug: str, file: Path | None, statement: str | None, is_complete: bool, address: str | None, as_json: bool) -> None:
    """Write what people are told, or keep a new version of it from a file in Markdown: that needs --as.

    Everybody agrees to the newest version before they answer. A new version needs --complete anew.

    \b
    Example:
      delphi study consent making-connections > told.md
      delphi study consent making-connections told.md --complete --as ruth@example.org
    """
    information = text_of(file) if file else None
    is_change = is_complete or (information, statement) != (None, None)
    if is_change and address is None:
        raise InvalidError("Say whose word this is, with --as E-MAIL.")
    if is_change:
        with working_on(slug, address) as at:
            _keep(at, information, statement, is_complete)
    with looking_at(slug) as at:
        text, has_word = current_consent(at.session, at.study), is_confirmed(at.session, at.study)
    if as_json:
        click.echo(canonical_json(_told(text, has_word)))
        return
    if not is_change:
        click.echo(text.information, nl=not text.information.endswith("\n"))
    # Beside the text rather than under it, so that the text can be written to a file and given back.
    click.echo(f"Version {text.number}; people agree to: {text.statement}", err=True)
    click.echo(f"Somebody's word that it says all it has to: {'given' if has_word else 'not given yet'}", err=True)


def _keep(at: AtHand, information: str | None, statement: str | None, is_complete: bool) -> None:
    current = current_consent(at.session, at.study)
    wanted = (
        current.information if information is None else information,
        current.statement if statement is None else statement.strip(),
    )
    # A word once given stays with its text; another text needs another.
    is_as_before = wanted == (current.information, current.statement) and is_confirmed(at.session, at.study)
    is_whole = is_complete or is_as_before
    save_consent(at.session, at.study, *wanted, number=current.number, actor=at.actor, now=now(), is_complete=is_whole)


def _told(text: ConsentText, has_word: bool) -> dict[str, Any]:
    return {"number": text.number, "information": text.information, "statement": text.statement, "complete": has_word}
