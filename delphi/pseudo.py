"""A language that nobody speaks, made from the messages themselves: what stays plain on a page is in no catalogue.

Every letter carries an accent, the text is a third longer and stands in brackets, so that a sentence that is cut off or glued
together from halves shows too. What is filled in keeps its place.
"""

import re
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from babel.messages import Catalog

PSEUDO = "en-XA"
_PLAIN = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
_ACCENTED = "àƀçðéƒĝĥîĵķļṁñöþǫŕšţûṽŵẋýžÀɃÇÐÉƑĜĤÎĴĶĻṀÑÖÞǪŔŠŢÛṼŴẊÝŽ"
_LETTERS = str.maketrans(_PLAIN, _ACCENTED)
# What is not words: places to fill, marks of HTML and addresses.
_KEPT = re.compile(r"(%\(\w+\)[a-z]|%%|\{[^{}\s]*\}|</?[a-z][^<>]*>|&\w+;|https?://\S+)")
_LONGER = "lorem ipsum dolor sit amet consectetur adipiscing elit sed do eiusmod tempor incididunt ut labore "


def pseudo_text(text: str) -> str:
    """Return the text in the pseudo-language.

    >>> pseudo_text("%(n)s people answered.")
    '[%(n)s þéöþļé àñšŵéŕéð. ļöŕéṁ]'
    """
    pieces = _KEPT.split(text)
    words = "".join(piece if place % 2 else piece.translate(_LETTERS) for place, piece in enumerate(pieces))
    more = (_LONGER * (len(text) // len(_LONGER) + 1))[: len(text) * 3 // 10].strip()
    return f"[{words}{' ' * bool(more)}{more.translate(_LETTERS)}]"


def pseudo_catalogue(template: Path) -> "Catalog":
    """Return the catalogue of the pseudo-language for all messages of the template."""
    from babel.messages.pofile import read_po

    with template.open("rb") as file:
        catalogue = read_po(file, locale="en")
    for message in catalogue:
        if isinstance(message.id, str):
            message.string = pseudo_text(message.id) if message.id else message.string
        else:
            message.string = tuple(pseudo_text(form) for form in message.id)
    return catalogue
