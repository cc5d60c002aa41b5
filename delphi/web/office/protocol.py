"""The protocol and the consent text: what is chosen before round 1, and amended with a reason once it is sealed."""

from typing import Any

from flask import flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue as Page

from delphi.errors import DelphiError
from delphi.services.amending import Amendment, amend_protocol, amendments_of
from delphi.services.assigning import assignable
from delphi.services.care import crisis_words, outside_contact
from delphi.services.protocol import (
    SCALES,
    choices_of,
    current_consent,
    current_protocol,
    save_consent,
    save_protocol,
)
from delphi.services.researchers import RUN_ROUNDS
from delphi.services.sight import sight_of
from delphi.services.studies import rounds_of
from delphi.web.access import now, require_role
from delphi.web.office import office
from delphi.web.office.choosing import amended, chosen, rules_on, typed, typed_amendment
from delphi.web.office.forms import ConsentForm
from delphi.web.office.forms_protocol import AmendmentForm, ProtocolForm
from delphi.web.office.frame import actor
from delphi.web.protocol_words import Headings, changed_lines, lines_of
from delphi.web.words import gettext


@office.route("/studies/<slug>/protocol", methods=["GET", "POST"])
def protocol(slug: str) -> Page:
    stored = current_protocol(g.session, g.study)
    if request.method == "POST":
        require_role(RUN_ROUNDS)
    elif stored.is_sealed or not g.roles & RUN_ROUNDS:
        return _sealed_page()
    there = assignable(g.session, g.study, choices_of(stored))
    form = ProtocolForm(data=typed(stored, there))
    form.offer(there)
    if "look" in request.form:
        return _form_page(form, 200)
    status = 422 if form.is_submitted() else 200
    if form.validate_on_submit():
        try:
            choices = chosen(form, choices_of(stored))
            save_protocol(g.session, g.study, choices, version=form.version.data or 0, actor=actor(), now=now())
            g.session.commit()
        except DelphiError as error:
            status = form.refuse(error)
        else:
            flash(gettext("The protocol is kept. It can be changed until round 1 opens."), "done")
            return redirect(url_for(".protocol", slug=slug), code=303)
    return _form_page(form, status)


@office.route("/studies/<slug>/protocol/amend", methods=["GET", "POST"])
def amend(slug: str) -> Page:
    """Change the sealed protocol for the rounds to come, with the reason."""
    require_role(RUN_ROUNDS)
    stored = current_protocol(g.session, g.study)
    there = assignable(g.session, g.study, choices_of(stored))
    form = AmendmentForm(data=typed_amendment(stored, there))
    form.offer(there)
    status = 422 if form.is_submitted() and "look" not in request.form else 200
    if "look" not in request.form and form.validate_on_submit():
        try:
            choices = amended(form, choices_of(stored))
            amend_protocol(
                g.session, g.study, choices, form.reason.data or "", number=form.version.data or 0, actor=actor(), now=now()
            )
            g.session.commit()
        except DelphiError as error:
            status = form.refuse(error)
        else:
            flash(gettext("The amendment is sealed. It holds for the rounds that open from now on."), "done")
            return redirect(url_for(".protocol", slug=slug), code=303)
    stored = current_protocol(g.session, g.study)
    choices = choices_of(stored)
    page = render_template(
        "office/amend.html",
        form=form,
        protocol=stored,
        rules=rules_on(choices.scale, form, choices),
        lines=lines_of(choices, there.headings),
    )
    return page, status


@office.route("/studies/<slug>/consent", methods=["GET", "POST"])
def consent(slug: str) -> Page:
    stored = current_consent(g.session, g.study)
    form = ConsentForm(data={"number": stored.number, "information": stored.information, "statement": stored.statement})
    if form.is_submitted():
        require_role(RUN_ROUNDS)
    is_preview = "preview" in request.form
    status = 422 if form.is_submitted() and not is_preview else 200
    if form.validate_on_submit() and not is_preview:
        try:
            save_consent(
                g.session,
                g.study,
                form.information.data,
                form.statement.data,
                number=form.number.data or 0,
                actor=actor(),
                now=now(),
            )
            g.session.commit()
        except DelphiError as error:
            status = form.refuse(error)
        else:
            flash(gettext("The text is kept. Everybody agrees to the newest one before they answer."), "done")
            return redirect(url_for(".consent", slug=slug), code=303)
    page = render_template(
        "office/consent.html",
        form=form,
        stored=stored,
        is_preview=is_preview,
        has_opened=bool(rounds_of(g.session, g.study)),
        sight=sight_of(g.session, g.study),
        crisis=crisis_words(g.study),
        outside=outside_contact(g.study),
        rule=choices_of(current_protocol(g.session, g.study)).withdrawal,
    )
    return page, status


def _form_page(form: ProtocolForm, status: int) -> Page:
    before = choices_of(current_protocol(g.session, g.study))
    scale = SCALES.get(form.scale.data or "", SCALES["1-9"])
    return render_template("office/protocol.html", form=form, rules=rules_on(scale, form, before)), status


def _sealed_page() -> Page:
    stored = current_protocol(g.session, g.study)
    made, choices = amendments_of(g.session, g.study), choices_of(stored)
    headings = assignable(g.session, g.study, choices).headings
    return render_template(
        "office/protocol_sealed.html",
        protocol=stored,
        lines=lines_of(choices, headings),
        amendments=[_in_words(amendment, headings) for amendment in reversed(made)],
    )


def _in_words(amendment: Amendment, headings: Headings) -> dict[str, Any]:
    return {
        "number": amendment.number,
        "reason": amendment.protocol.reason,
        "sealed_at": amendment.protocol.sealed_at,
        "sha256": amendment.protocol.sha256,
        "changes": changed_lines(amendment, headings),
    }
