"""What the next round asks, changed by the team from what is proposed."""

import pytest
from sqlalchemy import select

from delphi.errors import ConflictError, InvalidError, NotFoundError
from delphi.models import PlannedItem, RoundStep, StepRequest, Study
from delphi.reports.evidence import publication_of
from delphi.reports.history import history_of
from delphi.services.auditing import page_of
from delphi.services.next_step import standing_of
from delphi.services.round_plan import back_to_proposed, change_plan, proposal_of, state_of
from delphi.services.rounds import planned_items, proposed_items
from delphi.services.undoing import undo_opening
from tests import cast
from tests.web import stages

FIRST, SETTLED = cast.ITEMS[0], "pace"
WHY = "It has been asked often enough."
WHO = {"actor": "researcher 1", "now": cast.NOW}


@pytest.fixture
def study(session):
    """Round 1 is published: the first item is open, all others are settled."""
    return session.get_one(Study, stages.round_published(session).study_id)


def change(session, study, key, *, is_asked, reason=WHY):
    seen = state_of(proposal_of(session, study, key))
    change_plan(session, study, key, is_asked=is_asked, reason=reason, seen=seen, **WHO)


def asked(session, study):
    return [one.version.item.key for one in proposed_items(session, study) if one.is_asked]


def test_an_item_is_left_out_and_another_asked_once_more(session, study):
    assert asked(session, study) == [FIRST]

    change(session, study, FIRST, is_asked=False)
    change(session, study, SETTLED, is_asked=True, reason="Somebody new has joined.")

    assert asked(session, study) == [SETTLED]
    left = proposal_of(session, study, FIRST)
    assert (left.changed, left.why) == (WHY, "There is no consensus on it yet.")
    round_ = cast.open_round(session, study)
    assert [place.item_version.item.key for place in round_.items] == [SETTLED]
    kept = {one.item.key: (one.is_asked, one.reason) for one in planned_items(session, study, 2)}
    assert kept == {FIRST: (False, WHY), SETTLED: (True, "Somebody new has joined.")}


def test_the_log_holds_each_change_with_its_reason(session, study):
    change(session, study, FIRST, is_asked=False)
    back_to_proposed(session, study, FIRST, seen=state_of(proposal_of(session, study, FIRST)), **WHO)

    page = page_of(session, study, 1)
    changes = [entry for entry in page.entries if entry.action == "round plan changed"]
    assert ['"to":"as proposed"' in entry.detail for entry in changes] == [True, False]
    assert page.texts[changes[1].id]["reason"] == WHY
    assert asked(session, study) == [FIRST]
    assert session.scalars(select(PlannedItem)).all() == []


@pytest.mark.parametrize("reason", ["", "No."])
def test_without_a_reason_nothing_is_changed(session, study, reason):
    with pytest.raises(InvalidError, match="reason in a sentence"):
        change(session, study, FIRST, is_asked=False, reason=reason)

    assert asked(session, study) == [FIRST]


def test_what_somebody_else_has_changed_is_not_overwritten(session, study):
    seen = state_of(proposal_of(session, study, FIRST))
    change(session, study, FIRST, is_asked=False)

    with pytest.raises(ConflictError, match="meanwhile"):
        change_plan(session, study, FIRST, is_asked=False, reason="Another reason.", seen=seen, **WHO)
    with pytest.raises(ConflictError, match="meanwhile"):
        back_to_proposed(session, study, FIRST, seen=seen, **WHO)

    assert proposal_of(session, study, FIRST).changed == WHY


def test_what_is_proposed_already_is_no_change(session, study):
    with pytest.raises(ConflictError, match="does that already"):
        change(session, study, FIRST, is_asked=True)
    with pytest.raises(ConflictError, match="proposed already"):
        back_to_proposed(session, study, FIRST, seen=state_of(proposal_of(session, study, FIRST)), **WHO)
    with pytest.raises(NotFoundError, match="no item called invented"):
        change(session, study, "invented", is_asked=True)


def test_what_follows_from_the_record_meanwhile_is_no_change_any_more(session, study):
    change(session, study, SETTLED, is_asked=True)
    verdict = stages.Verdict(stages.Action.RE_RATE, "The team wants to know it better.")
    first = cast.rounds.rounds_of(session, study)[0]
    stages.decide(session, study, first, SETTLED, verdict, version=0, by=None, **WHO)

    assert proposal_of(session, study, SETTLED).changed == ""
    cast.open_round(session, study)
    assert planned_items(session, study, 2) == []


def test_while_a_second_person_is_asked_for_their_word_the_plan_stands(session, study):
    session.add(
        StepRequest(study_id=study.id, step=RoundStep.OPEN, round_number=2, asked_by=cast.ruth(session).id, asked_at=cast.NOW)
    )
    session.flush()

    with pytest.raises(ConflictError, match="Take the request back first"):
        change(session, study, FIRST, is_asked=False)


def test_while_a_round_is_open_what_it_asks_stands(session, study):
    change(session, study, FIRST, is_asked=False)
    change(session, study, SETTLED, is_asked=True)
    cast.open_round(session, study)

    with pytest.raises(ConflictError, match="Round 2 is open"):
        change(session, study, "step-back", is_asked=True)


def test_a_change_settles_the_item_as_a_decision_would(session, study):
    assert standing_of(session, study, now=cast.NOW).n_undecided == 1

    change(session, study, SETTLED, is_asked=True)
    assert standing_of(session, study, now=cast.NOW).n_undecided == 1
    change(session, study, FIRST, is_asked=False)
    assert standing_of(session, study, now=cast.NOW).n_undecided == 0


def test_an_opening_taken_back_leaves_the_plan_as_it_was(session, study):
    change(session, study, SETTLED, is_asked=True)
    round_ = cast.open_round(session, study)

    undo_opening(session, study, round_, "Too early.", **WHO)

    assert asked(session, study) == [FIRST, SETTLED]


def test_the_report_says_of_an_item_that_it_was_left_out_and_why(session, study):
    change(session, study, FIRST, is_asked=False)
    change(session, study, SETTLED, is_asked=True)
    round_ = cast.open_round(session, study)
    before = {one.key: one.findings for one in publication_of(history_of(session, study)).evidence}
    cast.close_and_publish(session, study, round_)

    after = {one.key: one.findings for one in publication_of(history_of(session, study)).evidence}

    assert not any("left it out" in finding for finding in before[FIRST])
    assert f"Round 2 left it out, although it was to be asked: {WHY}" in after[FIRST]
    assert f"Round 2 asked it once more, although it was to rest: {WHY}" in after[SETTLED]
    assert not any("although" in finding for finding in after["step-back"])
