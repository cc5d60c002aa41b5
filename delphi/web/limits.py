"""How often one address may try what can be guessed: passwords and links."""

from flask_limiter import Limiter
from flask_limiter.util import get_remote_address

SIGN_IN = "20 per minute"
LINK = "120 per minute"  # a whole ward may share one address
PDF = "20 per minute"  # each is a process of its own

limiter = Limiter(get_remote_address)
