"""A second person's word where the protocol asks for it, and taking the opening of a round back."""

from datetime import datetime

from flask import flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue as Page

from delphi.models import Researcher, RoundStep
from delphi.services import sign_off as second
from delphi.services.researchers import RUN_ROUNDS
from delphi.services.signing import confirm
from delphi.services.studies import find_round
from delphi.services.undoing import undo_opening
from delphi.web.access import now, require_role, site
from delphi.web.office import office
from delphi.web.office.forms_steps import DeclineForm, UndoForm
from delphi.web.office.frame import actor
from delphi.web.sending import send_and_tell
from delphi.web.words import gettext

ASK = "ask"  # the name of the button that asks for a second person's word


def is_asked_for() -> bool:
    """Tell whether the button was pressed that asks a second person, rather than one that takes the step."""
    return ASK in request.form


def asked(step: RoundStep, *, deadline: datetime | None = None) -> Page:
    """Ask the others for their word on this step, and lead to where it waits."""
    second.ask(g.session, g.study, step, by=g.researcher, actor=actor(), now=now(), deadline=deadline)
    g.session.commit()
    send_and_tell(
        gettext("The others who run rounds are asked by mail. Nothing happens before one of them has given their word.")
    )
    return redirect(url_for(".sign_off", slug=g.study.slug), code=303)


@office.get("/studies/<slug>/second-word")
def sign_off(slug: str) -> str:
    """Show the step that waits for a second person's word."""
    return _waiting_page(DeclineForm(formdata=None))


@office.post("/studies/<slug>/second-word/<int:request_id>/confirm")
def confirm_step(slug: str, request_id: int) -> Page:
    """Give the second word: the step is taken at once."""
    require_role(RUN_ROUNDS)
    moved = confirm(g.session, site().keyring, g.study, request_id, by=g.researcher, actor=actor(), now=now())
    g.session.commit()
    send_and_tell(gettext("You have given the second word, and it is done."))
    return redirect(url_for(".round_page", slug=slug, number=moved.number), code=303)


@office.post("/studies/<slug>/second-word/<int:request_id>/decline")
def decline_step(slug: str, request_id: int) -> Page:
    """Refuse the second word, with a reason."""
    require_role(RUN_ROUNDS)
    form = DeclineForm()
    second.waiting_request(g.session, g.study, request_id)
    if form.validate_on_submit():
        with form.doing():
            reason = form.reason.data
            second.decline(g.session, g.study, request_id, reason, by=g.researcher, actor=actor(), now=now())
        if form.is_done:
            flash(gettext("You have declined. Your reason stands in the log; nothing else has changed."), "done")
            return redirect(url_for(".sign_off", slug=slug), code=303)
    return _waiting_page(form), form.status


@office.post("/studies/<slug>/second-word/<int:request_id>/take-back")
def take_back_step(slug: str, request_id: int) -> Page:
    require_role(RUN_ROUNDS)
    second.take_back(g.session, g.study, request_id, by=g.researcher, actor=actor(), now=now())
    g.session.commit()
    flash(gettext("You have taken the request back. Nothing else has changed."), "done")
    return redirect(url_for(".sign_off", slug=slug), code=303)


@office.route("/studies/<slug>/rounds/<int:number>/take-back", methods=["GET", "POST"])
def undo_round(slug: str, number: int) -> Page:
    """Take the opening of a round back while nobody has relied on it."""
    require_role(RUN_ROUNDS)
    round_, form = find_round(g.session, g.study, number), UndoForm()
    if form.validate_on_submit():
        with form.doing():
            undo_opening(g.session, g.study, round_, form.reason.data, actor=actor(), now=now())
        if form.is_done:
            flash(gettext("The opening of round %(n)s is taken back. Everything is as it was before.", n=number), "done")
            return redirect(url_for(".overview", slug=slug), code=303)
    page = render_template("office/undo_round.html", form=form, round=round_)
    return page, form.status


def _waiting_page(form: DeclineForm) -> str:
    waiting = second.waiting_in(g.session, g.study)
    asking = g.session.get_one(Researcher, waiting.asked_by) if waiting else None
    return render_template(
        "office/sign_off.html",
        form=form,
        waiting=waiting,
        asking=asking.email if asking else "",
        is_mine=asking is not None and asking.id == g.researcher.id,
    )
