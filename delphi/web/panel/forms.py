"""The rating form: fields named after slots and places of items, each read on its own so that one fault spoils nothing else."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from werkzeug.datastructures import MultiDict

from delphi.errors import InvalidError
from delphi.models import Audience
from delphi.services.answering import Sheet
from delphi.services.ballots import Questionnaire
from delphi.services.ratings import Answer, require_answer
from delphi.services.remarks import COMMENT, WORDING, Remark, clean, require_audience
from delphi.web.errors import sentence
from delphi.web.panel.cards import AUDIENCE, Typed, text_name
from delphi.web.panel.carried import without_place

_RATING = re.compile(r"rating-([0-9]{1,5})")
_NUMBER = re.compile(r"[0-9]{1,9}")


@dataclass
class Filled:
    """What a form brought: answers and texts that can be saved, and what is wrong with the others.

    `remarks` and `wordings` are by item key. `texts` are the texts as they were typed, and `text_errors` what is wrong with them,
    by the name of their field; `audiences` stand under the names of their comments.
    """

    answers: dict[int, Answer] = field(default_factory=dict)
    remarks: dict[str, Remark] = field(default_factory=dict)
    wordings: dict[str, Remark] = field(default_factory=dict)
    slot_errors: dict[int, str] = field(default_factory=dict)
    text_errors: dict[str, str] = field(default_factory=dict)
    texts: dict[str, str] = field(default_factory=dict)
    audiences: dict[str, str] = field(default_factory=dict)


def read_form(form: MultiDict[str, str], questionnaire: Questionnaire) -> Filled:
    """Return the answers and texts in a form, the unusable ones with their reason."""
    filled = Filled()
    for name in form:
        if found := _RATING.fullmatch(name):
            _read_rating(filled, questionnaire, int(found[1]), form)
    for place, version in enumerate(questionnaire.items):
        if text_name(COMMENT, place) in form or text_name(AUDIENCE, place) in form:
            _read_comment(filled, questionnaire, place, form)
        if text_name(WORDING, place) in form and not version.item.is_section:
            _read_text(filled, filled.wordings, WORDING, place, version.item.key, form)
    return filled


def carried_over(form: MultiDict[str, str], filled: Filled, sheet: Sheet) -> Typed:
    """Return what a form brought for a page to show, unsaved: all that differs from what the server holds by now."""
    values = {
        sheet.questionnaire.slot(one.position, n): value for one in sheet.asked.values() for n, value in enumerate(one.values)
    }
    answers = {slot: answer for slot, answer in filled.answers.items() if answer.value not in (values.get(slot), answer.seen)}
    stands: dict[str, tuple[str, Audience | None]] = {}
    for one in sheet.asked.values():
        stands[text_name(COMMENT, one.position)] = (one.comment, one.audience)
        stands[text_name(WORDING, one.position)] = (one.wording, None)
    texts = {name: text for name, text in filled.texts.items() if _differs(name, text, filled, stands)}
    numbers = {name: number_seen(form, name.replace("-", "-seen-", 1)) for name in texts}
    unsaved = [f"rating-{slot}" for slot in answers] + [name for name in texts if name not in filled.text_errors]
    placeless = written_elsewhere(form, filled, sheet)
    return Typed(filled.slot_errors, filled.text_errors, texts, numbers, filled.audiences, answers, unsaved, placeless)


def written_elsewhere(form: MultiDict[str, str], filled: Filled, sheet: Sheet) -> list[tuple[str, str]]:
    """Return what was written in fields that no page has, as on a page older than the site, but for what is saved already."""
    kept = {text for one in sheet.asked.values() for text in (one.comment, one.wording) if text}
    return without_place(form, filled.texts, kept)


def number_seen(form: Mapping[str, str], name: str) -> int:
    """Return which version of a text the form had shown, 0 where it says nothing that could be one."""
    seen = form.get(name, "")
    return int(seen) if _NUMBER.fullmatch(seen) else 0


def _read_rating(filled: Filled, questionnaire: Questionnaire, slot: int, form: MultiDict[str, str]) -> None:
    values = set(form.getlist(f"rating-{slot}"))
    try:
        if len(values) > 1:
            raise InvalidError("There are two answers to one question. Choose one.")
        value = values.pop()
        answer = Answer(value, form.get(f"seen-{slot}", ""), _revision(form), form.get(f"offered-{slot}") == value)
        require_answer(questionnaire, slot, answer.value)
        require_answer(questionnaire, slot, answer.seen or "clear")
        filled.answers[slot] = answer
    except InvalidError as error:
        filled.slot_errors[slot] = sentence(error)


def _revision(form: MultiDict[str, str]) -> int | None:
    """Return the ballot's revision that came with one answer; a whole form is of many revisions, and names none."""
    given = form.get("revision", "")
    return int(given) if "fragment" in form and _NUMBER.fullmatch(given) else None


def _read_comment(filled: Filled, questionnaire: Questionnaire, place: int, form: MultiDict[str, str]) -> None:
    name = text_name(COMMENT, place)
    filled.audiences[name] = form.get(text_name(AUDIENCE, place), "")
    try:
        audience = _audience(filled.audiences[name])
        require_audience(questionnaire, audience)
    except InvalidError as error:
        filled.text_errors[name] = sentence(error)
        filled.texts[name] = form.get(name, "")
        return
    _read_text(filled, filled.remarks, COMMENT, place, questionnaire.items[place].item.key, form, audience)


def _read_text(
    filled: Filled,
    into: dict[str, Remark],
    box: str,
    place: int,
    key: str,
    form: MultiDict[str, str],
    audience: Audience | None = None,
) -> None:
    name = text_name(box, place)
    typed = form.get(name)
    if typed is not None:
        filled.texts[name] = typed
    try:
        text = None if typed is None else clean(typed)
        into[key] = Remark(text, number_seen(form, text_name(f"{box}-seen", place)), audience, is_meant="fragment" in form)
    except InvalidError as error:
        filled.text_errors[name] = sentence(error)


def _differs(name: str, text: str, filled: Filled, stands: Mapping[str, tuple[str, Audience | None]]) -> bool:
    kept, readers = stands.get(name, ("", None))
    return name in filled.text_errors or clean(text) != kept or (filled.audiences.get(name) or readers) != readers


def _audience(value: str) -> Audience | None:
    if not value:
        return None
    try:
        return Audience(value)
    except ValueError:
        raise InvalidError("Choose who may read your comment from the answers that are there.") from None
