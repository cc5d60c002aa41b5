"""The second step of signing in: codes by the clock, each once, and recovery codes."""

from base64 import b32encode
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from delphi.errors import ConflictError, DelphiError, InvalidError
from delphi.models import AuditEntry, RecoveryCode, Researcher, SecondFactor
from delphi.services import outbox, second_factor
from delphi.services.keyring import Keyring
from delphi.services.researchers import check_password, has_second_factor
from tests import cast
from tests.phone import code_for, present_code, second_step

STEP = timedelta(seconds=30)
# RFC 6238, appendix B, SHA-1; the last six of its eight digits.
VECTORS = {
    59: "287082",
    1111111109: "081804",
    1111111111: "050471",
    1234567890: "005924",
    2000000000: "279037",
    20000000000: "353130",
}


@pytest.fixture
def ruth(session: Session) -> Researcher:
    return cast.ruth(session)


def check(session: Session, who: Researcher, code: str, *, after: timedelta = timedelta()) -> bool:
    return second_factor.check_code(session, cast.keyring(), who, code, now=cast.NOW + after)


@pytest.mark.parametrize(("seconds", "code"), VECTORS.items())
def test_codes_are_those_of_the_standard(session: Session, ruth: Researcher, seconds: int, code: str) -> None:
    secret = b32encode(b"12345678901234567890").decode()
    session.add(SecondFactor(researcher_id=ruth.id, secret_ciphertext=cast.keyring().encrypt_secret(secret)))
    session.flush()

    moment = datetime.fromtimestamp(seconds, UTC)

    assert not second_factor.check_code(session, cast.keyring(), ruth, "000000", now=moment)
    assert second_factor.check_code(session, cast.keyring(), ruth, code, now=moment)


def test_it_is_set_up_once_a_code_was_typed(session: Session, ruth: Researcher) -> None:
    before = ruth.session_epoch
    second_factor.begin(session, cast.keyring(), ruth, cast.PASSWORD)
    enrolment = second_factor.enrolment_of(session, cast.keyring(), ruth)
    assert enrolment is not None
    assert enrolment.secret in enrolment.uri
    assert "ruth%40example.org" in enrolment.uri
    with pytest.raises(InvalidError, match="does not fit"):
        second_factor.complete(session, cast.keyring(), ruth, "000000", now=cast.NOW)
    assert not has_second_factor(session, ruth)

    codes = second_factor.complete(session, cast.keyring(), ruth, code_for(enrolment.secret), now=cast.NOW)

    assert has_second_factor(session, ruth)
    assert second_factor.enrolment_of(session, cast.keyring(), ruth) is None
    assert len(set(codes)) == 8
    assert ruth.session_epoch > before


def test_neither_secret_nor_recovery_codes_are_stored_in_the_clear(session: Session, ruth: Researcher) -> None:
    second_factor.begin(session, cast.keyring(), ruth, cast.PASSWORD)
    enrolment = second_factor.enrolment_of(session, cast.keyring(), ruth)
    assert enrolment is not None
    codes = second_factor.complete(session, cast.keyring(), ruth, code_for(enrolment.secret), now=cast.NOW)

    stored = "".join(session.connection().connection.iterdump())  # type: ignore[attr-defined]

    for told in (enrolment.secret, *codes, *(code.replace("-", "") for code in codes)):
        assert told not in stored
    with pytest.raises(DelphiError, match="another secret key"):
        check_with_another_key(session, ruth)


def check_with_another_key(session: Session, ruth: Researcher) -> None:
    second_factor.check_code(session, Keyring("x" * 40), ruth, "000000", now=cast.NOW)


@pytest.mark.parametrize(("steps", "is_taken"), [(-2, False), (-1, True), (0, True), (1, True), (2, False)])
def test_the_phone_may_be_one_step_early_or_late(session: Session, ruth: Researcher, steps: int, is_taken: bool) -> None:
    second_step(session, ruth)

    assert check(session, ruth, present_code(session, ruth, cast.NOW + steps * STEP)) is is_taken


def test_a_code_counts_once_and_none_from_before_it_counts_after(session: Session, ruth: Researcher) -> None:
    second_step(session, ruth)
    earlier, code = (present_code(session, ruth, cast.NOW + n * STEP) for n in (-1, 0))
    assert check(session, ruth, f" {code[:3]} {code[3:]} ")

    assert not check(session, ruth, code)
    assert not check(session, ruth, earlier)
    assert check(session, ruth, present_code(session, ruth, cast.NOW + STEP), after=STEP)


def test_the_code_that_set_it_up_does_not_sign_in(session: Session, ruth: Researcher) -> None:
    second_factor.begin(session, cast.keyring(), ruth, cast.PASSWORD)
    enrolment = second_factor.enrolment_of(session, cast.keyring(), ruth)
    assert enrolment is not None
    code = code_for(enrolment.secret)
    second_factor.complete(session, cast.keyring(), ruth, code, now=cast.NOW)

    assert not check(session, ruth, code)


