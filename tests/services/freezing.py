"""A study with everything frozen that can be, and statements that try to change it."""

from sqlalchemy import text
from sqlalchemy.orm import Session

from delphi.database import Database
from delphi.models import Action
from delphi.services import decisions
from delphi.services.decisions import Verdict
from tests import cast

FORBIDDEN = [
    ("UPDATE round_results SET content = '{}'", "a frozen result never changes"),
    ("DELETE FROM round_results", "a frozen result never changes"),
    ("UPDATE feedback SET content = '{}'", "what was shown stays on record"),
    ("DELETE FROM feedback", "what was shown stays on record"),
    ("UPDATE audit_entries SET actor = 'nobody'", "the audit log is append-only"),
    ("DELETE FROM audit_entries", "the audit log is append-only"),
    ("UPDATE ballot_changes SET channel = 'file'", "the history of a ballot is append-only"),
    ("UPDATE protocols SET content = '{}'", "a sealed protocol never changes"),
    ("UPDATE protocols SET sealed_at = NULL", "a sealed protocol never changes"),
    ("DELETE FROM protocols", "a sealed protocol never changes"),
    ("UPDATE item_wordings SET text = 'Other'", "the words of a frozen draft never change"),
    ("UPDATE item_wordings SET plain = 'Other'", "the words of a frozen draft never change"),
    ("DELETE FROM item_wordings", "the words of a frozen draft never change"),
]
_WORKING = "(SELECT id FROM item_versions WHERE draft_id IN (SELECT id FROM drafts WHERE frozen_at IS NULL))"
ALLOWED = [
    f"UPDATE item_wordings SET text = 'Other' WHERE item_version_id IN {_WORKING}",
    "DELETE FROM audit_texts",  # a text can be erased; the chain holds its commitment
]


def prepare(database: Database) -> None:
    """Fill the database: round 1 published, one decision carried out in draft 2."""
    with database.transaction() as session:
        study = cast.begin_study(session)
        addresses = cast.add_panel(session, study, {"Carers": 6})
        round_ = cast.open_round(session, study)
        for address in addresses:
            cast.rate(session, round_, address, {"pace": 7})
        cast.close_and_publish(session, study, round_)
        verdict = Verdict(Action.REWORD, "Several asked whose pace.", {"pace": "The person sets the pace."})
        decisions.decide(session, study, round_, "pace", verdict, version=0, by=None, actor="researcher 1", now=cast.NOW)


def execute(database: Database, statement: str) -> int:
    """Run one statement as a writer would, and commit; return how many rows it touched."""
    with database.transaction() as session:
        return session.execute(text(statement)).rowcount  # type: ignore[attr-defined, no-any-return]


def write_through(session: Session) -> None:
    session.execute(text("UPDATE studies SET title = 'Other'"))
