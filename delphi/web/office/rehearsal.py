"""The rehearsal of a study: beginning and deleting it, and inside it trying the round out and inventing answers."""

from flask import flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue as Page

from delphi import rehearsals
from delphi.errors import ConflictError
from delphi.models import RoundStatus
from delphi.services.panel import group_sizes
from delphi.services.progress import progress_of
from delphi.services.rehearsal import ENOUGH, MOST_OF_A_GROUP, age_of
from delphi.services.researchers import RUN_ROUNDS
from delphi.services.simulating import fill_open_round, left_to_try, n_begun, n_idle
from delphi.services.studies import rounds_of
from delphi.web.access import now, require_role, site
from delphi.web.office import office
from delphi.web.office.following import next_shown
from delphi.web.office.frame import actor
from delphi.web.words import gettext, ngettext


@office.get("/studies/<slug>/rehearsal")
def rehearsal(slug: str) -> str:
    """Show the way into the rehearsal; inside it, the ways to try the open round out."""
    settings = site().settings
    if not settings.is_rehearsal:
        inside = way_in(slug)
        age = age_of(g.session, g.study) if inside else None
        changed = [_copied_words()[name] for name in age.changed] if age else []
        return render_template("office/rehearsal.html", inside=inside, age=age, changed=changed, people=_people_words(inside))
    round_ = next((one for one in rounds_of(g.session, g.study) if one.status == RoundStatus.OPEN), None)
    if round_ is None:
        return render_template("office/rehearsing.html", round=None, step=next_shown())
    ways = []
    for member in left_to_try(g.session, round_):
        token = site().keyring.link_token(member.panelist_id, round_.id, member.panelist.link_serial)
        ways.append({"group": member.group.label, "url": url_for("public.landing", token=token)})
    progress = progress_of(g.session, round_)
    return render_template(
        "office/rehearsing.html",
        ways=ways,
        round=round_,
        n_begun=n_begun(g.session, round_),
        n_invited=progress.invited,
        n_completed=progress.completed,
        n_idle=n_idle(g.session, round_),
    )


@office.post("/studies/<slug>/rehearsal/begin")
def begin_rehearsal(slug: str) -> Page:
    """Copy the study with an invented panel that has answered, in place of an earlier copy if that is wanted, and lead there."""
    require_role(RUN_ROUNDS)
    if site().settings.is_rehearsal:
        raise ConflictError("This is a rehearsal already.")
    name = actor()
    g.session.commit()  # nothing has changed, and nobody who writes is to wait while it is made
    if "anew" in request.form and rehearsals.mark_of(site().settings, slug):
        rehearsals.delete(site().settings, site().database, slug, actor=name, now=now())
    rehearsals.begin(site().settings, site().database, slug, actor=name, now=now())
    return redirect(_inside(slug), code=303)


@office.post("/studies/<slug>/rehearsal/delete")
def end_rehearsal(slug: str) -> Page:
    """Delete the rehearsal with everything in it."""
    require_role(RUN_ROUNDS)
    name = actor()
    g.session.commit()
    rehearsals.delete(site().settings, site().database, slug, actor=name, now=now())
    flash(gettext("The rehearsal is deleted. Nothing of it is left."), "done")
    return redirect(url_for(".rehearsal", slug=slug), code=303)


@office.post("/studies/<slug>/rehearsal/fill")
def fill_rehearsal(slug: str) -> Page:
    """Invent answers to the open round; in a rehearsal and nowhere else."""
    require_role(RUN_ROUNDS)
    n = fill_open_round(g.session, site().keyring, g.study, now=now())
    g.session.commit()
    flash(ngettext("%(num)s invented person has answered.", "%(num)s invented people have answered.", n), "done")
    return redirect(url_for(".rehearsal", slug=slug), code=303)


def _people_words(inside: str | None) -> str:
    """Return who is in the rehearsal that there is, or would be in one that is begun now."""
    if inside:
        return gettext("Its people are invented.")
    if any(size.n for size in group_sizes(g.session, g.study)):
        return gettext("Its people are invented, in groups of the same sizes, at most %(most)s in each.", most=MOST_OF_A_GROUP)
    return gettext("Nobody is on the panel yet: it gets %(n)s invented people in each group.", n=ENOUGH)


def way_in(slug: str) -> str | None:
    """Return the address of the study's rehearsal; None where there is none, or this is one."""
    settings = site().settings
    is_there = not settings.is_rehearsal and rehearsals.mark_of(settings, slug)
    return _inside(slug) if is_there else None


def _inside(slug: str) -> str:
    """Return the address of the rehearsal's own page, which another part of the site answers."""
    return f"{url_for('public.home').rstrip('/')}/{rehearsals.ADDRESS}/{slug}{url_for('.rehearsal', slug=slug)}"


def _copied_words() -> dict[str, str]:
    """Return what a rehearsal copies, by the names that the service has for it."""
    return {
        "manual": gettext("the manual"),
        "panel": gettext("the panel"),
        "protocol": gettext("the protocol"),
        "consent": gettext("what people are told and agree to"),
        "mail": gettext("the mail"),
        "care": gettext("help and contact"),
        "team": gettext("the team"),
    }
