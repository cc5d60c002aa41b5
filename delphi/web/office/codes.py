"""The codebook of a study: codes that the team sorts comments by, renamed, merged and removed, and given out as files."""

from flask import Response, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue as Page

from delphi.files.written import csv_text
from delphi.models import Code, RoundStatus
from delphi.services import coding
from delphi.services.codebook_files import Table, codebook_table, coded_table
from delphi.services.researchers import SEE_RESULTS, WORK_ON_RESULTS
from delphi.services.studies import rounds_of
from delphi.web.access import now, require_role
from delphi.web.fields import row_number
from delphi.web.office import office
from delphi.web.office.forms_listening import CodeForm, MergeForm, RemoveForm
from delphi.web.office.frame import actor
from delphi.web.words import gettext, ngettext


@office.route("/studies/<slug>/codes", methods=["GET", "POST"])
def codebook(slug: str) -> Page:
    """Show the codes with how many comments carry each, and take a new one."""
    require_role(WORK_ON_RESULTS if request.method == "POST" else SEE_RESULTS)
    form = CodeForm()
    if form.validate_on_submit():
        with form.doing():
            coding.add_code(g.session, g.study, form.name.data, form.definition.data or "", actor=actor(), now=now())
        if form.is_done:
            flash(gettext("The code is in the codebook."), "done")
            return redirect(url_for(".codebook", slug=slug), code=303)
    closed = [round_ for round_ in rounds_of(g.session, g.study) if round_.status != RoundStatus.OPEN]
    return render_template(
        "office/codebook.html",
        form=form,
        codes=coding.codebook_of(g.session, g.study),
        uses=coding.uses_of(g.session, g.study),
        newest=closed[-1] if closed else None,
    ), form.status


@office.route("/studies/<slug>/codes/<int:code>", methods=["GET", "POST"])
def code(slug: str, code: int) -> Page:
    """Show one code, and take another name or definition for it."""
    require_role(WORK_ON_RESULTS if request.method == "POST" else SEE_RESULTS)
    found = coding.find_code(g.session, g.study, code)
    form = CodeForm(data={"version": found.version, "name": found.name, "definition": found.definition})
    if form.validate_on_submit():
        with form.doing():
            coding.change_code(
                g.session,
                g.study,
                code,
                form.name.data,
                form.definition.data or "",
                version=form.version.data or 0,
                actor=actor(),
                now=now(),
            )
        if form.is_done:
            flash(gettext("The code is changed. Comments keep it."), "done")
            return redirect(url_for(".codebook", slug=slug), code=303)
    return _code_page(found, form), form.status


@office.post("/studies/<slug>/codes/<int:code>/merge")
def merge_code(slug: str, code: int) -> Page:
    """Put another code in the place of this one."""
    require_role(WORK_ON_RESULTS)
    found = coding.find_code(g.session, g.study, code)
    form = MergeForm()
    form.offer({})
    if form.validate_on_submit():
        chosen = form.into.data
        into = row_number(chosen) if chosen.isdecimal() else 0
        with form.doing():
            kept = coding.merge_codes(g.session, g.study, code, into, version=form.version.data or 0, actor=actor(), now=now())
        if form.is_done:
            flash(gettext("Merged into “%(name)s”.", name=kept.name), "done")
            return redirect(url_for(".codebook", slug=slug), code=303)
    return _code_page(found, form), form.status


@office.post("/studies/<slug>/codes/<int:code>/remove")
def remove_code(slug: str, code: int) -> Page:
    """Take a code out of the codebook and off the comments."""
    require_role(WORK_ON_RESULTS)
    found = coding.find_code(g.session, g.study, code)
    form = RemoveForm()
    if form.validate_on_submit():
        with form.doing():
            n = coding.remove_code(g.session, g.study, code, version=form.version.data or 0, actor=actor(), now=now())
        if form.is_done:
            flash(
                ngettext("The code is gone; %(num)s comment carried it.", "The code is gone; %(num)s comments carried it.", n),
                "done",
            )
            return redirect(url_for(".codebook", slug=slug), code=303)
    return _code_page(found, form), form.status


@office.get("/studies/<slug>/codes.csv")
def codebook_file(slug: str) -> Response:
    require_role(SEE_RESULTS)
    return _file(codebook_table(g.session, g.study), f"{slug}-codebook.csv")


@office.get("/studies/<slug>/coded-comments.csv")
def coded_comments_file(slug: str) -> Response:
    """Give all comments of closed rounds with their codes, in an order drawn anew."""
    require_role(SEE_RESULTS)
    return _file(coded_table(g.session, g.study, rounds_of(g.session, g.study)), f"{slug}-coded-comments.csv")


def _file(table: Table, name: str) -> Response:
    response = Response(csv_text(*table), mimetype="text/csv")
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _code_page(found: Code, form: CodeForm | MergeForm | RemoveForm) -> str:
    others = {other.id: other.name for other in coding.codebook_of(g.session, g.study) if other.id != found.id}
    merge_form = form if isinstance(form, MergeForm) else MergeForm(formdata=None, data={"version": found.version})
    merge_form.offer(others)
    as_it_is = {"version": found.version, "name": found.name, "definition": found.definition}
    return render_template(
        "office/code.html",
        code=found,
        form=form,
        code_form=form if isinstance(form, CodeForm) else CodeForm(formdata=None, data=as_it_is),
        merge_form=merge_form,
        has_others=bool(others),
        n=coding.uses_of(g.session, g.study).get(found.id, 0),
    )
