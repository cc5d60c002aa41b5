"""Closing, opening, saving and logging at once on PostgreSQL, whose readers do not wait for writers by themselves."""

from delphi.database import Database
from delphi.errors import ConflictError, FileError
from delphi.models import Action, AuditEntry, Ballot, BallotChange, Comment, Contact, Round, RoundResult, Study
from delphi.services import auditing, decisions
from delphi.services.decisions import Verdict
from tests import cast
from tests.services import racing

TRIALS = 25


def test_what_is_published_is_what_is_stored_and_no_rating_comes_after_the_close(database: Database) -> None:
    study_id, addresses = racing.prepare(database, 4)
    for trial in range(TRIALS):
        round_id = racing.open_another(database, study_id)

        race = racing.race(database, study_id, round_id, addresses, head_start=1 + trial % 9)

        racing.publish(database, study_id, round_id)
        assert race.published == race.stored
        assert race.changes == len(race.acknowledged)
        assert race.close_seconds < 5


def test_of_two_who_close_one_does_and_there_is_one_result(database: Database) -> None:
    study_id, _ = racing.prepare(database, 3)
    round_id = racing.open_another(database, study_id)

    outcomes = racing.close_twice(database, study_id, round_id)

    assert sum(isinstance(outcome, ConflictError) for outcome in outcomes) == 1
    assert racing.count(database, RoundResult) == 1


def test_of_two_who_open_one_does(database: Database) -> None:
    for _ in range(3):
        study_id, _addresses = _prepare_another(database)

        outcomes = racing.open_twice(database, study_id)

        assert sum(isinstance(outcome, ConflictError) for outcome in outcomes) == 1
    assert racing.count(database, Round) == 3


def test_an_impatient_finger_makes_one_ballot_one_change_and_one_comment(database: Database) -> None:
    study_id, addresses = racing.prepare(database, 3)
    round_id = racing.open_another(database, study_id)

    outcomes = racing.first_saves(database, round_id, addresses[0], 8)

    assert sorted(outcomes) == [0] * 7 + [2]  # type: ignore[type-var]
    assert [racing.count(database, table) for table in (Ballot, BallotChange, Comment)] == [1, 1, 1]


def test_several_who_write_the_log_at_once_make_one_chain(database: Database) -> None:
    study_id, _ = racing.prepare(database, 3)
    before = racing.count(database, AuditEntry)

    fault = racing.write_entries(database, study_id, n_writers=4, n_each=8)

    assert fault is None
    assert racing.count(database, AuditEntry) == before + 32


def test_of_two_who_decide_on_an_item_first_one_does(database: Database) -> None:
    study_id, _ = racing.prepare(database, 3)
    round_id = racing.open_another(database, study_id)
    racing.close_twice(database, study_id, round_id)

    def decide(n: int) -> int:
        with database.transaction() as session:
            study, round_ = session.get_one(Study, study_id), session.get_one(Round, round_id)
            verdict = Verdict(Action.REWORD, f"Reason number {n}.", {"pace": f"Wording number {n}."})
            return decisions.decide(
                session, study, round_, "pace", verdict, version=0, by=None, actor="researcher 1", now=cast.NOW
            ).id

    outcomes = racing.at_once(decide, 4)

    assert sum(isinstance(outcome, ConflictError) for outcome in outcomes) == 3


def test_of_two_who_import_the_same_people_one_does(database: Database) -> None:
    study_id, _ = racing.prepare(database, 3)

    def add(_n: int) -> int:
        with database.transaction() as session:
            return len(cast.add_panel(session, session.get_one(Study, study_id), {"Academics": 5}))

    outcomes = racing.at_once(add, 2)

    assert [outcome for outcome in outcomes if not isinstance(outcome, FileError)] == [5]
    assert racing.count(database, Contact) == 8


def _prepare_another(database: Database) -> tuple[int, list[str]]:
    with database.transaction() as session:
        study = cast.begin_study(session, slug=f"study-{racing.count(database, Study)}")
        addresses = cast.add_panel(session, study, {"Carers": 3})
        assert auditing.first_fault(session, study) is None
        return study.id, addresses


def test_a_close_waits_for_who_is_saving_and_counts_them(database: Database) -> None:
    study_id, addresses = racing.prepare(database, 3)
    round_id = racing.open_another(database, study_id)

    race = racing.close_during_a_save(database, study_id, round_id, addresses[0])

    assert (race.published, race.stored) == (1, 1)
