"""Starting from another protocol in the browser: that of another study of one's own, or a file."""

import io

import pytest

from delphi.models import Study
from delphi.services.protocol import choices_of, current_protocol
from tests import cast
from tests.web import stages

START = f"{stages.HOME}/protocol/start-from"


@pytest.fixture
def two_studies(database, ruth):
    """Ruth's study, another of hers with three rounds, and one of somebody else."""
    with database.transaction() as session:
        cast.begin_study(session)
        cast.choose(session, cast.begin_study(session, slug="earlier", title="Earlier"), planned_rounds=3, weeks=6)
    ruth.get(START)


def choices(database):
    with database.reading() as session:
        return choices_of(current_protocol(session, session.query(Study).filter_by(slug="connections").one()))


def test_the_choices_of_another_study_are_taken_over(database, ruth, two_studies):
    assert "Earlier" in ruth.get(START).text

    assert ruth.post(START, {"version": "1", "source": "earlier"}).status_code == 303

    assert (choices(database).planned_rounds, choices(database).weeks) == (3, 6)


def test_a_protocol_goes_by_file_from_one_study_to_another(database, ruth, two_studies):
    file = ruth.get("/office/studies/earlier/protocol.json")
    assert file.headers["Content-Disposition"] == 'attachment; filename="protocol-earlier.json"'

    sent = {"version": "1", "source": "file", "file": (io.BytesIO(file.get_data()), "protocol.json")}
    answer = ruth.post(START, sent, content_type="multipart/form-data")

    assert answer.status_code == 303
    assert choices(database).planned_rounds == 3


@pytest.mark.parametrize(
    ("fields", "status", "said"),
    [
        ({}, 422, "Choose what to start from."),
        ({"source": "invented"}, 422, "Choose one of the answers that are there."),
        ({"source": "connections"}, 422, "Choose one of the answers that are there."),
        ({"source": "file"}, 422, "Choose the file."),
        ({"source": "earlier", "version": "7"}, 409, "Somebody else has changed the protocol"),
    ],
)
def test_what_cannot_be_started_from_is_refused(database, ruth, two_studies, fields, status, said):
    page = ruth.post(START, {"version": "1", **fields})

    assert page.status_code == status
    assert said in page.text
    assert choices(database).planned_rounds == 2


def test_a_study_in_which_somebody_has_no_role_is_not_offered(database, ruth, visitor, two_studies):
    with database.transaction() as session:
        connections = session.query(Study).filter_by(slug="connections").one()
        stages.researcher_with(session, "fay@example.org", connections, "facilitator")
    fay = visitor()
    fay.get("/office/sign-in")
    fay.post("/office/sign-in", {"email": "fay@example.org", "password": cast.PASSWORD})

    assert "Earlier" not in fay.get(START).text
    assert fay.post(START, {"version": "1", "source": "earlier"}).status_code == 422
    assert choices(database).planned_rounds == 2


def test_a_sealed_protocol_takes_nothing_over(database, ruth):
    with database.transaction() as session:
        cast.begin_study(session, slug="earlier", title="Earlier")
        stages.round_open(session)
    ruth.get("/office/")

    assert ruth.post(START, {"version": "2", "source": "earlier"}).status_code == 409
