"""The second step of signing in: setting it up, its recovery codes, and typing a code."""

from datetime import datetime, timedelta

import segno
from flask import g, redirect, render_template, session, url_for
from flask.typing import ResponseReturnValue as Page
from markupsafe import Markup

from delphi.models import Researcher
from delphi.services import second_factor as codes
from delphi.services.researchers import has_second_factor
from delphi.web import limits
from delphi.web.access import SignInNeededError, now, sign_in_researcher, site
from delphi.web.office import office
from delphi.web.office.forms import OfficeForm
from delphi.web.office.forms_team import CodeForm, PasswordOnlyForm
from delphi.web.sending import send_and_tell
from delphi.web.words import gettext

HALFWAY = "halfway"  # the session's note of who has given the password and not yet the code
LASTS = timedelta(minutes=10)


def ask_for_code(researcher: Researcher) -> Page:
    """Keep that the password was right, and ask for a code: nobody is signed in by this."""
    session.clear()
    session[HALFWAY] = {"id": researcher.id, "epoch": researcher.session_epoch, "until": (now() + LASTS).isoformat()}
    return redirect(url_for(".sign_in_code"), code=303)


@office.route("/sign-in/code", methods=["GET", "POST"])
@limits.limiter.limit(limits.SIGN_IN, methods=["POST"])
def sign_in_code() -> Page:
    """Take the code of who has given their password."""
    researcher, form = _halfway(), CodeForm()
    if not form.validate_on_submit():
        return render_template("office/sign_in_code.html", form=form), 422 if form.is_submitted() else 200
    is_right = codes.check_code(g.session, site().keyring, researcher, form.code.data, now=now())
    g.session.commit()  # a failure counts too
    if not is_right:
        form.form_errors.append(
            gettext("This code does not open the account. Each counts once; after five failures the account is locked a while.")
        )
        return render_template("office/sign_in_code.html", form=form), 422
    sign_in_researcher(researcher)
    return redirect(url_for(".studies"), code=303)


@office.get("/account/second-step")
def second_factor() -> str:
    """Show how the second step stands."""
    return _page()


@office.post("/account/second-step/begin")
@limits.limiter.limit(limits.SIGN_IN)
def begin_second_factor() -> Page:
    """Make a secret for the phone."""
    form = PasswordOnlyForm()
    if form.validate_on_submit():
        with form.doing():
            codes.begin(g.session, site().keyring, g.researcher, form.present.data)
        if form.is_done:
            return redirect(url_for(".second_factor"), code=303)
    return _page(password_form=form), form.status


@office.post("/account/second-step/complete")
@limits.limiter.limit(limits.SIGN_IN)
def complete_second_factor() -> Page:
    """Let the secret count, and show the recovery codes this once."""
    form = CodeForm()
    if form.validate_on_submit():
        with form.doing():
            told = codes.complete(g.session, site().keyring, g.researcher, form.code.data, now=now())
        if form.is_done:
            sign_in_researcher(g.researcher)
            return _codes_page(told)
    return _page(code_form=form), form.status


@office.post("/account/second-step/recovery-codes")
@limits.limiter.limit(limits.SIGN_IN)
def new_recovery_codes() -> Page:
    """Show new recovery codes this once."""
    form = PasswordOnlyForm()
    if form.validate_on_submit():
        with form.doing():
            told = codes.renew_recovery_codes(g.session, site().keyring, g.researcher, form.present.data)
        if form.is_done:
            return _codes_page(told)
    return _page(password_form=form), form.status


@office.post("/account/second-step/remove")
@limits.limiter.limit(limits.SIGN_IN)
def remove_second_factor() -> Page:
    """Sign in with the password alone from now on."""
    form = PasswordOnlyForm()
    if form.validate_on_submit():
        with form.doing():
            codes.remove(g.session, g.researcher, form.present.data, now=now())
        if form.is_done:
            sign_in_researcher(g.researcher)
            send_and_tell(gettext("The second step is removed. Everywhere else you are signed out."))
            return redirect(url_for(".account"), code=303)
    return _page(password_form=form), form.status


def _halfway() -> Researcher:
    known = session.get(HALFWAY) or {}
    researcher: Researcher | None = g.session.get(Researcher, known.get("id", 0))
    is_theirs = researcher is not None and researcher.session_epoch == known.get("epoch")
    if researcher is None or not is_theirs or now() >= datetime.fromisoformat(known["until"]):
        raise SignInNeededError("Sign in to go on.", "office")
    return researcher


def _page(*, password_form: PasswordOnlyForm | None = None, code_form: CodeForm | None = None) -> str:
    sent: OfficeForm | None = password_form or code_form
    enrolment = codes.enrolment_of(g.session, site().keyring, g.researcher)
    return render_template(
        "office/second_factor.html",
        sent=sent,
        password_form=password_form or PasswordOnlyForm(formdata=None),
        code_form=code_form or CodeForm(formdata=None),
        enrolment=enrolment,
        picture=_picture(enrolment.uri) if enrolment else None,
        is_set_up=has_second_factor(g.session, g.researcher),
        n_recovery_codes=codes.n_recovery_codes(g.session, g.researcher),
        is_demanded=site().settings.needs_second_factor,
    )


def _picture(uri: str) -> Markup:
    """Return the address as a picture to scan: dark on light in dark mode too, as not every app reads the reverse."""
    title = gettext("The secret as a picture for your phone; it stands below as text")
    drawn = segno.make(uri, error="m").svg_inline(scale=4, dark="#000", light="#fff", title=title, svgclass="qr", lineclass=None)
    return Markup(drawn.replace("<svg ", '<svg role="img" ', 1))


def _codes_page(told: list[str]) -> str:
    return render_template("office/recovery_codes.html", codes=told)
