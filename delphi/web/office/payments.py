"""Payment for taking part, for the custodian alone."""

from flask import flash, g, redirect, render_template, url_for
from flask.typing import ResponseReturnValue as Page

from delphi.services.payments import note_payment, payees
from delphi.services.researchers import KEEP_CONTACTS
from delphi.web.access import now, require_role, site
from delphi.web.office import office
from delphi.web.office.forms_steps import PaymentForm
from delphi.web.office.frame import actor
from delphi.web.words import gettext


@office.route("/studies/<slug>/panel/payments", methods=["GET", "POST"])
def payments(slug: str) -> Page:
    """Show who is paid; note it for whoever is ticked."""
    require_role(KEEP_CONTACTS)
    people = payees(g.session, site().keyring, g.study)
    form = PaymentForm([person.panelist_id for person in people])
    if form.validate_on_submit():
        with form.doing():
            note_payment(
                g.session,
                site().keyring,
                g.study,
                form.people.data,
                is_paid=form.what.data == PaymentForm.PAID,
                paid_on=form.paid_on.data,
                note=form.note.data or "",
                actor=actor(),
                now=now(),
            )
        if form.is_done:
            flash(gettext("It is noted."), "done")
            return redirect(url_for(".payments", slug=slug), code=303)
    return render_template("office/payments.html", form=form, people=people), form.status
