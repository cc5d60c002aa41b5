"""The forms of the mail pages: when mail goes out, what it says, news, an address from which mail comes back."""

import re
from typing import Any

from wtforms import HiddenField, IntegerField, RadioField, SelectChoice, SelectField, StringField, TextAreaField
from wtforms.validators import DataRequired, InputRequired
from wtforms.widgets import HiddenInput

from delphi.models import NewsAudience, Thanks
from delphi.web.office.forms import OfficeForm, plain_lines
from delphi.web.office.zones import zone_choices
from delphi.web.words import gettext, lazy_gettext


class PlanForm(OfficeForm):
    """When mail goes out by itself."""

    version = IntegerField(widget=HiddenInput())
    sender = StringField(
        lazy_gettext("Who asks, by name"),
    )
    time_zone = SelectField(
        lazy_gettext("Time zone"),
        description=lazy_gettext(
            "Where most of the panel live: rounds end at 23:59 there, and reminders go out at 10 in the morning."
        ),
    )
    days = StringField(
        lazy_gettext("Reminders on these days of a round"),
        description=lazy_gettext("Counted from its opening, separated by commas. Leave it empty to send none by itself."),
    )
    thanks = RadioField(
        lazy_gettext("Thanks by mail"),
        [InputRequired(lazy_gettext("Say when people are thanked."))],
        choices=[
            SelectChoice(Thanks.NEVER.value, lazy_gettext("None")),
            SelectChoice(Thanks.FINISHING.value, lazy_gettext("As soon as somebody says that they are done")),
            SelectChoice(Thanks.CLOSE.value, lazy_gettext("When the round closes, to whoever answered something")),
        ],
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.time_zone.choices = zone_choices(self.time_zone.data)

    def validate_days(self, field: StringField) -> None:
        if not re.fullmatch(r"[0-9]{0,3}(\s*,\s*[0-9]{1,3})*", (field.data or "").strip(), re.ASCII):
            field.errors.append(gettext("Write numbers of days, separated by commas: 7, 17, 25."))

    @property
    def day_numbers(self) -> tuple[int, ...]:
        return tuple(int(day) for day in re.findall(r"[0-9]+", self.days.data or ""))


class WordsForm(OfficeForm):
    """A subject and a text."""

    version = IntegerField(widget=HiddenInput())
    subject = StringField(
        lazy_gettext("Subject"),
        [DataRequired(lazy_gettext("Write a subject."))],
        description=lazy_gettext("Others may see it in an inbox: it must not tell what the study is about."),
    )
    body = TextAreaField(lazy_gettext("Text"), [DataRequired(lazy_gettext("Write the text."))], filters=[plain_lines])


class NewsForm(WordsForm):
    """A mail to the panel. The key makes sure that it is sent once."""

    key = HiddenField()
    audience = RadioField(
        lazy_gettext("To whom?"),
        [InputRequired(lazy_gettext("Say to whom it goes."))],
        choices=[
            SelectChoice(NewsAudience.EVERYBODY.value, lazy_gettext("Everybody on the panel who takes part")),
            SelectChoice(
                NewsAudience.PARTICIPANTS.value, lazy_gettext("Who answered something in the last round that has closed")
            ),
        ],
        default=NewsAudience.EVERYBODY.value,
    )


class BounceForm(OfficeForm):
    """From which address mail comes back."""

    bounced = StringField(lazy_gettext("Address"), [DataRequired(lazy_gettext("Say from which address mail came back."))])
