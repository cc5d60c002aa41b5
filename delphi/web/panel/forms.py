"""The rating form: fields named after slots and items, each read on its own so that one fault spoils nothing else."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from werkzeug.datastructures import MultiDict

from delphi.errors import InvalidError
from delphi.services.ballots import Questionnaire
from delphi.services.ratings import Answer, Remark, require_answer, require_comment
from delphi.web.errors import sentence

_RATING = re.compile(r"rating-([0-9]{1,5})")
_COMMENT = re.compile(r"comment-(?!seen-)(.+)")
_NUMBER = re.compile(r"[0-9]{1,9}")


@dataclass
class Filled:
    """What a form brought: answers that can be saved, and what is wrong with the others."""

    answers: dict[int, Answer] = field(default_factory=dict)
    remarks: dict[str, Remark] = field(default_factory=dict)
    slot_errors: dict[int, str] = field(default_factory=dict)
    comment_errors: dict[str, str] = field(default_factory=dict)
    comments: dict[str, str] = field(default_factory=dict)


def read_form(form: MultiDict[str, str], questionnaire: Questionnaire) -> Filled:
    """Return the answers and comments in a form, the unusable ones with their reason."""
    filled = Filled()
    for name in form:
        if found := _RATING.fullmatch(name):
            _read_rating(filled, questionnaire, int(found[1]), form)
        elif (found := _COMMENT.fullmatch(name)) and found[1] in _keys(questionnaire):
            _read_comment(filled, found[1], form)
    return filled


def _read_rating(filled: Filled, questionnaire: Questionnaire, slot: int, form: MultiDict[str, str]) -> None:
    values = set(form.getlist(f"rating-{slot}"))
    try:
        if len(values) > 1:
            raise InvalidError("There are two answers to one question. Choose one.")
        answer = Answer(values.pop(), form.get(f"seen-{slot}", ""))
        require_answer(questionnaire, slot, answer.value)
        require_answer(questionnaire, slot, answer.seen or "clear")
        filled.answers[slot] = answer
    except InvalidError as error:
        filled.slot_errors[slot] = sentence(error)


def _read_comment(filled: Filled, key: str, form: MultiDict[str, str]) -> None:
    text, seen = form[f"comment-{key}"], form.get(f"comment-seen-{key}", "")
    filled.comments[key] = text
    try:
        require_comment(text)
        filled.remarks[key] = Remark(text, int(seen) if _NUMBER.fullmatch(seen) else 0)
    except InvalidError as error:
        filled.comment_errors[key] = sentence(error)


def _keys(questionnaire: Questionnaire) -> Mapping[str, int]:
    return {version.item.key: version.id for version in questionnaire.items}
