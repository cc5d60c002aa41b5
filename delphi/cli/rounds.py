"""`delphi round`: opening, closing and publishing rounds."""

import secrets
from datetime import date

import click

from delphi.cli.acting import as_option, working_on
from delphi.cli.installation import now, telling
from delphi.cli.options import round_argument, study_argument
from delphi.cli.round_course import attrition_command, completed_command, completions_command, stopping_command
from delphi.cli.round_plan import plan_command
from delphi.cli.round_results import results_command
from delphi.cli.round_steps import last_day, latest, require_decisions, require_judged, require_number, told
from delphi.cli.second_word import ask_command, confirm_command, decline_command, unask_command
from delphi.cli.words import counted
from delphi.models import NewsAudience, RoundStatus
from delphi.services import round_changes
from delphi.services.deadlines import end_of, zone_of
from delphi.services.news import send_news
from delphi.services.progress import count_now, progress_of
from delphi.services.rounds import close_round, open_round, publish_round
from delphi.services.studies import rounds_of
from delphi.services.undoing import undo_opening

number_argument = click.argument("number", metavar="[N]", type=int, required=False)


@click.group("round")
def round_() -> None:
    """Open, close and publish rounds, and read how far they are and what they say."""


for _command in (plan_command, ask_command, confirm_command, decline_command, unask_command):
    round_.add_command(_command)
for _command in (results_command, attrition_command, stopping_command, completions_command, completed_command):
    round_.add_command(_command)


@round_.command("open")
@study_argument
@number_argument
@click.option(
    "--deadline",
    callback=last_day,
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
    with telling("Opening the round …"), working_on(slug, address) as at:
        zone = zone_of(at.session, at.study.id)
        last_moment = end_of(deadline, zone) if deadline else None
        require_number(number, len(rounds_of(at.session, at.study)) + 1, "next")
        if not without_decisions:
            require_decisions(at)
        opened = open_round(at.session, at.keyring, at.study, actor=at.actor, now=now(), deadline=last_moment)
        items = counted(len(opened.items), "item", "items")
    click.echo(f"Round {opened.number} is open until {told(opened.deadline, zone)} and asks {items}.")
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
    with telling("Closing the round …"), working_on(slug, address) as at:
        closed = close_round(at.session, at.study, latest(at, number), actor=at.actor, now=now())
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
    with telling("Publishing …"), working_on(slug, address) as at:
        closed = latest(at, number)
        if not without_unjudged:
            require_judged(at, closed)
        published = publish_round(at.session, at.study, closed, actor=at.actor, now=now())
    click.echo(f"The results of round {published.number} are published to the panel.")


@round_.command("take-back")
@study_argument
@round_argument
@click.option("--reason", required=True, help="Why; it goes into the log.")
@as_option
def take_back_command(slug: str, number: int, reason: str, address: str | None) -> None:
    """Take the opening of a round back, as long as nobody has agreed to take part or answered since.

    Everything is as it was before. Mail that has not gone out never does; links that have gone out are dead.

    \b
    Example:
      delphi round take-back making-connections 1 --reason "The panel was not complete."
    """
    with working_on(slug, address) as at:
        undo_opening(at.session, at.study, latest(at, number), reason, actor=at.actor, now=now())
    click.echo(f"The opening of round {number} is taken back.")


@round_.command("extend")
@study_argument
@number_argument
@click.option("--deadline", required=True, callback=last_day, metavar="YYYY-MM-DD", help="The new last day, until 23:59.")
@click.option("--reason", required=True, help="A sentence that panelists read beside the new deadline.")
@click.option("--mail", is_flag=True, help="Tell the panel by mail as well.")
@as_option
def extend_command(slug: str, number: int | None, deadline: date, reason: str, mail: bool, address: str | None) -> None:
    """Put the open round's deadline off; it can only be later.

    \b
    Example:
      delphi round extend making-connections 1 --deadline 2026-12-28 --reason "Several of you were on leave."
    """
    with working_on(slug, address) as at:
        round_ = latest(at, number)
        zone = zone_of(at.session, at.study.id)
        last_moment = end_of(deadline, zone)
        extension = round_changes.extend_deadline(at.session, at.study, round_, last_moment, reason, actor=at.actor, now=now())
        if mail:
            wording = round_changes.words_of(at.session, at.study, round_, extension)
            key = secrets.token_urlsafe(16)
            send_news(at.session, at.study, wording, NewsAudience.EVERYBODY, key=key, actor=at.actor, now=now())
    click.echo(f"Round {round_.number} is open until {told(extension.later, zone)}.")


@round_.command("pull")
@study_argument
@click.argument("item", metavar="ITEM")
@click.option("--reason", required=True, help="A sentence that panelists read beside the item.")
@as_option
def pull_command(slug: str, item: str, reason: str, address: str | None) -> None:
    """Ask a faulty item of the open round no longer; what was answered is kept and does not count.

    \b
    Example:
      delphi round pull making-connections first-meeting-place --reason "Half of its sentence was missing."
    """
    with working_on(slug, address) as at:
        round_ = latest(at)
        round_changes.pull_item(at.session, at.study, round_, item, reason, actor=at.actor, now=now())
    click.echo(f"Round {round_.number} asks {item} no longer.")


@round_.command("schedule")
@study_argument
@click.option("--close-after", required=True, type=click.Choice(["3", "7", "never"]), help="Days after the deadline.")
@as_option
def schedule_command(slug: str, close_after: str, address: str | None) -> None:
    """Have the open round close by itself, three or seven days after its deadline, or never.

    Where a group that is shown falls short of how many are wanted of it, the owner is asked instead.

    \b
    Example:
      delphi round schedule making-connections --close-after 7
    """
    days = None if close_after == "never" else int(close_after)
    with working_on(slug, address) as at:
        round_ = latest(at)
        round_changes.plan_close(at.session, at.study, round_, days, actor=at.actor, now=now())
    click.echo(f"Round {round_.number} closes {f'{days} days after its deadline' if days else 'by hand'}.")


@round_.command("count")
@study_argument
@as_option
def count_command(slug: str, address: str | None) -> None:
    """Count who has completed the open round, if that was not done today; the worker does so once a day by itself.

    \b
    Example:
      delphi round count making-connections
    """
    with working_on(slug, address) as at:
        round_ = latest(at)
        if round_.status == RoundStatus.OPEN:
            count_now(at.session, round_, now=now())
        progress = progress_of(at.session, round_)
    completed = "not told" if progress.completed is None else progress.completed
    click.echo(f"Round {round_.number}: {progress.invited} invited, {completed} completed.")
