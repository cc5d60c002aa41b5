"""The office's forms: which fields there are and what may stand in them; the services check the rest."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from flask import g
from flask_wtf.file import FileField, FileRequired, MultipleFileField
from wtforms import (
    BooleanField,
    DateField,
    EmailField,
    HiddenField,
    IntegerField,
    PasswordField,
    RadioField,
    SelectChoice,
    SelectMultipleField,
    StringField,
    TextAreaField,
)
from wtforms.validators import DataRequired, InputRequired, Length, Optional, ValidationError
from wtforms.widgets import CheckboxInput, HiddenInput, ListWidget

from delphi.errors import DelphiError, FileError, InvalidError
from delphi.language import Lazy
from delphi.models import EditClass
from delphi.services.consent import LONGEST_INFORMATION, LONGEST_STATEMENT
from delphi.web.errors import sentence
from delphi.web.fields import SiteForm
from delphi.web.words import gettext, lazy_gettext

LONGEST_TEXT = 200_000


def plain_lines(text: str | None) -> str:
    """Return what a text box sent with the line ends that are stored."""
    return (text or "").replace("\r\n", "\n").replace("\r", "\n")


class OfficeForm(SiteForm):
    """A form that can also show what a service refused, at the field that it is about; `refusal` heads the list of problems."""

    refusal = ""
    is_done = False
    _refused_with = 0

    @property
    def status(self) -> int:
        """The status of a page that shows this form: of what was sent and not done, why."""
        return self._refused_with or (422 if self.is_submitted() else 200)

    @contextmanager
    def doing(self) -> Iterator[None]:
        """Commit what is done in the block; `is_done` then says so. A refusal takes it back and is kept for the page."""
        try:
            yield
            g.session.commit()
            self.is_done = True
        except DelphiError as error:
            self._refused_with = self.refuse(error)

    def refuse(self, error: DelphiError) -> int:
        """Take back what the request has changed, keep the refusal for the page, and return its status."""
        g.session.rollback()
        if isinstance(error, FileError):
            self.refusal = sentence(error)
            self.form_errors.extend(error.lines(gettext))
        elif isinstance(error, InvalidError) and error.field in self:
            self[error.field].errors = [*self[error.field].errors, sentence(error)]
        else:
            self.form_errors.append(sentence(error))
        return error.status


def tick_boxes(label: Any, **more: Any) -> Any:
    """Return a field of several choices, each with a box to tick."""
    return SelectMultipleField(label, widget=ListWidget(prefix_label=False), option_widget=CheckboxInput(), **more)


class ConfirmForm(OfficeForm):
    """Nothing but the button."""


class PublishForm(OfficeForm):
    """The button, and where comments wait to be judged, a box that says to go on without them."""

    n_unjudged = 0
    without_unjudged = BooleanField(lazy_gettext("Publish without the comments that nobody has judged"))

    def validate_without_unjudged(self, field: BooleanField) -> None:
        if self.n_unjudged and not field.data:
            raise ValidationError(
                gettext("Comments that are meant for the panel wait to be judged. Judge them, or tick the box to go on without.")
            )


class SignInForm(OfficeForm):
    email = EmailField(lazy_gettext("E-mail address"), [DataRequired(lazy_gettext("Give the address of your account."))])
    password = PasswordField(lazy_gettext("Password"), [DataRequired(lazy_gettext("Give your password."))])


class NewStudyForm(OfficeForm):
    title = StringField(
        lazy_gettext("Title of the study"),
        [Length(max=200, message=lazy_gettext("A title has at most 200 characters."))],
        description=lazy_gettext("Panelists see it. Leave it empty to take the manual’s own."),
    )
    source = RadioField(
        lazy_gettext("Which manual?"),
        [InputRequired(lazy_gettext("Choose where the manual comes from."))],
        choices=[
            SelectChoice("upload", lazy_gettext("A draft of mine")),
            SelectChoice("example", lazy_gettext("The example: Making connections")),
        ],
        default="upload",
    )
    files = MultipleFileField(
        lazy_gettext("Files of the draft"),
        description=lazy_gettext(
            "Plain text (.md or .txt; from Word, save as plain text): # before the title, ## before each section’s heading, an "
            "empty line between paragraphs; lists are fine. Or several such files, or a .zip of them; at most 2 MB. What the "
            "panel rates, you mark on the next pages."
        ),
    )

    def validate_files(self, field: MultipleFileField) -> None:
        if self.source.data == "upload" and not any(field.data or ()):
            raise ValidationError(gettext("Choose the files of your draft, or start from the example."))


class PanelForm(OfficeForm):
    file = FileField(
        lazy_gettext("Panel file"),
        [FileRequired(lazy_gettext("Choose a file with the people to add."))],
        description=lazy_gettext(
            "CSV or XLSX with the columns name, email and group. You see what it does before anybody is added."
        ),
    )


class AddressForm(OfficeForm):
    """Whose address is wrong, and the right one."""

    present = StringField(lazy_gettext("Address as it stands now"), [DataRequired(lazy_gettext("Say which address is wrong."))])
    right = StringField(lazy_gettext("Right address"), [DataRequired(lazy_gettext("Give the right address."))])


class NewLinkForm(OfficeForm):
    """Who gets a new link."""

    address = StringField(lazy_gettext("Address"), [DataRequired(lazy_gettext("Say to which address."))])


class CareForm(OfficeForm):
    version = IntegerField(widget=HiddenInput())
    name = StringField(lazy_gettext("Name"), description=lazy_gettext("Somebody who is not on the research team."))
    role = StringField(
        lazy_gettext("What they are"), description=lazy_gettext("For example: ombudsperson, chair of the ethics committee.")
    )
    phone = StringField(lazy_gettext("Telephone"))
    mail = EmailField(lazy_gettext("E-mail address"))
    crisis = TextAreaField(
        lazy_gettext("What to do in a crisis"),
        filters=[plain_lines],
        description=lazy_gettext(
            "Stands beside every comment box and on the page of help. Leave it empty for the words that are there by themselves."
        ),
    )


class ReplyForm(OfficeForm):
    seen = IntegerField(widget=HiddenInput())
    text = TextAreaField(
        lazy_gettext("Your answer"),
        filters=[plain_lines],
        description=lazy_gettext("It stands on this person’s page. A mail tells them that it is there, without its words."),
    )


class IdentifyForm(OfficeForm):
    ref = HiddenField()
    reason = TextAreaField(
        lazy_gettext("Why do you have to know who wrote it?"),
        filters=[plain_lines],
        description=lazy_gettext("It goes into the log, which the team reads: name nobody, and do not repeat the text."),
    )


def _own_words(label: Lazy, example: Lazy) -> TextAreaField:
    return TextAreaField(label, [Length(max=2000)], filters=[plain_lines], description=example)


class ConsentForm(OfficeForm):
    """The text with its parts of the team's own (`services.consent.OWN_WORDS`), which go before it."""

    number = IntegerField(widget=HiddenInput())
    who = _own_words(
        lazy_gettext("Who you are, where you work, and how to reach you"),
        lazy_gettext("After “Who we are.” it says, for example: … and …, of …. You reach us at …."),
    )
    pays = _own_words(
        lazy_gettext("Who pays for the study"),
        lazy_gettext("After “Who pays.”, for example: The … Foundation. Or: Nobody, it is part of our work."),
    )
    approval = _own_words(
        lazy_gettext("Which committee has approved it, or why none had to"),
        lazy_gettext("After “Who has approved it.”, for example: The ethics committee of …, on …."),
    )
    keeping = _own_words(
        lazy_gettext("How long answers are kept, and what becomes of them then"),
        lazy_gettext("After “How long answers are kept.”, for example: Ten years, at …. Then they are deleted."),
    )
    information = TextAreaField(
        lazy_gettext("What people are told"),
        [DataRequired(lazy_gettext("Write what people are told.")), Length(max=LONGEST_INFORMATION)],
        filters=[plain_lines],
        description=lazy_gettext("Markdown: **bold**, lists with a hyphen, blank lines between paragraphs."),
    )
    statement = TextAreaField(
        lazy_gettext("What they agree to"),
        [DataRequired(lazy_gettext("Write the sentence that people agree to.")), Length(max=LONGEST_STATEMENT)],
        filters=[plain_lines],
    )
    is_complete = BooleanField(
        lazy_gettext("The text says all of this: who we are, who pays, who has approved the study, how long answers are kept"),
        description=lazy_gettext("The check before round 1 asks for it. Panelists do not see it."),
    )


class SectionForm(OfficeForm):
    edition = HiddenField()
    text = TextAreaField(
        lazy_gettext("The section as Markdown"),
        [DataRequired(lazy_gettext("The section is empty. Write its heading and text.")), Length(max=LONGEST_TEXT)],
        filters=[plain_lines],
    )
    edit_class = RadioField(
        lazy_gettext("What kind of change is it?"),
        [InputRequired(lazy_gettext("Say what kind of change it is."))],
        choices=[
            SelectChoice(EditClass.TYPO.value, lazy_gettext("A slip: the meaning stays, earlier ratings still speak for it")),
            SelectChoice(EditClass.SUBSTANTIVE.value, lazy_gettext("A change of meaning: items worded anew are asked again")),
        ],
    )
    reason = TextAreaField(
        lazy_gettext("Why?"),
        [Length(max=4000)],
        description=lazy_gettext("One sentence. Panelists read it beside what is worded anew."),
    )


class OpenRoundForm(OfficeForm):
    deadline = DateField(
        lazy_gettext("Last day to answer"),
        [Optional()],
    )
