"""`delphi round`: opening, closing and publishing rounds."""

import secrets
from collections.abc import Iterator
from contextlib import suppress
from datetime import date, datetime
from zoneinfo import ZoneInfo

import click
from sqlalchemy.orm import Session

from delphi.cli.installation import now, open_installation, telling
from delphi.cli.round_plan import plan_command
from delphi.cli.words import counted
from delphi.errors import ConflictError, InvalidError
from delphi.models import NewsAudience, Round, RoundStatus, Study
from delphi.services import round_changes
from delphi.services.auditing import COMMAND_LINE, actor_name
from delphi.services.deadlines import end_of, zone_of
from delphi.services.moderation import n_unjudged
from delphi.services.news import send_news
from delphi.services.next_step import standing_of
from delphi.services.progress import count_now, progress_of
from delphi.services.researchers import RUN_ROUNDS, find_researcher, require_any, roles_in
from delphi.services.rounds import close_round, open_round, publish_round
from delphi.services.studies import find_study, rounds_of
from delphi.services.undoing import undo_opening

DAY = "%Y-%m-%d"
OTHER_DAYS = ("%d/%m/%Y", "%m/%d/%Y", "%d.%m.%Y", "%d-%m-%Y", "%Y/%m/%d")

study_argument = click.argument("slug", metavar="STUDY")
as_option = click.option(
    "--as", "address", metavar="E-MAIL", help="Act as this researcher, with their roles and under their name in the log."
)
number_argument = click.argument("number", metavar="[N]", type=int, required=False)


def _last_day(context: click.Context, parameter: click.Parameter, written: str | None) -> date | None:
    """Return the day, or refuse what is written otherwise with how it, or what it may mean, is written."""
    if written is None:
        return None
    for day in _read_as(written, DAY):
        return day
    meant = dict.fromkeys(str(day) for form in OTHER_DAYS for day in _read_as(written, form))
    raise InvalidError("Write the deadline as {how}.", how=" or ".join(meant) or "YYYY-MM-DD")


def _read_as(written: str, form: str) -> Iterator[date]:
    with suppress(ValueError):
        yield datetime.strptime(written, form).date()


@click.group("round")
def round_() -> None:
    """Open, close and publish rounds."""


round_.add_command(plan_command)


@round_.command("open")
@study_argument
@number_argument
@click.option(
    "--deadline",
    callback=_last_day,
    metavar="YYYY-MM-DD",
    help="The last day, until 23:59 in the study's time zone; otherwise as many weeks from now as the protocol says.",
)
@click.option(
    "--without-decisions", is_flag=True, help="Go ahead though items are neither settled nor decided on: ask them as they are."
)
@as_option
def open_command(slug: str, number: int | None, deadline: date | None, without_decisions: bool, address: str | None) -> None:
    """Open the next round on what remains to be asked, and invite everybody on the panel.

    With N, only if N is the next round. Opening round 1 seals the protocol. Before a later one, each item of the last round that
    is not settled has to be decided on, or you go ahead without.

    \b
    Example:
      delphi round open making-connections 1 --deadline 2026-12-21
      delphi round open making-connections 2 --without-decisions
    """
    installation = open_installation()
    with telling("Opening the round …"), installation.database.transaction() as session:
        study = find_study(session, slug)
        zone = zone_of(session, study.id)
        last_moment = end_of(deadline, zone) if deadline else None
        _require_number(number, len(rounds_of(session, study)) + 1, "next")
        if not without_decisions:
            _require_decisions(session, study)
        actor = acting(session, study, address)
        opened = open_round(session, installation.keyring, study, actor=actor, now=now(), deadline=last_moment)
        items = counted(len(opened.items), "item", "items")
    click.echo(f"Round {opened.number} is open until {_told(opened.deadline, zone)} and asks {items}.")
    click.echo("The worker sends the invitations within a minute; `delphi serve` runs one.")


@round_.command("close")
@study_argument
@number_argument
@as_option
def close_command(slug: str, number: int | None, address: str | None) -> None:
    """Close the round for good and freeze its results.

    \b
    Example:
      delphi round close making-connections 1
    """
    with telling("Closing the round …"), open_installation().database.transaction() as session:
        study = find_study(session, slug)
        actor = acting(session, study, address)
        closed = close_round(session, study, _latest(session, study, number), actor=actor, now=now())
    click.echo(f"Round {closed.number} is closed and its results are frozen.")


@round_.command("publish")
@study_argument
@number_argument
@click.option(
    "--without-unjudged", is_flag=True, help="Go ahead though comments meant for the panel are not judged: they are never shown."
)
@as_option
def publish_command(slug: str, number: int | None, without_unjudged: bool, address: str | None) -> None:
    """Release the results of the closed round to the panel, and with them the comments that were approved.

    \b
    Example:
      delphi round publish making-connections 1
    """
    with telling("Publishing …"), open_installation().database.transaction() as session:
        study = find_study(session, slug)
        latest, actor = _latest(session, study, number), acting(session, study, address)
        if not without_unjudged and latest.status == RoundStatus.CLOSED:
            _require_judged(session, study, latest)
        published = publish_round(session, study, latest, actor=actor, now=now())
    click.echo(f"The results of round {published.number} are published to the panel.")


@round_.command("take-back")
@study_argument
@click.argument("number", metavar="N", type=int)
@click.option("--reason", required=True, help="Why; it goes into the log.")
@as_option
def take_back_command(slug: str, number: int, reason: str, address: str | None) -> None:
    """Take the opening of a round back, as long as nobody has agreed to take part or answered since.

    Everything is as it was before. Mail that has not gone out never does; links that have gone out are dead.

    \b
    Example:
      delphi round take-back making-connections 1 --reason "The panel was not complete."
    """
    with open_installation().database.transaction() as session:
        study = find_study(session, slug)
        actor = acting(session, study, address)
        undo_opening(session, study, _latest(session, study, number), reason, actor=actor, now=now())
    click.echo(f"The opening of round {number} is taken back.")


