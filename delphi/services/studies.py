"""Studies: beginning one, finding it, and what its next step is."""

import re
import unicodedata
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from delphi.errors import ConflictError, InvalidError, NotFoundError
from delphi.manual.outline import Outline
from delphi.models import Researcher, Role, Round, Study, StudyRole
from delphi.services import auditing
from delphi.services.consent import begin_consent
from delphi.services.drafts import first_draft
from delphi.services.protocol import begin_protocol

LONGEST_SLUG = 60
# Whoever begins a study holds every role in it; pages and consent say that this person can link names and answers.
ROLES_OF_FOUNDER = (Role.OWNER, Role.FACILITATOR, Role.ANALYST, Role.CUSTODIAN)


def create_study(
    session: Session, outline: Outline, *, owner: Researcher, actor: str, now: datetime, title: str = "", slug: str = ""
) -> Study:
    """Begin a study from a draft, with the default protocol; the owner holds every role until others join."""
    title = " ".join(title.split()) or str(outline.meta["title"])
    slug = slug or slug_of(title)
    if session.scalar(select(Study).where(Study.slug == slug)):
        raise ConflictError("There is a study called {slug} already. Give this one another title.", slug=slug)
    study = Study(slug=slug, title=title, language=str(outline.meta.get("language", "en")), created_at=now)
    study.roles = [StudyRole(researcher_id=owner.id, role=role, granted_at=now) for role in ROLES_OF_FOUNDER]
    session.add(study)
    session.flush()
    draft = first_draft(session, study, outline, now=now)
    begin_protocol(session, study)
    begin_consent(session, study, now=now)
    detail = {"draft": draft.number, "items": sum(1 for _ in outline.items())}
    auditing.record(session, study, "study created", actor=actor, now=now, detail=detail)
    return study


def find_study(session: Session, slug: str) -> Study:
    """Return the study of that name, or refuse in the words that a stranger to it gets too."""
    study = session.scalar(select(Study).where(Study.slug == slug))
    if study is None:
        raise NotFoundError("There is no study called {slug} here.", slug=slug)
    return study


def all_studies(session: Session) -> list[Study]:
    """Return every study of this installation, the oldest first."""
    return list(session.scalars(select(Study).order_by(Study.id)))


def current_studies(session: Session) -> list[Study]:
    """Return the studies that are not archived, the oldest first."""
    return [study for study in all_studies(session) if study.archived_at is None]


def rounds_of(session: Session, study: Study) -> list[Round]:
    """Return the study's rounds in their order."""
    return list(session.scalars(select(Round).where(Round.study_id == study.id).order_by(Round.number)))


def find_round(session: Session, study: Study, number: int) -> Round:
    """Return the study's round of that number, or refuse."""
    round_ = next((round_ for round_ in rounds_of(session, study) if round_.number == number), None)
    if round_ is None:
        raise NotFoundError("This study has no round {number}.", number=number)
    return round_


def state_of(rounds: Sequence[Round]) -> str:
    """Return in a word where a study with these rounds stands: preparing, or how its latest round is."""
    return rounds[-1].status if rounds else "preparing"


def slug_of(title: str) -> str:
    """Return the study's name in addresses and commands: plain letters, digits and hyphens.

    >>> slug_of("Making connections: a practice manual")
    'making-connections-a-practice-manual'
    """
    plain = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode().lower()
    slug = re.sub(r"[^a-z0-9]+", "-", plain)[:LONGEST_SLUG].strip("-")
    if not slug:
        raise InvalidError("Give the study a title with at least one letter from a to z or a digit.")
    return slug
