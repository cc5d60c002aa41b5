"""The command line: `delphi` and its commands, one module for each group of them."""

from importlib import import_module

import click

from delphi import __version__
from delphi.cli.refusals import Refusing

__all__ = ["main"]

# Where each command lies; it is loaded when it is called, as `delphi analyse` needs no database and few commands the site.
_MODULES = {
    "analyse": "analyse",
    "audit": "audit",
    "codes": "codes",
    "comments": "comments",
    "database": "database",
    "decisions": "decisions",
    "demo": "demo",
    "draft": "draft",
    "export": "export",
    "language": "language",
    "mail": "mail",
    "messages": "messages",
    "panel": "panel",
    "proposals": "proposals",
    "ratings": "ratings",
    "researcher": "researcher",
    "round": "rounds",
    "rules": "analyse",
    "safeguarding": "safeguarding",
    "serve": "serve",
    "study": "study",
    "worker": "worker",
}
_RESERVED = {"round": "round_"}  # names that Python has taken


class Commands(Refusing):
    """The group of all commands, each loaded from its module when it is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(_MODULES)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _MODULES:
            return None
        command = getattr(import_module(f"delphi.cli.{_MODULES[cmd_name]}"), _RESERVED.get(cmd_name, cmd_name))
        assert isinstance(command, click.Command)
        return command


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="delphi")
def main() -> None:
    """Run Delphi consultations that refine an intervention manual.

    Settings are read from DELPHI_* variables and from a file .env in this folder.

    \b
    Example:
      delphi demo
    """
