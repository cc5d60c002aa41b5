"""The form of open recruitment: what people read, the questions that are asked first, and whether they can join now."""

from typing import Any

from flask import request
from wtforms import BooleanField, IntegerField, RadioField, SelectChoice, StringField, TextAreaField
from wtforms.validators import DataRequired, Length
from wtforms.widgets import HiddenInput

from delphi.models import Recruitment
from delphi.services.recruiting import LONGEST_QUESTION, LONGEST_WORDS, MOST_QUESTIONS, NO, YES, Call, Screening, call_of
from delphi.web.office.forms import OfficeForm, plain_lines
from delphi.web.words import gettext, lazy_gettext

ROOM = 2  # empty questions below those that there are


class RecruitingForm(OfficeForm):
    """What is asked beside the questions, which are added to it."""

    version = IntegerField(widget=HiddenInput())
    words = TextAreaField(
        lazy_gettext("What people read"),
        [DataRequired(lazy_gettext("Write what people read before they ask to join.")), Length(max=LONGEST_WORDS)],
        filters=[plain_lines],
        description=lazy_gettext("What the study is about, whom it looks for, and what taking part takes. Markdown."),
    )
    new_groups = TextAreaField(
        lazy_gettext("More groups to choose from"),
        [Length(max=2_000)],
        filters=[plain_lines],
        description=lazy_gettext("One a line. The groups that the panel has are there already."),
    )
    is_open = BooleanField(lazy_gettext("People can ask to join now"))
    admits_all = BooleanField(
        lazy_gettext("Whoever confirms an address is on the panel at once"),
        description=lazy_gettext("Otherwise a custodian is told by mail, sees who has asked, and adds them or says no."),
    )

    def validate(self, extra_validators: Any = None) -> bool:
        is_valid = bool(super().validate(extra_validators))
        for text, wanted in self.pairs():
            if text.data.strip() and not wanted.data:
                wanted.errors = [gettext("Say which answer lets people in.")]
                is_valid = False
        return is_valid

    def pairs(self) -> list[tuple[Any, Any]]:
        """Return the fields of each question: its words, and the answer that lets people in."""
        return [(self[f"question_{n}"], self[f"wanted_{n}"]) for n in range(MOST_QUESTIONS)]

    def shown(self) -> list[tuple[Any, Any]]:
        """Return those that are filled in, and some more."""
        filled = [n for n, (text, wanted) in enumerate(self.pairs()) if text.data or wanted.errors]
        return self.pairs()[: max(filled, default=-1) + 1 + ROOM]

    def call(self) -> Call:
        """Return what was filled in; a question without words is none."""
        questions = [Screening(text.data, wanted.data or "") for text, wanted in self.pairs() if text.data.strip()]
        return Call(self.words.data or "", tuple(questions), bool(self.is_open.data), bool(self.admits_all.data))

    def groups(self) -> list[str]:
        """Return the names of the groups to add."""
        return [line for line in (self.new_groups.data or "").split("\n") if line.strip()]


def recruiting_form(known: Recruitment | None) -> RecruitingForm:
    """Return the form, as it stands until somebody has sent another."""
    call = call_of(known)
    shown: dict[str, object] = {"version": known.version if known else 0, "words": call.words}
    shown |= {"is_open": call.is_open, "admits_all": call.admits_all}
    for n, one in enumerate(call.questions):
        shown |= {f"question_{n}": one.text, f"wanted_{n}": one.wanted}
    # What a form leaves out is not filled in from what was kept before.
    return _form_class()(data=shown if request.method == "GET" else None)


def _form_class() -> type[RecruitingForm]:
    fields: dict[str, object] = {}
    for n in range(MOST_QUESTIONS):
        fields[f"question_{n}"] = StringField(
            lazy_gettext("Question %(n)s", n=n + 1), [Length(max=LONGEST_QUESTION)], filters=[lambda text: text or ""]
        )
        fields[f"wanted_{n}"] = RadioField(
            lazy_gettext("Who can take part answers question %(n)s with", n=n + 1),
            choices=[SelectChoice(YES, lazy_gettext("Yes")), SelectChoice(NO, lazy_gettext("No"))],
            validate_choice=False,
        )
    made: type[RecruitingForm] = type("StudyRecruitingForm", (RecruitingForm,), fields)
    return made
