"""Sections that a protocol assigns to groups: what follows for a round, and what speaks against it."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from delphi.errors import InvalidError, Message
from delphi.manual.outline import Chapter, Outline
from delphi.models import Round, Study
from delphi.services.ballots import questionnaires_of
from delphi.services.drafts import item_versions, latest_draft, outline_of
from delphi.services.findings import OWN_CONVENTION, PROTECTION, Finding, Place
from delphi.services.panel import group_sizes
from delphi.services.protocol import Choices, choices_of, current_protocol


@dataclass(frozen=True)
class Assignable:
    """What can be assigned: the sections of the newest draft, by key with their headings, and the groups to assign them to."""

    headings: Mapping[str, str]
    groups: tuple[str, ...]
    is_assigned: bool


MEND = Message("Ask that group too, or choose another consensus rule; both are in the protocol.")


def assignable(session: Session, study: Study, choices: Choices) -> Assignable:
    """Return the sections and groups of a study; groups that its protocol names and the panel does not have are among them."""
    chapters = outline_of(session, latest_draft(session, study)).chapters
    known = [size.label for size in group_sizes(session, study)]
    named = sorted({group for groups in choices.asked_of.values() for group in groups} - set(known))
    asking = {chapter.key: chapter.heading for chapter in chapters if chapter.items or chapter.key in choices.asked_of}
    return Assignable(asking, (*known, *named), bool(choices.asked_of))


def newly_asked(session: Session, study: Study, closed: Sequence[Round]) -> frozenset[int]:
    """Return the items that the next round would ask of a group which the last round that asked them did not."""
    if not any(choices_of(round_.protocol).asked_of for round_ in closed):
        return frozenset()
    questionnaires = questionnaires_of(session, closed)
    groups = [size.label for size in group_sizes(session, study) if size.n]
    skipped: dict[int, set[str]] = {}
    for asked in (questionnaires[round_.id] for round_ in closed):
        for place, version in enumerate(asked.items):
            skipped[version.item_id] = {group for group in groups if place in asked.not_asked(group)}
    draft, choices = latest_draft(session, study), choices_of(current_protocol(session, study))
    homes = outline_of(session, draft).homes
    return frozenset(
        version.item_id
        for key, version in item_versions(session, draft).items()
        if any(choices.is_asked(homes[key], group) for group in skipped.get(version.item_id, ()))
    )


def assigned(choices: Choices, outline: Outline, asking: Collection[str], people: Mapping[str, int]) -> Iterator[Finding]:
    """Yield what speaks against how sections are assigned; `asking` are those that the round asks something in."""
    for chapter in outline.chapters:
        if chapter.key in choices.asked_of and chapter.key in asking:
            yield from _section(chapter, choices, people)
    yield from _strangers(choices, outline, people)
    for group in (group for group, n in people.items() if n):
        if asking and not any(choices.is_asked(section, group) for section in asking):
            yield Finding(
                "group asked nothing",
                Place.ASSIGNING,
                Message("The group {group} is asked nothing in this round, so nobody of it is invited.", group=group),
                Message("The protocol assigns all sections that are asked in this round to other groups."),
                OWN_CONVENTION,
            )


def require_rule_to_fit(choices: Choices, outline: Outline) -> None:
    """Refuse a consensus rule that asks for groups which are not asked about a section of this manual."""
    for chapter in outline.chapters:
        if said := rule_in_vain(chapter, choices):
            raise InvalidError("{what} {why}", what=said, why=MEND).about("rule")


def _section(chapter: Chapter, choices: Choices, people: Mapping[str, int]) -> Iterator[Finding]:
    groups = [group for group in choices.asked_of[chapter.key] if people.get(group)]
    if not groups:
        named = {"heading": chapter.heading, "groups": ", ".join(choices.asked_of[chapter.key])}
        yield Finding(
            "section asked of nobody",
            Place.ASSIGNING,
            Message("Nobody on the panel is asked about the section “{heading}”; it is assigned to: {groups}.", **named),
            Message("Assign it to a group that has people, or bring people of that group on the panel."),
            OWN_CONVENTION,
            is_missing=True,
        )
    elif (n := sum(people[group] for group in groups)) < choices.policy.least_group:
        yield Finding(
            "section asked of few",
            Place.ASSIGNING,
            Message("Only {n} people are asked about the section “{heading}”.", n=n, heading=chapter.heading),
            Message(
                "Figures of fewer than {least} people are hidden, so nothing of it could be shown.",
                least=choices.policy.least_group,
            ),
            PROTECTION,
        )
    if said := rule_in_vain(chapter, choices):
        yield Finding("rule without its groups", Place.RULE, said, MEND, OWN_CONVENTION, is_missing=True)


def rule_in_vain(chapter: Chapter, choices: Choices) -> Message | None:
    """Return what the consensus rule asks for in vain of those who are asked about a section."""
    groups = choices.asked_of.get(chapter.key)
    for leaf in choices.parsed_rule().leaves if groups else ():
        left_out = [group for group in leaf.named if not choices.is_asked(chapter.key, group)]
        if left_out:
            return Message(
                "The consensus rule names the group {group}, which is not asked about the section “{heading}”, so nothing "
                "in it could be decided.",
                group=left_out[0],
                heading=chapter.heading,
            )
        if leaf.n_groups > len(groups or ()):
            return Message(
                "The consensus rule asks for {n} groups, and fewer are asked about the section “{heading}”, so "
                "nothing in it could ever meet it.",
                n=leaf.n_groups,
                heading=chapter.heading,
            )
    return None


def _strangers(choices: Choices, outline: Outline, people: Mapping[str, int]) -> Iterator[Finding]:
    """Yield sections and groups that the protocol names and the study does not have."""
    sections = choices.asked_of.keys() - {chapter.key for chapter in outline.chapters}
    if sections:
        yield Finding(
            "assigned sections missing",
            Place.ASSIGNING,
            Message(
                "The protocol assigns sections that the manual does not have: {sections}.", sections=", ".join(sorted(sections))
            ),
            Message("What stood in them is asked of everybody, wherever it stands now. Look at the protocol once more."),
            OWN_CONVENTION,
        )
    groups = {group for named in choices.asked_of.values() for group in named} - people.keys()
    if groups:
        yield Finding(
            "assigned groups missing",
            Place.ASSIGNING,
            Message(
                "The protocol assigns sections to groups that the panel does not have: {groups}.",
                groups=", ".join(sorted(groups)),
            ),
            Message("A group is found by its exact name. Mend it in the protocol, or bring people of that group on the panel."),
            OWN_CONVENTION,
        )
