"""The rating cards of a page: plain values for the template, from what the services give."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from textwrap import shorten
from typing import Any

from markupsafe import Markup

from delphi.manual.html import plain_text
from delphi.models import ItemVersion
from delphi.services import disclosure
from delphi.services.answering import Asked, Rated, Sheet, offered_in
from delphi.services.dissent import criteria_apart
from delphi.services.protocol import Choices, ScaleChoice
from delphi.services.ratings import CLEAR_WORD, UNABLE_WORD, Answer
from delphi.web.panel import fragments
from delphi.web.pictures import Own, finding
from delphi.web.words import gettext

NAME_LENGTH = 36  # characters of an item's heading, for who goes from heading to heading

AUDIENCE = "audience"  # the choice of who may read a comment, as its field is called

Card = dict[str, Any]
Feedback = Mapping[tuple[str, str], disclosure.Entry]


@dataclass(frozen=True)
class Typed:
    """What a form brought that could not be saved: errors, and what to show again, by slot or by the name of a text's field.

    `audiences` stand under the names of their comments. `unsaved` are the fields that are right and merely wait to be saved;
    `placeless` what was written in fields that no page has any more, each with what it is.
    """

    slot_errors: Mapping[int, str] = field(default_factory=dict)
    text_errors: Mapping[str, str] = field(default_factory=dict)
    texts: Mapping[str, str] = field(default_factory=dict)
    text_numbers: Mapping[str, int] = field(default_factory=dict)
    audiences: Mapping[str, str] = field(default_factory=dict)
    answers: Mapping[int, Answer] = field(default_factory=dict)
    unsaved: Sequence[str] = ()
    placeless: Sequence[tuple[str, str]] = ()

    def __bool__(self) -> bool:
        return bool(self.slot_errors or self.text_errors or self.placeless)


def text_name(box: str, position: int) -> str:
    """Return the name of a text's field: by the item's place in the questionnaire, since a card says it a dozen times."""
    return f"{box}-{position}"


def card(asked: Asked, sheet: Sheet, feedback: Feedback, group: str, typed: Typed) -> Card:
    """Return the card of one item."""
    key, (n, total) = asked.version.item.key, sheet.place(asked)
    return {
        "key": key,
        "place": asked.position,
        "name": "" if asked.version.item.is_section else shorten(plain_text(asked.version.text), NAME_LENGTH, placeholder="…"),
        "statement": _statement(asked.version),
        "plain": asked.version.plain,
        "kind": gettext("The whole section") if asked.version.item.is_section else None,
        "position": gettext("Item %(n)s of %(total)s", n=n, total=total),
        "slots": [_slot(asked, sheet, n, typed) for n in range(len(asked.values))],
        "changed": _changed(asked),
        "feedback": pictures_of(_keys(asked), asked.last.values if asked.last else (), sheet, feedback, group),
        "finding": finding_of(_keys(asked), sheet, feedback),
        "feedback_title": _feedback_title(asked, feedback),
        "apart": _apart(asked, feedback, sheet.questionnaire.choices),
        "again": sheet.why.get(key, ""),
    }


def slot_of(asked: Asked, sheet: Sheet, criterion: int) -> int:
    return sheet.questionnaire.slot(asked.position, criterion)


def labelled_levels(scale: ScaleChoice) -> list[tuple[int, str]]:
    """Return the levels with the words that anchor some of them."""
    return [(level, gettext(scale.anchors.get(str(level), ""))) for level in scale.levels]


def _statement(version: ItemVersion) -> Markup:
    if version.item.is_section:
        return Markup("<p>{}</p>").format(gettext("This section as a whole, as you have just read it."))
    return fragments.words(version.text)


def _slot(asked: Asked, sheet: Sheet, n: int, typed: Typed) -> Card:
    criterion = sheet.questionnaire.choices.criteria[n]
    slot = slot_of(asked, sheet, n)
    value, offered = asked.values[n], "" if slot in typed.answers else offered_in(asked, n, sheet.questionnaire.choices)
    previous = asked.last.values[n] if asked.last and n < len(asked.last.values) else ""
    return {
        "slot": slot,
        "legend": gettext(criterion.question),
        "levels": labelled_levels(sheet.questionnaire.choices.scale),
        "own": _chosen(typed.answers.get(slot), value or offered),
        "previous": _level(previous),
        "previous_text": _previous_text(asked.last, previous, asked.version),
        "offered": offered,
        "seen": typed.answers[slot].seen if slot in typed.answers else value,
        "error": typed.slot_errors.get(slot),
    }


def _chosen(typed: Answer | None, value: str) -> int | str | None:
    return typed.value if typed and typed.value == CLEAR_WORD else _level(typed.value if typed else value)


def _level(value: str) -> int | str | None:
    return None if not value else value if value == UNABLE_WORD else int(value)


def _previous_text(last: Rated | None, value: str, now: ItemVersion) -> str | None:
    if last is None or not value:
        return None
    if value == UNABLE_WORD:
        return gettext("In round %(round)s you were unable to rate this.", round=last.round)
    if last.version.number != now.number:
        return gettext("In round %(round)s you chose %(level)s, for the earlier words.", round=last.round, level=value)
    return gettext("In round %(round)s you chose %(level)s.", round=last.round, level=value)


def _changed(asked: Asked) -> Card | None:
    """Return what became different in the words since the own last rating, with every reason on the way; nothing without one."""
    now, since = asked.version, asked.since
    if since is None or since.rated.version.id == now.id:
        return None
    then = since.rated.version
    told = gettext("What changed in the words since you rated it in round %(round)s", round=since.rated.round)
    if then.item_id != now.item_id:
        told = gettext("New: made from an item that you rated in round %(round)s", round=since.rated.round)
    elif (then.text, then.plain) == (now.text, now.plain):
        told = gettext("The words are as you rated them in round %(round)s", round=since.rated.round)
    return {
        "redline": fragments.redline(then.text, now.text) if then.text != now.text else None,
        "plain": fragments.redline(then.plain, now.plain) if then.plain != now.plain else None,
        "reasons": since.reasons,
        "since": told,
    }


def _keys(asked: Asked) -> tuple[str, ...]:
    """Return the item's key and those of the items that it was made from: of one of them the panel was asked before."""
    return (asked.version.item.key, *(parent.item.key for parent in asked.parents))


