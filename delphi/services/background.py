"""Background questions and declared interests: asked of everybody, told to the team as counts and as texts beside nothing.

What the team may read is written down when a round closes and stays until the next one does, so that no two looks differ by
one person's answer.
"""

import random
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from delphi.database import lock_row
from delphi.errors import InvalidError
from delphi.models import BackgroundAnswer, Ballot, Panelist, Round, RoundMember, RoundStatus, StakeholderGroup, Study
from delphi.services import disclosure
from delphi.services.disclosure import Policy
from delphi.services.protocol import LONGEST_LINE, MOST_OPTIONS, MOST_QUESTIONS, Choices, Question
from delphi.services.ratings import open_for_saving

FACT = "background"  # the counts as they were when the latest round closed, among the study's facts
PREFER_NOT = "prefer not to say"
INTERESTS, ALSO = "interests", "also"  # keys of answers that no protocol asks for: declared interests, further perspectives
LONGEST_INTERESTS = 2000


@dataclass(frozen=True)
class Told:
    """How many chose each answer to a question; None where a count is too small to show or would give one away."""

    text: str
    counts: tuple[tuple[str, int | None], ...]


@dataclass(frozen=True)
class Declared:
    """Of how many people who answered how many have declared an interest; `n` is None where it must not be told."""

    n: int | None
    of: int


def parse_questions(written: str) -> tuple[Question, ...]:
    """Return the questions of a text: each on a line of its own, its answers below it on lines that begin with a hyphen.

    >>> parse_questions("How long have you worked here?\\n- Under a year\\n- Longer")[0].options
    ('Under a year', 'Longer')
    """
    questions: list[tuple[str, list[str]]] = []
    for line in filter(None, map(_one_line, written.splitlines())):
        if not line.startswith("-"):
            questions.append((line, []))
        elif questions:
            questions[-1][1].append(line.lstrip("- "))
        else:
            raise InvalidError("The first line is an answer. Write the question above its answers.")
    if len(questions) > MOST_QUESTIONS:
        raise InvalidError("Ask at most {most} background questions: fewer are answered sooner.", most=MOST_QUESTIONS)
    return tuple(_question(f"question-{n}", text, options) for n, (text, options) in enumerate(questions, start=1))


def written_questions(questions: Sequence[Question]) -> str:
    """Return the questions as the text that they are edited as."""
    return "\n\n".join("\n".join([question.text, *(f"- {option}" for option in question.options)]) for question in questions)


def answers_of(session: Session, panelist: Panelist) -> dict[str, str]:
    """Return what this panelist has said of themself, by the key of the question."""
    rows = session.scalars(select(BackgroundAnswer).where(BackgroundAnswer.panelist_id == panelist.id))
    return {row.key: row.answer for row in rows}


def answer_questions(
    session: Session, member: RoundMember, questions: Sequence[Question], answers: Mapping[str, str], *, now: datetime
) -> None:
    """Keep the answers to background questions while the round is open; what is left out stays as it is."""
    open_for_saving(session, member.round_id, now)
    for question in questions:
        answer = answers.get(question.key, "")
        if answer and answer != PREFER_NOT and answer not in question.options:
            raise InvalidError("Choose one of the answers to: {question}", question=question.text)
        if answer:
            _keep(session, member.panelist, question.key, answer)


def declare_interests(session: Session, member: RoundMember, text: str, *, now: datetime) -> None:
    """Keep the interests that a panelist declares while the round is open; an empty text takes them back."""
    open_for_saving(session, member.round_id, now)
    clean = text.encode("utf-8", "replace").decode().replace("\r\n", "\n").replace("\x00", "").strip()
    if len(clean) > LONGEST_INTERESTS:
        raise InvalidError(
            "This has {n} characters; at most {most} can be kept. Shorten it.", n=len(clean), most=LONGEST_INTERESTS
        )
    _keep(session, member.panelist, INTERESTS, clean)


def note_perspectives(session: Session, member: RoundMember, labels: Sequence[str], *, now: datetime) -> None:
    """Keep which other groups a panelist belongs to besides the one they answer for; it counts them nowhere a second time."""
    open_for_saving(session, member.round_id, now)
    others = other_groups(session, member)
    if any(label not in others for label in labels):
        raise InvalidError("There is no such group in this study. Choose from those on the page.")
    _keep(session, member.panelist, ALSO, "\n".join(label for label in others if label in labels))


def other_groups(session: Session, member: RoundMember) -> list[str]:
    """Return the study's groups but the one that this member answers for."""
    groups = select(StakeholderGroup).where(
        StakeholderGroup.study_id == member.panelist.study_id, StakeholderGroup.id != member.group_id
    )
    return [group.label for group in session.scalars(groups.order_by(StakeholderGroup.position))]


