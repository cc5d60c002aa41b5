"""The end of a round: what is missing, the receipt, the published list, and a copy of one's own answers."""

import io
import re
import subprocess
import sys
from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask
from pypdf import PdfReader
from sqlalchemy import select

from delphi import printing
from delphi.database import Database
from delphi.models import Ballot, Round, Study
from delphi.services import rounds
from delphi.services.withdrawal import withdraw
from tests import cast
from tests.fields import PACE
from tests.web.conftest import Visitor

ADA, BO = "carers-1@example.org", "carers-2@example.org"
SECTION = "/panel/sections/first-meeting"
LIST = "/receipts/connections/1"
Enter = Callable[[str], Visitor]


@pytest.fixture
def enter(visitor: Callable[[], Visitor], database: Database) -> Enter:
    """Return a way to come in to an open round of twelve, by address, with consent given."""
    with database.transaction() as session:
        study = cast.begin_study(session)
        cast.add_panel(session, study, {"Carers": 6, "Academics": 6})
        cast.open_round(session, study)

    def come_in(address: str) -> Visitor:
        with database.reading() as session:
            link = f"/p/{cast.token(session, session.scalars(select(Round)).one(), address)}"
        browser = visitor()
        browser.get(link)
        browser.post(link)
        browser.get("/panel/consent")
        browser.post("/panel/consent", {"agree": "y", "number": "1"})
        browser.get(SECTION)
        return browser

    return come_in


def close(database: Database) -> None:
    with database.transaction() as session:
        study, round_ = session.scalars(select(Study)).one(), session.scalars(select(Round)).one()
        rounds.close_round(session, study, round_, actor="researcher 1", now=cast.NOW)


def receipt_of(database: Database, address: str) -> str:
    with database.reading() as session:
        member = cast.member(session, session.scalars(select(Round)).one(), address)
        return session.get_one(Ballot, (member.round_id, member.panelist_id)).receipt


def test_the_review_says_what_is_missing_and_that_what_is_saved_counts(enter: Enter) -> None:
    ada = enter(ADA)
    ada.post(SECTION, {"round": "1", "rating-0": "9"})

    page = ada.get("/panel/review").text

    assert "Saved answers count even if you stop here; you can clear them." in page
    assert page.count('class="task"') == 3
    assert page.index(">Finish</button>") < page.index("Not answered yet") < page.index(f"{SECTION}#item-pace")
    assert re.findall(r"<h3>([^<]+)</h3>", page) == ["Meeting for the first time", "Going along"]
    assert f"{SECTION}#item-pace" in page
    assert "1 of 4 answered" in page


def test_after_finishing_answers_can_be_changed_until_the_round_closes(enter: Enter, database: Database) -> None:
    ada = enter(ADA)
    ada.post(SECTION, {"round": "1", "rating-0": "9"})
    assert ada.post("/panel/finish").headers["Location"] == "/panel/done"
    receipt = receipt_of(database, ADA)

    done, overview = ada.get("/panel/done").text, ada.get("/panel/").text
    ada.get(SECTION)
    changed = ada.post(SECTION, {"round": "1", "rating-0": "2", "seen-0": "9"})

    assert "until Monday 30 March 2026, 23:59 UTC, and until then you can change your answers" in done
    assert receipt in done
    assert "You have finished round 1" in overview
    assert receipt in overview
    assert "Go on with" not in overview
    assert "One section" not in overview
    assert changed.status_code == 303
    with database.reading() as session:
        ballot = session.scalars(select(Ballot)).one()
        assert (ballot.payload[0], ballot.is_finished, ballot.receipt) == (2, True, receipt)
    close(database)
    assert ada.post(SECTION, {"round": "1", "rating-0": "5", "seen-0": "2"}).status_code == 409
    assert ada.post("/panel/finish").status_code == 409


