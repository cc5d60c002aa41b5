"""Answers that arrive when nobody is signed in any more: nothing typed is lost, and the way back leads to where it was typed."""

from typing import Any
from urllib.parse import urlsplit

from flask import g, jsonify, render_template, request, session, url_for
from flask.typing import ResponseReturnValue as Page
from flask_wtf.csrf import CSRFError

from delphi.errors import ConflictError
from delphi.models import RoundMember
from delphi.web import errors
from delphi.web.access import SignInNeededError, require_panelist
from delphi.web.errors import sentence
from delphi.web.panel import panel
from delphi.web.panel.carried import carried_fields, in_words
from delphi.web.words import gettext

CARRYING = "panel.show_typed"
SAVING = frozenset({"panel.save_section", CARRYING})


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


@panel.errorhandler(SignInNeededError)
@panel.errorhandler(CSRFError)
def _signed_out(error: Any) -> Page:
    refuse = errors.no_token if isinstance(error, CSRFError) else errors.refused
    if request.endpoint not in SAVING or not _is_sent_from_here():
        return refuse(error)
    try:
        require_own_form(require_panelist())
    except SomebodyElseError as refusal:
        return errors.refused(refusal)
    except SignInNeededError:
        pass
    return _held(gettext("You are signed out; nothing is lost. Open your link again."), 400 if refuse == errors.no_token else 401)


@panel.errorhandler(ConsentNeededError)
def _consent_needed(error: ConsentNeededError) -> Page:
    if request.endpoint not in SAVING:
        return errors.refused(error)
    try:
        require_own_form(g.member)
    except SomebodyElseError as refusal:
        return errors.refused(refusal)
    return _held(sentence(error), error.status)


def _held(message: str, status: int) -> Page:
    """Answer that nothing is saved and nothing lost: to a script, which keeps all, or with a page that carries it on."""
    session["back"] = {
        "ballot": request.form.get("ballot", "")[:80],
        "section": str((request.view_args or {}).get("key", ""))[:80],
        "item": request.form.get("item", "")[:80],
    }
    needs_consent = status == ConsentNeededError.status
    if "fragment" in request.form:
        return jsonify(message=message, held=True, way=_way_in(needs_consent)), status
    page = render_template(
        "panel/carried.html",
        message=message,
        needs_consent=needs_consent,
        typed=in_words(request.form),
        fields=carried_fields(request.form),
        section=session["back"]["section"],
    )
    return page, status


def _way_in(needs_consent: bool) -> dict[str, str]:
    if needs_consent:
        return {"text": gettext("Read it and agree"), "url": url_for("panel.consent")}
    return {"text": gettext("Type your code"), "url": url_for("public.enter_code")}


def _is_sent_from_here() -> bool:
    """Whether the form was on a page of this site: nobody else's page may have its words shown on this one."""
    origin = request.headers.get("Origin", request.host_url)
    return urlsplit(origin).netloc == request.host


def way_back() -> str | None:
    """Return, once, where somebody was when their session ended who has come in again."""
    back = session.pop("back", None)
    if not back or not back["section"] or back["ballot"] != ballot_key(g.member):
        return None
    return url_for("panel.section", key=back["section"], _anchor=back["item"] or None)
