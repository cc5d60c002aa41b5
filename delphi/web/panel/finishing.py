"""The end of a round: what is missing, finishing, the receipt, and a copy of one's own answers."""

from flask import g, redirect, render_template, url_for
from flask.typing import ResponseReturnValue as Page

from delphi.services import ratings
from delphi.services.answering import sheet_of
from delphi.services.own_answers import own_rounds
from delphi.services.receipts import is_listed
from delphi.web import limits
from delphi.web.access import now
from delphi.web.panel import panel
from delphi.web.prints import document, pdf_answer


@panel.get("/review")
def review() -> str:
    """List what is not answered yet, once, each with a way there; nothing is compulsory."""
    sheet = sheet_of(g.session, g.member, g.round)
    places = {item.key: chapter for chapter in sheet.chapters for item in chapter.items}
    missing = [(asked, places[asked.version.item.key]) for asked in sheet.unanswered]
    return render_template(
        "panel/review.html", round=g.round, sheet=sheet, missing=missing, accepting=g.round.accepts_answers(now())
    )


@panel.post("/finish")
def finish() -> Page:
    """Note that the panelist is done; what is saved can still be changed until the round closes."""
    ratings.finish(g.session, g.member, now=now())
    g.session.commit()
    return redirect(url_for("panel.done"), code=303)


@panel.get("/done")
def done() -> Page:
    """Show the receipt, until when answers can be changed, and after that whether they were counted."""
    ballot = ratings.ballot_of(g.session, g.member)
    if ballot is None or not ballot.is_finished:
        return redirect(url_for("panel.review"), code=303)
    return render_template(
        "panel/done.html",
        study=g.study,
        round=g.round,
        ballot=ballot,
        sheet=sheet_of(g.session, g.member, g.round),
        accepting=g.round.accepts_answers(now()),
        is_listed=is_listed(g.round, ballot),
    )


@panel.get("/my-answers")
def my_answers() -> str:
    """Show everything that the panelist has answered, in every round, with the very words that they answered."""
    return render_template("panel/my_answers.html", rounds=own_rounds(g.session, g.member.panelist), round=g.round)


@panel.get("/my-answers.pdf")
@limits.limiter.limit(limits.PDF)
def my_answers_pdf() -> Page:
    """Give the same as a document; neither its name nor its running head tells what the study is about."""
    rounds = own_rounds(g.session, g.member.panelist)
    if not rounds:
        return redirect(url_for("panel.my_answers"), code=303)
    return pdf_answer(document("paper/my_answers.html", rounds=rounds, study=g.study, made=now()), "my-answers.pdf")
