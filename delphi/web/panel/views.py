"""Information and consent, the overview, what the panel said, and the way out."""

from flask import g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue as Page
from wtforms import BooleanField
from wtforms.validators import InputRequired

from delphi.models import RoundStatus
from delphi.services import ratings
from delphi.services.answering import feedback_on, sheet_of
from delphi.services.panel import agree, has_agreed
from delphi.services.protocol import choices_of, current_consent, current_protocol
from delphi.web.access import now
from delphi.web.fields import SiteForm
from delphi.web.panel import panel
from delphi.web.panel.interrupted import ConsentNeededError, ballot_key, way_back
from delphi.web.panel.results import told
from delphi.web.words import gettext, lazy_gettext

WITHOUT_CONSENT = frozenset(
    {
        "panel.consent",
        "panel.leave",
        "panel.taking_part",
        "panel.pause",
        "panel.resume",
        "panel.withdraw",
        "panel.withdrawn",
    }
)


class ConsentForm(SiteForm):
    """One box to tick; the words beside it are the study's."""

    agree = BooleanField(
        validators=[InputRequired(lazy_gettext("Tick the box if you want to take part. If not, close this page."))]
    )


@panel.before_request
def _ask_for_consent() -> Page | None:
    if request.endpoint in WITHOUT_CONSENT or has_agreed(g.session, g.member.panelist, current_consent(g.session, g.study)):
        return None
    if request.method == "POST":  # leading on to another page would lose what was typed here
        raise ConsentNeededError(
            "This was not saved yet: the information on taking part has changed. Nothing is lost. "
            "Go to your round, read it and agree, and you come back to where you were."
        )
    return redirect(url_for("panel.consent"), code=303)


@panel.context_processor
def _around() -> dict[str, object]:
    if "study" not in g:  # the page says that nobody is signed in
        return {}
    return {
        "site_name": g.study.title,
        "home_url": url_for("panel.overview"),
        "exit_url": url_for("panel.leave"),
        "ballot_key": ballot_key(g.member),
        "footer_links": [
            {"text": gettext("Taking part"), "url": url_for("panel.taking_part")},
            {"text": gettext("Who sees what"), "url": url_for("public.who_sees_what")},
        ],
    }


@panel.route("/consent", methods=["GET", "POST"])
def consent() -> Page:
    """Say what taking part means, and take the agreement to it."""
    text = current_consent(g.session, g.study)
    form = ConsentForm()
    form.agree.label.text = text.statement
    is_sent = form.validate_on_submit()
    if is_sent and request.form.get("number") != str(text.number):
        is_sent, form.agree.data = False, False
        form.form_errors.append(gettext("This text has changed since you opened it. Read what it says now before you agree."))
    if is_sent:
        agree(g.session, g.member.panelist, text, now=now())
        g.session.commit()
        return redirect(url_for("panel.overview"), code=303)
    rule = choices_of(current_protocol(g.session, g.study)).withdrawal
    page = render_template("panel/consent.html", text=text, form=form, rule=rule)
    return (page, 422) if form.errors else page


@panel.get("/")
def overview() -> Page:
    """Show where the panelist stands: sections, how far each is, and what is left to do."""
    if back := way_back():
        return redirect(back, code=303)
    sheet = sheet_of(g.session, g.member, g.round)
    chapters = [(chapter, sheet.asked_in(chapter)) for chapter in sheet.chapters]
    return render_template(
        "panel/overview.html",
        round=g.round,
        sheet=sheet,
        chapters=chapters,
        accepting=g.round.accepts_answers(now()),
        ballot=ratings.ballot_of(g.session, g.member),
        published=g.round.status == RoundStatus.PUBLISHED,
        has_results=bool(feedback_on(g.session, g.member, g.round)),
    )


@panel.get("/results")
def results() -> str:
    """Show what the panel said in the rounds that are published, settled items included."""
    return render_template("panel/results.html", told=told(g.session, g.member, g.round))
