"""`delphi mail text`: what the study's mail says, in the usual words or its own."""

from pathlib import Path

import click

from delphi.canonical import canonical_json
from delphi.cli.acting import as_option, working_on
from delphi.cli.installation import now
from delphi.cli.options import json_option, study_argument
from delphi.cli.text_files import text_of
from delphi.errors import InvalidError
from delphi.mail import usual_wording
from delphi.models import MailKind
from delphi.services.letters import own_wording
from delphi.services.mail_texts import OWN_WORDS, PLACES_OF, checked, is_usual, keep_text, version_of

kind_argument = click.argument("kind", metavar="KIND", type=click.Choice([kind.value for kind in OWN_WORDS]))


@click.command("text")
@study_argument
@kind_argument
@click.argument("file", metavar="[FILE.txt]", required=False, type=click.Path(path_type=Path))
@click.option("--subject", help="It must not tell what the study is about; as it was if left out.")
@click.option("--usual", "is_usual_again", is_flag=True, help="Go back to the usual words.")
@as_option
@json_option
def text_command(
    slug: str, kind: str, file: Path | None, subject: str | None, is_usual_again: bool, address: str | None, as_json: bool
) -> None:
    """Write what an invitation, a reminder or thanks says, or keep the words of a file. They hold for mail not sent yet.

    Places such as {name} and {link} are filled in for each person; an invitation and a reminder need {link}.

    \b
    Example:
      delphi mail text making-connections invitation > invitation.txt
      delphi mail text making-connections invitation invitation.txt --subject "Your answers, round {round}"
      delphi mail text making-connections invitation --usual
    """
    about, is_change = MailKind(kind), bool(file) or subject is not None or is_usual_again
    if is_usual_again and (file or subject is not None):
        raise InvalidError("--usual brings back subject and text. Leave out FILE and --subject.")
    body = text_of(file) if file else None
    with working_on(slug, address if is_change else None) as at:
        session, study = at.session, at.study
        usual = usual_wording(about, study.language, at.installation.settings.language)
        known = own_wording(session, study.id, about) or usual
        if is_change:
            given = (known.subject if subject is None else subject, known.body if body is None else body)
            known = usual if is_usual_again else checked(study, about, *given)
            version = version_of(session, study, about)
            keep_text(session, study, about, known, usual, version=version, actor=at.actor, now=now())
    is_own = not is_usual(known, usual)
    if as_json:
        told = {"subject": known.subject, "body": known.body, "own": is_own, "places": list(PLACES_OF[about])}
        click.echo(canonical_json(told))
        return
    if not is_change:
        click.echo(known.body, nl=not known.body.endswith("\n"))
    # Beside the text rather than above it, so that the text can be written to a file and given back.
    click.echo(f"Subject: {known.subject}", err=True)
    click.echo(f"These are {'words of the study’s own' if is_own else 'the usual words'}.", err=True)
