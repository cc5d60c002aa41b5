"""The protocol and the consent text: what is chosen before round 1, and amended with a reason once it is sealed."""

from typing import Any

from flask import flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue as Page

from delphi.models import ConsentText, Protocol
from delphi.services.amending import Amendment, amend_protocol, amendments_of
from delphi.services.assigning import Assignable, assignable
from delphi.services.care import crisis_words, outside_contact
from delphi.services.consent import OWN_WORDS, begun_with, current_consent, is_as_it_came, is_confirmed, save_consent
from delphi.services.protocol import SCALES, choices_of, current_protocol, save_protocol
from delphi.services.researchers import RUN_ROUNDS, researchers_of
from delphi.services.sight import sight_of
from delphi.services.studies import rounds_of
from delphi.web.access import now, require_role
from delphi.web.office import office
from delphi.web.office.choosing import amended, chosen, rules_on, typed, typed_amendment
from delphi.web.office.differing import Difference, Kept, as_sent, differences, opened_with
from delphi.web.office.forms import ConsentForm
from delphi.web.office.forms_protocol import AmendmentForm, ProtocolForm
from delphi.web.office.frame import actor
from delphi.web.office.protocol_topics import topics_of
from delphi.web.office.way import tell_kept
from delphi.web.protocol_words import Headings, changed_lines, lines_of
from delphi.web.words import gettext


@office.route("/studies/<slug>/protocol", methods=["GET", "POST"])
def protocol(slug: str) -> Page:
    stored = current_protocol(g.session, g.study)
    if request.method == "POST":
        require_role(RUN_ROUNDS)
    elif stored.is_sealed or not g.roles & RUN_ROUNDS:
        return _sealed_page()
    there = _assignable(stored)
    kept = typed(stored, there)
    form = ProtocolForm(as_sent(kept), data=kept)
    form.offer(there, researchers_of(g.session, g.study))
    if "look" not in request.form and form.validate_on_submit():
        with form.doing():
            choices = chosen(form, choices_of(stored))
            save_protocol(g.session, g.study, choices, version=form.version.data or 0, actor=actor(), now=now())
        if form.is_done:
            tell_kept(gettext("The protocol is kept. It can be changed until round 1 opens."), "protocol")
            return redirect(url_for(".protocol", slug=slug), code=303)
    return _form_page(form), 200 if "look" in request.form else form.status


@office.route("/studies/<slug>/protocol/amend", methods=["GET", "POST"])
def amend(slug: str) -> Page:
    """Change the sealed protocol for the rounds to come, with the reason."""
    require_role(RUN_ROUNDS)
    stored = current_protocol(g.session, g.study)
    there = _assignable(stored)
    kept = typed_amendment(stored, there)
    form = AmendmentForm(as_sent(kept), data=kept)
    form.offer(there, researchers_of(g.session, g.study))
    if "look" not in request.form and form.validate_on_submit():
        with form.doing():
            choices = amended(form, choices_of(stored))
            reason, number = form.reason.data or "", form.version.data or 0
            amend_protocol(g.session, g.study, choices, reason, number=number, actor=actor(), now=now())
        if form.is_done:
            flash(gettext("The amendment is sealed. It holds for the rounds that open from now on."), "done")
            return redirect(url_for(".protocol", slug=slug), code=303)
    stored = current_protocol(g.session, g.study)
    choices, there = choices_of(stored), _assignable(stored)
    kept = typed_amendment(stored, there)
    page = render_template(
        "office/amend.html",
        form=form,
        protocol=stored,
        differing=_overtaken(form, kept),
        opened=opened_with(kept),
        topics=topics_of(form, choices, there.headings),
        rules=rules_on(choices.scale, form, choices),
        lines=lines_of(choices, there.headings),
    )
    return page, 200 if "look" in request.form else form.status


@office.route("/studies/<slug>/consent", methods=["GET", "POST"])
def consent(slug: str) -> Page:
    stored = current_consent(g.session, g.study)
    kept = _kept_consent(stored)
    form = ConsentForm(as_sent(kept), data=kept)
    if form.is_submitted():
        require_role(RUN_ROUNDS)
    is_preview = "preview" in request.form
    own = {name: form[name].data or "" for name in OWN_WORDS}
    information = begun_with(g.study, form.information.data or "", own)
    if form.validate_on_submit() and not is_preview:
        with form.doing():
            save_consent(
                g.session,
                g.study,
                information,
                form.statement.data,
                number=form.number.data or 0,
                actor=actor(),
                now=now(),
                is_complete=bool(form.is_complete.data) or all(text.strip() for text in own.values()),
            )
        if form.is_done:
            _tell_consent_kept()
            return redirect(url_for(".consent", slug=slug), code=303)
    is_overtaken = form.is_submitted() and form.number.data != stored.number
    page = render_template(
        "office/consent.html",
        form=form,
        stored=stored,
        differing=differences(form, kept, "number") if is_overtaken else None,
        opened=opened_with(kept),
        is_preview=is_preview,
        stored_is_complete=kept["is_complete"],
        information=information if is_preview else stored.information,
        own_words=list(own) if any(own.values()) or is_as_it_came(g.study, stored.information) else [],
        has_opened=bool(rounds_of(g.session, g.study)),
        sight=sight_of(g.session, g.study),
        crisis=crisis_words(g.study),
        outside=outside_contact(g.study),
        rule=choices_of(current_protocol(g.session, g.study)).withdrawal,
    )
    return page, 200 if is_preview else form.status


def _tell_consent_kept() -> None:
    if is_confirmed(g.session, g.study):
        tell_kept(gettext("The text is kept. Everybody agrees to the newest one before they answer."), "consent")
    else:
        flash(gettext("The text is kept. One thing is left: once it says all that is listed here, tick the box."), "done")


def _kept_consent(stored: ConsentText) -> dict[str, Any]:
    return {
        "number": stored.number,
        "information": stored.information,
        "statement": stored.statement,
        "is_complete": is_confirmed(g.session, g.study),
    }


def _assignable(stored: Protocol) -> Assignable:
    return assignable(g.session, g.study, choices_of(stored))


def _overtaken(form: AmendmentForm, kept: Kept) -> list[Difference] | None:
    """Return what somebody else has changed since the form was opened; None where nobody was quicker."""
    return differences(form, kept, "version") if form.is_submitted() and form.version.data != kept["version"] else None


def _form_page(form: ProtocolForm) -> str:
    stored = current_protocol(g.session, g.study)
    there = _assignable(stored)
    kept = typed(stored, there)
    scale = SCALES.get(form.scale.data or "", SCALES["1-9"])
    return render_template(
        "office/protocol.html",
        form=form,
        differing=None if stored.is_sealed else _overtaken(form, kept),
        opened=opened_with(kept),
        topics=topics_of(form, choices_of(stored), there.headings),
        rules=rules_on(scale, form, choices_of(stored)),
    )


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
