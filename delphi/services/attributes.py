"""Attributes: facts about people besides their group that the team knew beforehand, told as counts and crossed with nothing.

Whose fact it is a custodian sees and nobody else. The counts are written down when people are imported and when a round closes,
so that no two looks differ by few people; values of few people stand together, without their names.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from delphi.database import lock_row
from delphi.errors import InvalidError, Message, Problem
from delphi.files.panel import PanelRow
from delphi.models import Ballot, Panelist, PanelistAttribute, Round, RoundMember, Standing, Study
from delphi.services import disclosure
from delphi.services.background import settled
from delphi.services.disclosure import Policy

FACT = "attributes"  # the counts that were told last, among the study's facts
HEADS, INVITED, TOOK_PART = "heads", "invited", "took part"  # of the panel at an import, of a round at its close
MOST_ATTRIBUTES = 8
MOST_VALUES = 20
NOT_KNOWN = ""

Counts = dict[str, int]


@dataclass(frozen=True)
class Told:
    """An attribute, and how many people there are of each value; those of few people stand together under None."""

    name: str
    counts: tuple[tuple[str | None, int], ...]


def in_order(values: Iterable[str]) -> list[str]:
    """Return values as a reader looks for them: numbers by their size, not known last.

    >>> in_order(["10 or more", "", "0 to 4", "5 to 9"])
    ['0 to 4', '5 to 9', '10 or more', '']
    """
    return sorted(values, key=lambda value: (value == NOT_KNOWN, re.sub("[0-9]+", lambda digits: digits[0].zfill(12), value)))


def chosen_columns(rows: Sequence[PanelRow], names: Iterable[str]) -> list[str]:
    """Return the further columns of a panel file that are named, however they are written; refuse one that is not there."""
    there = {header.casefold(): header for header in (rows[0].further if rows else ())}
    wanted = [" ".join(name.split()) for name in names]
    for name in wanted:
        if name.casefold() not in there:
            raise InvalidError(
                "The file has no column {name} to keep as an attribute, or has it twice. Its further columns are: {known}.",
                name=name,
                known=", ".join(there.values()) or "–",
            )
    return list(dict.fromkeys(there[name.casefold()] for name in wanted))


def known_values(session: Session, study: Study) -> dict[str, set[str]]:
    """Return the values that each of the study's attributes has for anybody."""
    rows = (
        select(PanelistAttribute.name, PanelistAttribute.value)
        .join(Panelist, Panelist.id == PanelistAttribute.panelist_id)
        .where(Panelist.study_id == study.id)
        .distinct()
    )
    known: dict[str, set[str]] = {}
    for name, value in session.execute(rows):
        known.setdefault(name, set()).add(value)
    return known


def faults(known: Mapping[str, Set[str]], rows: Sequence[PanelRow], columns: Sequence[str], source: str) -> Iterator[Problem]:
    """Yield why columns of a file cannot be kept beside what is known: too many of them or of their values, or two spellings."""
    if len({*known, *(_name(known, column) for column in columns)}) > MOST_ATTRIBUTES:
        yield Problem(Message("A study keeps at most {n} attributes. Choose fewer.", n=MOST_ATTRIBUTES), source)
    for column in columns:
        spelt = {value.casefold(): value for value in known.get(_name(known, column), ())}
        for row in rows:
            value = row.further[column]
            if value and (first := spelt.setdefault(value.casefold(), value)) != value:
                message = Message("{one} and {other} differ in capitals only. Spell it in one way.", one=value, other=first)
                yield Problem(message, source, row.line, column)
        if len(spelt) > MOST_VALUES:
            message = Message(
                "There are {n} different values, and at most {most} are counted. Put them in bands, or leave the column out.",
                n=len(spelt),
                most=MOST_VALUES,
            )
            yield Problem(message, source, None, column)


def keep(session: Session, known: Mapping[str, Set[str]], panelist: Panelist, row: PanelRow, columns: Sequence[str]) -> None:
    """Keep what the chosen columns say of one person; an empty cell is not known and leaves nothing."""
    for column in columns:
        if value := row.further[column]:
            session.add(PanelistAttribute(panelist_id=panelist.id, name=_name(known, column), value=value))


def attributes_of(session: Session, study: Study) -> dict[int, dict[str, str]]:
    """Return what is known of each person, for a custodian alone."""
    rows = select(PanelistAttribute).join(Panelist, Panelist.id == PanelistAttribute.panelist_id)
    found: dict[int, dict[str, str]] = {}
    for row in session.scalars(rows.where(Panelist.study_id == study.id)):
        found.setdefault(row.panelist_id, {})[row.name] = row.value
    return found


