"""`delphi round attrition`, `stopping`, `completions` and `completed`: who stays, whether to stop, and how far a round is."""

from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

import click
from sqlalchemy.orm import Session

from delphi.canonical import canonical_json
from delphi.cli.acting import AtHand, as_option, as_required, looking_at
from delphi.cli.options import json_option, round_argument, study_argument
from delphi.cli.round_results import MOVEMENT, WORST
from delphi.cli.round_steps import latest
from delphi.files.written import csv_text
from delphi.models import Round, RoundStatus, Study
from delphi.services.disclosure import Entry
from delphi.services.progress import Progress, completions, progress_of
from delphi.services.protocol import STABLE, choices_of
from delphi.services.reasons import clause_in_words
from delphi.services.researchers import KEEP_CONTACTS, SEE, SEE_RESULTS
from delphi.services.results import linked_view, public_view, team_view
from delphi.services.reviewing import closed_up_to
from delphi.services.rounds import proposed_items
from delphi.services.studies import rounds_of

latest_argument = click.argument("number", metavar="[N]", type=int, required=False)
NOT_TOLD = "–"


@click.command("attrition")
@study_argument
@round_argument
@as_option
@json_option
def attrition_command(slug: str, number: int, address: str | None, as_json: bool) -> None:
    """Tell who stayed, left and joined up to the closed round N, how they had rated, and what the verdicts would be at worst.

    Where so few stayed or left that it would tell of them, it is not told how they had rated.

    \b
    Example:
      delphi round attrition making-connections 2
    """
    with looking_at(slug, address, SEE_RESULTS) as at:
        steps = [_step(at.session, round_) for round_ in closed_up_to(at.session, at.study, number)]
    if as_json:
        click.echo(canonical_json(steps))
        return
    for step in steps:
        click.echo(f"Round {step['round']}: {step['participants']} took part")
        for one in step["people"]:
            heads = (f"{name} {one[name]}" for name in ("invited", "stayed", "left", "joined", "completed"))
            before = (f"{name.replace('_', ' ')} {_told(one[name])}" for name in ("mean_stayed", "mean_left"))
            click.echo("\t".join((one["group"] or "everybody", *heads, *before)))
        for one in step["worst_case"]:
            ends = f"{one['verdict']}; had all who left answered lowest {one['all_lowest']}, highest {one['all_highest']}"
            click.echo(f"{one['item']}\t{one['criterion']}\t{ends}")


@click.command("stopping")
@study_argument
@round_argument
@as_option
@json_option
def stopping_command(slug: str, number: int, address: str | None, as_json: bool) -> None:
    """Tell what the stopping rule answers after each round up to N, by which clause, and what items have come to.

    \b
    Example:
      delphi round stopping making-connections 2
    """
    with looking_at(slug, address, SEE_RESULTS) as at:
        told = _stopping(at.session, at.study, closed_up_to(at.session, at.study, number))
    if as_json:
        click.echo(canonical_json(told))
        return
    for one in told["answers"]:
        answer = NOT_TOLD if one["stop"] is None else "stop" if one["stop"] else "go on"
        click.echo(f"Round {one['round']}: {answer}. {one['clause'] or ''}".rstrip())
    click.echo(f"The rule {'binds' if told['binds'] else 'advises'}; at most {told['planned']} rounds are planned.")
    for one in told["items"]:
        click.echo("\t".join((one["item"], one["criterion"], one["verdict"], one["standing"] or NOT_TOLD)))


@click.command("completions")
@study_argument
@latest_argument
@as_option
@json_option
def completions_command(slug: str, number: int | None, address: str | None, as_json: bool) -> None:
    """Tell how many of each group have completed a round, beside how many are wanted: of the latest round, unless N says another.

    Of an open round it is as it was last counted, and of a group too small to show nothing is told.

    \b
    Example:
      delphi round completions making-connections
    """
    with looking_at(slug, address, SEE) as at:
        round_ = _named_or_latest(at, number)
        told = _completions(at.session, round_)
    if as_json:
        click.echo(canonical_json(told))
        return
    counted = f", counted {told['counted_at']}" if told["counted_at"] else ""
    click.echo(f"Round {told['round']}: {told['invited']} invited, {_told(told['completed'])} completed{counted}")
    for one in told["groups"]:
        wanted = "" if one["target"] is None else f"\t{one['target']} wanted"
        click.echo(f"{one['label']}\t{one['invited']} invited\t{_told(one['completed'])} completed{wanted}")


