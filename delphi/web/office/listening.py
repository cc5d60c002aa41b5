"""What the panel proposed: other words for an item and new items, to settle."""

from typing import Any

from flask import flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue as Page

from delphi.manual.outline import ItemKind
from delphi.manual.redline import changes_html, redline_markdown
from delphi.models import ProposalState, Round
from delphi.services.decisions import decisions_of
from delphi.services.proposals import Outcome, Proposed, find_proposed, key_for, proposals_to_read, settle
from delphi.services.researchers import SEE_RESULTS, WORK_ON_RESULTS
from delphi.services.reviewing import present_items
from delphi.services.studies import find_round
from delphi.web.access import now, require_role
from delphi.web.office import office
from delphi.web.office.forms_listening import ProposalForm
from delphi.web.office.frame import actor
from delphi.web.office.words import proposal_tag
from delphi.web.words import gettext


@office.get("/studies/<slug>/rounds/<int:number>/proposals")
def proposals(slug: str, number: int) -> str:
    require_role(SEE_RESULTS)
    round_ = find_round(g.session, g.study, number)
    found = proposals_to_read(g.session, round_)
    return render_template(
        "office/proposals.html",
        round=round_,
        open=[_row(one) for one in found if one.state == ProposalState.OPEN],
        settled=[_row(one) for one in found if one.state != ProposalState.OPEN],
    )


@office.route("/studies/<slug>/rounds/<int:number>/proposals/<int:proposal_id>", methods=["GET", "POST"])
def proposal(slug: str, number: int, proposal_id: int) -> Page:
    """Show one proposal beside what it is about, and take what is to become of it."""
    require_role(WORK_ON_RESULTS if request.method == "POST" else SEE_RESULTS)
    round_ = find_round(g.session, g.study, number)
    one = find_proposed(g.session, round_, proposal_id)
    form = ProposalForm(data=_first_shown(one))
    form.offer(present_items(g.session, g.study))
    if form.validate_on_submit():
        with form.doing():
            _settle(round_, one, form)
        if form.is_done:
            flash(gettext("Kept. The proposer reads it when the results are published."), "done")
            return redirect(url_for(".proposals", slug=slug, number=number), code=303)
    return render_template("office/proposal.html", round=round_, one=_row(one), form=form, **_beside(round_, one)), form.status


def _settle(round_: Round, one: Proposed, form: ProposalForm) -> None:
    outcome = Outcome(
        state=ProposalState(form.state.data),
        reason=form.reason.data or "",
        words=form.words.data or "",
        key=(form.key.data or "").strip(),
        kind=ItemKind(form.kind.data),
        into=form.into.data or "",
    )
    version = form.version.data or 0
    settle(g.session, g.study, round_, one.id, outcome, version=version, by=g.researcher, actor=actor(), now=now())


def _row(one: Proposed) -> dict[str, Any]:
    return {
        "id": one.id,
        "text": one.text,
        "heading": one.heading,
        "section_key": one.section_key,
        "key": one.about.item.key if one.about else "",
        "about": one.about.text if one.about else "",
        "tag": proposal_tag(one.state),
        "state": one.state,
        "reason": one.reason,
        "became": one.became,
    }


def _first_shown(one: Proposed) -> dict[str, Any]:
    return {
        "version": one.version,
        "words": one.text,
        "key": "" if one.about else key_for(one.text),
        "kind": ItemKind.FLEXIBLE.value,
        "reason": one.reason,
        "into": one.became,
    }


def _beside(round_: Round, one: Proposed) -> dict[str, Any]:
    redline = None
    if one.about is not None:
        marked = redline_markdown(one.about.text, one.text)
        redline = changes_html(marked, inserted=gettext("inserted:"), deleted=gettext("deleted:"))
    decision = decisions_of(g.session, round_).get(one.about.item.key) if one.about else None
    return {"redline": redline, "decision": decision, "is_settled": one.state == ProposalState.ACCEPTED}
