"""Mail that somebody on the site has just set going, and what they are told of it."""

from flask import flash

from delphi import jobs
from delphi.web.access import site
from delphi.web.words import gettext


def send_and_tell(said: str = "") -> None:
    """Have the mail that waits delivered and say `said`; without a mail server say too that it reaches nobody.

    In a rehearsal nothing is ever sent, which its pages say at their head.
    """
    settings = site().settings
    jobs.deliver_soon(settings)
    if said:
        flash(said, "done")
    if not (settings.smtp_url or settings.is_rehearsal):
        flash(
            gettext("No mail leaves this site, as it has no mail server: it is written to a file, and reaches nobody."),
            "important",
        )
