"""`delphi panel packs`: an open round on paper, a pack for each person."""

from collections.abc import Sequence
from pathlib import Path

import click

from delphi.atomic import PRIVATE, write_whole
from delphi.cli.acting import as_option, working_on
from delphi.cli.installation import now, telling
from delphi.cli.on_the_site import as_on_the_page
from delphi.cli.options import study_argument
from delphi.cli.words import counted
from delphi.errors import ConflictError, InvalidError
from delphi.language import speaking
from delphi.manual.pdf import render_pdf
from delphi.services.deadlines import zone_of
from delphi.services.packs import members_on_paper, print_pack, require_open_round, return_address, save_return_address
from delphi.services.researchers import HANDLE_PAPER


@click.command()
@study_argument
@click.option(
    "--output",
    metavar="PATH",
    required=True,
    type=click.Path(path_type=Path),
    help="A file that ends in .pdf for all packs in one, or a folder for one file each.",
)
@click.option("--large", is_flag=True, help="In large print, 18 points or more.")
@click.option(
    "--for", "codes", metavar="CODE-NAME", multiple=True, help="Only for this person (P-…); may be given several times."
)
@click.option("--return-to", metavar="ADDRESS", help="Where packs are to be sent; kept for the next time.")
@as_option
def packs(slug: str, output: Path, large: bool, codes: Sequence[str], return_to: str | None, address: str | None) -> None:
    """Print packs to answer the open round on paper. Each is one entry in the audit log.

    Whoever prints them sees, from round 2 on, the last answers of each person with their code name, and no name. The
    custodian of the contacts puts the names on the envelopes.

    \b
    Example:
      delphi panel packs making-connections --output packs --return-to "The Delphi team, 3 Some Street, Town"
    """
    is_file = output.suffix.lower() == ".pdf"
    if is_file and output.exists():
        raise ConflictError("{path} is there already. Name another file.", path=output)
    documents = _documents(slug, codes, return_to, address, is_large=large, is_one=is_file)
    if not is_file:
        output.mkdir(parents=True, exist_ok=True)
    with telling("Making the packs …"):
        for name, html in documents.items():
            write_whole(output if is_file else output / name, render_pdf(html, made=now()), PRIVATE)
    click.echo(f"{counted(len(documents), 'file was', 'files were')} written: {output}")


def _documents(
    slug: str, codes: Sequence[str], return_to: str | None, address: str | None, *, is_large: bool, is_one: bool
) -> dict[str, str]:
    """Return each document by its file's name, with the printing on record."""
    from delphi.web.paper import pack_html  # this costs what only this command needs

    with as_on_the_page(working_on(slug, address, HANDLE_PAPER)) as at:
        session, study = at.session, at.study
        round_ = require_open_round(session, study)
        if return_to is not None:
            save_return_address(session, study, return_to)
        if not return_address(study):
            raise InvalidError("Say where the packs are to be sent: --return-to ADDRESS. It is kept for the next time.")
        members = members_on_paper(session, round_, codes)
        printed = [print_pack(session, at.keyring, study, round_, one, actor=at.actor, now=now()) for one in members]
        with speaking(study.language, zone=zone_of(session, study.id)):
            if is_one:
                return {"packs.pdf": pack_html(printed, is_large=is_large)}
            return {f"pack-{pack.pseudonym}.pdf": pack_html([pack], is_large=is_large) for pack in printed}
