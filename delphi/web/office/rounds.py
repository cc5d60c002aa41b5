"""Rounds: the look before one opens, how far it is, closing it and publishing its results."""

from collections.abc import Collection
from datetime import timedelta
from zoneinfo import ZoneInfo

from flask import flash, g, redirect, render_template, url_for
from flask.typing import ResponseReturnValue as Page

from delphi.models import Channel, Protocol, Round, RoundStatus, RoundStep
from delphi.services import rounds
from delphi.services.ballots import questionnaire_of
from delphi.services.deadlines import end_of, usual_day
from delphi.services.disclosure import LEVELS, NOT_ASKED, ZONES, Policy, hidden_groups
from delphi.services.drafts import latest_draft, outline_of
from delphi.services.mail_plan import next_reminder
from delphi.services.minutes import longest_minutes
from delphi.services.moderation import n_unjudged
from delphi.services.next_step import standing_of
from delphi.services.panel import group_sizes
from delphi.services.progress import progress_of
from delphi.services.protocol import choices_of, current_protocol
from delphi.services.readiness import NO_MAIL
from delphi.services.receipts import receipts_of
from delphi.services.reminding import has_reminded, remind
from delphi.services.researchers import KEEP_CONTACTS, RUN_ROUNDS
from delphi.services.results import public_view, team_view
from delphi.services.round_changes import extensions_of, has_asked_owner, pulled_from
from delphi.services.safeguarding import is_reader
from delphi.services.sign_off import needs_second
from delphi.services.studies import find_round, rounds_of
from delphi.services.team import team_of
from delphi.web.access import now, require_role, site
from delphi.web.information import information_minutes
from delphi.web.office import office
from delphi.web.office.forms import ConfirmForm, OpenRoundForm, PublishForm
from delphi.web.office.frame import actor
from delphi.web.office.lines import short_text
from delphi.web.office.setting_up import findings_about
from delphi.web.office.sign_off import asked, is_asked_for
from delphi.web.office.words import status_word
from delphi.web.sending import reaches_nobody, send
from delphi.web.words import gettext


@office.route("/studies/<slug>/rounds/next", methods=["GET", "POST"])
def open_round(slug: str) -> Page:
    """Show what the next round asks and whom; open it when told to."""
    require_role(RUN_ROUNDS)
    protocol = current_protocol(g.session, g.study)
    usual = usual_day(choices_of(protocol).weeks, g.zone, now=now())
    form = OpenRoundForm(data={"deadline": usual})
    if form.validate_on_submit():
        with form.doing():
            deadline = end_of(form.deadline.data, g.zone) if form.deadline.data else None
            if is_asked_for():
                return asked(RoundStep.OPEN, deadline=deadline)
            opened = rounds.open_round(g.session, site().keyring, g.study, actor=actor(), now=now(), deadline=deadline)
        if form.is_done:
            # Where mail goes nowhere, the page that follows says so for as long as the round is open.
            send(gettext("Round %(n)s is open. Everybody’s invitation is written.", n=opened.number))
            return redirect(url_for(".round_page", slug=slug, number=opened.number), code=303)
    return _check_page(form, protocol), form.status


@office.get("/studies/<slug>/rounds/<int:number>")
def round_page(slug: str, number: int) -> str:
    round_ = find_round(g.session, g.study, number)
    told = {} if round_.status == RoundStatus.OPEN else public_view(g.session, round_)
    return render_template(
        "office/round.html",
        round=round_,
        state=status_word(round_),
        progress=progress_of(g.session, round_),
        other_custodians=other_custodians(),
        days_left=_days_left(round_),
        is_new=now() - round_.opened_at < timedelta(days=1),
        extensions=extensions_of(g.session, round_),
        pulled=pulled_from(g.session, round_),
        planned=rounds.planned_items(g.session, g.study, number),
        short_text=short_text,
        has_asked_owner=has_asked_owner(g.session, round_),
        policy=choices_of(round_.protocol).policy,
        is_late=now() > round_.deadline,
        participation=told.get("participation", []),
        attributes=told.get("attributes", []),
        next_reminder=next_reminder(g.session, round_, now=now()),
        zone=g.zone,
        warning=reaches_nobody(),
        way_out=NO_MAIL.more.said(gettext) if NO_MAIL.more else "",
        reads=is_reader(g.session, g.study, g.researcher),
        has_reminded=has_reminded(g.session, round_, now=now()),
        n_erased=receipts_of(g.session, round_).n_erased if round_.status != RoundStatus.OPEN else 0,
    )


@office.post("/studies/<slug>/rounds/<int:number>/remind")
def send_reminder(slug: str, number: int) -> Page:
    """Remind whoever has neither completed nor finished the round and wants to be reminded."""
    require_role(RUN_ROUNDS)
    remind(g.session, g.study, find_round(g.session, g.study, number), actor=actor(), now=now())
    g.session.commit()
    send(gettext("A reminder is on its way to everybody who is not done with the round and wants one."))
    return redirect(url_for(".round_page", slug=slug, number=number), code=303)


