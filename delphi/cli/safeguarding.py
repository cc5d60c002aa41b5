"""`delphi safeguarding`: new texts for the reader whom the protocol names, and nobody else."""

import click

from delphi.canonical import canonical_json
from delphi.cli.acting import as_required, require_signed_in, stdin_option
from delphi.cli.installation import Installation, now, open_installation
from delphi.cli.study_protocol import json_option
from delphi.cli.words import counted
from delphi.services import safeguarding as route
from delphi.services.auditing import actor_name
from delphi.services.researchers import find_researcher
from delphi.services.studies import find_study

study_argument = click.argument("slug", metavar="STUDY")


@click.group()
def safeguarding() -> None:
    """Read new texts as the safeguarding reader whom the protocol names.

    They are told while a round is open too, so a name is not enough: the reader's password is asked for, and a code if they
    sign in with one; on standard input that is the second line. Who wrote a text, only the site tells.
    """


@safeguarding.command("list")
@study_argument
@click.option("--read", "is_read", is_flag=True, help="Those that were marked as read instead.")
@as_required
@stdin_option
@json_option
def list_command(slug: str, is_read: bool, address: str, from_stdin: bool, as_json: bool) -> None:
    """List the texts that the reader has not marked as read: reference, kind, what it is about, and its words; nobody's name.

    \b
    Example:
      delphi safeguarding list making-connections --as ruth@example.org
    """
    installation = _signed_in(slug, address, from_stdin=from_stdin)
    with installation.database.reading() as session:
        asked = route.read_texts if is_read else route.unread_texts
        texts = asked(session, installation.keyring, find_study(session, slug))
    if as_json:
        told = [{"ref": one.ref, "kind": one.kind, "about": one.about, "words": one.words} for one in texts]
        click.echo(canonical_json(told))
        return
    for one in texts:
        click.echo("\t".join((one.ref, one.kind, *(" ".join(words.split()) for words in (one.about, one.words)))))


@safeguarding.command("read")
@study_argument
@click.argument("refs", metavar="REFERENCE…", nargs=-1, required=True)
@as_required
@stdin_option
def read_command(slug: str, refs: tuple[str, ...], address: str, from_stdin: bool) -> None:
    """Mark texts as read, by the references that the list tells; words that are changed later come up again.

    \b
    Example:
      delphi safeguarding read making-connections comment-4711-1 --as ruth@example.org
    """
    installation = _signed_in(slug, address, from_stdin=from_stdin)
    with installation.database.transaction() as session:
        actor = actor_name(find_researcher(session, address))
        n_read = route.mark_read(session, find_study(session, slug), refs, actor=actor, now=now())
    click.echo(f"{counted(n_read, 'text is', 'texts are')} marked as read.")


def _signed_in(slug: str, address: str, *, from_stdin: bool) -> Installation:
    """Return the installation once the reader of this study has shown who they are."""
    installation = open_installation()
    with installation.database.reading() as session:
        route.require_reader(session, find_study(session, slug), find_researcher(session, address))
    require_signed_in(installation, address, from_stdin=from_stdin)
    return installation