def test_a_recovery_code_lets_in_once_however_it_is_typed(session: Session, ruth: Researcher) -> None:
    first, second, *_ = second_step(session, ruth)

    assert check(session, ruth, first)
    assert not check(session, ruth, first)
    assert check(session, ruth, f" {second.lower().replace('-', ' ')}")
    assert second_factor.n_recovery_codes(session, ruth) == 6


def test_somebody_elses_recovery_code_opens_nothing(session: Session, ruth: Researcher) -> None:
    other = second_factor_of_somebody_else(session)
    second_step(session, ruth)

    assert not check(session, ruth, other[0])


def second_factor_of_somebody_else(session: Session) -> list[str]:
    from delphi.services.researchers import add_researcher

    return second_step(session, add_researcher(session, "sol@example.org", cast.PASSWORD, now=cast.NOW))


def test_five_wrong_codes_lock_the_account_and_the_right_password_does_not_forget_them(
    session: Session, ruth: Researcher
) -> None:
    second_step(session, ruth)
    for _ in range(4):
        assert check_password(session, cast.RUTH, cast.PASSWORD, now=cast.NOW) is ruth
        assert not check(session, ruth, "000000")
    assert check_password(session, cast.RUTH, cast.PASSWORD, now=cast.NOW) is ruth
    assert not check(session, ruth, "000000")

    assert not check(session, ruth, present_code(session, ruth))
    assert check_password(session, cast.RUTH, cast.PASSWORD, now=cast.NOW) is None
    later = timedelta(minutes=15)
    assert check(session, ruth, present_code(session, ruth, cast.NOW + later), after=later)
    assert ruth.failed_sign_ins == 0


@pytest.mark.parametrize("code", ["", " ", "12345", "1234567", "abcdef", "١٢٣٤٥٦", "\x00", "９" * 6, "x" * 500])
def test_what_is_no_code_is_refused(session: Session, ruth: Researcher, code: str) -> None:
    second_step(session, ruth)

    assert not check(session, ruth, code)


def test_nobody_without_a_second_step_is_let_in_by_a_code(session: Session, ruth: Researcher) -> None:
    assert not check(session, ruth, "000000")
    second_factor.begin(session, cast.keyring(), ruth, cast.PASSWORD)
    enrolment = second_factor.enrolment_of(session, cast.keyring(), ruth)
    assert enrolment is not None

    assert not check(session, ruth, code_for(enrolment.secret))


def test_another_phone_takes_over_when_its_first_code_was_typed(session: Session, ruth: Researcher) -> None:
    old_codes = second_step(session, ruth)
    second_factor.begin(session, cast.keyring(), ruth, cast.PASSWORD)
    assert check(session, ruth, present_code(session, ruth))
    enrolment = second_factor.enrolment_of(session, cast.keyring(), ruth)
    assert enrolment is not None
    later = cast.NOW + 4 * STEP
    second_factor.complete(session, cast.keyring(), ruth, code_for(enrolment.secret, later), now=later)

    assert not check(session, ruth, old_codes[0])
    assert check(session, ruth, code_for(enrolment.secret, later + STEP), after=5 * STEP)


def test_every_change_wants_the_password(session: Session, ruth: Researcher) -> None:
    second_step(session, ruth)
    for act in (
        lambda: second_factor.begin(session, cast.keyring(), ruth, "wrong words here"),
        lambda: second_factor.renew_recovery_codes(session, cast.keyring(), ruth, "wrong words here"),
        lambda: second_factor.remove(session, ruth, "wrong words here", now=cast.NOW),
    ):
        with pytest.raises(InvalidError, match="not your password"):
            act()


def test_new_recovery_codes_replace_the_old_ones(session: Session, ruth: Researcher) -> None:
    old = second_step(session, ruth)

    new = second_factor.renew_recovery_codes(session, cast.keyring(), ruth, cast.PASSWORD)

    assert not check(session, ruth, old[0])
    assert check(session, ruth, new[0])


def test_removing_it_ends_every_session_and_leaves_nothing(session: Session, ruth: Researcher) -> None:
    second_step(session, ruth)
    before = ruth.session_epoch

    second_factor.remove(session, ruth, cast.PASSWORD, now=cast.NOW)

    assert ruth.session_epoch > before
    assert not has_second_factor(session, ruth)
    assert session.scalars(select(RecoveryCode)).all() == []


def test_who_looks_after_the_server_removes_it_on_record(session: Session, ruth: Researcher) -> None:
    cast.begin_study(session)
    with pytest.raises(ConflictError, match="nothing to remove"):
        second_factor.remove_for(session, ruth, actor="command line", now=cast.NOW)
    second_step(session, ruth)

    second_factor.remove_for(session, ruth, actor="command line", now=cast.NOW)

    assert not has_second_factor(session, ruth)
    last = session.scalars(select(AuditEntry).order_by(AuditEntry.number.desc())).first()
    assert last is not None
    assert (last.actor, last.action) == ("command line", "second step removed")
    (letter,) = outbox.claim_next(session, cast.keyring(), now=cast.NOW)
    assert (letter.kind, letter.address) == ("second_step_removed", cast.RUTH)
