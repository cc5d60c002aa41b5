"""The forms by which the panel is put right before round 1 opens."""

from typing import Any

from flask import g
from wtforms import RadioField, SelectChoice, StringField
from wtforms.validators import DataRequired, InputRequired

from delphi.services.panel import group_sizes
from delphi.web.office.forms import OfficeForm
from delphi.web.words import gettext, lazy_gettext

GROUP, OFF = "group:", "off"


class PersonForm(OfficeForm):
    """Who it is, and where they belong: a group, or not on the panel."""

    person = StringField(
        lazy_gettext("Address"),
        [DataRequired(lazy_gettext("Say whose address it is."))],
        description=lazy_gettext("Or the name of somebody without an address."),
    )
    place = RadioField(lazy_gettext("Where do they belong?"), [InputRequired(lazy_gettext("Say where they belong."))])

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        groups = [SelectChoice(GROUP + size.label, size.label) for size in group_sizes(g.session, g.study)]
        self.place.choices = [*groups, SelectChoice(OFF, gettext("Not on the panel: take them off it"))]


class GroupForm(OfficeForm):
    """Which group, and what it is to be called."""

    label = RadioField(lazy_gettext("Which group?"), [InputRequired(lazy_gettext("Choose a group."))])
    new_name = StringField(
        lazy_gettext("Its new name"),
        [DataRequired(lazy_gettext("Give the group a name."))],
        description=lazy_gettext("The name of another group puts the two together."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.label.choices = [SelectChoice(size.label, size.label) for size in group_sizes(g.session, g.study)]
