"""`delphi messages`: what panelists write to the team, and the answers to them; nobody's name stands beside it."""

from pathlib import Path
from typing import Any

import click

from delphi.canonical import canonical_json
from delphi.cli.acting import as_option, looking_at, working_on
from delphi.cli.installation import now
from delphi.cli.options import json_option, study_argument
from delphi.cli.text_files import text_of
from delphi.cli.words import exact
from delphi.services.messages import Thread, answer, find_thread, threads

conversation_argument = click.argument("key", metavar="CONVERSATION", type=int)


@click.group()
def messages() -> None:
    """Read what panelists write to the team, and answer them."""


@messages.command("list")
@study_argument
@as_option
@json_option
def list_command(slug: str, address: str | None, as_json: bool) -> None:
    """List the conversations, those that wait for an answer first: number, whether it waits, the last day, and its last words.

    \b
    Example:
      delphi messages list making-connections
    """
    with looking_at(slug, address) as at:
        found = threads(at.session, at.keyring, at.study)
    if as_json:
        click.echo(canonical_json([_told(thread) for thread in found]))
        return
    for thread in found:
        last = thread.lines[-1]
        state = "waits" if thread.is_waiting else "answered"
        click.echo(f"{thread.key}\t{state}\t{last.sent_on}\t{' '.join(last.text.split())}")


@messages.command("show")
@study_argument
@conversation_argument
@as_option
@json_option
def show_command(slug: str, key: int, address: str | None, as_json: bool) -> None:
    """Write a conversation, each message with its number, the day and who wrote it: the team or the panelist.

    \b
    Example:
      delphi messages show making-connections 4711
    """
    with looking_at(slug, address) as at:
        thread = find_thread(at.session, at.keyring, at.study, key)
    if as_json:
        click.echo(canonical_json(_told(thread)))
        return
    for line in thread.lines:
        click.echo(f"{line.number}. {line.sent_on}, {'the team' if line.is_from_team else 'the panelist'}:\n{line.text}\n")


@messages.command("answer")
@study_argument
@conversation_argument
@click.argument("file", metavar="FILE.txt", type=click.Path(path_type=Path))
@click.option("--seen", required=True, type=int, metavar="N", help="The number of the last message that you have read.")
@as_option
def answer_command(slug: str, key: int, file: Path, seen: int, address: str | None) -> None:
    """Answer a panelist with the text of a file, unless more was written meanwhile. A mail tells them, without its words.

    \b
    Example:
      delphi messages answer making-connections 4711 answer.txt --seen 1
    """
    text = text_of(file)
    with working_on(slug, address) as at:
        answer(at.session, at.keyring, at.study, key, text, seen=seen, actor=at.actor, now=now())
    click.echo("The answer stands on their page. A mail tells them so.")


def _told(thread: Thread) -> dict[str, Any]:
    return {
        "conversation": exact(thread.key),
        "waits": thread.is_waiting,
        "messages": [
            {
                "number": line.number,
                "from": "team" if line.is_from_team else "panelist",
                "on": str(line.sent_on),
                "text": line.text,
            }
            for line in thread.lines
        ],
    }
