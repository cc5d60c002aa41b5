"""A phone that makes codes, for the tests of signing in with one."""

from base64 import b32decode
from datetime import UTC, datetime, timedelta

from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.totp import TOTP
from sqlalchemy.orm import Session

from delphi.models import Researcher, SecondFactor
from delphi.services import second_factor
from tests import cast


def code_for(secret: str, at: datetime = cast.NOW) -> str:
    """Return the code that a phone with this secret shows at that moment."""
    return TOTP(b32decode(secret), 6, SHA1(), 30).generate(int(at.timestamp())).decode()


def moment() -> datetime:
    """Return this moment, for a site that runs by the real clock."""
    return datetime.now(UTC)


def second_step(session: Session, researcher: Researcher) -> list[str]:
    """Set a second step up as the researcher would, two minutes ago; return the recovery codes."""
    second_factor.begin(session, cast.keyring(), researcher, cast.PASSWORD)
    enrolment = second_factor.enrolment_of(session, cast.keyring(), researcher)
    assert enrolment is not None
    before = cast.NOW - timedelta(minutes=2)
    return second_factor.complete(session, cast.keyring(), researcher, code_for(enrolment.secret, before), now=before)


def present_code(session: Session, researcher: Researcher, at: datetime = cast.NOW) -> str:
    """Return what the researcher's phone shows at that moment."""
    stored = session.get_one(SecondFactor, researcher.id).secret_ciphertext
    assert stored is not None
    return code_for(cast.keyring().decrypt_secret(stored), at)
