"""Protocols to start from: the file of one, and taking over that of another study or of a file."""

from flask import Response, flash, g, redirect, render_template, url_for
from flask.typing import ResponseReturnValue as Page
from flask_wtf.file import FileField
from wtforms import IntegerField, RadioField, SelectChoice
from wtforms.validators import InputRequired, ValidationError
from wtforms.widgets import HiddenInput

from delphi.models import Study
from delphi.services.protocol import Choices, choices_of, current_protocol, save_protocol
from delphi.services.protocol_files import protocol_file, protocol_from, taken_over
from delphi.services.researchers import RUN_ROUNDS, studies_of
from delphi.web.access import now, require_role
from delphi.web.office import office
from delphi.web.office.forms import OfficeForm
from delphi.web.office.frame import actor
from delphi.web.words import gettext, lazy_gettext

FROM_FILE = "file"


class StartForm(OfficeForm):
    """Whose protocol is taken over: that of another study of whoever asks, or a file's."""

    version = IntegerField(widget=HiddenInput())
    source = RadioField(lazy_gettext("Start from"), [InputRequired(lazy_gettext("Choose what to start from."))])
    file = FileField(lazy_gettext("Protocol file"), description=lazy_gettext("JSON, as another study exports it."))

    def validate_file(self, field: FileField) -> None:
        if self.source.data == FROM_FILE and not field.data:
            raise ValidationError(gettext("Choose the file."))


@office.get("/studies/<slug>/protocol.json")
def protocol_json(slug: str) -> Page:
    """Give the protocol as a file that another study can start from."""
    answer = Response(
        protocol_file(choices_of(current_protocol(g.session, g.study))), mimetype="text/plain"
    )  # for programs, as it is hashed
    answer.headers["Content-Disposition"] = f'attachment; filename="protocol-{g.study.slug}.json"'
    return answer


@office.route("/studies/<slug>/protocol/start-from", methods=["GET", "POST"])
def start_protocol(slug: str) -> Page:
    """Take over what another protocol chose, as long as this one is not sealed."""
    require_role(RUN_ROUNDS)
    stored = current_protocol(g.session, g.study)
    others = {study.slug: study for study in studies_of(g.session, g.researcher) if study.id != g.study.id}
    form = StartForm(data={"version": stored.version})
    form.source.choices = [
        *(SelectChoice(name, study.title) for name, study in others.items()),
        SelectChoice(FROM_FILE, gettext("A file")),
    ]
    if form.validate_on_submit():
        with form.doing():
            choices = _chosen(form, others, choices_of(stored))
            save_protocol(g.session, g.study, choices, version=form.version.data or 0, actor=actor(), now=now())
        if form.is_done:
            flash(gettext("The choices are taken over. Look at them before round 1 opens."), "done")
            return redirect(url_for(".protocol", slug=slug), code=303)
    return render_template("office/start_protocol.html", form=form, protocol=current_protocol(g.session, g.study)), form.status


def _chosen(form: StartForm, others: dict[str, Study], before: Choices) -> Choices:
    if form.source.data == FROM_FILE:
        return protocol_from(form.file.data.read(), form.file.data.filename or "", before)
    return taken_over(choices_of(current_protocol(g.session, others[form.source.data])), before)