def acting(session: Session, study: Study, address: str | None) -> str:
    """Return how the log names who acts: nobody in particular, or a researcher who may run rounds in this study."""
    if address is None:
        return COMMAND_LINE
    researcher = find_researcher(session, address)
    require_any(roles_in(session, researcher, study), RUN_ROUNDS)
    return actor_name(researcher)


@round_.command("extend")
@study_argument
@number_argument
@click.option("--deadline", required=True, callback=_last_day, metavar="YYYY-MM-DD", help="The new last day, until 23:59.")
@click.option("--reason", required=True, help="A sentence that panelists read beside the new deadline.")
@click.option("--mail", is_flag=True, help="Tell the panel by mail as well.")
def extend_command(slug: str, number: int | None, deadline: date, reason: str, mail: bool) -> None:
    """Put the open round's deadline off; it can only be later.

    \b
    Example:
      delphi round extend making-connections 1 --deadline 2026-12-28 --reason "Several of you were on leave."
    """
    with open_installation().database.transaction() as session:
        study = find_study(session, slug)
        round_ = _latest(session, study, number)
        zone = zone_of(session, study.id)
        last_moment = end_of(deadline, zone)
        extension = round_changes.extend_deadline(session, study, round_, last_moment, reason, actor=COMMAND_LINE, now=now())
        if mail:
            wording = round_changes.words_of(session, study, round_, extension)
            key = secrets.token_urlsafe(16)
            send_news(session, study, wording, NewsAudience.EVERYBODY, key=key, actor=COMMAND_LINE, now=now())
    click.echo(f"Round {round_.number} is open until {_told(extension.later, zone)}.")


@round_.command("pull")
@study_argument
@click.argument("item", metavar="ITEM")
@click.option("--reason", required=True, help="A sentence that panelists read beside the item.")
def pull_command(slug: str, item: str, reason: str) -> None:
    """Ask a faulty item of the open round no longer; what was answered is kept and does not count.

    \b
    Example:
      delphi round pull making-connections first-meeting-place --reason "Half of its sentence was missing."
    """
    with open_installation().database.transaction() as session:
        study = find_study(session, slug)
        round_ = _latest(session, study, None)
        round_changes.pull_item(session, study, round_, item, reason, actor=COMMAND_LINE, now=now())
    click.echo(f"Round {round_.number} asks {item} no longer.")


@round_.command("schedule")
@study_argument
@click.option("--close-after", required=True, type=click.Choice(["3", "7", "never"]), help="Days after the deadline.")
def schedule_command(slug: str, close_after: str) -> None:
    """Have the open round close by itself, three or seven days after its deadline, or never.

    Where a group that is shown falls short of how many are wanted of it, the owner is asked instead.

    \b
    Example:
      delphi round schedule making-connections --close-after 7
    """
    days = None if close_after == "never" else int(close_after)
    with open_installation().database.transaction() as session:
        study = find_study(session, slug)
        round_ = _latest(session, study, None)
        round_changes.plan_close(session, study, round_, days, actor=COMMAND_LINE, now=now())
    click.echo(f"Round {round_.number} closes {f'{days} days after its deadline' if days else 'by hand'}.")


@round_.command("count")
@study_argument
def count_command(slug: str) -> None:
    """Count who has completed the open round, if that was not done today; the worker does so once a day by itself.

    \b
    Example:
      delphi round count making-connections
    """
    with open_installation().database.transaction() as session:
        study = find_study(session, slug)
        round_ = _latest(session, study, None)
        if round_.status == RoundStatus.OPEN:
            count_now(session, round_, now=now())
        progress = progress_of(session, round_)
    completed = "not told" if progress.completed is None else progress.completed
    click.echo(f"Round {round_.number}: {progress.invited} invited, {completed} completed.")


def _told(moment: datetime, zone: str) -> str:
    return f"{moment.astimezone(ZoneInfo(zone)):%Y-%m-%d %H:%M} {zone}"


def _require_decisions(session: Session, study: Study) -> None:
    standing = standing_of(session, study, now=now())
    if standing.n_undecided:
        raise ConflictError(
            "{items} of round {round} {are} neither settled nor decided on. Decide on the site, or with: "
            "delphi decisions import {slug} {round} FILE.csv. To ask again in the same words instead, add --without-decisions.",
            items=counted(standing.n_undecided, "item", "items"),
            are="is" if standing.n_undecided == 1 else "are",
            round=standing.round,
            slug=study.slug,
        )


def _require_judged(session: Session, study: Study, round_: Round) -> None:
    if n := n_unjudged(session, round_):
        raise ConflictError(
            "{comments} of round {round} meant for the panel {are} not judged. Judge on the site, or with: "
            "delphi comments judge {slug} {round} FILE.csv. To publish without them, add --without-unjudged.",
            comments=counted(n, "comment", "comments"),
            are="is" if n == 1 else "are",
            round=round_.number,
            slug=study.slug,
        )


def _latest(session: Session, study: Study, number: int | None) -> Round:
    rounds = rounds_of(session, study)
    if not rounds:
        raise ConflictError("No round has been opened yet. Open one with: delphi round open {slug}", slug=study.slug)
    _require_number(number, rounds[-1].number, "latest")
    return rounds[-1]


def _require_number(given: int | None, actual: int, which: str) -> None:
    if given not in (None, actual):
        raise ConflictError(
            "The {which} round is {actual}, not {given}; nothing was done.", which=which, actual=actual, given=given
        )
