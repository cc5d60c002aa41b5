"""Comments at work: read them, judge what is meant for the panel, code them, and link them to the decisions that answer them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

from flask import flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue as Page

from delphi.models import Audience, ReleaseState, Round
from delphi.services import moderation
from delphi.services.coding import add_code, code_comment, codebook_of
from delphi.services.comment_work import AtWork, comments_at_work, link_to_decision, mark_read, meter, names_of
from delphi.services.drafts import outline_of
from delphi.services.moderation import Judgement
from delphi.services.researchers import SEE_RESULTS, WORK_ON_RESULTS
from delphi.services.studies import find_round
from delphi.web.access import now, require_role
from delphi.web.office import office
from delphi.web.office.forms import OfficeForm
from delphi.web.office.forms_listening import CodingForm, JudgementForm, ReadingForm
from delphi.web.office.frame import actor
from delphi.web.office.lines import short_text
from delphi.web.office.words import action_word, audience_tag, release_tag
from delphi.web.words import gettext, ngettext

PER_PAGE = 50
UNCODED = "none"
STATES = ("unread", "to-judge", "uncoded", "unanswered", "answered")


@dataclass(frozen=True)
class Wanted:
    """Which comments the address asks for, whatever it cannot mean left out."""

    code: str = ""
    section: str = ""
    item: str = ""
    group: str = ""
    state: str = ""
    q: str = ""

    def arguments(self, **more: Any) -> dict[str, Any]:
        """Return what an address needs to ask for the same."""
        return {name: value for name, value in ({f.name: getattr(self, f.name) for f in fields(self)} | more).items() if value}


@office.route("/studies/<slug>/rounds/<int:number>/comments", methods=["GET", "POST"])
def comments(slug: str, number: int) -> Page:
    """Show what people wrote, in random order, and take what is to become of what is meant for the panel."""
    require_role(WORK_ON_RESULTS if request.method == "POST" else SEE_RESULTS)
    round_ = find_round(g.session, g.study, number)
    form = JudgementForm()
    if form.validate_on_submit():
        with form.doing():
            _judge(round_, form)
        if form.is_done:
            flash(gettext("Kept."), "done")
            return _back(round_, "to-judge")
    return _page(round_, form), form.status


@office.post("/studies/<slug>/rounds/<int:number>/comments/<int:comment>")
def work_on_comment(slug: str, number: int, comment: int) -> Page:
    """Take the codes of one comment, and whether the decision on its item answers it."""
    require_role(WORK_ON_RESULTS)
    round_ = find_round(g.session, g.study, number)
    form = CodingForm()
    if form.validate_on_submit():
        with form.doing():
            _code(round_, comment, form)
        if form.is_done:
            flash(gettext("Kept."), "done")
            return _back(round_, f"comment-{comment}")
    return _page(round_, form, comment), form.status


@office.post("/studies/<slug>/rounds/<int:number>/comments/read")
def read_comments(slug: str, number: int) -> Page:
    """Keep that the comments that were shown have been read."""
    require_role(WORK_ON_RESULTS)
    round_ = find_round(g.session, g.study, number)
    form = ReadingForm()
    if form.validate_on_submit():
        with form.doing():
            n = mark_read(g.session, g.study, round_, form.comments.data or [], by=g.researcher, actor=actor(), now=now())
        if form.is_done:
            flash(ngettext("%(num)s comment is marked as read.", "%(num)s comments are marked as read.", n), "done")
            return _back(round_, "comments")
    return _page(round_, form), form.status


def _judge(round_: Round, form: JudgementForm) -> None:
    who: dict[str, Any] = {"by": g.researcher, "actor": actor(), "now": now()}
    comment, version, reason = int(form.comment.data), form.version.data or 0, form.reason.data or ""
    if form.state.data == ReleaseState.RETRACTED:
        moderation.retract(g.session, g.study, round_, comment, reason, version=version, **who)
        return
    judgement = Judgement(ReleaseState(form.state.data), form.words.data or "", reason)
    moderation.judge(g.session, g.study, round_, comment, judgement, version=version, **who)


def _code(round_: Round, comment: int, form: CodingForm) -> None:
    who: dict[str, Any] = {"actor": actor(), "now": now()}
    chosen = set(form.codes.data or [])
    if (form.new.data or "").strip():
        chosen.add(add_code(g.session, g.study, form.new.data, "", **who).id)
    code_comment(g.session, g.study, round_, comment, chosen=chosen, shown=set(form.shown.data or []), **who)
    if form.can_answer.data:
        link_to_decision(g.session, g.study, round_, comment, answers=form.answers.data, **who)


def _back(round_: Round, anchor: str) -> Page:
    names = ("page", *(field.name for field in fields(Wanted)))
    arguments: dict[str, Any] = {name: value for name in names if (value := request.args.get(name))}
    return redirect(url_for(".comments", slug=g.study.slug, number=round_.number, **arguments, _anchor=anchor), code=303)


def _page(round_: Round, form: OfficeForm, typed: int = 0) -> str:
    everything = comments_at_work(g.session, round_)
    outline = outline_of(g.session, round_.draft)
    homes = {one.about.item.key: outline.section_of(one.about.item.key) for one in (work.comment for work in everything)}
    codes = names_of(codebook_of(g.session, g.study))
    wanted = _wanted(everything, {section.key for section in homes.values()}, codes)
    found = [one for one in everything if _is_wanted(one, wanted, homes[one.comment.about.item.key].key)]
    found.sort(key=lambda one: (not one.comment.is_unjudged, one.comment.release is None))
    n_pages = max(1, -(-len(found) // PER_PAGE))
    page = min(n_pages, max(1, request.args.get("page", 1, type=int)))
    rows = [_row(one, form, typed, codes) for one in found[(page - 1) * PER_PAGE : page * PER_PAGE]]
    return render_template(
        "office/comments.html",
        round=round_,
        form=form,
        judging_form=form if isinstance(form, JudgementForm) else JudgementForm(formdata=None),
        meter=meter(everything),
        wanted=wanted,
        options=_options(everything, homes, codes),
        codes=codes,
        n_found=len(found),
        page=page,
        n_pages=n_pages,
        to_judge=[row for row in rows if row["is_unjudged"]],
        judged=[row for row in rows if row["release"]],
        for_team=[row for row in rows if not row["is_unjudged"] and not row["release"]],
        unread=[row["id"] for row in rows if not row["is_read"]],
    )


def _wanted(comments: Sequence[AtWork], sections: set[str], codes: Mapping[int, str]) -> Wanted:
    """Return what the address asks for; whatever the page does not know shows everything."""
    known: dict[str, Any] = {
        "code": {UNCODED, *map(str, codes)},
        "section": sections,
        "item": {one.comment.about.item.key for one in comments},
        "group": {one.group for one in comments},
        "state": STATES,
    }
    chosen = {name: value for name, values in known.items() if (value := request.args.get(name, "")) in values}
    return Wanted(**chosen, q=request.args.get("q", "").strip())


def _is_wanted(one: AtWork, wanted: Wanted, section: str) -> bool:
    states = {
        "unread": not one.is_read,
        "to-judge": one.comment.is_unjudged,
        "uncoded": not one.codes,
        "unanswered": not one.is_answered,
        "answered": one.is_answered,
    }
    release = one.comment.release
    words = f"{one.comment.text}\n{release.text if release else ''}".casefold()
    return (
        states.get(wanted.state, True)
        and (not wanted.code or (not one.codes if wanted.code == UNCODED else int(wanted.code) in one.codes))
        and wanted.section in ("", section)
        and wanted.item in ("", one.comment.about.item.key)
        and wanted.group in ("", one.group)
        and wanted.q.casefold() in words
    )


def _options(comments: Sequence[AtWork], homes: Mapping[str, Any], codes: Mapping[int, str]) -> dict[str, list[tuple[str, str]]]:
    used = {code: sum(code in one.codes for one in comments) for code in codes}
    items = {one.comment.about.item.key: short_text(one.comment.about) for one in comments}
    sections = {section.key: section.heading for section in homes.values()}
    return {
        "code": [
            ("", gettext("All codes")),
            (UNCODED, gettext("Without a code")),
            *((str(code), f"{name} ({used[code]})") for code, name in codes.items()),
        ],
        "section": [("", gettext("All sections")), *sections.items()],
        "item": [("", gettext("All items")), *items.items()],
        "group": [("", gettext("All groups")), *((group, group) for group in sorted({one.group for one in comments} - {""}))],
        "state": [
            ("", gettext("All comments")),
            ("unread", gettext("Not read yet")),
            ("to-judge", gettext("To judge")),
            ("uncoded", gettext("Without a code")),
            ("unanswered", gettext("Not answered by a decision")),
            ("answered", gettext("Answered by a decision")),
        ],
    }


def _row(one: AtWork, form: OfficeForm, typed: int, names: Mapping[int, str]) -> dict[str, Any]:
    comment, release = one.comment, one.comment.release
    is_judged_now = isinstance(form, JudgementForm) and form.is_submitted() and form.comment.data == str(one.id)
    is_coded_now = typed == one.id
    return {
        "id": one.id,
        "text": comment.text,
        "key": comment.about.item.key,
        "about": short_text(comment.about),
        "readers": audience_tag(comment.audience),
        "is_reworded": comment.audience is Audience.REWORDED,
        "is_unjudged": comment.is_unjudged,
        "release": release,
        "tag": release_tag(release.state, release.has_objection) if release else None,
        "version": release.version if release else 0,
        "state": form.state.data if is_judged_now else release.state if release else "",
        "words": form.words.data if is_judged_now else release.text if release else comment.text,
        "reason": form.reason.data if is_judged_now else release.reason if release else "",
        "is_wrong": is_judged_now,
        "is_read": one.is_read,
        "group": one.group,
        "shown": one.codes,
        "codes": set(form.codes.data or []) if is_coded_now else set(one.codes),
        "code_names": [(code, names[code]) for code in one.codes],
        "new": form.new.data if is_coded_now else "",
        "is_coding": is_coded_now,
        "decision": one.decision,
        "action": action_word(one.decision.action) if one.decision else "",
        "is_answered": one.is_answered,
    }
