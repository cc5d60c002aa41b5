"""One's own account: the links by mail that lead to it, a password that was forgotten, and changing it."""

import time

from flask import flash, g, redirect, render_template, session, url_for
from flask.typing import ResponseReturnValue as Page

from delphi.models import AccountLink, LinkPurpose, Researcher, Role, Study
from delphi.services import passwords, team
from delphi.services.account_links import link_by_token
from delphi.services.researchers import has_second_factor, known_by
from delphi.web import limits
from delphi.web.access import now, sign_in_researcher, site
from delphi.web.office import office
from delphi.web.office.forms import ConfirmForm, OfficeForm
from delphi.web.office.forms_team import AddressedForm, ChangePasswordForm, NewPasswordForm
from delphi.web.office.words import role_means
from delphi.web.sending import send, send_and_tell
from delphi.web.words import gettext


@office.route("/link/<token>", methods=["GET", "POST"])
@limits.limiter.limit(limits.LINK)
def account_link(token: str) -> Page:
    """Show what a link from a mail is good for, and do it when told to."""
    link = link_by_token(g.session, token, now=now())
    if link.study_id is not None:
        g.study = g.session.get_one(Study, link.study_id)
    needs_password = link.purpose == LinkPurpose.PASSWORD or known_by(g.session, link.address) is None
    form: OfficeForm = NewPasswordForm() if needs_password else ConfirmForm()
    if form.validate_on_submit():
        with form.doing():
            researcher = _follow(link, form)
        if form.is_done:
            return _arrived(link, researcher)
    return _link_page(link, form), form.status


@office.route("/forgotten", methods=["GET", "POST"])
@limits.limiter.limit(limits.NEW_LINK, methods=["POST"])
def forgotten() -> Page:
    """Mail a link for a new password; say the same, and take as long, whatever the address is."""
    began, form = time.monotonic(), AddressedForm()
    if not form.validate_on_submit():
        return render_template("office/forgotten.html", form=form), 422 if form.is_submitted() else 200
    passwords.send_password_link(g.session, site().keyring, form.address.data, now=now())
    g.session.commit()
    send_and_tell(gettext("If this address has an account, a mail with a link is on its way. The link works for an hour."))
    time.sleep(max(0.0, began + limits.SAME_TIME - time.monotonic()))
    return redirect(url_for(".sign_in"), code=303)


@office.route("/account", methods=["GET", "POST"])
@limits.limiter.limit(limits.SIGN_IN, methods=["POST"])
def account() -> Page:
    """Show one's own account; change its password."""
    form = ChangePasswordForm()
    if form.validate_on_submit():
        with form.doing():
            passwords.change_password(g.session, g.researcher, form.present.data, form.password.data, now=now())
        if form.is_done:
            sign_in_researcher(g.researcher)
            send_and_tell(gettext("Your password is changed. Everywhere else you are signed out."))
            return redirect(url_for(".account"), code=303)
    is_set_up = has_second_factor(g.session, g.researcher)
    return render_template("office/account.html", form=form, is_set_up=is_set_up), form.status


def _follow(link: AccountLink, form: OfficeForm) -> Researcher:
    password = form.password.data if isinstance(form, NewPasswordForm) else ""
    if link.purpose == LinkPurpose.PASSWORD:
        return passwords.renew_password(g.session, link, password, now=now())
    return team.accept(g.session, link, password, now=now())


def _arrived(link: AccountLink, researcher: Researcher) -> Page:
    """Lead on to the study, or to the sign-in: what a link does is no way around a password."""
    send()
    if link.purpose == LinkPurpose.PASSWORD:
        flash(gettext("Your new password is kept, and you are signed out everywhere. Sign in with it."), "done")
    else:
        flash(gettext("You are on the team of this study now: %(title)s", title=g.study.title), "done")
        if (session.get("researcher") or {}).get("id") == researcher.id:
            return redirect(url_for(".overview", slug=g.study.slug), code=303)
    return redirect(url_for(".sign_in"), code=303)


def _link_page(link: AccountLink, form: OfficeForm) -> str:
    asking = g.session.get(Researcher, link.by_id) if link.by_id is not None else None
    return render_template(
        "office/account_link.html",
        form=form,
        link=link,
        asking=asking.email if asking else "",
        roles=[(Role(role), role_means(Role(role))) for role in link.roles],
    )
