"""Refusals as pages: a sentence, what to do next, and the right status; never a traceback."""

import logging

from flask import Flask, Response, g, jsonify, make_response, render_template, request, session
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import IntegrityError, OperationalError
from sqlalchemy.orm.exc import StaleDataError
from werkzeug.exceptions import HTTPException, SecurityError

from delphi.errors import DelphiError, FileError
from delphi.services.links import DeadLinkError, StudyEndedError
from delphi.web.access import SignInNeededError
from delphi.web.words import gettext, marked

SENTENCES = {
    400: marked("This address or form cannot be read. Go back and try again."),
    404: marked("There is nothing at this address. It may be incomplete."),
    405: marked("This address only takes what its form sends. Open the page first."),
    413: marked("What was sent is larger than this site takes (4 MB). Send less at a time."),
    429: marked("Too many attempts from here. Wait a minute, then try again."),
    500: marked("Something went wrong on our side. What you saved before is kept. Try again in a minute."),
    503: marked("The site is busy. Nothing was changed. Try again in a minute; what you typed is still in your browser."),
}
log = logging.getLogger(__name__)


def install(app: Flask) -> None:
    """Answer every refusal in words, as a page or, where a script asks, as JSON."""
    app.register_error_handler(DelphiError, refused)
    app.register_error_handler(StaleDataError, _stale)
    app.register_error_handler(IntegrityError, _collided)
    app.register_error_handler(CSRFError, no_token)
    app.register_error_handler(OperationalError, _busy)
    app.register_error_handler(SecurityError, _not_here)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(Exception, _broken)


def sentence(error: DelphiError) -> str:
    """Return the refusal in the reader's language."""
    return error.said(gettext)


def refused(error: DelphiError) -> Response:
    """Answer a refusal with its own sentence."""
    _take_back()
    if isinstance(error, StudyEndedError):
        g.study = error.study  # whose language its people read
    lines = list(error.lines(gettext)) if isinstance(error, FileError) else []
    return _answer(error.status, sentence(error), lines=lines, area=_way_on(error))


def _stale(_error: StaleDataError) -> Response:
    _take_back()
    return _answer(409, gettext("Somebody else has changed this meanwhile. Open the page again and make your change there."))


def _collided(error: IntegrityError) -> Response:
    # Two requests that were each right alone; the database let one through.
    log.warning("database: %s", error.orig)
    _take_back()
    return _answer(409, gettext("Somebody else did the same at the same moment, so nothing was changed. Open the page again."))


def no_token(_error: CSRFError) -> Response:
    """Say that the form's token has gone with the session it was made in."""
    return _answer(400, gettext("Your session has ended, so nothing was changed. Sign in again, and do it once more."))


def _busy(error: OperationalError) -> Response:
    log.warning("database: %s", error.orig)
    _take_back()
    return _answer(503, gettext(SENTENCES[503]))


def _not_here(_error: SecurityError) -> Response:
    # The host's name is not the site's, so no address can be built and no page with links.
    said = gettext("This site does not go by that name. Use the address in DELPHI_PUBLIC_URL.")
    return Response(said, 400, mimetype="text/plain")


def _http(error: HTTPException) -> Response:
    code = error.code or 500
    if code < 400:
        return make_response(error.get_response())
    return _answer(code, gettext(SENTENCES.get(code, SENTENCES[400])))


def _broken(error: Exception) -> Response:
    log.exception("a request failed", exc_info=error)
    _take_back()
    return _answer(500, gettext(SENTENCES[500]))


def _take_back() -> None:
    """Undo what the request has not committed: after a failure in it, nothing could be read for the page either."""
    if (opened := g.get("session")) is not None:
        opened.rollback()


def _answer(status: int, message: str, *, lines: list[str] | None = None, area: str | None = None) -> Response:
    if request.accept_mimetypes.best == "application/json":
        return make_response(jsonify(message=message, lines=lines or []), status)
    page = render_template("error.html", status=status, message=message, lines=lines or [], area=area or _area())
    return make_response(page, status)


def _way_on(error: DelphiError) -> str:
    """Return which way to show on: of a panelist who is not in, the ways to come in."""
    if isinstance(error, DeadLinkError):
        return "entry"
    if isinstance(error, SignInNeededError):
        return "entry" if error.area == "panel" else error.area
    if isinstance(error, StudyEndedError):
        return "public"
    return _area()


def _area() -> str:
    if request.path.startswith("/office") and "researcher" in session:
        return "office"
    return "panel" if "panelist" in session else "public"
