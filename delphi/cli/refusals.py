"""How commands refuse: sentences on standard error and an exit status, never a traceback."""

import errno
import sys
from typing import Any

import click

from delphi.errors import DelphiError, InvalidError

REFUSED = 1
UNUSABLE_INPUT = 2


class Refusing(click.Group):
    """A group whose commands may raise the package's refusals; the person reads what is wrong and what to do."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except InvalidError as refusal:
            _refuse(ctx, str(refusal), UNUSABLE_INPUT)
        except DelphiError as refusal:
            _refuse(ctx, str(refusal), REFUSED)
        except OSError as error:
            if error.errno == errno.EPIPE:  # whoever reads our output has seen enough; click ends quietly then
                raise
            _refuse(ctx, f"{error.filename or 'The system'}: {error.strerror or error}.", REFUSED)
        except Exception as error:
            if _is(error, "delphi.statistics.errors", "UnusableError"):
                _refuse(ctx, str(error), UNUSABLE_INPUT)
            elif _is(error, "sqlalchemy.exc", "DBAPIError"):
                cause = _first_line(getattr(error, "orig", error))
                _refuse(ctx, f"The database cannot be used: {cause}. Look at DELPHI_DATABASE_URL.", REFUSED)
            else:
                raise


def _refuse(ctx: click.Context, sentence: str, status: int) -> None:
    click.echo(sentence, err=True)
    ctx.exit(status)


def _is(error: Exception, module: str, name: str) -> bool:
    """Tell whether the error is of that kind; a command that did not load the module cannot have met it."""
    loaded = sys.modules.get(module)
    return loaded is not None and isinstance(error, getattr(loaded, name))


def _first_line(error: object) -> str:
    return (str(error).splitlines() or ["no reason was given"])[0].rstrip(".")
