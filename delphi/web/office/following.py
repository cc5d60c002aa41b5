"""The one thing to do next, in words and with the page where it is done."""

from flask import g, url_for

from delphi.manual.outline import Outline
from delphi.models import Round, RoundStatus
from delphi.services.drafts import latest_draft, outline_of
from delphi.services.moderation import n_unjudged
from delphi.services.next_step import Standing, Step, next_step, standing_of
from delphi.services.researchers import RUN_ROUNDS, WORK_ON_RESULTS
from delphi.services.studies import rounds_of
from delphi.web.access import now
from delphi.web.office.lines import UNSETTLED, Lines
from delphi.web.office.setting_up import Found
from delphi.web.office.way import opening_words
from delphi.web.office.words import step_words
from delphi.web.words import gettext, ngettext

Shown = dict[str, str]


def after_results(lines: Lines) -> Shown | None:
    """Return what follows the results of the newest round, for whom may do it: `title` and `url`."""
    if g.study.archived_at or lines.round is not rounds_of(g.session, g.study)[-1]:
        return None
    if lines.round.status == RoundStatus.CLOSED:
        return _until_published(lines.round)
    step, shown = _next()
    if step is Step.DECIDE:
        return _to_decide(lines) if g.roles & WORK_ON_RESULTS else None
    return shown if g.roles & RUN_ROUNDS else None


def next_shown() -> Shown:
    """Return the next step of a study that has had a round."""
    return _next()[1]


def _next() -> tuple[Step, Shown]:
    standing = standing_of(g.session, g.study, now=now())
    step, outline = next_step(standing), outline_of(g.session, latest_draft(g.session, g.study))
    return step, step_shown(step, standing, outline, [])


def step_shown(step: Step, standing: Standing, outline: Outline, found: Found) -> Shown:
    """Return the step's title, its reason, the words of its button and where that leads."""
    if step is Step.OPEN_ROUND and standing.status is None:
        title, why, action, url = opening_words(found)
    else:
        title, why, action = step_words(step, standing)
        url = _url_of(step, g.study.slug, standing.round, outline)
    return {"title": title, "why": why, "action": action, "url": url}


def _until_published(round_: Round) -> Shown | None:
    address = {"slug": g.study.slug, "number": round_.number}
    if (n := n_unjudged(g.session, round_)) and g.roles & WORK_ON_RESULTS:
        title = ngettext(
            "Judge the %(num)s comment that is meant for the panel", "Judge the %(num)s comments that are meant for the panel", n
        )
        return {"title": title, "url": url_for(".comments", **address, _anchor="to-judge")}
    if g.roles & RUN_ROUNDS:
        return {"title": gettext("Publish these results to the panel"), "url": url_for(".publish_round", **address)}
    return None


def _to_decide(lines: Lines) -> Shown:
    """Return the item to decide on first; one that the panel has settled can wait."""
    first = next(line for line in lines.everything if line.is_unsettled)
    address = {"slug": g.study.slug, "number": lines.round.number, "key": first.version.item.key, "show": UNSETTLED}
    return {"title": gettext("Decide on the items of round %(n)s", n=lines.round.number), "url": url_for(".item", **address)}


def _url_of(step: Step, slug: str, number: int, outline: Outline) -> str:
    return {
        Step.MARK_ITEMS: lambda: url_for(".mark_items", slug=slug, key=outline.body[0].key),
        Step.IMPORT_PANEL: lambda: url_for(".panel", slug=slug),
        Step.CHECK_PROTOCOL: lambda: url_for(".protocol", slug=slug),
        Step.OPEN_ROUND: lambda: url_for(".open_round", slug=slug),
        Step.WAIT: lambda: url_for(".round_page", slug=slug, number=number),
        Step.CLOSE_ROUND: lambda: url_for(".round_page", slug=slug, number=number),
        Step.PUBLISH: lambda: url_for(".results", slug=slug, number=number),
        Step.DECIDE: lambda: url_for(".results", slug=slug, number=number, show=UNSETTLED),
        Step.FINISH: lambda: url_for(".exports", slug=slug),
    }[step]()
