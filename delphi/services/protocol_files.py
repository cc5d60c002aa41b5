"""Protocols as files to start from: everything that can be chosen, without the people whom it names."""

import json
import re
from collections.abc import Mapping
from dataclasses import asdict, replace
from typing import Any

from delphi.canonical import canonical_json
from delphi.errors import InvalidError
from delphi.language import marked
from delphi.models import RoundStep
from delphi.services.background import parse_questions, written_questions
from delphi.services.disclosure import Policy
from delphi.services.protocol import LONGEST_LINE, SCALES, Choices, Criterion, Question, ScaleChoice, as_written

SCHEMA = "delphi-protocol/1"
LARGEST = 200_000  # bytes
MOST_SECTIONS, MOST_GROUPS = 500, 50
_KEY = re.compile(r"[a-z0-9][a-z0-9-]{0,59}")
_SECTION = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,99}")
_NOT_ONE = marked("{file} is no protocol that can be used: {reason}")
_PLAIN: Mapping[str, type] = {
    "quantile_type": int,
    "denominator": str,
    "show_panel": bool,
    "show_groups": bool,
    "show_comments": bool,
    "preselect_last": bool,
    "planned_rounds": int,
    "weeks": int,
    "stopping": str,
    "inviting": str,
    "withdrawal": str,
}


def protocol_file(choices: Choices) -> bytes:
    """Return the choices as a file that another study can start from; whom they name for safeguarding is left out."""
    content = {**as_written(choices), "safeguarding": None}
    return (canonical_json({"schema": SCHEMA, "protocol": content}) + "\n").encode()


def protocol_from(content: bytes, name: str, before: Choices) -> Choices:
    """Return what the file chooses, with the people of the protocol before; refuse a file that is none, in a sentence."""
    try:
        if len(content) > LARGEST:
            raise ValueError(marked("it is too large."))
        written = json.loads(content.decode("utf-8-sig"))
        if not isinstance(written, dict) or written.get("schema") != SCHEMA:
            raise ValueError(marked("it does not say that it is one. Export a protocol from a study, and use that file."))
        return _choices(_fields(written["protocol"]), before)
    except (InvalidError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise InvalidError(_NOT_ONE, file=name, reason=_reason(error)) from error


def taken_over(other: Choices, before: Choices) -> Choices:
    """Return the choices of another protocol with the people of this one."""
    return replace(other, safeguarding=before.safeguarding)


def _reason(error: Exception) -> object:
    is_sentence = isinstance(error, InvalidError) or (
        isinstance(error, ValueError) and not isinstance(error, json.JSONDecodeError)
    )
    return error if is_sentence and not isinstance(error, UnicodeDecodeError) else marked("it is damaged or incomplete.")


def _fields(written: object) -> Mapping[str, Any]:
    if not isinstance(written, dict) or written.keys() - asdict(Choices()).keys():
        raise TypeError("no protocol")
    return written


def _choices(written: Mapping[str, Any], before: Choices) -> Choices:
    for name, kind in _PLAIN.items():
        if type(written[name]) is not kind:
            raise TypeError(name)
    if written["denominator"] not in ("rated", "answered") or not isinstance(written["rule"], dict):
        raise TypeError("rule")
    return Choices(
        **{name: written[name] for name in _PLAIN},
        scale=_scale(written["scale"]),
        criteria=tuple(_criterion(one) for one in written["criteria"]),
        rule=written["rule"],
        policy=_policy(written["policy"]),
        questions=_questions(written["questions"]),
        sign_off=tuple(RoundStep(step) for step in written["sign_off"]),
        safeguarding=before.safeguarding,
        asked_of=_asked_of(written.get("asked_of", {})),
    )


def _scale(written: Mapping[str, Any]) -> ScaleChoice:
    known = SCALES[f"{written['low']}-{written['high']}"]
    anchors = written["anchors"]
    levels = set(map(str, known.levels))
    if written["zones"] != json.loads(json.dumps(known.zones)) or not anchors.keys() <= levels:
        raise TypeError("zones")
    return replace(known, anchors={level: _line(words) for level, words in anchors.items()})


def _criterion(written: Mapping[str, Any]) -> Criterion:
    if not _KEY.fullmatch(written["key"]):
        raise TypeError("key")
    return Criterion(written["key"], _line(written["label"]), _line(written["question"]))


def _questions(written: Any) -> tuple[Question, ...]:
    asked = [Question("", _line(one["text"]), tuple(_line(option) for option in one["options"])) for one in written]
    return parse_questions(written_questions(asked))  # as if somebody had typed them


def _asked_of(written: Any) -> dict[str, tuple[str, ...]]:
    if not isinstance(written, dict) or len(written) > MOST_SECTIONS or not all(map(_SECTION.fullmatch, written)):
        raise TypeError("asked_of")
    if not all(isinstance(groups, list) and len(groups) <= MOST_GROUPS for groups in written.values()):
        raise TypeError("asked_of")
    return {section: tuple(_line(group) for group in groups) for section, groups in written.items()}


def _policy(written: Mapping[str, Any]) -> Policy:
    if not all(type(n) is int for n in written.values()):
        raise TypeError("policy")
    return Policy(**written)


def _line(text: Any) -> str:
    if not isinstance(text, str) or not text.strip() or len(text) > LONGEST_LINE or not text.isprintable():
        raise TypeError("text")
    return text
