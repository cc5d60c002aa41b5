"""A new link by mail: to who is invited and nobody else, seldom enough, and the old one dies."""

from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from delphi.models import Contact, MailKind, OutboxMail, Round, Standing, Study
from delphi.services import links, new_links, outbox
from tests import cast

ADA = "carers-1@example.org"
MINUTE = timedelta(minutes=1)


def ask(session: Session, address: str = ADA, *, after: timedelta = timedelta()) -> None:
    new_links.send_new_links(session, cast.keyring(), address, now=cast.NOW + after)
    session.flush()


def asked_for(session: Session) -> list[OutboxMail]:
    return list(session.scalars(select(OutboxMail).where(OutboxMail.kind == MailKind.NEW_LINK)))


@pytest.mark.parametrize("written", [ADA, " Carers-1@EXAMPLE.org "])
def test_a_known_address_gets_a_new_link_and_the_old_one_dies(session: Session, round_: Round, written: str) -> None:
    old_token, old_code = cast.token(session, round_, ADA), cast.code(session, round_, ADA)

    ask(session, written)

    with pytest.raises(links.DeadLinkError):
        links.member_by_token(session, old_token)
    with pytest.raises(links.DeadLinkError):
        links.member_by_code(session, cast.keyring(), old_code)
    letters = [one for one in outbox.claim_next(session, cast.keyring(), now=cast.NOW) if one.kind == "new_link"]
    (letter,) = letters
    assert letter.address == ADA
    assert letter.token is not None
    assert letter.code is not None
    ada = cast.member(session, round_, ADA)
    assert links.member_by_token(session, letter.token) is ada
    assert links.member_by_code(session, cast.keyring(), letter.code) is ada


@pytest.mark.parametrize("address", ["stranger@example.org", "", "no address", "a@b@c", "\x00@example.org", "ü" * 400])
def test_any_other_address_changes_nothing(session: Session, round_: Round, address: str) -> None:
    token = cast.token(session, round_, ADA)

    ask(session, address)

    assert asked_for(session) == []
    assert links.member_by_token(session, token)


def test_nobody_gets_one_who_is_to_get_no_mail(session: Session, study: Study, round_: Round) -> None:
    cast.member(session, round_, ADA).panelist.standing = Standing.DECLINED
    cast.member(session, round_, "carers-2@example.org").panelist.standing = Standing.WITHDRAWN
    third = cast.member(session, round_, "carers-3@example.org")
    session.get_one(Contact, third.panelist_id).is_disowned = True

    for n in (1, 2, 3):
        ask(session, f"carers-{n}@example.org")

    assert asked_for(session) == []


def test_there_is_none_once_the_round_has_closed(session: Session, study: Study, round_: Round) -> None:
    cast.close_and_publish(session, study, round_)

    ask(session)

    assert asked_for(session) == []


def test_one_in_ten_minutes_and_five_a_day(session: Session, round_: Round) -> None:
    sent = []
    for minutes in (0, 1, 9, 10, 20, 30, 40, 50, 24 * 60):
        ask(session, after=minutes * MINUTE)
        sent.append(len(asked_for(session)))

    assert sent == [1, 1, 1, 2, 3, 4, 5, 5, 6]


def test_a_link_that_was_refused_for_being_asked_too_soon_leaves_the_last_one_alive(session: Session, round_: Round) -> None:
    ask(session)
    token = cast.token(session, round_, ADA)

    ask(session, after=MINUTE)

    assert links.member_by_token(session, token)


def test_somebody_on_two_panels_gets_one_for_each(session: Session, round_: Round) -> None:
    other = cast.begin_study(session, slug="other", title="Other")
    cast.add_panel(session, other, {"Carers": 6})
    elsewhere = cast.open_round(session, other)

    ask(session)

    assert {mail.round_id for mail in asked_for(session)} == {round_.id, elsewhere.id}
