"""What all forms share: WTForms' own sentences are said as this site says them, in the reader's language."""

from decimal import Decimal
from typing import Any

from flask_wtf import FlaskForm
from werkzeug.routing import IntegerConverter
from wtforms import DecimalField

from delphi.language import gettext, marked, ngettext

NO_ROW = 10**16  # larger than the number of any row, and small enough for every database to look for

_OURS = {
    "Not a valid integer value.": marked("Write a whole number."),
    "Not a valid decimal value.": marked("Write a number."),
    "Not a valid date value.": marked("Write a date: the year, the month and the day."),
    "Not a valid choice.": marked("Choose one of the answers that are there."),
    "Invalid Choice: could not coerce.": marked("Choose one of the answers that are there."),
    "Invalid choice(s): one or more data inputs could not be coerced.": marked("Choose among the answers that are there."),
    "This field is required.": marked("Fill this in."),
}
_TOO_LONG = "Field cannot be longer than %(max)d character."
_NO_CHOICE = "'%(value)s' is not a valid choice for this field."


class FormWords:
    """What a form asks for its translations."""

    def gettext(self, message: str) -> str:
        """Return one of WTForms' sentences as this site says it."""
        return gettext(_OURS.get(message, message))

    def ngettext(self, singular: str, plural: str, num: int) -> str:
        """Return the form that fits the number."""
        if singular == _TOO_LONG:
            return ngettext(
                "This is longer than %(num)s character. Make it shorter.",
                "This is longer than %(num)s characters. Make it shorter.",
                num,
            )
        if singular == _NO_CHOICE:
            return gettext("Choose among the answers that are there.")
        return singular if num == 1 else plural


class SiteForm(FlaskForm):
    """A form of this site; all others are made from it."""

    class Meta(FlaskForm.Meta):
        def get_translations(self, _form: FlaskForm) -> FormWords:
            return FormWords()


def row_number(given: object) -> int:
    """Return the number of a row as somebody sends it, NO_ROW for what is too large; raise ValueError of what is no number."""
    text = str(given)
    if not text.isdecimal():
        raise ValueError(text)
    return min(int(text), NO_ROW) if len(text) <= len(str(NO_ROW)) else NO_ROW


class RowNumbers(IntegerConverter):
    """The numbers in addresses; each page says in its own words that there is none of a number."""

    num_convert = staticmethod(row_number)


class FiniteField(DecimalField):
    """A number with decimals; infinity and what is no number are refused as soon as they are read."""

    def process_formdata(self, valuelist: list[Any]) -> None:
        super().process_formdata(valuelist)
        number: Decimal | None = getattr(self, "data", None)
        if number is not None and not number.is_finite():
            self.data = None
            raise ValueError(self.gettext("Not a valid decimal value."))
