"""`delphi study`: beginning studies, seeing where they stand, and setting their protocol."""

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import click
from sqlalchemy.orm import Session

from delphi.canonical import canonical_json
from delphi.cli import team
from delphi.cli.installation import kept_in, now, open_installation
from delphi.cli.words import counted
from delphi.errors import InvalidError
from delphi.manual.parse import parse_draft
from delphi.models import Protocol, Round, RoundStatus, RoundStep, Study
from delphi.services import auditing
from delphi.services.drafts import item_versions, latest_draft
from delphi.services.panel import group_sizes
from delphi.services.progress import progress_of
from delphi.services.protocol import CRITERIA, SCALES, WITHDRAWALS, Safeguarding, choices_of, current_protocol, save_protocol
from delphi.services.researchers import find_researcher, only_researcher
from delphi.services.studies import all_studies, create_study, find_study, rounds_of, slug_of, state_of
from delphi.statistics.presets import PRESETS

LARGEST_RULE = 100_000  # bytes

json_option = click.option("--json", "as_json", is_flag=True, help="Write JSON, for programs.")


@click.group()
def study() -> None:
    """Begin studies, see where they stand, set their protocol."""


@study.command("list")
@json_option
def list_command(as_json: bool) -> None:
    """List the studies.

    \b
    Example:
      delphi study list
      delphi study list --json
    """
    installation = open_installation()
    with installation.database.reading() as session:
        listed = [_listed(each, rounds_of(session, each)) for each in all_studies(session)]
    if as_json:
        click.echo(canonical_json(listed))
        return
    if not listed:
        place = kept_in(installation.settings)
        click.echo(f"There is no study yet in {place}. Begin one with: delphi study create --from FOLDER", err=True)
    for each in listed:
        click.echo(f"{each['slug']}\t{each['state']}\t{each['title']}")


study.add_command(team.team_command)
study.add_command(team.hand_on_command)


@study.command()
@click.option("--from", "draft", required=True, metavar="FOLDER|FILE", type=click.Path(path_type=Path), help="The draft manual.")
@click.option("--owner", metavar="E-MAIL", help="The researcher who answers for the study; needed if there are several.")
@click.option("--title", default="", help="The study's title, if it is not to be the draft's.")
@click.option("--slug", default="", metavar="NAME", help="The study's name in addresses and commands, if not made of the title.")
@click.option("--language", default="", metavar="TAG", help="The language of pages, mail and manual, if not the draft's.")
def create(draft: Path, owner: str | None, title: str, slug: str, language: str) -> None:
    """Begin a study from a draft manual.

    \b
    Example:
      delphi study create --from manual_drafts/making-connections
      delphi study create --from manual.md --owner ruth@example.org --slug connections
    """
    if slug and slug != slug_of(slug):
        raise InvalidError("A study's name has plain small letters, digits and hyphens, as in {like}.", like=slug_of(slug))
    outline = parse_draft(draft)
    if language:
        outline = replace(outline, meta={**outline.meta, "language": language})
    with open_installation().database.transaction() as session:
        answering = find_researcher(session, owner) if owner else only_researcher(session)
        made = create_study(session, outline, owner=answering, actor=auditing.COMMAND_LINE, now=now(), title=title, slug=slug)
    click.echo(f"{made.slug} has begun with {counted(sum(1 for _ in outline.items()), 'item', 'items')}.")


@study.command()
@click.argument("slug", metavar="STUDY")
@json_option
def show(slug: str, as_json: bool) -> None:
    """Show where a study stands: its draft, protocol, panel and rounds.

    \b
    Example:
      delphi study show making-connections
    """
    with open_installation().database.reading() as session:
        shown = _shown(session, find_study(session, slug))
    if as_json:
        click.echo(canonical_json(shown))
        return
    click.echo(f"{shown['title']} ({shown['slug']}): {shown['state']}")
    click.echo(f"Draft {shown['draft']['number']}: {counted(shown['draft']['items'], 'item', 'items')}")
    _tell_protocol(shown["protocol"])
    click.echo(f"Panel: {', '.join(f'{n} {label}' for label, n in shown['panel'].items()) or 'nobody yet'}")
    for each in shown["rounds"]:
        progress = _progress(each) if "invited" in each else ""
        click.echo(f"Round {each['number']}: {each['status']}, until {each['deadline']}{progress}")


