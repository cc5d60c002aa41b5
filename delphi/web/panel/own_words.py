"""What one wrote oneself: how the panel would read it, what became of it, and proposing a new item."""

from typing import Any

from flask import flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue as Page

from delphi.errors import DelphiError, InvalidError, NotFoundError
from delphi.models import Action, Audience, Proposal, ProposalState, ReleaseState, RoundStatus
from delphi.services.answering import sheet_of
from delphi.services.care import crisis_words
from delphi.services.moderation import object_to
from delphi.services.own_words import OwnComment, OwnProposal, own_comments, own_proposals
from delphi.services.proposals import MOST_PROPOSALS, ChangedElsewhereError, change_proposal, new_items_of, propose
from delphi.services.protocol import choices_of
from delphi.services.recognition import traces
from delphi.services.remarks import LONGEST_TEXT
from delphi.web.access import now, site
from delphi.web.errors import sentence
from delphi.web.filters import clock
from delphi.web.panel import keep_to_zone, panel
from delphi.web.panel.forms import number_seen
from delphi.web.panel.interrupted import too_late
from delphi.web.panel.results import DONE
from delphi.web.panel.writing import audience_word, is_anybody_reading, looking_up, readers_at_first, warning
from delphi.web.words import gettext

NEW = "proposal-new"


@panel.get("/your-words")
def your_words() -> str:
    """Show everything that the panelist wrote, with how the panel would read it and what became of it."""
    comments, proposals = own_comments(g.session, g.member.panelist_id), own_proposals(g.session, g.member.panelist_id)
    texts = {str(own.comment.id): own.comment.text for own in comments}
    found, has_reader = traces(g.session, site().keyring, g.member.panelist_id, texts), is_anybody_reading()
    return render_template(
        "panel/your_words.html",
        comments=[_comment(own, warning(found.get(str(own.comment.id), ())), has_reader) for own in comments],
        proposals=[_proposal(own, has_reader) for own in proposals],
        round=g.round,
    )


@panel.post("/your-words")
def stop_showing() -> Page:
    """Keep that the writer does not want a comment shown as it stands, or does after all."""
    comment_id = request.form.get("comment", "")
    if not comment_id.isdecimal():
        raise NotFoundError("This is not a comment of yours.")
    objects = request.form.get("show") != "yes"
    object_to(g.session, g.member.panelist_id, int(comment_id), objects=objects)
    g.session.commit()
    said = gettext("It will not be shown to the panel.") if objects else gettext("It will be shown to the panel.")
    flash(said, "done")
    return redirect(url_for("panel.your_words"), code=303)


@panel.get("/sections/<key>/propose")
def propose_item(key: str) -> str:
    """Show what the panelist has proposed for this section in this round, and a box for one more."""
    name = request.form.get("box", NEW)
    if name not in [f"proposal-{one.id}" for one in new_items_of(g.session, g.member, key)]:
        name = NEW  # what it was to change has been taken back meanwhile
    text, seen = request.form.get("text"), number_seen(request.form, "seen")
    return _proposing(key, {}, {}, {}) if text is None else _proposing(key, {}, {name: text}, {name: seen})


@panel.post("/sections/<key>/propose")
def save_proposal(key: str) -> Page:
    """Keep a new proposal, or other words for one that was made before; what cannot be kept comes back as it was typed."""
    _heading(key)
    name = request.form.get("box", NEW)
    text = request.form.get("text", "")
    try:
        _keep(key, name, text)
    except ChangedElsewhereError as error:
        return _proposing(key, {name: sentence(error)}, {name: text}, {name: error.number}), error.status
    except InvalidError as error:
        return _proposing(key, {name: sentence(error)}, {name: text}, {}), error.status
    except DelphiError as error:  # the round has closed meanwhile
        return too_late(error)
    keep_to_zone()
    g.session.commit()
    flash(gettext("Saved %(time)s.", time=clock(now())), "done")
    return redirect(url_for("panel.propose_item", key=key), code=303)


def _keep(key: str, name: str, text: str) -> None:
    number = name.removeprefix("proposal-")
    if name == NEW:
        propose(g.session, g.member, key, text, now=now())
    elif number.isdecimal():
        change_proposal(g.session, g.member, int(number), text, seen=number_seen(request.form, "seen"), now=now())
    else:
        raise NotFoundError("This is not a proposal of yours in this round.")


def _heading(key: str) -> str:
    sections = [section for chapter in sheet_of(g.session, g.member, g.round).chapters for section in chapter.sections]
    heading = next((section.heading for section in sections if section.key == key), None)
    if heading is None:
        raise NotFoundError("This manual has no section called {key}.", key=key)
    return heading


