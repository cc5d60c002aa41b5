"""Researchers' accounts: who may sign in, and what their roles let them do."""

from datetime import datetime, timedelta
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import VerificationError
from email_validator import EmailNotValidError, validate_email
from sqlalchemy import select
from sqlalchemy.orm import Session

from delphi.errors import ConflictError, Either, ForbiddenError, InvalidError, NotFoundError
from delphi.language import marked
from delphi.models import Researcher, Role, SecondFactor, Study, StudyRole
from delphi.services import auditing

SHORTEST_PASSWORD = 12
MOST_FAILURES = 5
LOCKED_FOR = timedelta(minutes=15)

SEE = frozenset(Role)
SEE_RESULTS = frozenset(Role) - {Role.CUSTODIAN}  # who only keeps the contacts sees who has answered, never what
OWN = frozenset({Role.OWNER})
RUN_ROUNDS = frozenset({Role.OWNER, Role.FACILITATOR})
WORK_ON_RESULTS = frozenset({Role.OWNER, Role.FACILITATOR, Role.ANALYST})
# Who prints packs and types in what comes back sees answers under a code name, so it is not who keeps the names.
HANDLE_PAPER = frozenset({Role.FACILITATOR})
KEEP_CONTACTS = frozenset({Role.CUSTODIAN})

_hasher = PasswordHasher()

ROLE_WORDS = {
    Role.OWNER: marked("owner"),
    Role.FACILITATOR: marked("facilitator"),
    Role.ANALYST: marked("analyst"),
    Role.OBSERVER: marked("observer"),
    Role.CUSTODIAN: marked("custodian"),
}


def normal_address(given: str) -> str:
    """Return the address as it is stored, or refuse what is none."""
    try:
        return validate_email(given, check_deliverability=False).normalized.lower()
    except EmailNotValidError as error:
        raise InvalidError("{given!r} is not an e-mail address: {error}", given=given, error=error) from None


def add_researcher(session: Session, email: str, password: str, *, now: datetime) -> Researcher:
    """Give a researcher an account, or refuse an address that has one and a password that is too short."""
    address = normal_address(email)
    if session.scalar(select(Researcher).where(Researcher.email == address)):
        raise ConflictError("{address} has an account already.", address=address)
    researcher = Researcher(email=address, password_hash=hash_of(password), created_at=now)
    session.add(researcher)
    session.flush()
    return researcher


def hash_of(password: str) -> str:
    """Return what is stored of a password, or refuse one that is too short."""
    if len(password) < SHORTEST_PASSWORD:
        raise InvalidError("A password has at least {least} characters. Three or four words do well.", least=SHORTEST_PASSWORD)
    return _hasher.hash(password)


def is_password_of(researcher: Researcher, password: str) -> bool:
    """Tell whether this is the researcher's password: to be sure of somebody who is signed in already."""
    return _matches(researcher.password_hash, password)


def check_password(session: Session, email: str, password: str, *, now: datetime) -> Researcher | None:
    """Return the researcher whose address and password these are, or None; five failures lock the account a while.

    The same time is spent, and the same said, whether or not the address has an account. The caller commits either way.
    """
    researcher = session.scalar(select(Researcher).where(Researcher.email == _as_stored(email)).with_for_update())
    if not _matches(researcher.password_hash if researcher else _hash_of_nobody(), password) or researcher is None:
        if researcher is not None:
            count_failure(researcher, now)
        return None
    if researcher.locked_until is not None and now < researcher.locked_until:
        return None
    # With the password alone somebody could try codes for ever, if each right password forgot the wrong codes before it.
    if not has_second_factor(session, researcher):
        forget_failures(researcher)
    return researcher


def has_second_factor(session: Session, researcher: Researcher) -> bool:
    """Tell whether this researcher signs in with a code beside the password."""
    factor = session.get(SecondFactor, researcher.id)
    return factor is not None and factor.secret_ciphertext is not None


def known_by(session: Session, email: str) -> Researcher | None:
    """Return the researcher with this address, if there is one."""
    return session.scalar(select(Researcher).where(Researcher.email == _as_stored(email)))


def find_researcher(session: Session, email: str) -> Researcher:
    """Return the researcher with this address."""
    researcher = known_by(session, email)
    if researcher is None:
        raise NotFoundError("{email} has no account. Add one with: delphi researcher add {email}", email=email)
    return researcher


def only_researcher(session: Session) -> Researcher:
    """Return the researcher, as long as there is exactly one."""
    researchers = session.scalars(select(Researcher).limit(2)).all()
    if not researchers:
        raise NotFoundError("There is no researcher yet. Add one with: delphi researcher add E-MAIL")
    if len(researchers) > 1:
        raise InvalidError("There are several researchers. Say whose study it is with --owner E-MAIL")
    return researchers[0]


def researchers_of(session: Session, study: Study) -> list[str]:
    """Return the addresses of all who hold a role in the study, by the alphabet."""
    held = select(StudyRole.researcher_id).where(StudyRole.study_id == study.id)
    return list(session.scalars(select(Researcher.email).where(Researcher.id.in_(held)).order_by(Researcher.email)))


def studies_of(session: Session, researcher: Researcher) -> list[Study]:
    """Return the studies in which this researcher has a role, the newest first."""
    mine = select(StudyRole.study_id).where(StudyRole.researcher_id == researcher.id)
    return list(session.scalars(select(Study).where(Study.id.in_(mine)).order_by(Study.id.desc())))


def roles_in(session: Session, researcher: Researcher, study: Study) -> frozenset[Role]:
    """Return the roles that this researcher holds in this study; none for a stranger to it."""
    held = select(StudyRole.role).where(StudyRole.study_id == study.id, StudyRole.researcher_id == researcher.id)
    return frozenset(Role(role) for role in session.scalars(held))


def give_role(session: Session, researcher: Researcher, study: Study, role: Role, *, actor: str, now: datetime) -> None:
    """Let a researcher do in the study what this role may; refused where they hold it already."""
    if role in roles_in(session, researcher, study):
        raise ConflictError("{address} is {role} of this study already.", address=researcher.email, role=role)
    session.add(StudyRole(study_id=study.id, researcher_id=researcher.id, role=role, granted_at=now))
    detail = {"researcher": researcher.id, "role": role}
    auditing.record(session, study, "role given", actor=actor, now=now, detail=detail)


def require_any(held: frozenset[Role], allowed: frozenset[Role]) -> None:
    """Refuse someone who holds none of the roles that this takes."""
    if not held & allowed:
        raise ForbiddenError(
            "This takes the role of {roles} in this study. Ask the owner of the study.",
            roles=Either(*(ROLE_WORDS[role] for role in sorted(allowed))),
        )


def _as_stored(email: str) -> str:
    try:
        return normal_address(email.strip())
    except InvalidError:
        return ""


def _matches(password_hash: str, password: str) -> bool:
    try:
        return _hasher.verify(password_hash, password)
    except VerificationError:
        return False


def count_failure(researcher: Researcher, now: datetime) -> None:
    """Count a wrong password or code; the fifth locks the account a while."""
    researcher.failed_sign_ins += 1
    if researcher.failed_sign_ins >= MOST_FAILURES:
        researcher.failed_sign_ins, researcher.locked_until = 0, now + LOCKED_FOR


def forget_failures(researcher: Researcher) -> None:
    """Begin to count anew, as whoever signs in has shown who they are."""
    researcher.failed_sign_ins, researcher.locked_until = 0, None


@cache
def _hash_of_nobody() -> str:
    return _hasher.hash("an account that nobody has")
