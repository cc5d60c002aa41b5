"""One box to find items, comments and decisions of a study."""

from flask import g, render_template, request
from flask.typing import ResponseReturnValue as Page

from delphi.errors import DelphiError
from delphi.services.researchers import SEE_RESULTS
from delphi.services.searching import MOST_SHOWN
from delphi.services.searching import search as found_in
from delphi.web.errors import sentence
from delphi.web.office import office
from delphi.web.office.words import action_word


@office.get("/studies/<slug>/search")
def search(slug: str) -> Page:
    """Show what holds all words that were typed, as far as who looks may read it."""
    query = " ".join(request.args.get("q", "").split())
    status, results, refusal = 200, None, ""
    may_see_results = bool(g.roles & SEE_RESULTS)
    if query:
        try:
            results = found_in(g.session, g.study, query, with_results=may_see_results)
        except DelphiError as error:
            status, refusal = error.status, sentence(error)
    return render_template(
        "office/search.html",
        query=query,
        results=results,
        refusal=refusal,
        most=MOST_SHOWN,
        may_see_results=may_see_results,
        action_word=action_word,
    ), status
