"""Leaving: for now, on a shared computer."""

from contextlib import suppress

from flask import abort, flash, g, redirect, request, session, url_for
from flask.typing import ResponseReturnValue as Page

from delphi.errors import DelphiError
from delphi.services.links import end_sessions
from delphi.web.access import CLEAR_DEVICE, require_panelist
from delphi.web.panel import panel
from delphi.web.words import gettext


@panel.post("/leave")
def leave() -> Page:
    """End this person's sessions and clear the device, even where the session has ended before; the link opens a new one."""
    # It takes no token, as a page whose session is gone has none. The cookie never comes with another site's form.
    if request.headers.get("Sec-Fetch-Site") == "cross-site":
        abort(400)
    with suppress(DelphiError):
        end_sessions(g.session, require_panelist().panelist)
        g.session.commit()
    session.clear()
    flash(
        gettext("You have left, on every device. Nothing of yours is kept here. Your personal link brings you back."),
        "done",
    )
    answer = redirect(url_for("public.home"), code=303)
    answer.headers.update(CLEAR_DEVICE)
    return answer
