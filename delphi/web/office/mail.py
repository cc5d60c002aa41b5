"""Mail: when it goes out and what it says, news to the panel, and the log of what became of it."""

import secrets
from typing import Any

from flask import abort, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue as Page

from delphi.errors import DelphiError
from delphi.mail import message_of, usual_wording
from delphi.models import MailKind, NewsAudience, RoundStatus, Thanks
from delphi.services import mail_texts
from delphi.services.letters import Wording, invented_letter, own_wording, owner_address
from delphi.services.mail_log import counts_of, log_of, n_unreached
from delphi.services.mail_plan import Plan, days_in_vain, next_reminder, plan_of, save_plan
from delphi.services.news import last_closed, news_of, send_news
from delphi.services.outbox import queue_test
from delphi.services.researchers import KEEP_CONTACTS, RUN_ROUNDS
from delphi.services.studies import rounds_of
from delphi.web import limits
from delphi.web.access import now, require_role, site
from delphi.web.office import office
from delphi.web.office.forms_mail import NewsForm, PlanForm, WordsForm
from delphi.web.office.frame import actor
from delphi.web.office.way import onward_from, tell_kept
from delphi.web.office.words import mail_kind_word, mail_state_tag
from delphi.web.sending import send_and_tell
from delphi.web.words import gettext

LONGEST_NUMBER = 6


@office.route("/studies/<slug>/mail", methods=["GET", "POST"])
def mail(slug: str) -> Page:
    """Show when mail goes out and how much has; keep another plan."""
    plan = plan_of(g.session, g.study.id)
    form = PlanForm(data={**vars(plan), "days": ", ".join(map(str, plan.reminder_days)), "thanks": plan.thanks.value})
    if form.is_submitted():
        require_role(RUN_ROUNDS)
    if form.validate_on_submit():
        chosen = Plan(
            form.time_zone.data, form.day_numbers, Thanks(form.thanks.data), form.sender.data or "", form.version.data or 0
        )
        with form.doing():
            save_plan(g.session, g.study, chosen, actor=actor(), now=now())
        if form.is_done:
            has_opened = bool(rounds_of(g.session, g.study))
            tell_kept(gettext("Kept. It holds from now on, in an open round too.") if has_opened else gettext("Kept."), "mail")
            return redirect(url_for(".mail", slug=slug), code=303)
    rounds = rounds_of(g.session, g.study)
    return render_template(
        "office/mail.html",
        form=form,
        owner=owner_address(g.session, g.study.id),
        plan=plan_of(g.session, g.study.id),
        when=_when(plan),
        has_opened=bool(rounds),
        next=next_reminder(g.session, rounds[-1], now=now()) if rounds else None,
        is_open=bool(rounds) and rounds[-1].status == RoundStatus.OPEN,
        texts=[(kind, mail_kind_word(kind), own_wording(g.session, g.study.id, kind)) for kind in mail_texts.OWN_WORDS],
        counts=[(count, mail_kind_word(count.kind)) for count in counts_of(g.session, g.study)],
        n_unreached=n_unreached(g.session, g.study),
        news=news_of(g.session, g.study),
        per_minute=site().settings.mail_per_minute,
        has_server=bool(site().settings.smtp_url),
        in_vain=days_in_vain(g.session, g.study),
        onward=onward_from("mail"),
    ), form.status


@office.route("/studies/<slug>/mail/texts/<kind>", methods=["GET", "POST"])
def mail_text(slug: str, kind: str) -> Page:
    """Show what such mail says, as it arrives; look at other words, and keep them."""
    about = _kind(kind)
    usual = _usual(about)
    known = own_wording(g.session, g.study.id, about) or usual
    version = mail_texts.version_of(g.session, g.study, about)
    form = WordsForm(data={"subject": known.subject, "body": known.body, "version": version})
    status, shown = 422 if form.is_submitted() else 200, known
    if form.is_submitted():
        require_role(RUN_ROUNDS)
    if form.validate_on_submit():
        try:
            wording = mail_texts.checked(g.study, about, form.subject.data, form.body.data)
            if "preview" not in request.form:
                return _keep(about, wording, usual, form.version.data or 0)
            status, shown = 200, wording
        except DelphiError as error:
            status = form.refuse(error)
    return render_template(
        "office/mail_text.html",
        form=form,
        kind=about,
        kind_word=mail_kind_word(about),
        places=mail_texts.PLACES_OF[about],
        preview=_preview(about, None if mail_texts.is_usual(shown, usual) else shown),
        is_own=version > 0,
        onward=onward_from("mail"),
    ), status


