"""One item with its evidence and the decision on it, and the ledger of a round's decisions."""

from typing import Any

from flask import flash, g, redirect, render_template, url_for
from flask.typing import ResponseReturnValue as Page

from delphi.errors import DelphiError, NotFoundError
from delphi.manual.outline import Item
from delphi.manual.redline import changes_html, redline_markdown
from delphi.models import Comment, ItemVersion, Round
from delphi.services.decisions import comments_on, decide, decisions_of, require_closed
from delphi.services.drafts import outline_of
from delphi.services.protocol import choices_of
from delphi.services.reasons import reason_in_words
from delphi.services.researchers import SEE_RESULTS, WORK_ON_RESULTS
from delphi.services.results import result_of
from delphi.services.reviewing import appearances, asked_items, figures_of, outcomes_of, parents_of, present_items
from delphi.services.studies import find_round, rounds_of
from delphi.web.access import now, require_role
from delphi.web.office import office
from delphi.web.office.forms_decision import DecisionForm, shown_first
from delphi.web.office.frame import actor
from delphi.web.office.results import short_text
from delphi.web.office.words import action_word, verdict_tone, verdict_word
from delphi.web.pictures import finding, groups_picture, panel_picture
from delphi.web.words import gettext


@office.route("/studies/<slug>/rounds/<int:number>/items/<key>", methods=["GET", "POST"])
def item(slug: str, number: int, key: str) -> Page:
    """Show an item in its section beside its figures, and take the decision on it."""
    require_role(SEE_RESULTS)
    round_ = find_round(g.session, g.study, number)
    require_closed(round_)
    asked = asked_items(g.session, round_)
    version = _asked(asked, key)
    comments = comments_on(g.session, round_).get(key, [])
    form = _form(round_, version, comments)
    status = 422 if form.is_submitted() else 200
    if form.is_submitted():
        require_role(WORK_ON_RESULTS)
    if form.validate_on_submit():
        try:
            decide(
                g.session,
                g.study,
                round_,
                key,
                form.verdict(key),
                version=form.version.data or 0,
                by=g.researcher,
                actor=actor(),
                now=now(),
            )
            g.session.commit()
        except DelphiError as error:
            status = form.refuse(error)
        else:
            flash(gettext("The decision is kept and carried out in the draft."), "done")
            return redirect(url_for(".item", slug=slug, number=number, key=key), code=303)
    return _item_page(round_, asked, version, comments, form), status


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


def _asked(asked: list[ItemVersion], key: str) -> ItemVersion:
    for version in asked:
        if version.item.key == key:
            return version
    raise NotFoundError("This round did not ask an item called {key}.", key=key)


def _form(round_: Round, version: ItemVersion, comments: list[Comment]) -> DecisionForm:
    key = version.item.key
    form = DecisionForm(data=shown_first(key, version.text, decisions_of(g.session, round_).get(key)))
    form.offer(version, present_items(g.session, g.study), comments)
    return form


def _next_undecided(round_: Round, asked: list[ItemVersion], place: int) -> str | None:
    """Return the key of the next item, or else the first, that nobody has decided on."""
    taken = decisions_of(g.session, round_)
    return next((one.item.key for one in (*asked[place + 1 :], *asked[:place]) if one.item.key not in taken), None)


def _item_page(round_: Round, asked: list[ItemVersion], version: ItemVersion, comments: list[Comment], form: DecisionForm) -> str:
    key = version.item.key
    place = [other.item.key for other in asked].index(key)
    return render_template(
        "office/item.html",
        form=form,
        round=round_,
        version=version,
        short=short_text(version),
        section=outline_of(g.session, round_.draft).section_of(key),
        is_item=lambda block: isinstance(block, Item),
        choices=choices_of(round_.protocol),
        evidence=_evidence(round_, key),
        comments=comments,
        history=_history(round_, version),
        decision=decisions_of(g.session, round_).get(key),
        action_word=action_word,
        is_newest=rounds_of(g.session, g.study)[-1].id == round_.id,
        result=result_of(g.session, round_),
        position=place + 1,
        n_items=len(asked),
        previous=asked[place - 1].item.key if place else None,
        following=asked[place + 1].item.key if place + 1 < len(asked) else None,
        undecided=_next_undecided(round_, asked, place),
    )


def _evidence(round_: Round, key: str) -> list[dict[str, Any]]:
    choices = choices_of(round_.protocol)
    labels = {criterion.key: gettext(criterion.label) for criterion in choices.criteria}
    return [
        {
            "entry": entry,
            "reason": reason_in_words(g.session, round_, entry),
            "criterion": labels[entry["criterion"]] if len(labels) > 1 else "",
            "verdict": verdict_word(entry["verdict"]),
            "tone": verdict_tone(entry["verdict"]),
            "picture": panel_picture(entry, choices),
            "groups": groups_picture(entry, choices),
            "group_verdicts": {group: verdict_word(verdict) for group, verdict in entry["group_verdicts"].items()},
        }
        for entry in figures_of(g.session, round_, key)
    ]


def _history(round_: Round, version: ItemVersion) -> list[dict[str, Any]]:
    """Return the rounds before this one that asked the item or what it was made from, with what changed in the words since."""
    parents = [parent.item.key for parent in parents_of(g.session, version) if parent.item.key != version.item.key]
    return [
        {
            "round": earlier.round,
            "key": earlier.version.item.key,
            "label": earlier.version.label,
            "redline": _redline(earlier.version.text, version.text) if earlier.version.text != version.text else None,
            "plain": _redline(earlier.version.plain, version.plain) if earlier.version.plain != version.plain else None,
            "reason": version.reason if earlier.version.id != version.id else "",
            "figures": [
                {
                    "finding": finding(entry["panel"], choices),
                    "median": entry["panel"]["median"],
                    "verdict": verdict_word(entry["verdict"]),
                }
                for entry in earlier.figures
            ],
        }
        for key in (version.item.key, *dict.fromkeys(parents))
        for earlier in appearances(g.session, g.study, key)
        if earlier.round.number < round_.number and (choices := choices_of(earlier.round.protocol))
    ]


def _redline(old: str, new: str) -> str:
    return changes_html(redline_markdown(old, new), inserted=gettext("inserted:"), deleted=gettext("deleted:"))
