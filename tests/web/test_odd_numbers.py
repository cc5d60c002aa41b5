"""Numbers that no page sends: refused in words, with a status that says so, however large they are."""

import pytest

from delphi.database import Database
from tests.web import stages
from tests.web.conftest import Visitor
from tests.web.test_office_routes import decided_file, study

__all__ = ["decided_file", "study"]

LONG = "9" * 5000
LARGE = "9" * 20
OWN_RULE = {"look": "1", "rule": "own", "percent": "75"}


@pytest.fixture
def database(settings, decided_file):
    (settings.data / "delphi.sqlite3").write_bytes(decided_file.read_bytes())
    database = Database(settings.database)
    yield database
    database.dispose()


@pytest.mark.parametrize(
    ("address", "data", "status"),
    [
        (f"codes/{stages.CODE}/merge", {"version": "1", "into": LONG}, 404),
        (f"codes/{stages.CODE}/merge", {"version": "1", "into": LARGE}, 404),
        ("panel/targets", {"target-Carers": f"0000001{LONG}"}, 422),
        ("panel/targets", {"target-Carers": f"0000001{LARGE}"}, 422),
        ("panel/payments", {"people": LARGE, "what": "paid"}, 404),
        ("rounds/1/comments/read", {"comments": LARGE}, 404),
        (f"second-word/{LARGE}/confirm", {}, 404),
        (f"second-word/{LARGE}/decline", {"reason": "No."}, 404),
        (f"second-word/{LONG}/take-back", {}, 404),
        (f"messages/{LARGE}", {"text": "Hello", "seen": "1"}, 404),
        ("protocol/amend", {**OWN_RULE, "most_iqr": "sNaN"}, 200),
        ("protocol/amend", {**OWN_RULE, "most_iqr": "Infinity"}, 200),
        ("protocol/amend", {**OWN_RULE, "whom": "nobody"}, 200),
    ],
)
def test_a_number_that_nothing_can_have_is_refused(ruth: Visitor, study: str, address: str, data: dict, status: int) -> None:
    ruth.get("/office/")

    assert ruth.post(f"{stages.HOME}/{address}", data).status_code == status


def test_an_address_with_a_number_beyond_all_rows_is_not_found(ruth: Visitor, study: str) -> None:
    for number in (LARGE, LONG):
        assert ruth.get(f"{stages.HOME}/rounds/{number}").status_code == 404
