"""Leaving: the device for now, the reminders, or the study for good."""

from contextlib import suppress

from flask import abort, flash, g, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue as Page

from delphi.errors import DelphiError
from delphi.services.links import end_sessions
from delphi.services.protocol import choices_of, current_protocol
from delphi.services.taking_part import pause_reminders, resume_reminders
from delphi.services.withdrawal import withdraw as withdraw_for_good
from delphi.web.access import CLEAR_DEVICE, now, require_panelist, site
from delphi.web.panel import panel
from delphi.web.public.refusing import gone
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


@panel.get("/taking-part")
def taking_part() -> str:
    """Show whether reminders come, and what withdrawing would do."""
    return render_template("panel/taking_part.html", wants_reminders=g.member.panelist.wants_reminders, rule=_rule())


@panel.post("/reminders/pause")
def pause() -> Page:
    pause_reminders(g.session, g.member.panelist)
    g.session.commit()
    flash(gettext("You get no more reminders. When a new round opens, one mail still tells you so."), "done")
    return redirect(url_for(".taking_part"), code=303)


@panel.post("/reminders/resume")
def resume() -> Page:
    resume_reminders(g.session, g.member.panelist)
    g.session.commit()
    flash(gettext("Reminders come again as long as something is left for you to answer."), "done")
    return redirect(url_for(".taking_part"), code=303)


@panel.get("/withdraw")
def withdraw() -> str:
    """Ask once more, with what it does to the answers said before the button."""
    return render_template("panel/withdraw.html", rule=_rule())


@panel.post("/withdraw")
def withdrawn() -> Page:
    rule = withdraw_for_good(g.session, site().keyring, g.member.panelist, now=now())
    g.session.commit()
    return gone(rule)


def _rule() -> str:
    return choices_of(current_protocol(g.session, g.study)).withdrawal
