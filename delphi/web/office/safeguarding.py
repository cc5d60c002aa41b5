"""The safeguarding reader's page: new texts without their writers, and the one way to learn who wrote one."""

from flask import flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue as Page

from delphi.errors import DelphiError
from delphi.services import safeguarding as route
from delphi.web.access import now, site
from delphi.web.office import office
from delphi.web.office.forms import IdentifyForm
from delphi.web.office.frame import actor
from delphi.web.sending import send_and_tell
from delphi.web.words import ngettext

MOST_SHOWN = 100


@office.get("/studies/<slug>/safeguarding")
def safeguarding(slug: str) -> Page:
    route.require_reader(g.session, g.study, g.researcher)
    return _page(IdentifyForm(formdata=None)), 200


@office.post("/studies/<slug>/safeguarding/read")
def mark_read(slug: str) -> Page:
    """Keep what was read; what is written after the page was loaded stays unread."""
    route.require_reader(g.session, g.study, g.researcher)
    n_read = route.mark_read(g.session, g.study, request.form.getlist("ref"), actor=actor(), now=now())
    g.session.commit()
    flash(ngettext("%(num)s text is marked as read.", "%(num)s texts are marked as read.", n_read), "done")
    return redirect(url_for(".safeguarding", slug=slug), code=303)


@office.post("/studies/<slug>/safeguarding/identify")
def identify(slug: str) -> Page:
    """Show who wrote a text, this once; a page that shows it is never stored, and to see it again is another entry in the log."""
    route.require_reader(g.session, g.study, g.researcher)
    form = IdentifyForm()
    if not form.validate_on_submit():
        return _page(form), 422
    try:
        writer = route.identify_writer(
            g.session, site().keyring, g.study, form.ref.data or "", form.reason.data or "", reader=g.researcher, now=now()
        )
        g.session.commit()
    except DelphiError as error:
        status = form.refuse(error)
        return _page(form), status
    send_and_tell()
    return render_template("office/writer.html", writer=writer)


def _page(form: IdentifyForm) -> str:
    keyring, shows_read = site().keyring, request.args.get("show") == "read"
    texts = (route.read_texts if shows_read else route.unread_texts)(g.session, keyring, g.study)
    return render_template(
        "office/safeguarding.html",
        form=form,
        texts=texts[:MOST_SHOWN],
        n_more=max(0, len(texts) - MOST_SHOWN),
        shows_read=shows_read,
        second=_second(),
    )


def _second() -> str:
    named = route.named_in(g.session, g.study)
    return named.second if named else ""