@office.route("/studies/<slug>/rounds/<int:number>/close", methods=["GET", "POST"])
def close_round(slug: str, number: int) -> Page:
    require_role(RUN_ROUNDS)
    round_, form = find_round(g.session, g.study, number), ConfirmForm()
    if form.validate_on_submit():
        with form.doing():
            if is_asked_for():
                return asked(RoundStep.CLOSE)
            rounds.close_round(g.session, g.study, round_, actor=actor(), now=now())
        if form.is_done:
            flash(gettext("Round %(n)s is closed and its results are fixed.", n=number), "done")
            return redirect(url_for(".results", slug=slug, number=number), code=303)
    page = render_template(
        "office/close_round.html",
        form=form,
        needs_second=needs_second(g.session, g.study, RoundStep.CLOSE),
        round=round_,
        progress=progress_of(g.session, round_),
        is_early=now() <= round_.deadline,
        paper_until=until if now() <= (until := round_.last_moment(Channel.PAPER)) else None,
    )
    return page, form.status


@office.route("/studies/<slug>/rounds/<int:number>/publish", methods=["GET", "POST"])
def publish_round(slug: str, number: int) -> Page:
    require_role(RUN_ROUNDS)
    round_, form = find_round(g.session, g.study, number), PublishForm()
    form.n_unjudged = n_unjudged(g.session, round_) if round_.status == RoundStatus.CLOSED else 0
    if form.validate_on_submit():
        with form.doing():
            if is_asked_for():
                return asked(RoundStep.PUBLISH)
            rounds.publish_round(g.session, g.study, round_, actor=actor(), now=now())
        if form.is_done:
            flash(gettext("The results of round %(n)s are published.", n=number), "done")
            return redirect(url_for(".overview", slug=slug), code=303)
    needs = needs_second(g.session, g.study, RoundStep.PUBLISH)
    page = render_template("office/publish_round.html", form=form, round=round_, needs_second=needs, **_shown_to_panel(round_))
    return page, form.status


def _check_page(form: OpenRoundForm, protocol: Protocol) -> str:
    earlier = rounds_of(g.session, g.study)
    proposals = rounds.proposed_items(g.session, g.study)
    choices = choices_of(protocol)
    draft = latest_draft(g.session, g.study)
    asked = [proposal for proposal in proposals if proposal.is_asked]
    groups = group_sizes(g.session, g.study)
    found = findings_about([one.version for one in asked], n_earlier=len(earlier))
    return render_template(
        "office/open_round.html",
        findings=found,
        is_missing=any(finding["is_missing"] for finding in found),
        form=form,
        needs_second=needs_second(g.session, g.study, RoundStep.OPEN),
        number=len(earlier) + 1,
        zone=g.zone,
        unpublished=earlier[-1] if earlier and earlier[-1].published_at is None else None,
        short_text=short_text,
        asked=asked,
        undecided=standing_of(g.session, g.study, now=now()).n_undecided,
        settled=[proposal for proposal in proposals if not proposal.is_asked],
        n_invited=len(rounds.invited_next(g.session, g.study, earlier, choices, [one.version for one in asked])),
        groups=groups,
        draft=draft,
        protocol=protocol,
        choices=choices,
        reaches_nobody=reaches_nobody(),
        minutes_before=information_minutes(),
        minutes=longest_minutes(
            outline_of(g.session, draft), {one.version.item.key for one in asked}, choices, [group.label for group in groups]
        ),
    )


def _shown_to_panel(round_: Round) -> dict[str, object]:
    choices = choices_of(round_.protocol)
    if round_.status == RoundStatus.OPEN:
        return {"choices": choices}
    view = team_view(g.session, round_)
    hidden, asked = hidden_groups(view["groups"], choices.policy), questionnaire_of(g.session, round_)
    groups = [(group.label, view["groups"].get(group.label, 0)) for group in group_sizes(g.session, g.study)]
    return {
        "choices": choices,
        "groups": [
            (label, n, _tier(label, n, hidden, choices.policy) if asked.asks(label) else NOT_ASKED) for label, n in groups
        ],
        "policy": choices.policy,
        "n_answered": view["participants"],
        "n_items": len(round_.items),
    }


def _tier(label: str, n: int, hidden: Collection[str], policy: Policy) -> str:
    """Return how much of a group panelists are shown at most, and where nothing, why."""
    if n < policy.least_group:
        return "few"
    return "subtraction" if label in hidden else ZONES if n < policy.least_levels else LEVELS


def _days_left(round_: Round) -> int | None:
    """Return how many days there are to answer in, today not counted; None when there are none left."""
    zone = ZoneInfo(g.zone)
    left = (round_.deadline.astimezone(zone).date() - now().astimezone(zone).date()).days
    return left if round_.status == RoundStatus.OPEN and left >= 0 else None


def other_custodians() -> list[str]:
    """Return who else keeps the contacts of the study, for one who does; for everybody else nobody."""
    if not g.roles & KEEP_CONTACTS:
        return []
    others = (member for member in team_of(g.session, g.study) if member.researcher.id != g.researcher.id)
    return [member.researcher.email for member in others if KEEP_CONTACTS & set(member.roles)]
