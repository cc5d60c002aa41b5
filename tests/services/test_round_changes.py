"""What may change while a round is open: a later deadline, a faulty item pulled, and the close by itself."""

from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from delphi.errors import ConflictError, InvalidError, NotFoundError
from delphi.models import Ballot, MailKind, OutboxMail, Round, RoundStatus, Study
from delphi.reports import exporting
from delphi.services import answering, auditing, results, round_changes, rounds
from delphi.services.ballots import questionnaire_of
from delphi.services.outbox import queue_reminders
from delphi.services.progress import set_targets
from delphi.services.schedule import act_on_schedule
from delphi.services.studies import rounds_of
from tests import cast

DAY, MINUTE = timedelta(days=1), timedelta(minutes=1)
TEAM = {"actor": "researcher 1", "now": cast.NOW}
WHY = "Several of you were on leave."


def actions(session: Session, study: Study) -> list[tuple[str, str]]:
    return [(entry.action, entry.actor) for entry in auditing.entries(session, study)]


def complete(session: Session, round_: Round, n: int) -> None:
    for i in range(1, n + 1):
        cast.rate(session, round_, f"carers-{i}@example.org", dict.fromkeys(cast.ITEMS, 8))


def test_a_deadline_is_put_off_on_record_with_the_reason(session: Session, study: Study, round_: Round) -> None:
    first = round_.deadline
    for later in (first + DAY, first + 3 * DAY):
        round_changes.extend_deadline(session, study, round_, later, WHY, **TEAM)

    assert round_.deadline == first + 3 * DAY
    assert [(one.earlier, one.later, one.reason) for one in round_changes.extensions_of(session, round_)] == [
        (first, first + DAY, WHY),
        (first + DAY, first + 3 * DAY, WHY),
    ]
    assert actions(session, study).count(("deadline extended", "researcher 1")) == 2
    assert auditing.first_fault(session, study) is None
    assert round_.accepts_answers(first + 6 * DAY)


def test_a_deadline_is_put_off_even_within_its_grace(session: Session, study: Study, round_: Round) -> None:
    now = round_.deadline + 2 * DAY

    round_changes.extend_deadline(session, study, round_, now + DAY, WHY, actor="researcher 1", now=now)

    assert round_.accepts_answers(now + 3 * DAY)


@pytest.mark.parametrize("days", [0, -1, 40_000])
def test_a_deadline_only_moves_to_a_later_day_of_this_century(session: Session, study: Study, round_: Round, days: int) -> None:
    with pytest.raises(InvalidError):
        round_changes.extend_deadline(session, study, round_, round_.deadline + days * DAY, WHY, **TEAM)


def test_a_later_deadline_that_has_passed_too_is_refused(session: Session, study: Study, round_: Round) -> None:
    now = round_.deadline + 3 * DAY
    with pytest.raises(InvalidError, match="passed already"):
        round_changes.extend_deadline(session, study, round_, now - DAY, WHY, actor="researcher 1", now=now)


def test_without_a_reason_nothing_changes(session: Session, study: Study, round_: Round) -> None:
    with pytest.raises(InvalidError, match="new deadline"):
        round_changes.extend_deadline(session, study, round_, round_.deadline + DAY, " . ", **TEAM)
    with pytest.raises(InvalidError, match="beside the item"):
        round_changes.pull_item(session, study, round_, "pace", "", **TEAM)


def test_nothing_of_a_closed_round_changes(session: Session, study: Study, round_: Round) -> None:
    rounds.close_round(session, study, round_, **TEAM)

    with pytest.raises(ConflictError, match="closed"):
        round_changes.extend_deadline(session, study, round_, round_.deadline + DAY, WHY, **TEAM)
    with pytest.raises(ConflictError, match="closed"):
        round_changes.pull_item(session, study, round_, "pace", WHY, **TEAM)
    with pytest.raises(ConflictError, match="closed"):
        round_changes.plan_close(session, study, round_, 3, **TEAM)


