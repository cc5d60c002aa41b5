"""Short forms: a step that is declined or taken back, and what a custodian notes of payment."""

from collections.abc import Sequence
from typing import Any

from wtforms import DateField, RadioField, SelectChoice, SelectMultipleField, StringField, TextAreaField
from wtforms.validators import DataRequired, InputRequired, Length, Optional

from delphi.services.payments import LONGEST_NOTE
from delphi.services.undoing import LONGEST_REASON
from delphi.web.fields import row_number
from delphi.web.office.forms import OfficeForm, plain_lines
from delphi.web.words import lazy_gettext


class DeclineForm(OfficeForm):
    """Why the second word is not given."""

    reason = TextAreaField(
        lazy_gettext("Why not?"),
        [DataRequired(lazy_gettext("Say why. It goes into the log.")), Length(max=LONGEST_REASON)],
        filters=[plain_lines],
        description=lazy_gettext("It goes into the log, which the team reads."),
    )


class CloneForm(OfficeForm):
    """What the new study is called."""

    title = StringField(
        lazy_gettext("Title of the new study"),
        [
            DataRequired(lazy_gettext("Give the new study a title of its own.")),
            Length(max=200, message=lazy_gettext("A title has at most 200 characters.")),
        ],
        description=lazy_gettext("Panelists see it in their mail and at the top of each page."),
    )


class UndoForm(OfficeForm):
    """Why an opening is taken back."""

    reason = TextAreaField(
        lazy_gettext("Why do you take it back?"),
        [DataRequired(lazy_gettext("Say why. It goes into the log.")), Length(max=LONGEST_REASON)],
        filters=[plain_lines],
        description=lazy_gettext("It goes into the log, which the team reads."),
    )


class PaymentForm(OfficeForm):
    """Who is paid, when, and how; `people` are the numbers of those who can be ticked."""

    PAID = "paid"

    people = SelectMultipleField(
        lazy_gettext("Who"), [DataRequired(lazy_gettext("Tick who it is about."))], coerce=row_number, validate_choice=False
    )
    what = RadioField(
        lazy_gettext("What is to be noted?"),
        [InputRequired(lazy_gettext("Say what is to be noted."))],
        choices=[SelectChoice(PAID, lazy_gettext("Paid")), SelectChoice("not", lazy_gettext("Not paid"))],
        default=PAID,
    )
    paid_on = DateField(lazy_gettext("When"), [Optional()], description=lazy_gettext("Leave it empty for today."))
    note = StringField(
        lazy_gettext("How much and how"),
        [Length(max=LONGEST_NOTE)],
        description=lazy_gettext("In your own words, such as: voucher of 20 pounds, by post."),
    )

    def __init__(self, people: Sequence[int], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.people.choices = [SelectChoice(number, str(number)) for number in people]
