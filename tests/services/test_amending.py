"""Amending a sealed protocol: for the rounds to come, with a reason, and never what people answered under."""

import json
from dataclasses import replace

import pytest

from delphi.canonical import sha256
from delphi.errors import ConflictError, InvalidError
from delphi.models import Panelist, RoundMember, Standing, Study
from delphi.services.amending import FIXED, amend_protocol, amendments_for, amendments_of
from delphi.services.auditing import page_of
from delphi.services.background import parse_questions
from delphi.services.disclosure import Policy
from delphi.services.next_step import Step, next_step, standing_of
from delphi.services.panel import panelist_by_address
from delphi.services.protocol import (
    CRITERIA,
    DELETE,
    RESPONDENTS,
    SCALES,
    UNDECIDED,
    Choices,
    Safeguarding,
    choices_of,
    current_protocol,
)
from delphi.services.studies import find_round
from delphi.services.undoing import undo_opening
from delphi.statistics.presets import PRESETS
from tests import cast
from tests.web import stages

WHY = "Half of the items are new."


def amend(session, study, reason=WHY, number=None, **changes):
    current = current_protocol(session, study)
    choices = replace(choices_of(current), **changes)
    number = number or current.number
    return amend_protocol(session, study, choices, reason, number=number, actor="researcher 1", now=cast.NOW)


@pytest.fixture
def study(session):
    return session.get_one(Study, stages.round_published(session).study_id)


def test_an_amendment_is_sealed_beside_the_protocol_that_it_amends(session, study):
    before = current_protocol(session, study)
    content = before.content

    amended = amend(session, study, planned_rounds=4)

    assert (amended.number, amended.reason, amended.sealed_at) == (2, WHY, cast.NOW)
    assert amended.sha256 == sha256(amended.content)
    assert (before.content, choices_of(before).planned_rounds) == (content, 2)
    assert choices_of(current_protocol(session, study)).planned_rounds == 4


def test_only_rounds_that_open_later_are_held_under_it(session, study):
    first = find_round(session, study, 1)
    amend(session, study, rule=PRESETS["percent-80"].written)

    second = cast.open_round(session, study)

    assert choices_of(first.protocol).rule["name"] == "70/15"
    assert choices_of(second.protocol).rule["name"] == "percent-80"
    assert amendments_for(session, first) == []
    assert [one.number for one in amendments_for(session, second)] == [1]


def test_amending_while_a_round_is_open_leaves_that_round_alone(session):
    opened = stages.round_open(session)
    study = session.get_one(Study, opened.study_id)

    amend(session, study, show_groups=False)

    assert choices_of(opened.protocol).show_groups
    assert amendments_for(session, opened) == []


def test_several_amendments_between_two_rounds_are_all_told_of(session, study):
    amend(session, study, planned_rounds=4)
    amend(session, study, "And longer.", weeks=6)

    second = cast.open_round(session, study)

    assert [one.protocol.reason for one in amendments_for(session, second)] == [WHY, "And longer."]
    assert [(one.before.weeks, one.after.weeks) for one in amendments_of(session, study)] == [(4, 4), (4, 6)]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("scale", SCALES["1-7"]),
        ("criteria", (CRITERIA["clarity"],)),
        ("questions", parse_questions("Where?\n- Here\n- There")),
        ("policy", Policy(least_group=3)),
        ("withdrawal", DELETE),
    ],
)
def test_what_people_answered_under_stays(session, study, name, value):
    with pytest.raises(InvalidError, match=FIXED[name]):
        amend(session, study, **{name: value})

    assert current_protocol(session, study).number == 1


@pytest.mark.parametrize("reason", ["", "  \n", "x" * 4001])
def test_without_a_reason_of_a_sensible_length_nothing_is_amended(session, study, reason):
    with pytest.raises(InvalidError, match="why the protocol is changed"):
        amend(session, study, reason, planned_rounds=4)


def test_an_amendment_that_changes_nothing_is_refused(session, study):
    with pytest.raises(InvalidError, match="nothing to amend"):
        amend(session, study)


