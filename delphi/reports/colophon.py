"""How a manual was made, in sentences: who was asked, when, by which rule, and what anybody can check."""

from collections.abc import Iterator, Mapping

import delphi
from delphi import language
from delphi.canonical import canonical_json, sha256
from delphi.language import format_day, gettext, marked, ngettext
from delphi.manual.publication import Colophon
from delphi.reports.history import History, PublishedRound
from delphi.services import disclosure
from delphi.services.background import declared_interests
from delphi.services.protocol import Choices

SOFTWARE = "delphi-manual"
_INVITED = marked("To round %(round)s were invited, by %(attribute)s: %(counts)s.")
_ANSWERED = marked("Round %(round)s was answered, by %(attribute)s: %(counts)s.")


def colophon_of(history: History) -> Colophon:
    """Return which manual this is and how it came to be, from published figures and head counts alone."""
    outline = history.outline
    rounds = history.rounds
    return Colophon(
        title=outline.title,
        subtitle=outline.subtitle,
        authors=outline.authors,
        version=_version(history),
        date=format_day(history.as_of),
        citation=_citation(history),
        licence=outline.licence,
        how_made=tuple(_how_made(history)),
        rule=rounds[-1].choices.rule_sentence(language) if rounds else "",
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
    return gettext("%(version)s (draft %(n)s)", version=named, n=number) if named else str(number)


def _citation(history: History) -> str:
    cited = {"year": history.as_of.year, "title": history.outline.title, "version": _version(history)}
    authors = ", ".join(history.outline.authors)
    if authors:
        return gettext("%(authors)s (%(year)s). %(title)s. Version %(version)s.", authors=authors, **cited)
    return gettext("%(title)s (%(year)s). Version %(version)s.", **cited)


def _how_made(history: History) -> Iterator[str]:
    if not history.rounds:
        yield gettext("No results have been published yet; this is the draft as it stands.")
        return
    yield ngettext(
        "A panel of people whom it concerns refined this manual in a Delphi consultation: they rated its items in one round, "
        "apart from each other, and said in their own words what they would change.",
        "A panel of people whom it concerns refined this manual in a Delphi consultation: they rated its items in %(num)s "
        "rounds, apart from each other, and said in their own words what they would change.",
        len(history.rounds),
    )
    yield from (f"{_round(published, history)} {_before(published.view)}".strip() for published in history.rounds)
    yield from _attributes(history)
    yield from _assigned(history)
    yield from _added_later(history.rounds, history.joined_round_1)
    yield _rating(history.rounds[-1].choices)
    yield from _interests(history)
    yield _protection(history.rounds[-1].choices)
    yield from _seals(history.rounds)


def _attributes(history: History) -> Iterator[str]:
    """Yield of each round who was invited and answered, by what was known of them beforehand; values of few people together."""
    for published in history.rounds:
        for one in published.view.get("attributes", ()):
            told = {"attribute": one["attribute"], "round": published.number}
            entries = [(value_in_words(entry["value"]), entry["participants"], entry["invited"]) for entry in one["values"]]
            if all(None not in entry for entry in entries):
                counts = ", ".join(gettext("%(group)s: %(n)s of %(all)s", group=value, n=n, all=of) for value, n, of in entries)
                yield gettext(
                    "By %(attribute)s, of those invited to round %(round)s these answered: %(counts)s.", counts=counts, **told
                )
                continue
            for place, sentence in ((2, _INVITED), (1, _ANSWERED)):
                if all(entry[place] is not None for entry in entries):
                    counts = ", ".join(gettext("%(group)s: %(n)s", group=entry[0], n=entry[place]) for entry in entries)
                    yield gettext(sentence, counts=counts, **told)


def value_in_words(value: str | None) -> str:
    """Return what a value of an attribute is called: None are those of few people together."""
    return gettext("others, not named here") if value is None else value or gettext("not known")


def _assigned(history: History) -> Iterator[str]:
    """Yield of each round which sections only some groups were asked about."""
    headings = {chapter.key: chapter.heading for chapter in history.outline.chapters}
    for published in history.rounds:
        for section, groups in published.choices.asked_of.items():
            yield gettext(
                "In round %(round)s only these groups were asked about the section “%(heading)s”: %(groups)s.",
                round=published.number,
                heading=headings.get(section, section),
                groups=", ".join(groups),
            )


def _round(published: PublishedRound, history: History) -> str:
    row, view = published.row, published.view
    n_items = sum(published.number in asked for asked in history.asked.values())
    opened, closed = format_day(row.opened_at), format_day(row.closed_at or row.deadline)
    told = {
        "round": row.number,
        "draft": row.draft.number,
        "opened": opened,
        "closed": closed,
        "answered": view["participants"],
        "invited": sum(published.invited.values()),
        "groups": _by_group(published.invited, view),
    }
    if opened == closed:
        return ngettext(
            "Round %(round)s asked %(num)s item of draft %(draft)s, on %(opened)s; %(answered)s of %(invited)s people who were "
            "invited answered (%(groups)s).",
            "Round %(round)s asked %(num)s items of draft %(draft)s, on %(opened)s; %(answered)s of %(invited)s people who were "
            "invited answered (%(groups)s).",
            n_items,
            **told,
        )
    return ngettext(
        "Round %(round)s asked %(num)s item of draft %(draft)s, from %(opened)s to %(closed)s; %(answered)s of %(invited)s "
        "people who were invited answered (%(groups)s).",
        "Round %(round)s asked %(num)s items of draft %(draft)s, from %(opened)s to %(closed)s; %(answered)s of %(invited)s "
        "people who were invited answered (%(groups)s).",
        n_items,
        **told,
    )


def _before(view: disclosure.View) -> str:
    """Return how many of those who answered had answered the round before, as far as it is published; nothing of round 1."""
    counts = {one["group"]: one for one in view.get("participation", ()) if one["answered_before"] is not None}
    if None not in counts:
        return ""
    panel = counts.pop(None)
    told = {"n": panel["answered_before"], "round": view["round"] - 1, "others": panel["skipped_before"]}
    groups = ", ".join(
        gettext("%(group)s: %(n)s and %(others)s", group=group, n=one["answered_before"], others=one["skipped_before"])
        for group, one in counts.items()
    )
    if groups:
        return gettext("Of them, %(n)s had answered round %(round)s and %(others)s had not (%(groups)s).", groups=groups, **told)
    return gettext("Of them, %(n)s had answered round %(round)s and %(others)s had not.", **told)


def _added_later(rounds: tuple[PublishedRound, ...], joined_round_1: int) -> Iterator[str]:
    """Yield who came to the panel once round 1 had opened: head counts, which are never hidden; nothing of a single round."""
    if joined_round_1:
        yield ngettext(
            "%(num)s person was added to the panel while round 1 was open.",
            "%(num)s people were added to the panel while round 1 was open.",
            joined_round_1,
        )
    elif len(rounds) > 1 and not any(published.late for published in rounds):
        yield gettext("Nobody was added to the panel after round 1 had opened.")
    for published in rounds:
        if published.late:
            groups = ", ".join(gettext("%(group)s: %(n)s", group=group, n=n) for group, n in published.late.items())
            yield ngettext(
                "%(num)s person was added to the panel after round 1 had opened and was first invited to round %(round)s "
                "(%(groups)s).",
                "%(num)s people were added to the panel after round 1 had opened and were first invited to round %(round)s "
                "(%(groups)s).",
                sum(published.late.values()),
                round=published.number,
                groups=groups,
            )


def _by_group(invited: Mapping[str, int], view: Mapping[str, Mapping[str, int]]) -> str:
    counted = ((group, view["groups"].get(group, 0), people) for group, people in invited.items())
    return ", ".join(gettext("%(group)s: %(n)s of %(all)s", group=group, n=n, all=people) for group, n, people in counted)


def _rating(choices: Choices) -> str:
    questions = " ".join(f"“{gettext(criterion.question)}”" for criterion in choices.criteria)
    low, high = (_end(choices, level) for level in (choices.scale.low, choices.scale.high))
    return gettext(
        "The question for each item was %(questions)s People answered from %(low)s to %(high)s, or said that they were unable to "
        "rate it.",
        questions=questions,
        low=low,
        high=high,
    )


def _end(choices: Choices, level: int) -> str:
    word = choices.scale.anchors.get(str(level))
    return f"{level} ({gettext(word)})" if word else str(level)


def _interests(history: History) -> Iterator[str]:
    """Yield how many declared an interest; the texts themselves are the team's to read and nobody else's."""
    policy = history.rounds[-1].choices.policy
    declared = declared_interests(history.study, policy)
    if declared is None or not declared.of:
        return
    if declared.n is None:
        yield gettext(
            "How many of them declared an interest is not shown: it would tell of fewer than %(n)s people.", n=policy.least_group
        )
    elif declared.n:
        yield gettext("%(n)s of the %(all)s who answered declared an interest.", n=declared.n, all=declared.of)
    else:
        yield gettext("None of the %(all)s who answered declared an interest.", all=declared.of)


def _protection(choices: Choices) -> str:
    policy = choices.policy
    return gettext(
        "To protect the people who answered, nothing is shown of a group of fewer than %(group)s, nor what would let it "
        "be worked out; single levels of the scale are shown from %(levels)s people on. Each figure belongs to the wording that "
        "is named beside it.",
        group=policy.least_group,
        levels=policy.least_levels,
    )


def _seals(rounds: tuple[PublishedRound, ...]) -> Iterator[str]:
    """Yield for each protocol that was in force when it was sealed, with its hash."""
    for protocol in dict.fromkeys(published.row.protocol for published in rounds):
        sealed = {"day": format_day(protocol.sealed_at or rounds[0].row.opened_at), "hash": protocol.sha256}
        if protocol.number > 1:
            yield gettext(
                "Amendment %(n)s of the protocol was sealed on %(day)s, for the rounds after it: %(reason)s "
                "Its SHA-256 is %(hash)s.",
                n=protocol.number - 1,
                reason=protocol.reason,
                **sealed,
            )
        else:
            yield gettext("The protocol was sealed on %(day)s, before the first answer. Its SHA-256 is %(hash)s.", **sealed)
