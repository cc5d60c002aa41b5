"""Messages to the team: nobody's name beside them, a day and no time, and a mail that says only that there is an answer."""

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from delphi.errors import ConflictError, InvalidError, NotFoundError
from delphi.models import Conversation, MailKind, Message, OutboxMail, Round, Study
from delphi.services import auditing, messages, rounds
from delphi.services.outbox import claim_next
from tests import cast

ADA = "carers-1@example.org"
SECRET = "I know two people in this manual."


def write(session: Session, round_: Round, text: str = SECRET) -> None:
    messages.write_to_team(session, cast.keyring(), cast.member(session, round_, ADA).panelist, text, now=cast.NOW)


def test_a_message_reaches_the_team_without_a_name_and_is_stored_as_ciphertext_with_the_day(
    session: Session, round_: Round, study: Study
) -> None:
    write(session, round_)

    (thread,) = messages.threads(session, cast.keyring(), study)
    assert [(line.text, line.is_from_team, line.sent_on) for line in thread.lines] == [(SECRET, False, cast.NOW.date())]
    assert thread.is_waiting
    assert messages.n_waiting(session, study) == 1
    stored = session.scalars(select(Message)).one()
    assert SECRET.encode() not in stored.text_ciphertext
    assert thread.key not in (stored.number, session.scalars(select(Conversation)).one().panelist_id)


def test_an_answer_is_on_the_writers_page_alone_and_a_mail_says_that_it_is_there(
    session: Session, round_: Round, study: Study
) -> None:
    write(session, round_)
    (thread,) = messages.threads(session, cast.keyring(), study)

    messages.answer(session, cast.keyring(), study, thread.key, "Thank you.", seen=1, actor="researcher 1", now=cast.NOW)

    ada, bo = (cast.member(session, round_, f"carers-{n}@example.org").panelist for n in (1, 2))
    assert [line.text for line in messages.own_messages(session, cast.keyring(), ada)] == [SECRET, "Thank you."]
    assert messages.own_messages(session, cast.keyring(), bo) == ()
    assert messages.n_waiting(session, study) == 0
    mail = session.scalars(select(OutboxMail).where(OutboxMail.kind == MailKind.ANSWER)).one()
    assert mail.panelist_id == ada.id
    entry = auditing.entries(session, study)[-1]
    assert (entry.action, entry.detail) == ("message answered", "{}")


def test_the_mail_about_an_answer_goes_out_after_the_round_has_closed_too(session: Session, round_: Round, study: Study) -> None:
    write(session, round_)
    rounds.close_round(session, study, round_, actor="researcher 1", now=cast.NOW)
    (thread,) = messages.threads(session, cast.keyring(), study)

    messages.answer(session, cast.keyring(), study, thread.key, "Thank you.", seen=1, actor="researcher 1", now=cast.NOW)

    letters = claim_next(session, cast.keyring(), now=cast.NOW)
    assert [(letter.kind, letter.address) for letter in letters] == [("answer", ADA)]
    assert letters[0].token == cast.token(session, round_, ADA)


def test_an_answer_that_has_not_seen_the_latest_message_is_not_sent(session: Session, round_: Round, study: Study) -> None:
    write(session, round_)
    (thread,) = messages.threads(session, cast.keyring(), study)
    write(session, round_, "And a third.")

    with pytest.raises(ConflictError, match="written meanwhile"):
        messages.answer(session, cast.keyring(), study, thread.key, "Thank you.", seen=1, actor="researcher 1", now=cast.NOW)


def test_another_studys_team_finds_no_conversation(session: Session, round_: Round, study: Study) -> None:
    write(session, round_)
    (thread,) = messages.threads(session, cast.keyring(), study)
    other = cast.begin_study(session, slug="other")

    assert messages.threads(session, cast.keyring(), other) == []
    with pytest.raises(NotFoundError):
        messages.find_thread(session, cast.keyring(), other, thread.key)


@pytest.mark.parametrize("text", ["", " \n ", "\x00", "a" * 4001])
def test_an_empty_and_an_overlong_message_are_refused(session: Session, round_: Round, text: str) -> None:
    with pytest.raises(InvalidError):
        write(session, round_, text)


def test_nobody_buries_the_team_under_messages(session: Session, round_: Round) -> None:
    for n in range(messages.MOST_UNANSWERED):
        write(session, round_, f"Message {n}")

    with pytest.raises(ConflictError, match="not sent"):
        write(session, round_)
