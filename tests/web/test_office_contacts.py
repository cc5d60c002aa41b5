"""A custodian's side of mail that does not arrive."""

import re
from html import unescape

import pytest
from sqlalchemy import select

from delphi.database import Database
from delphi.files.panel import PanelRow
from delphi.models import AuditEntry, Contact, OutboxMail, Round, Study
from delphi.services import links, outbox, taking_part
from delphi.services.panel import import_panel
from tests import cast
from tests.web import stages
from tests.web.conftest import Visitor
from tests.web.entering import ADA, round_, token

__all__ = ["round_"]
PANEL = f"{stages.HOME}/panel"
RIGHT = "ada.byron@example.org"


def disown(database: Database, round_: Round) -> None:
    with database.transaction() as session:
        taking_part.disown(session, cast.keyring(), cast.member(session, round_, ADA), now=cast.NOW)


def correct(ruth: Visitor, present: str = ADA, right: str = RIGHT):
    ruth.get(PANEL)
    return ruth.post(f"{PANEL}/address", {"present": present, "right": right})


def letters(database: Database) -> dict[str, str]:
    """Return what goes out now: kind by address."""
    with database.transaction() as session:
        return {one.address: one.kind for one in outbox.claim_next(session, cast.keyring(), now=cast.NOW)}


def test_a_custodian_sees_which_addresses_are_wrong(database: Database, ruth: Visitor, round_: Round) -> None:
    assert "belongs to somebody else" not in ruth.get(PANEL).text

    disown(database, round_)

    page = ruth.get(PANEL).text
    assert "1 address belongs to somebody else" in page
    assert f"Carers Person 1: {ADA}" in page
    assert "stopped: not theirs" in page


def test_each_row_leads_to_the_place_where_its_address_is_corrected(database: Database, ruth: Visitor, round_: Round) -> None:
    with database.transaction() as session:
        study = session.get_one(Study, round_.study_id)
        rows = [PanelRow(2, "Bo Lind", "", "Carers")]
        import_panel(session, cast.keyring(), study, rows, source="x", actor="researcher 1", now=cast.NOW)
    page = ruth.get(PANEL).text
    ways = dict(re.findall(r'href="([^"]+)#correct">Correct<span class="visually-hidden"> – ([^<]+)<', page))
    named = {name: way for way, name in ways.items()}

    filled = {name: ruth.get(unescape(named[name])).text for name in ("Carers Person 1", "Bo Lind")}

    assert len(named) == 13
    assert not any("@" in way for way in ways)  # no address stands in an address
    assert f'value="{ADA}"' in field(filled["Carers Person 1"])
    assert 'value="Bo Lind"' in field(filled["Bo Lind"])
    for other in ("0", "-1", "x", "9" * 40):
        assert 'value=""' in field(ruth.get(f"{PANEL}?correct={other}").text)


def field(page: str) -> str:
    """Return the field of the address as it stands."""
    found = re.search(r'<input[^>]*name="present"[^>]*>', page)
    assert found
    return found[0]


def test_a_corrected_address_gets_the_invitation_that_waited(database: Database, ruth: Visitor, round_: Round) -> None:
    disown(database, round_)
    old = token(database, round_)
    assert ADA not in letters(database)

    answer = correct(ruth, right=f" {RIGHT.upper()} ")

    assert answer.status_code == 303
    with database.reading() as session:
        contact = session.get_one(Contact, cast.member(session, round_, RIGHT).panelist_id)
        assert cast.keyring().decrypt(contact.address_ciphertext) == RIGHT
        assert not contact.is_disowned
        with pytest.raises(links.DeadLinkError):
            links.member_by_token(session, old)
    assert letters(database) == {RIGHT: "invitation"}


def test_a_corrected_address_gets_a_new_link_where_the_invitation_had_gone_out(
    database: Database, ruth: Visitor, round_: Round
) -> None:
    with database.transaction() as session:
        for mail in session.scalars(select(OutboxMail)):
            mail.sent_at = cast.NOW
    disown(database, round_)

    assert correct(ruth).status_code == 303

    assert letters(database) == {RIGHT: "new_link"}


@pytest.mark.parametrize(
    ("present", "right", "said"),
    [
        ("nobody@example.org", RIGHT, "is not on the panel"),
        (ADA, "carers-2@example.org", "is on the panel already"),
        (ADA, "CARERS-2@Example.org", "is on the panel already"),
        (ADA, "ada at example.org", "is not an e-mail address"),
        ("", RIGHT, "Say which address is wrong"),
        (ADA, "", "Give the right address"),
    ],
)
def test_what_cannot_be_corrected_is_said_and_kept(
    database: Database, ruth: Visitor, round_: Round, present: str, right: str, said: str
) -> None:
    answer = correct(ruth, present, right)

    assert answer.status_code in (404, 409, 422)
    assert said in answer.text
    assert f'value="{right}"' in answer.text
    with database.reading() as session:
        assert cast.member(session, round_, ADA)


def test_the_log_says_that_an_address_was_corrected_and_neither_which_nor_whose(
    database: Database, ruth: Visitor, round_: Round
) -> None:
    correct(ruth)

    with database.reading() as session:
        (entry,) = session.scalars(select(AuditEntry).where(AuditEntry.action == "address corrected"))
    assert (entry.actor, entry.detail) == ("researcher 1", "{}")


def test_a_custodian_sends_a_new_link_without_seeing_it(database: Database, ruth: Visitor, round_: Round) -> None:
    old = token(database, round_)
    with database.transaction() as session:
        for mail in session.scalars(select(OutboxMail)):
            mail.sent_at = cast.NOW
    ruth.get(PANEL)

    answer = ruth.post(f"{PANEL}/new-link", {"address": ADA})
    page = ruth.get(PANEL).text

    assert answer.status_code == 303
    assert "A mail with a new link is on its way" in page
    assert token(database, round_) not in page
    assert token(database, round_) != old
    assert letters(database) == {ADA: "new_link"}


@pytest.mark.parametrize(("state", "said"), [("disowned", "Correct the address"), ("declined", "gets no more mail")])
def test_no_new_link_goes_to_who_gets_no_mail(database: Database, ruth: Visitor, round_: Round, state: str, said: str) -> None:
    with database.transaction() as session:
        member = cast.member(session, round_, ADA)
        if state == "declined":
            taking_part.decline(session, member, now=cast.NOW)
        else:
            taking_part.disown(session, cast.keyring(), member, now=cast.NOW)
    ruth.get(PANEL)

    answer = ruth.post(f"{PANEL}/new-link", {"address": ADA})

    assert answer.status_code == 409
    assert said in answer.text
