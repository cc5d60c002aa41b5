"""Before the first rating: what taking part means, the agreement to it, and an item to practise on."""

from flask import g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue as Page
from wtforms import BooleanField
from wtforms.validators import InputRequired

from delphi.database import lock_row
from delphi.services.care import crisis_words, outside_contact
from delphi.services.consent import current_consent
from delphi.services.panel import agree, has_agreed, has_ever_agreed
from delphi.services.protocol import choices_of, current_protocol
from delphi.services.sight import sight_of
from delphi.web.access import now
from delphi.web.fields import SiteForm
from delphi.web.panel import panel
from delphi.web.panel.cards import labelled_levels
from delphi.web.words import gettext, lazy_gettext


class ConsentForm(SiteForm):
    """One box to tick; the words beside it are the study's."""

    agree = BooleanField(
        validators=[InputRequired(lazy_gettext("Tick the box if you want to take part. If not, close this page."))]
    )


@panel.route("/consent", methods=["GET", "POST"])
def consent() -> Page:
    """Say what taking part means, and take the agreement to it; who has agreed can read it again."""
    text = current_consent(g.session, g.study)
    form = ConsentForm()
    form.agree.label.text = text.statement
    is_sent = form.validate_on_submit()
    if is_sent and request.form.get("number") != str(text.number):
        is_sent, form.agree.data = False, False
        form.form_errors.append(gettext("This text has changed since you opened it. Read what it says now before you agree."))
    if is_sent:
        knows_it = g.member.panelist.has_practised or has_ever_agreed(g.session, g.member.panelist)
        agree(g.session, g.member.panelist, text, now=now())
        g.session.commit()
        return redirect(url_for("panel.overview" if knows_it else "panel.practice"), code=303)
    choices = choices_of(current_protocol(g.session, g.study))
    page = render_template(
        "panel/consent.html",
        text=text,
        form=form,
        has_agreed=has_agreed(g.session, g.member.panelist, text),
        sight=sight_of(g.session, g.study),
        group=g.member.group.label,
        crisis=crisis_words(g.study),
        outside=outside_contact(g.study),
        rule=choices.withdrawal,
        is_assigned=bool(choices.asked_of),
    )
    return (page, 422) if form.errors else page


@panel.get("/practice")
def practice() -> str:
    """Show a harmless example with the study's own scale; it stands outside any form, so that nothing of it is sent."""
    choices = choices_of(g.round.protocol)
    slots = [
        {"slot": n, "legend": gettext(criterion.question), "levels": labelled_levels(choices.scale)}
        for n, criterion in enumerate(choices.criteria)
    ]
    return render_template("panel/practice.html", slots=slots, round=g.round)


@panel.post("/practice")
def go_on() -> Page:
    """Note that the practice item was offered, so that it does not stand in the way again."""
    lock_row(g.session, g.member.panelist)
    g.member.panelist.has_practised = True
    g.session.commit()
    return redirect(url_for("panel.overview"), code=303)
