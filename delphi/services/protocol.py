"""The protocol: what is chosen before the first answer, and sealed when round 1 opens."""

import json
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from delphi.canonical import canonical_json, sha256
from delphi.errors import ConflictError, InvalidError, concerning
from delphi.language import marked
from delphi.models import AuditEntry, Protocol, RoundStep, Study, StudyRole
from delphi.services import auditing
from delphi.services.disclosure import Policy
from delphi.services.researchers import RUN_ROUNDS, researchers_of
from delphi.statistics.errors import UnusableError
from delphi.statistics.presets import DEFAULT_RULE, PRESETS
from delphi.statistics.rule_files import RuleContext, parse_rule
from delphi.statistics.rules import Rule
from delphi.statistics.scale import Scale, Zones
from delphi.statistics.words import ENGLISH, Words

MOST_CRITERIA = 3
CHANGED = "protocol changed"
# What becomes of the answers of somebody who withdraws: they stay; those in open rounds go; all that is theirs goes.
STOP, DELETE, ERASE = "stop", "delete", "erase"
WITHDRAWALS = (STOP, DELETE, ERASE)
# When to stop asking: once nothing is open, and at the latest after the planned rounds; before that too, once the answers to all
# that was asked are stable; or whenever the team decides.
PLANNED, STABLE, UNDECIDED = "planned", "stable", "undecided"
STOPPINGS = (PLANNED, STABLE, UNDECIDED)
# Who is invited to a later round: everybody who takes part, or of those asked before whoever answered.
ALL, RESPONDENTS = "all", "respondents"
INVITINGS = (ALL, RESPONDENTS)
# What whoever takes a step alone is told, where a second person's word is asked for.
NOT_ALONE = {
    RoundStep.OPEN: marked("The protocol lets nobody open round {number} alone. Ask a second person for their word."),
    RoundStep.CLOSE: marked("The protocol lets nobody close round {number} alone. Ask a second person for their word."),
    RoundStep.PUBLISH: marked("The protocol lets nobody publish round {number} alone. Ask a second person for their word."),
}
MOST_KEPT = 64  # protocols held parsed
MOST_QUESTIONS, MOST_OPTIONS, LONGEST_LINE = 10, 12, 200


@dataclass(frozen=True)
class Criterion:
    """What a rating is about, and the question that asks for it."""

    key: str
    label: str
    question: str


CRITERIA = {
    "importance": Criterion("importance", marked("Importance"), marked("How important is it that the manual says this?")),
    "clarity": Criterion("clarity", marked("Clarity"), marked("How clear is this as it is worded?")),
    "feasibility": Criterion("feasibility", marked("Feasibility"), marked("How feasible is this in everyday work?")),
}


@dataclass(frozen=True)
class ScaleChoice:
    """A scale that a protocol may use, with its zones and the words at its ends and middle."""

    low: int
    high: int
    zones: dict[str, Sequence[int] | None]
    anchors: dict[str, str]

    @property
    def levels(self) -> list[int]:
        return list(range(self.low, self.high + 1))

    def require_words_of_their_own(self) -> None:
        """Refuse two levels that are called the same: nobody could tell them apart."""
        said = [words.casefold() for words in self.anchors.values()]
        if twice := next((words for words in self.anchors.values() if said.count(words.casefold()) > 1), ""):
            raise InvalidError("Two levels of the scale are called {words!r}. Give each its own words.", words=twice).about(
                "high"
            )

    def as_scale(self) -> Scale:
        return Scale(self.low, self.high)

    def as_zones(self) -> Zones:
        low, middle, high = (tuple(part) if (part := self.zones[name]) else None for name in ("low", "middle", "high"))
        return Zones(low, middle, high)  # type: ignore[arg-type]


