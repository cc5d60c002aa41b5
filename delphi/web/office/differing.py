"""A form with which somebody else was quicker: what is kept now beside what was typed, and which of the two is to hold."""

import json
from base64 import b64decode, b64encode
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from hashlib import sha256
from typing import Any

from flask import request
from werkzeug.datastructures import CombinedMultiDict, MultiDict
from wtforms import BooleanField, Field, RadioField, SelectMultipleField

from delphi.web.office.forms import OfficeForm, plain_lines
from delphi.web.office.forms_protocol import AmendmentForm, pair
from delphi.web.words import gettext

CHOICE, THEIRS = "hold-", "kept"
OPENED = "opened-with"  # what stood in the form when its page was made, by a digest of each field

Kept = Mapping[str, Any]
"""What is kept now of a form's fields, by name."""


@dataclass(frozen=True)
class Difference:
    """A field that is kept otherwise than it was typed: what it asks, and both in words.

    Who has not touched it since the page was made means what is kept now.
    """

    name: str
    label: str
    kept: str
    typed: str
    is_touched: bool = True


def as_sent(kept: Kept) -> CombinedMultiDict[str, Any] | None:
    """Return what the request sent, with what is kept now wherever that was chosen; None where nothing was sent."""
    if request.method != "POST":
        return None
    sent: MultiDict[str, Any] = MultiDict(request.form)
    for name, value in kept.items():
        if request.form.get(CHOICE + name) == THEIRS:
            sent.setlist(name, _as_typed(value))
    return CombinedMultiDict([request.files, sent])


def opened_with(kept: Kept) -> str:
    """Return what a form takes along to tell later which of its fields somebody has changed, and which somebody else."""
    return b64encode(json.dumps({name: _digest(value) for name, value in kept.items()}).encode()).decode()


def differences(form: OfficeForm, kept: Kept, version: str) -> list[Difference]:
    """Return what somebody else has changed and the form has otherwise, and let the form go on from there.

    `version` names the field that says from which state somebody started.
    """
    found = list(_differing(form, {name: value for name, value in kept.items() if name != version}))
    form[version].raw_data = [str(kept[version])]
    return found


def _differing(form: OfficeForm, kept: Kept) -> Iterator[Difference]:
    opened = _opened()
    for name, value in kept.items():
        field = form[name]
        if opened.get(name) == _digest(value):
            continue  # nobody else has changed it
        if _is_offered(field) and _as_typed(value) != _as_typed(field.data):
            kept_words, typed_words = _in_words(form, field, value, field.data), _in_words(form, field, field.data, value)
            is_touched = opened.get(name) != _digest(field.data)
            yield Difference(name, str(field.label.text), kept_words, typed_words, is_touched)


def _opened() -> dict[str, str]:
    try:
        sent = json.loads(b64decode(request.form.get(OPENED, "")))
    except (ValueError, RecursionError):
        return {}
    return sent if isinstance(sent, dict) else {}


def _digest(value: Any) -> str:
    return sha256("\0".join(_as_typed(value)).encode(errors="surrogatepass")).hexdigest()[:16]


def _is_offered(field: Field) -> bool:
    return not isinstance(field, SelectMultipleField) or bool(field.choices)


def _as_typed(value: Any) -> list[str]:
    """Return a value as a browser sends it: nothing of a box that is not ticked."""
    if isinstance(value, bool):
        return ["y"] if value else []
    if isinstance(value, list | tuple):
        return sorted(map(str, value))
    if isinstance(value, int | float | Decimal):
        return [f"{value:g}"]
    return [plain_lines(value).strip()]


def _in_words(form: OfficeForm, field: Field, value: Any, other: Any) -> str:
    """Return a value as the page says it; of what is long, as far as it differs from the other."""
    if isinstance(field, BooleanField):
        return gettext("yes") if value else gettext("no")
    if isinstance(form, AmendmentForm) and field is form.asked_of:
        words = (_asked_of(form, section, value) for section in form.headings if _differ(form, section, value, other))
        return " · ".join(words)
    if isinstance(field, RadioField | SelectMultipleField):
        picked = set(_as_typed(value))
        return " · ".join(str(choice.label) for choice in field.choices if choice.value in picked) or gettext("nothing")
    return "".join(_as_typed(value)) or gettext("nothing")


def _asked_of(form: AmendmentForm, section: str, pairs: Collection[str]) -> str:
    groups = [group for group in form.groups if pair(section, group) in pairs]
    return f"{form.headings[section]}: {', '.join(groups)}"


def _differ(form: AmendmentForm, section: str, pairs: Collection[str], others: Collection[str]) -> bool:
    return any((pair(section, group) in pairs) != (pair(section, group) in others) for group in form.groups)
