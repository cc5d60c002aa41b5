"""The way from the draft to round 1: its steps, each with its state, and after each the next one."""

from collections.abc import Iterator
from dataclasses import dataclass

from flask import flash, g, url_for
from markupsafe import Markup

from delphi.manual.outline import Outline
from delphi.services.drafts import latest_draft, outline_of
from delphi.services.findings import Place
from delphi.services.next_step import Standing, standing_of
from delphi.services.panel import group_sizes
from delphi.services.researchers import RUN_ROUNDS
from delphi.services.studies import rounds_of
from delphi.services.team import team_of
from delphi.web.access import now
from delphi.web.office.setting_up import Found, findings, n_missing
from delphi.web.office.words import what_it_holds
from delphi.web.words import gettext, ngettext


@dataclass(frozen=True)
class Task:
    """A step on the way: where it is taken, how it stands, and whether somebody still has to take it, or is advised to."""

    endpoint: str
    text: str
    url: str
    hint: str
    state: str
    tone: str
    is_due: bool = False
    is_advised: bool = False


def opening_words(found: Found) -> tuple[str, str, str, str]:
    """Return the step to round 1 once everything on the way is done: title, reason, words of the button and where it leads."""
    slug, n = g.study.slug, n_missing(found)
    if n:
        why = ngettext(
            "%(num)s thing is missing, without which round 1 cannot open. The check says what, and where to mend it.",
            "%(num)s things are missing, without which round 1 cannot open. The check says what, and where to mend it.",
            n,
        )
        return gettext("Mend what is missing"), why, gettext("Go to the check"), url_for(".check_study", slug=slug)
    if not found:
        why = gettext("Everything is ready, and nothing stands out.")
    elif len(found) == 1:
        why = gettext("All that is required is done. One thing the check advises is up to you: %(what)s", what=found[0]["what"])
    else:
        why = ngettext(
            "All that is required is done. The check advises %(num)s thing; that is up to you.",
            "All that is required is done. The check advises %(num)s things; that is up to you.",
            len(found),
        )
    why = f"{why} {gettext('You see what it asks, and of whom, before anything goes out.')}"
    return gettext("Open round 1"), why, gettext("See what it will ask"), url_for(".open_round", slug=slug)


def path_of(standing: Standing, outline: Outline, found: Found) -> list[Task]:
    """Return the steps to round 1 in their order.

    What the check merely advises is told from what has to be done.
    """
    before = list(_before_opening(standing, outline, found))
    return [*before, *_worded(found), _rehearsal(standing), _check(found, is_early=not standing.n_panelists), _opening()]


def tell_kept(said: str, endpoint: str) -> None:
    """Say that a step on the way to round 1 is kept and, as long as somebody is on that way, which one is next."""
    flash(and_onward(said, endpoint), "done")


def and_onward(said: str, endpoint: str) -> str:
    """Return what is said of a step and, as long as somebody is on the way to round 1, which one is next."""
    return Markup("{} {}").format(said, onward) if (onward := onward_from(endpoint)) else said


def onward_from(endpoint: str) -> Markup | None:
    """Return links to the first step that is due, but the one that was just taken; None off the way to round 1.

    Where nobody has to take that step, the way past it is named too.
    """
    if g.study.archived_at or rounds_of(g.session, g.study) or not g.roles & RUN_ROUNDS:
        return None
    outline, found = outline_of(g.session, latest_draft(g.session, g.study)), findings()
    path = path_of(standing_of(g.session, g.study, now=now()), outline, found)
    following, *later = (task for task in path if task.is_due and task.endpoint != endpoint)
    past = next((task for task in later if not task.is_advised), following)
    links = {"step": _link(following), "past": _link(past)}
    if following.is_advised:
        return Markup(gettext("Next, advised: %(step)s, or on to: %(past)s")) % links
    if following.endpoint == "check_study" and not n_missing(found):
        return Markup(gettext("Next: %(step)s, or on to: %(past)s")) % links
    return Markup(gettext("Next: %(step)s")) % links


def _link(task: Task) -> Markup:
    return Markup('<a href="{}">{}</a>').format(task.url, task.text)


