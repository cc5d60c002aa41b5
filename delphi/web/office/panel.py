"""The panel: how large the groups are, adding people, and for custodians who they are."""

import json
import zlib
from base64 import b64decode, b64encode
from collections.abc import Sequence
from dataclasses import replace

from flask import Response, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue as Page

from delphi.errors import ConflictError, DelphiError, InvalidError
from delphi.files.panel import PanelRow, read_panel
from delphi.files.written import csv_text
from delphi.models import RoundStatus
from delphi.services import links
from delphi.services.applicants import n_waiting
from delphi.services.attributes import MOST_ATTRIBUTES, MOST_VALUES, told
from delphi.services.disclosure import hidden_groups
from delphi.services.panel import Person, further_columns, group_sizes, import_panel, people, what_an_import_does
from delphi.services.protocol import choices_of, current_protocol
from delphi.services.researchers import KEEP_CONTACTS, WORK_ON_RESULTS
from delphi.services.studies import rounds_of
from delphi.web.access import now, require_role, site
from delphi.web.errors import sentence
from delphi.web.office import office
from delphi.web.office.forms import AddressForm, NewLinkForm, PanelForm
from delphi.web.office.forms_mail import BounceForm
from delphi.web.office.forms_panel import GroupForm, PersonForm
from delphi.web.office.frame import actor
from delphi.web.office.uploads import kept_for_reading
from delphi.web.office.way import tell_kept
from delphi.web.words import gettext, ngettext

MOST_SHOWN = 60  # a panel of usual size whole; people of a file that are shown before they are added


@office.route("/studies/<slug>/panel", methods=["GET", "POST"])
def panel(slug: str) -> Page:
    """Show the panel; look at a file of people before anybody is added."""
    form = PanelForm()
    status = 422 if form.is_submitted() else 200
    if form.is_submitted():
        require_role(KEEP_CONTACTS)
    if form.validate_on_submit():
        try:
            with kept_for_reading(form.file.data) as path:
                rows, source = read_panel(path), path.name
            return _preview(rows, source)
        except DelphiError as error:
            status = form.refuse(error)
    return panel_page(form, correcting=request.args.get("correct", "")), status


@office.post("/studies/<slug>/panel/import")
def import_people(slug: str) -> Page:
    """Add the people of a file that was looked at: all of them or, if one cannot be added any more, nobody."""
    require_role(KEEP_CONTACTS)
    form, chosen = PanelForm(formdata=None), request.form.getlist("attribute")
    with form.doing():
        rows, source = _unsealed(request.form.get("people", ""))
        n_added = import_panel(
            g.session, site().keyring, g.study, rows, source=source, actor=actor(), now=now(), attributes=chosen
        )
    if form.is_done:
        tell_kept(ngettext("%(num)s person was added to the panel.", "%(num)s people were added to the panel.", n_added), "panel")
        return redirect(url_for(".panel", slug=slug), code=303)
    try:
        return _preview(*_unsealed(request.form.get("people", "")), form, chosen), form.status
    except DelphiError:  # the people themselves cannot be added as they are, so another file has to be chosen
        return panel_page(form), form.status


@office.post("/studies/<slug>/panel/links")
def hand_out_links(slug: str) -> Page:
    """Give the custodian the links of those without an address, as a file; earlier ones of theirs stop working."""
    require_role(KEEP_CONTACTS)
    rounds = rounds_of(g.session, g.study)
    if not rounds:
        raise ConflictError("No round has opened, so there are no links.")
    handed = links.hand_out_links(g.session, site().keyring, g.study, rounds[-1], actor=actor(), now=now())
    g.session.commit()
    url = site().settings.public_url
    text = csv_text(["name", "link", "code"], [[one.name, f"{url}/p/{one.token}", one.code] for one in handed])
    headers = {"Content-Disposition": f'attachment; filename="links-{slug}-{rounds[-1].number}.csv"'}
    return Response(text.encode("utf-8-sig"), mimetype="text/csv", headers=headers)


