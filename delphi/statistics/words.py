"""Words for the library's sentences: English, unless who calls brings those of another language.

`delphi.language` is such a bringer; so is anything with these functions, gettext's own among them.
"""

from typing import Protocol


class Words(Protocol):
    """What a sentence is said with."""

    def gettext(self, message: str, **values: object) -> str:
        """Return the message in the reader's language, its %(named)s places filled."""

    def ngettext(self, singular: str, plural: str, num: int, **values: object) -> str:
        """Return the form that fits the number, `%(num)s` being it."""

    def decimal(self, figure: str) -> str:
        """Return a figure as it is written in the language: 1.5 or 1,5."""


class English:
    """The words as they stand."""

    def gettext(self, message: str, **values: object) -> str:
        """Return the message, filled."""
        return message % values if values else message

    def ngettext(self, singular: str, plural: str, num: int, **values: object) -> str:
        """Return the form that fits the number, filled."""
        return (singular if num == 1 else plural) % {"num": num, **values}

    def decimal(self, figure: str) -> str:
        """Return the figure as it is."""
        return figure


ENGLISH = English()


def marked(message: str) -> str:
    """Return the message as it is: catalogues take it up, and it is looked up where it is said."""
    return message


def listed(parts: list[str], words: Words) -> str:
    """Return the parts in one sentence, all of them said to hold."""
    said = parts[0]
    for part in parts[1:]:
        said = words.gettext("%(first)s and %(second)s", first=said, second=part)
    return said


def offered(parts: list[str], words: Words) -> str:
    """Return the parts in one sentence, one of them said to be enough."""
    said = parts[0]
    for part in parts[1:]:
        said = words.gettext("%(first)s or %(second)s", first=said, second=part)
    return said
