"""Beginning a new study from one that there is."""

from flask import flash, g, redirect, render_template, url_for
from flask.typing import ResponseReturnValue as Page

from delphi.services.cloning import clone_study
from delphi.services.drafts import latest_draft
from delphi.services.researchers import RUN_ROUNDS
from delphi.web.access import now, require_role
from delphi.web.office import office
from delphi.web.office.forms_steps import CloneForm
from delphi.web.office.frame import actor
from delphi.web.words import gettext


@office.route("/studies/<slug>/clone", methods=["GET", "POST"])
def clone(slug: str) -> Page:
    """Say what a new study takes over from this one, and begin it."""
    require_role(RUN_ROUNDS)
    form = CloneForm()
    if form.validate_on_submit():
        with form.doing():
            title = " ".join((form.title.data or "").split())
            study = clone_study(g.session, g.study, owner=g.researcher, actor=actor(), now=now(), title=title)
        if form.is_done:
            flash(gettext("The new study is begun. Nobody has been invited, and its protocol can be changed."), "done")
            return redirect(url_for(".overview", slug=study.slug), code=303)
    return render_template("office/clone.html", form=form, draft=latest_draft(g.session, g.study)), form.status
