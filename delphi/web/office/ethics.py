"""The pack for an ethics committee, as a page with its two files."""

from flask import Response, g, render_template
from flask.typing import ResponseReturnValue as Page

from delphi.web import limits
from delphi.web.ethics_pack import ethics_pack_html
from delphi.web.office import office
from delphi.web.prints import pdf_answer


@office.get("/studies/<slug>/ethics-pack")
def ethics_pack(slug: str) -> str:
    """Say what the pack holds and offer it."""
    return render_template("office/ethics_pack.html")


@office.get("/studies/<slug>/ethics-pack.pdf")
@limits.limiter.limit(limits.PDF)
def ethics_pack_pdf(slug: str) -> Page:
    return pdf_answer(ethics_pack_html(), f"ethics-{g.study.slug}.pdf")


@office.get("/studies/<slug>/ethics-pack.html")
def ethics_pack_file(slug: str) -> Page:
    """Give the pack as one page that needs no connection."""
    answer = Response(ethics_pack_html(), mimetype="text/html")
    answer.headers["Content-Disposition"] = f'attachment; filename="ethics-{g.study.slug}.html"'
    return answer
