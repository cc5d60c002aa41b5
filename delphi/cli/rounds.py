"""`delphi round`: opening, closing and publishing rounds."""

from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, date, datetime, time

import click
from sqlalchemy.orm import Session

from delphi.cli.installation import now, open_installation, telling
from delphi.cli.words import counted
from delphi.errors import ConflictError, InvalidError
from delphi.models import Round, RoundStatus, Study
from delphi.services.auditing import COMMAND_LINE
from delphi.services.moderation import n_unjudged
from delphi.services.next_step import standing_of
from delphi.services.rounds import close_round, open_round, publish_round
from delphi.services.studies import find_study, rounds_of

LAST_MINUTE = time(23, 59, tzinfo=UTC)
DAY = "%Y-%m-%d"
OTHER_DAYS = ("%d/%m/%Y", "%m/%d/%Y", "%d.%m.%Y", "%d-%m-%Y", "%Y/%m/%d")

study_argument = click.argument("slug", metavar="STUDY")
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


@round_.command("open")
@study_argument
@number_argument
@click.option(
    "--deadline",
    callback=_last_day,
    metavar="YYYY-MM-DD",
    help="The last day, until 23:59 UTC; otherwise as many weeks from now as the protocol says.",
)
@click.option(
    "--without-decisions", is_flag=True, help="Go ahead though items are neither settled nor decided on: ask them as they are."
)
def open_command(slug: str, number: int | None, deadline: date | None, without_decisions: bool) -> None:
    """Open the next round on what remains to be asked, and invite everybody on the panel.

    With N, only if N is the next round. Opening round 1 seals the protocol. Before a later one, each item of the last round that
    is not settled has to be decided on, or you go ahead without.

    \b
    Example:
      delphi round open making-connections 1 --deadline 2026-12-21
      delphi round open making-connections 2 --without-decisions
    """
    installation = open_installation()
    last_moment = datetime.combine(deadline, LAST_MINUTE) if deadline else None
    with telling("Opening the round …"), installation.database.transaction() as session:
        study = find_study(session, slug)
        _require_number(number, len(rounds_of(session, study)) + 1, "next")
        if not without_decisions:
            _require_decisions(session, study)
        opened = open_round(session, installation.keyring, study, actor=COMMAND_LINE, now=now(), deadline=last_moment)
        items = counted(len(opened.items), "item", "items")
    click.echo(f"Round {opened.number} is open until {opened.deadline:%Y-%m-%d %H:%M} UTC and asks {items}.")
    click.echo("The worker sends the invitations within a minute; `delphi serve` runs one.")


@round_.command("close")
@study_argument
@number_argument
def close_command(slug: str, number: int | None) -> None:
    """Close the round for good and freeze its results.

    \b
    Example:
      delphi round close making-connections 1
    """
    with telling("Closing the round …"), open_installation().database.transaction() as session:
        study = find_study(session, slug)
        closed = close_round(session, study, _latest(session, study, number), actor=COMMAND_LINE, now=now())
    click.echo(f"Round {closed.number} is closed and its results are frozen.")


@round_.command("publish")
@study_argument
@number_argument
@click.option(
    "--without-unjudged", is_flag=True, help="Go ahead though comments meant for the panel are not judged: they are never shown."
)
def publish_command(slug: str, number: int | None, without_unjudged: bool) -> None:
    """Release the results of the closed round to the panel, and with them the comments that were approved.

    \b
    Example:
      delphi round publish making-connections 1
    """
    with telling("Publishing …"), open_installation().database.transaction() as session:
        study = find_study(session, slug)
        latest = _latest(session, study, number)
        if not without_unjudged and latest.status == RoundStatus.CLOSED:
            _require_judged(session, study, latest)
        published = publish_round(session, study, latest, actor=COMMAND_LINE, now=now())
    click.echo(f"The results of round {published.number} are published to the panel.")


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
