"""What people are told and agree to: one version after another, and somebody’s word that all that has to stand in it does."""

import json
from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from delphi.canonical import sha256
from delphi.errors import ConflictError, InvalidError
from delphi.language import gettext, marked, paragraphs, speaking
from delphi.models import AuditEntry, ConsentText, Study
from delphi.resources import resource_dir
from delphi.services import auditing

DEFAULT_STATEMENT = marked("I have read this, I could ask questions, and I take part of my own free will.")
LONGEST_INFORMATION, LONGEST_STATEMENT = 200_000, 2000
CONFIRMED = "consent text confirmed"
# What the site cannot know and people have to be told, by a name, with the words that each begins with.
OWN_WORDS = {
    "who": marked("Who we are."),
    "pays": marked("Who pays."),
    "approval": marked("Who has approved it."),
    "keeping": marked("How long answers are kept."),
}


def current_consent(session: Session, study: Study) -> ConsentText:
    """Return the newest version of what people are told and agree to."""
    return session.scalars(
        select(ConsentText).where(ConsentText.study_id == study.id).order_by(ConsentText.number.desc()).limit(1)
    ).one()


def save_consent(
    session: Session,
    study: Study,
    information: str,
    statement: str,
    *,
    number: int,
    actor: str,
    now: datetime,
    is_complete: bool = False,
) -> ConsentText:
    """Keep a new version of the information and the statement, unless somebody else has kept one since `number` was read.

    Everyone agrees to the newest before they answer. `is_complete` is somebody's word that it says what this site cannot know.
    """
    current = current_consent(session, study)
    if current.number != number:
        raise ConflictError("Somebody else has changed this text meanwhile. Look at theirs, then make your change again.")
    if not information.strip() or not statement.strip():
        raise InvalidError("Say both what people are told and what they agree to.")
    if len(information) > LONGEST_INFORMATION or len(statement) > LONGEST_STATEMENT:
        raise InvalidError(
            "What people are told has at most {information} characters, and what they agree to {statement}.",
            information=LONGEST_INFORMATION,
            statement=LONGEST_STATEMENT,
        )
    if is_complete and is_as_it_came(study, information):
        raise InvalidError(
            "This is still the text that came with the site, and it does not say who you are, who pays, who has approved the "
            "study or how long answers are kept. Write that in it first."
        ).about("is_complete")
    before = is_confirmed(session, study)
    if (current.information, current.statement) != (information, statement):
        current = _next_version(session, study, current, information, statement, actor=actor, now=now)
        before = False
    if before != is_complete:
        detail = {"number": current.number, "is_complete": is_complete}
        auditing.record(session, study, CONFIRMED, actor=actor, now=now, detail=detail)
    return current


def is_confirmed(session: Session, study: Study) -> bool:
    """Tell whether somebody has confirmed that the newest version says what has to stand in it."""
    given = select(AuditEntry.detail).where(AuditEntry.study_id == study.id, AuditEntry.action == CONFIRMED)
    newest = session.scalar(given.order_by(AuditEntry.number.desc()).limit(1))
    said = json.loads(newest) if newest else {}
    return bool(said.get("is_complete")) and said["number"] == current_consent(session, study).number


def begun_with(study: Study, information: str, own: Mapping[str, str]) -> str:
    """Return the information with what the team says under OWN_WORDS before it, each a paragraph; what is empty is left out."""
    with speaking(study.language):
        said = [f"**{gettext(OWN_WORDS[name])}** {text.strip()}" for name, text in own.items() if text.strip()]
    return "\n\n".join([*said, information.lstrip()]) if said else information


def is_as_it_came(study: Study, information: str) -> bool:
    """Tell whether the information is still the text that comes with the site."""
    with speaking(study.language):
        return information.strip() == _default_information(study).strip()


def begin_consent(session: Session, study: Study, *, now: datetime) -> ConsentText:
    """Start a study with a text that is honest about what this system does; the team completes it."""
    with speaking(study.language):
        text = _consent(study, 1, _default_information(study), gettext(DEFAULT_STATEMENT), now)
    session.add(text)
    return text


def _next_version(
    session: Session, study: Study, current: ConsentText, information: str, statement: str, *, actor: str, now: datetime
) -> ConsentText:
    text = _consent(study, current.number + 1, information, statement, now)
    session.add(text)
    session.flush()
    detail = {"number": text.number, "sha256": sha256(information)}
    auditing.record(session, study, "consent text changed", actor=actor, now=now, detail=detail)
    return text


def _default_information(study: Study) -> str:
    text = (resource_dir("templates") / "consent" / "information.en.md").read_text(encoding="utf-8")
    said = "\n\n".join(map(gettext, paragraphs(text)))
    return f"{said}\n".replace("{title}", study.title)


def _consent(study: Study, number: int, information: str, statement: str, now: datetime) -> ConsentText:
    return ConsentText(
        study_id=study.id,
        number=number,
        language=study.language,
        information=information,
        statement=statement,
        created_at=now,
    )
