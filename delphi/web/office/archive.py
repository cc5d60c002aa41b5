"""Archiving a study, and bringing it back."""

from flask import abort, flash, g, redirect, render_template, url_for
from flask.typing import ResponseReturnValue as Page

from delphi.services import archiving
from delphi.services.researchers import OWN
from delphi.web.access import now, require_role
from delphi.web.office import office
from delphi.web.office.forms import ConfirmForm
from delphi.web.office.frame import actor
from delphi.web.words import gettext


@office.route("/studies/<slug>/archive", methods=["GET", "POST"])
def archive(slug: str) -> Page:
    """Say what archiving means, and do it."""
    require_role(OWN)
    form = ConfirmForm()
    if form.validate_on_submit():
        with form.doing():
            archiving.archive(g.session, g.study, actor=actor(), now=now())
        if form.is_done:
            flash(gettext("The study is archived."), "done")
            return redirect(url_for(".overview", slug=slug), code=303)
    return render_template("office/archive.html", form=form), form.status


@office.post("/studies/<slug>/bring-back")
def bring_back(slug: str) -> Page:
    require_role(OWN)
    if not ConfirmForm().validate_on_submit():
        abort(400)
    archiving.bring_back(g.session, g.study, actor=actor(), now=now())
    g.session.commit()
    flash(gettext("The study is back, as it was."), "done")
    return redirect(url_for(".overview", slug=slug), code=303)
