"""The site's words in the reader's language; the same functions as Flask-Babel's, with types."""

from typing import Any

import flask_babel


def gettext(message: str, **values: object) -> str:
    """Return the message in the reader's language, with its %(named)s places filled."""
    return str(flask_babel.gettext(message, **values))


def ngettext(singular: str, plural: str, num: int, **values: object) -> str:
    """Return the form that fits the number, in the reader's language."""
    return str(flask_babel.ngettext(singular, plural, num, **values))


def lazy_gettext(message: str, **values: object) -> Any:
    """Return the message to be looked up when it is shown: for what is said before anybody has asked."""
    return flask_babel.lazy_gettext(message, **values)
