"""A new study from another one: how it is run is taken over, nobody and nothing that anybody said."""

import json

import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from delphi.database import Base
from delphi.errors import ConflictError
from delphi.models import AuditEntry, MailKind, MailPlan, Study
from delphi.services import auditing
from delphi.services.archiving import archive
from delphi.services.care import OutsideContact, outside_contact, save_care
from delphi.services.cloning import clone_study
from delphi.services.coding import codebook_of
from delphi.services.consent import begun_with, current_consent, is_as_it_came, save_consent
from delphi.services.drafts import item_versions, latest_draft, outline_of
from delphi.services.mail_texts import checked, save_text
from delphi.services.panel import group_sizes
from delphi.services.protocol import choices_of, current_protocol
from delphi.services.researchers import roles_in
from tests import cast
from tests.web import stages

WHO = {"actor": "researcher 1", "now": cast.NOW}
BODY = "Dear {name}, come in here:\n{link}"
# What a study that is just begun has beside what is taken over.
OF_A_STUDY = {
    *("studies", "study_roles", "protocols", "consent_texts", "drafts", "sections", "section_versions", "draft_sections"),
    *("items", "item_versions", "item_wordings", "draft_items", "audit_entries", "audit_heads"),
}
TAKEN_OVER = {"stakeholder_groups", "codes", "mail_texts", "mail_plans"}


@pytest.fixture
def origin(session: Session) -> Study:
    """A study with everything in it: round 1 decided on, draft 2 being worked on."""
    published = stages.decided(session)
    study = session.get_one(Study, published.study_id)
    wording = checked(study, MailKind.REMINDER, "Once more", BODY)
    save_text(session, study, MailKind.REMINDER, wording, version=0, **WHO)
    session.add(MailPlan(study_id=study.id, time_zone="Europe/Oslo", reminder_days=[3, 9], thanks="close", sender="Dr Adler"))
    save_consent(session, study, "What we ask of you.", "I agree.", number=1, **WHO)
    save_care(session, study, OutsideContact("Mira Okafor", phone="01 23"), "Call 112.", version=study.version, **WHO)
    study.facts = {**study.facts, "background": {"counts": {"years": {"Long": 9}}}}
    session.flush()
    return study


def clone(session: Session, origin: Study) -> Study:
    return clone_study(session, origin, owner=cast.ruth(session), title="Once again", **WHO)


def sizes(session: Session) -> dict[str, int]:
    session.flush()
    return {name: session.scalar(text(f"SELECT count(*) FROM {name}")) or 0 for name in Base.metadata.tables}


def test_what_is_taken_over_is_as_it_was(session: Session, origin: Study) -> None:
    cast.ruth(session)
    study = clone(session, origin)

    assert (study.slug, study.title, study.language) == ("once-again", "Once again", origin.language)
    draft = latest_draft(session, study)
    assert (draft.number, draft.is_frozen) == (1, False)
    assert outline_of(session, draft).sections == outline_of(session, latest_draft(session, origin)).sections
    assert item_versions(session, draft)[cast.ITEMS[0]].text == "The person chooses where to meet."  # of the working draft
    assert {version.label for version in item_versions(session, draft).values()} == {"1"}
    assert [(size.label, size.n) for size in group_sizes(session, study)] == [("Carers", 0), ("Practitioners", 0)]
    assert [(code.name, code.definition) for code in codebook_of(session, study)] == [
        ("Safety", "Whether people feel safe there.")
    ]
    consent = current_consent(session, study)
    assert (consent.number, consent.information, consent.statement) == (1, "What we ask of you.", "I agree.")
    contact = outside_contact(study)
    assert contact is not None
    assert contact.name == "Mira Okafor"
    plan = session.get_one(MailPlan, study.id)
    assert (plan.time_zone, plan.reminder_days, plan.thanks, plan.sender) == ("Europe/Oslo", [3, 9], "close", "Dr Adler")


def test_what_nobody_has_written_is_no_text_of_the_new_team_either(session: Session) -> None:
    origin = cast.begin_study(session)
    as_it_came = current_consent(session, origin).information
    study = clone(session, origin)
    assert is_as_it_came(study, current_consent(session, study).information)

    own = begun_with(origin, as_it_came, {"pays": "Nobody."})
    save_consent(session, origin, own, "I agree.", number=1, **WHO)
    twice = clone_study(session, origin, owner=cast.ruth(session), title="Twice again", **WHO)
    told = current_consent(session, twice)
    assert (told.information.count("*Twice again*"), origin.title in told.information) == (1, False)
    assert told.information.startswith("**Who pays.** Nobody.")
    assert told.statement == "I agree."


def test_the_protocol_comes_along_unsealed_and_without_people(session: Session, origin: Study) -> None:
    before = choices_of(current_protocol(session, origin))
    assert before.safeguarding is not None
    before = cast.amend(session, origin, asked_of={"going-along": ("Carers",)})
    study = clone(session, origin)

    protocol = current_protocol(session, study)
    choices = choices_of(protocol)
    assert not protocol.is_sealed
    assert (choices.rule, choices.scale, choices.criteria) == (before.rule, before.scale, before.criteria)
    assert (choices.safeguarding, choices.sign_off) == (None, ())
    assert choices.asked_of == {"going-along": ("Carers",)}
    assert len(roles_in(session, cast.ruth(session), study)) == 4
    cast.choose(session, study, weeks=6)  # it can be changed


def test_nobody_and_nothing_that_anybody_said_comes_along(session: Session, origin: Study) -> None:
    before = sizes(session)
    study = clone(session, origin)

    assert {name for name, n in sizes(session).items() if n != before[name]} == OF_A_STUDY | TAKEN_OVER
    assert study.facts.keys() == {"outside_contact", "crisis"}


def test_where_it_came_from_is_on_record_in_the_new_one_alone(session: Session, origin: Study) -> None:
    n_before = len(auditing.entries(session, origin))
    study = clone(session, origin)

    entries = auditing.entries(session, study)
    assert [entry.action for entry in entries] == ["study created", "study cloned"]
    assert json.loads(entries[1].detail) == {
        "from": "connections",
        "draft": 2,
        "protocol": current_protocol(session, study).sha256,
    }
    assert len(auditing.entries(session, origin)) == n_before
    assert auditing.first_fault(session, study) is None


def test_a_new_study_needs_a_name_of_its_own(session: Session, origin: Study) -> None:
    n_before = len(session.scalars(select(AuditEntry)).all())

    with pytest.raises(ConflictError, match="There is a study called connections already"):
        clone_study(session, origin, owner=cast.ruth(session), title="Connections", **WHO)

    assert len(session.scalars(select(AuditEntry)).all()) == n_before


def test_an_archived_study_can_be_begun_from(session: Session, origin: Study) -> None:
    archive(session, origin, **WHO)

    study = clone(session, origin)

    assert study.archived_at is None
    cast.add_panel(session, study, {"Carers": 6})
