"""Beginning a study, and its overview with the next thing to do."""

from flask import flash, g, redirect, render_template, url_for
from flask.typing import ResponseReturnValue as Page

from delphi.manual.notices import notices
from delphi.manual.parse import parse_draft, parse_files
from delphi.models import Round, RoundStatus
from delphi.resources import resource_dir
from delphi.services import studies
from delphi.services.applicants import n_waiting
from delphi.services.comment_work import meter_of
from delphi.services.drafts import latest_draft, outline_of
from delphi.services.next_step import ADVISED, Step, next_step, standing_of
from delphi.services.panel import group_sizes
from delphi.services.progress import progress_of
from delphi.services.protocol import choices_of, current_protocol
from delphi.services.researchers import KEEP_CONTACTS, SEE_RESULTS
from delphi.services.safeguarding import is_reader
from delphi.web.access import now
from delphi.web.office import office
from delphi.web.office.following import step_shown
from delphi.web.office.forms import NewStudyForm
from delphi.web.office.frame import actor
from delphi.web.office.rehearsal import way_in
from delphi.web.office.setting_up import findings
from delphi.web.office.uploads import Upload, read_upload
from delphi.web.office.way import path_of
from delphi.web.office.words import status_word, what_it_holds
from delphi.web.sending import reaches_nobody
from delphi.web.words import gettext, ngettext

EXAMPLE = "making-connections"
MOST_TOLD = 3


@office.route("/new-study", methods=["GET", "POST"])
def new_study() -> Page:
    form = NewStudyForm()
    if form.validate_on_submit():
        with form.doing():
            upload = read_upload(form.files.data) if form.source.data == "upload" else Upload({})
            title = form.title.data or ""
            example = resource_dir("manual_drafts") / EXAMPLE
            outline = parse_files(upload.files, title) if upload.files else parse_draft(example)
            study = studies.create_study(g.session, outline, owner=g.researcher, actor=actor(), now=now(), title=title)
        if form.is_done:
            _tell(upload)
            return redirect(url_for(".overview", slug=study.slug), code=303)
    return render_template("office/new_study.html", form=form), form.status


def _tell(upload: Upload) -> None:
    """Say what was left aside or will look different, so that nothing is dropped silently."""
    flash(gettext("The study is begun. Nobody has been invited yet."), "done")
    if upload.n_left:
        flash(
            ngettext(
                "%(num)s file that is not part of the draft was left aside.",
                "%(num)s files that are not part of the draft were left aside.",
                upload.n_left,
            )
        )
    found = notices(upload.files)
    if found:
        shown = [problem.said(gettext) for problem in found[:MOST_TOLD]]
        more = [gettext("… and %(n)s more.", n=len(found) - MOST_TOLD)] if len(found) > MOST_TOLD else []
        flash(" ".join([gettext("In the draft:"), *shown, *more]))


@office.get("/studies/<slug>/")
def overview(slug: str) -> str:
    standing = standing_of(g.session, g.study, now=now())
    step, is_open = next_step(standing), standing.status is RoundStatus.OPEN
    found = findings() if standing.status is None else []
    draft = latest_draft(g.session, g.study)
    outline = outline_of(g.session, draft)
    protocol = current_protocol(g.session, g.study)
    return render_template(
        "office/overview.html",
        step=step_shown(step, standing, outline, found),
        is_advised=step in ADVISED,
        reaches_nobody=reaches_nobody() if is_open else None,
        number=standing.round,
        reads=is_open and is_reader(g.session, g.study, g.researcher),
        path=path_of(standing, outline, found) if standing.status is None else [],
        rounds=[_round_row(round_) for round_ in reversed(studies.rounds_of(g.session, g.study))],
        groups=group_sizes(g.session, g.study),
        draft=draft,
        holds=what_it_holds(outline),
        protocol=protocol,
        choices=choices_of(protocol),
        may_open_another=step is Step.FINISH and standing.n_asked > 0,
        n_applicants=n_waiting(g.session, g.study) if g.roles & KEEP_CONTACTS and not g.study.archived_at else 0,
        rehearsal=way_in(slug),
        **_comments_waiting(),
    )


def _comments_waiting() -> dict[str, object]:
    """Return how far the team is with the comments of closed rounds, for whom may read them."""
    closed = [round_ for round_ in studies.rounds_of(g.session, g.study) if round_.status != RoundStatus.OPEN]
    if not closed or not g.roles & SEE_RESULTS:
        return {"meter": None}
    return {"meter": meter_of(g.session, closed), "newest_closed": closed[-1]}


def _round_row(round_: Round) -> dict[str, object]:
    progress = progress_of(g.session, round_)
    return {"round": round_, "state": status_word(round_), "progress": progress, "n_items": len(round_.items)}
