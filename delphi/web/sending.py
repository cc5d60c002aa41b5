"""Mail that somebody on the site has just set going, and what they are told of it."""

from flask import flash

from delphi import jobs
from delphi.services.outbox import REACHES_NOBODY
from delphi.web.access import site
from delphi.web.words import gettext


def send(said: str = "") -> None:
    """Have the mail that waits delivered and say `said`."""
    jobs.deliver_soon(site().settings)
    if said:
        flash(said, "done")


def send_and_tell(said: str = "") -> None:
    """Do so, and without a mail server say too that it reaches nobody.

    In a rehearsal nothing is ever sent, which its pages say at their head.
    """
    send(said)
    if warning := reaches_nobody():
        flash(warning, "important")


def reaches_nobody() -> str | None:
    """Return that mail reaches nobody, in words; None where there is a mail server."""
    return gettext(REACHES_NOBODY) if site().settings.reaches_nobody else None
