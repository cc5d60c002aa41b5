"""News and the mail log: sent once, who got what is a custodian's business, and counts tell of nobody."""

import itertools

import pytest
from sqlalchemy import delete, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from delphi.errors import ConflictError, NotFoundError
from delphi.models import Contact, MailEvent, MailKind, NewsAudience, OutboxMail, Round, Study
from delphi.services import contacts, mail_log, news, outbox, taking_part
from delphi.services.letters import Wording
from delphi.services.mail_log import MailState
from tests import cast
from tests.statements import statements

WORDS = Wording("There is something new", "Dear {name},\n\nthe second round begins in May.")
KEYS = (f"key {n}" for n in itertools.count())


def send(session: Session, study: Study, audience: NewsAudience = NewsAudience.EVERYBODY, key: str = "") -> None:
    news.send_news(session, study, WORDS, audience, key=key or next(KEYS), actor="researcher 1", now=cast.NOW)
    session.flush()


def told(session: Session) -> list[str]:
    """Return who gets news, now."""
    letters = outbox.claim_next(session, cast.keyring(), now=cast.NOW)
    return sorted(letter.address for letter in letters if letter.kind == "news")


def test_news_go_to_everybody_who_takes_part_in_the_words_that_were_written(
    session: Session, study: Study, round_: Round
) -> None:
    taking_part.decline(session, cast.member(session, round_, "carers-1@example.org"), now=cast.NOW)
    send(session, study)
    session.execute(delete(OutboxMail).where(OutboxMail.kind == MailKind.INVITATION))

    letters = outbox.claim_next(session, cast.keyring(), now=cast.NOW)

    assert sorted(letter.address for letter in letters) == [f"carers-{n}@example.org" for n in range(2, 7)]
    assert {letter.wording for letter in letters} == {WORDS}
    assert {letter.token for letter in letters} == {None}


def test_one_form_is_sent_once(session: Session, study: Study) -> None:
    send(session, study, key="one")
    with pytest.raises(ConflictError, match="on its way already"):
        send(session, study, key="one")

    assert len(told(session)) == 6


def test_who_took_part_is_known_of_a_closed_round_only(session: Session, study: Study, round_: Round) -> None:
    cast.rate(session, round_, "carers-1@example.org", {"pace": 7})
    with pytest.raises(ConflictError, match="No round has closed"):
        send(session, study, NewsAudience.PARTICIPANTS)
    cast.close_and_publish(session, study, round_)

    send(session, study, NewsAudience.PARTICIPANTS)

    assert told(session) == ["carers-1@example.org"]


def test_a_study_without_a_panel_has_nobody_to_write_to(session: Session) -> None:
    with pytest.raises(ConflictError, match="nobody to write to"):
        send(session, cast.begin_study(session, slug="empty", title="Empty"))


def states(session: Session, study: Study) -> dict[str, MailState]:
    session.flush()
    return {one.address.partition("@")[0]: one.state for one in mail_log.whole_log(session, cast.keyring(), study)}


def test_the_log_says_how_each_mail_stands(session: Session, study: Study, round_: Round) -> None:
    session.flush()
    first, second, third, *_ = letters = outbox.claim_next(session, cast.keyring(), now=cast.NOW)
    names = {letter.mail_id: letter.address.partition("@")[0] for letter in letters}
    outbox.note_sent(session, first.mail_id, now=cast.NOW)
    outbox.note_failed(session, second.mail_id, "450 later", now=cast.NOW)
    outbox.note_refused(session, third.mail_id, "550 nobody here", now=cast.NOW, is_unknown=True)

    found = states(session, study)

    assert found[names[first.mail_id]] == MailState.SENT
    assert found[names[second.mail_id]] == MailState.DEFERRED
    assert found[names[third.mail_id]] == MailState.REFUSED
    reasons = {one.reason for one in mail_log.whole_log(session, cast.keyring(), study)}
    assert reasons == {"", "450 later", "550 nobody here"}


def test_mail_that_will_never_go_is_not_said_to_wait(session: Session, study: Study, round_: Round) -> None:
    contacts.note_bounce(session, cast.keyring(), study, "carers-1@example.org", actor="researcher 1", now=cast.NOW)
    assert (states(session, study)["carers-1"], states(session, study)["carers-2"]) == (MailState.STOPPED, MailState.WAITING)

    cast.close_and_publish(session, study, round_)
    assert set(states(session, study).values()) == {MailState.NOT_NEEDED}