def test_when_the_round_has_closed_the_receipt_is_in_the_list_for_everybody(
    enter: Enter, database: Database, visitor: Callable[[], Visitor]
) -> None:
    ada, bo = enter(ADA), enter(BO)
    for one in (ada, bo):
        one.post(SECTION, {"round": "1", "rating-0": "9"})
    ada.post("/panel/finish")
    close(database)

    listed, text, done = visitor().get(LIST), visitor().get(f"{LIST}.txt"), ada.get("/panel/done").text

    mine = sorted([receipt_of(database, ADA), receipt_of(database, BO)])
    assert [one for one in mine if one in listed.text] == mine
    assert "2 people answered in this round." in listed.text
    assert text.mimetype == "text/plain"
    assert text.text.splitlines() == ["# participants: 2", "# erased at their owners' wish: 0", *mine]
    assert "your receipt stands in its list: your answers were counted" in done
    assert LIST in done


def test_who_finished_without_an_answer_is_told_that_their_receipt_is_not_listed(enter: Enter, database: Database) -> None:
    ada = enter(ADA)
    ada.post("/panel/finish")
    close(database)

    assert "stands in no list" in ada.get("/panel/done").text
    assert receipt_of(database, ADA) not in ada.get(LIST).text


def test_an_erased_ballot_is_said_to_be_erased(database: Database, visitor: Callable[[], Visitor]) -> None:
    with database.transaction() as session:
        study = cast.begin_study(session)
        cast.choose(session, study, withdrawal="erase")
        cast.add_panel(session, study, {"Carers": 6})
        round_ = cast.open_round(session, study)
        for address in (ADA, BO):
            cast.rate(session, round_, address, {"pace": 7})
        rounds.close_round(session, study, round_, actor="researcher 1", now=cast.NOW)
        withdraw(session, cast.keyring(), cast.member(session, round_, ADA).panelist, now=cast.NOW)

    page, text = visitor().get(LIST).text, visitor().get(f"{LIST}.txt").text

    assert "2 people answered in this round." in page
    assert "The answers of 1 of them were erased afterwards at their owner's wish" in page
    assert "does not add up" not in page
    assert text.splitlines() == ["# participants: 2", "# erased at their owners' wish: 1", receipt_of(database, BO)]


def test_a_ballot_that_vanished_is_said_to_be_missing(enter: Enter, database: Database) -> None:
    for address in (ADA, BO):
        enter(address).post(SECTION, {"round": "1", "rating-0": "9"})
    close(database)
    with database.transaction() as session:
        member = cast.member(session, session.scalars(select(Round)).one(), ADA)
        session.connection().exec_driver_sql("DELETE FROM ballot_changes WHERE panelist_id = ?", (member.panelist_id,))
        session.delete(session.get_one(Ballot, (member.round_id, member.panelist_id)))

    page = enter(BO).get(LIST).text

    assert "erased afterwards" not in page
    assert "1 receipt is missing, and nothing on record says why" in page


def test_no_list_is_answered_alike_whatever_the_reason(enter: Enter, visitor: Callable[[], Visitor]) -> None:
    enter(ADA).post(SECTION, {"round": "1", "rating-0": "9"})
    addresses = (LIST, "/receipts/connections/2", "/receipts/nothing/1", "/receipts/%00/1", f"/receipts/connections/{10**30}")

    answers = [visitor().get(address + ending) for address in addresses for ending in ("", ".txt")]

    assert {answer.status_code for answer in answers} == {404}
    assert {answer.text for answer in answers} == {answers[0].text}
    assert "There is no list of receipts here" in answers[0].text


def test_ones_own_answers_stand_on_one_page_and_nobody_elses(enter: Enter, visitor: Callable[[], Visitor]) -> None:
    ada, bo = enter(ADA), enter(BO)
    ada.post(SECTION, {"round": "1", "rating-0": "7", "rating-1": "unable", PACE.comment: "Whose pace?"})
    bo.post(SECTION, {"round": "1", "rating-0": "3", PACE.comment: "Mine is slow."})

    page = ada.get("/panel/my-answers")

    assert page.headers["Cache-Control"] == "no-store"
    for words in ("7, on the scale from 1 “not at all” to 9 “very much”", "Unable to rate", "Whose pace?", "Not answered"):
        assert words in page.text
    assert page.text.count("somewhere that the person has chosen") == 1
    assert "Mine is slow." not in page.text
    for address in ("/panel/my-answers", "/panel/my-answers.pdf"):
        assert visitor().get(address).status_code == 401


