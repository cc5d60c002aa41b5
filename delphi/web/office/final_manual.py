"""The final manual as a file: asked for, made outside the request, then fetched."""

from flask import abort, g, redirect, render_template, send_file, url_for
from flask.typing import ResponseReturnValue as Page

from delphi import exports as made
from delphi import jobs
from delphi.exports import State
from delphi.reports.exporting import KINDS
from delphi.services.drafts import latest_draft
from delphi.web.access import site
from delphi.web.office import office
from delphi.web.office.forms import ConfirmForm
from delphi.web.office.words import State as Word
from delphi.web.office.words import export_words
from delphi.web.words import gettext


@office.get("/studies/<slug>/final-manual")
def exports(slug: str) -> str:
    kinds = [(kind, export_words(kind)) for kind in KINDS]
    states = {kind: _state_word(one.state) for kind, one in made.states_of(site().settings, slug, KINDS).items()}
    return render_template("office/exports.html", kinds=kinds, states=states, draft=latest_draft(g.session, g.study))


@office.post("/studies/<slug>/final-manual/<kind>")
def request_export(slug: str, kind: str) -> Page:
    """Have the file made; the page of the file says how far it is."""
    _require_kind(kind)
    if not ConfirmForm().validate_on_submit():
        abort(400)
    jobs.request_export(site().settings, slug, kind)
    return redirect(url_for(".export", slug=slug, kind=kind), code=303)


@office.get("/studies/<slug>/final-manual/<kind>")
def export(slug: str, kind: str) -> str:
    _require_kind(kind)
    state = made.state_of(site().settings, slug, kind)
    return render_template("office/export.html", kind=kind, made=export_words(kind), state=state, State=State)


@office.get("/studies/<slug>/final-manual/<kind>/file")
def export_file(slug: str, kind: str) -> Page:
    _require_kind(kind)
    state = made.state_of(site().settings, slug, kind)
    if state.path is None:
        abort(404)
    return send_file(state.path, as_attachment=True)


def _require_kind(kind: str) -> None:
    if kind not in KINDS:
        abort(404)


def _state_word(state: State) -> Word:
    return {
        State.READY: Word(gettext("Ready"), "done"),
        State.WAITING: Word(gettext("Being prepared"), "waiting"),
        State.FAILED: Word(gettext("Could not be made"), "waiting"),
        State.ABSENT: Word(gettext("Not made yet"), "quiet"),
    }[state]
