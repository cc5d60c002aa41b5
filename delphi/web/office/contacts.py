"""What a custodian does about mail that does not arrive: an address put right, a new link sent."""

from flask import flash, g, redirect, url_for
from flask.typing import ResponseReturnValue as Page

from delphi.services import contacts
from delphi.services.researchers import KEEP_CONTACTS
from delphi.web.access import now, require_role, site
from delphi.web.office import office
from delphi.web.office.forms import AddressForm, NewLinkForm
from delphi.web.office.forms_mail import BounceForm
from delphi.web.office.frame import actor
from delphi.web.office.panel import panel_page
from delphi.web.sending import send_and_tell
from delphi.web.words import gettext


@office.post("/studies/<slug>/panel/address")
def correct_address(slug: str) -> Page:
    """Put an address right; links that went to the earlier one die, and mail goes to the right one."""
    require_role(KEEP_CONTACTS)
    form = AddressForm()
    if form.validate_on_submit():
        with form.doing():
            present, right = form.present.data or "", form.right.data or ""
            contacts.correct_address(g.session, site().keyring, g.study, present, right, actor=actor(), now=now())
        if form.is_done:
            send_and_tell(gettext("The address is corrected. If a round is open, a mail with a new link is on its way to it."))
            return _back()
    return panel_page(address_form=form), form.status


@office.post("/studies/<slug>/panel/new-link")
def send_link(slug: str) -> Page:
    """Mail a new link to somebody; only they get to see it."""
    require_role(KEEP_CONTACTS)
    form = NewLinkForm()
    if form.validate_on_submit():
        with form.doing():
            contacts.send_new_link(g.session, site().keyring, g.study, form.address.data or "", actor=actor(), now=now())
        if form.is_done:
            send_and_tell(gettext("A mail with a new link is on its way. The earlier link has stopped working."))
            return _back()
    return panel_page(link_form=form), form.status


@office.post("/studies/<slug>/panel/bounce")
def note_bounce(slug: str) -> Page:
    """Keep that mail to an address came back; nothing more goes there."""
    require_role(KEEP_CONTACTS)
    form = BounceForm()
    if form.validate_on_submit():
        with form.doing():
            contacts.note_bounce(g.session, site().keyring, g.study, form.bounced.data or "", actor=actor(), now=now())
        if form.is_done:
            flash(gettext("Noted. Nothing more goes to this address until you correct it."), "done")
            return _back()
    return panel_page(bounce_form=form), form.status


def _back() -> Page:
    return redirect(url_for(".panel", slug=g.study.slug), code=303)
