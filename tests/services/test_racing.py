"""Closing and saving at once on SQLite: the published number is the stored one, and nothing comes after."""

from sqlalchemy import select

from delphi.database import Database
from delphi.errors import ConflictError
from delphi.models import AuditEntry, Ballot, BallotChange, Comment, Round, RoundResult
from tests.services import racing, withdrawing

TRIALS = 30


def test_what_is_published_is_what_is_stored_and_no_rating_comes_after_the_close(database: Database) -> None:
    study_id, addresses = racing.prepare(database, 3)
    for trial in range(TRIALS):
        round_id = racing.open_another(database, study_id)

        race = racing.race(database, study_id, round_id, addresses, head_start=1 + trial % 5)

        racing.publish(database, study_id, round_id)
        assert race.published == race.stored
        assert race.changes == len(race.acknowledged)
        assert race.close_seconds < 5


def test_of_two_who_close_one_does_and_there_is_one_result(database: Database) -> None:
    study_id, _ = racing.prepare(database, 3)
    round_id = racing.open_another(database, study_id)

    outcomes = racing.close_twice(database, study_id, round_id)

    assert sorted(type(outcome) for outcome in outcomes if isinstance(outcome, ConflictError)) == [ConflictError]
    assert racing.count(database, RoundResult) == 1
    with database.reading() as session:
        closes = session.scalars(select(AuditEntry).where(AuditEntry.action == "round closed")).all()
    assert len(closes) == 1


def test_of_two_who_open_one_does(database: Database) -> None:
    study_id, _ = racing.prepare(database, 3)

    outcomes = racing.open_twice(database, study_id)

    assert sum(isinstance(outcome, ConflictError) for outcome in outcomes) == 1
    assert racing.count(database, Round) == 1


def test_an_impatient_finger_makes_one_ballot_one_change_and_one_comment(database: Database) -> None:
    study_id, addresses = racing.prepare(database, 3)
    round_id = racing.open_another(database, study_id)

    outcomes = racing.first_saves(database, round_id, addresses[0], 8)

    assert sorted(outcomes) == [0] * 7 + [2]  # type: ignore[type-var]
    assert [racing.count(database, table) for table in (Ballot, BallotChange, Comment)] == [1, 1, 1]


def test_a_close_waits_for_who_is_saving_and_counts_them(database: Database) -> None:
    study_id, addresses = racing.prepare(database, 3)
    round_id = racing.open_another(database, study_id)

    race = racing.close_during_a_save(database, study_id, round_id, addresses[0])

    assert (race.published, race.stored) == (1, 1)


def test_nothing_is_stored_of_whoever_withdraws_while_an_answer_is_on_the_way(database: Database) -> None:
    withdrawing.gone_while_saving(database)


def test_the_published_number_is_what_is_stored_and_what_was_erased_since(database: Database) -> None:
    withdrawing.gone_while_closing(database)
