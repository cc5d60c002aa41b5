"""Protocols as files: what was chosen comes back, people are left out, and what is no protocol is refused."""

import json
from dataclasses import replace

import pytest

from delphi.errors import InvalidError
from delphi.services.background import parse_questions
from delphi.services.protocol import CRITERIA, RESPONDENTS, SCALES, Choices, Safeguarding, own_criterion
from delphi.services.protocol_files import LARGEST, protocol_file, protocol_from, taken_over
from delphi.statistics.presets import PRESETS
from tests import assigned

CHOSEN = Choices(
    scale=replace(SCALES["1-7"], anchors={"1": "never", "3": "seldom", "7": "always"}),
    criteria=(CRITERIA["clarity"], own_criterion("Safety", "How safe is it?")),
    rule=PRESETS["percent-80"].written,
    inviting=RESPONDENTS,
    planned_rounds=3,
    questions=parse_questions("Where?\n- Here\n- There"),
    safeguarding=Safeguarding("a@example.org", "b@example.org"),
)
HERE = Choices(safeguarding=Safeguarding("c@example.org", "d@example.org"))


def test_what_was_chosen_comes_back_with_the_people_of_the_study_that_takes_it_over():
    file = protocol_file(CHOSEN)

    assert b"a@example.org" not in file
    assert protocol_from(file, "mine.json", HERE) == replace(CHOSEN, safeguarding=HERE.safeguarding)
    assert taken_over(CHOSEN, HERE) == replace(CHOSEN, safeguarding=HERE.safeguarding)


@pytest.mark.parametrize("name", list(SCALES))
def test_every_scale_can_be_carried_over(name):
    choices = Choices(scale=SCALES[name])

    assert protocol_from(protocol_file(choices), "mine.json", Choices()) == choices


def changed(**changes):
    content = json.loads(protocol_file(CHOSEN))
    content["protocol"] |= changes
    return json.dumps(content).encode()


def without(name):
    content = json.loads(protocol_file(CHOSEN))
    del content["protocol"][name]
    return json.dumps(content).encode()


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xff\xfe",
        b"[]",
        b"{}",
        b"[" * 100_000,
        b'{"schema": "delphi-protocol/1"}',
        b'{"schema": "delphi-protocol/1", "protocol": []}',
        b" " * (LARGEST + 1),
        without("rule"),
        without("weeks"),
        changed(invented=1),
        changed(weeks="4"),
        changed(weeks=27),
        changed(show_panel=1),
        changed(stopping="never"),
        changed(inviting="nobody"),
        changed(withdrawal="x"),
        changed(denominator="all"),
        changed(rule={"name": "x"}),
        changed(rule="70/15"),
        changed(rule=PRESETS["ram"].written),
        changed(criteria=[]),
        changed(criteria=[{"key": "../x", "label": "X", "question": "X?"}]),
        changed(criteria=[{"key": "x", "label": 7, "question": "X?"}]),
        changed(criteria=[{"key": "x", "label": "two\nlines", "question": "X?"}]),
        changed(scale={"low": 1, "high": 99, "zones": {}, "anchors": {}}),
        changed(scale={"low": 1, "high": 7, "zones": {"low": [1, 1], "middle": None, "high": [2, 7]}, "anchors": {}}),
        changed(policy={"least_group": 1, "least_own_group": 1, "least_levels": 1, "least_commenters": 1}),
        changed(policy={"least_group": True}),
        changed(policy={"invented": 5}),
        changed(questions=[{"key": "q", "text": "Where?", "options": ["Here"]}]),
        changed(questions="Where?"),
    ],
)
def test_what_is_no_protocol_is_refused_in_a_sentence(content):
    with pytest.raises(InvalidError, match=r"mine\.json is no protocol that can be used: "):
        protocol_from(content, "mine.json", HERE)


def test_a_protocol_file_carries_who_is_asked_what_and_one_without_it_asks_everybody() -> None:
    choices = Choices(asked_of=assigned.ASKED_OF)

    assert protocol_from(protocol_file(choices), "protocol.json", Choices()).asked_of == assigned.ASKED_OF
    assert protocol_from(protocol_file(Choices()), "protocol.json", choices).asked_of == {}


@pytest.mark.parametrize(
    "wrong", [["costs"], {"costs": "Users"}, {"costs": []}, {"a b": ["Users"]}, {"costs": [3]}, {"costs": [""]}]
)
def test_a_protocol_file_that_assigns_nonsense_is_refused(wrong: object) -> None:
    content = json.loads(protocol_file(Choices()))
    content["protocol"]["asked_of"] = wrong

    with pytest.raises(InvalidError, match=r"protocol\.json is no protocol that can be used"):
        protocol_from(json.dumps(content).encode(), "protocol.json", Choices())
