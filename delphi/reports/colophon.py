"""How a manual was made, in sentences: who was asked, when, by which rule, and what anybody can check."""

from collections.abc import Iterator, Mapping
from datetime import datetime

import delphi
from delphi.canonical import canonical_json, sha256
from delphi.manual.publication import Colophon
from delphi.reports.history import History, PublishedRound
from delphi.services import disclosure
from delphi.services.protocol import Choices

SOFTWARE = "delphi-manual"


def colophon_of(history: History) -> Colophon:
    """Return which manual this is and how it came to be, from published figures and head counts alone."""
    outline = history.outline
    rounds = history.rounds
    return Colophon(
        title=outline.title,
        subtitle=outline.subtitle,
        authors=outline.authors,
        version=_version(history),
        date=_day(history.as_of),
        citation=_citation(history),
        licence=outline.licence,
        how_made=tuple(_how_made(history)),
        rule=rounds[-1].choices.rule_sentence() if rounds else "",
        software=f"{SOFTWARE} {delphi.__version__}",
        sha256=published_hash(rounds) if rounds else "",
    )


def published_hash(rounds: tuple[PublishedRound, ...]) -> str:
    """Return the SHA-256 of what was published of the rounds.

    It is not that of the team's snapshot: that one would change with the answers of groups that are not shown.
    """
    return sha256(canonical_json([published.view for published in rounds]))


def _version(history: History) -> str:
    """Return the version that the front matter names, with the draft's number; without one, that number."""
    named, number = history.outline.version, history.draft.number
    return f"{named} (draft {number})" if named else str(number)


def _citation(history: History) -> str:
    authors = ", ".join(history.outline.authors)
    by = f"{authors} ({history.as_of.year}). " if authors else ""
    year = "" if authors else f" ({history.as_of.year})"
    return f"{by}{history.outline.title}{year}. Version {_version(history)}."


def _how_made(history: History) -> Iterator[str]:
    if not history.rounds:
        yield "No results have been published yet; this is the draft as it stands."
        return
    n_rounds = len(history.rounds)
    yield (
        "A panel of people whom it concerns refined this manual in a Delphi consultation: "
        f"they rated its items in {'one round' if n_rounds == 1 else f'{n_rounds} rounds'}, apart from each other, "
        "and said in their own words what they would change."
    )
    yield from (_round(published, history) for published in history.rounds)
    yield _rating(history.rounds[-1].choices)
    yield _protection(history.rounds[-1].choices)
    yield from _seals(history.rounds)


def _round(published: PublishedRound, history: History) -> str:
    row, view = published.row, published.view
    n_items = sum(published.number in asked for asked in history.asked.values())
    opened, closed = _day(row.opened_at), _day(row.closed_at or row.deadline)
    when = f"on {opened}" if opened == closed else f"from {opened} to {closed}"
    people = f"{view['participants']} of {sum(published.invited.values())} people who were invited answered"
    return (
        f"Round {row.number} asked {n_items} {'item' if n_items == 1 else 'items'} of draft {row.draft.number}, "
        f"{when}; {people} ({_by_group(published.invited, view)}).{_before(view)}"
    )


def _before(view: disclosure.View) -> str:
    """Return how many of those who answered had answered the round before, as far as it is published; nothing of round 1."""
    counts = {one["group"]: one for one in view.get("participation", ()) if one["answered_before"] is not None}
    if None not in counts:
        return ""
    panel, before = counts.pop(None), view["round"] - 1
    groups = ", ".join(f"{group}: {one['answered_before']} and {one['skipped_before']}" for group, one in counts.items())
    return (
        f" Of them, {panel['answered_before']} had answered round {before} and {panel['skipped_before']} had not"
        f"{f' ({groups})' if groups else ''}."
    )


def _by_group(invited: Mapping[str, int], view: Mapping[str, Mapping[str, int]]) -> str:
    return ", ".join(f"{group}: {view['groups'].get(group, 0)} of {people}" for group, people in invited.items())


def _rating(choices: Choices) -> str:
    scale = choices.scale
    questions = " ".join(f"“{criterion.question}”" for criterion in choices.criteria)
    ends = " to ".join(
        f"{level} ({word})" if (word := scale.anchors.get(str(level))) else str(level) for level in (scale.low, scale.high)
    )
    return f"The question for each item was {questions} People answered from {ends}, or said that they were unable to rate it."


def _protection(choices: Choices) -> str:
    policy = choices.policy
    return (
        f"To protect the people who answered, nothing is shown of a group of fewer than {policy.least_group}, nor what would let "
        f"it be worked out; single levels of the scale are shown from {policy.least_levels} people on. "
        "Each figure belongs to the wording that is named beside it."
    )


def _seals(rounds: tuple[PublishedRound, ...]) -> Iterator[str]:
    """Yield for each protocol that was in force when it was sealed, with its hash."""
    for protocol in dict.fromkeys(published.row.protocol for published in rounds):
        sealed = protocol.sealed_at or rounds[0].row.opened_at
        name = f"Amendment {protocol.number - 1} of the protocol" if protocol.number > 1 else "The protocol"
        when = ", before the first answer" if protocol.number == 1 else ""
        yield f"{name} was sealed on {_day(sealed)}{when}. Its SHA-256 is {protocol.sha256}."


def _day(moment: datetime) -> str:
    return f"{moment.day} {moment:%B %Y}"
