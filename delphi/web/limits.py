"""How often one address may try what can be guessed: passwords, links and codes; and how often all together."""

from flask import Response
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address

SIGN_IN = "20 per minute"
LINK = "120 per minute"  # a whole ward may share one address
PDF = "20 per minute"  # each is a process of its own
# Codes are short. Tries that fail are counted, of each address and, since one who guesses has many, of all together.
CODE = "10 per minute; 60 per hour"
CODE_ANYWHERE = "60 per minute; 600 per hour"
NEW_LINK = "5 per minute; 30 per hour"
JOIN = "10 per minute; 60 per hour"
JOIN_ANYWHERE = "600 per hour"  # each may send a mail to somebody who never asked for one

SAME_TIME = 0.3  # seconds that an answer about an address takes at least, whether or not there is work to do

limiter = Limiter(get_remote_address)


def anywhere() -> str:
    """Return the key under which tries from every address are counted together."""
    return "anywhere"


def has_failed(response: Response) -> bool:
    """Tell whether a try was one that a guesser makes."""
    return response.status_code == 404
