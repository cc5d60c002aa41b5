"""The forms of rounds on paper and by telephone."""

from wtforms import BooleanField, RadioField, SelectChoice, StringField, TextAreaField
from wtforms.validators import DataRequired, InputRequired

from delphi.models import Channel
from delphi.web.office.forms import OfficeForm
from delphi.web.words import lazy_gettext


class PackForm(OfficeForm):
    """Whose pack to print, how large, and where it is to be sent."""

    code = StringField(
        lazy_gettext("Code name"),
        [DataRequired(lazy_gettext("Give the code name of the person whose pack it is: P- and five characters."))],
        description=lazy_gettext("P- and five characters. The custodian of the contacts knows whose it is."),
    )
    is_large = BooleanField(lazy_gettext("Large print (18 points)"))
    return_to = TextAreaField(
        lazy_gettext("Where the pack is to be sent"),
        [DataRequired(lazy_gettext("Say where the pack is to be sent."))],
        description=lazy_gettext("It stands on the first page, and is kept for the next pack."),
    )


class OpenPackForm(OfficeForm):
    """Whose answers are to be typed in, how they came, and that the person agreed to take part."""

    code = StringField(
        lazy_gettext("Code name, or the code for the site"),
        [DataRequired(lazy_gettext("Give the code that stands on the pack."))],
        description=lazy_gettext("Both stand on the pack's first page. By telephone, ask the person to read one of them out."),
    )
    channel = RadioField(
        lazy_gettext("How did the answers come?"),
        [InputRequired(lazy_gettext("Say how the answers came."))],
        choices=[
            SelectChoice(Channel.PAPER.value, lazy_gettext("On paper")),
            SelectChoice(Channel.TELEPHONE.value, lazy_gettext("By telephone")),
        ],
    )
    has_consented = BooleanField(
        lazy_gettext("The person has agreed to take part"),
        description=lazy_gettext(
            "On paper: the sheet is signed. By telephone: you have read the information out and they said yes."
        ),
    )
