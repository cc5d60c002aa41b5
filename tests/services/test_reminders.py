"""Reminders: to whoever still has something to do and wants to hear of it, never twice, and not after all if that changes."""

from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from delphi.errors import ConflictError
from delphi.models import Contact, MailKind, OutboxMail, Panelist, Round, Study
from delphi.services import auditing, outbox, ratings, reminding, taking_part
from tests import cast

DAY = timedelta(days=1)
PEOPLE = {f"carers-{n}@example.org" for n in range(1, 7)}


@pytest.fixture
def round_(session: Session, study: Study) -> Round:
    round_ = cast.open_round(session, study)
    for letter in outbox.claim_next(session, cast.keyring(), now=cast.NOW):
        outbox.note_sent(session, letter.mail_id, now=cast.NOW)
    session.flush()
    return round_


def complete(session: Session, round_: Round, address: str) -> None:
    cast.rate(session, round_, address, dict.fromkeys(cast.ITEMS, 7))


def sent(session: Session, *, after: timedelta = timedelta()) -> set[str]:
    session.flush()
    letters = outbox.claim_next(session, cast.keyring(), now=cast.NOW + after)
    assert {letter.kind for letter in letters} <= {"reminder"}
    for letter in letters:
        outbox.note_sent(session, letter.mail_id, now=cast.NOW + after)
    return {letter.address for letter in letters}


def test_only_who_has_something_to_do_and_wants_to_hear_of_it_is_reminded(session: Session, round_: Round) -> None:
    complete(session, round_, "carers-1@example.org")
    cast.rate(session, round_, "carers-2@example.org", {"pace": 7})  # begun, not completed
    taking_part.pause_reminders(session, cast.member(session, round_, "carers-3@example.org").panelist)
    taking_part.decline(session, cast.member(session, round_, "carers-4@example.org"), now=cast.NOW)
    fifth = cast.member(session, round_, "carers-5@example.org")
    session.get_one(Contact, fifth.panelist_id).is_disowned = True
    ratings.finish(session, cast.member(session, round_, "carers-6@example.org"), now=cast.NOW)
    session.flush()

    n_queued = outbox.queue_reminders(session, round_, now=cast.NOW, occasion="day 7")

    assert n_queued == 1
    assert sent(session) == {"carers-2@example.org"}


def test_nobody_is_reminded_twice_on_one_occasion(session: Session, round_: Round) -> None:
    counts = [
        outbox.queue_reminders(session, round_, now=cast.NOW, occasion=occasion) for occasion in ("day 7", "day 7", "day 17")
    ]

    assert counts == [6, 0, 6]


@pytest.mark.parametrize("change", ["completed", "finished", "paused", "declined", "disowned", "closed"])
def test_a_reminder_that_waits_is_not_sent_to_who_needs_it_no_more(
    session: Session, study: Study, round_: Round, change: str
) -> None:
    outbox.queue_reminders(session, round_, now=cast.NOW, occasion="day 7")
    ada = cast.member(session, round_, "carers-1@example.org")
    if change == "completed":
        complete(session, round_, "carers-1@example.org")
    elif change == "finished":  # with most of it unanswered, which is theirs to say
        ratings.finish(session, ada, now=cast.NOW)
    elif change == "paused":
        taking_part.pause_reminders(session, ada.panelist)
    elif change == "declined":
        taking_part.decline(session, ada, now=cast.NOW)
    elif change == "disowned":
        taking_part.disown(session, cast.keyring(), ada, now=cast.NOW)
    else:
        cast.close_and_publish(session, study, round_)

    assert sent(session) == (set() if change == "closed" else PEOPLE - {"carers-1@example.org"})
    assert sent(session, after=DAY) == set()


def test_needless_reminders_do_not_stand_in_the_way_of_others(session: Session, study: Study) -> None:
    cast.add_panel(session, study, {"Academics": outbox.BATCH + 10})
    round_ = cast.open_round(session, study)
    session.execute(OutboxMail.__table__.delete())
    outbox.queue_reminders(session, round_, now=cast.NOW, occasion="day 7")
    for n in range(1, outbox.BATCH + 11):
        taking_part.pause_reminders(session, cast.member(session, round_, f"academics-{n}@example.org").panelist)

    assert sent(session) == PEOPLE


def test_who_takes_reminders_up_again_gets_the_next(session: Session, round_: Round) -> None:
    ada = cast.member(session, round_, "carers-1@example.org").panelist
    taking_part.pause_reminders(session, ada)
    outbox.queue_reminders(session, round_, now=cast.NOW, occasion="day 7")
    assert sent(session) == PEOPLE - {"carers-1@example.org"}

    taking_part.resume_reminders(session, ada)
    outbox.queue_reminders(session, round_, now=cast.NOW + DAY, occasion="day 17")

    assert sent(session, after=DAY) == PEOPLE


def test_by_hand_it_goes_once_a_day_and_on_record_without_a_number(session: Session, study: Study, round_: Round) -> None:
    reminding.remind(session, study, round_, actor="researcher 1", now=cast.NOW)
    with pytest.raises(ConflictError, match="within the last day"):
        reminding.remind(session, study, round_, actor="researcher 1", now=cast.NOW + DAY - timedelta(minutes=1))
    reminding.remind(session, study, round_, actor="researcher 1", now=cast.NOW + DAY)

    assert [entry.detail for entry in auditing.entries(session, study) if entry.action == "reminder sent"] == ['{"round":1}'] * 2


def test_where_everybody_has_completed_it_reminding_looks_the_same(session: Session, study: Study, round_: Round) -> None:
    for address in PEOPLE:
        complete(session, round_, address)

    reminding.remind(session, study, round_, actor="researcher 1", now=cast.NOW)

    assert reminding.has_reminded(session, round_, now=cast.NOW)
    with pytest.raises(ConflictError, match="within the last day"):
        reminding.remind(session, study, round_, actor="researcher 1", now=cast.NOW + DAY - timedelta(minutes=1))
    assert sent(session) == set()


def test_of_a_closed_round_nobody_is_reminded(session: Session, study: Study, round_: Round) -> None:
    cast.close_and_publish(session, study, round_)

    with pytest.raises(ConflictError, match="closed"):
        reminding.remind(session, study, round_, actor="researcher 1", now=cast.NOW)


def test_pausing_says_nothing_about_invitations(session: Session, study: Study, round_: Round) -> None:
    for panelist in session.scalars(select(Panelist)):
        taking_part.pause_reminders(session, panelist)
    cast.close_and_publish(session, study, round_)

    later = cast.open_round(session, study)

    invitations = select(OutboxMail).where(OutboxMail.round_id == later.id, OutboxMail.kind == MailKind.INVITATION)
    assert len(session.scalars(invitations).all()) == 6
    assert {letter.kind for letter in outbox.claim_next(session, cast.keyring(), now=cast.NOW)} == {"invitation"}
