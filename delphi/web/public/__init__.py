"""Pages for anybody: the front door, the state of the system, and the landing page of a personal link."""

from flask import Blueprint, Response, current_app, g, jsonify, redirect, render_template, url_for
from flask.typing import ResponseReturnValue as Page
from sqlalchemy import text

from delphi import jobs
from delphi.models import Round, Study
from delphi.services.links import member_by_token
from delphi.web import limits
from delphi.web.access import sign_in_panelist, site

public = Blueprint("public", __name__)


@public.get("/")
def home() -> str:
    return render_template("public/home.html")


@public.get("/who-sees-what")
def who_sees_what() -> str:
    return render_template("public/who_sees_what.html")


@public.get("/health")
def health() -> tuple[Response, int]:
    """Answer 200 when database and queue are reachable."""
    g.session.execute(text("SELECT 1"))
    if not jobs.is_reachable(site().settings):
        current_app.logger.warning("the queue is not reachable")
        return jsonify(status="the queue is not reachable"), 503
    return jsonify(status="ok"), 200


@public.get("/p/<token>")
@limits.limiter.limit(limits.LINK)
def landing(token: str) -> str:
    """Show that a link works, without a name or an answer: mail scanners and colleagues see no more than this."""
    member = member_by_token(g.session, token)
    round_ = g.session.get_one(Round, member.round_id)
    g.study = g.session.get_one(Study, round_.study_id)
    return render_template("public/landing.html", study=g.study, round=round_, token=token)


@public.post("/p/<token>")
@limits.limiter.limit(limits.LINK)
def enter(token: str) -> Page:
    """Exchange the link for a session and move on to an address without it."""
    sign_in_panelist(member_by_token(g.session, token))
    return redirect(url_for("panel.overview"), code=303)


from delphi.web.public import receipts  # noqa: E402, F401 — the views hang themselves on the blueprint
