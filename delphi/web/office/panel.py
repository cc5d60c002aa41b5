"""The panel: how large the groups are, adding people, and for custodians who they are."""

from flask import flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue as Page

from delphi.errors import DelphiError
from delphi.files.panel import read_panel
from delphi.models import RoundStatus
from delphi.services.disclosure import hidden_groups
from delphi.services.panel import group_sizes, import_panel, people
from delphi.services.protocol import choices_of, current_protocol
from delphi.services.researchers import KEEP_CONTACTS, WORK_ON_RESULTS
from delphi.services.studies import rounds_of
from delphi.web.access import now, require_role, site
from delphi.web.errors import sentence
from delphi.web.office import office
from delphi.web.office.forms import AddressForm, NewLinkForm, PanelForm
from delphi.web.office.forms_mail import BounceForm
from delphi.web.office.frame import actor
from delphi.web.office.uploads import kept_for_reading
from delphi.web.words import ngettext


@office.route("/studies/<slug>/panel", methods=["GET", "POST"])
def panel(slug: str) -> Page:
    form = PanelForm()
    status = 422 if form.is_submitted() else 200
    if form.is_submitted():
        require_role(KEEP_CONTACTS)
    if form.validate_on_submit():
        try:
            n_added = _import(form)
            g.session.commit()
        except DelphiError as error:
            status = form.refuse(error)
        else:
            flash(ngettext("%(num)s person was added to the panel.", "%(num)s people were added to the panel.", n_added), "done")
            return redirect(url_for(".panel", slug=slug), code=303)
    return panel_page(form), status


def _import(form: PanelForm) -> int:
    with kept_for_reading(form.file.data) as path:
        rows = read_panel(path)
        return import_panel(g.session, site().keyring, g.study, rows, source=path.name, actor=actor(), now=now())


def panel_page(
    form: PanelForm | None = None,
    *,
    address_form: AddressForm | None = None,
    link_form: NewLinkForm | None = None,
    bounce_form: BounceForm | None = None,
    targets_refused: DelphiError | None = None,
) -> str:
    """Return the page, with what somebody has sent by one of its forms."""
    is_custodian = bool(g.roles & KEEP_CONTACTS)
    groups, policy = group_sizes(g.session, g.study), choices_of(current_protocol(g.session, g.study)).policy
    rounds = rounds_of(g.session, g.study)
    return render_template(
        "office/panel.html",
        form=form or PanelForm(formdata=None),
        address_form=address_form or AddressForm(formdata=None),
        link_form=link_form or NewLinkForm(formdata=None),
        bounce_form=bounce_form or BounceForm(formdata=None),
        sent=form or address_form or link_form or bounce_form,
        targets_refused=sentence(targets_refused) if targets_refused else None,
        targets={group.label: request.form.get(f"target-{group.label}", group.target or "") for group in groups},
        groups=groups,
        policy=policy,
        hidden=hidden_groups({group.label: group.n for group in groups}, policy),
        people=people(g.session, site().keyring, g.study) if is_custodian else None,
        has_opened=bool(rounds),
        is_open=bool(rounds) and rounds[-1].status == RoundStatus.OPEN,
        can_link=is_custodian and bool(g.roles & WORK_ON_RESULTS),
    )
