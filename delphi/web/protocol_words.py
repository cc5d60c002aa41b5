"""The protocol in words: the same lines for the team, for an amendment and for an ethics committee."""

from collections.abc import Mapping
from dataclasses import dataclass

from delphi import language
from delphi.models import RoundStep
from delphi.services.amending import Amendment
from delphi.services.protocol import ALL, DELETE, ERASE, PLANNED, STABLE, STOP, Choices
from delphi.services.sign_off import STEP_WORDS
from delphi.web.words import gettext, ngettext

Headings = Mapping[str, str]


@dataclass(frozen=True)
class Line:
    """One choice of a protocol: what it is called and what was chosen."""

    key: str
    value: str


def lines_of(choices: Choices, headings: Headings) -> list[Line]:
    """Return every choice of a protocol in words; `headings` are those of the manual's sections, by key."""
    return [*_told(choices, headings), *_danger(choices)]


def changed_lines(amendment: Amendment, headings: Headings) -> list[tuple[str, str, str]]:
    """Return what an amendment changed: what it is called, what held before, and what holds since."""
    return _changed(lines_of(amendment.before, headings), lines_of(amendment.after, headings))


def changed_for_panelists(amendment: Amendment, headings: Headings) -> list[tuple[str, str, str]]:
    """Return the same without the addresses of researchers."""
    return _changed(_told(amendment.before, headings), _told(amendment.after, headings))


def whom_words(choices: Choices, headings: Headings) -> str:
    """Return which groups are asked about which sections."""
    if not choices.asked_of:
        return gettext("everybody everything")
    assigned = [
        gettext("“%(heading)s” only %(groups)s", heading=headings.get(section, section), groups=", ".join(groups))
        for section, groups in choices.asked_of.items()
    ]
    return gettext("%(assigned)s; everything else everybody", assigned="; ".join(assigned))


def ends_words(choices: Choices) -> str:
    """Return when the study ends, as half a sentence."""
    if choices.stopping == PLANNED:
        return ngettext(
            "once nothing is left to ask, and after %(num)s round at the latest",
            "once nothing is left to ask, and after %(num)s rounds at the latest",
            choices.planned_rounds,
        )
    if choices.stopping == STABLE:
        return ngettext(
            "once nothing is left to ask or the answers to all that is asked are stable, and after %(num)s round at the latest",
            "once nothing is left to ask or the answers to all that is asked are stable, and after %(num)s rounds at the latest",
            choices.planned_rounds,
        )
    return gettext("when the team decides so")


def withdrawal_words(choices: Choices) -> str:
    """Return what becomes of the answers of whoever withdraws."""
    return {
        STOP: gettext("what they have saved stays and counts"),
        DELETE: gettext("their answers in an open round are deleted"),
        ERASE: gettext("all that is theirs is deleted, fixed results stay"),
    }[choices.withdrawal]


def sign_off_words(choices: Choices) -> str:
    """Return the steps that take two people."""
    steps = ", ".join(gettext(STEP_WORDS[RoundStep(step)]) for step in choices.sign_off)
    return steps or gettext("none: one person can open, close and publish")


def _changed(before: list[Line], after: list[Line]) -> list[tuple[str, str, str]]:
    return [(old.key, old.value, new.value) for old, new in zip(before, after, strict=True) if old.value != new.value]


def _told(choices: Choices, headings: Headings) -> list[Line]:
    whom = Line(gettext("Who is asked what"), whom_words(choices, headings))
    return [*_asked(choices), whom, *_shown(choices), *_course(choices)]


def _asked(choices: Choices) -> list[Line]:
    scale = choices.scale
    anchors = ", ".join(f"{level} = {gettext(words)}" for level, words in scale.anchors.items())
    levels = gettext("%(low)s to %(high)s", low=scale.low, high=scale.high)
    return [
        Line(gettext("What is rated"), " · ".join(f"{gettext(one.label)}: {gettext(one.question)}" for one in choices.criteria)),
        Line(gettext("Scale"), f"{levels}: {anchors}" if anchors else levels),
        Line(gettext("Consensus"), choices.rule_sentence(language)),
        Line(gettext("Source of the rule"), gettext(str(choices.rule.get("source", ""))) or gettext("not given")),
        Line(
            gettext("Percentages are of"),
            gettext("those who rated the item")
            if choices.denominator == "rated"
            else gettext("those who answered, unable to rate included"),
        ),
    ]


def _shown(choices: Choices) -> list[Line]:
    yes, no = gettext("yes"), gettext("no")
    least = choices.policy.least_group
    return [
        Line(gettext("Panelists see the panel’s figures"), yes if choices.show_panel else no),
        Line(
            gettext("Panelists see the groups’ figures"),
            gettext("yes, from %(n)s people on", n=least) if choices.show_groups else no,
        ),
        Line(gettext("How many chose each level"), gettext("from %(n)s people on", n=choices.policy.least_levels)),
        Line(
            gettext("The own group’s figures, to its members"), gettext("from %(n)s people on", n=choices.policy.least_own_group)
        ),
        Line(gettext("The group beside each comment"), gettext("from %(n)s comments on", n=choices.policy.least_commenters)),
        Line(gettext("Panelists see comments that are meant for them"), yes if choices.show_comments else no),
        Line(
            gettext("A panelist’s own last rating"),
            gettext("chosen beforehand where the words have not changed")
            if choices.preselect_last
            else gettext("marked, not chosen beforehand"),
        ),
    ]


def _course(choices: Choices) -> list[Line]:
    return [
        Line(gettext("When somebody withdraws"), withdrawal_words(choices)),
        Line(gettext("Planned rounds"), str(choices.planned_rounds)),
        Line(gettext("Weeks for each round"), str(choices.weeks)),
        Line(gettext("It ends"), ends_words(choices)),
        Line(
            gettext("Invited to later rounds"),
            gettext("everybody who has not declined or withdrawn")
            if choices.inviting == ALL
            else gettext("of those asked in the round before, only who answered"),
        ),
        Line(gettext("What nobody does alone"), sign_off_words(choices)),
        Line(gettext("Background questions"), " · ".join(question.text for question in choices.questions) or gettext("none")),
    ]


def _danger(choices: Choices) -> list[Line]:
    named = choices.safeguarding
    return [
        Line(gettext("Safeguarding reader"), named.reader if named else gettext("nobody is named")),
        Line(gettext("Second person"), named.second if named else gettext("nobody is named")),
    ]
