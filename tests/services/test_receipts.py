"""The published list of receipts: as many as the frozen result counts people, and nothing about them."""

import pytest
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from delphi.errors import NotFoundError
from delphi.models import Ballot, BallotChange, Round, Study
from delphi.services import ratings, results, rounds
from delphi.services.receipts import find_receipts, is_listed
from tests import cast

SLUG = "connections"


@pytest.fixture
def closed(session: Session) -> Round:
    """A closed round: five rated, one was unable, one cleared it, one only finished, one only commented, three did nothing."""
    study = cast.begin_study(session)
    people = cast.add_panel(session, study, {"Carers": 6, "Academics": 6})
    round_ = cast.open_round(session, study)
    for address in people[:5]:
        cast.rate(session, round_, address, {"pace": 7})
    cast.rate(session, round_, people[5], {"pace": "unable"})
    cast.rate(session, round_, people[6], {"pace": 7})
    ratings.save(session, cast.member(session, round_, people[6]), {1: ratings.Answer("clear", "7")}, {}, now=cast.NOW)
    ratings.finish(session, cast.member(session, round_, people[7]), now=cast.NOW)
    cast.rate(session, round_, people[8], {}, {"pace": "Whose pace?"})
    return rounds.close_round(session, session.get_one(Study, round_.study_id), round_, actor="researcher 1", now=cast.NOW)


def test_as_many_are_listed_as_the_frozen_result_counts_people(session: Session, closed: Round) -> None:
    listed = find_receipts(session, SLUG, 1)

    stored = [ballot for ballot in session.scalars(select(Ballot)) if any(ballot.payload)]
    assert len(listed.receipts) == len(stored) == listed.n_participants == 6
    assert results.public_view(session, closed)["participants"] == 6
    assert set(listed.receipts) == {ballot.receipt for ballot in stored}
    assert listed.n_erased == 0


def test_the_list_is_in_the_order_of_the_alphabet(session: Session, closed: Round) -> None:
    listed = find_receipts(session, SLUG, 1).receipts

    assert list(listed) == sorted(listed)


def test_each_person_finds_out_whether_their_own_is_in_it(session: Session, closed: Round) -> None:
    listed = set(find_receipts(session, SLUG, 1).receipts)
    ballots = session.scalars(select(Ballot)).all()

    assert len(ballots) > len(listed)
    assert all(is_listed(closed, ballot) == (ballot.receipt in listed) for ballot in ballots)
    assert not is_listed(closed, None)


def test_a_ballot_that_vanishes_without_a_record_is_said_to_be_missing(session: Session, closed: Round) -> None:
    gone = next(ballot for ballot in session.scalars(select(Ballot)) if any(ballot.payload))
    session.execute(delete(BallotChange).where(BallotChange.panelist_id == gone.panelist_id))
    session.delete(gone)
    session.flush()

    listed = find_receipts(session, SLUG, 1)

    assert (len(listed.receipts), listed.n_erased, listed.n_missing, listed.n_participants) == (5, 0, 1, 6)
    assert gone.receipt not in listed.receipts


def test_an_open_round_has_no_list_and_is_refused_like_one_that_there_is_not(session: Session) -> None:
    study = cast.begin_study(session)
    cast.add_panel(session, study, {"Carers": 6})
    round_ = cast.open_round(session, study)
    cast.rate(session, round_, "carers-1@example.org", {"pace": 7})

    said = set()
    for slug, number in ((SLUG, 1), (SLUG, 2), (SLUG, 0), ("other", 1), ("\0", 1), (SLUG, 10**30)):
        with pytest.raises(NotFoundError) as refusal:
            find_receipts(session, slug, number)
        said.add(str(refusal.value))

    assert len(said) == 1
    assert not is_listed(round_, session.scalars(select(Ballot)).first())