def test_a_pulled_item_is_not_asked_its_answers_are_kept_and_do_not_count(session: Session, study: Study, round_: Round) -> None:
    complete(session, round_, 6)
    before = dict(session.execute(select(Ballot.panelist_id, Ballot.payload)).all())

    round_changes.pull_item(session, study, round_, "pace", WHY, **TEAM)

    ada = cast.member(session, round_, "carers-1@example.org")
    assert list(answering.sheet_of(session, ada, round_).asked) == [key for key in cast.ITEMS if key != "pace"]
    rounds.close_round(session, study, round_, **TEAM)
    assert dict(session.execute(select(Ballot.panelist_id, Ballot.payload)).all()) == before
    view = results.team_view(session, round_)
    assert [(item["item"], item["panel"]["n_rated"]) for item in view["items"]] == [
        (key, 6) for key in cast.ITEMS if key != "pace"
    ]
    assert [(row.item_version.item.key, row.pull_reason) for row in round_changes.pulled_from(session, round_)] == [("pace", WHY)]
    assert '"pulled":["pace"]' in results.result_of(session, round_).content


def test_the_figures_of_the_others_are_what_they_would_have_been(session: Session) -> None:
    found = []
    for slug in ("pulled", "whole"):
        study = cast.begin_study(session, slug=slug, title=slug)
        cast.add_panel(session, study, {"Carers": 12})
        round_ = cast.open_round(session, study)
        for n in range(1, 13):
            levels = {key: 1 + (n + place) % 9 for place, key in enumerate(cast.ITEMS)}
            cast.rate(session, round_, f"carers-{n}@example.org", levels)
        if slug == "pulled":
            round_changes.pull_item(session, study, round_, "pace", WHY, **TEAM)
        rounds.close_round(session, study, round_, **TEAM)
        found.append({item["item"]: item for item in results.team_view(session, round_)["items"]})

    pulled, whole = found
    assert pulled == {key: item for key, item in whole.items() if key != "pace"}


def test_who_has_answered_all_the_others_has_completed(session: Session, study: Study, round_: Round) -> None:
    cast.rate(session, round_, "carers-1@example.org", {key: 8 for key in cast.ITEMS if key != "pace"})  # three of four: 75 %
    ballot = session.get_one(Ballot, (round_.id, cast.member(session, round_, "carers-1@example.org").panelist_id))
    assert not questionnaire_of(session, round_).is_complete(ballot.payload)

    round_changes.pull_item(session, study, round_, "pace", WHY, **TEAM)

    assert questionnaire_of(session, round_).is_complete(ballot.payload)
    assert queue_reminders(session, round_, now=cast.NOW, occasion="day 7") == 5


def test_an_answer_from_a_page_that_was_open_before_is_kept_and_does_not_count(
    session: Session, study: Study, round_: Round
) -> None:
    round_changes.pull_item(session, study, round_, "pace", WHY, **TEAM)
    cast.rate(session, round_, "carers-1@example.org", {"pace": 3, "step-back": 4})
    rounds.close_round(session, study, round_, **TEAM)

    assert {item["item"]: item["panel"]["n_rated"] for item in results.team_view(session, round_)["items"]}["step-back"] == 1
    (payload,) = session.scalars(select(Ballot.payload)).all()
    assert sorted(payload) == [0, 0, 3, 4]


def test_what_cannot_be_pulled_is_refused(session: Session, study: Study, round_: Round) -> None:
    with pytest.raises(NotFoundError, match="did not ask"):
        round_changes.pull_item(session, study, round_, "invented", WHY, **TEAM)
    for key in cast.ITEMS[:-1]:
        round_changes.pull_item(session, study, round_, key, WHY, **TEAM)
    with pytest.raises(ConflictError, match="pulled already"):
        round_changes.pull_item(session, study, round_, cast.ITEMS[0], WHY, **TEAM)
    with pytest.raises(ConflictError, match="the last item"):
        round_changes.pull_item(session, study, round_, cast.ITEMS[-1], WHY, **TEAM)


def test_the_next_round_asks_what_was_pulled_as_something_that_has_no_ratings(
    session: Session, study: Study, round_: Round
) -> None:
    complete(session, round_, 6)
    round_changes.pull_item(session, study, round_, "pace", WHY, **TEAM)
    cast.close_and_publish(session, study, round_)

    proposals = {one.version.item.key: one for one in rounds.proposed_items(session, study)}
    assert proposals["pace"].is_asked
    assert "was pulled" in proposals["pace"].why
    later = cast.open_round(session, study)
    asked = answering.sheet_of(session, cast.member(session, later, "carers-1@example.org"), later).asked
    assert (list(asked), asked["pace"].last) == (["pace"], None)


