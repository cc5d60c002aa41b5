"""Pages for anybody: the front door, the state of the system, and the ways in and out for panelists."""

from flask import Blueprint, Response, current_app, g, jsonify, render_template
from sqlalchemy import text

from delphi import jobs
from delphi.models import Study
from delphi.services.sight import sight_of
from delphi.web.access import panelist_if_any, site

public = Blueprint("public", __name__)


@public.get("/")
def home() -> str:
    return render_template("public/home.html")


@public.get("/who-sees-what")
def who_sees_what() -> str:
    """Say what each role can see: of the study of who is signed in, or of any study."""
    member = panelist_if_any()
    sight = None
    if member is not None:
        g.study = g.session.get_one(Study, member.panelist.study_id)
        sight = sight_of(g.session, g.study)
    return render_template("public/who_sees_what.html", sight=sight)


@public.get("/health")
def health() -> tuple[Response, int]:
    """Answer 200 when database and queue are reachable."""
    g.session.execute(text("SELECT 1"))
    if not jobs.is_reachable(site().settings):
        current_app.logger.warning("the queue is not reachable")
        return jsonify(status="the queue is not reachable"), 503
    return jsonify(status="ok"), 200


from delphi.web.public import entry, joining, receipts, refusing  # noqa: E402, F401 — the views hang themselves on the blueprint
