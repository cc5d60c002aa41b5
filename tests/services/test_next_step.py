"""The one thing to do next, at each stage of a study."""

from dataclasses import replace
from datetime import timedelta

import pytest

from delphi.models import Action, RoundStatus, Study
from delphi.services.decisions import Verdict, decide
from delphi.services.next_step import Standing, Step, next_step, standing_of
from delphi.services.progress import count_now
from delphi.services.protocol import choices_of, current_protocol, save_protocol
from tests import cast
from tests.web import stages

READY = Standing(n_panelists=12, is_protocol_checked=True)
OPEN = replace(READY, round=1, status=RoundStatus.OPEN, n_invited=12, n_completed=4)
PUBLISHED = replace(READY, round=1, status=RoundStatus.PUBLISHED, n_asked=5)


@pytest.mark.parametrize(
    ("standing", "step"),
    [
        (Standing(), Step.IMPORT_PANEL),
        (Standing(n_panelists=12), Step.CHECK_PROTOCOL),
        (READY, Step.OPEN_ROUND),
        (OPEN, Step.WAIT),
        (replace(OPEN, n_completed=12), Step.CLOSE_ROUND),
        (replace(OPEN, is_past_deadline=True), Step.CLOSE_ROUND),
        (replace(OPEN, status=RoundStatus.CLOSED), Step.PUBLISH),
        (replace(PUBLISHED, n_undecided=3), Step.DECIDE),
        (PUBLISHED, Step.OPEN_ROUND),
        (replace(PUBLISHED, n_asked=0), Step.FINISH),
        (replace(PUBLISHED, round=2), Step.FINISH),
        (replace(PUBLISHED, round=2, last_round=3), Step.OPEN_ROUND),
        (replace(PUBLISHED, round=2, last_round=3, is_stable=True), Step.FINISH),
        (replace(PUBLISHED, round=2, last_round=3, is_stable=True, n_undecided=1), Step.DECIDE),
        (replace(PUBLISHED, round=2, n_undecided=1), Step.DECIDE),
    ],
)
def test_the_next_step_follows_from_how_far_the_study_is(standing, step):
    assert next_step(standing) is step


def test_a_protocol_saved_as_proposed_counts_as_checked(session):
    study = stages.with_panel(session)
    assert next_step(standing_of(session, study, now=cast.NOW)) is Step.CHECK_PROTOCOL
    protocol = current_protocol(session, study)

    save_protocol(session, study, choices_of(protocol), version=protocol.version, actor="researcher 1", now=cast.NOW)

    assert next_step(standing_of(session, study, now=cast.NOW)) is Step.OPEN_ROUND


def test_an_open_round_that_everybody_has_completed_is_to_be_closed(session):
    opened = stages.round_open(session)
    study = session.get_one(Study, opened.study_id)
    assert standing_of(session, study, now=cast.NOW).n_completed is None
    count_now(session, opened, now=cast.NOW)

    standing = standing_of(session, study, now=cast.NOW)

    assert (standing.n_invited, standing.n_completed, standing.is_past_deadline) == (16, 16, False)
    assert next_step(standing) is Step.CLOSE_ROUND


def test_a_deadline_that_has_passed_is_noticed(session):
    opened = stages.round_open(session)

    standing = standing_of(session, session.get_one(Study, opened.study_id), now=opened.deadline + timedelta(minutes=1))

    assert standing.is_past_deadline


def test_what_is_unsettled_and_undecided_is_to_be_decided(session):
    # 10 of 16 (62.5 %) rate the first item 7–9, so it is not settled; the other three are
    published = stages.round_published(session)
    study = session.get_one(Study, published.study_id)

    standing = standing_of(session, study, now=cast.NOW)

    assert (standing.n_asked, standing.n_undecided) == (1, 1)
    assert next_step(standing) is Step.DECIDE


def test_a_reworded_item_is_asked_and_decided(session):
    published = stages.decided(session)
    study = session.get_one(Study, published.study_id)

    standing = standing_of(session, study, now=cast.NOW)

    assert (standing.n_asked, standing.n_undecided) == (1, 0)
    assert next_step(standing) is Step.OPEN_ROUND


@pytest.mark.parametrize(
    ("stopping", "verdict", "step"),
    [
        ("stable", Verdict(Action.RE_RATE, "Once more."), Step.FINISH),
        ("stable", Verdict(Action.REWORD, "Clearer.", {"pace": "The person sets the pace."}), Step.OPEN_ROUND),
        ("planned", Verdict(Action.RE_RATE, "Once more."), Step.OPEN_ROUND),
    ],
)
def test_where_the_protocol_says_so_stable_answers_end_it_before_the_planned_rounds(session, stopping, verdict, step):
    study = cast.begin_study(session)
    addresses = cast.add_panel(session, study, {"Carers": 6, "Practitioners": 14})
    cast.choose(session, study, stopping=stopping, planned_rounds=3)
    for number in (1, 2):
        round_ = cast.open_round(session, study)
        for address in addresses:
            pace = {"pace": 2 if address.startswith("carers") else 8}
            cast.rate(session, round_, address, pace if number == 2 else {**dict.fromkeys(cast.ITEMS, 8), **pace})
        cast.close_and_publish(session, study, round_)
        assert next_step(standing_of(session, study, now=cast.NOW)) is Step.DECIDE
        given = verdict if number == 2 else Verdict(Action.RE_RATE, "Not settled.")
        decide(session, study, round_, "pace", given, version=0, by=None, actor="researcher 1", now=cast.NOW)

    assert next_step(standing_of(session, study, now=cast.NOW)) is step
