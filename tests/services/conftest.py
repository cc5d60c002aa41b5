"""A study with six carers on its panel and its first round, for tests that need no other."""

import pytest
from sqlalchemy.orm import Session

from delphi.models import Recruitment, Round, RoundMember, Study
from tests import cast
from tests.services.joining import call_for_people


@pytest.fixture
def study(session: Session) -> Study:
    study = cast.begin_study(session)
    cast.add_panel(session, study, {"Carers": 6})
    return study


@pytest.fixture
def round_(session: Session, study: Study) -> Round:
    """Round 1 of the study, open."""
    return cast.open_round(session, study)


@pytest.fixture
def ada(session: Session, round_: Round) -> RoundMember:
    """Somebody who is asked in the round, and has answered nothing yet."""
    return cast.member(session, round_, "carers-1@example.org")


@pytest.fixture
def recruitment(session: Session, study: Study) -> Recruitment:
    """The study's link, by which carers can join."""
    return call_for_people(session, study)
