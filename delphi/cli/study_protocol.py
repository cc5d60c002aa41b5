"""`delphi study protocol`: seeing and setting what is chosen before the first answer."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from delphi.atomic import write_whole
from delphi.canonical import canonical_json
from delphi.cli.acting import AtHand, as_option, looking_at, working_on
from delphi.cli.installation import now
from delphi.cli.options import json_option, study_argument
from delphi.cli.words import counted
from delphi.errors import ConflictError, InvalidError
from delphi.models import Protocol, RoundStep
from delphi.services.amending import amend_protocol
from delphi.services.assigning import assignable
from delphi.services.protocol import (
    CRITERIA,
    INVITINGS,
    SCALES,
    STOPPINGS,
    WITHDRAWALS,
    Safeguarding,
    choices_of,
    current_protocol,
    save_protocol,
)
from delphi.services.protocol_files import protocol_file, protocol_from, taken_over
from delphi.services.rule_building import rule_from_json
from delphi.services.studies import find_study
from delphi.statistics.presets import PRESETS

EVERYBODY = "everybody"


@click.command()
@study_argument
@click.option("--scale", type=click.Choice(list(SCALES)), help="The levels of a rating.")
@click.option("--criteria", metavar="A,B", help=f"What each item is rated for, one to three of: {', '.join(CRITERIA)}.")
@click.option("--rule", metavar="NAME|FILE.json", help="A rule that `delphi rules` lists, or a rule file.")
@click.option("--rounds", "planned_rounds", type=int, metavar="N", help="How many rounds are planned.")
@click.option("--withdrawal", type=click.Choice(WITHDRAWALS), help="What becomes of the answers of somebody who withdraws.")
@click.option("--sign-off", metavar="A,B", help="What takes two people, of: open, close, publish; or none.")
@click.option("--weeks", type=int, metavar="N", help="How long a round is open.")
@click.option(
    "--stopping",
    type=click.Choice(STOPPINGS),
    help="After the planned rounds, once answers are stable, or as the team says.",
)
@click.option("--inviting", type=click.Choice(INVITINGS), help="Who is invited to later rounds.")
@click.option(
    "--asked-of",
    nargs=2,
    multiple=True,
    metavar="SECTION GROUP",
    help=f"Ask a section of this group; repeat it for more. {EVERYBODY!r} as the group asks everybody again.",
)
@click.option("--reason", default="", metavar="TEXT", help="Why a sealed protocol is amended, for the rounds to come.")
@click.option("--from", "origin", metavar="STUDY|FILE.json", help="Start from another study’s protocol, or from a protocol file.")
@click.option("--export", metavar="PATH", type=click.Path(path_type=Path), help="Write the protocol as a file to start from.")
@click.option("--safeguarding", nargs=2, metavar="READER SECOND", help="Who reads new texts, and who is told of it: by address.")
@json_option
@as_option
def protocol(
    slug: str,
    asked_of: tuple[tuple[str, str], ...],
    reason: str,
    origin: str | None,
    export: Path | None,
    as_json: bool,
    address: str | None,
    **given: Any,
) -> None:
    """Show the protocol, or set it until it is sealed when round 1 opens; what is not named stays as it is.

    With --reason, a sealed protocol is amended for the rounds that open from then on.

    \b
    Example:
      delphi study protocol making-connections
      delphi study protocol making-connections --scale 1-9 --rule 70/15-every-group --rounds 3
      delphi study protocol making-connections --rounds 4 --reason "Half of the items are new."
      delphi study protocol making-connections --asked-of costs Carers --asked-of costs Staff
    """
    changes = {name: _meant(name, value) for name, value in given.items() if value not in (None, "")}
    if origin:
        with working_on(slug, address) as at:
            _start_from(at, origin)
    if changes or asked_of:
        with working_on(slug, address) as at:
            changes |= {"asked_of": _assigned(at, asked_of)} if asked_of else {}
            _change_protocol(at, changes, reason)
    with looking_at(slug) as at:
        stored = current_protocol(at.session, at.study)
        shown = shown_protocol(stored)
    if export:
        _export(stored, export)
    if as_json:
        click.echo(canonical_json(shown))
    else:
        tell_protocol(shown)


def _start_from(at: AtHand, origin: str) -> None:
    current, path = current_protocol(at.session, at.study), Path(origin)
    before = choices_of(current)
    if path.is_file():
        choices = protocol_from(path.read_bytes(), path.name, before)
    else:
        choices = taken_over(choices_of(current_protocol(at.session, find_study(at.session, origin))), before)
    save_protocol(at.session, at.study, choices, version=current.version, actor=at.actor, now=now())


def _assigned(at: AtHand, pairs: Sequence[tuple[str, str]]) -> dict[str, Sequence[str]]:
    """Return which sections only some groups are asked about, with those that are named here as they are named."""
    before = choices_of(current_protocol(at.session, at.study))
    known = assignable(at.session, at.study, before).headings
    if unknown := [section for section, _group in pairs if section not in known]:
        raise InvalidError(
            "The manual has no section {section!r} to assign; there are {known}.", section=unknown[0], known=", ".join(known)
        )
    named: dict[str, set[str]] = {}
    for section, group in pairs:
        named.setdefault(section, set()).add(group)
    if mixed := [section for section, groups in named.items() if EVERYBODY in groups and len(groups) > 1]:
        raise InvalidError("Ask {section} either of everybody or of groups that you name.", section=mixed[0])
    kept = {section: groups for section, groups in before.asked_of.items() if section not in named}
    return kept | {section: tuple(sorted(groups)) for section, groups in named.items() if EVERYBODY not in groups}


def _export(stored: Protocol, path: Path) -> None:
    if path.exists():
        raise ConflictError("{path} is there already. Name another file.", path=path)
    write_whole(path, protocol_file(choices_of(stored)))


def _change_protocol(at: AtHand, changes: Mapping[str, Any], reason: str) -> None:
    current = current_protocol(at.session, at.study)
    choices = replace(choices_of(current), **changes)
    if current.is_sealed and reason:
        amend_protocol(at.session, at.study, choices, reason, number=current.number, actor=at.actor, now=now())
    else:
        save_protocol(at.session, at.study, choices, version=current.version, actor=at.actor, now=now())


def tell_protocol(shown: Mapping[str, Any]) -> None:
    """Say the same to a person."""
    low, high = shown["scale"]
    click.echo(f"Protocol ({'sealed' if shown['sealed'] else 'not sealed yet'}):")
    click.echo(f"  Scale: {low} to {high}")
    click.echo(f"  Criteria: {', '.join(shown['criteria'])}")
    click.echo(f"  Rule: {shown['rule']}")
    click.echo(f"  Planned: {counted(shown['rounds'], 'round', 'rounds')} of {counted(shown['weeks'], 'week', 'weeks')}")
    click.echo(f"  Ends: {shown['stopping']}; invited later: {shown['inviting']}")
    click.echo(f"  Withdrawal: {shown['withdrawal']}")
    for section, groups in shown["asked_of"].items():
        click.echo(f"  Asked of {', '.join(groups)} only: {section}")
    click.echo(f"  Takes two people: {', '.join(shown['sign_off']) or 'nothing'}")
    click.echo(f"  Safeguarding: {' and '.join(shown['safeguarding']) or 'nobody is named'}")


def shown_protocol(stored: Protocol) -> dict[str, Any]:
    """Return what is told of a protocol, for programs."""
    choices = choices_of(stored)
    return {
        "sha256": stored.sha256,
        "sealed": stored.is_sealed,
        "scale": [choices.scale.low, choices.scale.high],
        "criteria": [criterion.key for criterion in choices.criteria],
        "rule": choices.rule_sentence(),
        "withdrawal": choices.withdrawal,
        "sign_off": list(choices.sign_off),
        "stopping": choices.stopping,
        "inviting": choices.inviting,
        "amendments": stored.number - 1,
        "asked_of": {section: list(groups) for section, groups in choices.asked_of.items()},
        "safeguarding": [named.reader, named.second] if (named := choices.safeguarding) else [],
        "rounds": choices.planned_rounds,
        "weeks": choices.weeks,
    }


def _meant(name: str, given: Any) -> Any:
    """Return what is chosen by an option, in the protocol's own terms."""
    readers: dict[str, Callable[[Any], Any]] = {
        "scale": SCALES.__getitem__,
        "criteria": _criteria,
        "rule": _rule,
        "sign_off": _steps,
        "safeguarding": _safeguarding,
    }
    return readers[name](given) if name in readers else given


