"""The end of a round: what is missing, finishing, the receipt, and a copy of one's own answers."""

from textwrap import shorten

from flask import g, redirect, render_template, url_for
from flask.typing import ResponseReturnValue as Page

from delphi.manual.html import plain_text
from delphi.manual.outline import Chapter
from delphi.models import ItemVersion
from delphi.services import ratings
from delphi.services.answering import Sheet, sheet_of
from delphi.services.own_answers import own_rounds
from delphi.services.receipts import is_listed
from delphi.web import limits
from delphi.web.access import now
from delphi.web.panel import keep_to_zone, panel
from delphi.web.prints import document, pdf_answer
from delphi.web.words import gettext

NAME_LENGTH = 110  # characters of an item in the list of those to answer


@panel.get("/review")
def review() -> str:
    """Let the panelist finish, and list what is not answered yet, section by section, each with a way there."""
    keep_to_zone()
    sheet = sheet_of(g.session, g.member, g.round)
    missing = [(chapter, tasks) for chapter in sheet.chapters if (tasks := _to_answer(sheet, chapter))]
    return render_template(
        "panel/review.html",
        round=g.round,
        sheet=sheet,
        missing=missing,
        n_missing=len(sheet.unanswered),
        accepting=g.round.accepts_answers(now()),
    )


def _to_answer(sheet: Sheet, chapter: Chapter) -> list[dict[str, str]]:
    section = url_for("panel.section", key=chapter.key)
    return [
        {"text": _name(asked.version), "url": f"{section}#item-{asked.version.item.key}"}
        for asked in sheet.asked_in(chapter)
        if not asked.is_answered
    ]


def _name(version: ItemVersion) -> str:
    if version.item.is_section:
        return gettext("The whole section")
    return shorten(plain_text(version.text), NAME_LENGTH, placeholder="…")


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
    keep_to_zone()
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
