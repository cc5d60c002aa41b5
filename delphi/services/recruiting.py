"""Open recruitment: whether people can join by a study's link, what they read there and what is asked first."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from delphi.database import lock_row
from delphi.errors import ConflictError, InvalidError, NotFoundError
from delphi.language import marked
from delphi.models import Recruitment, Study
from delphi.models.recruiting import new_recruitment_key
from delphi.services import auditing
from delphi.services.keyring import as_meant
from delphi.services.panel import add_groups, group_sizes

YES, NO = "yes", "no"
MOST_QUESTIONS, LONGEST_QUESTION, LONGEST_WORDS = 8, 300, 5_000
NOT_OPEN = marked("This link does not lead to a study that people can join at the moment. Ask whoever gave it to you.")


@dataclass(frozen=True)
class Screening:
    """A question that is asked first, and the answer, yes or no, of who can take part."""

    text: str
    wanted: str


@dataclass(frozen=True)
class Call:
    """How people join a study: what they read, what is asked first, whether they can join now and without a custodian's yes."""

    words: str = ""
    questions: tuple[Screening, ...] = ()
    is_open: bool = False
    admits_all: bool = False


def recruitment_of(session: Session, study: Study) -> Recruitment | None:
    """Return the study's link with what belongs to it, if anybody has written that."""
    return session.get(Recruitment, study.id)


def call_of(recruitment: Recruitment | None) -> Call:
    """Return how people join by this link; of no link, that they cannot."""
    if recruitment is None:
        return Call()
    questions = tuple(Screening(text, wanted) for text, wanted in recruitment.questions)
    return Call(recruitment.words, questions, recruitment.is_open, recruitment.admits_all)


def open_recruitment(session: Session, key: str) -> tuple[Recruitment, Study]:
    """Return the recruitment of this link, or refuse one that there is not and one that is closed in the same words."""
    found = select(Recruitment).join(Study, Study.id == Recruitment.study_id)
    is_open = (Recruitment.key == as_meant(key), Recruitment.is_open.is_(True), Study.archived_at.is_(None))
    recruitment = session.scalar(found.where(*is_open))
    if recruitment is None:
        raise NotFoundError(NOT_OPEN)
    return recruitment, session.get_one(Study, recruitment.study_id)


def save_recruitment(
    session: Session,
    study: Study,
    call: Call,
    *,
    new_groups: Sequence[str] = (),
    version: int,
    actor: str,
    now: datetime,
) -> Recruitment:
    """Keep how people join, with groups they can choose and nobody is of yet; the first time, make the link.

    Refuse if somebody else has changed it since `version` was read (0: there was none).
    """
    lock_row(session, study)
    recruitment = session.get(Recruitment, study.id, populate_existing=True)
    if (recruitment.version if recruitment else 0) != version:
        raise ConflictError("Somebody else has changed this meanwhile. Look at theirs, then make your change again.")
    _require_usable(call)
    add_groups(session, study, new_groups)
    if call.is_open and not group_sizes(session, study):
        raise ConflictError("There is no group that people could answer for. Name at least one.")
    if recruitment is None:
        recruitment = Recruitment(study_id=study.id)
        session.add(recruitment)
    recruitment.words, recruitment.is_open, recruitment.admits_all = call.words.strip(), call.is_open, call.admits_all
    recruitment.questions = [[" ".join(one.text.split()), one.wanted] for one in call.questions]
    session.flush()
    detail = {"open": call.is_open, "questions": len(call.questions), "admits_all": call.admits_all}
    auditing.record(session, study, "recruitment changed", actor=actor, now=now, detail=detail)
    return recruitment


def replace_link(session: Session, study: Study, *, actor: str, now: datetime) -> Recruitment:
    """Give the study another link: the old one leads nowhere from now on; who has asked already waits on."""
    lock_row(session, study)
    recruitment = session.get(Recruitment, study.id, populate_existing=True)
    if recruitment is None:
        raise ConflictError("There is no link yet. Write first what people read before they ask to join.")
    recruitment.key = new_recruitment_key()
    session.flush()
    auditing.record(session, study, "recruitment link replaced", actor=actor, now=now)
    return recruitment


def _require_usable(call: Call) -> None:
    if not call.words.strip() or len(call.words) > LONGEST_WORDS:
        raise InvalidError("Write what people read before they ask to join, in at most {most} characters.", most=LONGEST_WORDS)
    if len(call.questions) > MOST_QUESTIONS:
        raise InvalidError("At most {most} questions are asked first.", most=MOST_QUESTIONS)
    for one in call.questions:
        if not one.text.strip() or len(one.text) > LONGEST_QUESTION:
            raise InvalidError("Write each question in at most {most} characters.", most=LONGEST_QUESTION)
        if one.wanted not in (YES, NO):
            raise InvalidError("Say of “{question}” which answer lets people in: yes or no.", question=one.text)
