"""The forms with which the team answers what people wrote."""

from collections.abc import Mapping

from wtforms import (
    BooleanField,
    HiddenField,
    IntegerField,
    RadioField,
    SelectChoice,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
)
from wtforms.validators import InputRequired, Length, Regexp
from wtforms.widgets import HiddenInput

from delphi.manual.outline import ItemKind
from delphi.models import ItemVersion, ProposalState, ReleaseState
from delphi.services.coding import LONGEST_DEFINITION, LONGEST_NAME
from delphi.services.decisions import LONGEST_REASON
from delphi.web.fields import row_number
from delphi.web.office.forms import LONGEST_TEXT, OfficeForm, plain_lines
from delphi.web.words import gettext, lazy_gettext


class JudgementForm(OfficeForm):
    """What becomes of one comment. The page draws it once for each, so the fields carry no ids of their own."""

    comment = HiddenField(
        validators=[Regexp(r"[0-9]{1,18}\Z", message=lazy_gettext("This form is incomplete. Open the page again."))]
    )
    version = IntegerField(widget=HiddenInput())
    state = RadioField(
        lazy_gettext("What becomes of it?"),
        [InputRequired(lazy_gettext("Choose whether the panel is shown this comment."))],
        choices=[
            SelectChoice(ReleaseState.APPROVED.value, lazy_gettext("Show it to the panel when the results are published")),
            SelectChoice(ReleaseState.WITHHELD.value, lazy_gettext("Do not show it")),
            SelectChoice(ReleaseState.RETRACTED.value, lazy_gettext("Take it back")),
        ],
    )
    words = TextAreaField(lazy_gettext("In the team’s words"), [Length(max=LONGEST_TEXT)], filters=[plain_lines])
    reason = TextAreaField(lazy_gettext("Why not? The writer reads this."), [Length(max=LONGEST_REASON)], filters=[plain_lines])


class CodingForm(OfficeForm):
    """What one comment carries: codes, a new one among them, and whether the decision on its item answers it.

    `shown` are the codes that the form had shown on it; `can_answer` says that it had asked about the decision.
    """

    codes = SelectMultipleField(coerce=row_number, validate_choice=False)
    shown = SelectMultipleField(coerce=row_number, validate_choice=False)
    new = StringField(
        lazy_gettext("A new code"),
        [Length(max=LONGEST_NAME, message=lazy_gettext("Give the code a name of at most 60 characters."))],
    )
    can_answer = BooleanField()
    answers = BooleanField(lazy_gettext("The decision on the item answers this"))


class ReadingForm(OfficeForm):
    """The comments that somebody has read."""

    comments = SelectMultipleField(coerce=row_number, validate_choice=False)


class CodeForm(OfficeForm):
    """One entry of the codebook."""

    version = IntegerField(widget=HiddenInput())
    name = StringField(
        lazy_gettext("Name"),
        [
            InputRequired(lazy_gettext("Give the code a name.")),
            Length(max=LONGEST_NAME, message=lazy_gettext("Give the code a name of at most 60 characters.")),
        ],
    )
    definition = TextAreaField(
        lazy_gettext("Definition"),
        [Length(max=LONGEST_DEFINITION, message=lazy_gettext("Define the code in at most 2000 characters."))],
        filters=[plain_lines],
        description=lazy_gettext("What falls under it and what does not, so that two people code alike."),
    )


class MergeForm(OfficeForm):
    """Which code takes the place of another."""

    version = IntegerField(widget=HiddenInput())
    into = SelectField(
        lazy_gettext("Code that takes its place"),
        [InputRequired(lazy_gettext("Choose the code that takes its place."))],
        coerce=str,
        validate_choice=False,
    )

    def offer(self, codes: Mapping[int, str]) -> None:
        """Say which codes this one can be merged into."""
        self.into.choices = [
            SelectChoice("", gettext("Choose a code")),
            *(SelectChoice(str(id_), name) for id_, name in codes.items()),
        ]


class RemoveForm(OfficeForm):
    """That a code is to go."""

    version = IntegerField(widget=HiddenInput())


class ProposalForm(OfficeForm):
    """What becomes of one proposal. Only the part that belongs to the choice counts."""

    version = IntegerField(widget=HiddenInput())
    state = RadioField(
        lazy_gettext("What becomes of it?"),
        [InputRequired(lazy_gettext("Choose what becomes of the proposal."))],
        choices=[
            SelectChoice(
                ProposalState.ACCEPTED.value,
                lazy_gettext("Accept: it goes into the draft, and the panel rates it in the next round"),
            ),
            SelectChoice(ProposalState.MERGED.value, lazy_gettext("Merge: another item says it, or will say it")),
            SelectChoice(ProposalState.DECLINED.value, lazy_gettext("Decline")),
        ],
    )
    words = TextAreaField(
        lazy_gettext("The words as they go into the draft"),
        [Length(max=LONGEST_TEXT)],
        filters=[plain_lines],
        description=lazy_gettext("You can change them; the proposal itself stays on record as it was."),
    )
    key = StringField(lazy_gettext("Key of the new item"), description=lazy_gettext("Letters a–z, digits and hyphens."))
    kind = RadioField(
        lazy_gettext("Kind of the new item"),
        choices=[
            SelectChoice(ItemKind.CORE.value, lazy_gettext("Core: a fixed part of the intervention")),
            SelectChoice(ItemKind.FLEXIBLE.value, lazy_gettext("Flexible: left to judgement")),
        ],
        default=ItemKind.FLEXIBLE.value,
    )
    into = SelectField(lazy_gettext("Item that says it"), validate_choice=False)
    reason = TextAreaField(
        lazy_gettext("Why?"),
        [Length(max=LONGEST_REASON, message=lazy_gettext("Give the reason in at most 4000 characters."))],
        filters=[plain_lines],
        description=lazy_gettext(
            "One or two sentences. The proposer reads them; of an accepted wording the whole panel does, beside the item."
        ),
    )

    def offer(self, present: Mapping[str, ItemVersion]) -> None:
        """Say which items a proposal can be merged into."""
        self.into.choices = [SelectChoice("", gettext("Choose an item")), *(SelectChoice(key, key) for key in present)]
