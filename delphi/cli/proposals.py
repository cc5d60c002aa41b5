"""`delphi proposals`: what panelists would have the manual say, and what becomes of it."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
from sqlalchemy.orm import Session

from delphi.canonical import canonical_json
from delphi.cli.acting import as_option, looking_at, working_on
from delphi.cli.installation import now
from delphi.cli.options import json_option, round_argument, study_argument
from delphi.cli.text_files import text_of
from delphi.cli.words import exact
from delphi.manual.outline import ItemKind
from delphi.models import ProposalState, Round
from delphi.services.proposals import Outcome, Proposed, find_proposed, key_for, proposals_to_read, settle
from delphi.services.researchers import SEE_RESULTS, WORK_ON_RESULTS

proposal_argument = click.argument("proposal", metavar="PROPOSAL", type=int)
reason_option = click.option("--reason", required=True, metavar="TEXT", help="Why; the proposer reads it.")


@click.group()
def proposals() -> None:
    """Read what panelists propose, and accept, merge or decline it."""


@proposals.command("list")
@study_argument
@round_argument
@as_option
@json_option
def list_command(slug: str, number: int, address: str | None, as_json: bool) -> None:
    """List what people proposed in the closed round N: number, state, what it is about, and its words; nobody's name.

    \b
    Example:
      delphi proposals list making-connections 1
    """
    with looking_at(slug, address, SEE_RESULTS) as at:
        listed = _listed(at.session, at.round(number))
    if as_json:
        click.echo(canonical_json(listed))
        return
    for one in listed:
        about = one["item"] or f"new in {one['section']}"
        click.echo("\t".join((one["proposal"], one["state"], about, " ".join(one["text"].split()))))


@proposals.command("accept")
@study_argument
@round_argument
@proposal_argument
@click.option("--words", metavar="FILE.md", type=click.Path(path_type=Path), help="The words for the manual, if they differ.")
@click.option("--key", metavar="KEY", help="The key of a new item; made of its first words if left out.")
@click.option("--kind", type=click.Choice([str(kind) for kind in ItemKind]), default=str(ItemKind.FLEXIBLE), show_default=True)
@reason_option
@as_option
def accept_command(
    slug: str,
    number: int,
    proposal: int,
    words: Path | None,
    key: str | None,
    kind: str,
    reason: str,
    address: str | None,
) -> None:
    """Put a proposal into the next draft: as a new item, or as other words of the item that it is about.

    \b
    Example:
      delphi proposals accept making-connections 1 4711 --key thanks --reason "Many say that this was missing."
    """
    said = text_of(words) if words else None

    def outcome(one: Proposed) -> Outcome:
        chosen = key_for(one.text) if key is None else key.strip()
        return Outcome(ProposalState.ACCEPTED, reason, one.text if said is None else said, chosen, ItemKind(kind))

    became = _settle(slug, number, proposal, outcome, address)
    click.echo(f"It is accepted, and stands in the next draft as {became}.")


@proposals.command("merge")
@study_argument
@round_argument
@proposal_argument
@click.argument("item", metavar="ITEM")
@reason_option
@as_option
def merge_command(slug: str, number: int, proposal: int, item: str, reason: str, address: str | None) -> None:
    """Say that an item of the draft says it, or will say it.

    \b
    Example:
      delphi proposals merge making-connections 1 4711 pace --reason "The item on pace says it."
    """
    _settle(slug, number, proposal, lambda _: Outcome(ProposalState.MERGED, reason, into=item), address)
    click.echo(f"It is merged into {item}.")


@proposals.command("decline")
@study_argument
@round_argument
@proposal_argument
@reason_option
@as_option
def decline_command(slug: str, number: int, proposal: int, reason: str, address: str | None) -> None:
    """Leave a proposal out of the manual.

    \b
    Example:
      delphi proposals decline making-connections 1 4711 --reason "It belongs to another manual."
    """
    _settle(slug, number, proposal, lambda _: Outcome(ProposalState.DECLINED, reason), address)
    click.echo("It is declined. The proposer reads the reason when the results are published.")


def _settle(slug: str, number: int, proposal: int, outcome: Callable[[Proposed], Outcome], address: str | None) -> str:
    """Settle a proposal, and return the key of the item that came of it."""
    with working_on(slug, address, WORK_ON_RESULTS) as at:
        round_ = at.round(number)
        one = find_proposed(at.session, round_, proposal)
        settle(at.session, at.study, round_, one.id, outcome(one), version=one.version, by=at.by, actor=at.actor, now=now())
        return find_proposed(at.session, round_, proposal).became


def _listed(session: Session, round_: Round) -> list[dict[str, Any]]:
    return [_told(one) for one in proposals_to_read(session, round_)]


def _told(one: Proposed) -> dict[str, Any]:
    return {
        "proposal": exact(one.id),
        "section": one.section_key,
        "item": one.about.item.key if one.about else None,
        "text": one.text,
        "state": one.state,
        "reason": one.reason or None,
        "became": one.became or None,
    }