def _proposing(key: str, errors: dict[str, str], typed: dict[str, str], numbers: dict[str, int]) -> str:
    g.session.rollback()  # what a refusal left half done is no part of the page
    mine = new_items_of(g.session, g.member, key)
    found = traces(g.session, site().keyring, g.member.panelist_id, {str(one.id): one.text for one in mine})
    boxes = [
        {
            "name": (name := f"proposal-{one.id}"),
            "text": typed.get(name, one.text),
            "seen": numbers.get(name, one.number),
            "error": errors.get(name),
            "warning": warning(found.get(str(one.id), ())),
        }
        for one in mine
    ]
    has_reader = is_anybody_reading()
    return render_template(
        "panel/propose.html",
        round=g.round,
        readers=f"{readers_at_first(has_reader)} {looking_up(has_reader)}".rstrip(),
        heading=_heading(key),
        section=key,
        boxes=boxes,
        new={"name": NEW, "text": typed.get(NEW, ""), "seen": 0, "error": errors.get(NEW), "warning": ""},
        errors=[{"text": said, "href": f"#{name}"} for name, said in errors.items()],
        has_errors=bool(errors),
        accepting=g.round.accepts_answers(now()),
        crisis=gettext(crisis_words(g.study)),
        longest=LONGEST_TEXT,
        most=MOST_PROPOSALS,
    )


def _comment(own: OwnComment, told: str, has_reader: bool) -> dict[str, Any]:
    release, audience = own.release, own.comment.audience
    is_waiting = release is not None and release.state == ReleaseState.APPROVED and own.round.status == RoundStatus.CLOSED
    return {
        "id": own.comment.id,
        "round": own.round.number,
        "anchor": f"comment-{own.about.item.key}" if own.round.id == g.round.id else None,
        "about": own.about,
        "text": own.comment.text,
        "readers": audience_word(audience, has_reader=has_reader),
        "state": _state(own, has_reader),
        "reason": release.reason if release and release.state in (ReleaseState.WITHHELD, ReleaseState.RETRACTED) else "",
        "shown": _as_shown(own),
        "may_stop": is_waiting and release is not None and not release.has_objection,
        "may_allow": is_waiting and release is not None and release.has_objection,
        "warning": told if own.round.accepts_answers(now()) else "",
        "decision": own.decision,
        "done": gettext(DONE[Action(own.decision.action)]) if own.decision else "",
    }


def _as_shown(own: OwnComment) -> str:
    """Return the words that the panel reads or would read, as far as they are there."""
    if own.release is not None:
        return own.release.text if own.release.state in (ReleaseState.APPROVED, ReleaseState.RELEASED) else ""
    is_verbatim = own.comment.audience is Audience.VERBATIM
    return own.comment.text if is_verbatim and own.round.status != RoundStatus.PUBLISHED else ""


def _state(own: OwnComment, has_reader: bool) -> str:
    """Return in a sentence where a comment stands on its way to those who may read it."""
    audience, release, status = own.comment.audience, own.release, own.round.status
    if audience is Audience.TEAM or not choices_of(own.round.protocol).show_comments:
        return _read_by_the_team(has_reader, is_open=status == RoundStatus.OPEN)
    if release is not None:
        return _judged(release.state, release.has_objection, status)
    if status == RoundStatus.PUBLISHED:
        return gettext("The panel was not shown this: nobody on the team had decided on it when the results were published.")
    if audience is Audience.VERBATIM:
        return gettext("This is how the panel would read it, if the team approves it when the round has closed.")
    return gettext("The team puts this in other words when the round has closed. You see them here first and can stop them.")


def _read_by_the_team(has_reader: bool, *, is_open: bool) -> str:
    if has_reader and is_open:
        return readers_at_first(has_reader)
    if has_reader:
        return gettext("Only the research team and the safeguarding reader read this.")
    if is_open:
        return gettext("Only the research team reads this, when the round has closed.")
    return gettext("Only the research team reads this.")


def _judged(state: str, is_stopped: bool, status: str) -> str:
    if is_stopped:
        return gettext("You have stopped this, so the panel is not shown it.")
    words = {
        ReleaseState.APPROVED: gettext("The panel will read this when the results are published."),
        ReleaseState.RELEASED: gettext("The panel can read this."),
        ReleaseState.WITHHELD: gettext("The panel is not shown this. The team’s reason:")
        if status == RoundStatus.PUBLISHED
        else gettext("The panel will not be shown this. The team’s reason:"),
        ReleaseState.RETRACTED: gettext("The panel could read this until the team took it back. Its reason:"),
    }
    return words[ReleaseState(state)]


def _proposal(own: OwnProposal, has_reader: bool) -> dict[str, Any]:
    proposal: Proposal = own.proposal
    words = {
        ProposalState.OPEN: gettext("The team has not settled this yet."),
        ProposalState.ACCEPTED: gettext("The team has taken this up. Its reason:"),
        ProposalState.MERGED: gettext("The team has taken this into another item. Its reason:"),
        ProposalState.DECLINED: gettext("The team has not taken this up. Its reason:"),
    }
    if own.round.status == RoundStatus.OPEN:
        state = readers_at_first(has_reader)
    elif own.is_told:
        state = words[ProposalState(proposal.state)]
    else:
        state = gettext("What becomes of it stands here when the results are published.")
    return {
        "round": own.round.number,
        "about": own.about,
        "heading": own.heading,
        "text": proposal.text,
        "state": state,
        "reason": proposal.reason if own.is_told else "",
    }
