"""A password that was forgotten, and one that is changed."""

from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from delphi.errors import InvalidError
from delphi.models import AccountLink
from delphi.services import outbox, passwords
from delphi.services.account_links import DeadAccountLinkError, link_by_token
from delphi.services.researchers import check_password
from tests import cast

NEW = "four rather plain words"


def ask(session: Session, address: str = cast.RUTH, *, after: timedelta = timedelta()) -> None:
    passwords.send_password_link(session, cast.keyring(), address, now=cast.NOW + after)


def links(session: Session) -> list[AccountLink]:
    return list(session.scalars(select(AccountLink).order_by(AccountLink.created_at)))


def test_a_known_address_gets_a_link_that_tells_of_no_study(session: Session) -> None:
    cast.begin_study(session)

    ask(session, " Ruth@EXAMPLE.org")

    (letter,) = outbox.claim_next(session, cast.keyring(), now=cast.NOW)
    assert (letter.kind, letter.address, letter.study_title, letter.contact) == ("new_password", cast.RUTH, "", "")
    assert link_by_token(session, letter.account_token or "", now=cast.NOW) is links(session)[0]


@pytest.mark.parametrize("address", ["stranger@example.org", "", "no address", "a@b@c", "\x00@example.org"])
def test_any_other_address_changes_nothing(session: Session, address: str) -> None:
    cast.ruth(session)

    ask(session, address)

    assert links(session) == []


def test_the_link_gives_another_password_ends_sessions_and_a_lock_and_works_once(session: Session) -> None:
    ruth = cast.ruth(session)
    for _ in range(5):
        check_password(session, cast.RUTH, "wrong words here", now=cast.NOW)
    before = ruth.session_epoch
    ask(session)
    (link,) = links(session)

    passwords.renew_password(session, link, NEW, now=cast.NOW)

    assert ruth.session_epoch > before
    assert check_password(session, cast.RUTH, NEW, now=cast.NOW) is ruth
    assert check_password(session, cast.RUTH, cast.PASSWORD, now=cast.NOW) is None
    with pytest.raises(DeadAccountLinkError):
        passwords.renew_password(session, link, "another few words", now=cast.NOW)


def test_the_link_works_for_an_hour(session: Session) -> None:
    cast.ruth(session)
    ask(session)
    (link,) = links(session)
    token = cast.keyring().account_token(link.id)

    assert link_by_token(session, token, now=cast.NOW + timedelta(minutes=59, seconds=59)) is link
    with pytest.raises(DeadAccountLinkError):
        link_by_token(session, token, now=cast.NOW + timedelta(hours=1))
    with pytest.raises(DeadAccountLinkError):
        passwords.renew_password(session, link, NEW, now=cast.NOW + timedelta(hours=1))


def test_a_newer_link_kills_the_one_before(session: Session) -> None:
    cast.ruth(session)
    ask(session)
    ask(session, after=timedelta(minutes=10))

    first, second = links(session)

    assert not first.is_live(cast.NOW + timedelta(minutes=10))
    assert second.is_live(cast.NOW + timedelta(minutes=10))


def test_one_account_gets_one_link_in_ten_minutes_and_five_a_day(session: Session) -> None:
    cast.ruth(session)
    ask(session)
    ask(session, after=timedelta(minutes=9, seconds=59))
    assert len(links(session)) == 1

    for n in range(1, 9):
        ask(session, after=timedelta(minutes=10 * n))
    assert len(links(session)) == 5

    ask(session, after=timedelta(days=1, minutes=1))
    assert len(links(session)) == 6


def test_a_password_is_changed_by_who_knows_it(session: Session) -> None:
    ruth = cast.ruth(session)
    before = ruth.session_epoch

    with pytest.raises(InvalidError, match="not your password"):
        passwords.change_password(session, ruth, "wrong words here", NEW, now=cast.NOW)
    with pytest.raises(InvalidError, match="at least 12 characters"):
        passwords.change_password(session, ruth, cast.PASSWORD, "short", now=cast.NOW)
    assert ruth.session_epoch == before

    passwords.change_password(session, ruth, cast.PASSWORD, NEW, now=cast.NOW)
    assert ruth.session_epoch > before
    assert check_password(session, cast.RUTH, NEW, now=cast.NOW) is ruth


def test_whoever_has_a_new_password_is_told_by_mail_each_time(session: Session) -> None:
    ruth = cast.ruth(session)
    passwords.change_password(session, ruth, cast.PASSWORD, NEW, now=cast.NOW)
    passwords.set_password(session, ruth, cast.PASSWORD, actor="command line", now=cast.NOW)

    letters = outbox.claim_next(session, cast.keyring(), now=cast.NOW)

    assert [(letter.kind, letter.address) for letter in letters] == [("password_changed", cast.RUTH)] * 2
    assert {letter.account_token for letter in letters} == {None}
