"""Invented answers: within the scale, the same for the same seed, and for everybody but one of each group."""

import numpy as np
import pytest

from delphi.models import Ballot, CommentVersion, Study
from delphi.services.ballots import n_answered, ratings_of
from delphi.services.simulating import fill_in, left_to_try
from tests import cast

SIZES = {"Carers": 9, "Practitioners": 30}


@pytest.fixture
def opened(session):
    study = cast.begin_study(session)
    cast.add_panel(session, study, SIZES)
    return cast.open_round(session, study)


def test_most_people_answer_within_the_scale_and_one_of_each_group_is_left(session, opened):
    kept = {member.panelist_id for member in left_to_try(session, opened)}
    assert len(kept) == len(SIZES)

    n = fill_in(session, cast.keyring(), opened, seed=1, now=cast.NOW)

    ballots = session.query(Ballot).all()
    assert len(ballots) == n
    assert 25 <= n <= 37
    assert not kept & {ballot.panelist_id for ballot in ballots}
    assert {int(byte) for byte in np.unique(ratings_of(session, opened).matrix)} <= {0, *range(1, 10), 255}
    assert sum(n_answered(ballot.payload) for ballot in ballots) > 0.8 * n * len(cast.ITEMS)
    comments = {text.text for text in session.query(CommentVersion)}
    assert "An invented comment on “The worker goes at the pace …”." in comments
    assert all("invented comment on “The " in comment for comment in comments)


def test_who_has_begun_is_left_alone(session, opened):
    cast.rate(session, opened, "carers-1@example.org", {cast.ITEMS[0]: 1})
    before = session.get_one(Ballot, (opened.id, cast.member(session, opened, "carers-1@example.org").panelist_id)).payload

    fill_in(session, cast.keyring(), opened, seed=1, now=cast.NOW)

    assert (
        session.get_one(Ballot, (opened.id, cast.member(session, opened, "carers-1@example.org").panelist_id)).payload == before
    )
    assert session.query(Study).count() == 1


def test_groups_and_items_differ(session, opened):
    fill_in(session, cast.keyring(), opened, seed=1, now=cast.NOW)

    ratings = ratings_of(session, opened)
    means = {round(float(column[(column > 0) & (column < 10)].mean()), 1) for column in ratings.matrix.T}
    assert len(means) > 2
