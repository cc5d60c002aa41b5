"""The audit log: what was done, when and by whom, each entry chained to the one before."""

import hashlib
import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, func, or_, select
from sqlalchemy.orm import Session

from delphi.canonical import canonical_json, sha256
from delphi.errors import ConflictError, Message, NotFoundError
from delphi.language import marked
from delphi.models import AuditEntry, AuditHead, AuditText, Researcher, Study
from delphi.models.studies import ARCHIVED

START = "0" * 64
COMMAND_LINE = marked("command line")
PANELIST = marked("somebody on the panel")  # never who
SCHEDULE = marked("schedule")
ENTRIES_PER_PAGE = 50
# What somebody does about an account is on record in each of its studies, the archived ones too: it changes none of them.
ABOUT_ACCOUNTS = frozenset({"password set", "second step removed"})


@dataclass(frozen=True)
class Wanted:
    """Which entries of a log are asked for: certain acts, those of one actor, those about one round; else all of them."""

    acts: frozenset[str] | None = None
    actor: str = ""
    round: int | None = None

    def of(self, study: Study) -> list[ColumnElement[bool]]:
        """Return what holds for the entries of the study that are asked for."""
        said = [AuditEntry.study_id == study.id]
        if self.acts is not None:
            said.append(AuditEntry.action.in_(sorted(self.acts)))
        if self.actor:
            said.append(AuditEntry.actor == self.actor)
        if self.round is not None:
            # The detail is canonical JSON, so what it says of a round stands in it in one way alone.
            about = f'"round":{self.round}'
            said.append(or_(AuditEntry.detail.contains(f"{about},"), AuditEntry.detail.contains(f"{about}}}")))
        return said


EVERYTHING = Wanted()


@dataclass(frozen=True)
class Page:
    """A page of the log, newest entries first, with the texts that were not erased by entry and name."""

    number: int
    n_pages: int
    entries: Sequence[AuditEntry]
    texts: Mapping[int, Mapping[str, str]]


def record(
    session: Session,
    study: Study,
    action: str,
    *,
    actor: str,
    now: datetime,
    detail: Mapping[str, Any] | None = None,
    texts: Mapping[str, str] | None = None,
) -> AuditEntry:
    """Append one entry to the study's chain.

    `texts` are free text that may have to be erased one day: the chain holds a salted hash of each, the text stands apart.
    Whatever changes a study is on record, so in one that is archived it is here that it is refused.
    """
    head = _locked_head(session, study)
    # Read anew, now that nobody else can archive the study before this is done.
    if action not in ABOUT_ACCOUNTS and session.scalar(select(Study.archived_at).where(Study.id == study.id)) is not None:
        raise ConflictError(ARCHIVED)
    kept = [AuditText(name=name, salt=secrets.token_hex(16), text=text) for name, text in (texts or {}).items()]
    commitments = {text.name: _commitment(text) for text in kept}
    entry = AuditEntry(
        study_id=study.id,
        number=head.number + 1,
        at=now.astimezone(UTC),
        actor=actor,
        action=action,
        detail=canonical_json({**(detail or {}), **({"commitments": commitments} if commitments else {})}),
        previous_hash=head.hash,
    )
    entry.hash = _hash(entry)
    session.add(entry)
    session.flush()
    for text in kept:
        text.entry_id = entry.id
    session.add_all(kept)
    head.number, head.hash = entry.number, entry.hash
    return entry


def forget_texts(session: Session, study: Study, texts: Iterable[str]) -> None:
    """Erase from the log every text that is one of these, with its salt; the commitments stay and the chain stays whole."""
    entries = select(AuditEntry.id).where(AuditEntry.study_id == study.id)
    kept = select(AuditText).where(AuditText.entry_id.in_(entries), AuditText.text.in_({text for text in texts if text}))
    for text in session.scalars(kept).all():
        session.delete(text)
    session.flush()


def actor_name(researcher: Researcher) -> str:
    """Return how the log names a researcher: a number that stays when the address changes."""
    return f"researcher {researcher.id}"


