"""The panelist's pages. Everything here belongs to the member of a round who is signed in."""

from flask import Blueprint, g, request

from delphi.models import Round, Study
from delphi.web.access import require_panelist

panel = Blueprint("panel", __name__, url_prefix="/panel")


@panel.before_request
def _guard() -> None:
    if request.endpoint == "panel.leave":  # who has been signed out elsewhere must still be able to clear this device
        return
    member = require_panelist()
    g.round = g.session.get_one(Round, member.round_id)
    g.study = g.session.get_one(Study, g.round.study_id)


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