def test_before_the_first_answer_there_is_nothing_to_copy(enter: Enter) -> None:
    ada = enter(ADA)

    assert "You have not answered anything yet" in ada.get("/panel/my-answers").text
    assert ada.get("/panel/my-answers.pdf").headers["Location"] == "/panel/my-answers"


def test_the_same_as_a_document_that_tells_outside_nothing_of_the_study(enter: Enter) -> None:
    ada = enter(ADA)
    ada.post(SECTION, {"round": "1", "rating-0": "7", "rating-1": "unable", PACE.comment: "Whose pace? A\u0301da asks: ≥ 2 km."})
    enter(BO).post(SECTION, {"round": "1", PACE.comment: "Mine is slow."})

    answer = ada.get("/panel/my-answers.pdf")

    assert (answer.status_code, answer.mimetype) == (200, "application/pdf")
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Content-Disposition"] == 'attachment; filename="my-answers.pdf"'
    reader = PdfReader(io.BytesIO(answer.data))
    words = " ".join(" ".join(page.extract_text() for page in reader.pages).split())
    for statement in (
        "The first meeting takes place somewhere that the person has chosen.",
        "The worker goes at the pace of the person.",
        "The worker offers to go along for the first time.",
        "The worker steps back as soon as others know the person by name.",
        "7, on the scale from 1 “not at all” to 9 “very much”",
        "Unable to rate",
        "Whose pace?",
    ):
        assert words.count(statement) == 1, statement
    assert words.count("Not answered") == 2
    assert "Mine is slow" not in words
    assert reader.metadata is not None
    assert reader.metadata.title == "Your answers"
    assert "connections" not in str(dict(reader.metadata)).lower()
    assert reader.trailer["/Root"]["/MarkInfo"]["/Marked"]
    assert reader.xmp_metadata is not None
    assert "pdfuaid" in reader.trailer["/Root"]["/Metadata"].get_object().get_data().decode()


def test_a_document_that_cannot_be_made_is_refused_in_words(enter: Enter, monkeypatch: pytest.MonkeyPatch) -> None:
    ada = enter(ADA)
    ada.post(SECTION, {"round": "1", "rating-0": "7"})
    monkeypatch.setattr(printing, "LONGEST_PRINTING", 0.01)

    answer = ada.get("/panel/my-answers.pdf")

    assert answer.status_code == 503
    assert "The PDF could not be made just now" in answer.text


def test_a_document_is_whole_and_given_out_although_its_process_would_fail_at_an_orderly_end() -> None:
    fails = "import atexit, os, runpy; atexit.register(os._exit, 7); runpy.run_module('delphi.printing', run_name='__main__')"
    html = b"<html lang='en'><title>Answers</title><p>Mine"

    done = subprocess.run([sys.executable, "-c", fails, cast.NOW.isoformat()], input=html, capture_output=True, check=False)

    assert done.returncode == 0
    assert PdfReader(io.BytesIO(done.stdout)).pages[0].extract_text() == "Mine"


def test_who_waits_too_long_for_their_turn_is_told_so(enter: Enter, monkeypatch: pytest.MonkeyPatch) -> None:
    ada = enter(ADA)
    ada.post(SECTION, {"round": "1", "rating-0": "7"})
    monkeypatch.setattr(printing, "LONGEST_QUEUE", 0.01)
    with printing._turns, printing._turns:
        answer = ada.get("/panel/my-answers.pdf")

    assert answer.status_code == 503


def test_past_the_grace_the_done_page_promises_no_change(enter: Enter, app: Flask) -> None:
    ada = enter(ADA)
    ada.post(SECTION, {"round": "1", "rating-0": "7"})
    ada.post("/panel/finish")
    site = app.extensions["delphi"]
    object.__setattr__(site, "clock", lambda: cast.NOW + timedelta(weeks=5))

    done, review = ada.get("/panel/done").text, ada.get("/panel/review").text

    assert "The time for answers is over" in done
    assert "can change your answers" not in done
    assert "can no longer be changed" in review
