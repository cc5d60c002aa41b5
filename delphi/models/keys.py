"""Keys that say nothing: random, so that no order of people or of answers can be read from them."""

import secrets

CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


def random_key() -> int:
    """Return a positive 53-bit number for a primary key (exact in every language that may read an export)."""
    return secrets.randbits(53) | 1


def random_code(length: int) -> str:
    """Return a code in Crockford's base 32: no I, L, O or U to mistake."""
    return "".join(secrets.choice(CROCKFORD) for _ in range(length))


def new_pseudonym() -> str:
    """Return a panelist's name in the study, unrelated to any order.

    >>> len(new_pseudonym())
    7
    """
    return f"P-{random_code(5)}"


def new_receipt() -> str:
    """Return the lasting receipt of a ballot: twelve characters in groups that can be read out."""
    return "-".join(random_code(4) for _ in range(3))
