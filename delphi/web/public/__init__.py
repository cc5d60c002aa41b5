"""Pages for anybody: the front door, the state of the system, and the ways in and out for panelists."""

from flask import Blueprint, Response, current_app, g, jsonify, render_template
from sqlalchemy import text

from delphi import jobs
from delphi.web.access import site

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


from delphi.web.public import entry, receipts, refusing  # noqa: E402, F401 — the views hang themselves on the blueprint
