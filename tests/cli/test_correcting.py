"""A wrong address that is put right from the command line."""

import json

from sqlalchemy import select

from delphi.database import Database
from delphi.models import Contact, MailKind, OutboxMail
from delphi.services import studies
from tests import cast
from tests.cli.conftest import Run, done, refused

SLUG = "connections"
OLD, NEW = "carers-1@example.org", "carers-one@example.org"


def test_the_way_in_goes_to_the_right_address_and_the_earlier_one_dies(with_open_round: Run, database: Database) -> None:
    with database.transaction() as session:
        round_ = studies.find_round(session, studies.find_study(session, SLUG), 1)
        before = cast.token(session, round_, OLD)
        for mail in session.scalars(select(OutboxMail)):
            mail.sent_at = cast.NOW

    done(with_open_round("panel", "correct", SLUG, OLD, f" {NEW.upper()}", "--as", cast.RUTH))

    with database.reading() as session:
        round_ = studies.find_round(session, studies.find_study(session, SLUG), 1)
        assert cast.token(session, round_, NEW) != before
        (mail,) = session.scalars(select(OutboxMail).where(OutboxMail.kind == MailKind.NEW_LINK))
        contact = session.get_one(Contact, mail.panelist_id)
        assert cast.keyring().decrypt(contact.address_ciphertext or b"") == NEW
    log = json.loads(done(with_open_round("audit", "list", SLUG, "--json")))
    assert [(entry["action"], entry["actor"]) for entry in log[-2:]] == [
        ("address corrected", "researcher 1"),
        ("link replaced", "researcher 1"),
    ]
    assert NEW not in json.dumps(log)


def test_only_a_custodian_corrects_and_only_what_can_be(with_study: Run) -> None:
    correct = ("panel", "correct", SLUG)
    done(with_study("researcher", "add", "sol@example.org", "--password-stdin", stdin=cast.PASSWORD))
    done(with_study("researcher", "join", SLUG, "sol@example.org", "facilitator"))

    assert "takes the role of" in refused(with_study(*correct, OLD, NEW, "--as", "sol@example.org"))
    assert "Missing option '--as'" in refused(with_study(*correct, OLD, NEW), 2)
    assert "is on the panel already" in refused(with_study(*correct, OLD, "carers-2@example.org", "--as", cast.RUTH))
    assert "is not on the panel" in refused(with_study(*correct, "una@example.org", NEW, "--as", cast.RUTH))
    assert "is not an e-mail address" in refused(with_study(*correct, OLD, "carers", "--as", cast.RUTH), 2)

    log = json.loads(done(with_study("audit", "list", SLUG, "--json")))
    assert "address corrected" not in [entry["action"] for entry in log]
