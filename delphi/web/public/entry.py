"""Coming in: by the personal link, by the code that can be typed, and by a new link for whoever has neither."""

import time

from flask import g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue as Page
from wtforms import EmailField, StringField
from wtforms.validators import DataRequired, Length, ValidationError

from delphi.errors import InvalidError
from delphi.models import Round, RoundMember, Standing, Study
from delphi.services.answering import sheet_of
from delphi.services.links import DeadLinkError, member_by_code, member_by_token
from delphi.services.new_links import send_new_links
from delphi.services.panel import has_ever_agreed
from delphi.services.researchers import normal_address
from delphi.services.taking_part import take_part_after_all
from delphi.web import limits
from delphi.web.access import now, sign_in_panelist, site
from delphi.web.errors import sentence
from delphi.web.fields import SiteForm
from delphi.web.information import information_minutes
from delphi.web.panel.held import carried_on
from delphi.web.public import public
from delphi.web.sending import send_and_tell
from delphi.web.words import gettext, lazy_gettext

AFTER_ALL = "after_all"  # the field by which somebody who has said no says that they take part after all


class CodeForm(SiteForm):
    """The code from the mail, as people type it."""

    code = StringField(
        lazy_gettext("Your code"),
        [DataRequired(lazy_gettext("Type the code from your mail.")), Length(max=100)],
        description=lazy_gettext("Ten letters and digits, such as ABCDE-FGHJK. Capitals, spaces and the hyphen do not matter."),
    )


class NewLinkForm(SiteForm):
    """An address, and nothing else."""

    address = EmailField(
        lazy_gettext("Your e-mail address"),
        [DataRequired(lazy_gettext("Give the address to which your invitation went.")), Length(max=300)],
        description=lazy_gettext("The one to which your invitation went."),
    )

    def validate_address(self, field: EmailField) -> None:
        try:
            normal_address((field.data or "").strip())
        except InvalidError:
            raise ValidationError(gettext("This is not an e-mail address. It looks like name@example.org")) from None


@public.get("/p/<token>")
@limits.limiter.limit(limits.LINK)
def landing(token: str) -> str:
    """Show that a link works, without a name or an answer: mail scanners and colleagues see no more than this."""
    return landing_page(member_by_token(g.session, token), token=token)


@public.post("/p/<token>")
@limits.limiter.limit(limits.LINK)
def enter(token: str) -> Page:
    """Exchange the link for a session and move on to an address without it."""
    member = member_by_token(g.session, token)
    if _has_to_say_so(member):
        return landing_page(member, token=token), 409
    return _come_in(member)


@public.get("/enter")
def enter_code() -> str:
    return _code_page(CodeForm())


@public.post("/enter")
@limits.limiter.limit(limits.CODE, deduct_when=limits.has_failed)
@limits.limiter.shared_limit(limits.CODE_ANYWHERE, "codes", key_func=limits.anywhere, deduct_when=limits.has_failed)
def enter_by_code() -> Page:
    """Exchange a typed code for a session; a code that leads nowhere comes back to be mended."""
    form = CodeForm()
    if not form.validate_on_submit():
        return _code_page(form), 422
    try:
        member = member_by_code(g.session, site().keyring, form.code.data)
    except DeadLinkError as refusal:
        form.code.errors = [sentence(refusal)]
        return _code_page(form), refusal.status
    if _has_to_say_so(member):
        return landing_page(member, code=form.code.data), 409
    return _come_in(member)


@public.route("/new-link", methods=["GET", "POST"])
@limits.limiter.limit(limits.NEW_LINK, methods=["POST"])
def new_link() -> Page:
    """Send a new link to an address that is invited; say the same, and take as long, whatever the address is."""
    began, form = time.monotonic(), NewLinkForm()
    if not form.validate_on_submit():
        return render_template("public/new_link.html", form=form), 422 if form.is_submitted() else 200
    send_new_links(g.session, site().keyring, form.address.data, now=now())
    g.session.commit()
    send_and_tell(gettext("If this address is on a panel with an open round, a mail with a new link is on its way."))
    time.sleep(max(0.0, began + limits.SAME_TIME - time.monotonic()))
    return redirect(url_for(".new_link"), code=303)


def landing_page(member: RoundMember, **way_in: str) -> str:
    """Return the page between link and session; `way_in` is the token or the code that has been given."""
    round_ = g.session.get_one(Round, member.round_id)
    g.study = g.session.get_one(Study, round_.study_id)
    has_declined = member.panelist.standing == Standing.DECLINED
    return render_template(
        "public/landing.html",
        round=round_,
        minutes=_minutes(member, round_),
        has_declined=has_declined,
        carried=carried_on(request.form),
        **way_in,
    )


def _minutes(member: RoundMember, round_: Round) -> dict[str, int] | None:
    """Return how long reading and answering take whoever has yet to agree; nothing where there is less to do than that."""
    if has_ever_agreed(g.session, member.panelist) or not round_.accepts_answers(now()):
        return None
    return {"before": information_minutes(), "after": sheet_of(g.session, member, round_).minutes}


def _code_page(form: CodeForm) -> str:
    return render_template("public/enter.html", form=form, carried=carried_on(request.form))


def _has_to_say_so(member: RoundMember) -> bool:
    return member.panelist.standing == Standing.DECLINED and AFTER_ALL not in request.form


def _come_in(member: RoundMember) -> Page:
    take_part_after_all(g.session, member, now=now())
    g.session.commit()
    sign_in_panelist(member)
    if carried_on(request.form):  # what was typed when the session had ended; the code that brings it came along
        return redirect(url_for("panel.show_typed", form=request.form["carry"]), code=307)
    return redirect(url_for("panel.overview"), code=303)
