"""Personal links: derived anew, found by a digest, and dead links that all answer alike."""

import random

import pytest
from sqlalchemy.orm import Session

from delphi.errors import NotFoundError
from delphi.models import Round, Study
from delphi.models.keys import CROCKFORD
from delphi.services import links
from delphi.services.keyring import Keyring, link_digest
from delphi.services.links import DEAD_CODE, DEAD_LINK, member_by_code, member_by_token, member_in_session
from tests import cast

ADDRESS = "carers-1@example.org"


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
        assert member_by_code(session, cast.keyring(), link.code) is cast.member(session, round_, link.address)


def test_a_code_is_ten_characters_in_two_groups_and_tells_nothing_of_the_link() -> None:
    code = cast.keyring().typed_code(7, 1, 1)

    assert (len(code), code[5]) == (11, "-")
    assert set(code.replace("-", "")) <= set(CROCKFORD)
    assert Keyring(cast.SECRET).typed_code(7, 1, 1) == code
    assert code.replace("-", "") not in cast.keyring().link_token(7, 1, 1)
    others = {cast.keyring().typed_code(*which) for which in ((8, 1, 1), (7, 2, 1), (7, 1, 2), (71, 1, 1), (7, 11, 1))}
    assert len(others | {code, Keyring("another secret, long enough as well").typed_code(7, 1, 1)}) == 7


@pytest.mark.parametrize(
    "typed",
    [
        str.lower,
        lambda code: code.replace("-", ""),
        lambda code: f"  {code[:5]} \u2013 {code[6:]}\n",
        lambda code: " ".join(code),
        lambda code: code.replace("0", "O").replace("1", "I"),
        lambda code: code.lower().replace("0", "o").replace("1", "l"),
    ],
)
def test_a_code_may_be_typed_as_people_type(session: Session, typed) -> None:
    study = cast.begin_study(session)
    addresses = cast.add_panel(session, study, {"Carers": 40})  # enough for codes with a 0 and a 1 in them
    round_ = cast.open_round(session, study)
    codes = {address: cast.code(session, round_, address) for address in addresses}
    assert {"0", "1"} <= set("".join(codes.values()))

    for address, code in codes.items():
        assert member_by_code(session, cast.keyring(), typed(code)) is cast.member(session, round_, address)


def test_what_is_stored_of_a_code_cannot_be_searched_without_the_secret(session: Session, round_: Round) -> None:
    code = cast.code(session, round_, ADDRESS)
    stored = cast.member(session, round_, ADDRESS).code_digest

    assert stored == cast.keyring().code_digest(code)
    assert stored != link_digest(code)
    assert stored != Keyring("another secret, long enough as well").code_digest(code)


def test_unknown_expired_and_replaced_codes_are_refused_in_the_same_words(session: Session, study: Study, round_: Round) -> None:
    replaced = cast.code(session, round_, ADDRESS)
    links.replace_link(session, cast.keyring(), study, cast.member(session, round_, ADDRESS), actor="researcher 1", now=cast.NOW)
    assert member_by_code(session, cast.keyring(), cast.code(session, round_, ADDRESS))
    expired = cast.code(session, round_, "carers-2@example.org")
    cast.close_and_publish(session, study, round_)
    cast.open_round(session, study)

    for code in ("", "XXXXX-XXXXX", expired[:-1], expired + ".", replaced, expired, "\ud800", "９" * 10):
        with pytest.raises(links.DeadLinkError) as refused:
            member_by_code(session, cast.keyring(), code)
        assert (str(refused.value), refused.value.status) == (DEAD_CODE, 404)


def test_whoever_was_invited_before_there_were_codes_gets_one_with_a_new_link(
    session: Session, study: Study, round_: Round
) -> None:
    member = cast.member(session, round_, ADDRESS)
    member.code_digest = None
    session.flush()
    with pytest.raises(links.DeadLinkError):
        member_by_code(session, cast.keyring(), cast.code(session, round_, ADDRESS))

    links.replace_link(session, cast.keyring(), study, member, actor="researcher 1", now=cast.NOW)

    assert member_by_code(session, cast.keyring(), cast.code(session, round_, ADDRESS)) is member


def test_ten_thousand_guesses_find_nobody(session: Session, round_: Round) -> None:
    chance = random.Random(20261127)

    def is_hit(find, length: int) -> bool:
        try:
            find("".join(chance.choices(CROCKFORD, k=length)))
        except links.DeadLinkError:
            return False
        return True

    assert not any(is_hit(lambda code: member_by_code(session, cast.keyring(), code), 10) for _ in range(10_000))
    assert not any(is_hit(lambda token: member_by_token(session, token), 26) for _ in range(10_000))


def test_leaving_ends_every_session_and_leaves_the_link(session: Session, round_: Round) -> None:
    member, token = cast.member(session, round_, ADDRESS), cast.token(session, round_, ADDRESS)
    before = member.panelist.session_epoch

    links.end_sessions(session, member.panelist)

    assert member.panelist.session_epoch == before + 1
    assert member_by_token(session, token) is member
