"""The researchers' pages. Whoever is not signed in is asked to; a study's pages need a role in it."""

from flask import Blueprint, abort, request

from delphi.web.access import require_researcher, require_study

OPEN_TO_ALL = frozenset({"office.sign_in", "office.forgotten", "office.account_link"})

office = Blueprint("office", __name__, url_prefix="/office")


@office.before_request
def _guard() -> None:
    if request.endpoint in OPEN_TO_ALL:
        return
    require_researcher()
    if any("\0" in text for text in (request.path, *request.form.values())):
        abort(400)  # not every database can hold or look for one, and no keyboard writes it
    slug = (request.view_args or {}).get("slug")
    if slug is not None:
        require_study(slug)


from delphi.web.office import (  # noqa: E402, F401 — the views hang themselves on the blueprint
    account,
    assisted,
    audit,
    care,
    contacts,
    decisions,
    drafts,
    entry,
    final_manual,
    frame,
    listening,
    panel,
    paper,
    protocol,
    results,
    rounds,
    safeguarding,
    sign_off,
    studies,
    team,
)
