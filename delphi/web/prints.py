"""Documents for one person, made while they wait: a page of ours as a PDF."""

from flask import Response, render_template

from delphi.manual.pages import fonts_css
from delphi.printing import print_apart
from delphi.web.access import now


def document(template: str, **values: object) -> str:
    """Return a template as one HTML document that needs no other file, fonts included."""
    page = render_template(template, **values)
    return page.replace("/* fonts */", fonts_css(page), 1)


def pdf_answer(html: str, filename: str) -> Response:
    """Answer with the document as a PDF to be kept; a browser's window shows nothing of it."""
    answer = Response(print_apart(html, made=now()), mimetype="application/pdf")
    answer.headers["Content-Disposition"] = f'attachment; filename="{filename}"'
    return answer