@study.command()
@click.argument("slug", metavar="STUDY")
@click.option("--scale", type=click.Choice(list(SCALES)), help="The levels of a rating.")
@click.option("--criteria", metavar="A,B", help=f"What each item is rated for, one to three of: {', '.join(CRITERIA)}.")
@click.option("--rule", metavar="NAME|FILE.json", help="A rule that `delphi rules` lists, or a rule file.")
@click.option("--rounds", "planned_rounds", type=int, metavar="N", help="How many rounds are planned.")
@click.option("--withdrawal", type=click.Choice(WITHDRAWALS), help="What becomes of the answers of somebody who withdraws.")
@click.option("--sign-off", metavar="A,B", help="What takes two people, of: open, close, publish; or none.")
@click.option("--weeks", type=int, metavar="N", help="How long a round is open.")
@click.option("--safeguarding", nargs=2, metavar="READER SECOND", help="Who reads new texts, and who is told of it: by address.")
@json_option
def protocol(
    slug: str,
    scale: str | None,
    criteria: str | None,
    rule: str | None,
    sign_off: str | None,
    safeguarding: tuple[str, str] | None,
    as_json: bool,
    **plain: int | str | None,
) -> None:
    """Show the protocol, or set it until it is sealed when round 1 opens; what is not named stays as it is.

    \b
    Example:
      delphi study protocol making-connections
      delphi study protocol making-connections --scale 1-9 --rule 70/15-every-group --rounds 3
    """
    changes: dict[str, Any] = {name: value for name, value in plain.items() if value is not None}
    changes |= {"scale": SCALES[scale]} if scale else {}
    changes |= {"criteria": tuple(_criteria(criteria))} if criteria else {}
    changes |= {"rule": _rule(rule)} if rule else {}
    changes |= {"sign_off": _steps(sign_off)} if sign_off else {}
    changes |= {"safeguarding": Safeguarding(*map(str.lower, safeguarding))} if safeguarding else {}
    database = open_installation().database
    if changes:
        with database.transaction() as session:
            _change_protocol(session, find_study(session, slug), changes)
    with database.reading() as session:
        shown = _protocol(current_protocol(session, find_study(session, slug)))
    if as_json:
        click.echo(canonical_json(shown))
    else:
        _tell_protocol(shown)


def _change_protocol(session: Session, found: Study, changes: Mapping[str, Any]) -> None:
    current = current_protocol(session, found)
    choices = replace(choices_of(current), **changes)
    save_protocol(session, found, choices, version=current.version, actor=auditing.COMMAND_LINE, now=now())


def _tell_protocol(shown: Mapping[str, Any]) -> None:
    low, high = shown["scale"]
    click.echo(f"Protocol ({'sealed' if shown['sealed'] else 'not sealed yet'}):")
    click.echo(f"  Scale: {low} to {high}")
    click.echo(f"  Criteria: {', '.join(shown['criteria'])}")
    click.echo(f"  Rule: {shown['rule']}")
    click.echo(f"  Planned: {counted(shown['rounds'], 'round', 'rounds')} of {counted(shown['weeks'], 'week', 'weeks')}")
    click.echo(f"  Withdrawal: {shown['withdrawal']}")
    click.echo(f"  Takes two people: {', '.join(shown['sign_off']) or 'nothing'}")
    click.echo(f"  Safeguarding: {' and '.join(shown['safeguarding']) or 'nobody is named'}")


def _listed(each: Study, rounds: list[Round]) -> dict[str, Any]:
    return {
        "slug": each.slug,
        "title": each.title,
        "state": state_of(rounds),
        "rounds": [{"number": round_.number, "kind": round_.kind, "status": round_.status} for round_ in rounds],
    }


def _shown(session: Session, each: Study) -> dict[str, Any]:
    rounds = rounds_of(session, each)
    draft = latest_draft(session, each)
    return {
        **_listed(each, rounds),
        "draft": {"number": draft.number, "items": len(item_versions(session, draft)), "frozen": draft.is_frozen},
        "protocol": _protocol(current_protocol(session, each)),
        "panel": {size.label: size.n for size in group_sizes(session, each)},
        "rounds": [_round(session, round_) for round_ in rounds],
    }


def _progress(shown: Mapping[str, Any]) -> str:
    if shown["completed"] is None:
        return f", {shown['invited']} invited, not counted yet"
    return f", {shown['completed']} of {shown['invited']} have completed"


def _protocol(stored: Protocol) -> dict[str, Any]:
    choices = choices_of(stored)
    return {
        "sha256": stored.sha256,
        "sealed": stored.is_sealed,
        "scale": [choices.scale.low, choices.scale.high],
        "criteria": [criterion.key for criterion in choices.criteria],
        "rule": choices.rule_sentence(),
        "withdrawal": choices.withdrawal,
        "sign_off": list(choices.sign_off),
        "safeguarding": [named.reader, named.second] if (named := choices.safeguarding) else [],
        "rounds": choices.planned_rounds,
        "weeks": choices.weeks,
    }


def _round(session: Session, round_: Round) -> dict[str, Any]:
    shown = {
        "number": round_.number,
        "kind": round_.kind,
        "status": round_.status,
        "items": len(round_.items),
        "deadline": round_.deadline.isoformat(),
    }
    if round_.status == RoundStatus.OPEN:
        progress = progress_of(session, round_)
        shown |= {"invited": progress.invited, "started": progress.started, "completed": progress.completed}
        shown |= {"counted": progress.counted_at.isoformat() if progress.counted_at else None}
    return shown


def _criteria(named: str) -> list[Any]:
    keys = [key.strip() for key in named.split(",")]
    if len(set(keys)) < len(keys):
        raise InvalidError("A criterion is named twice.")
    unknown = [key for key in keys if key not in CRITERIA]
    if unknown:
        raise InvalidError("There is no criterion {key!r}; there are {known}.", key=unknown[0], known=", ".join(CRITERIA))
    return [CRITERIA[key] for key in keys]


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
    try:
        if path.stat().st_size > LARGEST_RULE:
            raise ValueError("it is too large for a rule file")
        content = json.loads(path.read_bytes().decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise InvalidError("{file} cannot be used as a rule: {error}.", file=named, error=error) from error
    if not isinstance(content, dict):
        raise InvalidError('{file} cannot be used as a rule: it has to be an object with "name", "source", "in".', file=named)
    return content
