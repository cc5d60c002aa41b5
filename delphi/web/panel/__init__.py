"""The panelist's pages. Everything here belongs to the member of a round who is signed in."""

from flask import Blueprint, g, request, session

from delphi.models import Round, Study
from delphi.services.mail_plan import plan_of
from delphi.web.access import require_panelist

panel = Blueprint("panel", __name__, url_prefix="/panel")


@panel.before_request
def _guard() -> None:
    if request.endpoint == "panel.leave":  # who has been signed out elsewhere must still be able to clear this device
        return
    # Read first and held, so that whoever asks for them next, as the question who is signed in does, finds them read.
    known = session.get("panelist")
    round_ = g.session.get(Round, known["round"]) if known else None
    study = g.session.get(Study, round_.study_id) if round_ else None
    require_panelist()
    g.round, g.study = round_, study


def keep_to_zone() -> None:
    """Have this answer tell times by the clocks of the study's own zone; what tells none need not read which that is."""
    g.zone = plan_of(g.session, g.study.id).time_zone


from delphi.web.panel import (  # noqa: E402, F401 — the views hang themselves on the blueprint
    about,
    beginning,
    contact,
    finishing,
    interrupted,
    leaving,
    own_words,
    sections,
    views,
)
