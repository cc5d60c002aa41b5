"""`delphi safeguarding`: new texts for the reader whom the protocol names, and nobody else."""

import click

from delphi.canonical import canonical_json
from delphi.cli.acting import as_required, looking_at, require_signed_in, stdin_option, working_on
from delphi.cli.installation import now
from delphi.cli.options import json_option, study_argument
from delphi.cli.words import counted
from delphi.services import safeguarding as route
from delphi.services.researchers import SEE, find_researcher


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
    _require_reader(slug, address, from_stdin=from_stdin)
    with looking_at(slug) as at:
        asked = route.read_texts if is_read else route.unread_texts
        texts = asked(at.session, at.keyring, at.study)
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
    _require_reader(slug, address, from_stdin=from_stdin)
    with working_on(slug, address, SEE) as at:
        n_read = route.mark_read(at.session, at.study, refs, actor=at.actor, now=now())
    click.echo(f"{counted(n_read, 'text is', 'texts are')} marked as read.")


def _require_reader(slug: str, address: str, *, from_stdin: bool) -> None:
    """Refuse unless it is the reader of this study, who shows who they are."""
    with looking_at(slug) as at:
        route.require_reader(at.session, at.study, find_researcher(at.session, address))
    require_signed_in(slug, address, SEE, from_stdin=from_stdin)
