"""The safeguarding reader on the pages: what they see, what nobody else does, and how a writer is identified."""

import re
from collections.abc import Callable

from sqlalchemy import select

from delphi.database import Database
from delphi.models import AuditEntry, MailKind, OutboxMail, Panelist
from tests import cast
from tests.fields import PACE
from tests.web import stages
from tests.web.conftest import Visitor

HOME = stages.HOME
ADA = "carers-1@example.org"
NADIA, SOL = "nadia@example.org", "sol@example.org"
RISK = "My neighbour is being hurt at home."


def test_the_reader_sees_a_comment_of_an_open_round_and_nobody_else_does(
    database: Database, agreed: Visitor, office: Callable[[str], Visitor]
) -> None:
    agreed.post("/panel/sections/first-meeting", {"round": "1", PACE.comment: RISK, PACE.comment_seen: "0"})
    nadia, ruth, sol = (office(address) for address in (NADIA, cast.RUTH, SOL))

    page = nadia.get(f"{HOME}/safeguarding")

    assert RISK in page.text
    assert "Carers" not in page.text
    with database.reading() as session:
        people = session.execute(select(Panelist.id, Panelist.pseudonym)).all()
    assert not [word for person in people for word in map(str, person) if word in page.text]
    for browser in (ruth, sol):
        assert browser.get(f"{HOME}/safeguarding").status_code == 403
        assert "Texts to read" not in browser.get(f"{HOME}/care").text
        for address in ("", "rounds/1", "rounds/1/results", "care", "messages", "log", "background"):
            assert RISK not in browser.get(f"{HOME}/{address}").text


def test_what_the_reader_has_read_goes_and_comes_back_when_it_changes(agreed: Visitor, office: Callable[[str], Visitor]) -> None:
    agreed.post("/panel/sections/first-meeting", {"round": "1", PACE.comment: RISK, PACE.comment_seen: "0"})
    nadia = office(NADIA)
    ref = re.search(r'name="ref" value="([^"]+)"', nadia.get(f"{HOME}/safeguarding").text)
    assert ref

    assert nadia.post(f"{HOME}/safeguarding/read", {"ref": ref[1]}).status_code == 303

    assert RISK not in nadia.get(f"{HOME}/safeguarding").text
    assert RISK in nadia.get(f"{HOME}/safeguarding?show=read").text
    agreed.post("/panel/sections/first-meeting", {"round": "1", PACE.comment: f"{RISK} Now.", PACE.comment_seen: "1"})
    assert f"{RISK} Now." in nadia.get(f"{HOME}/safeguarding").text
    assert nadia.post(f"{HOME}/safeguarding/read").status_code == 422


def test_to_identify_takes_a_reason_shows_the_name_once_and_leaves_it_out_of_the_log(
    database: Database, agreed: Visitor, office: Callable[[str], Visitor]
) -> None:
    agreed.post("/panel/sections/first-meeting", {"round": "1", PACE.comment: RISK, PACE.comment_seen: "0"})
    nadia, ruth = office(NADIA), office(cast.RUTH)
    ref = re.search(r'name="ref" value="([^"]+)"', nadia.get(f"{HOME}/safeguarding").text)
    assert ref
    sent = {"ref": ref[1], "reason": "A child is at risk."}

    refused = nadia.post(f"{HOME}/safeguarding/identify", {**sent, "reason": " "})
    assert refused.status_code == 422
    assert "Say why you have to know" in refused.text
    assert ruth.post(f"{HOME}/safeguarding/identify", sent).status_code == 403
    shown = nadia.post(f"{HOME}/safeguarding/identify", sent)

    assert shown.status_code == 200
    assert "Carers Person 1" in shown.text
    assert ADA in shown.text
    assert "no-store" in shown.headers["Cache-Control"]
    assert ADA not in nadia.get(f"{HOME}/safeguarding").text
    log = ruth.get(f"{HOME}/log").text
    assert "A child is at risk." in log
    assert "Carers Person 1" not in log
    with database.reading() as session:
        entries = session.scalars(select(AuditEntry).where(AuditEntry.action == "writer identified")).all()
        mails = session.scalars(select(OutboxMail).where(OutboxMail.kind == MailKind.WRITER_IDENTIFIED)).all()
    assert (len(entries), len(mails)) == (1, 1)
    assert "Carers Person" not in entries[0].detail
