"""Care: where people can turn, their messages and the answers to them, and what they say of themselves, in counts."""

from dataclasses import asdict

from flask import g, redirect, render_template, url_for
from flask.typing import ResponseReturnValue as Page

from delphi.errors import DelphiError
from delphi.models import RoundStatus
from delphi.services import background as said
from delphi.services import messages as letters
from delphi.services.care import CRISIS_WORDS, OutsideContact, outside_contact, own_crisis_words, save_care
from delphi.services.protocol import choices_of, current_protocol
from delphi.services.researchers import OWN, RUN_ROUNDS, SEE_RESULTS
from delphi.services.safeguarding import is_reader, unread_texts
from delphi.services.studies import rounds_of
from delphi.web.access import now, require_role, site
from delphi.web.office import office
from delphi.web.office.forms import CareForm, ReplyForm
from delphi.web.office.frame import actor
from delphi.web.office.way import tell_kept
from delphi.web.sending import send_and_tell
from delphi.web.words import gettext


@office.route("/studies/<slug>/care", methods=["GET", "POST"])
def care(slug: str) -> Page:
    kept = outside_contact(g.study) or OutsideContact()
    form = CareForm(data={**asdict(kept), "crisis": own_crisis_words(g.study), "version": g.study.version})
    if form.is_submitted():
        require_role(OWN)
    if form.validate_on_submit():
        contact = OutsideContact(form.name.data or "", form.role.data or "", form.phone.data or "", form.mail.data or "")
        with form.doing():
            save_care(
                g.session, g.study, contact, form.crisis.data or "", version=form.version.data or 0, actor=actor(), now=now()
            )
        if form.is_done:
            tell_kept(gettext("Kept. It stands wherever panelists can write."), "care")
            return redirect(url_for(".care", slug=slug), code=303)
    reads = is_reader(g.session, g.study, g.researcher)
    page = render_template(
        "office/care.html",
        form=form,
        default=CRISIS_WORDS,
        has_closed=any(round_.status != RoundStatus.OPEN for round_ in rounds_of(g.session, g.study)),
        n_waiting=letters.n_waiting(g.session, g.study) if g.roles & RUN_ROUNDS else 0,
        n_unread=len(unread_texts(g.session, site().keyring, g.study)) if reads else None,
    )
    return page, form.status


@office.get("/studies/<slug>/messages")
def messages(slug: str) -> Page:
    """List the conversations by what they say alone; nobody's name stands beside them."""
    require_role(RUN_ROUNDS)
    return render_template("office/messages.html", threads=letters.threads(g.session, site().keyring, g.study))


@office.route("/studies/<slug>/messages/<int:key>", methods=["GET", "POST"])
def conversation(slug: str, key: int) -> Page:
    require_role(RUN_ROUNDS)
    found = letters.find_thread(g.session, site().keyring, g.study, key)
    form = ReplyForm(data={"seen": found.lines[-1].number})
    status = 422 if form.is_submitted() else 200
    if form.validate_on_submit():
        try:
            seen = form.seen.data or 0
            letters.answer(g.session, site().keyring, g.study, key, form.text.data or "", seen=seen, actor=actor(), now=now())
            g.session.commit()
        except DelphiError as error:
            status = form.refuse(error)
            found = letters.find_thread(g.session, site().keyring, g.study, key)
            form.seen.process_data(found.lines[-1].number)
        else:
            send_and_tell(gettext("The answer stands on their page. A mail tells them so."))
            return redirect(url_for(".messages", slug=slug), code=303)
    return render_template("office/conversation.html", form=form, thread=found), status


@office.get("/studies/<slug>/background")
def background(slug: str) -> Page:
    """Show what the panel said of itself by the last close: counts that stand alone, and interests beside nothing."""
    require_role(SEE_RESULTS)
    choices = choices_of(current_protocol(g.session, g.study))
    return render_template(
        "office/background.html",
        told=said.told(g.study, choices),
        asked=bool(choices.questions),
        declared=said.declared_interests(g.study, choices.policy),
        texts=said.interest_texts(g.session, g.study),
        is_open=any(round_.status == RoundStatus.OPEN for round_ in rounds_of(g.session, g.study)),
        least=choices.policy.least_group,
        prefer_not=said.PREFER_NOT,
    )
