"""How commands refuse: sentences on standard error and an exit status, never a traceback."""

import errno
from typing import Any

import click
from sqlalchemy.exc import DBAPIError

from delphi.errors import DelphiError, InvalidError
from delphi.statistics.errors import UnusableError

REFUSED = 1
UNUSABLE_INPUT = 2


class Refusing(click.Group):
    """A group whose commands may raise the package's refusals; the person reads what is wrong and what to do."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except (InvalidError, UnusableError) as refusal:
            _refuse(ctx, str(refusal), UNUSABLE_INPUT)
        except DelphiError as refusal:
            _refuse(ctx, str(refusal), REFUSED)
        except DBAPIError as error:
            _refuse(ctx, f"The database cannot be used: {_first_line(error.orig)}. Look at DELPHI_DATABASE_URL.", REFUSED)
        except OSError as error:
            if error.errno == errno.EPIPE:  # whoever reads our output has seen enough; click ends quietly then
                raise
            _refuse(ctx, f"{error.filename or 'The system'}: {error.strerror or error}.", REFUSED)


def _refuse(ctx: click.Context, sentence: str, status: int) -> None:
    click.echo(sentence, err=True)
    ctx.exit(status)


def _first_line(error: object) -> str:
    return (str(error).splitlines() or ["no reason was given"])[0].rstrip(".")
