"""About you: all of it optional, one thing a page, each with who reads it; none of it stands before the rating."""

from collections.abc import Callable
from typing import Any

from flask import flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue as Page

from delphi.errors import DelphiError
from delphi.models import RoundClosedError
from delphi.services import background
from delphi.services.acknowledgements import name_to_thank, thank_by_name
from delphi.services.protocol import choices_of
from delphi.web.access import now, site
from delphi.web.errors import sentence
from delphi.web.panel import panel
from delphi.web.panel.held import address_here, is_sent
from delphi.web.panel.interrupted import too_late
from delphi.web.words import gettext


@panel.get("/about")
def about() -> str:
    """List what a panelist may say of themself, each with whether they have."""
    said = background.answers_of(g.session, g.member.panelist)
    questions = choices_of(g.round.protocol).questions
    parts = [
        ("panel.about_interests", gettext("Interests to declare"), background.INTERESTS in said),
        ("panel.about_thanks", gettext("Thanks by name"), bool(_name_to_thank())),
    ]
    if background.other_groups(g.session, g.member):
        parts.insert(0, ("panel.about_perspective", gettext("Your perspective"), background.ALSO in said))
    if questions:
        has_answered = all(question.key in said for question in questions)
        parts.insert(0, ("panel.about_background", gettext("Background questions"), has_answered))
    return render_template("panel/about.html", parts=parts, round=g.round)


@panel.route("/about/background", methods=["GET", "POST"])
def about_background() -> Page:
    choices = choices_of(g.round.protocol)
    questions, least = choices.questions, choices.policy.least_group

    def keep() -> None:
        background.answer_questions(g.session, g.member, questions, request.form, now=now())

    said = {**background.answers_of(g.session, g.member.panelist), **request.form}
    prefer_not = background.PREFER_NOT
    return _part("panel/about_background.html", keep, questions=questions, least=least, said=said, prefer_not=prefer_not)


@panel.route("/about/perspective", methods=["GET", "POST"])
def about_perspective() -> Page:
    others = background.other_groups(g.session, g.member)
    chosen = request.form.getlist("also")

    def keep() -> None:
        background.note_perspectives(g.session, g.member, chosen, now=now())

    said = background.answers_of(g.session, g.member.panelist).get(background.ALSO, "").split("\n")
    also = chosen if request.method == "POST" else said
    return _part("panel/about_perspective.html", keep, group=g.member.group.label, others=others, also=also)


@panel.route("/about/interests", methods=["GET", "POST"])
def about_interests() -> Page:
    def keep() -> None:
        background.declare_interests(g.session, g.member, request.form.get("interests", ""), now=now())

    said = background.answers_of(g.session, g.member.panelist).get(background.INTERESTS, "")
    return _part("panel/about_interests.html", keep, interests=request.form.get("interests", said))


@panel.route("/about/thanks", methods=["GET", "POST"])
def about_thanks() -> Page:
    def keep() -> None:
        thank_by_name(g.session, site().keyring, g.member.panelist, request.form.get("name", ""))

    kept = _name_to_thank()
    return _part("panel/about_thanks.html", keep, name=request.form.get("name", kept), kept=kept, accepting=True)


def _part(template: str, keep: Callable[[], None], **values: Any) -> Page:
    """Show one page of these, or keep what it sent; what cannot be kept comes back as it was typed, with why."""
    error, status = None, 200
    if is_sent():
        try:
            keep()
        except RoundClosedError as refusal:
            g.session.rollback()
            return too_late(refusal)
        except DelphiError as refusal:
            g.session.rollback()
            error, status = sentence(refusal), refusal.status
        else:
            g.session.commit()
            flash(gettext("Kept."), "done")
            return redirect(url_for("panel.about"), code=303)
    context = {"accepting": g.round.accepts_answers(now()), "round": g.round, "error": error, "has_errors": bool(error), **values}
    context["form_action"] = url_for("panel.overview") + address_here()
    return render_template(template, **context), status


def _name_to_thank() -> str:
    return name_to_thank(g.session, site().keyring, g.member.panelist)
