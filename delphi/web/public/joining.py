"""Joining a study by its own link: what it is about, some questions, and an address that is confirmed by mail."""

import time
from typing import Any

from flask import g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue as Page
from wtforms import EmailField, RadioField, SelectChoice, StringField
from wtforms.validators import DataRequired, InputRequired, Length

from delphi.errors import DelphiError
from delphi.models import Recruitment, Study
from delphi.services import joining as services
from delphi.services.panel import LONGEST_NAME, group_sizes
from delphi.services.recruiting import NO, YES, open_recruitment
from delphi.web import limits
from delphi.web.access import now, site
from delphi.web.errors import sentence
from delphi.web.fields import SiteForm
from delphi.web.public import public
from delphi.web.public.refusing import gone
from delphi.web.sending import send_and_tell
from delphi.web.words import lazy_gettext

TRAP = "website"  # a field that people do not see and programs fill in


@public.route("/join/<recruitment>", methods=["GET", "POST"])
@limits.limiter.limit(limits.LINK)
@limits.limiter.limit(limits.JOIN, methods=["POST"])
@limits.limiter.shared_limit(limits.JOIN_ANYWHERE, "joining", key_func=limits.anywhere, methods=["POST"])
def join(recruitment: str) -> Page:
    """Ask the questions, and mail a link to who fits; say the same, and take as long, whatever the address is."""
    began = time.monotonic()
    known, g.study = open_recruitment(g.session, recruitment)
    form = _form(known)
    if not form.validate_on_submit():
        return _page(known, form), 422 if form.is_submitted() else 200
    try:
        fits = bool(request.form.get(TRAP)) or _ask(known, form)
    except DelphiError as error:
        g.session.rollback()
        form.form_errors.append(sentence(error))
        known, g.study = open_recruitment(g.session, recruitment)
        return _page(known, form), error.status
    time.sleep(max(0.0, began + limits.SAME_TIME - time.monotonic()))
    return redirect(url_for(".joining" if fits else ".does_not_fit", recruitment=recruitment), code=303)


@public.get("/join/<recruitment>/look-into-your-mail")
@limits.limiter.limit(limits.LINK)
def joining(recruitment: str) -> str:
    """Say that a mail is on its way."""
    g.study = open_recruitment(g.session, recruitment)[1]
    return render_template("public/joining.html", fits=True)


@public.get("/join/<recruitment>/not-this-time")
@limits.limiter.limit(limits.LINK)
def does_not_fit(recruitment: str) -> str:
    """Say that the study looks for others, and that nothing was kept."""
    g.study = open_recruitment(g.session, recruitment)[1]
    return render_template("public/joining.html", fits=False)


@public.get("/confirm/<application>")
@limits.limiter.limit(limits.LINK)
def confirm_address(application: str) -> str:
    """Show a button, as programs follow the links in mail."""
    applicant = services.application_of(g.session, application, now=now())
    g.study = g.session.get_one(Study, applicant.study_id)
    return render_template(
        "public/confirm_address.html",
        application=application,
        group=applicant.group.label,
        is_confirmed=applicant.is_confirmed,
    )


@public.post("/confirm/<application>")
@limits.limiter.limit(limits.LINK)
def say_it_is_mine(application: str) -> Page:
    """Keep that the address is right."""
    services.confirm(g.session, site().keyring, application, now=now())
    g.session.commit()
    send_and_tell()
    return redirect(url_for(".address_confirmed"), code=303)


@public.get("/address-confirmed")
def address_confirmed() -> str:
    """Say what happens now; it is about nobody, so anybody may read it."""
    return render_template("public/address_confirmed.html")


@public.post("/confirm/<application>/take-back")
@limits.limiter.limit(limits.LINK)
def take_back_request(application: str) -> Page:
    """Keep nothing of who asked."""
    services.take_back(g.session, application, now=now())
    g.session.commit()
    return gone("not-joining")


def _ask(known: Recruitment, form: Any) -> bool:
    answers = [form[f"answer_{n}"].data for n in range(len(known.questions))]
    asked = services.Request(form.name.data, form.address.data, form.group.data, answers)
    fits = services.ask_to_join(g.session, site().keyring, known, g.study, asked, now=now())
    g.session.commit()
    if fits:
        send_and_tell()
    return fits


def _form(known: Recruitment) -> Any:
    """Return the form: the study's questions, then its groups and who asks, in the order in which the page has them."""
    yes_or_no = [SelectChoice(YES, lazy_gettext("Yes")), SelectChoice(NO, lazy_gettext("No"))]
    questions = {
        f"answer_{n}": RadioField(text, [InputRequired(lazy_gettext("Answer this question."))], choices=yes_or_no)
        for n, (text, _wanted) in enumerate(known.questions)
    }
    groups = [SelectChoice(size.label, size.label) for size in group_sizes(g.session, g.study)]
    return type("JoinForm", (SiteForm,), {**questions, **_who_asks(groups)})()


def _who_asks(groups: list[SelectChoice]) -> dict[str, Any]:
    return {
        "group": RadioField(
            lazy_gettext("For which group would you answer?"),
            [InputRequired(lazy_gettext("Choose a group."))],
            choices=groups,
        ),
        "name": StringField(
            lazy_gettext("Your name"),
            [DataRequired(lazy_gettext("Write your name.")), Length(max=LONGEST_NAME)],
            description=lazy_gettext("Only who keeps the contacts of the study sees it."),
        ),
        "address": EmailField(
            lazy_gettext("Your e-mail address"),
            [DataRequired(lazy_gettext("Write your address.")), Length(max=300)],
            description=lazy_gettext("A mail with a link comes there, so that you can confirm that it is yours."),
        ),
    }


def _page(known: Recruitment, form: Any) -> str:
    questions = [field for field in form if field.name.startswith("answer_")]
    return render_template("public/join.html", words=known.words, form=form, questions=questions, trap=TRAP)
