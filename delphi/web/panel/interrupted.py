"""Answers that arrive when nobody is signed in any more: nothing typed is lost, and the way back leads to where it was typed."""

from typing import Any

from flask import g, jsonify, redirect, request, session, url_for
from flask.typing import ResponseReturnValue as Page
from flask_wtf.csrf import CSRFError

from delphi.errors import ConflictError
from delphi.models import RoundMember
from delphi.web import errors
from delphi.web.access import SignInNeededError, require_panelist
from delphi.web.errors import sentence
from delphi.web.panel import panel
from delphi.web.words import gettext

SAVING = "panel.save_section"


class ConsentNeededError(ConflictError):
    """The information on taking part has changed, so that nothing is saved before it is agreed to."""


class SomebodyElseError(ConflictError):
    """The form belongs to another person's ballot than the one who is signed in on this device now."""


def ballot_key(member: RoundMember) -> str:
    """Return the name under which a device keeps what belongs to this member's ballot."""
    return f"{member.round_id}-{member.panelist.pseudonym}"


def require_own_form(member: RoundMember) -> None:
    """Refuse a form that was made for another ballot, as when two people use one device."""
    if request.form.get("ballot", ballot_key(member)) != ballot_key(member):
        raise SomebodyElseError(
            "This page belongs to somebody else than the person who is signed in here now, so nothing was saved. "
            "Choose Exit, and open your own link."
        )


@panel.errorhandler(SignInNeededError)
@panel.errorhandler(CSRFError)
def _signed_out(error: Any) -> Page:
    if request.endpoint != SAVING:
        return errors.no_token(error) if isinstance(error, CSRFError) else errors.refused(error)
    try:
        require_own_form(require_panelist())
    except SomebodyElseError as refusal:
        return errors.refused(refusal)
    except SignInNeededError:
        pass
    _note_the_way_back()
    status = 400 if isinstance(error, CSRFError) else error.status
    return _held(gettext("You are signed out; nothing is lost. Open your link again."), status)


@panel.errorhandler(ConsentNeededError)
def _consent_needed(error: ConsentNeededError) -> Page:
    if request.endpoint != SAVING:
        return errors.refused(error)
    _note_the_way_back()
    return _held(sentence(error), error.status)


def _held(message: str, status: int) -> Page:
    """Answer the script that it has to keep everything until somebody can sign in or agree."""
    return jsonify(message=message, held=True), status


def _note_the_way_back() -> None:
    session["back"] = {
        "ballot": request.form.get("ballot", "")[:80],
        "section": str((request.view_args or {}).get("key", ""))[:80],
        "item": request.form.get("item", "")[:80],
    }


@panel.before_request
def _lead_back() -> Page | None:
    """Send who has come in again to where they were when their session ended, once."""
    if request.endpoint != "panel.overview" or not (back := session.pop("back", None)):
        return None
    if back["ballot"] != ballot_key(g.member):
        return None
    return redirect(url_for("panel.section", key=back["section"], _anchor=back["item"] or None), code=303)