def _preview(rows: Sequence[PanelRow], source: str, form: PanelForm | None = None, chosen: Sequence[str] = ()) -> str:
    growth = what_an_import_does(g.session, site().keyring, g.study, rows, source=source)
    columns = further_columns(g.session, g.study, rows, source=source)
    kept = {column.name for column in columns if not column.problem}
    rows = [replace(row, further={name: cell for name, cell in row.further.items() if name in kept}) for row in rows]
    return render_template(
        "office/panel_preview.html",
        source=source,
        growth=growth,
        form=form,
        columns=[(column, column.problem.said(gettext) if column.problem else "") for column in columns],
        chosen=chosen,
        shown=rows[:MOST_SHOWN],
        n=len(rows),
        n_unaddressed=sum(not row.email for row in rows),
        people=_sealed(rows, source),
        least=choices_of(current_protocol(g.session, g.study)).policy.least_group,
        has_opened=bool(rounds_of(g.session, g.study)),
    )


def _sealed(rows: Sequence[PanelRow], source: str) -> str:
    """Return the people of a file for a form to take along: nobody else reads them there or puts others in their place."""
    content = json.dumps([g.study.id, source, [list(vars(row).values()) for row in rows]])
    return site().keyring.encrypt(b64encode(zlib.compress(content.encode())).decode()).decode()


def _unsealed(sealed: str) -> tuple[list[PanelRow], str]:
    try:
        study_id, source, rows = json.loads(zlib.decompress(b64decode(site().keyring.decrypt(sealed.encode()))))
    except (DelphiError, ValueError):
        study_id = None
    if study_id != g.study.id:
        raise InvalidError("This page does not hold the people of a file any more. Choose the file again.")
    return [PanelRow(*row) for row in rows], source


def panel_page(
    form: PanelForm | None = None,
    *,
    address_form: AddressForm | None = None,
    link_form: NewLinkForm | None = None,
    bounce_form: BounceForm | None = None,
    person_form: PersonForm | None = None,
    group_form: GroupForm | None = None,
    targets_refused: DelphiError | None = None,
    correcting: str = "",
) -> str:
    """Return the page, with what somebody has sent by one of its forms, or the address filled in of who is to have another."""
    is_custodian = bool(g.roles & KEEP_CONTACTS)
    groups, policy = group_sizes(g.session, g.study), choices_of(current_protocol(g.session, g.study)).policy
    rounds = rounds_of(g.session, g.study)
    everybody = people(g.session, site().keyring, g.study) if is_custodian else None
    return render_template(
        "office/panel.html",
        form=form or PanelForm(formdata=None),
        address_form=address_form or AddressForm(formdata=None, data={"present": _present(everybody or [], correcting)}),
        link_form=link_form or NewLinkForm(formdata=None),
        bounce_form=bounce_form or BounceForm(formdata=None),
        person_form=person_form or PersonForm(formdata=None),
        group_form=group_form or GroupForm(formdata=None),
        sent=form or address_form or link_form or bounce_form or person_form or group_form,
        targets_refused=sentence(targets_refused) if targets_refused else None,
        targets={group.label: request.form.get(f"target-{group.label}", group.target or "") for group in groups},
        groups=groups,
        attributes=told(g.study, policy),
        most_attributes=MOST_ATTRIBUTES,
        most_values=MOST_VALUES,
        policy=policy,
        hidden=hidden_groups({group.label: group.n for group in groups}, policy),
        people=everybody,
        has_opened=bool(rounds),
        is_open=bool(rounds) and rounds[-1].status == RoundStatus.OPEN,
        n_applicants=n_waiting(g.session, g.study),
        can_link=is_custodian and bool(g.roles & WORK_ON_RESULTS),
    )


def _present(everybody: Sequence[Person], number: str) -> str:
    """Return by what the person of this number is known: their address, their name if they have none, "" if there is nobody."""
    return next((person.address or person.name for person in everybody if str(person.panelist_id) == number), "")
