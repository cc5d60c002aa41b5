"""The custodian's page on payment for taking part."""

import pytest
from sqlalchemy import select

from delphi.models import Contact, Payment, Role
from tests import cast
from tests.web import stages

PAGE = f"{stages.HOME}/panel/payments"


@pytest.fixture(autouse=True)
def study(database):
    with database.transaction() as session:
        stages.with_panel(session)


def numbers(database, *addresses):
    with database.reading() as session:
        hashes = [cast.keyring().address_hash(address) for address in addresses]
        return list(session.scalars(select(Contact.panelist_id).where(Contact.address_hash.in_(hashes))))


def test_whoever_is_ticked_is_noted_as_paid(database, ruth):
    ruth.get(PAGE)
    people = numbers(database, "carers-1@example.org", "carers-2@example.org")

    answer = ruth.post(PAGE, {"people": people, "what": "paid", "paid_on": "2026-03-01", "note": "<b>20</b> pounds"})

    assert answer.status_code == 303
    page = ruth.get(PAGE).text
    assert page.count("paid on 1 March 2026") == 2
    assert "&lt;b&gt;20&lt;/b&gt; pounds" in page
    assert "noted that 2 people are paid" in ruth.get(f"{stages.HOME}/log").text


@pytest.mark.parametrize(
    "sent",
    [
        {"what": "paid"},
        {"people": ["x"], "what": "paid"},
        {"people": ["1"], "what": "paid"},
        {"people": ["1"], "what": "later"},
        {"people": ["1"], "what": "paid", "paid_on": "yesterday"},
        {"people": ["1"], "what": "paid", "note": "x" * 501},
    ],
)
def test_what_cannot_be_noted_is_refused_in_words(database, ruth, sent):
    ruth.get(PAGE)

    page = ruth.post(PAGE, sent)

    assert page.status_code in (404, 422)
    assert 'id="error-summary"' in page.text
    with database.reading() as session:
        assert session.scalars(select(Payment)).all() == []


def test_what_was_typed_and_ticked_is_kept_when_something_is_wrong(database, ruth):
    ruth.get(PAGE)
    (person,) = numbers(database, "carers-1@example.org")

    page = ruth.post(PAGE, {"people": [person], "what": "paid", "paid_on": "yesterday", "note": "by post"}).text

    assert 'value="by post"' in page
    assert page.count("checked") >= 2


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.CUSTODIAN])
def test_nobody_else_sees_it(database, ruth, visitor, role):
    with database.transaction() as session:
        from delphi.models import Study

        stages.researcher_with(session, "omar@example.org", session.scalars(select(Study)).one(), role)
    omar = visitor()
    omar.get("/office/sign-in")
    omar.post("/office/sign-in", {"email": "omar@example.org", "password": cast.PASSWORD})

    assert omar.get(PAGE).status_code == 403
    assert "payments" not in omar.get(f"{stages.HOME}/panel").text
