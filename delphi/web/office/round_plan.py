"""One item of the next round: asked or left out other than is proposed, with the reason."""

from flask import flash, g, redirect, render_template, url_for
from flask.typing import ResponseReturnValue as Page

from delphi.models import RoundStatus
from delphi.services.researchers import RUN_ROUNDS
from delphi.services.round_plan import back_to_proposed, change_plan, proposal_of, state_of
from delphi.services.rounds import Proposal
from delphi.services.studies import rounds_of
from delphi.web.access import now, require_role
from delphi.web.office import office
from delphi.web.office.forms_round import PlanForm
from delphi.web.office.frame import actor
from delphi.web.office.lines import short_text
from delphi.web.words import gettext


@office.route("/studies/<slug>/rounds/next/items/<key>", methods=["GET", "POST"])
def plan_item(slug: str, key: str) -> Page:
    """Leave an item out that would be asked, ask one that would rest, or go back to what is proposed."""
    require_role(RUN_ROUNDS)
    proposal = proposal_of(g.session, g.study, key)
    form = PlanForm(data={"seen": state_of(proposal)})
    form.needs_reason = not proposal.changed
    if form.validate_on_submit():
        with form.doing():
            _change(proposal, key, form)
        if form.is_done:
            flash(gettext("The next round is changed. Nothing has gone out."), "done")
            return redirect(url_for(".open_round", slug=slug), code=303)
    rounds = rounds_of(g.session, g.study)
    page = render_template(
        "office/plan_item.html",
        form=form,
        proposal=proposal_of(g.session, g.study, key),
        number=len(rounds) + 1,
        is_open=bool(rounds) and rounds[-1].status == RoundStatus.OPEN,
        short_text=short_text,
    )
    return page, form.status


def _change(proposal: Proposal, key: str, form: PlanForm) -> None:
    seen = form.seen.data or ""
    if proposal.changed:
        back_to_proposed(g.session, g.study, key, seen=seen, actor=actor(), now=now())
        return
    is_asked, reason = not proposal.is_asked, form.reason.data or ""
    change_plan(g.session, g.study, key, is_asked=is_asked, reason=reason, seen=seen, actor=actor(), now=now())