def _before_opening(standing: Standing, outline: Outline, found: Found) -> Iterator[Task]:
    sizes = ", ".join(f"{size.label} {size.n}" for size in group_sizes(g.session, g.study))
    yield _task("manual", gettext("The draft"), "", is_done=True, holds=what_it_holds(outline))
    yield _task(
        "mark_items",
        gettext("Mark what is rated"),
        gettext("Paragraph by paragraph; else each section as a whole."),
        is_done=standing.is_marked,
        is_advised=True,
        url=url_for(".mark_items", slug=g.study.slug, key=outline.body[0].key),
    )
    yield _task(
        "panel",
        gettext("Panel"),
        gettext("A file with name, address and group of each person."),
        is_done=bool(standing.n_panelists),
        holds=sizes,
    )
    yield _team(is_advised=_is_found(Place.TEAM, found))
    yield _task(
        "protocol",
        gettext("Protocol"),
        gettext("Keep it as it stands or change it: opening round 1 seals it."),
        is_done=standing.is_protocol_checked,
        is_advised=True,
    )


def _worded(found: Found) -> Iterator[Task]:
    yield _task(
        "consent",
        gettext("Information and consent"),
        gettext("Who you are, who pays, how long answers are kept."),
        is_done=not _is_found(Place.CONSENT, found),
        is_advised=True,
    )
    yield _task(
        "care",
        gettext("Care: help and contact"),
        gettext("Somebody outside the team to turn to."),
        is_done=not _is_found(Place.CARE, found),
        is_advised=True,
    )
    yield _task(
        "mail",
        gettext("Mail: invitation and reminders"),
        gettext("Who asks, in which words, by which time zone."),
        is_done=not _is_found(Place.MAIL, found),
        is_advised=True,
    )


def _task(
    endpoint: str, text: str, hint: str, *, is_done: bool, is_advised: bool = False, holds: str = "", url: str = ""
) -> Task:
    """Return a step: what it is about as long as it is to be taken, what came of it (`holds`) afterwards."""
    url = url or url_for(f".{endpoint}", slug=g.study.slug)
    if is_done:
        return Task(endpoint, text, url, holds, gettext("Done"), "done")
    state, tone = (gettext("Advised"), "neutral") if is_advised else (gettext("Required"), "waiting")
    return Task(endpoint, text, url, hint, state, tone, is_due=True, is_advised=is_advised)


def _team(*, is_advised: bool) -> Task:
    """Return the step to a second person: never due, but before the protocol, which can name them once they have accepted."""
    hint = gettext("To read for safeguarding, or to keep the names.")
    return _free("team", gettext("A second person"), hint, is_done=len(team_of(g.session, g.study)) > 1, is_advised=is_advised)


def _free(endpoint: str, text: str, hint: str, *, is_done: bool, is_advised: bool = False) -> Task:
    """Return a step that no other waits for."""
    if is_done:
        state, tone = gettext("Done"), "done"
    else:
        state, tone = (gettext("Advised"), "neutral") if is_advised else (gettext("If you like"), "quiet")
    return Task(endpoint, text, url_for(f".{endpoint}", slug=g.study.slug), hint, state, tone)


def _rehearsal(standing: Standing) -> Task:
    hint = gettext("Try it out with an invented panel.")
    return _free("rehearsal", gettext("Rehearsal"), hint, is_done=standing.is_rehearsed)


def _check(found: Found, *, is_early: bool) -> Task:
    """Return the step of the check; before what is required is done (`is_early`) it would only count that once more."""
    if is_early:
        state, tone = gettext("Then"), "quiet"
    elif n := n_missing(found):
        state, tone = ngettext("%(num)s thing required", "%(num)s things required", n), "waiting"
    elif found:
        state, tone = ngettext("%(num)s thing advised", "%(num)s things advised", len(found)), "neutral"
    else:
        state, tone = gettext("Nothing stands out"), "done"
    url = url_for(".check_study", slug=g.study.slug)
    return Task("check_study", gettext("Check"), url, "", state, tone, is_due=bool(found))


def _opening() -> Task:
    url = url_for(".open_round", slug=g.study.slug)
    return Task("open_round", gettext("Open round 1"), url, "", gettext("Last"), "quiet", is_due=True)


def _is_found(place: Place, found: Found) -> bool:
    return any(finding["place"] is place for finding in found)
