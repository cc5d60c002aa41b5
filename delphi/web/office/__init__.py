"""The researchers' pages. Whoever is not signed in is asked to; a study's pages need a role in it."""

from flask import Blueprint, abort, g, redirect, request, url_for
from flask.typing import ResponseReturnValue as Page

from delphi.services.deadlines import zone_of
from delphi.services.researchers import has_second_factor
from delphi.web.access import READS, require_researcher, require_study, site

# The page for the code sees to it itself that the password was given.
OPEN_TO_ALL = frozenset({"office.sign_in", "office.sign_in_code", "office.forgotten", "office.account_link"})
# What somebody who has to set up a second step can do before it is there.
SETTING_UP = frozenset(
    {
        "office.second_factor",
        "office.begin_second_factor",
        "office.complete_second_factor",
        "office.account",
        "office.sign_out",
    }
)
# What changes nothing in a study, or brings it back.
EVEN_IF_ARCHIVED = frozenset({"office.bring_back", "office.clone", "office.request_export"})

office = Blueprint("office", __name__, url_prefix="/office")


@office.before_request
def _guard() -> Page | None:
    if request.endpoint in OPEN_TO_ALL:
        return None
    require_researcher()
    if _has_to_set_up():
        return redirect(url_for(".second_factor"), code=303)
    if any("\0" in text for text in (request.path, *request.form.values())):
        abort(400)  # not every database can hold or look for one, and no keyboard writes it
    slug = (request.view_args or {}).get("slug")
    if slug is not None:
        study = require_study(slug)
        if request.method not in READS and request.endpoint not in EVEN_IF_ARCHIVED:
            study.require_current()
        g.zone = zone_of(g.session, study.id)
    return None


def _has_to_set_up() -> bool:
    is_demanded = site().settings.needs_second_factor and request.endpoint not in SETTING_UP
    return is_demanded and not has_second_factor(g.session, g.researcher)


from delphi.web.office import (  # noqa: E402, F401 — the views hang themselves on the blueprint
    account,
    archive,
    assisted,
    care,
    cloning,
    codes,
    comments,
    contacts,
    decisions,
    drafts,
    entry,
    ethics,
    final_manual,
    frame,
    listening,
    log,
    mail,
    marking,
    meeting,
    moving,
    panel,
    panel_changes,
    paper,
    payments,
    protocol,
    protocol_templates,
    recruiting,
    rehearsal,
    results,
    round_changes,
    round_plan,
    rounds,
    safeguarding,
    searching,
    second_factor,
    setting_up,
    sign_off,
    staying,
    studies,
    team,
)
