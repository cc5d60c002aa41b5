"""`delphi study care`: whom people can turn to outside the team, and what they read for a crisis."""

from dataclasses import asdict, replace
from pathlib import Path

import click

from delphi.canonical import canonical_json
from delphi.cli.acting import as_option, working_on
from delphi.cli.installation import now
from delphi.cli.options import json_option, study_argument
from delphi.cli.text_files import text_of
from delphi.services.care import OutsideContact, crisis_words, outside_contact, own_crisis_words, save_care
from delphi.services.researchers import OWN


@click.command()
@study_argument
@click.option("--name", help="Somebody who is not on the research team.")
@click.option("--role", help="What they are, such as chair of the ethics committee.")
@click.option("--phone", help="Their telephone number.")
@click.option("--mail", help="Their e-mail address.")
@click.option("--crisis", type=click.Path(path_type=Path), metavar="FILE.txt", help="What people read beside every comment box.")
@click.option("--usual-crisis", is_flag=True, help="Go back to the words for a crisis that are there by themselves.")
@as_option
@json_option
def care(slug: str, crisis: Path | None, usual_crisis: bool, address: str | None, as_json: bool, **lines: str | None) -> None:
    """Tell whom people can turn to and what they read for a crisis, or change it; what is not named stays as it is.

    \b
    Example:
      delphi study care making-connections
      delphi study care making-connections --name "Dr Ada Grey" --role Ombudsperson --phone "+44 20 7946 0000"
      delphi study care making-connections --crisis crisis.txt
    """
    given = {name: value for name, value in lines.items() if value is not None}
    words = "" if usual_crisis else text_of(crisis) if crisis else None
    is_change = bool(given) or words is not None
    with working_on(slug, address if is_change else None, OWN) as at:
        contact = replace(outside_contact(at.study) or OutsideContact(), **given)
        if is_change:
            kept = own_crisis_words(at.study) if words is None else words
            save_care(at.session, at.study, contact, kept, version=at.study.version, actor=at.actor, now=now())
        reached, crisis_text = asdict(outside_contact(at.study) or OutsideContact()), crisis_words(at.study)
    if as_json:
        click.echo(canonical_json({"contact": reached, "crisis": crisis_text}))
        return
    click.echo(f"Outside the team: {', '.join(filter(None, reached.values())) or 'nobody'}")
    click.echo(f"In a crisis: {crisis_text}")
