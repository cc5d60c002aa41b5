"""The audit log: whatever is done to it behind the software's back is found."""

from datetime import timedelta, timezone

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from delphi.database import Database
from delphi.models import Study
from delphi.services import auditing
from tests import cast

# The triggers would refuse all this; whoever holds the file can drop them.
TAMPERING = [
    ("UPDATE audit_entries SET actor = 'researcher 2' WHERE number = 3", "Entry 3 was changed"),
    ("UPDATE audit_entries SET detail = replace(detail, '3', '4') WHERE number = 3", "Entry 3 was changed"),
    ("UPDATE audit_entries SET at = '2026-03-02 09:00:01' WHERE number = 3", "Entry 3 was changed"),
    ("UPDATE audit_entries SET hash = replace(hash, substr(hash, 1, 1), 'x') WHERE number = 3", "Entry 3 was changed"),
    ("DELETE FROM audit_entries WHERE number = 3", "Entry 3 is missing"),
    ("DELETE FROM audit_entries WHERE number = 1", "Entry 1 is missing"),
    ("DELETE FROM audit_entries WHERE number >= 5", "entry 5 should follow"),
    ("DELETE FROM audit_entries", "entry 1 should follow"),
    (
        "UPDATE audit_texts SET text = 'Another reason.' WHERE entry_id = (SELECT id FROM audit_entries WHERE number = 4)",
        "The text 'reason'",
    ),
    (
        "UPDATE audit_texts SET name = 'other' WHERE entry_id = (SELECT id FROM audit_entries WHERE number = 4)",
        "The text 'other'",
    ),
    ("UPDATE audit_heads SET number = 7", "entry 7 should follow"),
    ("DELETE FROM audit_heads", "entry 7 should follow"),
]
SWAP = (
    "UPDATE audit_entries SET number = 99 WHERE number = 3",
    "UPDATE audit_entries SET number = 3 WHERE number = 4",
    "UPDATE audit_entries SET number = 4 WHERE number = 99",
)


def write_log(session: Session) -> Study:
    """Return a study whose log has six entries, the first from its creation."""
    study = cast.begin_study(session)
    for number in range(2, 7):
        texts = {"reason": f"Reason {number}."} if number % 2 == 0 else None
        auditing.record(session, study, f"act {number}", actor="researcher 1", now=cast.NOW, detail={"n": number}, texts=texts)
    return study


def tamper(database: Database, *statements: str) -> str | None:
    """Change the log as somebody who holds the file could; return the fault that is then found."""
    with database.transaction() as session:
        study_id = write_log(session).id
    with database.transaction() as session:
        for statement in (
            "DROP TRIGGER keep_audit_entries_update",
            "DROP TRIGGER keep_audit_entries_delete",
            "PRAGMA defer_foreign_keys=ON",
        ):
            session.execute(text(statement))
        if any("DELETE FROM audit_entries" in statement for statement in statements):
            session.execute(text("DELETE FROM audit_texts"))
        for statement in statements:
            session.execute(text(statement))
    with database.reading() as session:
        return auditing.first_fault(session, session.get_one(Study, study_id))


def test_an_untouched_log_is_whole(database: Database) -> None:
    assert tamper(database) is None


@pytest.mark.parametrize(("statement", "fault"), TAMPERING)
def test_whatever_was_changed_deleted_or_cut_off_is_found(database: Database, statement: str, fault: str) -> None:
    found = tamper(database, statement)

    assert found is not None
    assert fault in str(found)


def test_two_entries_that_changed_places_are_found(database: Database) -> None:
    assert "Entry 3" in str(tamper(database, *SWAP))


def test_a_text_that_had_to_be_erased_leaves_the_chain_whole(database: Database) -> None:
    assert tamper(database, "DELETE FROM audit_texts") is None


def test_a_time_given_in_another_zone_is_the_same_moment_when_read_back(session: Session) -> None:
    study = write_log(session)
    auditing.record(session, study, "act 7", actor="researcher 1", now=cast.NOW.astimezone(timezone(timedelta(hours=2))))
    session.flush()
    session.expire_all()

    assert auditing.first_fault(session, study) is None
    assert auditing.entries(session, study)[-1].at == cast.NOW


def test_each_study_has_a_chain_of_its_own(session: Session) -> None:
    first = write_log(session)
    second = cast.begin_study(session, slug="second")
    auditing.record(session, first, "act 7", actor="researcher 1", now=cast.NOW)

    assert [len(auditing.entries(session, study)) for study in (first, second)] == [7, 1]
    assert [auditing.first_fault(session, study) for study in (first, second)] == [None, None]
