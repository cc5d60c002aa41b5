"""While a round is open: its deadline put off, its close planned, a faulty item pulled, and for custodians who is done."""

import secrets

from flask import flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue as Page
from wtforms import SelectChoice

from delphi.errors import DelphiError
from delphi.models import NewsAudience, Round, RoundStatus
from delphi.services import round_changes
from delphi.services.ballots import questionnaire_of
from delphi.services.deadlines import end_of
from delphi.services.news import send_news
from delphi.services.progress import completions, set_targets, target_written
from delphi.services.researchers import KEEP_CONTACTS, RUN_ROUNDS
from delphi.services.studies import find_round
from delphi.web.access import now, require_role, site
from delphi.web.office import office
from delphi.web.office.forms_round import BY_HAND, CloseForm, DeadlineForm, PullForm
from delphi.web.office.frame import actor
from delphi.web.office.lines import short_text
from delphi.web.office.panel import panel_page
from delphi.web.office.rounds import other_custodians
from delphi.web.sending import send_and_tell
from delphi.web.words import gettext


@office.route("/studies/<slug>/rounds/<int:number>/deadline", methods=["GET", "POST"])
def deadline(slug: str, number: int) -> Page:
    """Put the deadline off, with the reason; tell the panel by mail where that is wanted."""
    require_role(RUN_ROUNDS)
    round_, form = find_round(g.session, g.study, number), DeadlineForm()
    if form.validate_on_submit():
        with form.doing():
            _extend(round_, form)
        if form.is_done:
            said = gettext("The deadline is put off. Everybody reads it on their pages.")
            if form.by_mail.data:
                send_and_tell(said)
            else:
                flash(said, "done")
            return redirect(url_for(".round_page", slug=slug, number=number), code=303)
    return _deadline_page(round_, form, None), form.status


@office.post("/studies/<slug>/rounds/<int:number>/closing")
def plan_close(slug: str, number: int) -> Page:
    """Have the round close by itself, or by hand."""
    require_role(RUN_ROUNDS)
    round_, form = find_round(g.session, g.study, number), CloseForm()
    if form.validate_on_submit():
        days = None if form.closes.data == BY_HAND else int(form.closes.data)
        with form.doing():
            round_changes.plan_close(g.session, g.study, round_, days, actor=actor(), now=now())
        if form.is_done:
            flash(gettext("Kept."), "done")
            return redirect(url_for(".round_page", slug=slug, number=number), code=303)
    return _deadline_page(round_, DeadlineForm(formdata=None), form), form.status


@office.route("/studies/<slug>/rounds/<int:number>/pull", methods=["GET", "POST"])
def pull(slug: str, number: int) -> Page:
    """Ask a faulty item no longer."""
    require_role(RUN_ROUNDS)
    round_, form = find_round(g.session, g.study, number), PullForm()
    asked = questionnaire_of(g.session, round_)
    left = [version for place, version in enumerate(asked.items) if place not in asked.pulled]
    form.item.choices = [SelectChoice(version.item.key, f"{short_text(version)} ({version.item.key})") for version in left]
    if form.validate_on_submit():
        with form.doing():
            reason = form.reason.data or ""
            round_changes.pull_item(g.session, g.study, round_, form.item.data, reason, actor=actor(), now=now())
        if form.is_done:
            flash(gettext("The item is no longer asked. Everybody reads why in its place."), "done")
            return redirect(url_for(".round_page", slug=slug, number=number), code=303)
    return render_template("office/pull.html", form=form, round=round_), form.status


@office.get("/studies/<slug>/rounds/<int:number>/completed")
def completed(slug: str, number: int) -> str:
    """Show the custodian who has completed the round, never what they answered."""
    require_role(KEEP_CONTACTS)
    round_ = find_round(g.session, g.study, number)
    people = completions(g.session, site().keyring, round_)
    return render_template("office/completed.html", round=round_, people=people, other_custodians=other_custodians())


@office.post("/studies/<slug>/panel/targets")
def targets(slug: str) -> Page:
    """Keep how many of each group are wanted to complete a round."""
    require_role(RUN_ROUNDS)
    try:
        written = {name: text for name, text in request.form.items() if name.startswith("target-")}
        wanted = {name.removeprefix("target-"): target_written(text) for name, text in written.items()}
        set_targets(g.session, g.study, wanted, actor=actor(), now=now())
        g.session.commit()
    except DelphiError as error:
        g.session.rollback()
        return panel_page(targets_refused=error), error.status
    flash(gettext("Kept."), "done")
    return redirect(url_for(".panel", slug=slug), code=303)


def _extend(round_: Round, form: DeadlineForm) -> None:
    later, reason = end_of(form.deadline.data, g.zone), form.reason.data or ""
    extension = round_changes.extend_deadline(g.session, g.study, round_, later, reason, actor=actor(), now=now())
    if form.by_mail.data:
        wording = round_changes.words_of(g.session, g.study, round_, extension)
        key = secrets.token_urlsafe(16)
        send_news(g.session, g.study, wording, NewsAudience.EVERYBODY, key=key, actor=actor(), now=now())


def _deadline_page(round_: Round, form: DeadlineForm, close_form: CloseForm | None) -> str:
    known = str(round_.closes_after) if round_.closes_after else BY_HAND
    return render_template(
        "office/deadline.html",
        form=form,
        close_form=close_form or CloseForm(formdata=None, data={"closes": known}),
        sent=close_form or form,
        round=round_,
        is_open=round_.status == RoundStatus.OPEN,
        zone=g.zone,
    )
