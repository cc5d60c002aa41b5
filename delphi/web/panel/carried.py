"""What the form of a section brought that could not be saved at once: the fields to carry on with, and the same in words.

Nothing is looked up for it, so that it can be said to somebody of whom the site does not know who they are.
"""

import re
from collections.abc import Container, Iterator
from dataclasses import dataclass

from werkzeug.datastructures import MultiDict

from delphi.services.ratings import CLEAR_WORD, UNABLE_WORD
from delphi.services.remarks import COMMENT, WORDING
from delphi.web.words import gettext

RATING = "rating"
# A text may come under a name that has no place, from a page that is older than the site: it is given back like any other.
_ANSWER = re.compile(rf"({RATING})-([0-9]{{1,5}})|({COMMENT}|{WORDING})-(?!seen-)([a-z0-9-]{{1,80}})")
_FRAME = re.compile(rf"round|ballot|(seen|{COMMENT}-seen|{WORDING}-seen)-[0-9]{{1,5}}")
_SEEN = {RATING: "seen", COMMENT: f"{COMMENT}-seen", WORDING: f"{WORDING}-seen"}

Form = MultiDict[str, str]


@dataclass(frozen=True)
class Given:
    """One answer that somebody gave in a form: which kind, of what (a slot or an item's place), what, and in place of what."""

    kind: str
    about: str
    value: str
    seen: str

    @property
    def name(self) -> str:
        return f"{self.kind}-{self.about}"


def given_in(form: Form) -> list[Given]:
    """Return the answers in a form that differ from what it had shown, as far as the form itself tells."""
    return [one for one in _answers(form) if _is_given(one)]


def without_place(form: Form, read: Container[str], kept: Container[str]) -> list[tuple[str, str]]:
    """Return the texts in a form that are in none of the fields that were read, nor kept already, in the words of `in_words`."""
    placeless = (one for one in given_in(form) if one.kind != RATING and one.name not in read)
    return [(_title(one, [], []), _said(one)) for one in placeless if one.value.replace("\r\n", "\n").strip() not in kept]


def carried_fields(form: Form) -> list[tuple[str, str]]:
    """Return the fields that take these answers further, and nothing else that somebody may have put into the form."""
    fields = [(name, value) for name, value in form.items() if _FRAME.fullmatch(name)]
    for one in given_in(form):
        fields.append((one.name, one.value))
        if one.kind == COMMENT and f"audience-{one.about}" in form:
            fields.append((f"audience-{one.about}", form[f"audience-{one.about}"]))
    return fields


def in_words(form: Form) -> list[tuple[str, str]]:
    """Return each of these answers with what it is about, by its place in the section."""
    questions = [name.removeprefix("seen-") for name in form if name.startswith("seen-")]
    items = [name.removeprefix(f"{COMMENT}-seen-") for name in form if name.startswith(f"{COMMENT}-seen-")]
    return [(_title(one, questions, items), _said(one)) for one in given_in(form)]


def _answers(form: Form) -> Iterator[Given]:
    for name, value in form.items():
        if found := _ANSWER.fullmatch(name):
            kind, about = (part for part in found.groups() if part)
            yield Given(kind, about, value, form.get(f"{_SEEN[kind]}-{about}", ""))


def _is_given(one: Given) -> bool:
    if one.kind == RATING:
        return one.value not in (one.seen, "") and not (one.value == CLEAR_WORD and not one.seen)
    return bool(one.value.strip()) or one.seen not in ("", "0")


def _title(one: Given, questions: list[str], items: list[str]) -> str:
    places = questions if one.kind == RATING else items
    if one.about not in places:
        return {RATING: gettext("Your answer"), COMMENT: gettext("Your comment"), WORDING: gettext("Your words")}[one.kind]
    n = places.index(one.about) + 1
    if one.kind == RATING:
        return gettext("Your answer to question %(n)s of this section", n=n)
    if one.kind == COMMENT:
        return gettext("Your comment on item %(n)s of this section", n=n)
    return gettext("Your words for item %(n)s of this section", n=n)


def _said(one: Given) -> str:
    if one.kind == RATING and one.value == UNABLE_WORD:
        return gettext("I am unable to rate this")
    if one.kind == RATING and one.value == CLEAR_WORD:
        return gettext("Clear my answer")
    return one.value if one.value.strip() else gettext("(emptied)")