def _scale(high: int, low_zone: int, high_zone: int, words: tuple[str, str, str]) -> ScaleChoice:
    zones: dict[str, Sequence[int] | None] = {
        "low": [1, low_zone],
        "middle": [low_zone + 1, high_zone - 1] if high_zone > low_zone + 1 else None,
        "high": [high_zone, high],
    }
    anchors = {"1": words[0], str(high): words[2]} | ({str((high + 1) // 2): words[1]} if high % 2 else {})
    return ScaleChoice(1, high, zones, anchors)


_WORDS = (marked("not at all"), marked("partly"), marked("very much"))
SCALES = {
    "1-9": _scale(9, 3, 7, _WORDS),
    "1-7": _scale(7, 3, 5, _WORDS),
    "1-5": _scale(5, 2, 4, _WORDS),
    "1-4": _scale(4, 2, 3, _WORDS),
}


@dataclass(frozen=True)
class Question:
    """A background question with the answers to choose from; "prefer not to say" is always added to them."""

    key: str
    text: str
    options: tuple[str, ...]


@dataclass(frozen=True)
class Safeguarding:
    """Who reads new texts within a working day, and the second person who is told when a writer is identified: by address."""

    reader: str
    second: str


@dataclass(frozen=True)
class Choices:
    """A protocol's content, in the shape in which it is sealed."""

    scale: ScaleChoice = SCALES["1-9"]
    criteria: tuple[Criterion, ...] = (CRITERIA["importance"],)
    rule: Mapping[str, Any] = field(default_factory=lambda: PRESETS[DEFAULT_RULE].written)
    quantile_type: int = 7
    denominator: str = "rated"
    show_panel: bool = True
    show_groups: bool = True
    show_comments: bool = True
    preselect_last: bool = False
    planned_rounds: int = 2
    weeks: int = 4
    stopping: str = PLANNED
    inviting: str = ALL
    policy: Policy = field(default_factory=Policy)
    questions: tuple[Question, ...] = ()
    withdrawal: str = STOP
    safeguarding: Safeguarding | None = None
    sign_off: tuple[str, ...] = ()
    asked_of: Mapping[str, Sequence[str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not 1 <= len(self.criteria) <= MOST_CRITERIA:
            raise InvalidError("Choose one to three criteria. Each one more is another question about every item.")
        if not 1 <= self.planned_rounds <= 9 or not 1 <= self.weeks <= 26:
            raise InvalidError("Plan one to nine rounds, of one to twenty-six weeks each.")
        if self.withdrawal not in WITHDRAWALS:
            raise InvalidError(
                "Say what withdrawing does to answers: stop (they stay), delete (those in open rounds go) or erase (all goes)."
            )
        if not set(self.sign_off) <= set(RoundStep):
            raise InvalidError("A second person's word can be asked for: open, close, publish.")
        if self.stopping not in STOPPINGS:
            raise InvalidError(
                "Say when to stop: planned (after the planned rounds at the latest), stable (before that once all answers are "
                "stable) or undecided (the team decides)."
            )
        if self.inviting not in INVITINGS:
            raise InvalidError("Say who is invited to later rounds: all, or respondents (those who answered the round before).")
        if not all(self.asked_of.values()):
            raise InvalidError("Each section is asked of one group at least. To ask nothing in it, take the marks off its items.")
        with concerning("rule"):
            self.parsed_rule()

    def is_asked(self, section: str, group: str) -> bool:
        """Whether a group is asked about a section of the highest level: everybody is, unless groups are named under its key."""
        return group in self.asked_of.get(section, (group,))

    @property
    def last_round(self) -> int | None:
        """The number of the last round at the latest, None where the protocol sets no end."""
        return None if self.stopping == UNDECIDED else self.planned_rounds

    def parsed_rule(self) -> Rule:
        """Return the consensus rule, or refuse one that does not fit the scale."""
        try:
            return parse_rule(self.rule, RuleContext(self.scale.as_scale(), self.scale.as_zones(), self.denominator))
        except UnusableError as error:
            raise InvalidError("{reason}", reason=error) from error

    def rule_sentence(self, words: Words = ENGLISH) -> str:
        """Return the consensus rule in one sentence."""
        return self.parsed_rule().sentence(words)


def own_criterion(label: str, question: str) -> Criterion:
    """Return a criterion in the study's own words, with a key for files made of its name."""
    label, question = " ".join(label.split()), " ".join(question.split())
    plain = unicodedata.normalize("NFKD", label).encode("ascii", "ignore").decode().lower()
    key = re.sub(r"[^a-z0-9]+", "-", plain).strip("-") or "own"
    if key in CRITERIA:
        raise InvalidError("{label} is among the criteria already. Tick it there.", label=label)
    return Criterion(key, label, question)


def choices_of(protocol: Protocol) -> Choices:
    """Return what a stored protocol says; readers must not change it."""
    return _choices(protocol.content)


# Parsing checks the rule as well, and nearly every page asks.
@lru_cache(maxsize=MOST_KEPT)
def _choices(written: str) -> Choices:
    content = json.loads(written)
    safeguarding = content.pop("safeguarding", None)
    return Choices(
        scale=ScaleChoice(**content.pop("scale")),
        criteria=tuple(Criterion(**criterion) for criterion in content.pop("criteria")),
        policy=Policy(**content.pop("policy")),
        questions=tuple(
            Question(**{**question, "options": tuple(question["options"])}) for question in content.pop("questions", ())
        ),
        safeguarding=Safeguarding(**safeguarding) if safeguarding else None,
        sign_off=tuple(content.pop("sign_off", ())),
        asked_of={section: tuple(groups) for section, groups in content.pop("asked_of", {}).items()},
        **content,
    )


def current_protocol(session: Session, study: Study) -> Protocol:
    """Return the study's protocol: its draft, or once sealed the one in force."""
    return session.scalars(select(Protocol).where(Protocol.study_id == study.id).order_by(Protocol.number.desc()).limit(1)).one()


def is_kept(session: Session, study: Study) -> bool:
    """Tell whether somebody has kept the protocol; as it was proposed counts too, as somebody has looked at it then."""
    kept = select(AuditEntry.id).where(AuditEntry.study_id == study.id, AuditEntry.action == CHANGED)
    return session.scalar(kept.limit(1)) is not None


def begin_protocol(session: Session, study: Study) -> Protocol:
    """Start a study's protocol from the defaults."""
    protocol = Protocol(study_id=study.id, number=1, content="", sha256="")
    _write(protocol, Choices())
    session.add(protocol)
    return protocol


def save_protocol(session: Session, study: Study, choices: Choices, *, version: int, actor: str, now: datetime) -> Protocol:
    """Keep these choices, unless the protocol is sealed or somebody else has changed it since `version` was read."""
    protocol = current_protocol(session, study)
    protocol.require_unsealed()
    if protocol.version != version:
        raise ConflictError("Somebody else has changed the protocol meanwhile. Look at theirs, then make your change again.")
    choices.scale.require_words_of_their_own()
    if choices.safeguarding:
        require_two_researchers(session, study, choices.safeguarding)
    if choices.sign_off:
        require_a_second(session, study)
    _write(protocol, choices)
    session.flush()
    auditing.record(session, study, CHANGED, actor=actor, now=now, detail={"sha256": protocol.sha256})
    return protocol


def require_two_researchers(session: Session, study: Study, named: Safeguarding) -> None:
    """Refuse to seal a route to somebody who has no way into the study, or one that nobody else watches."""
    if not named.reader:
        raise InvalidError(
            "A second person is named and no safeguarding reader. Name the reader too, or neither of the two."
        ).about("reader")
    if not named.second:
        raise InvalidError(
            "A safeguarding reader is named and no second person, who is told when the reader looks up a writer. Name the second "
            "person too, or neither of the two."
        ).about("second")
    if named.reader == named.second:
        raise InvalidError("The safeguarding reader and the second person are two different people.").about("second")
    known = researchers_of(session, study)
    for who, address in asdict(named).items():
        if address not in known:
            raise InvalidError(
                "{address!r} has no role in this study. Name two researchers of the study by their addresses.", address=address
            ).about(who)


def require_a_second(session: Session, study: Study) -> None:
    """Refuse steps that two people have to take in a study where only one could."""
    running = select(StudyRole.researcher_id).where(
        StudyRole.study_id == study.id, StudyRole.role.in_([str(role) for role in RUN_ROUNDS])
    )
    if len(set(session.scalars(running))) < 2:
        raise InvalidError(
            "Only one person in this study runs rounds, so nobody could give a second word. Invite somebody under Team first."
        ).about("sign_off")


def written(choices: Choices) -> tuple[str, str]:
    """Return the protocol as it is sealed, and its SHA-256."""
    content = canonical_json(as_written(choices))
    return content, sha256(content)


def as_written(choices: Choices) -> dict[str, Any]:
    """Return the choices as they are sealed; that everybody is asked everything goes without saying, as it always did."""
    return {name: value for name, value in asdict(choices).items() if name != "asked_of" or value}


def _write(protocol: Protocol, choices: Choices) -> None:
    protocol.content, protocol.sha256 = written(choices)
