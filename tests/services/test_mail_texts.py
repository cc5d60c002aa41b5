"""A study's own words for its mail: only what a mail can carry, with the way in, and nothing in the subject."""

import pytest
from sqlalchemy.orm import Session

from delphi.errors import ConflictError, InvalidError
from delphi.models import MailKind, Study
from delphi.services import auditing, mail_texts, outbox
from delphi.services.letters import Wording, own_wording
from tests import cast

GOOD = "Dear {name},\n\nround {round}: {link}\n\n{contact}"


@pytest.fixture
def study(session: Session) -> Study:
    study = cast.begin_study(session, title="Living with psychosis: a manual")
    cast.add_panel(session, study, {"Carers": 5})
    return study


def save(session: Session, study: Study, body: str = GOOD, *, version: int = 0) -> None:
    wording = mail_texts.checked(study, MailKind.INVITATION, "Round {round} has begun", body)
    mail_texts.save_text(session, study, MailKind.INVITATION, wording, version=version, actor="researcher 1", now=cast.NOW)


def test_mail_says_what_the_team_wrote_and_the_log_says_that_it_did(session: Session, study: Study) -> None:
    save(session, study)
    cast.open_round(session, study)
    session.flush()

    letters = outbox.claim_next(session, cast.keyring(), now=cast.NOW)

    assert {letter.wording for letter in letters} == {Wording("Round {round} has begun", GOOD)}
    assert [entry.action for entry in auditing.entries(session, study)].count("mail worded") == 1


@pytest.mark.parametrize(
    ("kind", "subject", "body", "refusal"),
    [
        (
            "invitation",
            "Hello",
            "{name} {link} {surname}",
            "no place called {surname}. There are: {name}, {study}, {contact}, {round}",
        ),
        ("reminder", "Hello", "Dear {name}, do come.", "Without {link} nobody finds the way in"),
        ("invitation", "Hello", "The link is link.", "Without {link}"),
        ("thanks", "Hello", "Thank you, {name}: {link}", "no place called {link}"),
        ("news", "Hello", "It is round {round}.", "no place called {round}"),
        ("invitation", "{study}", GOOD, "no place but {round}"),
        ("invitation", "Hello {name}", GOOD, "no place but {round}"),
        ("invitation", "Psychosis: round 2", GOOD, "'psychosis', a word of the study's title"),
        ("invitation", "How are you LIVING?", GOOD, "'living', a word"),
        ("invitation", "Hello\nBcc: eve@example.org", GOOD, "cannot carry"),
        ("invitation", "Hello\rBcc: eve@example.org", GOOD, "cannot carry"),
        ("invitation", "Hel\x00lo", GOOD, "cannot carry"),
        ("invitation", "Hello", GOOD + "\x00", "cannot carry"),
        ("invitation", "Hello", GOOD + "\x1b[31m", "cannot carry"),
        ("invitation", "  ", GOOD, "Write both"),
        ("invitation", "Hello", " \n", "Write both"),
        ("invitation", "x" * 121, GOOD, "at most 120"),
        ("invitation", "Hello", GOOD + "x" * 10_000, "a text 10000"),
    ],
)
def test_what_a_mail_must_not_say_is_refused_with_the_reason(
    study: Study, kind: str, subject: str, body: str, refusal: str
) -> None:
    with pytest.raises(InvalidError) as refused:
        mail_texts.checked(study, MailKind(kind), subject, body)

    assert refusal in str(refused.value)


def test_line_ends_of_a_browser_are_kept_as_one(study: Study) -> None:
    assert mail_texts.checked(study, MailKind.INVITATION, " Hi ", "a\r\n{link}\r\n").body == "a\n{link}"


def test_of_two_who_change_a_text_at_once_the_second_is_told(session: Session, study: Study) -> None:
    save(session, study)

    with pytest.raises(ConflictError, match="Somebody else"):
        save(session, study, "{link} again", version=0)
    save(session, study, "{link} again", version=1)

    assert own_wording(session, study.id, "invitation") == Wording("Round {round} has begun", "{link} again")


def test_going_back_to_the_usual_words_forgets_ones_own(session: Session, study: Study) -> None:
    save(session, study)
    mail_texts.forget_text(session, study, MailKind.INVITATION, version=1, actor="researcher 1", now=cast.NOW)

    assert own_wording(session, study.id, "invitation") is None


def test_words_of_one_study_are_not_said_by_another(session: Session, study: Study) -> None:
    save(session, study)
    other = cast.begin_study(session, slug="other", title="Other")
    cast.add_panel(session, other, {"Carers": 1})
    cast.open_round(session, other)
    session.flush()

    assert {letter.wording for letter in outbox.claim_next(session, cast.keyring(), now=cast.NOW)} == {None}
