"""`delphi language`: the catalogues that translators work on."""

import click

from delphi import catalogues
from delphi.cli.words import counted
from delphi.errors import InvalidError


@click.group()
def language() -> None:
    """Begin, bring up to date and check the translations of the site."""


@language.command("gather")
def gather_command() -> None:
    """Gather every message of the sources into the template that translations start from.

    \b
    Example:
      delphi language gather
    """
    click.echo(catalogues.write_template())


@language.command("begin")
@click.argument("tag", metavar="LANGUAGE")
def begin_command(tag: str) -> None:
    """Begin the catalogue of a language, or bring it up to date; what is translated stays.

    \b
    Example:
      delphi language begin pt-BR
    """
    click.echo(catalogues.bring_up_to_date(tag))


@language.command("check")
@click.argument("tag", metavar="LANGUAGE")
def check_command(tag: str) -> None:
    """Say what is not translated yet, and where a translation has lost a place to fill or a mark.

    \b
    Example:
      delphi language check de
    """
    found = list(catalogues.faults(tag))
    for fault in found:
        click.echo(fault)
    if found:
        raise InvalidError("{found} to mend.", found=counted(len(found), "message", "messages"))
    click.echo("Every message is translated.")
