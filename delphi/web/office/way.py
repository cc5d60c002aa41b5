"""The way from the draft to round 1: its steps, each with its state, and after each the next one."""

from collections.abc import Iterator
from dataclasses import dataclass

from flask import flash, g, url_for
from markupsafe import Markup

from delphi.manual.outline import Outline
from delphi.models import MailKind
from delphi.services.drafts import latest_draft, outline_of
from delphi.services.findings import Place
from delphi.services.letters import own_wording
from delphi.services.mail_plan import plan_of
from delphi.services.next_step import Standing, standing_of
from delphi.services.panel import group_sizes
from delphi.services.researchers import RUN_ROUNDS
from delphi.services.studies import rounds_of
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
        missing = ngettext("%(num)s thing is missing", "%(num)s things are missing", n)
        why = gettext(
            "%(missing)s, without which round 1 cannot open. The check says what, and where to mend it.", missing=missing
        )
        return gettext("Mend what is missing"), why, gettext("Go to the check"), url_for(".check_study", slug=slug)
    if not found:
        why = gettext("Everything is ready, and nothing stands out.")
    else:
        why = ngettext(
            "Draft, panel and protocol are ready, and round 1 can open. The check advises %(num)s thing; that is up to you.",
            "Draft, panel and protocol are ready, and round 1 can open. The check advises %(num)s things; that is up to you.",
            len(found),
        )
    why = f"{why} {gettext('The next page shows what will be asked, and of how many people, before anything goes out.')}"
    return gettext("Open round 1"), why, gettext("See what it will ask"), url_for(".open_round", slug=slug)


def path_of(standing: Standing, outline: Outline, found: Found) -> list[Task]:
    """Return the steps to round 1 in their order.

    What the check merely advises is told from what has to be done.
    """
    needed = list(_needed(standing, outline))
    is_early = any(task.is_due for task in needed)
    return [*needed, *_worded(found), _rehearsal(standing), _check(found, is_early=is_early), _opening()]


def tell_kept(said: str, endpoint: str) -> None:
    """Say that a step on the way to round 1 is kept and, as long as somebody is on that way, which one is next."""
    following = next_after(endpoint)
    if following:
        link = Markup('<a href="{}">{}</a>').format(following.url, following.text)
        lead = gettext("Next, advised and not required:") if following.is_advised else gettext("Next:")
        said = Markup("{} {} {}").format(said, lead, link)
    flash(said, "done")


def next_after(endpoint: str) -> Task | None:
    """Return the first step that is due, whichever that is, but the one that was just taken; None off the way to round 1."""
    if g.study.archived_at or rounds_of(g.session, g.study) or not g.roles & RUN_ROUNDS:
        return None
    outline = outline_of(g.session, latest_draft(g.session, g.study))
    path = path_of(standing_of(g.session, g.study, now=now()), outline, findings())
    return next((task for task in path if task.is_due and task.endpoint != endpoint), None)


def _needed(standing: Standing, outline: Outline) -> Iterator[Task]:
    sizes = ", ".join(f"{size.label} {size.n}" for size in group_sizes(g.session, g.study))
    yield _task("manual", gettext("The draft"), "", is_done=True, holds=what_it_holds(outline))
    yield _task(
        "mark_items",
        gettext("Mark what is rated"),
        gettext("Paragraph by paragraph: text, core item or flexible item."),
        is_done=standing.is_marked,
        url=url_for(".mark_items", slug=g.study.slug, key=outline.body[0].key),
    )
    yield _task(
        "panel",
        gettext("Groups and panel"),
        gettext("A file with name, address and group of each person."),
        is_done=bool(standing.n_panelists),
        holds=sizes,
    )
    yield _task(
        "protocol",
        gettext("Protocol"),
        gettext("Scale, consensus rule, what panelists see, when to stop."),
        is_done=standing.is_protocol_checked,
    )


def _worded(found: Found) -> Iterator[Task]:
    yield _task(
        "consent",
        gettext("What people are told and agree to"),
        gettext("Who you are, who pays, how long answers are kept."),
        is_done=not _is_found(Place.CONSENT, found),
        is_advised=True,
    )
    yield _task(
        "care",
        gettext("Care: help and contact"),
        gettext("Where people can turn, and to whom outside the team."),
        is_done=not _is_found(Place.CARE, found),
        is_advised=True,
    )
    yield _task(
        "mail",
        gettext("Invitation and reminders"),
        gettext("Who asks, in which words, and by the clocks of which time zone."),
        is_done=_is_mail_thought_of(),
        is_advised=True,
    )


def _is_mail_thought_of() -> bool:
    """Tell whether somebody has said who asks and when, or worded the invitation."""
    is_planned = plan_of(g.session, g.study.id).version > 0
    return is_planned or own_wording(g.session, g.study.id, MailKind.INVITATION) is not None


def _task(
    endpoint: str, text: str, hint: str, *, is_done: bool, is_advised: bool = False, holds: str = "", url: str = ""
) -> Task:
    """Return a step: what it is about as long as it is to be taken, what came of it (`holds`) afterwards."""
    url = url or url_for(f".{endpoint}", slug=g.study.slug)
    if is_done:
        return Task(endpoint, text, url, holds, gettext("Done"), "done")
    state = gettext("Advised") if is_advised else gettext("To do")
    return Task(endpoint, text, url, hint, state, "neutral", is_due=True, is_advised=is_advised)


def _rehearsal(standing: Standing) -> Task:
    hint = gettext("Try it out with an invented panel. Nothing of it counts.")
    url = url_for(".rehearsal", slug=g.study.slug)
    if standing.is_rehearsed:
        return Task("rehearsal", gettext("Rehearsal"), url, hint, gettext("Done"), "done")
    return Task("rehearsal", gettext("Rehearsal"), url, hint, gettext("If you like"), "quiet")


def _check(found: Found, *, is_early: bool) -> Task:
    """Return the step of the check; before what has to be done is done (`is_early`) it would only count that once more."""
    if is_early:
        state, tone = gettext("Then"), "quiet"
    elif n := n_missing(found):
        state, tone = ngettext("%(num)s thing is missing", "%(num)s things are missing", n), "waiting"
    elif found:
        state, tone = ngettext("%(num)s thing to think about", "%(num)s things to think about", len(found)), "neutral"
    else:
        state, tone = gettext("Nothing stands out"), "done"
    url = url_for(".check_study", slug=g.study.slug)
    return Task("check_study", gettext("Check"), url, "", state, tone, is_due=bool(found))


def _opening() -> Task:
    url = url_for(".open_round", slug=g.study.slug)
    return Task("open_round", gettext("Open round 1"), url, "", gettext("Last"), "quiet", is_due=True)


def _is_found(place: Place, found: Found) -> bool:
    return any(finding["place"] is place for finding in found)
