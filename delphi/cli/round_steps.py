"""Which round a command means, until when it is open, and what is done before it moves."""

from collections.abc import Iterator
from contextlib import suppress
from datetime import date, datetime
from zoneinfo import ZoneInfo

import click

from delphi.cli.acting import AtHand
from delphi.cli.installation import now
from delphi.cli.words import counted
from delphi.errors import ConflictError, InvalidError
from delphi.models import Round, RoundStatus
from delphi.services.moderation import n_unjudged
from delphi.services.next_step import standing_of
from delphi.services.studies import rounds_of

DAY = "%Y-%m-%d"
OTHER_DAYS = ("%d/%m/%Y", "%m/%d/%Y", "%d.%m.%Y", "%d-%m-%Y", "%Y/%m/%d")


def last_day(context: click.Context, parameter: click.Parameter, written: str | None) -> date | None:
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


def told(moment: datetime, zone: str) -> str:
    """Return a moment in the words of the study's time zone."""
    return f"{moment.astimezone(ZoneInfo(zone)):%Y-%m-%d %H:%M} {zone}"


def latest(at: AtHand, number: int | None = None) -> Round:
    """Return the newest round, as long as it is the one that was named, if one was."""
    rounds = rounds_of(at.session, at.study)
    if not rounds:
        raise ConflictError("No round has been opened yet. Open one with: delphi round open {slug}", slug=at.study.slug)
    require_number(number, rounds[-1].number, "latest")
    return rounds[-1]


def require_number(given: int | None, actual: int, which: str) -> None:
    """Refuse where a round is named that is not the one in question."""
    if given not in (None, actual):
        raise ConflictError(
            "The {which} round is {actual}, not {given}; nothing was done.", which=which, actual=actual, given=given
        )


def require_decisions(at: AtHand) -> None:
    """Refuse to open a round while items of the last are neither settled nor decided on."""
    standing = standing_of(at.session, at.study, now=now())
    if standing.n_undecided:
        raise ConflictError(
            "{items} of round {round} {are} neither settled nor decided on. Decide on the site, or with: "
            "delphi decisions import {slug} {round} FILE.csv. To ask again in the same words instead, add --without-decisions.",
            items=counted(standing.n_undecided, "item", "items"),
            are="is" if standing.n_undecided == 1 else "are",
            round=standing.round,
            slug=at.study.slug,
        )


def require_judged(at: AtHand, round_: Round) -> None:
    """Refuse to publish a closed round while comments meant for the panel are not judged."""
    if round_.status == RoundStatus.CLOSED and (n := n_unjudged(at.session, round_)):
        raise ConflictError(
            "{comments} of round {round} meant for the panel {are} not judged. Judge on the site, or with: "
            "delphi comments judge {slug} {round} FILE.csv. To publish without them, add --without-unjudged.",
            comments=counted(n, "comment", "comments"),
            are="is" if n == 1 else "are",
            round=round_.number,
            slug=at.study.slug,
        )