def _feedback_title(asked: Asked, feedback: Feedback) -> str | None:
    """Say which words the figures belong to, when it is not those on the card."""
    now = asked.version
    entries = [entry for (key, _criterion), entry in feedback.items() if key == now.item.key]
    if not entries:
        return gettext("What the panel said of the item that this was made from")
    if all(entry["version"] == now.number for entry in entries):
        return None
    return gettext("What the panel said in round %(round)s, of the words then", round=entries[0]["round"])


def _apart(asked: Asked, feedback: Feedback, choices: Choices) -> list[str]:
    """Return what somebody is told who sees the item otherwise than most, a sentence to each criterion."""
    labels = [gettext(criterion.label) for criterion in criteria_apart(asked, feedback, choices)]
    if len(choices.criteria) == 1:
        return [gettext("You and most others see this differently.") for _label in labels]
    return [gettext("%(criterion)s: you and most others see this differently.", criterion=label) for label in labels]


def pictures_of(keys: Sequence[str], own: Sequence[str], sheet: Sheet, feedback: Feedback, group: str) -> Markup | None:
    """Return what the panel said of the first of these items that it was asked about; `own` belongs to the first key."""
    choices = sheet.questionnaire.choices
    parts = []
    for n, criterion in enumerate(choices.criteria):
        if (entry := _entry(keys, criterion.key, feedback)) is not None:
            mine = own[n] if n < len(own) and entry["item"] == keys[0] else ""
            own_level = int(mine) if mine and mine != UNABLE_WORD else None
            label = gettext(criterion.label) if len(choices.criteria) > 1 else ""
            parts.append(fragments.feedback(entry, choices, label, Own(group, own_level)))
    return Markup("").join(parts) or None


def finding_of(keys: Sequence[str], sheet: Sheet, feedback: Feedback) -> str:
    """Return in a sentence what the panel said of the first of these items that it was asked about, where one thing was asked."""
    choices = sheet.questionnaire.choices
    entry = _entry(keys, choices.criteria[0].key, feedback) if len(choices.criteria) == 1 else None
    return "" if entry is None or entry["panel"]["shown"] == disclosure.HIDDEN else finding(entry["panel"], choices)


def _entry(keys: Sequence[str], criterion: str, feedback: Feedback) -> disclosure.Entry | None:
    return next((feedback[key, criterion] for key in keys if (key, criterion) in feedback), None)


def reading(key: str, html: Markup, sheet: Sheet, feedback: Feedback, group: str, *, own: Sequence[str] = ()) -> Card:
    """Return an item that is only read here: its words, the own answer, and what the panel said."""
    if not own and key in sheet.last:
        own = sheet.last[key].values
    said = [value for value in own if value and value != UNABLE_WORD]
    return {
        "key": key,
        "statement": html,
        "own": ", ".join(said),
        "feedback": pictures_of((key,), own, sheet, feedback, group),
        "finding": finding_of((key,), sheet, feedback),
    }
