"""How long what people read before they agree takes: their study's text, and what the site always adds below it."""

import re

from flask import g, get_template_attribute

from delphi.manual.html import plain_text
from delphi.services.care import crisis_words, outside_contact
from delphi.services.consent import current_consent
from delphi.services.minutes import minutes_to_read
from delphi.services.protocol import choices_of, current_protocol
from delphi.services.sight import sight_of

_TAG = re.compile(r"<[^>]*>")


def information_minutes() -> int:
    """Return how many minutes the information of the study takes, reckoned as the sections of the manual are."""
    text = current_consent(g.session, g.study)
    added = (
        _macro("care.html", "who_sees", sight_of(g.session, g.study)),
        _macro("care.html", "turn_to", crisis_words(g.study), outside_contact(g.study)),
        _macro("withdrawal.html", "withdrawal_effects", choices_of(current_protocol(g.session, g.study)).withdrawal),
    )
    return minutes_to_read(" ".join([plain_text(text.information), text.statement, *added]))


def _macro(file: str, name: str, *values: object) -> str:
    """Return the words of a macro of the consent page; tags part words there, as they stand between heads and cells."""
    return _TAG.sub(" ", get_template_attribute(f"macros/{file}", name)(*values))
