"""Open recruitment in the office: what is asked, whether it is open, and for custodians who waits for an answer."""

from flask import flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue as Page

from delphi.errors import InvalidError
from delphi.services import applicants
from delphi.services.recruiting import call_of, recruitment_of, replace_link, save_recruitment
from delphi.services.researchers import KEEP_CONTACTS, RUN_ROUNDS
from delphi.web.access import now, require_role, site
from delphi.web.office import office
from delphi.web.office.forms_recruiting import RecruitingForm, recruiting_form
from delphi.web.office.frame import actor
from delphi.web.sending import send_and_tell
from delphi.web.words import gettext

LONGEST_ID = 16  # digits


@office.route("/studies/<slug>/panel/recruiting", methods=["GET", "POST"])
def recruiting(slug: str) -> Page:
    """Say what people read and are asked; show the custodian who waits."""
    require_role(RUN_ROUNDS if request.method == "POST" else RUN_ROUNDS | KEEP_CONTACTS)
    form = recruiting_form(recruitment_of(g.session, g.study))
    if form.validate_on_submit():
        with form.doing():
            version, groups = form.version.data or 0, form.groups()
            save_recruitment(g.session, g.study, form.call(), new_groups=groups, version=version, actor=actor(), now=now())
        if form.is_done:
            flash(gettext("It is kept."), "done")
            return redirect(url_for(".recruiting", slug=slug), code=303)
    return _page(form), form.status


@office.post("/studies/<slug>/panel/recruiting/link")
def replace_recruiting_link(slug: str) -> Page:
    """Give the study another link, for when the old one has got around too far."""
    require_role(RUN_ROUNDS)
    replace_link(g.session, g.study, actor=actor(), now=now())
    g.session.commit()
    flash(gettext("This is the new link. The old one leads nowhere any more."), "done")
    return redirect(url_for(".recruiting", slug=slug), code=303)


@office.post("/studies/<slug>/panel/recruiting/answer")
def answer_applicant(slug: str) -> Page:
    """Put somebody who waits on the panel, or say no."""
    require_role(KEEP_CONTACTS)
    number, answer = request.form.get("applicant", ""), request.form.get("answer")
    if not (number.isascii() and number.isdigit() and len(number) <= LONGEST_ID and answer in ("yes", "no")):
        raise InvalidError("Say for whom, and whether yes or no: use the buttons of the list.")
    if answer == "yes":
        invited = applicants.admit(g.session, site().keyring, g.study, int(number), actor=actor(), now=now())
        g.session.commit()
        if invited:
            send_and_tell(gettext("They are on the panel, and their invitation to round %(n)s is on its way.", n=invited.number))
        else:
            flash(gettext("They are on the panel, and are invited when the next round opens."), "done")
    else:
        applicants.turn_away(g.session, g.study, int(number), actor=actor(), now=now())
        g.session.commit()
        flash(gettext("Nothing is kept of who asked."), "done")
    return redirect(url_for(".recruiting", slug=slug), code=303)


def _page(form: RecruitingForm) -> str:
    known = recruitment_of(g.session, g.study)
    may_answer = bool(g.roles & KEEP_CONTACTS)
    return render_template(
        "office/recruiting.html",
        form=form,
        call=call_of(known),
        link=f"{site().settings.public_url}/join/{known.key}" if known else None,
        demand=applicants.demand(g.session, g.study),
        candidates=applicants.candidates(g.session, site().keyring, g.study) if may_answer else None,
    )