def release_background(session: Session, study: Study, choices: Choices) -> None:
    """Write down what the team is told of background and interests, as a round closes.

    A question whose counts differ from those told before by fewer people than the threshold keeps the earlier ones.
    """
    lock_row(session, study)
    answers = _answers_of_participants(session, study)
    least = choices.policy.least_group
    before = study.facts.get(FACT, {})
    counts = {key: settled(before.get("counts", {}).get(key), found, least) for key, found in _counted(choices, answers)}
    n_declared = sum(INTERESTS in mine for mine in answers)
    interests = {"yes": n_declared, "no": len(answers) - n_declared}
    study.facts = {**study.facts, FACT: {"counts": counts, "interests": settled(before.get("interests"), interests, least)}}


def told(study: Study, choices: Choices) -> list[Told]:
    """Return the counts that the team may see: those written down at the last close, uncrossed, small ones hidden."""
    kept = study.facts.get(FACT, {}).get("counts", {})
    return [_told(question, kept[question.key], choices.policy) for question in choices.questions if question.key in kept]


def declared_interests(study: Study, policy: Policy) -> Declared | None:
    """Return how many have declared an interest, for the team and for everybody; None before a round has closed."""
    kept = study.facts.get(FACT, {}).get("interests")
    if kept is None:
        return None
    return Declared(disclosure.shown_counts(kept, policy)["yes"], kept["yes"] + kept["no"])


def interest_texts(session: Session, study: Study) -> list[str]:
    """Return the interests that were declared, shuffled anew at each look and beside nothing else; none while a round is open."""
    if session.scalar(select(Round.id).where(Round.study_id == study.id, Round.status == RoundStatus.OPEN)) is not None:
        return []
    declared = (
        select(BackgroundAnswer.answer)
        .join(Panelist, Panelist.id == BackgroundAnswer.panelist_id)
        .where(Panelist.study_id == study.id, BackgroundAnswer.key == INTERESTS)
    )
    texts = list(session.scalars(declared))
    random.shuffle(texts)
    return texts


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _question(key: str, text: str, options: Sequence[str]) -> Question:
    folded = [option.casefold() for option in options]
    if any(len(line) > LONGEST_LINE for line in (text, *options)):
        raise InvalidError("Each line has at most {most} characters.", most=LONGEST_LINE)
    if not 2 <= len(options) <= MOST_OPTIONS or not all(options):
        raise InvalidError(
            "Give two to {most} answers, each on a line that begins with a hyphen, below: {question}",
            most=MOST_OPTIONS,
            question=text,
        )
    if len(set(folded)) < len(folded):
        raise InvalidError("Two answers are the same below: {question}", question=text)
    if PREFER_NOT in folded:
        raise InvalidError("“Prefer not to say” is added by itself. Take it out below: {question}", question=text)
    return Question(key, text, tuple(options))


def _keep(session: Session, panelist: Panelist, key: str, answer: str) -> None:
    row = session.get(BackgroundAnswer, (panelist.id, key))
    if not answer:
        if row is not None:
            session.delete(row)
    elif row is None:
        session.add(BackgroundAnswer(panelist_id=panelist.id, key=key, answer=answer))
    else:
        row.answer = answer


def _answers_of_participants(session: Session, study: Study) -> list[dict[str, str]]:
    """Return what each person who has answered in a round said of themself; in no order, as their keys are random."""
    took_part = (
        select(Ballot.panelist_id)
        .join(Round, Round.id == Ballot.round_id)
        .where(Round.study_id == study.id, Ballot.revision > 0, Round.status != RoundStatus.OPEN)
    )
    people: dict[int, dict[str, str]] = {key: {} for key in session.scalars(took_part)}
    for row in session.scalars(select(BackgroundAnswer).where(BackgroundAnswer.panelist_id.in_(took_part))):
        people[row.panelist_id][row.key] = row.answer
    return list(people.values())


def _counted(choices: Choices, answers: Sequence[Mapping[str, str]]) -> Iterator[tuple[str, dict[str, int]]]:
    for question in choices.questions:
        found = Counter(mine.get(question.key, "") for mine in answers)
        yield question.key, {option: found[option] for option in (*question.options, PREFER_NOT, "")}


def settled(before: dict[str, int] | None, now: dict[str, int], least: int) -> dict[str, int]:
    """Return the new counts, or the earlier ones where the difference would tell of fewer people than the threshold."""
    if before is None or before.keys() != now.keys():
        return now
    more = sum(max(0, now[key] - before[key]) for key in now)
    fewer = sum(max(0, before[key] - now[key]) for key in now)
    return before if 0 < max(more, fewer) < least else now


def _told(question: Question, counts: Mapping[str, Any], policy: Policy) -> Told:
    return Told(question.text, tuple(disclosure.shown_counts(counts, policy).items()))
