"""How far a round is: small groups hidden with their complement, counted once a day, and who is done for the custodian alone."""

from datetime import UTC, datetime, time, timedelta

import pytest
from sqlalchemy.orm import Session

from delphi.models import Round, Study
from delphi.services import mail_plan, rounds, taking_part
from delphi.services.progress import (
    Progress,
    completions,
    count_now,
    count_once_a_day,
    falls_short,
    progress_of,
    set_targets,
)
from delphi.services.schedule import act_on_schedule
from tests import cast
from tests.statements import statements

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
TEAM = {"actor": "researcher 1", "now": cast.NOW}


@pytest.fixture
def study(session: Session) -> Study:
    study = cast.begin_study(session)
    cast.add_panel(session, study, {"Carers": 6, "Academics": 7})
    return study


def complete(session: Session, round_: Round, *addresses: str) -> None:
    for address in addresses:
        cast.rate(session, round_, address, dict.fromkeys(cast.ITEMS, 7))


def figures(progress: Progress) -> tuple[int | None, int | None, list[int | None]]:
    return progress.started, progress.completed, [group.completed for group in progress.groups]


def test_counts_are_of_people_and_hide_small_groups_with_their_complement(session: Session) -> None:
    study = cast.begin_study(session)
    addresses = cast.add_panel(session, study, {"Carers": 4, "Academics": 6, "Practitioners": 7})
    round_ = cast.open_round(session, study)
    complete(session, round_, addresses[0], addresses[-1])
    cast.rate(session, round_, addresses[4], {"pace": 7})
    count_now(session, round_, now=cast.NOW)

    progress = progress_of(session, round_)

    assert progress.invited == 17
    assert figures(progress) == (3, 2, [None, None, 1])


def test_a_panel_that_is_itself_too_small_has_no_count(session: Session) -> None:
    study = cast.begin_study(session)
    (address, *_) = cast.add_panel(session, study, {"Carers": 4})
    round_ = cast.open_round(session, study)
    complete(session, round_, address)
    count_now(session, round_, now=cast.NOW)

    assert figures(progress_of(session, round_)) == (None, None, [None])
    assert progress_of(session, round_).first_count is None  # it was counted, and is not told


def test_an_open_round_is_counted_once_a_day_and_in_between_nothing_moves(session: Session, study: Study, round_: Round) -> None:
    assert figures(progress_of(session, round_)) == (None, None, [None, None])
    assert progress_of(session, round_).first_count == datetime.combine(cast.NOW + DAY, time(), UTC)
    assert not count_once_a_day(session, round_, now=cast.NOW + HOUR)  # the day on which it opened

    complete(session, round_, "carers-1@example.org")
    act_on_schedule(session, study, now=cast.NOW + DAY)
    first = progress_of(session, round_)
    complete(session, round_, "carers-2@example.org")
    act_on_schedule(session, study, now=cast.NOW + DAY + HOUR)
    assert progress_of(session, round_) == first
    act_on_schedule(session, study, now=cast.NOW + 2 * DAY)

    assert figures(first) == (1, 1, [1, 0])
    assert first.counted_at == cast.NOW + DAY
    assert figures(progress_of(session, round_)) == (2, 2, [2, 0])


def test_a_day_is_one_where_the_panel_lives(session: Session, study: Study, round_: Round) -> None:
    plan = mail_plan.Plan(time_zone="Asia/Tokyo")
    mail_plan.save_plan(session, study, plan, **TEAM)
    midnight = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)  # of 3 March in Tokyo

    assert not count_once_a_day(session, round_, now=midnight - timedelta(minutes=1))
    assert count_once_a_day(session, round_, now=midnight)


def test_a_closed_round_is_told_as_it_ended(session: Session, study: Study, round_: Round) -> None:
    complete(session, round_, "carers-1@example.org")
    rounds.close_round(session, study, round_, **TEAM)

    assert figures(progress_of(session, round_)) == (1, 1, [1, 0])


def test_only_custodians_are_told_who_has_completed_and_never_what(session: Session, round_: Round) -> None:
    complete(session, round_, "carers-2@example.org")
    taking_part.decline(session, cast.member(session, round_, "carers-3@example.org"), now=cast.NOW)

    people = completions(session, cast.keyring(), round_)

    assert [one.address for one in people if one.has_completed] == ["carers-2@example.org"]
    assert len(people) == 12
    assert set(vars(people[0])) == {"name", "address", "group", "has_completed"}


@pytest.mark.parametrize(
    ("targets", "completed", "short"),
    [
        ({}, {"carers": 5, "academics": 5}, False),  # as many as figures need
        ({}, {"carers": 5, "academics": 4}, True),
        ({"Carers": 2, "Academics": 3}, {"carers": 2, "academics": 3}, False),
        ({"Carers": 3, "Academics": 3}, {"carers": 2, "academics": 3}, True),
    ],
)
def test_a_group_falls_short_of_its_target(
    session: Session, study: Study, round_: Round, targets: dict[str, int | None], completed: dict[str, int], short: bool
) -> None:
    set_targets(session, study, targets, **TEAM)
    for group, n in completed.items():
        complete(session, round_, *[f"{group}-{i}@example.org" for i in range(1, n + 1)])

    assert falls_short(session, round_) is short


def test_a_hidden_group_does_not_decide_so_that_nothing_follows_about_it(session: Session) -> None:
    found = []
    for slug, n in (("none", 0), ("all", 3)):
        study = cast.begin_study(session, slug=slug, title=slug)
        cast.add_panel(session, study, {"Carers": 3, "Users": 5, "Academics": 7})
        round_ = cast.open_round(session, study)
        complete(session, round_, *[f"carers-{i}@example.org" for i in range(1, n + 1)])
        complete(session, round_, *[f"academics-{i}@example.org" for i in range(1, 8)])
        found.append(falls_short(session, round_))

    assert found == [False, False]


def test_a_count_costs_the_same_of_a_large_panel(session: Session) -> None:
    costs = []
    for slug, size in (("small", 10), ("large", 150)):
        study = cast.begin_study(session, slug=slug, title=slug)
        cast.add_panel(session, study, {"Carers": size})
        round_ = cast.open_round(session, study)
        session.flush()
        session.expire_all()  # what stands in the session already depends on whether the round was opened or copied
        with statements(session.get_bind().engine) as asked:
            count_now(session, round_, now=cast.NOW)
            progress_of(session, round_)
            completions(session, cast.keyring(), round_)
        costs.append(len(asked))

    assert costs[0] == costs[1]
