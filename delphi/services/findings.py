"""What a check before a round opens can find: something to mend, or to think about."""

from dataclasses import dataclass
from enum import StrEnum

from delphi.errors import Message
from delphi.language import marked

OWN_CONVENTION = marked("A convention of this site")
PROTECTION = marked("The disclosure policy that the protocol seals")


class Place(StrEnum):
    """Where something can be mended."""

    MANUAL = "manual"
    PANEL = "panel"
    PROTOCOL = "protocol"
    RULE = "rule"
    ASSIGNING = "assigning"
    COURSE = "course"
    SAFEGUARDING = "safeguarding"
    CONSENT = "consent"
    CARE = "care"
    MAIL = "mail"
    TEAM = "team"
    LINKS = "links"


@dataclass(frozen=True)
class Finding:
    """Something to mend or to think about before a round opens; what is missing keeps the round from opening.

    `key` is what the log calls it. `source` is a citation, or what else the advice rests on. `more` is for whoever wants to know
    how, or what else helps.
    """

    key: str
    place: Place
    what: Message
    why: Message
    source: str
    is_missing: bool = False
    more: Message | None = None
