"""What others wrote about an item and what was done about it, for cards and for the page of results."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from flask import render_template
from markupsafe import Markup

from delphi.models import Round
from delphi.services.answering import Asked
from delphi.services.discussion import Discussion, Done, Reasons
from delphi.services.released import Shown
from delphi.web.words import gettext


def said_of(asked: Asked, discussion: Discussion, round_: Round) -> dict[str, Markup | None]:
    """Return `said`, the released comments on an item and what was done about comments since the reader rated it last, and
    `because`, what was done because of the reader."""
    since = asked.since.rated.round if asked.since else round_.number - 1
    done = discussion.done(asked, since)
    mine = [text for one in done if one.is_change for text in one.mine] + discussion.wished(asked, since)
    reasons = discussion.reasons(asked)
    told = [replace(one, reason="" if _is_told(one, asked) else one.reason) for one in done]
    others = others_than(reasons.comments, done) if reasons else []
    return {
        "because": _rendered(mine=mine, done=(), reasons=None),
        "said": _rendered(
            mine=(),
            done=[_done(one) for one in told if one.answers or one.reason],
            reasons={"title": _title(reasons, others), "comments": others} if reasons and others else None,
        ),
    }


def others_than(comments: Sequence[Shown], done: Sequence[Done]) -> list[Shown]:
    """Return the comments that do not stand already beside what was done about them."""
    answered = {id(comment) for one in done for comment in one.answers}
    return [comment for comment in comments if id(comment) not in answered]


def _title(reasons: Reasons, others: Sequence[Shown]) -> str:
    if len(others) == len(reasons.comments):
        return gettext("Reasons that people gave in round %(n)s", n=reasons.round)
    return gettext("Other reasons that people gave in round %(n)s", n=reasons.round)


def answered_by(done: Done | None) -> dict[str, Markup | None]:
    """Return `said`, the comments that a decision answers, and `because`, to their writer that theirs is among them; the decision
    itself stands beside."""
    told = replace(done, reason="") if done else None
    return {
        "because": _rendered(mine=done.mine, done=(), reasons=None, is_change=done.is_change) if done else None,
        "said": _rendered(mine=(), done=[_done(told)], reasons=None) if told and told.answers else None,
    }


def _is_told(one: Done, asked: Asked) -> bool:
    """Whether the reason stands with the change in the words; who never rated them is shown none; comments bring it."""
    if asked.since is not None:
        return one.reason in asked.since.reasons
    return not one.answers and one.reason == asked.version.reason


def _done(one: Done) -> dict[str, Any]:
    return {
        "title": gettext("You said, we did, after round %(n)s", n=one.round),
        "reason": one.reason,
        "answers": one.answers,
    }


def _rendered(*, mine: Sequence[str], done: Sequence[dict[str, Any]], reasons: Any, is_change: bool = True) -> Markup | None:
    if not (mine or done or reasons):
        return None
    return Markup(render_template("panel/_said.html", mine=mine, done=done, reasons=reasons, is_change=is_change))
