"""Forms about a step that is not taken: declined by a second person, or taken back."""

from wtforms import TextAreaField
from wtforms.validators import DataRequired, Length

from delphi.services.undoing import LONGEST_REASON
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


class UndoForm(OfficeForm):
    """Why an opening is taken back."""

    reason = TextAreaField(
        lazy_gettext("Why do you take it back?"),
        [DataRequired(lazy_gettext("Say why. It goes into the log.")), Length(max=LONGEST_REASON)],
        filters=[plain_lines],
        description=lazy_gettext("It goes into the log, which the team reads."),
    )