@office.post("/studies/<slug>/mail/texts/<kind>/test")
@limits.limiter.limit(limits.NEW_LINK)
def test_mail(slug: str, kind: str) -> Page:
    """Send such a mail, as an invented person would get it, to whoever asks."""
    require_role(RUN_ROUNDS)
    queue_test(g.session, g.study, g.researcher, _kind(kind), now=now())
    g.session.commit()
    send_and_tell(gettext("A test is on its way to %(address)s. Its link leads nowhere.", address=g.researcher.email))
    return redirect(url_for(".mail_text", slug=slug, kind=kind), code=303)


@office.route("/studies/<slug>/mail/news", methods=["GET", "POST"])
def mail_news(slug: str) -> Page:
    """Write a mail to the panel, look at it, and send it."""
    require_role(RUN_ROUNDS)
    usual = _usual(MailKind.NEWS)
    form = NewsForm(data={"subject": usual.subject, "body": usual.body, "key": secrets.token_urlsafe(16), "version": 0})
    status, shown = 422 if form.is_submitted() else 200, None
    if form.validate_on_submit():
        try:
            wording = mail_texts.checked(g.study, MailKind.NEWS, form.subject.data, form.body.data)
            if "preview" not in request.form:
                return _send(form, wording)
            status, shown = 200, wording
        except DelphiError as error:
            status = form.refuse(error)
    return render_template(
        "office/mail_news.html",
        form=form,
        places=mail_texts.PLACES_OF[MailKind.NEWS],
        preview=_preview(MailKind.NEWS, shown) if shown else None,
        has_closed=last_closed(g.session, g.study) is not None,
    ), status


@office.get("/studies/<slug>/mail/log")
def mail_log(slug: str) -> str:
    """Show the custodian to whom which mail went and how it stands."""
    require_role(KEEP_CONTACTS)
    asked = request.args.get("page", "1")
    if not (asked.isascii() and asked.isdigit() and len(asked) <= LONGEST_NUMBER):
        abort(404)
    page = log_of(g.session, site().keyring, g.study, int(asked))
    mails = [(mail, mail_kind_word(mail.kind), mail_state_tag(mail.state)) for mail in page.mails]
    return render_template("office/mail_log.html", page=page, mails=mails)


def _when(plan: Plan) -> str:
    """Return in a line which mail goes out by itself."""
    days = ", ".join(map(str, plan.reminder_days))
    reminders = gettext("reminders on days %(days)s of a round", days=days) if days else gettext("no reminders")
    thanks = {
        Thanks.NEVER: gettext("no thanks"),
        Thanks.FINISHING: gettext("thanks to whoever is done"),
        Thanks.CLOSE: gettext("thanks when the round closes"),
    }
    return f"{reminders}; {thanks[plan.thanks]}"


def _kind(name: str) -> MailKind:
    if name not in mail_texts.OWN_WORDS:
        abort(404)
    return MailKind(name)


def _usual(kind: MailKind) -> Wording:
    return usual_wording(kind, g.study.language, site().settings.language)


def _preview(kind: MailKind, wording: Wording | None) -> dict[str, Any]:
    letter = invented_letter(g.session, g.study, kind, "alex@example.org", wording, now=now())
    message = message_of(site().settings, letter, now=now())
    return {"subject": message["Subject"], "to": str(message["To"]), "body": message.get_content()}


def _keep(kind: MailKind, wording: Wording, usual: Wording, version: int) -> Page:
    mail_texts.keep_text(g.session, g.study, kind, wording, usual, version=version, actor=actor(), now=now())
    g.session.commit()
    tell_kept(gettext("Kept. Mail that has not gone out yet says this from now on."), "mail")
    return redirect(url_for(".mail_text", slug=g.study.slug, kind=kind), code=303)


def _send(form: NewsForm, wording: Wording) -> Page:
    audience = NewsAudience(form.audience.data)
    send_news(g.session, g.study, wording, audience, key=form.key.data or "", actor=actor(), now=now())
    g.session.commit()
    send_and_tell(gettext("The mail is on its way."))
    return redirect(url_for(".mail", slug=g.study.slug), code=303)