def test_a_protocol_that_is_not_sealed_is_not_amended(session):
    with pytest.raises(ConflictError, match="not sealed yet"):
        amend(session, cast.begin_study(session), planned_rounds=4)


def test_of_two_people_who_amend_the_same_protocol_the_second_is_refused(session, study):
    amend(session, study, planned_rounds=4)

    with pytest.raises(ConflictError, match="meanwhile"):
        amend(session, study, number=1, weeks=6)


def test_a_new_safeguarding_reader_has_to_be_of_the_study(session, study):
    with pytest.raises(InvalidError, match="no role in this study"):
        amend(session, study, safeguarding=Safeguarding("nobody@example.org", stages.SOL))


def test_the_log_says_what_was_changed_and_why(session, study):
    amend(session, study, planned_rounds=4, stopping=UNDECIDED)

    page = page_of(session, study, 1)
    newest = page.entries[0]
    assert (newest.action, json.loads(newest.detail)["changed"]) == ("protocol amended", ["planned_rounds", "stopping"])
    assert page.texts[newest.id] == {"reason": WHY}


def test_a_protocol_that_was_sealed_before_there_were_these_choices_reads_as_it_held(session, study):
    protocol = current_protocol(session, study)
    earlier = {name: value for name, value in json.loads(protocol.content).items() if name not in ("stopping", "inviting")}
    protocol.content = json.dumps(earlier)

    choices = choices_of(protocol)

    assert (choices.stopping, choices.inviting, choices.last_round) == (Choices().stopping, "all", 2)


def test_an_amendment_of_a_round_that_is_taken_back_becomes_part_of_the_protocol(session):
    study = stages.with_panel(session)
    opened = cast.open_round(session, study)
    amend(session, study, planned_rounds=4)

    undo_opening(session, study, opened, "The deadline was wrong.", actor="researcher 1", now=cast.NOW)

    current = current_protocol(session, study)
    assert (current.number, current.is_sealed, choices_of(current).planned_rounds) == (1, False, 4)
    assert amendments_of(session, study) == []


def answered_by_few(session, **choices):
    """Return a study whose round 1 only two carers and one practitioner answered; another has left since."""
    study = stages.with_panel(session)
    cast.choose(session, study, **choices)
    opened = cast.open_round(session, study)
    for address in ("carers-1@example.org", "carers-2@example.org", "practitioners-1@example.org"):
        cast.rate(session, opened, address, dict.fromkeys(cast.ITEMS, 5))
    cast.member(session, opened, "carers-2@example.org").panelist.standing = Standing.WITHDRAWN
    cast.close_and_publish(session, study, opened)
    cast.add_panel(session, study, {"Late": 2})
    return study


def invited(session, study):
    second = cast.open_round(session, study)
    return {
        address
        for address in (f"{group.lower()}-{n}@example.org" for group, n in people())
        if session.get(RoundMember, (second.id, panelist(session, address))) is not None
    }


def people():
    return [(group, n) for group, size in {**stages.SIZES, "Late": 2}.items() for n in range(1, size + 1)]


def panelist(session, address):
    found = panelist_by_address(session, cast.keyring(), session.query(Study).one(), address)
    assert isinstance(found, Panelist)
    return found.id


def test_as_a_rule_everybody_who_takes_part_is_invited_again(session):
    assert len(invited(session, answered_by_few(session))) == 17


def test_with_respondents_only_of_those_asked_before_only_who_answered_is_invited(session):
    study = answered_by_few(session, inviting=RESPONDENTS)

    assert invited(session, study) == {
        "carers-1@example.org",
        "practitioners-1@example.org",
        "late-1@example.org",
        "late-2@example.org",
    }


def test_without_a_stopping_rule_the_next_step_is_another_round_as_long_as_something_is_left(session):
    study = answered_by_few(session, planned_rounds=1)
    assert next_step(replace(standing_of(session, study, now=cast.NOW), n_undecided=0)) is Step.FINISH

    amend(session, study, stopping=UNDECIDED)

    assert next_step(replace(standing_of(session, study, now=cast.NOW), n_undecided=0)) is Step.OPEN_ROUND
