"""Setting a study up: the path from the draft to the first round, and the check of what is missing or unwise."""

from typing import Any

from flask import g, render_template, url_for

from delphi.manual.outline import Outline
from delphi.models import Study
from delphi.services.findings import Finding, Place
from delphi.services.next_step import Standing
from delphi.services.panel import group_sizes
from delphi.services.readiness import NO_MAIL, check
from delphi.services.rounds import proposed_items
from delphi.services.studies import rounds_of
from delphi.web.access import site
from delphi.web.office import office
from delphi.web.office.words import what_it_holds
from delphi.web.words import gettext, ngettext

Task = dict[str, Any]
Found = list[dict[str, Any]]


@office.get("/studies/<slug>/check")
def check_study(slug: str) -> str:
    """Show what is missing or unwise before the next round opens."""
    return render_template("office/check.html", findings=findings(), n_earlier=len(rounds_of(g.session, g.study)))


def findings() -> Found:
    """Return what the check finds now, in words, each with where it can be mended."""
    asked = [proposal.version for proposal in proposed_items(g.session, g.study) if proposal.is_asked]
    found = check(g.session, g.study, asked, n_earlier=len(rounds_of(g.session, g.study)))
    return [_in_words(finding) for finding in [*found, *([] if site().settings.smtp_url else [NO_MAIL])]]


def opening_words(found: Found) -> tuple[str, str, str, str]:
    """Return the step to round 1 once everything on the way is done: title, reason, words of the button and where it leads."""
    slug, n_missing = g.study.slug, _n_missing(found)
    if n_missing:
        missing = ngettext("%(num)s thing is missing", "%(num)s things are missing", n_missing)
        why = gettext(
            "%(missing)s, without which round 1 cannot open. The check says what, and where to mend it.", missing=missing
        )
        return gettext("Mend what is missing"), why, gettext("Go to the check"), url_for(".check_study", slug=slug)
    if not found:
        why = gettext("Everything is ready, and nothing stands out.")
    else:
        why = ngettext(
            "Draft, panel and protocol are ready, and round 1 can open. The check advises %(num)s thing first.",
            "Draft, panel and protocol are ready, and round 1 can open. The check advises %(num)s things first.",
            len(found),
        )
    why = f"{why} {gettext('The next page shows it, and what will be asked, of how many people, before anything goes out.')}"
    return gettext("Open round 1"), why, gettext("See what it will ask"), url_for(".open_round", slug=slug)


def path_of(standing: Standing, outline: Outline, found: Found) -> list[Task]:
    """Return the steps to round 1 in their order, each with its state and where it is done.

    What the check merely advises is told from what has to be done.
    """
    study: Study = g.study
    slug = study.slug
    sizes = ", ".join(f"{size.label} {size.n}" for size in group_sizes(g.session, study))
    return [
        _task(
            gettext("The draft"),
            url_for(".manual", slug=slug),
            what_it_holds(outline),
            is_done=True,
        ),
        _task(
            gettext("Mark what is rated"),
            url_for(".mark_items", slug=slug, key=outline.body[0].key),
            gettext("Paragraph by paragraph: text, core item or flexible item."),
            is_done=standing.is_marked,
        ),
        _task(
            gettext("Groups and panel"),
            url_for(".panel", slug=slug),
            sizes or gettext("A file with name, address and group of each person."),
            is_done=bool(standing.n_panelists),
        ),
        _task(
            gettext("Protocol"),
            url_for(".protocol", slug=slug),
            gettext("Scale, consensus rule, what panelists see, when to stop."),
            is_done=standing.is_protocol_checked,
        ),
        _advised(
            gettext("What people are told and agree to"),
            url_for(".consent", slug=slug),
            gettext("Who you are, who pays, how long answers are kept."),
            is_done=not _is_found(Place.CONSENT, found),
        ),
        _advised(
            gettext("Help and contact"),
            url_for(".care", slug=slug),
            gettext("Where people can turn, and to whom outside the team."),
            is_done=not _is_found(Place.CARE, found),
        ),
        {
            "text": gettext("Rehearsal"),
            "url": url_for(".rehearsal", slug=slug),
            "hint": gettext("Try it out with an invented panel, as a panelist and as the team. Nothing of it counts."),
            "state": gettext("If you like"),
            "tone": "quiet",
        },
        _check_task(slug, found),
        {
            "text": gettext("Open round 1"),
            "url": url_for(".open_round", slug=slug),
            "hint": gettext("A last look, before anything goes out."),
            "state": gettext("Last"),
            "tone": "quiet",
        },
    ]


def _task(text: str, url: str, hint: str, *, is_done: bool) -> Task:
    state, tone = (gettext("Done"), "done") if is_done else (gettext("To do"), "neutral")
    return {"text": text, "url": url, "hint": hint, "state": state, "tone": tone}


def _advised(text: str, url: str, hint: str, *, is_done: bool) -> Task:
    task = _task(text, url, hint, is_done=is_done)
    return task if is_done else task | {"state": gettext("Advised")}


def _is_found(place: Place, found: Found) -> bool:
    return any(finding["place"] is place for finding in found)


def _n_missing(found: Found) -> int:
    return sum(finding["is_missing"] for finding in found)


def _check_task(slug: str, found: Found) -> Task:
    n_missing = _n_missing(found)
    if n_missing:
        state, tone = ngettext("%(num)s thing is missing", "%(num)s things are missing", n_missing), "waiting"
    elif found:
        state, tone = ngettext("%(num)s thing to think about", "%(num)s things to think about", len(found)), "neutral"
    else:
        state, tone = gettext("Nothing stands out"), "done"
    hint = gettext("What is missing or unwise, each with the reason.")
    return {"text": gettext("Check"), "url": url_for(".check_study", slug=slug), "hint": hint, "state": state, "tone": tone}


def _in_words(finding: Finding) -> dict[str, Any]:
    text, endpoint = _where(finding.place)
    return {
        "place": finding.place,
        "what": finding.what.said(gettext),
        "why": finding.why.said(gettext),
        "source": gettext(finding.source),
        "is_missing": finding.is_missing,
        "mend": {"text": text, "url": url_for(endpoint, slug=g.study.slug)} if endpoint else None,
    }


def _where(place: Place) -> tuple[str, str]:
    """Return the words of the link to where something is mended, and its page; no page where the site has none."""
    return {
        Place.MANUAL: (gettext("Go to the manual"), ".manual"),
        Place.PANEL: (gettext("Go to the panel"), ".panel"),
        Place.PROTOCOL: (gettext("Go to the protocol"), ".protocol"),
        Place.CONSENT: (gettext("Go to what people are told"), ".consent"),
        Place.CARE: (gettext("Go to help and contact"), ".care"),
        Place.TEAM: ("", ""),
        Place.SETTINGS: ("", ""),
    }[place]
