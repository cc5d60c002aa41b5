"""Words that arrive when nobody is signed in any more: nothing typed is lost, and the way back leads to where it was typed."""

from typing import Any
from urllib.parse import urlsplit

from flask import abort, g, jsonify, render_template, request, session, url_for
from flask.typing import ResponseReturnValue as Page
from flask_wtf.csrf import CSRFError

from delphi.errors import ConflictError, DelphiError
from delphi.models import RoundMember
from delphi.services.links import StudyEndedError
from delphi.web import errors
from delphi.web.access import SignInNeededError, now, require_panelist
from delphi.web.errors import sentence
from delphi.web.panel import panel
from delphi.web.panel.held import CARRYING, address_here, form_at, held_here, page_of
from delphi.web.words import gettext


class ConsentNeededError(ConflictError):
    """The information on taking part has changed, so that nothing is saved before it is agreed to."""


class SomebodyElseError(ConflictError):
    """The form belongs to another person's ballot than the one who is signed in on this device now."""


def ballot_key(member: RoundMember) -> str:
    """Return the name under which a device keeps what belongs to this member's ballot."""
    return f"{member.round_id}-{member.panelist.pseudonym}"


def require_own_form(member: RoundMember) -> None:
    """Refuse a form that was made for another ballot, as when two people use one device."""
    # Only a form that carries on what was typed needs no token of this session, and so has to say whose it is.
    given = request.form.get("ballot", "" if request.endpoint == CARRYING else ballot_key(member))
    if given != ballot_key(member):
        raise SomebodyElseError(
            "This page belongs to somebody else than the person who is signed in here now, so nothing was saved. "
            "Choose Exit, and open your own link."
        )


@panel.before_request
def _own_form() -> None:
    if held_here() is not None:
        require_own_form(g.member)


@panel.errorhandler(SignInNeededError)
@panel.errorhandler(CSRFError)
def _signed_out(error: Any) -> Page:
    refuse = errors.no_token if isinstance(error, CSRFError) else errors.refused
    if held_here() is None or not _is_sent_from_here():
        return refuse(error)
    status = 400 if refuse == errors.no_token else 401
    try:
        require_own_form(require_panelist())
    except (SomebodyElseError, StudyEndedError) as refusal:
        return errors.refused(refusal)
    except SignInNeededError:
        return _held(gettext("You are signed out; nothing is lost. Open your link again."), status, "in")
    return _held(gettext("This page is older than your coming in again, so it was not saved yet. Nothing is lost."), status, "")


@panel.errorhandler(ConsentNeededError)
def _consent_needed(error: ConsentNeededError) -> Page:
    if held_here() is None:
        return errors.refused(error)
    said = gettext("This was not saved yet: the information on taking part has changed. Nothing is lost. Read it and agree.")
    return _held(said, error.status, "consent")


def _held(message: str, status: int, first: str) -> Page:
    """Answer that nothing is saved and nothing lost: to a script, which keeps all, or with a page that carries it on.

    `first` is what its writer has to do first: come "in", agree to what the "consent" says, or nothing.
    """
    held, address = held_here(), address_here()
    assert held is not None
    session["back"] = {
        "ballot": request.form.get("ballot", "")[:80],
        "form": address[:160],
        "item": request.form.get("item", "")[:80],
    }
    if "fragment" in request.form:
        return jsonify(message=message, held=True, way=_way_in(first)), status
    typed, fields = held.in_words(request.form), held.fields(request.form)
    page = render_template("panel/carried.html", message=message, first=first, typed=typed, fields=fields, form_address=address)
    return page, status


@panel.post("/<path:form>/typed")
def show_typed(form: str) -> Any:
    """Show the page of a form with what was typed in it before its writer had to come in again; none of it is saved by this.

    The form that carried it proves nothing about who sends it, so the writer looks at it once more and presses the button.
    """
    held = form_at(form)
    if held is None:
        abort(404)
    try:
        if held.while_open:
            g.round.require_accepting(now())
        return page_of(form)()
    except DelphiError as refusal:
        return too_late(refusal)


def too_late(refusal: DelphiError) -> Page:
    """Say why this cannot be saved any more, and give what was typed back for its writer to keep."""
    if "fragment" in request.form:
        return jsonify(message=sentence(refusal)), refusal.status
    held = held_here()
    typed = held.in_words(request.form) if held else []
    return render_template("panel/too_late.html", message=sentence(refusal), typed=typed), refusal.status


def _way_in(first: str) -> dict[str, str]:
    if first == "consent":
        return {"text": gettext("Read it and agree"), "url": url_for("panel.consent")}
    return {"text": gettext("Type your code"), "url": url_for("public.enter_code")}


def _is_sent_from_here() -> bool:
    """Whether the form was on a page of this site: nobody else's page may have its words shown on this one."""
    origin = request.headers.get("Origin", request.host_url)
    return urlsplit(origin).netloc == request.host


def way_back() -> str | None:
    """Return, once, where somebody was when their session ended who has come in again."""
    back = session.pop("back", None)
    if not back or back["ballot"] != ballot_key(g.member) or form_at(back["form"]) is None:
        return None
    page = f"{url_for('panel.overview')}{back['form']}"
    return f"{page}#{back['item']}" if back["item"] else page
