"""Amendments: a sealed protocol changed for the rounds that open from then on, with a reason that stays on record."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from itertools import pairwise

from sqlalchemy import select
from sqlalchemy.orm import Session

from delphi.canonical import canonical_json
from delphi.database import lock_row
from delphi.errors import ConflictError, Either, InvalidError
from delphi.language import marked
from delphi.models import Protocol, Round, Study
from delphi.services import auditing
from delphi.services.assigning import require_rule_to_fit
from delphi.services.drafts import latest_draft, outline_of
from delphi.services.protocol import Choices, choices_of, current_protocol, require_two_researchers, written
from delphi.services.safeguarding import keep_from_reader

LONGEST_REASON = 4000
# What people have agreed to or answered under, and what makes rounds comparable: it stays as it was sealed.
FIXED = {
    "scale": marked("the scale"),
    "criteria": marked("what is rated"),
    "questions": marked("the background questions"),
    "policy": marked("from how many people on figures are shown"),
    "withdrawal": marked("what withdrawing does"),
    "sign_off": marked("what takes two people"),
}


@dataclass(frozen=True)
class Amendment:
    """One change of a sealed protocol: its number from 1, what was in force before and since, and why."""

    protocol: Protocol
    before: Choices
    after: Choices

    @property
    def number(self) -> int:
        return self.protocol.number - 1


def amend_protocol(
    session: Session, study: Study, choices: Choices, reason: str, *, number: int, actor: str, now: datetime
) -> Protocol:
    """Put these choices into force for the rounds that open from now on; `number` is that of the protocol which was read."""
    lock_row(session, study)
    current = current_protocol(session, study)
    if not current.is_sealed:
        raise ConflictError("The protocol is not sealed yet: it can be changed as it is, without an amendment.")
    if current.number != number:
        raise ConflictError("Somebody else has amended the protocol meanwhile. Look at theirs, then make your change again.")
    reason = reason.strip()
    if not reason or len(reason) > LONGEST_REASON:
        raise InvalidError(
            "Say in at most {most} characters why the protocol is changed: panelists and readers of the report are told.",
            most=LONGEST_REASON,
        ).about("reason")
    changed = changed_fields(choices_of(current), choices)
    if not changed:
        raise InvalidError("This is what the protocol says already, so there is nothing to amend.")
    if fixed := [FIXED[name] for name in changed if name in FIXED]:
        raise InvalidError("People have answered under it, so it stays as it was sealed: {what}.", what=Either(*fixed))
    if choices.safeguarding:
        require_two_researchers(session, study, choices.safeguarding)
    require_rule_to_fit(choices, outline_of(session, latest_draft(session, study)))
    content, sha256 = written(choices)
    amended = Protocol(study_id=study.id, number=number + 1, content=content, sha256=sha256, reason=reason, sealed_at=now)
    session.add(amended)
    session.flush()
    if "safeguarding" in changed and choices_of(current).safeguarding is None:
        keep_from_reader(session, study)
    detail = {"number": amended.number - 1, "sha256": sha256, "changed": changed}
    auditing.record(session, study, "protocol amended", actor=actor, now=now, detail=detail, texts={"reason": reason})
    return amended


def changed_fields(before: Choices, after: Choices) -> list[str]:
    """Return the names of what differs between two protocols, in their order."""
    old, new = asdict(before), asdict(after)
    return [name for name in old if canonical_json(old[name]) != canonical_json(new[name])]


def amendments_of(session: Session, study: Study) -> list[Amendment]:
    """Return the study's amendments, the first one first."""
    protocols = list(session.scalars(select(Protocol).where(Protocol.study_id == study.id).order_by(Protocol.number)))
    return _amendments(protocols)


def amendments_for(session: Session, round_: Round) -> list[Amendment]:
    """Return what was amended between the opening of the round before and that of this one; nothing in round 1."""
    previous = session.scalar(select(Round).where(Round.study_id == round_.study_id, Round.number == round_.number - 1))
    if previous is None or previous.protocol_id == round_.protocol_id:
        return []
    between = (
        select(Protocol)
        .where(Protocol.study_id == round_.study_id)
        .where(Protocol.number >= previous.protocol.number, Protocol.number <= round_.protocol.number)
        .order_by(Protocol.number)
    )
    return _amendments(list(session.scalars(between)))


def _amendments(protocols: Sequence[Protocol]) -> list[Amendment]:
    return [Amendment(after, choices_of(before), choices_of(after)) for before, after in pairwise(protocols)]
