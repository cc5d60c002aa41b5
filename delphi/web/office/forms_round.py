"""The forms of a round: what it asks other than is proposed; while it is open its deadline, how it closes, an item to pull."""

from wtforms import BooleanField, DateField, HiddenField, RadioField, SelectChoice, TextAreaField
from wtforms.validators import DataRequired, InputRequired, ValidationError

from delphi.web.office.forms import OfficeForm, plain_lines
from delphi.web.words import gettext, lazy_gettext

BY_HAND = "hand"


class DeadlineForm(OfficeForm):
    """A later day, and why."""

    deadline = DateField(
        lazy_gettext("New last day to answer"),
        [InputRequired(lazy_gettext("Give the new last day."))],
    )
    reason = TextAreaField(
        lazy_gettext("Why?"),
        [DataRequired(lazy_gettext("Say why."))],
        filters=[plain_lines],
        description=lazy_gettext("One sentence. Panelists read it beside the new deadline."),
    )
    by_mail = BooleanField(
        lazy_gettext("Tell the panel by mail as well"),
        description=lazy_gettext("To everybody who takes part, with the new day and the reason."),
    )


class CloseForm(OfficeForm):
    """How the round closes."""

    closes = RadioField(
        lazy_gettext("When does it close?"),
        [InputRequired(lazy_gettext("Say when it closes."))],
        choices=[
            SelectChoice(BY_HAND, lazy_gettext("When somebody closes it")),
            SelectChoice("3", lazy_gettext("By itself three days after the deadline, when nothing more is taken on the site")),
            SelectChoice("7", lazy_gettext("By itself seven days after the deadline, when nothing more is taken from paper")),
        ],
        description=lazy_gettext(
            "By itself it closes only if every group that is shown has as many completed answers as are wanted. Otherwise the "
            "owner is asked."
        ),
    )


class PullForm(OfficeForm):
    """Which item, and why."""

    item = RadioField(lazy_gettext("Which item?"), [InputRequired(lazy_gettext("Choose the item."))], choices=[])
    reason = TextAreaField(
        lazy_gettext("What is wrong with it?"),
        [DataRequired(lazy_gettext("Say what is wrong with it."))],
        filters=[plain_lines],
        description=lazy_gettext("One sentence. Panelists read it beside the item."),
    )


class PlanForm(OfficeForm):
    """Why the next round does with an item what was not proposed; `needs_reason` where it is not a way back."""

    needs_reason = True
    seen = HiddenField()
    reason = TextAreaField(
        lazy_gettext("Why?"),
        filters=[plain_lines],
        description=lazy_gettext(
            "One sentence. Panelists read it beside the item, and it stands in the report. Everybody sees what is asked, so "
            "leave out what a group too small to be shown has said."
        ),
    )

    def validate_reason(self, box: TextAreaField) -> None:
        if self.needs_reason and not (box.data or "").strip():
            raise ValidationError(gettext("Say why."))
