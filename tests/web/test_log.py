"""The page of the log: narrowed down by what it is about, who acted and which round, and given as a file."""

import ast
import csv
import io
import json
from pathlib import Path

import pytest

from delphi import services
from delphi.models import Study
from delphi.services import auditing
from delphi.services.audit_kinds import KINDS
from delphi.services.readiness import NO_MAIL
from delphi.web.office.words import UNWISE
from tests import cast
from tests.web import stages

LOG = f"{stages.HOME}/log"


@pytest.fixture
def study(database):
    with database.transaction() as session:
        first = stages.decided(session)
        study = session.get_one(Study, first.study_id)
        cast.close_and_publish(session, study, cast.open_round(session, study))
        auditing.record(session, study, "news sent", actor=auditing.COMMAND_LINE, now=cast.NOW, detail={"audience": "everybody"})
        texts = {"reason": "=1+1 was in a cell."}
        detail = {"section": "going-along", "draft": 2, "items": ["pace"]}
        auditing.record(session, study, "section edited", actor="researcher 1", now=cast.NOW, detail=detail, texts=texts)
        for n in range(10, 13):  # none of these is about round 1
            detail = {"round": n, "comments": 1}
            auditing.record(session, study, "comments read", actor="researcher 1", now=cast.NOW, detail=detail)


def rows(answer):
    return list(csv.DictReader(io.StringIO(answer.text)))


def entries(database):
    with database.reading() as session:
        return list(reversed(auditing.entries(session, session.query(Study).one())))


def test_the_file_holds_every_entry_in_words_with_its_fingerprint(database, study, ruth):
    answer = ruth.get(f"{LOG}.csv")

    assert answer.mimetype == "text/csv"
    assert [(row["number"], row["act"], row["hash"]) for row in rows(answer)] == [
        (str(entry.number), entry.action, entry.hash) for entry in entries(database)
    ]
    edited = next(row for row in rows(answer) if row["act"] == "section edited")
    assert edited["what"] == "edited section going-along of draft 2; worded anew: pace"
    assert (edited["who"], edited["at"], edited["reason"]) == (cast.RUTH, cast.NOW.isoformat(), "'=1+1 was in a cell.")


@pytest.mark.parametrize("kind", KINDS)
def test_a_kind_shows_the_acts_that_are_about_it(database, study, ruth, kind):
    expected = [str(entry.number) for entry in entries(database) if entry.action in KINDS[kind]]

    assert [row["number"] for row in rows(ruth.get(f"{LOG}.csv?kind={kind}"))] == expected
    page = ruth.get(f"{LOG}?kind={kind}").text
    assert page.count("<tr><td") == len(expected)
    assert ("There is no such entry." in page) is not bool(expected)
    assert f'log.csv?kind={kind}"' in page


@pytest.mark.parametrize("number", [1, 2])
def test_a_round_shows_what_is_about_it_and_of_no_other(database, study, ruth, number):
    expected = [str(entry.number) for entry in entries(database) if json.loads(entry.detail).get("round") == number]

    assert len(expected) >= 3
    assert [row["number"] for row in rows(ruth.get(f"{LOG}.csv?round={number}"))] == expected


def test_who_acted_and_a_round_narrow_down_together(database, study, ruth):
    by_command = rows(ruth.get(f"{LOG}.csv?actor=command+line"))
    assert [(row["act"], row["who"]) for row in by_command] == [("news sent", "command line")]

    both = rows(ruth.get(f"{LOG}.csv?actor=researcher+1&round=2&kind=rounds"))
    assert [row["act"] for row in both] == ["round published", "round closed", "round opened"]


def test_what_the_log_does_not_know_shows_everything(study, ruth):
    odd = ruth.get(f"{LOG}.csv?kind=__class__&actor=nobody&round=9'--")

    assert odd.text == ruth.get(f"{LOG}.csv").text
    assert ruth.get(f"{LOG}?kind=care&page=2").status_code == 404


def test_everything_that_the_check_calls_unwise_has_words_in_the_log():
    trees = [ast.parse(file.read_text(encoding="utf-8")) for file in Path(services.__file__).parent.glob("*.py")]
    made = [
        call
        for tree in trees
        for call in ast.walk(tree)
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id == "Finding"
    ]
    is_missing = [any(one.arg == "is_missing" and isinstance(one.value, ast.Constant) for one in call.keywords) for call in made]
    unwise = {ast.literal_eval(call.args[0]) for call, missing in zip(made, is_missing, strict=True) if not missing}

    assert len(unwise) > 15
    # Without a mail server is a fact of the installation, which the log of a study does not tell.
    assert unwise - {NO_MAIL.key} == UNWISE.keys()