def test_what_became_of_a_mail_is_added_never_replaced(session: Session, study: Study, round_: Round) -> None:
    session.flush()
    mail_id = outbox.claim_next(session, cast.keyring(), now=cast.NOW)[0].mail_id
    outbox.note_failed(session, mail_id, "450 later", now=cast.NOW)
    outbox.note_sent(session, mail_id, now=cast.NOW)
    session.flush()

    events = session.scalars(select(MailEvent).where(MailEvent.mail_id == mail_id).order_by(MailEvent.number)).all()
    assert [(event.number, event.what) for event in events] == [(1, "deferred"), (2, "sent")]
    with pytest.raises(IntegrityError), session.begin_nested():
        session.execute(MailEvent.__table__.insert().values(mail_id=mail_id, number=2, what="sent", reason="", at=cast.NOW))


def test_a_noted_bounce_stops_mail_until_the_address_is_corrected(session: Session, study: Study, round_: Round) -> None:
    contacts.note_bounce(session, cast.keyring(), study, "CARERS-1@example.org ", actor="researcher 1", now=cast.NOW)
    with pytest.raises(ConflictError, match="noted already"):
        contacts.note_bounce(session, cast.keyring(), study, "carers-1@example.org", actor="researcher 1", now=cast.NOW)
    with pytest.raises(ConflictError, match="comes back"):
        contacts.send_new_link(session, cast.keyring(), study, "carers-1@example.org", actor="researcher 1", now=cast.NOW)
    session.flush()
    assert len(outbox.claim_next(session, cast.keyring(), now=cast.NOW)) == 5
    assert mail_log.n_unreached(session, study) == 1

    contacts.correct_address(
        session, cast.keyring(), study, "carers-1@example.org", "ada@example.org", actor="researcher 1", now=cast.NOW
    )
    session.flush()

    assert [letter.address for letter in outbox.claim_next(session, cast.keyring(), now=cast.NOW)] == ["ada@example.org"]
    assert mail_log.n_unreached(session, study) == 0
    assert not any(contact.is_bouncing for contact in session.scalars(select(Contact)))


def test_while_a_round_is_open_the_counts_do_not_depend_on_who_has_answered(session: Session) -> None:
    counts = []
    for slug, done in (("few", 1), ("many", 5)):
        study = cast.begin_study(session, slug=slug, title=slug)
        cast.add_panel(session, study, {"Carers": 6})
        round_ = cast.open_round(session, study)
        for n in range(1, done + 1):
            member = cast.member(session, round_, f"carers-{n}@example.org")
            cast.rate(session, round_, f"carers-{n}@example.org", dict.fromkeys(cast.ITEMS, 7))
            outbox.queue_mail(session, round_, member.panelist, MailKind.THANKS, now=cast.NOW)
        outbox.queue_reminders(session, round_, now=cast.NOW, occasion="day 7")
        send(session, study)
        counts.append(mail_log.counts_of(session, study))
        cast.close_and_publish(session, study, round_)
        assert [count.waiting for count in mail_log.counts_of(session, study) if count.kind is MailKind.THANKS] == [done]

    assert counts[0] == counts[1]
    assert [(count.kind, count.round, count.waiting) for count in counts[0]] == [
        (MailKind.NEWS, None, 6),
        (MailKind.INVITATION, 1, 6),
    ]


def test_a_page_of_the_log_costs_the_same_of_a_large_panel(session: Session) -> None:
    costs = []
    for slug, size in (("small", 10), ("large", 150)):
        study = cast.begin_study(session, slug=slug, title=slug)
        cast.add_panel(session, study, {"Carers": size})
        cast.open_round(session, study)
        session.flush()
        session.expire_all()  # what stands in the session already depends on whether the round was opened or copied
        with statements(session.get_bind().engine) as asked:
            page = mail_log.log_of(session, cast.keyring(), study, 1)
        costs.append(len(asked))
        assert len(page.mails) == min(size, mail_log.MAILS_PER_PAGE)

    assert costs[0] == costs[1]
    assert (page.n_pages, len(mail_log.log_of(session, cast.keyring(), study, 2).mails)) == (2, 50)
    with pytest.raises(NotFoundError, match="pages 1 to 2"):
        mail_log.log_of(session, cast.keyring(), study, 3)


def test_an_invitation_that_never_went_out_does_not_wait_once_its_round_has_closed(
    session: Session, study: Study, round_: Round
) -> None:
    (before,) = mail_log.counts_of(session, study)
    cast.close_and_publish(session, study, round_)
    (after,) = mail_log.counts_of(session, study)

    assert (before.sent, before.waiting, before.not_needed) == (0, 6, 0)
    assert (after.sent, after.waiting, after.not_needed) == (0, 0, 6)
