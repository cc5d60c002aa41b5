"""The published receipts of a closed round, as a page and as plain text."""

from flask import Response, g, render_template

from delphi.services.receipts import Receipts, find_receipts
from delphi.web.public import public


@public.get("/receipts/<slug>/<int:number>")
def receipts(slug: str, number: int) -> str:
    return render_template("public/receipts.html", list=_found(slug, number))


@public.get("/receipts/<slug>/<int:number>.txt")
def receipts_text(slug: str, number: int) -> Response:
    """Give the list to a script: a receipt a line; lines that begin with # say how many there are to be."""
    found = _found(slug, number)
    head = [f"# participants: {found.n_participants}", f"# erased at their owners' wish: {found.n_erased}"]
    return Response("\n".join([*head, *found.receipts]) + "\n", mimetype="text/plain")


def _found(slug: str, number: int) -> Receipts:
    found = find_receipts(g.session, slug, number)
    g.study = found.study
    return found
