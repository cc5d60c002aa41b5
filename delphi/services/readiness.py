"""The check before a round opens: what is missing, and what is unwise, each with the reason and where it comes from."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from math import ceil

from sqlalchemy.orm import Session

from delphi.errors import Message
from delphi.language import marked
from delphi.manual.outline import Chapter, Outline
from delphi.models import ItemVersion, Study
from delphi.services import disclosure
from delphi.services.assigning import assigned, rule_in_vain
from delphi.services.drafts import latest_draft, outline_of
from delphi.services.findings import OWN_CONVENTION, PROTECTION, Finding, Place
from delphi.services.minutes import longest_minutes
from delphi.services.owed import owed
from delphi.services.panel import group_sizes
from delphi.services.protocol import UNDECIDED, Choices, choices_of, current_protocol
from delphi.statistics.errors import UnusableError
from delphi.statistics.rule_files import require_groups
from delphi.statistics.rules import Rule

LONGEST_MINUTES = 30
MOST_ON_A_PAGE = 8
STAYED, OF_ROUNDS = 54, 3  # percent of a panel who completed all of so many rounds: doi 10.1186/s13063-023-07388-9
NO_MAIL = Finding(
    "no mail server",
    Place.LINKS,
    Message("No mail server is set, so invitations are written to files and reach nobody."),
    Message("Ask whoever runs this site to set up mail before you open."),
    OWN_CONVENTION,
    more=Message(
        "Whoever runs this site sets DELPHI_SMTP_URL, or gives out everybody’s links once the round is open: delphi panel links. "
        "The links of people without an e-mail address a custodian takes from the page of the panel, as a file."
    ),
)


@dataclass(frozen=True)
class _Plan:
    """What is about to happen: who would be asked what, under which protocol."""

    choices: Choices
    outline: Outline
    asked: Sequence[ItemVersion]
    people: dict[str, int]
    is_first: bool

    @property
    def rule(self) -> Rule:
        return self.choices.parsed_rule()


def check(session: Session, study: Study, asked: Sequence[ItemVersion], *, n_earlier: int) -> list[Finding]:
    """Return what is missing and what is unwise about asking this panel these items next, what is missing first.

    `n_earlier` is how many rounds were held before: what can no longer be mended then is not said again.
    """
    plan = _Plan(
        choices=choices_of(current_protocol(session, study)),
        outline=outline_of(session, latest_draft(session, study)),
        asked=asked,
        people={size.label: size.n for size in group_sizes(session, study)},
        is_first=n_earlier == 0,
    )
    about_people = owed(session, study, names_reader=plan.choices.safeguarding is not None, is_first=plan.is_first)
    found = list(chain(_panel(plan), _items(plan), _rule(plan), _assigned(plan), _protocol(plan), about_people))
    return sorted(found, key=lambda finding: not finding.is_missing)


def _panel(plan: _Plan) -> Iterator[Finding]:
    if not sum(plan.people.values()):
        yield Finding(
            "no panel",
            Place.PANEL,
            Message("There is nobody on the panel yet."),
            Message("A round invites everybody who is on the panel when it opens."),
            OWN_CONVENTION,
            is_missing=True,
        )
    least = plan.choices.policy.least_group
    for group, n in plan.people.items():
        if 0 < n < least:
            yield Finding(
                "group too small",
                Place.PANEL,
                Message("Only {n} of the panel are of the group {group}.", n=n, group=group),
                Message(
                    "Figures of fewer than {least} people are hidden from the panel and from everything that is published, and "
                    "so are those of another group, from which they would follow.",
                    least=least,
                ),
                PROTECTION,
            )
    if plan.is_first:
        yield from _loss(plan, least)


def _loss(plan: _Plan, least: int) -> Iterator[Finding]:
    """Yield which groups are shown now and would not be any more, were as many to leave as elsewhere."""
    n_rounds = plan.choices.planned_rounds
    staying = (STAYED / 100) ** (n_rounds / OF_ROUNDS)
    thin = [f"{group} ({n})" for group, n in plan.people.items() if n >= least > n * staying]
    if thin:
        yield Finding(
            "drop-out",
            Place.PANEL,
            Message("With the usual drop-out fewer than {least} may be left of: {groups}.", least=least, groups=", ".join(thin)),
            Message(
                "In one survey {stayed} % completed all of {all} rounds; {rounds} would lose {lost} %. Figures of fewer than "
                "{least} people are hidden. Have at least {wanted} in each group.",
                stayed=STAYED,
                all=OF_ROUNDS,
                rounds=n_rounds,
                lost=round(100 * (1 - staying)),
                least=least,
                wanted=ceil(least / staying),
            ),
            marked("Trials 2023, doi 10.1186/s13063-023-07388-9"),
        )


def _items(plan: _Plan) -> Iterator[Finding]:
    if not plan.asked:
        yield Finding(
            "nothing to ask",
            Place.MANUAL,
            Message("There is nothing to ask: no item is left to rate."),
            Message("Every item is settled, kept or dropped, or none is marked."),
            OWN_CONVENTION,
            is_missing=True,
        )
        return
    keys = {version.item.key for version in plan.asked}
    minutes = longest_minutes(plan.outline, keys, plan.choices, plan.people)
    if minutes > LONGEST_MINUTES:
        yield Finding(
            "takes long",
            Place.MANUAL,
            Message("Answering takes about {n} minutes, more than {most}.", n=minutes, most=LONGEST_MINUTES),
            Message("The more items there are, the fewer people answer the next round. Ask about fewer, or by fewer criteria."),
            marked("PubMed 30557677"),
        )
    if plan.is_first:
        yield from _marks(plan)


def _marks(plan: _Plan) -> Iterator[Finding]:
    kinds = {version.kind for version in plan.asked}
    if not plan.outline.is_marked:
        yield Finding(
            "no item marked",
            Place.MANUAL,
            Message("No item is marked, so every section is rated as a whole, as flexible."),
            Message("A rating of a whole section does not say which of its sentences somebody agrees to."),
            OWN_CONVENTION,
        )
    elif len(kinds) == 1 and len(plan.asked) > 1:
        yield Finding(
            "one kind of item",
            Place.MANUAL,
            Message("Every item is core.") if kinds == {"core"} else Message("Every item is flexible."),
            Message("Whoever uses the manual learns from the two kinds what is fixed and what they may adapt."),
            OWN_CONVENTION,
        )
    yield from _pages(plan)
    by_words: dict[str, list[str]] = {}
    for version in plan.asked:
        by_words.setdefault(" ".join(version.text.split()).casefold(), []).append(version.item.key)
    for same in (keys for keys in by_words.values() if len(keys) > 1):
        yield Finding(
            "items alike",
            Place.MANUAL,
            Message("Items have the same words: {keys}.", keys=", ".join(same)),
            Message("People wonder what the difference is, and their answers to each are worth less."),
            OWN_CONVENTION,
        )


def _pages(plan: _Plan) -> Iterator[Finding]:
    asked = {version.item.key for version in plan.asked}
    twice = [section.heading for section in plan.outline.sections if section.key in asked and len(section.items) > 1]
    if twice:
        yield Finding(
            "rated twice",
            Place.MANUAL,
            Message("These sections are rated as a whole and item by item too: {headings}.", headings=", ".join(twice)),
            Message("People rate the same words twice. Mark the section as a whole as not rated, unless you mean both."),
            OWN_CONVENTION,
        )
    chapters = [chapter for chapter in plan.outline.chapters if any(item.key in asked for item in chapter.items)]
    if len(chapters) == 1 and len(asked) > MOST_ON_A_PAGE and len(chapters[0].sections) > 1:
        yield Finding(
            "one page for all",
            Place.MANUAL,
            Message("All {n} items stand under the one heading “{heading}”.", n=len(asked), heading=chapters[0].heading),
            Message(
                "A heading of the highest level makes a page: people answer all of it at a sitting, and no part can be assigned."
            ),
            OWN_CONVENTION,
        )


def _rule(plan: _Plan) -> Iterator[Finding]:
    rule, present = plan.rule, {group: n for group, n in plan.people.items() if n}
    if not present:
        return
    try:
        require_groups(rule, list(present))
    except UnusableError as error:
        why = Message("Change the rule in the protocol, or the panel.")
        yield Finding("rule without its groups", Place.RULE, _said(error), why, PROTECTION, is_missing=True)
        return
    yield from _group_minimum(rule, present)
    withheld = disclosure.withheld_for(rule, plan.people, plan.choices.policy)
    if withheld:
        yield Finding(
            "verdicts withheld",
            Place.RULE,
            Message("With this panel, no verdict of the consensus rule can be published, and no item settles by itself."),
            Message(
                "The rule would tell figures of so few people that they are hidden. Choose a rule that needs no single levels, "
                "one of the whole panel, or invite more people."
            ),
            PROTECTION,
        )
    largest = max(present, key=lambda group: (present[group], group))
    if not rule.uses_groups and len(present) > 1 and 2 * present[largest] > sum(present.values()):
        yield Finding(
            "one group decides",
            Place.RULE,
            Message("The group {group} is more than half of the panel, and the rule counts everybody together.", group=largest),
            Message(
                "A percentage of everybody is mostly that of the largest group: in one study 66 % of everybody hid that none of "
                "the three policy makers agreed. A rule can ask each group."
            ),
            marked("COS for Work, BMJ Open 2023;13:e069174"),
        )


def _group_minimum(rule: Rule, present: dict[str, int]) -> Iterator[Finding]:
    """Yield whether groups are too small to count for the rule, and whether so many are that nothing could ever meet it."""
    for leaf in (leaf for leaf in rule.leaves if leaf.groups != "pooled"):
        small = [group for group in leaf.named or present if present.get(group, 0) < leaf.n_min]
        counted = len(leaf.named or present) - len(small)
        if not small:
            continue
        is_missing = counted < max(1, leaf.n_groups)
        yield Finding(
            "groups do not count",
            Place.RULE,
            Message(
                "For the consensus rule a group counts from {least} people on; too small is: {groups}.",
                least=leaf.n_min,
                groups=", ".join(small),
            ),
            Message("No item could ever meet the rule. Change it, or invite more people.")
            if is_missing
            else Message("What these people say changes no verdict."),
            OWN_CONVENTION,
            is_missing=is_missing,
        )
        return


def _assigned(plan: _Plan) -> Iterator[Finding]:
    """Yield what is to be said of sections that the protocol assigns to groups."""
    asking = {plan.outline.homes[version.item.key] for version in plan.asked}
    yield from assigned(plan.choices, plan.outline, asking, plan.people)
    # Whom a rule looks at is looked at again among those who are asked.
    for chapter in plan.outline.chapters:
        people = {group: n for group, n in plan.people.items() if plan.choices.is_asked(chapter.key, group)}
        if chapter.key in plan.choices.asked_of and chapter.key in asking and any(people.values()):
            yield from _rule_in(chapter, plan, people)


def _rule_in(chapter: Chapter, plan: _Plan, people: Mapping[str, int]) -> Iterator[Finding]:
    if rule_in_vain(chapter, plan.choices):
        return  # that is said already
    minimum = _group_minimum(plan.rule, {group: n for group, n in people.items() if n})
    for finding in (finding for finding in minimum if finding.is_missing):
        yield replace(finding, what=Message("Section “{heading}”: {what}", heading=chapter.heading, what=finding.what))
    withheld, policy = disclosure.withheld_for, plan.choices.policy
    if withheld(plan.rule, people, policy) and not withheld(plan.rule, plan.people, policy):
        yield Finding(
            "verdicts withheld",
            Place.ASSIGNING,
            Message("In the section “{heading}”, no verdict of the consensus rule can be published.", heading=chapter.heading),
            Message("The rule would tell figures of so few people that they are hidden. Ask more groups about it."),
            PROTECTION,
        )


def _said(error: UnusableError) -> Message:
    return Message("{reason}", reason=error)


def _protocol(plan: _Plan) -> Iterator[Finding]:
    if not plan.is_first:
        return
    if plan.choices.stopping == UNDECIDED:
        yield Finding(
            "no stopping rule",
            Place.COURSE,
            Message("The protocol does not say when to stop."),
            Message("Who can stop whenever they like can stop when the results suit them. Consensus alone is no reason to stop."),
            marked("Von der Gracht, Technol Forecast Soc Change 2012;79:1525"),
        )
    elif plan.choices.planned_rounds == 1:
        yield Finding(
            "one round",
            Place.COURSE,
            Message("Only one round is planned."),
            Message("Nobody could see what the others said and answer again, and no answer could be called stable."),
            marked("Von der Gracht, Technol Forecast Soc Change 2012;79:1525"),
        )
