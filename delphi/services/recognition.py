"""Whether a text seems to tell who wrote it. It is only looked at: nothing that is found is kept."""

import re
import unicodedata
from collections.abc import Mapping
from enum import StrEnum

from sqlalchemy.orm import Session

from delphi.models import Contact
from delphi.services.keyring import Keyring

SHORTEST_NAME = 3
USUAL_WORD = 4  # a name as short as Will or Rose is also a word, so it only counts as it is spelt
_MAIL = re.compile(r"[^\s@<>]+@[^\s@<>]+\.[^\W\d_]{2,}")
_PHONE = re.compile(r"(?<!\w)\+?\(?\d(?:[ ()./-]{0,2}\d){7,14}(?!\w)")
_DATE = re.compile(r"\b\d{1,4}[./-]\d{1,2}[./-]\d{1,4}\b|\b\d{4}\s?[-–/]\s?\d{4}\b")
_POSTCODE = re.compile(r"\b[A-Z]{1,2}\d[A-Z\d]? ?\d[A-Z]{2}\b")
_ROADS = "Street|St|Road|Rd|Avenue|Ave|Lane|Close|Drive|Crescent|Terrace|Gardens|Court|Way"
_STREET = re.compile(rf"\b\d{{1,4}}[a-z]?,? (?:[A-Z][\w'’.-]* ){{1,3}}(?:{_ROADS})\b")


class Trace(StrEnum):
    """What in a text may tell who wrote it."""

    NAME = "name"
    MAIL = "mail"
    PHONE = "phone"
    ADDRESS = "address"


def traces(session: Session, keyring: Keyring, panelist_id: int, texts: Mapping[str, str]) -> dict[str, tuple[Trace, ...]]:
    """Return what in each of a writer's texts may tell who they are; texts in which nothing does are left out."""
    said = {name: text for name, text in texts.items() if text}
    if not said:
        return {}
    contact = session.get(Contact, panelist_id)
    own_name = keyring.decrypt(contact.name_ciphertext) if contact else ""
    found = {name: _traces(text, own_name) for name, text in said.items()}
    return {name: there for name, there in found.items() if there}


def _traces(text: str, own_name: str) -> tuple[Trace, ...]:
    is_there = {
        Trace.NAME: names(text, own_name),
        Trace.MAIL: _MAIL.search(text) is not None,
        Trace.PHONE: _PHONE.search(_DATE.sub(" – ", text)) is not None,
        Trace.ADDRESS: _POSTCODE.search(text) is not None or _STREET.search(text) is not None,
    }
    return tuple(trace for trace, found in is_there.items() if found)


def names(text: str, own_name: str) -> bool:
    """Tell whether the text holds the name or, as a word, a part of it that is long enough to be one.

    >>> names("Ask denise about it.", "Denise Okoro"), names("They will ask.", "Will Stott"), names("Will said so.", "Will Stott")
    (True, False, True)
    """
    folded, whole = _folded(text).casefold(), " ".join(_folded(own_name).casefold().split())
    if whole and re.search(rf"(?<!\w){re.escape(whole)}(?!\w)", " ".join(folded.split())):
        return True
    if whole and not whole.isascii() and whole in folded:  # scripts without spaces between words
        return True
    parts = [part for part in re.findall(r"\w[\w'’-]*", _folded(own_name)) if len(part) >= SHORTEST_NAME and not part.islower()]
    words = set(re.findall(r"\w[\w'’-]*", _folded(text)))
    words |= {word.removesuffix("'s").removesuffix("’s") for word in words}
    lower = {word.casefold() for word in words}
    return any(part.casefold() in lower if len(part) > USUAL_WORD else part in words for part in parts)


def _folded(text: str) -> str:
    """Return the text without accents, which not everybody types."""
    return "".join(one for one in unicodedata.normalize("NFKD", text) if not unicodedata.combining(one))
