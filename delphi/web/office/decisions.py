"""One item with its evidence and the decision on it, and the ledger of a round's decisions."""

from collections.abc import Mapping

from flask import flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue as Page

from delphi.errors import DelphiError
from delphi.manual.outline import Item
from delphi.models import Action, Comment, Decision, ItemVersion, Round
from delphi.services.coding import codebook_of
from delphi.services.comment_work import comments_at_work, names_of
from delphi.services.decisions import comments_on, decide, decisions_of, foresee, require_closed, words_of
from delphi.services.drafts import latest_draft, outline_of
from delphi.services.researchers import SEE_RESULTS, WORK_ON_RESULTS
from delphi.services.results import result_of
from delphi.services.reviewing import appearances, asked_items, find_asked, outcomes_of, present_items
from delphi.services.studies import find_round, rounds_of
from delphi.web.access import now, require_role
from delphi.web.office import office
from delphi.web.office.drafts import redline
from delphi.web.office.evidence import evidence_of, history_of, rounds_table
from delphi.web.office.forms_decision import DecisionForm, shown_first
from delphi.web.office.frame import actor
from delphi.web.office.lines import Lines, asked_for, lines_of, short_text
from delphi.web.office.looking import Look, begun_anew, look_at
from delphi.web.office.words import action_word
from delphi.web.words import gettext


@office.route("/studies/<slug>/rounds/<int:number>/items/<key>", methods=["GET", "POST"])
def item(slug: str, number: int, key: str) -> Page:
    """Show an item in its section beside its figures, and take the decision on it."""
    require_role(WORK_ON_RESULTS if request.method == "POST" else SEE_RESULTS)
    round_ = find_round(g.session, g.study, number)
    require_closed(round_)
    asked = asked_items(g.session, round_)
    version = find_asked(asked, key)
    comments = comments_on(g.session, round_).get(key, [])
    form = _form(round_, version, comments)
    status = 422 if form.is_submitted() else 200
    look = None
    if "look" in request.form:
        if form.validate():
            status, look = _look(round_, key, form)
    elif form.validate_on_submit():
        try:
            decide(
                g.session,
                g.study,
                round_,
                key,
                form.verdict(key),
                version=form.version.data or 0,
                stands=form.stands.data or "",
                by=g.researcher,
                actor=actor(),
                now=now(),
            )
            g.session.commit()
        except DelphiError as error:
            status = form.refuse(error)
        else:
            flash(gettext("The decision is kept and carried out in the draft."), "done")
            return redirect(url_for(".item", slug=slug, number=number, key=key, **asked_for()), code=303)
    return _item_page(round_, asked, version, comments, form, look), status


@office.get("/studies/<slug>/rounds/<int:number>/decisions")
def decisions(slug: str, number: int) -> str:
    require_role(SEE_RESULTS)
    round_ = find_round(g.session, g.study, number)
    require_closed(round_)
    taken, comments = decisions_of(g.session, round_), comments_on(g.session, round_)
    outcomes = outcomes_of(g.session, round_)
    asked = asked_items(g.session, round_)
    rows = [
        {
            "version": version,
            "text": short_text(version),
            "decision": decision,
            "action": action_word(decision.action),
            "outcomes": outcomes.get(decision.id, []),
            "n_comments": len(comments.get(version.item.key, [])),
        }
        for version in asked
        if (decision := taken.get(version.item.key))
    ]
    answered = {comment.id for decision in taken.values() for comment in decision.answers}
    unanswered = {key: sum(comment.id not in answered for comment in written) for key, written in comments.items()}
    return render_template(
        "office/decisions.html",
        round=round_,
        rows=rows,
        undecided=[version for version in asked if version.item.key not in taken],
        n_comments=sum(map(len, comments.values())),
        unanswered={key: n for key, n in unanswered.items() if n},
        short_text=short_text,
    )


def _form(round_: Round, version: ItemVersion, comments: list[Comment]) -> DecisionForm:
    key = version.item.key
    present = present_items(g.session, g.study)
    taken = decisions_of(g.session, round_).get(key)
    form = DecisionForm(data={**shown_first(key, version.text, taken), "stands": words_of(present.get(key))})
    form.offer(version, present, comments)
    return form


def _look(round_: Round, key: str, form: DecisionForm) -> tuple[int, Look | None]:
    """Return what the decision would make of the words, with nothing kept."""
    verdict = form.verdict(key)
    try:
        after = foresee(g.session, g.study, round_, key, verdict)
    except DelphiError as error:
        return form.refuse(error), None
    keys = {key, *verdict.wordings, *([verdict.into] if verdict.into else [])}
    slips = {key} if verdict.is_typo and verdict.action is Action.REWORD else set()
    if key not in decisions_of(g.session, round_):  # what a decision has changed is undone first; what a hand has is not
        slips -= begun_anew(latest_draft(g.session, g.study))
    return 200, look_at(outline_of(g.session, round_.draft), after, keys, slips)


def _next_undecided(asked: list[ItemVersion], taken: Mapping[str, Decision], key: str) -> str | None:
    """Return the key of the next item, or else the first, that nobody has decided on."""
    keys = [version.item.key for version in asked]
    place = keys.index(key)
    return next((one for one in (*keys[place + 1 :], *keys[:place]) if one not in taken), None)


def _item_page(
    round_: Round,
    asked: list[ItemVersion],
    version: ItemVersion,
    comments: list[Comment],
    form: DecisionForm,
    look: Look | None,
) -> str:
    key = version.item.key
    lines = lines_of(round_)
    line = next((line for line in lines.everything if line.version.item.key == key), None)  # none of an item that was pulled
    order = _in_order(lines, asked, key)
    place = order.index(key)
    codes, taken = codebook_of(g.session, g.study), decisions_of(g.session, round_)
    seen = [one for one in appearances(g.session, g.study, key) if one.round.number <= round_.number]
    return render_template(
        "office/item.html",
        form=form,
        look=look,
        stands=present_items(g.session, g.study).get(key),
        redline=redline,
        round=round_,
        version=version,
        short=short_text(version),
        section=line.section if line else outline_of(g.session, round_.draft).section_of(key),
        is_item=lambda block: isinstance(block, Item),
        choices=lines.choices,
        evidence=evidence_of(round_, key),
        comments=comments,
        work={one.id: one for one in comments_at_work(g.session, round_) if one.comment.about.item.key == key},
        code_names=names_of(codes),
        history=history_of(round_, version, seen),
        rounds=rounds_table(seen),
        decision=taken.get(key),
        action_word=action_word,
        is_newest=rounds_of(g.session, g.study)[-1].id == round_.id,
        result=result_of(g.session, round_),
        arguments=lines.wanted.arguments(),
        is_selection=len(order) < len(asked) or bool(lines.wanted.sort),
        position=place + 1,
        n_items=len(order),
        previous=order[place - 1] if place else None,
        following=order[place + 1] if place + 1 < len(order) else None,
        undecided=_next_undecided(asked, taken, key),
    )


def _in_order(lines: Lines, asked: list[ItemVersion], key: str) -> list[str]:
    """Return the keys of the items as the table that the address describes has them, or all where it leaves this one out."""
    shown = list(dict.fromkeys(line.version.item.key for line in lines.shown))
    return shown if key in shown else [version.item.key for version in asked]
