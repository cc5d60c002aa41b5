"""Researchers' accounts: signing in, being locked out, and roles."""

import time
from datetime import timedelta

import pytest
from argon2 import PasswordHasher
from sqlalchemy.orm import Session

from delphi.errors import ConflictError, ForbiddenError, InvalidError
from delphi.models import Role, StudyRole
from delphi.services import researchers
from delphi.services.researchers import KEEP_CONTACTS, RUN_ROUNDS, WORK_ON_RESULTS, add_researcher, check_password
from tests import cast


def sign_in(session: Session, password: str, *, after: timedelta = timedelta(), email: str = cast.RUTH) -> bool:
    return check_password(session, email, password, now=cast.NOW + after) is not None


@pytest.mark.parametrize("email", [cast.RUTH, " RUTH@Example.org "])
def test_a_researcher_signs_in_with_address_and_password(session: Session, email: str) -> None:
    ruth = cast.ruth(session)

    assert check_password(session, email, cast.PASSWORD, now=cast.NOW) is ruth
    assert ruth.password_hash.startswith("$argon2id$")
    assert cast.PASSWORD not in ruth.password_hash


@pytest.mark.parametrize(
    ("email", "password"),
    [
        (cast.RUTH, "wrong words here"),
        (cast.RUTH, ""),
        ("nobody@example.org", cast.PASSWORD),
        ("", ""),
        ("not an address", "x"),
        ("\x00", "\x00"),
    ],
)
def test_a_wrong_password_and_an_unknown_address_get_the_same_answer(session: Session, email: str, password: str) -> None:
    cast.ruth(session)

    assert check_password(session, email, password, now=cast.NOW) is None


def test_an_unknown_address_costs_as_much_work_as_a_wrong_password(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(researchers, "_hasher", PasswordHasher(time_cost=12, memory_cost=8192, parallelism=1))
    researchers._hash_of_nobody.cache_clear()
    cast.ruth(session)
    seconds = {}
    for email in ("nobody@example.org", cast.RUTH) * 2:  # the second turn counts: the first makes what is kept
        began = time.process_time()
        check_password(session, email, "wrong words here", now=cast.NOW)
        seconds[email] = time.process_time() - began
    researchers._hash_of_nobody.cache_clear()

    assert seconds["nobody@example.org"] > seconds[cast.RUTH] / 2


def test_five_failures_lock_the_account_for_a_quarter_of_an_hour(session: Session) -> None:
    cast.ruth(session)
    for _ in range(5):
        assert not sign_in(session, "wrong words here")

    assert not sign_in(session, cast.PASSWORD)
    assert not sign_in(session, cast.PASSWORD, after=timedelta(minutes=14, seconds=59))
    assert sign_in(session, cast.PASSWORD, after=timedelta(minutes=15))


def test_signing_in_forgets_earlier_failures(session: Session) -> None:
    cast.ruth(session)
    for _ in range(2):
        for _ in range(4):
            assert not sign_in(session, "wrong words here")
        assert sign_in(session, cast.PASSWORD)


@pytest.mark.parametrize(
    ("email", "password", "refusal"),
    [
        ("RUTH@example.org", cast.PASSWORD, ConflictError),
        ("new@example.org", "eleven char", InvalidError),
        ("not an address", cast.PASSWORD, InvalidError),
        ("new@example.org\nBcc: other@example.org", cast.PASSWORD, InvalidError),
    ],
)
def test_an_account_that_there_is_or_that_nobody_could_use_is_refused(
    session: Session, email: str, password: str, refusal: type[Exception]
) -> None:
    cast.ruth(session)

    with pytest.raises(refusal):
        add_researcher(session, email, password, now=cast.NOW)


def test_roles_are_held_in_one_study_only(session: Session) -> None:
    mine, other = cast.begin_study(session), cast.begin_study(session, slug="other")
    omar = add_researcher(session, "omar@example.org", cast.PASSWORD, now=cast.NOW)
    session.add(StudyRole(study_id=other.id, researcher_id=omar.id, role=Role.ANALYST, granted_at=cast.NOW))
    session.flush()

    assert researchers.roles_in(session, omar, mine) == frozenset()
    assert researchers.roles_in(session, omar, other) == {Role.ANALYST}
    assert researchers.studies_of(session, omar) == [other]
    assert researchers.roles_in(session, cast.ruth(session), mine) == {Role.OWNER, Role.FACILITATOR, Role.ANALYST, Role.CUSTODIAN}


@pytest.mark.parametrize(
    ("role", "may"),
    [
        (Role.OWNER, {RUN_ROUNDS, WORK_ON_RESULTS}),
        (Role.FACILITATOR, {RUN_ROUNDS, WORK_ON_RESULTS}),
        (Role.ANALYST, {WORK_ON_RESULTS}),
        (Role.OBSERVER, set()),
        (Role.CUSTODIAN, {KEEP_CONTACTS}),
    ],
)
def test_each_role_may_do_its_own_part(role: Role, may: set[frozenset[Role]]) -> None:
    for allowed in (RUN_ROUNDS, WORK_ON_RESULTS, KEEP_CONTACTS):
        if allowed in may:
            researchers.require_any(frozenset({role}), allowed)
        else:
            with pytest.raises(ForbiddenError, match="takes the role of"):
                researchers.require_any(frozenset({role}), allowed)
