"""What people are told: a version a change, and somebody’s word that the newest one is complete."""

import pytest
from sqlalchemy.orm import Session

from delphi.errors import InvalidError
from delphi.models import AuditEntry, Study
from delphi.services.consent import CONFIRMED, current_consent, is_as_it_came, is_confirmed, save_consent
from tests import cast

OURS = "We are paid by nobody."


@pytest.fixture
def study(session: Session) -> Study:
    return cast.begin_study(session)


def keep(session: Session, study: Study, information: str, *, is_complete: bool) -> int:
    number = current_consent(session, study).number
    who = {"actor": "researcher 1", "now": cast.NOW}
    return save_consent(session, study, information, "I agree.", number=number, is_complete=is_complete, **who).number  # type: ignore[arg-type]


def words_given(session: Session) -> int:
    return session.query(AuditEntry).filter_by(action=CONFIRMED).count()


def test_a_changed_text_is_not_confirmed_until_somebody_says_so(session: Session, study: Study) -> None:
    keep(session, study, OURS, is_complete=False)
    assert not is_confirmed(session, study)

    assert keep(session, study, OURS, is_complete=True) == 2  # the words are the same, so the version is
    assert is_confirmed(session, study)


def test_the_word_holds_for_the_version_that_it_was_given_for(session: Session, study: Study) -> None:
    keep(session, study, OURS, is_complete=True)
    keep(session, study, f"{OURS} So far.", is_complete=False)
    assert not is_confirmed(session, study)

    keep(session, study, f"{OURS} For good.", is_complete=True)
    assert is_confirmed(session, study)


def test_the_word_is_given_once_and_can_be_taken_back(session: Session, study: Study) -> None:
    for _ in range(2):
        keep(session, study, OURS, is_complete=True)
    assert words_given(session) == 1

    for _ in range(2):
        keep(session, study, OURS, is_complete=False)
    assert words_given(session) == 2
    assert not is_confirmed(session, study)


def test_the_text_that_came_with_the_site_cannot_be_said_to_be_complete(session: Session, study: Study) -> None:
    as_it_came = current_consent(session, study).information
    assert is_as_it_came(study, as_it_came)
    assert not is_as_it_came(study, f"{as_it_came}\n{OURS}")

    with pytest.raises(InvalidError, match="still the text that came with the site") as refused:
        keep(session, study, f"{as_it_came}\n", is_complete=True)

    assert refused.value.field == "is_complete"
    assert current_consent(session, study).number == 1
