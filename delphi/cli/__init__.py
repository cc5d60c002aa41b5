"""The command line: `delphi` and its commands, one module for each group of them."""

import click

from delphi import __version__
from delphi.cli.analyse import analyse, rules
from delphi.cli.audit import audit
from delphi.cli.database import database
from delphi.cli.decisions import decisions
from delphi.cli.demo import demo
from delphi.cli.draft import draft
from delphi.cli.export import export
from delphi.cli.panel import panel
from delphi.cli.ratings import ratings
from delphi.cli.refusals import Refusing
from delphi.cli.researcher import researcher
from delphi.cli.rounds import round_
from delphi.cli.serve import serve, worker
from delphi.cli.study import study

__all__ = ["main"]


@click.group(cls=Refusing, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="delphi")
def main() -> None:
    """Run Delphi consultations that refine an intervention manual.

    Settings are read from DELPHI_* variables and from a file .env in this folder.

    \b
    Example:
      delphi demo
    """


for _command in (
    analyse,
    audit,
    database,
    decisions,
    demo,
    draft,
    export,
    panel,
    ratings,
    researcher,
    round_,
    rules,
    serve,
    study,
    worker,
):
    main.add_command(_command)
