"""`delphi study`: beginning studies, seeing where they stand, and setting their protocol."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import click
from sqlalchemy.orm import Session

from delphi.canonical import canonical_json
from delphi.cli import team
from delphi.cli.acting import looking_at
from delphi.cli.background import background
from delphi.cli.care import care
from delphi.cli.consent import consent
from delphi.cli.installation import kept_in, now, open_installation
from delphi.cli.options import json_option, study_argument
from delphi.cli.study_keeping import archive, bring_back, clone, require_as_written, search
from delphi.cli.study_protocol import protocol, shown_protocol, tell_protocol
from delphi.cli.study_setup import check, ethics_pack, rehearse
from delphi.cli.words import counted
from delphi.manual.parse import parse_draft
from delphi.models import Researcher, Round, RoundStatus, Study
from delphi.services import auditing
from delphi.services.drafts import item_versions, latest_draft
from delphi.services.panel import group_sizes
from delphi.services.progress import progress_of
from delphi.services.protocol import current_protocol
from delphi.services.researchers import find_researcher, only_researcher
from delphi.services.sign_off import waiting_in
from delphi.services.studies import all_studies, create_study, current_studies, rounds_of, state_of


@click.group()
def study() -> None:
    """Begin studies, see where they stand, set their protocol."""


for _command in (archive, bring_back, clone, search, protocol, consent, care, background, check, ethics_pack, rehearse):
    study.add_command(_command)
study.add_command(team.team_command)
study.add_command(team.hand_on_command)


@study.command("list")
@click.option("--all", "with_archived", is_flag=True, help="The archived ones too.")
@json_option
def list_command(with_archived: bool, as_json: bool) -> None:
    """List the studies; of archived ones only with --all.

    \b
    Example:
      delphi study list
      delphi study list --all --json
    """
    installation = open_installation()
    with installation.database.reading() as session:
        everything = all_studies(session)
        studies = everything if with_archived else current_studies(session)
        listed = [_listed(each, rounds_of(session, each)) for each in studies]
    if as_json:
        click.echo(canonical_json(listed))
        return
    if everything and not listed:
        click.echo("Every study here is archived. List them with: delphi study list --all", err=True)
    elif not listed:
        place = kept_in(installation.settings)
        click.echo(f"There is no study yet in {place}. Begin one with: delphi study create --from FOLDER", err=True)
    for each in listed:
        click.echo(f"{each['slug']}\t{each['state']}\t{each['title']}")


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
    require_as_written(slug)
    outline = parse_draft(draft, title)
    if language:
        outline = replace(outline, meta={**outline.meta, "language": language})
    with open_installation().transaction() as session:
        answering = find_researcher(session, owner) if owner else only_researcher(session)
        made = create_study(session, outline, owner=answering, actor=auditing.COMMAND_LINE, now=now(), title=title, slug=slug)
    click.echo(f"{made.slug} has begun with {counted(sum(1 for _ in outline.items()), 'item', 'items')}.")


@study.command()
@study_argument
@json_option
def show(slug: str, as_json: bool) -> None:
    """Show where a study stands: its draft, protocol, panel and rounds.

    \b
    Example:
      delphi study show making-connections
    """
    with looking_at(slug) as at:
        shown = _shown(at.session, at.study)
    if as_json:
        click.echo(canonical_json(shown))
        return
    click.echo(f"{shown['title']} ({shown['slug']}): {shown['state']}")
    click.echo(f"Draft {shown['draft']['number']}: {counted(shown['draft']['items'], 'item', 'items')}")
    tell_protocol(shown["protocol"])
    click.echo(f"Panel: {', '.join(f'{n} {label}' for label, n in shown['panel'].items()) or 'nobody yet'}")
    for each in shown["rounds"]:
        progress = _progress(each) if "invited" in each else ""
        click.echo(f"Round {each['number']}: {each['status']}, until {each['deadline']}{progress}")
    if asked := shown["waiting"]:
        click.echo(f"Waits for a second person's word: to {asked['step']} round {asked['round']}, asked by {asked['asked_by']}")


def _listed(each: Study, rounds: list[Round]) -> dict[str, Any]:
    return {
        "slug": each.slug,
        "title": each.title,
        "state": "archived" if each.archived_at else state_of(rounds),
        "rounds": [{"number": round_.number, "kind": round_.kind, "status": round_.status} for round_ in rounds],
    }


def _shown(session: Session, each: Study) -> dict[str, Any]:
    rounds = rounds_of(session, each)
    draft = latest_draft(session, each)
    return {
        **_listed(each, rounds),
        "draft": {"number": draft.number, "items": len(item_versions(session, draft)), "frozen": draft.is_frozen},
        "protocol": shown_protocol(current_protocol(session, each)),
        "panel": {size.label: size.n for size in group_sizes(session, each)},
        "rounds": [_round(session, round_) for round_ in rounds],
        "waiting": _waiting(session, each),
    }


def _waiting(session: Session, each: Study) -> dict[str, Any] | None:
    """Return what waits for a second person's word, if anything does."""
    asked = waiting_in(session, each)
    if asked is None:
        return None
    return {"step": asked.step, "round": asked.round_number, "asked_by": session.get_one(Researcher, asked.asked_by).email}


def _progress(shown: Mapping[str, Any]) -> str:
    if shown["completed"] is None:
        return f", {shown['invited']} invited, not counted yet"
    return f", {shown['completed']} of {shown['invited']} have completed"


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
