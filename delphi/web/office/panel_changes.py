"""The panel put right before round 1 opens: somebody moved or taken off it, a group renamed."""

from flask import flash, g, redirect, url_for
from flask.typing import ResponseReturnValue as Page

from delphi.services import before_opening
from delphi.services.researchers import KEEP_CONTACTS
from delphi.web.access import now, require_role, site
from delphi.web.office import office
from delphi.web.office.forms_panel import GROUP, OFF, GroupForm, PersonForm
from delphi.web.office.frame import actor
from delphi.web.office.panel import panel_page
from delphi.web.words import gettext


@office.post("/studies/<slug>/panel/person")
def change_person(slug: str) -> Page:
    """Put somebody into another group, or take them off the panel."""
    require_role(KEEP_CONTACTS)
    form = PersonForm()
    if form.validate_on_submit():
        person, place, keyring = form.person.data or "", form.place.data, site().keyring
        with form.doing():
            if place == OFF:
                before_opening.remove_person(g.session, keyring, g.study, person, actor=actor(), now=now())
            else:
                label = place.removeprefix(GROUP)
                before_opening.move_person(g.session, keyring, g.study, person, label, actor=actor(), now=now())
        if form.is_done:
            return _back(
                gettext("They are not on the panel any more.") if place == OFF else gettext("They are in the other group now.")
            )
    return panel_page(person_form=form), form.status


@office.post("/studies/<slug>/panel/group")
def rename_group(slug: str) -> Page:
    """Give a group another name, or put it together with another."""
    require_role(KEEP_CONTACTS)
    form = GroupForm()
    if form.validate_on_submit():
        with form.doing():
            label, name = form.label.data, form.new_name.data or ""
            before_opening.rename_group(g.session, g.study, label, name, actor=actor(), now=now())
        if form.is_done:
            return _back(gettext("The group has its new name."))
    return panel_page(group_form=form), form.status


def _back(said: str) -> Page:
    flash(said, "done")
    return redirect(url_for(".panel", slug=g.study.slug), code=303)
