"""`delphi mail`: what a study's mail says and what became of it, a test, news, and the plan of what goes out by itself."""

import json
import re
import secrets
from dataclasses import replace
from pathlib import Path

import click

from delphi.cli.acting import as_option, looking_at, working_on
from delphi.cli.installation import now
from delphi.cli.mail_words import kind_argument, text_command
from delphi.cli.options import study_argument
from delphi.cli.text_files import text_of
from delphi.errors import InvalidError, NotFoundError
from delphi.files.written import csv_text
from delphi.models import MailKind, NewsAudience, Thanks
from delphi.services.mail_log import whole_log
from delphi.services.mail_plan import days_in_vain, plan_of, save_plan
from delphi.services.mail_texts import checked
from delphi.services.news import send_news
from delphi.services.outbox import queue_test
from delphi.services.researchers import KEEP_CONTACTS, find_researcher, roles_in

SOON = "It goes out within a minute; `delphi serve` runs the worker that sends it."


@click.group()
def mail() -> None:
    """Look at a study's mail, word and test it, write to the panel, plan reminders."""


mail.add_command(text_command)


@mail.command("log")
@study_argument
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object for each mail.")
@as_option
def log_command(slug: str, as_json: bool, address: str | None) -> None:
    """Write to whom which mail went, when, and how it stands, as CSV, the newest first; never what it says.

    It names people: it is for whoever keeps the contacts.

    \b
    Example:
      delphi mail log making-connections > mail.csv
    """
    with looking_at(slug, address, KEEP_CONTACTS) as at:
        mails = list(whole_log(at.session, at.keyring, at.study))
    columns = ["name", "email", "mail", "round", "when", "state", "reason"]
    rows = [
        [one.name, one.address, one.kind.value, one.round or "", f"{one.at:%Y-%m-%d %H:%M}", one.state.value, one.reason]
        for one in mails
    ]
    if as_json:
        for row in rows:
            click.echo(json.dumps(dict(zip(columns, row, strict=True)), ensure_ascii=False))
    else:
        click.echo(csv_text(columns, rows), nl=False)


@mail.command("test")
@study_argument
@kind_argument
@click.argument("email", metavar="E-MAIL")
@as_option
def test_command(slug: str, kind: str, email: str, address: str | None) -> None:
    """Send a mail of this kind, as an invented person would get it, to a researcher of the study.

    \b
    Example:
      delphi mail test making-connections invitation ruth@example.org
    """
    with working_on(slug, address) as at:
        researcher = find_researcher(at.session, email)
        if not roles_in(at.session, researcher, at.study):
            raise NotFoundError("{address} has no role in this study, so no test goes there.", address=email)
        queue_test(at.session, at.study, researcher, MailKind(kind), now=now())
    click.echo(SOON)


@mail.command("news")
@study_argument
@click.argument("file", metavar="FILE.txt", type=click.Path(path_type=Path))
@click.option("--subject", required=True, help="It must not tell what the study is about.")
@click.option("--to", "audience", type=click.Choice([one.value for one in NewsAudience]), default=NewsAudience.EVERYBODY.value)
@as_option
def news_command(slug: str, file: Path, subject: str, audience: str, address: str | None) -> None:
    """Write to everybody on the panel, or to those who took part in the last closed round: the text of a file, once.

    {name}, {study} and {contact} are filled in for each person.

    \b
    Example:
      delphi mail news making-connections news.txt --subject "The second round begins in May"
    """
    body = text_of(file)
    with working_on(slug, address) as at:
        wording = checked(at.study, MailKind.NEWS, subject, body)
        key = secrets.token_urlsafe(16)
        send_news(at.session, at.study, wording, NewsAudience(audience), key=key, actor=at.actor, now=now())
    click.echo(SOON)


@mail.command("plan")
@study_argument
@click.option(
    "--zone", help="The time zone in which rounds end and reminders go out at 10 in the morning, such as Europe/Vienna."
)
@click.option("--days", metavar="7,17,25", help="The days of a round on which reminders go out; none switches them off.")
@click.option("--sender", help="Who asks, by name: mail comes in this name.")
@click.option("--thanks", type=click.Choice([one.value for one in Thanks]), help="When people are thanked.")
@as_option
def plan_command(
    slug: str, zone: str | None, days: str | None, sender: str | None, thanks: str | None, address: str | None
) -> None:
    """Say who asks and when mail goes out by itself; without an option, tell how it is planned.

    \b
    Example:
      delphi mail plan making-connections --zone Europe/Vienna --days 7,17,25 --sender "Dr Ruth Adler"
      delphi mail plan making-connections --days none
    """
    is_change = bool(zone or days or thanks) or sender is not None
    with working_on(slug, address if is_change else None) as at:
        plan = plan_of(at.session, at.study.id)
        if is_change:
            chosen = replace(
                plan,
                time_zone=zone or plan.time_zone,
                reminder_days=_days(days) if days else plan.reminder_days,
                thanks=Thanks(thanks) if thanks else plan.thanks,
                sender=plan.sender if sender is None else sender,
            )
            save_plan(at.session, at.study, chosen, actor=at.actor, now=now())
            plan = chosen
        in_vain = days_in_vain(at.session, at.study)
    listed = ", ".join(map(str, plan.reminder_days)) or "none"
    click.echo(f"Time zone {plan.time_zone}; reminders on days: {listed}; thanks: {plan.thanks.value}.")
    if plan.sender:
        click.echo(f"Who asks: {plan.sender}.")
    if in_vain:
        click.echo(f"After the deadline, so that no reminder goes out then: {', '.join(map(str, in_vain))}.", err=True)


def _days(written: str) -> tuple[int, ...]:
    if written == "none":
        return ()
    if not re.fullmatch(r"[0-9]{1,3}(,[0-9]{1,3})*", written, re.ASCII):
        raise InvalidError("Write the days as numbers separated by commas: 7,17,25. None at all is: none")
    return tuple(map(int, written.split(",")))
