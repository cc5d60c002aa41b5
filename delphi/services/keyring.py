"""What the installation's secret unlocks: contacts, address hashes and personal links."""

import hashlib
import hmac
from base64 import urlsafe_b64encode

from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from delphi.errors import DelphiError
from delphi.models.keys import CROCKFORD

TOKEN_LENGTH = 26  # 26 characters of 5 bits: 130 bits
MISREAD = str.maketrans("OIL", "011", "- ")


class Keyring:
    """Keys derived from one secret, one for each purpose, so that none tells anything of another."""

    def __init__(self, secret: str) -> None:
        self._fernet = Fernet(urlsafe_b64encode(_derive(secret, "contacts")))
        self._address_key = _derive(secret, "addresses")
        self._link_key = _derive(secret, "links")

    def encrypt(self, text: str) -> bytes:
        return self._fernet.encrypt(text.encode())

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
        digest = hmac.new(self._link_key, f"{panelist_id}:{round_id}:{serial}".encode(), hashlib.sha256).digest()
        number = int.from_bytes(digest)
        return "".join(CROCKFORD[number >> shift & 31] for shift in range(0, 5 * TOKEN_LENGTH, 5))


def link_digest(token: str) -> str:
    """Return what is stored of a link. Case, spaces, hyphens and letters easily misread do not matter.

    >>> link_digest("abc-0") == link_digest("ABCO")
    True
    """
    return hashlib.sha256(token.upper().translate(MISREAD).encode(errors="replace")).hexdigest()


def _derive(secret: str, purpose: str) -> bytes:
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=f"delphi {purpose}".encode()).derive(secret.encode())