@click.command("completed")
@study_argument
@latest_argument
@as_required
@json_option
def completed_command(slug: str, number: int | None, address: str, as_json: bool) -> None:
    """Write for a custodian who has completed a round and who has not, as CSV, never what they answered.

    It names people: it is for whoever keeps the contacts, so it asks who that is.

    \b
    Example:
      delphi round completed making-connections --as cleo@example.org
    """
    with looking_at(slug, address, KEEP_CONTACTS) as at:
        round_ = _named_or_latest(at, number)
        people = completions(at.session, at.keyring, round_)
    if as_json:
        click.echo(canonical_json([asdict(one) for one in people]))
        return
    rows = [[one.name, one.address, one.group, "yes" if one.has_completed else "no"] for one in people]
    click.echo(csv_text(["name", "email", "group", "completed"], rows), nl=False)


def _named_or_latest(at: AtHand, number: int | None) -> Round:
    return latest(at) if number is None else at.round(number)


def _step(session: Session, round_: Round) -> dict[str, Any]:
    view, linked = team_view(session, round_), linked_view(session, round_)
    return {
        "round": round_.number,
        "before": linked["from"],
        "participants": view["participants"],
        "groups": view["groups"],
        "people": linked["attrition"],
        "worst_case": [
            {"item": item, "criterion": criterion, **{name: one[name] for name in WORST}}
            for (item, criterion), one in linked["worst_case"].items()
        ],
    }


def _stopping(session: Session, study: Study, rounds: list[Round]) -> dict[str, Any]:
    round_ = rounds[-1]
    choices, is_newest = choices_of(round_.protocol), rounds_of(session, study)[-1].id == round_.id
    left = [one.version.item.key for one in proposed_items(session, study) if one.is_asked] if is_newest else None
    return {
        "answers": [_answer(session, one) for one in rounds],
        "binds": choices.stopping == STABLE,
        "planned": choices.last_round,
        "items": list(_standings(session, round_)),
        "left": left,
    }


def _answer(session: Session, round_: Round) -> dict[str, Any]:
    answer = linked_view(session, round_)["stopping"]
    clause = clause_in_words(session, round_) if answer else None
    return {"round": round_.number, "stop": answer["stop"] if answer else None, "clause": clause}


def _standings(session: Session, round_: Round) -> Iterator[dict[str, Any]]:
    """Yield what each item has come to, with its verdict and how far the same people's answers shifted."""
    linked = linked_view(session, round_)
    for entry in team_view(session, round_)["items"]:
        slot = (entry["item"], entry["criterion"])
        standing = linked["standings"].get(slot)
        moved: Entry | None = linked["movement"].get(slot, {}).get(None)
        yield {
            "item": entry["item"],
            "criterion": entry["criterion"],
            "verdict": entry["verdict"],
            "standing": standing["standing"] if standing else None,
            "movement": {name: moved[name] for name in MOVEMENT} if moved else None,
        }


def _completions(session: Session, round_: Round) -> dict[str, Any]:
    progress: Progress = progress_of(session, round_)
    moments = {
        name: moment.isoformat() if moment else None
        for name, moment in (("counted_at", progress.counted_at), ("first_count", progress.first_count))
    }
    # Who had answered the round before follows from answers, so it is told of closed rounds only, as everybody may read it.
    view = {} if round_.status == RoundStatus.OPEN else public_view(session, round_)
    taken = {"participation": view.get("participation", []), "attributes": view.get("attributes", [])}
    return {**asdict(progress), **moments, **taken, "round": round_.number, "status": round_.status}


def _told(figure: float | None) -> float | str:
    return NOT_TOLD if figure is None else figure
