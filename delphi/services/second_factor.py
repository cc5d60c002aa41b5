"""The second step of signing in: codes that a phone makes every thirty seconds (RFC 6238), and recovery codes without one."""

import hmac
import secrets
from base64 import b32decode, b32encode
from dataclasses import dataclass
from datetime import datetime

from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.totp import TOTP
from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from delphi.database import lock_row
from delphi.errors import ConflictError, InvalidError
from delphi.models import MailKind, RecoveryCode, Researcher, SecondFactor
from delphi.models.keys import random_code
from delphi.services import auditing
from delphi.services.keyring import Keyring
from delphi.services.outbox import queue_account_mail
from delphi.services.researchers import count_failure, forget_failures, has_second_factor, is_password_of, studies_of

ISSUER = "Delphi"
SECRET_BYTES = 20
N_DIGITS = 6
SECONDS = 30
DRIFT = 1  # steps that a phone's clock may be early or late
N_RECOVERY_CODES = 8
RECOVERY_LENGTH = 10


@dataclass(frozen=True)
class Enrolment:
    """What a phone has to be told: the secret as text, and the address that holds it for a picture to be scanned."""

    secret: str
    uri: str


def begin(session: Session, keyring: Keyring, researcher: Researcher, password: str) -> None:
    """Make a new secret; it counts once a code made from it has been typed, and until then an earlier one does."""
    _require_password(researcher, password)
    factor = _factor(session, researcher) or SecondFactor(researcher_id=researcher.id)
    factor.pending_ciphertext = keyring.encrypt_secret(b32encode(secrets.token_bytes(SECRET_BYTES)).decode())
    session.add(factor)
    session.flush()


def enrolment_of(session: Session, keyring: Keyring, researcher: Researcher) -> Enrolment | None:
    """Return what the researcher's phone has to be told, if they have begun."""
    factor = session.get(SecondFactor, researcher.id)
    if factor is None or factor.pending_ciphertext is None:
        return None
    secret = keyring.decrypt_secret(factor.pending_ciphertext)
    return Enrolment(secret, _totp(secret).get_provisioning_uri(researcher.email, ISSUER))


def complete(session: Session, keyring: Keyring, researcher: Researcher, code: str, *, now: datetime) -> list[str]:
    """Let the new secret count, as a code made from it was typed; return new recovery codes, which are told this once.

    Every session of the researcher ends, so the caller signs them in anew.
    """
    factor = _factor(session, researcher)
    if factor is None or factor.pending_ciphertext is None:
        raise ConflictError("There is nothing to complete. Begin with the second step anew.")
    step = _step_of(keyring.decrypt_secret(factor.pending_ciphertext), code, now, after=0)
    if step is None:
        raise InvalidError("This code does not fit. Type the one that your phone shows now; its clock has to be right.")
    factor.secret_ciphertext, factor.pending_ciphertext, factor.last_step = factor.pending_ciphertext, None, step
    researcher.session_epoch += 1
    return _new_codes(session, keyring, researcher)


def check_code(session: Session, keyring: Keyring, researcher: Researcher, code: str, *, now: datetime) -> bool:
    """Tell whether this is a code of the researcher's phone or one of their recovery codes; each counts once.

    A failure counts towards the lock of the account, and while that lasts no code is right. The caller commits either way.
    """
    factor = _factor(session, researcher)
    lock_row(session, researcher)
    if factor is None or factor.secret_ciphertext is None:
        return False
    if researcher.locked_until is not None and now < researcher.locked_until:
        return False
    step = _step_of(keyring.decrypt_secret(factor.secret_ciphertext), code, now, after=factor.last_step)
    if step is not None:
        factor.last_step = step
    elif not _use_recovery_code(session, keyring, researcher, code):
        count_failure(researcher, now)
        return False
    forget_failures(researcher)
    return True


def renew_recovery_codes(session: Session, keyring: Keyring, researcher: Researcher, password: str) -> list[str]:
    """Return new recovery codes, which are told this once; the earlier ones work no longer."""
    _require_password(researcher, password)
    if not has_second_factor(session, researcher):
        raise ConflictError("Recovery codes come with a second step, and there is none yet.")
    return _new_codes(session, keyring, researcher)


def n_recovery_codes(session: Session, researcher: Researcher) -> int:
    """Return how many recovery codes are left."""
    left = select(func.count()).select_from(RecoveryCode).where(RecoveryCode.researcher_id == researcher.id)
    return session.scalar(left) or 0


def remove(session: Session, researcher: Researcher, password: str, *, now: datetime) -> None:
    """Sign in with the password alone from now on."""
    _require_password(researcher, password)
    _delete(session, researcher, now)


def remove_for(session: Session, researcher: Researcher, *, actor: str, now: datetime) -> None:
    """Take the second step from somebody who has lost phone and recovery codes; on record in each of their studies."""
    if not has_second_factor(session, researcher):
        raise ConflictError("{address} has no second step, so there is nothing to remove.", address=researcher.email)
    _delete(session, researcher, now)
    for study in studies_of(session, researcher):
        detail = {"researcher": researcher.id}
        auditing.record(session, study, "second step removed", actor=actor, now=now, detail=detail)


def _factor(session: Session, researcher: Researcher) -> SecondFactor | None:
    return session.get(SecondFactor, researcher.id, with_for_update=True, populate_existing=True)


def _totp(secret: str) -> TOTP:
    return TOTP(b32decode(secret), N_DIGITS, SHA1(), SECONDS)


def _step_of(secret: str, code: str, now: datetime, *, after: int) -> int | None:
    """Return the time step whose code this is, later than `after`, if any; the phone may be a step early or late."""
    typed = "".join(code.split())
    present = int(now.timestamp()) // SECONDS
    for step in range(present - DRIFT, present + DRIFT + 1):
        expected = _totp(secret).generate(step * SECONDS)
        if step > after and hmac.compare_digest(expected, typed.encode(errors="replace")):
            return step
    return None


def _use_recovery_code(session: Session, keyring: Keyring, researcher: Researcher, code: str) -> bool:
    known = session.get(RecoveryCode, (researcher.id, keyring.code_digest(code)))
    if known is None:
        return False
    session.delete(known)
    session.flush()
    return True


def _new_codes(session: Session, keyring: Keyring, researcher: Researcher) -> list[str]:
    session.execute(delete(RecoveryCode).where(RecoveryCode.researcher_id == researcher.id))
    codes = [random_code(RECOVERY_LENGTH) for _ in range(N_RECOVERY_CODES)]
    session.add_all(RecoveryCode(researcher_id=researcher.id, digest=keyring.code_digest(code)) for code in codes)
    session.flush()
    return [f"{code[:5]}-{code[5:]}" for code in codes]


def _delete(session: Session, researcher: Researcher, now: datetime) -> None:
    for rows in (RecoveryCode, SecondFactor):
        session.execute(delete(rows).where(rows.researcher_id == researcher.id))
    researcher.session_epoch += 1
    queue_account_mail(session, researcher, MailKind.SECOND_STEP_REMOVED, now=now)
    session.flush()
    session.expire_all()


def _require_password(researcher: Researcher, password: str) -> None:
    if not is_password_of(researcher, password):
        raise InvalidError("This is not your password, so nothing was changed.")
