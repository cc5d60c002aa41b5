"""Ballots: their history adds up to them, and completing one follows from its bytes."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from delphi.database import Database
from delphi.models import BallotChange, Round
from delphi.services import ratings
from delphi.services.ballots import folded, is_complete, ratings_of
from delphi.services.ratings import Answer
from tests import cast

values = st.sampled_from([*map(str, range(1, 10)), "unable", "clear"])
forms = st.dictionaries(st.integers(0, 3), st.builds(Answer, values, st.just("") | values), max_size=4)


@pytest.fixture
def opened(database: Database) -> int:
    with database.transaction() as session:
        study = cast.begin_study(session)
        cast.add_panel(session, study, {"Carers": 6})
        return cast.open_round(session, study).id


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(forms, max_size=12))
def test_whatever_forms_come_a_ballot_is_the_fold_of_its_history(
    database: Database, opened: int, sent: list[dict[int, Answer]]
) -> None:
    with database.writing() as session:  # never committed, so that each example starts anew
        ada = cast.member(session, session.get_one(Round, opened), "carers-1@example.org")

        n_changed = [ratings.save(session, ada, form, {}, now=cast.NOW).n_changed for form in sent]

        ballot = ratings.ballot_of(session, ada)
        changes = list(session.scalars(select(BallotChange)))
        assert (ballot.payload if ballot else bytes(4)) == folded(bytes(4), changes)
        assert sorted(change.revision for change in changes) == list(range(1, len(changes) + 1))
        assert len(changes) == sum(1 for n in n_changed if n)
        assert (ballot.revision if ballot else 0) == len(changes)


@pytest.mark.parametrize(
    ("payload", "complete"),
    [
        (bytes([7, 7, 7, 7, 0]), True),  # four of five are 80 %
        (bytes([7, 7, 7, 0, 0]), False),
        (bytes([255, 255, 255, 255, 0]), True),
        (bytes([7, 7, 7, 7, 0, 254, 254]), True),  # what was not asked does not count
        (bytes([254, 254]), False),
        (b"", False),
    ],
)
def test_completed_is_four_fifths_of_what_was_asked(payload: bytes, complete: bool) -> None:
    assert is_complete(payload) is complete


def test_a_round_that_nobody_answered_has_a_matrix_without_rows(database: Database, opened: int) -> None:
    with database.reading() as session:
        found = ratings_of(session, session.get_one(Round, opened))

    assert found.matrix.shape == (0, 4)
    assert found.items == cast.ITEMS