@pytest.mark.parametrize("kind", ["manual.html", "manual.md"])
def test_the_manual_is_made_without_figures_of_what_was_pulled(session: Session, study: Study, round_: Round, kind: str) -> None:
    complete(session, round_, 6)
    round_changes.pull_item(session, study, round_, "pace", WHY, **TEAM)
    cast.close_and_publish(session, study, round_)

    assert "goes at the pace of the person" in exporting.export(session, study, kind, now=cast.NOW).content.decode()


@pytest.mark.parametrize("days", [3, 7])
def test_a_round_closes_by_itself_after_its_grace(session: Session, study: Study, round_: Round, days: int) -> None:
    complete(session, round_, 5)
    round_changes.plan_close(session, study, round_, days, **TEAM)
    due = round_.deadline + days * DAY

    act_on_schedule(session, study, now=due)
    assert round_.status == RoundStatus.OPEN
    act_on_schedule(session, study, now=due + MINUTE)
    act_on_schedule(session, study, now=due + 2 * MINUTE)

    assert round_.status == RoundStatus.CLOSED
    assert results.team_view(session, round_)["participants"] == 5
    assert actions(session, study).count(("round closed", "schedule")) == 1


def test_without_a_plan_nothing_closes_by_itself(session: Session, study: Study, round_: Round) -> None:
    complete(session, round_, 6)

    act_on_schedule(session, study, now=round_.deadline + 100 * DAY)

    assert round_.status == RoundStatus.OPEN


def test_a_round_that_somebody_has_closed_is_left_as_it_is(session: Session, study: Study, round_: Round) -> None:
    complete(session, round_, 5)
    round_changes.plan_close(session, study, round_, 3, **TEAM)
    due = round_.deadline + 4 * DAY
    rounds.close_round(session, study, round_, actor="researcher 1", now=due)

    act_on_schedule(session, study, now=due)
    round_changes.close_on_schedule(session, study, round_, now=due)

    assert [actor for action, actor in actions(session, study) if action == "round closed"] == ["researcher 1"]


def test_where_a_group_falls_short_the_owner_is_asked_once_for_each_deadline(
    session: Session, study: Study, round_: Round
) -> None:
    complete(session, round_, 5)
    set_targets(session, study, {"Carers": 6}, **TEAM)
    round_changes.plan_close(session, study, round_, 3, **TEAM)
    due = round_.deadline + 4 * DAY
    for moment in (due, due + MINUTE):
        act_on_schedule(session, study, now=moment)
        session.flush()

    asked = select(OutboxMail).where(OutboxMail.kind == MailKind.CLOSE_BY_HAND)
    assert len(session.scalars(asked).all()) == 1
    assert (round_.status, round_changes.has_asked_owner(session, round_)) == (RoundStatus.OPEN, True)

    round_changes.extend_deadline(session, study, round_, due + 7 * DAY, WHY, actor="researcher 1", now=due)
    assert not round_changes.has_asked_owner(session, round_)
    act_on_schedule(session, study, now=due + 12 * DAY)
    session.flush()
    assert len(session.scalars(asked).all()) == 2
    rounds.close_round(session, study, round_, **TEAM)
    assert [one.status for one in rounds_of(session, study)] == [RoundStatus.CLOSED]


def test_a_round_closes_by_itself_in_no_other_number_of_days(session: Session, study: Study, round_: Round) -> None:
    with pytest.raises(InvalidError, match="closes by hand"):
        round_changes.plan_close(session, study, round_, 4, **TEAM)


def test_what_a_mail_says_of_a_later_deadline_holds_the_day_and_the_reason(session: Session, study: Study, round_: Round) -> None:
    extension = round_changes.extend_deadline(session, study, round_, round_.deadline + DAY, WHY, **TEAM)

    wording = round_changes.words_of(session, study, round_, extension)

    assert WHY in wording.body
    assert "31 March 2026" in wording.body
    assert "connections" not in wording.subject.lower()
