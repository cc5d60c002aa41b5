"""Who is asking: one database session a request, and the guards of the panel's and the office's pages."""

from dataclasses import dataclass
from datetime import datetime

from flask import Flask, current_app, g, request, session

from delphi.clock import Clock
from delphi.config import Settings
from delphi.database import Database
from delphi.errors import DelphiError, NotFoundError
from delphi.language import marked
from delphi.models import Researcher, Role, RoundMember, Standing, Study
from delphi.services.keyring import Keyring
from delphi.services.links import StudyEndedError, member_in_session
from delphi.services.researchers import require_any, roles_in
from delphi.services.studies import find_study

# What a device may have kept of somebody who leaves: pages to go back to, and comments that were typed and could not be sent.
CLEAR_DEVICE = {"Clear-Site-Data": '"cache", "storage"'}
COME_IN = marked("Open the personal link from your mail to go on, or type your code. What was saved is kept.")
READS = frozenset({"GET", "HEAD", "OPTIONS"})


class SignInNeededError(DelphiError):
    """Nobody is signed in, or no longer; `area` says which way back in to show."""

    status = 401

    def __init__(self, message: str, area: str) -> None:
        super().__init__(message)
        self.area = area


@dataclass(frozen=True)
class Site:
    """What every request of this installation works with."""

    settings: Settings
    database: Database
    keyring: Keyring
    clock: Clock


def install(app: Flask) -> None:
    """Give every request a database session: one that cannot write, unless the request is meant to change something."""

    @app.before_request
    def _open() -> None:
        if request.endpoint != "static":
            database = site().database
            g.session = database.reading() if request.method in READS else database.writing()

    @app.teardown_request
    def _close(_error: BaseException | None) -> None:
        if (opened := g.pop("session", None)) is not None:
            opened.close()


def site() -> Site:
    """Return this installation's settings, database and keys."""
    found: Site = current_app.extensions["delphi"]
    return found


def now() -> datetime:
    """Return the present moment, in UTC."""
    return site().clock()


def sign_in_researcher(researcher: Researcher) -> None:
    """Start a fresh session for a researcher; whatever the browser brought is dropped."""
    session.clear()
    g.pop("csrf_token", None)  # a page that is shown at once needs the token of the new session
    session["researcher"] = {"id": researcher.id, "epoch": researcher.session_epoch}


def sign_in_panelist(member: RoundMember) -> None:
    """Start a fresh session for a panelist in a round; of what the browser brought, only the way back to a section is kept."""
    back = session.get("back")
    session.clear()
    if back:
        session["back"] = back
    session["panelist"] = {
        "round": member.round_id,
        "panelist": member.panelist_id,
        "serial": member.panelist.link_serial,
        "epoch": member.panelist.session_epoch,
    }


def require_researcher() -> Researcher:
    """Return who is signed in to the office, or ask to sign in."""
    known = session.get("researcher") or {}
    researcher: Researcher | None = g.session.get(Researcher, known.get("id", 0))
    if researcher is None or researcher.session_epoch != known.get("epoch"):
        raise SignInNeededError("Sign in to go on.", "office")
    g.researcher = researcher
    return researcher


def require_study(slug: str) -> Study:
    """Return the study if the researcher has any role in it; a stranger is told what anybody is told."""
    study = find_study(g.session, slug)
    g.roles = roles_in(g.session, g.researcher, study)
    if not g.roles:
        raise NotFoundError("There is no study called {slug} here.", slug=slug)
    g.study = study
    return study


def require_role(allowed: frozenset[Role]) -> None:
    """Refuse a researcher whose roles in this study do not include one of these."""
    require_any(g.roles, allowed)


def panelist_if_any() -> RoundMember | None:
    """Return the member of a round who is signed in, if anybody is: for a page that everybody may read."""
    try:
        return require_panelist()
    except (SignInNeededError, StudyEndedError):
        return None


def require_panelist() -> RoundMember:
    """Return the member of a round who is signed in, or ask to come in by the personal link."""
    known = session.get("panelist")
    if not known:
        raise SignInNeededError(COME_IN, "panel")
    try:
        member = member_in_session(g.session, known["round"], known["panelist"], known["serial"])
    except StudyEndedError:
        raise
    except NotFoundError as ended:
        raise SignInNeededError(ended.message, "panel") from None
    if member.panelist.session_epoch != known.get("epoch") or member.panelist.standing != Standing.ACTIVE:
        raise SignInNeededError(COME_IN, "panel")
    g.member = member
    return member
