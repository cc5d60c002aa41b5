"""Messages to the team and where people can turn, on the pages of both sides."""

import re
from collections.abc import Callable

from sqlalchemy import select

from delphi.database import Database
from delphi.models import Conversation, MailKind, Message, OutboxMail, Panelist
from tests import cast
from tests.web import stages
from tests.web.conftest import Visitor

HOME = stages.HOME
ADA = "carers-1@example.org"
SOL = "sol@example.org"


def test_a_message_is_answered_without_a_name_on_either_side(
    database: Database, agreed: Visitor, office: Callable[[str], Visitor]
) -> None:
    assert agreed.post("/panel/contact", {"message": "May I answer twice?"}).status_code == 303
    ruth = office(cast.RUTH)
    listed = ruth.get(f"{HOME}/messages").text
    assert "May I answer twice?" in listed
    address = re.search(rf"{HOME}/messages/\d+", listed)
    assert address
    with database.reading() as session:
        pseudonyms = session.scalars(select(Panelist.pseudonym)).all()
    for page in (listed, ruth.get(address[0]).text):
        assert "Carers Person" not in page
        assert not [name for name in (*pseudonyms, ADA) if name in page]

    assert ruth.post(address[0], {"seen": "1", "text": "Once is enough."}).status_code == 303

    assert "Once is enough." in agreed.get("/panel/contact").text
    with database.reading() as session:
        assert session.scalars(select(OutboxMail.kind).where(OutboxMail.kind == MailKind.ANSWER)).all() == ["answer"]


def test_an_empty_message_and_a_late_answer_are_refused_and_kept(agreed: Visitor, office: Callable[[str], Visitor]) -> None:
    assert agreed.post("/panel/contact", {"message": " "}).status_code == 422
    agreed.post("/panel/contact", {"message": "One."})
    ruth = office(cast.RUTH)
    found = re.search(rf"{HOME}/messages/\d+", ruth.get(f"{HOME}/messages").text)
    assert found
    ruth.get(found[0])
    agreed.post("/panel/contact", {"message": "Two."})

    page = ruth.post(found[0], {"seen": "1", "text": "An answer to one."})

    assert page.status_code == 409
    assert "An answer to one." in page.text
    assert "Two." in page.text
    assert ruth.post(found[0], {"seen": "2", "text": ""}).status_code == 422


def test_the_database_holds_no_word_and_no_time_of_a_message(database: Database, agreed: Visitor) -> None:
    agreed.post("/panel/contact", {"message": "A very particular word: quokka."})

    with database.engine.connect() as connection:
        dump = "\n".join(connection.connection.driver_connection.iterdump())  # type: ignore[union-attr]
    assert "quokka" not in dump
    with database.reading() as session:
        message = session.scalars(select(Message)).one()
        assert message.sent_on.isoformat() == "2026-03-02"
        assert session.scalars(select(Conversation)).one().id > 2**20


def test_only_the_owner_changes_whom_people_can_turn_to(database: Database, office: Callable[[str], Visitor]) -> None:
    ruth, sol = office(cast.RUTH), office(SOL)
    version = re.search(r'name="version"[^>]*value="(\d+)"', ruth.get(f"{HOME}/care").text)
    assert version
    sent = {"version": version[1], "name": "Mira Okafor", "role": "", "phone": "116 123", "mail": "", "crisis": "Call 112."}

    assert sol.get(f"{HOME}/care").status_code == 200
    assert sol.post(f"{HOME}/care", sent).status_code == 403
    assert ruth.post(f"{HOME}/care", {**sent, "phone": ""}).status_code == 422
    assert ruth.post(f"{HOME}/care", sent).status_code == 303
    assert ruth.post(f"{HOME}/care", {**sent, "name": "Somebody else"}).status_code == 409

    assert "Mira Okafor" in sol.get(f"{HOME}/care").text


def test_the_protocol_takes_questions_and_a_reader_as_plain_lines(ruth: Visitor, database: Database) -> None:
    with database.transaction() as session:
        stages.with_reader(session)
    page = ruth.get(f"{HOME}/protocol").text
    assert f'value="{cast.RUTH}"' in page
    version = re.search(r'name="version"[^>]*value="(\d+)"', page)
    assert version
    sent: dict[str, object] = {
        "version": version[1], "scale": "1-9", "low": "not at all", "middle": "partly", "high": "very much",
        "criteria": "importance", "rule": "70/15", "planned_rounds": "2", "weeks": "4",
        "questions": "", "reader": "", "second": "",
    }  # fmt: skip

    for wrong in ({"questions": "Which?\n- One"}, {"reader": cast.RUTH}, {"reader": cast.RUTH, "second": "nobody@example.org"}):
        refused = ruth.post(f"{HOME}/protocol", {**sent, **wrong})
        assert refused.status_code == 422
    more = {"questions": "Which?\r\n- One\r\n- Two", "reader": stages.SOL, "second": cast.RUTH}
    assert ruth.post(f"{HOME}/protocol", {**sent, **more}).status_code == 303

    kept = ruth.get(f"{HOME}/protocol").text
    assert "Which?\n- One\n- Two" in kept
