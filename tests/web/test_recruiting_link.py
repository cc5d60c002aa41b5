"""The link of open recruitment is replaced in the office, and a custodian learns that somebody waits."""

from collections.abc import Callable

import pytest
from sqlalchemy import select

from delphi.database import Database
from delphi.models import Applicant, Recruitment, Study
from delphi.services import joining, recruiting
from delphi.services.joining import Request
from delphi.services.recruiting import Call
from tests import cast
from tests.web import stages
from tests.web.conftest import Visitor

RECRUITING = f"{stages.HOME}/panel/recruiting"
WAITS = "1 person has asked to join and waits for your answer"


@pytest.fixture(autouse=True)
def join(database: Database) -> str:
    """The study's link, which is open; round 1 has not begun."""
    with database.transaction() as session:
        study, call = stages.with_panel(session), Call("We look for carers.", is_open=True)
        made = recruiting.save_recruitment(session, study, call, version=0, actor="researcher 1", now=cast.NOW)
        return f"/join/{made.key}"


def test_a_new_link_is_made_and_the_old_one_leads_nowhere(
    database: Database, ruth: Visitor, visitor: Callable[[], Visitor], join: str
) -> None:
    assert join in ruth.get(RECRUITING).text
    assert ruth.post(f"{RECRUITING}/link").status_code == 303

    page = ruth.get(RECRUITING).text
    with database.reading() as session:
        key = session.scalars(select(Recruitment.key)).one()
    assert join not in page
    assert f"/join/{key}" in page
    assert visitor().get(join).status_code == 404
    assert visitor().get(f"/join/{key}").status_code == 200


def test_who_may_answer_sees_on_the_study_that_somebody_waits(database: Database, ruth: Visitor) -> None:
    with database.transaction() as session:
        recruitment, study = session.scalars(select(Recruitment)).one(), session.scalars(select(Study)).one()
        request = Request("Di Ng", "di@example.org", "Carers", ())
        assert joining.ask_to_join(session, cast.keyring(), recruitment, study, request, now=cast.NOW)
        number = session.scalars(select(Applicant.id)).one()
    assert WAITS not in ruth.get(f"{stages.HOME}/").text

    with database.transaction() as session:
        joining.confirm(session, cast.keyring(), cast.keyring().confirming_token(number), now=cast.NOW)

    assert WAITS in ruth.get(f"{stages.HOME}/").text
