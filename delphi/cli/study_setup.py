"""`delphi study check`, `ethics-pack` and `rehearse`: what is looked at, handed in and tried before a round opens."""

from pathlib import Path

import click

from delphi import rehearsals
from delphi.canonical import canonical_json
from delphi.cli.acting import as_option, looking_at
from delphi.cli.installation import now, telling
from delphi.cli.on_the_site import as_on_the_page, write_document
from delphi.cli.options import json_option, study_argument
from delphi.cli.words import counted
from delphi.errors import InvalidError
from delphi.services.findings import Finding
from delphi.services.readiness import NO_MAIL
from delphi.services.readiness import check as look_over
from delphi.services.rounds import proposed_items
from delphi.services.studies import rounds_of


@click.command()
@study_argument
@json_option
@click.pass_context
def check(context: click.Context, slug: str, as_json: bool) -> None:
    """Say what is missing before the next round can open, and what is unwise; exit 1 if something is missing.

    \b
    Example:
      delphi study check making-connections
    """
    with looking_at(slug) as at:
        asked = [proposal.version for proposal in proposed_items(at.session, at.study) if proposal.is_asked]
        found = look_over(at.session, at.study, asked, n_earlier=len(rounds_of(at.session, at.study)))
    found += [] if at.installation.settings.smtp_url else [NO_MAIL]
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
@study_argument
@click.option(
    "--output", required=True, metavar="PATH", type=click.Path(path_type=Path), help="A file that ends in .pdf or .html."
)
def ethics_pack(slug: str, output: Path) -> None:
    """Write the pack for an ethics committee: information, agreement, who sees what, protocol, mails, blank questionnaire.

    \b
    Example:
      delphi study ethics-pack making-connections --output ethics.pdf
    """
    write_document(output, "pack", lambda: _ethics_pack(slug))


def _ethics_pack(slug: str) -> str:
    from delphi.web.ethics_pack import ethics_pack_html  # this costs what only this command needs

    with as_on_the_page(looking_at(slug)):
        return ethics_pack_html()


@click.command()
@study_argument
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
    with looking_at(slug, address) as at:
        settings, database, actor = at.installation.settings, at.installation.database, at.actor
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
