"""`delphi study check`, `ethics-pack` and `rehearse`: what is looked at, handed in and tried before a round opens."""

from pathlib import Path

import click

from delphi import rehearsals
from delphi.atomic import PRIVATE, write_whole
from delphi.canonical import canonical_json
from delphi.cli.acting import acting, as_option
from delphi.cli.installation import now, open_installation, telling
from delphi.cli.on_the_site import as_on_the_page
from delphi.cli.study_protocol import json_option
from delphi.cli.words import counted
from delphi.errors import ConflictError, InvalidError
from delphi.manual.pdf import render_pdf
from delphi.services.findings import Finding
from delphi.services.readiness import NO_MAIL
from delphi.services.readiness import check as look_over
from delphi.services.researchers import SEE
from delphi.services.rounds import proposed_items
from delphi.services.studies import find_study, rounds_of


@click.command()
@click.argument("slug", metavar="STUDY")
@json_option
@click.pass_context
def check(context: click.Context, slug: str, as_json: bool) -> None:
    """Say what is missing before the next round can open, and what is unwise; exit 1 if something is missing.

    \b
    Example:
      delphi study check making-connections
    """
    installation = open_installation()
    with installation.database.reading() as session:
        study = find_study(session, slug)
        asked = [proposal.version for proposal in proposed_items(session, study) if proposal.is_asked]
        found = look_over(session, study, asked, n_earlier=len(rounds_of(session, study)))
    found += [] if installation.settings.smtp_url else [NO_MAIL]
    if as_json:
        click.echo(canonical_json([_told(finding) for finding in found]))
    elif not found:
        click.echo("Nothing is missing, and nothing stands out.")
    else:
        for finding in found:
            said = " ".join(str(part) for part in (finding.what, finding.why, finding.more) if part)
            click.echo(f"{'Missing' if finding.is_missing else 'Think about it'}: {said} ({finding.source})")
    if any(finding.is_missing for finding in found):
        context.exit(1)


def _told(finding: Finding) -> dict[str, object]:
    return {
        "key": finding.key,
        "missing": finding.is_missing,
        "what": str(finding.what),
        "why": str(finding.why),
        "more": str(finding.more) if finding.more else None,
        "source": finding.source,
    }


@click.command("ethics-pack")
@click.argument("slug", metavar="STUDY")
@click.option(
    "--output", required=True, metavar="PATH", type=click.Path(path_type=Path), help="A file that ends in .pdf or .html."
)
def ethics_pack(slug: str, output: Path) -> None:
    """Write the pack for an ethics committee: information, agreement, who sees what, protocol, mails, blank questionnaire.

    \b
    Example:
      delphi study ethics-pack making-connections --output ethics.pdf
    """
    if output.suffix.lower() not in (".pdf", ".html"):
        raise InvalidError("Name a file that ends in .pdf or .html; {path} does neither.", path=output)
    if output.exists():
        raise ConflictError("{path} is there already. Name another file.", path=output)
    with telling("Making the pack …"):
        html = _ethics_pack(slug)
        content = render_pdf(html, made=now()) if output.suffix.lower() == ".pdf" else html.encode()
        write_whole(output, content, PRIVATE)
    click.echo(f"The pack is written: {output}")


def _ethics_pack(slug: str) -> str:
    from delphi.web.ethics_pack import ethics_pack_html  # this costs what only this command needs

    with as_on_the_page(slug, None, SEE):
        return ethics_pack_html()


@click.command()
@click.argument("slug", metavar="STUDY")
@click.option("--fill", "is_filled", is_flag=True, help="Invent answers to the round that is open in the rehearsal.")
@click.option("--delete", "is_over", is_flag=True, help="Delete the rehearsal with everything in it.")
@as_option
def rehearse(slug: str, is_filled: bool, is_over: bool, address: str | None) -> None:
    """Copy a study with invented people who have answered round 1, to see what it will be like; nothing of it counts.

    \b
    Example:
      delphi study rehearse making-connections
      delphi study rehearse making-connections --fill
      delphi study rehearse making-connections --delete
    """
    if is_filled and is_over:
        raise InvalidError("Say either --fill or --delete.")
    installation = open_installation()
    settings, database = installation.settings, installation.database
    with database.reading() as session:
        actor = acting(session, find_study(session, slug), address)
    if is_over:
        rehearsals.delete(settings, database, slug, actor=actor, now=now())
        click.echo("The rehearsal is deleted.")
        return
    if is_filled:
        n = rehearsals.fill(settings, slug, now=now())
        click.echo(f"{counted(n, 'invented person has', 'invented people have')} answered.")
        return
    with telling("Inventing people and answers …"):
        rehearsals.begin(settings, database, slug, actor=actor, now=now())
    click.echo(f"The rehearsal is at {rehearsals.settings_for(settings, slug).public_url}/office/studies/{slug}/rehearsal")
