"""Forms about who works on a study, and about one's own account."""

from typing import Any

from wtforms import BooleanField, EmailField, PasswordField, SelectChoice, StringField, TextAreaField
from wtforms.validators import DataRequired, EqualTo, Length, ValidationError

from delphi.errors import InvalidError
from delphi.models import Role
from delphi.services.researchers import SHORTEST_PASSWORD, normal_address
from delphi.services.team import LONGEST_REASON, Doubts
from delphi.web.office.acts_of_the_team import role_word
from delphi.web.office.forms import OfficeForm, plain_lines, tick_boxes
from delphi.web.office.words import role_means
from delphi.web.words import gettext, lazy_gettext

LONGEST_ADDRESS = 300
LONGEST_PASSWORD = 1000


class AddressedForm(OfficeForm):
    """A form that asks for somebody's address."""

    address = EmailField(
        lazy_gettext("E-mail address"),
        [DataRequired(lazy_gettext("Give an e-mail address.")), Length(max=LONGEST_ADDRESS)],
    )

    def validate_address(self, field: EmailField) -> None:
        try:
            normal_address((field.data or "").strip())
        except InvalidError:
            raise ValidationError(gettext("This is not an e-mail address. It looks like name@example.org")) from None


class RolesForm(OfficeForm):
    """Which roles somebody holds."""

    roles = tick_boxes(lazy_gettext("Roles"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.roles.choices = [SelectChoice(role.value, f"{role_word(role)}: {role_means(role)}") for role in Role]


class InviteForm(RolesForm, AddressedForm):
    """Whom to invite, and as what; where something speaks against it, a box that says to do it all the same."""

    anyway = BooleanField(lazy_gettext("Send the invitation all the same"))

    def ask(self, doubts: Doubts) -> None:
        """Have the box ticked before this invitation goes out."""
        words = []
        if doubts.is_panelist:
            words.append(gettext("This address is on the panel: the person would see the results of a panel that they are on."))
        if doubts.invited_as:
            roles = ", ".join(role_word(role) for role in doubts.invited_as)
            words.append(
                gettext(
                    "They are invited already, as %(roles)s. A new invitation takes the place of that one, with its roles alone.",
                    roles=roles,
                )
            )
        self.anyway.errors = [" ".join(words)]

    def validate_roles(self, field: Any) -> None:
        if not field.data:
            raise ValidationError(gettext("Choose at least one role."))


class HandOnForm(AddressedForm):
    """Who is to answer for the study from now on, and why."""

    reason = TextAreaField(
        lazy_gettext("Why do you hand the study on?"),
        [DataRequired(lazy_gettext("Say why. It goes into the log.")), Length(max=LONGEST_REASON)],
        filters=[plain_lines],
        description=lazy_gettext("Who you ask reads it, and it goes into the log."),
    )


class NewPasswordForm(OfficeForm):
    """A password, twice."""

    password = PasswordField(
        lazy_gettext("New password"),
        [
            DataRequired(lazy_gettext("Choose a password.")),
            Length(
                SHORTEST_PASSWORD,
                LONGEST_PASSWORD,
                lazy_gettext("A password has at least %(least)s characters.", least=SHORTEST_PASSWORD),
            ),
        ],
        description=lazy_gettext("At least %(least)s characters. Three or four words do well.", least=SHORTEST_PASSWORD),
    )
    again = PasswordField(
        lazy_gettext("The same once more"),
        [EqualTo("password", lazy_gettext("The two passwords differ. Type the same twice."))],
    )


class ChangePasswordForm(NewPasswordForm):
    """The password as it is, and another."""

    present = PasswordField(
        lazy_gettext("Your password as it is now"), [DataRequired(lazy_gettext("Give your password as it is now."))]
    )


class PasswordOnlyForm(OfficeForm):
    """One's password, to be sure of who is there."""

    present = PasswordField(lazy_gettext("Your password"), [DataRequired(lazy_gettext("Give your password."))])


class CodeForm(OfficeForm):
    """A code of the phone, or a recovery code."""

    code = StringField(lazy_gettext("Code"), [DataRequired(lazy_gettext("Type the code.")), Length(max=100)])
