"""Help and contact: the team, by messages that carry no name; somebody outside it; and where to turn in a crisis."""

from flask import flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue as Page

from delphi.errors import DelphiError
from delphi.services import messages
from delphi.services.care import crisis_words, outside_contact
from delphi.services.sight import sight_of
from delphi.web.access import now, site
from delphi.web.errors import sentence
from delphi.web.panel import panel
from delphi.web.panel.held import is_sent
from delphi.web.words import gettext


@panel.route("/contact", methods=["GET", "POST"])
def contact() -> Page:
    """Show what was written so far, and send a message; one that cannot be sent comes back as it was typed."""
    error, status, typed = None, 200, request.form.get("message", "")
    if is_sent():
        try:
            messages.write_to_team(g.session, site().keyring, g.member.panelist, typed, now=now())
        except DelphiError as refusal:
            g.session.rollback()
            error, status = sentence(refusal), refusal.status
        else:
            g.session.commit()
            flash(
                gettext("Your message was sent. The answer will stand on this page, and a mail tells you so."),
                "done",
            )
            return redirect(url_for("panel.contact"), code=303)
    page = render_template(
        "panel/contact.html",
        lines=messages.own_messages(g.session, site().keyring, g.member.panelist),
        typed=typed,
        error=error,
        has_errors=bool(error),
        crisis=crisis_words(g.study),
        outside=outside_contact(g.study),
        sight=sight_of(g.session, g.study),
    )
    return page, status