def release_heads(session: Session, study: Study, policy: Policy) -> None:
    """Write down how many of the panel there are of each value, as people are imported.

    An attribute whose counts differ from those told before by fewer people than the threshold keeps the earlier ones.
    """
    facts = attributes_of(session, study)
    active = select(Panelist.id).where(Panelist.study_id == study.id, Panelist.standing == Standing.ACTIVE)
    people = session.scalars(active).all()
    for name in _names(study, facts):
        _is_told(study, name, HEADS, _counted(facts, people, name), policy)


def told(study: Study, policy: Policy) -> list[Told]:
    """Return how many of the panel there are of each value, as it was written down last."""
    kept: Mapping[str, Mapping[str, Counts]] = study.facts.get(FACT, {})
    return [
        Told(name, tuple((value, n) for value, (n,) in _folded([counts[HEADS]], _few(counts[HEADS], policy))))
        for name, counts in sorted(kept.items())
    ]


def release_round(session: Session, round_: Round, policy: Policy) -> list[dict[str, Any]]:
    """Return how many of each value were invited to a round that closes and took part, as far as everybody may know.

    A column is None where it would differ from what was told before by fewer people than the threshold.
    """
    study = session.get_one(Study, round_.study_id)
    lock_row(session, study)
    facts = attributes_of(session, study)
    rows = select(RoundMember.panelist_id, Ballot.panelist_id).outerjoin(
        Ballot, (Ballot.round_id == RoundMember.round_id) & (Ballot.panelist_id == RoundMember.panelist_id)
    )
    members = session.execute(rows.where(RoundMember.round_id == round_.id)).all()
    invited, took_part = [one for one, _ in members], [one for one, ballot in members if ballot is not None]
    return [
        _of_round(study, name, _counted(facts, invited, name), _counted(facts, took_part, name), policy)
        for name in _names(study, facts)
    ]


def _of_round(study: Study, name: str, invited: Counts, took_part: Counts, policy: Policy) -> dict[str, Any]:
    all_told = [counts for column, counts in _told_before(study, name).items() if column != TOOK_PART]
    # Whoever knows how many there are can take away those who took part, so those left must not be few either.
    absent = [_difference(everybody, took_part) for everybody in (invited, *all_told)]
    few = frozenset[str]().union(*(_few(counts, policy) for counts in (invited, took_part, *absent)))
    are_told = [_is_told(study, name, column, counts, policy) for column, counts in ((INVITED, invited), (TOOK_PART, took_part))]
    return {
        "attribute": name,
        "values": [
            {"value": value, "invited": ns[0] if are_told[0] else None, "participants": ns[1] if are_told[1] else None}
            for value, ns in _folded([invited, took_part], few)
        ],
    }


def _names(study: Study, facts: Mapping[int, Mapping[str, str]]) -> list[str]:
    return sorted({name for mine in facts.values() for name in mine} | set(study.facts.get(FACT, {})))


def _name(known: Iterable[str], column: str) -> str:
    """Return what the study calls the column's attribute."""
    return next((name for name in known if name.casefold() == column.casefold()), column)


def _counted(facts: Mapping[int, Mapping[str, str]], people: Iterable[int], name: str) -> Counts:
    return dict(Counter(facts.get(person, {}).get(name, NOT_KNOWN) for person in people))


def _is_told(study: Study, name: str, column: str, now: Counts, policy: Policy) -> bool:
    """Keep the counts as told and say yes; or no, where beside what was told before they would tell of few people."""
    before = _told_before(study, name)
    beside = [TOOK_PART] if column == TOOK_PART else [HEADS, INVITED]
    for told_before in (before[one] for one in beside if one in before):
        values = {*now, *told_before}
        was, is_ = ({value: counts.get(value, 0) for value in values} for counts in (told_before, now))
        if settled(was, is_, policy.least_group) != is_:
            return False
    study.facts = {**study.facts, FACT: {**study.facts.get(FACT, {}), name: {**before, column: now}}}
    return True


def _told_before(study: Study, name: str) -> dict[str, Counts]:
    kept: dict[str, Counts] = study.facts.get(FACT, {}).get(name, {})
    return kept


def _difference(some: Counts, others: Counts) -> Counts:
    return {value: abs(some.get(value, 0) - others.get(value, 0)) for value in {*some, *others}}


def _few(counts: Counts, policy: Policy) -> frozenset[str]:
    return frozenset(value for value, n in disclosure.shown_counts(counts, policy).items() if n is None)


def _folded(columns: Sequence[Counts], few: Set[str]) -> Iterator[tuple[str | None, list[int]]]:
    """Yield each value with its count in every column, not known last, and then the few together under None."""
    values = {value for counts in columns for value, n in counts.items() if n}
    for value in in_order(values - few):
        yield value, [counts.get(value, 0) for counts in columns]
    if values & few:
        yield None, [sum(counts.get(value, 0) for value in few) for counts in columns]