def _criteria(named: str) -> tuple[Any, ...]:
    keys = [key.strip() for key in named.split(",")]
    if len(set(keys)) < len(keys):
        raise InvalidError("A criterion is named twice.")
    unknown = [key for key in keys if key not in CRITERIA]
    if unknown:
        raise InvalidError("There is no criterion {key!r}; there are {known}.", key=unknown[0], known=", ".join(CRITERIA))
    return tuple(CRITERIA[key] for key in keys)


def _steps(named: str) -> tuple[str, ...]:
    """Return the steps in their order, or as they were named where one is unknown: then they are refused."""
    wanted = {step.strip() for step in named.split(",")} - {"none"}
    return tuple(step for step in RoundStep if step in wanted) if wanted <= set(RoundStep) else tuple(sorted(wanted))


def _rule(named: str) -> Mapping[str, Any]:
    """Return a preset's content, else the content of the rule file of that name."""
    if named in PRESETS:
        return PRESETS[named].written
    path = Path(named)
    if not path.is_file():
        raise InvalidError(
            "There is no rule or rule file called {name!r}; rules are {known}.", name=named, known=", ".join(PRESETS)
        )
    return rule_from_json(path.read_bytes(), named)


def _safeguarding(named: tuple[str, str]) -> Safeguarding:
    return Safeguarding(*map(str.lower, named))
