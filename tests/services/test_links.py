"""Personal links: derived anew, found by a digest, and dead links that all answer alike."""

import pytest
from sqlalchemy.orm import Session

from delphi.errors import NotFoundError
from delphi.models import Round, Study
from delphi.models.keys import CROCKFORD
from delphi.services import links
from delphi.services.keyring import Keyring, link_digest
from delphi.services.links import DEAD_LINK, member_by_token, member_in_session
from tests import cast

ADDRESS = "carers-1@example.org"


@pytest.fixture
def study(session: Session) -> Study:
    study = cast.begin_study(session)
    cast.add_panel(session, study, {"Carers": 6})
    return study


@pytest.fixture
def round_(session: Session, study: Study) -> Round:
    return cast.open_round(session, study)


def test_a_token_is_26_characters_that_cannot_be_mistaken_and_the_same_each_time() -> None:
    token = cast.keyring().link_token(7, 1, 1)

    assert len(token) == 26
    assert set(token) <= set(CROCKFORD)
    assert Keyring(cast.SECRET).link_token(7, 1, 1) == token


def test_another_secret_person_round_or_serial_gives_another_token() -> None:
    tokens = {cast.keyring().link_token(*which) for which in ((7, 1, 1), (8, 1, 1), (7, 2, 1), (7, 1, 2), (71, 1, 1), (7, 11, 1))}

    assert len(tokens | {Keyring("another secret, long enough as well").link_token(7, 1, 1)}) == 7


@pytest.mark.parametrize(
    "written", [str.lower, lambda t: f" {t[:9]} {t[9:]}", lambda t: "-".join(t), lambda t: t.replace("0", "o").replace("1", "l")]
)
def test_case_spaces_hyphens_and_letters_easily_misread_do_not_matter(session: Session, round_: Round, written) -> None:
    token = cast.token(session, round_, ADDRESS)

    assert member_by_token(session, written(token)) is cast.member(session, round_, ADDRESS)


def test_unknown_cut_replaced_and_expired_links_are_refused_in_the_same_words(
    session: Session, study: Study, round_: Round
) -> None:
    replaced = cast.token(session, round_, ADDRESS)
    links.replace_link(session, cast.keyring(), study, cast.member(session, round_, ADDRESS), actor="researcher 1", now=cast.NOW)
    expired = cast.token(session, round_, "carers-2@example.org")
    cast.close_and_publish(session, study, round_)
    cast.open_round(session, study)

    for token in ("", "X" * 26, expired[:-1], expired + ".", replaced, expired, "\ud800", "９" * 26):
        with pytest.raises(NotFoundError) as refused:
            member_by_token(session, token)
        assert str(refused.value) == DEAD_LINK


def test_a_new_link_works_and_ends_the_old_one_and_its_sessions(session: Session, study: Study, round_: Round) -> None:
    member = cast.member(session, round_, ADDRESS)
    old, serial = cast.token(session, round_, ADDRESS), member.panelist.link_serial
    assert member_in_session(session, round_.id, member.panelist_id, serial) is member

    new = links.replace_link(session, cast.keyring(), study, member, actor="researcher 1", now=cast.NOW)

    assert member_by_token(session, new) is member
    assert link_digest(new) == member.link_digest
    with pytest.raises(NotFoundError):
        member_by_token(session, old)
    with pytest.raises(NotFoundError):
        member_in_session(session, round_.id, member.panelist_id, serial)


def test_a_closed_round_can_be_looked_at_until_the_next_one_opens(session: Session, study: Study, round_: Round) -> None:
    token = cast.token(session, round_, ADDRESS)
    cast.close_and_publish(session, study, round_)

    assert member_by_token(session, token).round_id == round_.id


def test_the_links_handed_out_are_those_that_let_in(session: Session, study: Study, round_: Round) -> None:
    handed_out = links.personal_links(session, cast.keyring(), study, round_)

    assert [link.name for link in handed_out] == [f"Carers Person {n}" for n in range(1, 7)]
    for link in handed_out:
        assert member_by_token(session, link.token) is cast.member(session, round_, link.address)
