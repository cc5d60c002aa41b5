"""The sheet for the decision meeting, as a page with its two files."""

from flask import Response, g, render_template
from flask.typing import ResponseReturnValue as Page

from delphi.models import Round
from delphi.services.decisions import require_closed
from delphi.services.meeting import unsettled_in
from delphi.services.researchers import SEE_RESULTS
from delphi.services.studies import find_round
from delphi.web import limits
from delphi.web.access import require_role
from delphi.web.meeting_sheet import meeting_sheet_html
from delphi.web.office import office
from delphi.web.office.lines import short_text
from delphi.web.prints import pdf_answer


@office.get("/studies/<slug>/rounds/<int:number>/meeting")
def meeting(slug: str, number: int) -> str:
    """Say which items the sheet has a page for, and offer it."""
    round_ = _closed(number)
    return render_template("office/meeting.html", round=round_, items=unsettled_in(g.session, round_), short_text=short_text)


@office.get("/studies/<slug>/rounds/<int:number>/meeting.pdf")
@limits.limiter.limit(limits.PDF)
def meeting_pdf(slug: str, number: int) -> Page:
    return pdf_answer(meeting_sheet_html(_closed(number)), f"meeting-{g.study.slug}-{number}.pdf")


@office.get("/studies/<slug>/rounds/<int:number>/meeting.html")
def meeting_file(slug: str, number: int) -> Page:
    """Give the sheet as one page that needs no connection."""
    answer = Response(meeting_sheet_html(_closed(number)), mimetype="text/html")
    answer.headers["Content-Disposition"] = f'attachment; filename="meeting-{g.study.slug}-{number}.html"'
    return answer


def _closed(number: int) -> Round:
    require_role(SEE_RESULTS)
    round_ = find_round(g.session, g.study, number)
    require_closed(round_)
    return round_
