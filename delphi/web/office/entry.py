"""Coming in and going out."""

from flask import flash, g, redirect, render_template, session, url_for
from flask.typing import ResponseReturnValue as Page

from delphi.services.researchers import check_password, has_second_factor, studies_of
from delphi.services.studies import rounds_of
from delphi.web import limits
from delphi.web.access import now, sign_in_researcher
from delphi.web.office import office
from delphi.web.office.forms import SignInForm
from delphi.web.office.second_factor import ask_for_code
from delphi.web.office.words import round_state
from delphi.web.words import gettext


@office.route("/sign-in", methods=["GET", "POST"])
@limits.limiter.limit(limits.SIGN_IN, methods=["POST"])
def sign_in() -> Page:
    form = SignInForm()
    if not form.validate_on_submit():
        return render_template("office/sign_in.html", form=form), 422 if form.is_submitted() else 200
    researcher = check_password(g.session, form.email.data or "", form.password.data or "", now=now())
    g.session.commit()  # a failure counts too
    if researcher is None:
        # one sentence for all of it: an unknown address, a wrong password and a locked account look alike
        form.form_errors.append(
            gettext("This address and password do not open an account. After five failures it is locked for 15 minutes.")
        )
        return render_template("office/sign_in.html", form=form), 422
    if has_second_factor(g.session, researcher):
        return ask_for_code(researcher)
    sign_in_researcher(researcher)
    return redirect(url_for(".studies"), code=303)


@office.post("/sign-out")
def sign_out() -> Page:
    # A copy of the cookie elsewhere must not outlive this: a higher number ends every session of this person.
    g.researcher.session_epoch += 1
    g.session.commit()
    session.clear()
    flash(gettext("You are signed out, on every device."), "done")
    return redirect(url_for(".sign_in"), code=303)


@office.get("/")
def studies() -> str:
    held = studies_of(g.session, g.researcher)
    mine = [(study, rounds_of(g.session, study)) for study in held if study.archived_at is None]
    rows = [{"study": study, "state": round_state(rounds[-1] if rounds else None)} for study, rounds in mine]
    archived = [study for study in held if study.archived_at is not None]
    return render_template("office/studies.html", rows=rows, archived=archived)
