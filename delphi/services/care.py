"""Where a panelist can turn: words for a crisis, and somebody outside the team, as the study's owners keep them."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from delphi.database import lock_row
from delphi.errors import ConflictError, InvalidError
from delphi.language import marked
from delphi.models import Study
from delphi.services import auditing
from delphi.services.researchers import normal_address

CRISIS_FACT, CONTACT_FACT = "crisis", "outside_contact"
CRISIS_WORDS = marked("If you or somebody else is in danger now, call the emergency number of your country.")
LONGEST_LINE, LONGEST_CRISIS = 200, 1000


@dataclass(frozen=True)
class OutsideContact:
    """Somebody outside the research team to whom a panelist can turn about the study."""

    name: str = ""
    role: str = ""
    phone: str = ""
    mail: str = ""

    @property
    def is_reachable(self) -> bool:
        """Whether there is a person and a way to reach them: half an entry helps nobody."""
        return bool(self.name and (self.phone or self.mail))


def crisis_words(study: Study) -> str:
    """Return where to turn in a crisis: the study's own words, else a default (a msgid, so pass it through gettext)."""
    return own_crisis_words(study) or CRISIS_WORDS


def own_crisis_words(study: Study) -> str:
    """Return what the study itself says for a crisis, nothing where it has no words of its own."""
    return str(study.facts.get(CRISIS_FACT, ""))


def outside_contact(study: Study) -> OutsideContact | None:
    """Return whom outside the team a panelist can turn to, or None while the study names nobody."""
    kept: Mapping[str, str] = study.facts.get(CONTACT_FACT) or {}
    contact = OutsideContact(**kept)
    return contact if contact.is_reachable else None


def save_care(
    session: Session, study: Study, contact: OutsideContact, crisis: str, *, version: int, actor: str, now: datetime
) -> None:
    """Keep whom to turn to and what to do in a crisis, unless the study was changed since `version` was read."""
    lock_row(session, study)
    if study.version != version:
        raise ConflictError("Somebody else has changed the study meanwhile. Look at theirs, then make your change again.")
    kept, words = _checked(contact), _checked_words(crisis)
    if (kept, words) == (OutsideContact(**study.facts.get(CONTACT_FACT, {})), own_crisis_words(study)):
        return
    # A new mapping: a change within the old one would not be noticed.
    study.facts = {**study.facts, CONTACT_FACT: asdict(kept), CRISIS_FACT: words}
    session.flush()
    texts = {"contact": ", ".join(filter(None, asdict(kept).values())), "crisis": words}
    auditing.record(session, study, "help and contact changed", actor=actor, now=now, texts=texts)


def _checked(contact: OutsideContact) -> OutsideContact:
    lines = {name: " ".join(value.split()) for name, value in asdict(contact).items()}
    if any(len(line) > LONGEST_LINE for line in lines.values()):
        raise InvalidError("Each line has at most {most} characters.", most=LONGEST_LINE)
    clean = OutsideContact(**lines)
    if any(lines.values()) and not clean.is_reachable:
        raise InvalidError("Give a name, and a telephone number or an e-mail address. Or leave all lines empty.")
    if clean.mail:
        normal_address(clean.mail)
    return clean


def _checked_words(crisis: str) -> str:
    words = crisis.replace("\r\n", "\n").strip()
    if len(words) > LONGEST_CRISIS:
        raise InvalidError("The words for a crisis have at most {most} characters.", most=LONGEST_CRISIS)
    return words
