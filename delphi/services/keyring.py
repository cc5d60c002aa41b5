"""What the installation's secret unlocks: contacts, address hashes, personal links and the codes that stand for them."""

import hashlib
import hmac
from base64 import urlsafe_b64encode

from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from delphi.errors import DelphiError
from delphi.models.keys import CROCKFORD

TOKEN_LENGTH = 26  # 26 characters of 5 bits: 130 bits
CODE_LENGTH = 10  # 50 bits: short enough to read out, and too few to be stored as a plain hash
MISREAD = str.maketrans("OIL", "011", "-\u2010\u2011\u2012\u2013\u2014")


class Keyring:
    """Keys derived from one secret, one for each purpose, so that none tells anything of another."""

    def __init__(self, secret: str) -> None:
        self._fernet = Fernet(urlsafe_b64encode(_derive(secret, "contacts")))
        self._secrets = Fernet(urlsafe_b64encode(_derive(secret, "second factors")))
        self._address_key = _derive(secret, "addresses")
        self._link_key = _derive(secret, "links")
        self._code_key = _derive(secret, "codes")
        self._code_digest_key = _derive(secret, "code digests")
        self._account_key = _derive(secret, "account links")
        self._confirming_key = _derive(secret, "confirming links")

    def encrypt(self, text: str) -> bytes:
        return self._fernet.encrypt(text.encode())

    def encrypt_secret(self, text: str) -> bytes:
        """Return what is stored of a secret that we need as it is: the one that a phone makes codes from."""
        return self._secrets.encrypt(text.encode())

    def decrypt_secret(self, ciphertext: bytes) -> str:
        """Return the secret, or refuse when another key has written it."""
        try:
            return self._secrets.decrypt(ciphertext).decode()
        except InvalidToken:
            raise DelphiError(
                "The second step was set up with another secret key. Start with the DELPHI_SECRET_KEY of this database."
            ) from None

    def decrypt(self, ciphertext: bytes) -> str:
        """Return the text, or refuse when another secret has written it."""
        try:
            return self._fernet.decrypt(ciphertext).decode()
        except InvalidToken:
            raise DelphiError(
                "The contacts were written with another secret key. Start with the DELPHI_SECRET_KEY of this database."
            ) from None

    def address_hash(self, address: str) -> str:
        """Return the keyed hash by which an address is found again; case and outer spaces do not matter."""
        return hmac.new(self._address_key, address.strip().lower().encode(), hashlib.sha256).hexdigest()

    def link_token(self, panelist_id: int, round_id: int, serial: int) -> str:
        """Return the token of a personal link: 26 characters, the same whenever it is derived, never stored."""
        return _characters(self._link_key, f"{panelist_id}:{round_id}:{serial}", TOKEN_LENGTH)

    def typed_code(self, panelist_id: int, round_id: int, serial: int) -> str:
        """Return the code that can be typed in place of the link: ten characters in two groups, never stored."""
        code = _characters(self._code_key, f"{panelist_id}:{round_id}:{serial}", CODE_LENGTH)
        return f"{code[:5]}-{code[5:]}"

    def account_token(self, link_id: int) -> str:
        """Return the token of a link to a researcher's account, the same whenever it is derived, never stored."""
        return _characters(self._account_key, str(link_id), TOKEN_LENGTH)

    def confirming_token(self, applicant_id: int) -> str:
        """Return the token of the link by which somebody confirms an address, the same whenever it is derived, never stored."""
        return _characters(self._confirming_key, str(applicant_id), TOKEN_LENGTH)

    def code_digest(self, code: str) -> str:
        """Return what is stored of a code: a keyed hash, since whoever has the database could try all codes on a plain one."""
        return hmac.new(self._code_digest_key, as_meant(code).encode(errors="replace"), hashlib.sha256).hexdigest()


def link_digest(token: str) -> str:
    """Return what is stored of a link.

    >>> link_digest("abc-0") == link_digest("ABCO")
    True
    """
    return hashlib.sha256(as_meant(token).encode(errors="replace")).hexdigest()


def as_meant(typed: str) -> str:
    """Return a link or a code without what does not matter: case, spaces, hyphens and letters easily misread.

    >>> as_meant("abcde - fghio")
    'ABCDEFGH10'
    """
    return "".join(typed.split()).upper().translate(MISREAD)


def _characters(key: bytes, what: str, length: int) -> str:
    number = int.from_bytes(hmac.new(key, what.encode(), hashlib.sha256).digest())
    return "".join(CROCKFORD[number >> shift & 31] for shift in range(0, 5 * length, 5))


def _derive(secret: str, purpose: str) -> bytes:
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=f"delphi {purpose}".encode()).derive(secret.encode())