def entries(session: Session, study: Study) -> list[AuditEntry]:
    """Return the study's chain from its first entry on."""
    chain = select(AuditEntry).where(AuditEntry.study_id == study.id).order_by(AuditEntry.number)
    # What the database holds, not what this session remembers.
    return list(session.scalars(chain.execution_options(populate_existing=True)))


def page_of(session: Session, study: Study, number: int, wanted: Wanted = EVERYTHING) -> Page:
    """Return one page of what is asked for of the study's log, counted from 1, or refuse a number that there is not."""
    n_entries = session.scalar(select(func.count()).select_from(AuditEntry).where(*wanted.of(study))) or 0
    n_pages = max(1, -(-n_entries // ENTRIES_PER_PAGE))
    if not 1 <= number <= n_pages:
        raise NotFoundError("The log has pages 1 to {last}.", last=n_pages)
    newest_first = select(AuditEntry).where(*wanted.of(study)).order_by(AuditEntry.number.desc())
    entries = session.scalars(newest_first.offset((number - 1) * ENTRIES_PER_PAGE).limit(ENTRIES_PER_PAGE)).all()
    return Page(number, n_pages, entries, _texts(session, select(AuditText).where(_of(entries))))


def whole(session: Session, study: Study, wanted: Wanted = EVERYTHING) -> Page:
    """Return all that is asked for of the study's log, the newest entries first, as one page."""
    entries = session.scalars(select(AuditEntry).where(*wanted.of(study)).order_by(AuditEntry.number.desc())).all()
    theirs = select(AuditText).join(AuditEntry, AuditEntry.id == AuditText.entry_id).where(*wanted.of(study))
    return Page(1, 1, entries, _texts(session, theirs))


def actors_in(session: Session, study: Study) -> list[str]:
    """Return who has acted in the study, as the log names them."""
    return sorted(session.scalars(select(AuditEntry.actor).where(AuditEntry.study_id == study.id).distinct()))


def _of(entries: Sequence[AuditEntry]) -> ColumnElement[bool]:
    return AuditText.entry_id.in_([entry.id for entry in entries])


def _texts(session: Session, kept: Select[AuditText]) -> dict[int, dict[str, str]]:
    """Return texts by the number of their entry and by name."""
    texts: dict[int, dict[str, str]] = {}
    for text in session.scalars(kept):
        texts.setdefault(text.entry_id, {})[text.name] = text.text
    return texts


def first_fault(session: Session, study: Study) -> Message | None:
    """Return a sentence about the first place where the chain does not hold, or None when it is whole."""
    expected, previous = 1, START
    for entry in entries(session, study):
        if entry.number != expected:
            return Message("Entry {n} is missing.", n=expected)
        if entry.previous_hash != previous or entry.hash != _hash(entry):
            return Message("Entry {n} was changed after it was written, or moved.", n=expected)
        if (fault := _text_fault(session, entry)) is not None:
            return fault
        expected, previous = expected + 1, entry.hash
    head = session.get(AuditHead, study.id, populate_existing=True)
    if head is None or (head.number, head.hash) != (expected - 1, previous):
        return Message("The end of the log is missing: entry {n} should follow.", n=expected)
    return None


def _locked_head(session: Session, study: Study) -> AuditHead:
    head = session.get(AuditHead, study.id, with_for_update=True, populate_existing=True)
    if head is None:
        head = AuditHead(study_id=study.id, number=0, hash=START)
        session.add(head)
    return head


def _text_fault(session: Session, entry: AuditEntry) -> Message | None:
    texts = select(AuditText).where(AuditText.entry_id == entry.id).execution_options(populate_existing=True)
    for text in session.scalars(texts):
        if f'"{text.name}":"{_commitment(text)}"' not in entry.detail:
            return Message("The text {name!r} of entry {n} was changed after it was written.", name=text.name, n=entry.number)
    return None


def _commitment(text: AuditText) -> str:
    return hashlib.sha256(f"{text.salt}:{text.text}".encode()).hexdigest()


def _hash(entry: AuditEntry) -> str:
    return sha256(
        canonical_json(
            {
                "study": entry.study_id,
                "number": entry.number,
                "at": entry.at.isoformat(),
                "actor": entry.actor,
                "action": entry.action,
                "detail": entry.detail,
                "previous": entry.previous_hash,
            }
        )
    )
