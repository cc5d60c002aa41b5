"""Where a panelist can turn: a sober default until the owners say more, and only what helps is kept."""

import pytest
from sqlalchemy.orm import Session

from delphi.errors import ConflictError, InvalidError
from delphi.models import Study
from delphi.services import auditing
from delphi.services.care import CRISIS_WORDS, OutsideContact, crisis_words, outside_contact, save_care
from tests import cast

MIRA = OutsideContact("Mira Okafor", "Ombudsperson", "+44 20 7946 0000", "mira@ombuds.example.org")


def keep(session: Session, study: Study, contact: OutsideContact, crisis: str = "", *, version: int | None = None) -> None:
    """Keep whom to turn to, as the owner's form does."""
    at = study.version if version is None else version
    save_care(session, study, contact, crisis, version=at, actor="researcher 1", now=cast.NOW)


def test_a_study_has_words_for_a_crisis_from_the_start_and_names_nobody_it_does_not_know(session: Session) -> None:
    study = cast.begin_study(session)

    assert crisis_words(study) == CRISIS_WORDS
    assert outside_contact(study) is None


def test_what_the_owner_writes_stands_instead_and_is_in_the_log_as_a_text_that_can_be_erased(session: Session) -> None:
    study = cast.begin_study(session)

    keep(session, study, MIRA, "Call 116 123, day and night.")

    assert outside_contact(study) == MIRA
    assert crisis_words(study) == "Call 116 123, day and night."
    entry = auditing.entries(session, study)[-1]
    assert entry.action == "help and contact changed"
    assert "Mira" not in entry.detail
    assert "Mira Okafor" in auditing.page_of(session, study, 1).texts[entry.id]["contact"]


def test_emptied_lines_take_the_contact_back_and_the_default_returns(session: Session) -> None:
    study = cast.begin_study(session)
    keep(session, study, MIRA, "Call 116 123.")

    keep(session, study, OutsideContact(), "")

    assert outside_contact(study) is None
    assert crisis_words(study) == CRISIS_WORDS


@pytest.mark.parametrize(
    "contact",
    [
        OutsideContact(name="Mira Okafor"),
        OutsideContact(phone="116 123"),
        OutsideContact("Mira", "", "", "not an address"),
        OutsideContact("M" * 201, "", "116 123"),
    ],
)
def test_half_a_contact_is_refused(session: Session, contact: OutsideContact) -> None:
    study = cast.begin_study(session)

    with pytest.raises(InvalidError):
        keep(session, study, contact)


def test_of_two_who_change_it_at_once_the_second_is_told(session: Session) -> None:
    study = cast.begin_study(session)
    seen = study.version
    keep(session, study, MIRA)

    with pytest.raises(ConflictError):
        keep(session, study, OutsideContact(), version=seen)


def test_keeping_what_is_kept_already_is_no_entry_in_the_log(session: Session) -> None:
    study = cast.begin_study(session)
    keep(session, study, MIRA)
    before = len(auditing.entries(session, study))

    keep(session, study, MIRA)

    assert len(auditing.entries(session, study)) == before
