"""What a consensus rule says of every item and group, with the numbers that decided."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from math import sqrt

import numpy as np

from delphi.statistics import rule_words
from delphi.statistics.counts import Counts
from delphi.statistics.figures import Measure
from delphi.statistics.outcomes import NOT_RATED, VERDICTS, Evidence, Flags, codes_of, gather, outcomes
from delphi.statistics.outcomes import Verdict as Verdict
from delphi.statistics.ram import CLASSES
from delphi.statistics.rules import FIGURE_NAMES, AllOf, Condition, InGroups, Requirement, Rule
from delphi.statistics.words import ENGLISH, Words, listed, marked


@dataclass(frozen=True)
class Judgement:
    """A verdict and one or two sentences that give the numbers behind it."""

    verdict: Verdict
    reason: str


def judge(
    rule: Rule, counts: Counts, group_names: Sequence[str], measure: Measure, words: Words = ENGLISH
) -> list[list[Judgement]]:
    """Return the rule's verdict for every slot and group, [slot][group] with the panel first.

    For the panel a test over groups looks at them; for a group every test is applied to that group's own counts, pooled.
    """
    evidence = gather(rule, counts, group_names, measure)
    settled = outcomes(rule, evidence, group_names)
    asked = (counts.answered + counts.missing).tolist()
    codes = codes_of(rule, settled, counts.rated).tolist()
    facts: dict[Condition, _Facts | _GroupFacts] = {
        test: _facts(each, group_names, asked, words) for test, each in evidence.items()
    }
    holds: dict[Condition, Flags] = {test: each.holds for test, each in evidence.items()}
    for leaf in rule.leaves:
        if isinstance(leaf, InGroups):
            facts[leaf] = _group_facts(leaf, settled[leaf], evidence, group_names, asked, words)
            holds[leaf] = settled[leaf]
    patterns = _patterns(holds)
    grounds = {
        pattern: _grounds(rule, facts, dict(zip(holds, pattern[1:], strict=True)), words, is_group=pattern[0])
        for pattern in set(patterns)
    }
    unable = counts.unable.tolist()
    width = counts.unable.shape[1]
    return [
        [
            _not_rated(asked[slot][group], unable[slot][group], words, is_group=group > 0)
            if code == NOT_RATED
            else Judgement(VERDICTS[code], grounds[patterns[slot * width + group]].said(slot, group))
            for group, code in enumerate(row)
        ]
        for slot, row in enumerate(codes)
    ]


def _patterns(holds: Mapping[Condition, Flags]) -> list[tuple[bool, ...]]:
    """Return of every slot and group in turn whether it is a group, and what each test says; few differ."""
    shape = next(iter(holds.values())).shape
    is_group = np.broadcast_to(np.arange(shape[1]) > 0, shape)
    return list(zip(*(flags.ravel().tolist() for flags in (is_group, *holds.values())), strict=True))


@dataclass(frozen=True)
class _Facts:
    """What one requirement's reason quotes of every slot and group; a number is put in words once, however many share it."""

    requirement: Requirement
    numerator: list[list[int]]
    denominator: list[list[int]]
    defined: list[list[bool]]
    power: int
    part: list[list[int]]
    base: list[list[int]]
    large: list[list[bool]]
    group_names: Sequence[str]
    asked: list[list[int]]
    words: Words
    wanted: str
    wanted_of_panel: str
    levels: str
    said: dict[tuple[int, int, int], str] = field(default_factory=dict)
    shown: dict[tuple[int, int], str] = field(default_factory=dict)

    def fact(self, slot: int, group: int) -> str:
        """Return the number and what was wanted, as in "14 of 20 (70 %) rated 7–9 (at least 70 % needed)"."""
        if group == 0 and self.requirement.groups != "pooled":
            return _needed(self._by_group(slot), self.wanted_of_panel, self.words)
        if not self.defined[slot][group]:
            return _needed(self._pooled(slot, group), self.wanted, self.words)
        key = self.numerator[slot][group], self.denominator[slot][group], self.base[slot][group]
        if key not in self.said:
            self.said[key] = _needed(self._pooled(slot, group), self.wanted, self.words)
        return self.said[key]

    def _pooled(self, slot: int, group: int) -> str:
        value, say = self._value(slot, group), self.words.gettext
        if not self._is_share:
            return say("%(subject)s is %(value)s", subject=self.requirement.subject(self.words), value=value)
        counted = {"part": self.part[slot][group], "base": self.base[slot][group], "value": value, "levels": self.levels}
        if self.requirement.denominator == "answered":
            return say("%(part)s of %(base)s who answered (%(value)s %%) rated %(levels)s", **counted)
        return say("%(part)s of %(base)s (%(value)s %%) rated %(levels)s", **counted)

    def _by_group(self, slot: int) -> str:
        large, small = [], []
        for group, name in enumerate(self.group_names, start=1):
            if self.requirement.groups == "named" and name not in self.requirement.named:
                continue
            if self.large[slot][group]:
                large.append(f"{name} {self._short(slot, group)}")
            elif self.asked[slot][group]:
                small.append(f"{name} {self.base[slot][group]}")
        say = self.words.gettext
        groups = ", ".join(large) or say("none is large enough")
        if self.requirement.groups == "balanced" and large:
            groups = say("%(groups)s, on average %(value)s %%", groups=groups, value=self._value(slot, 0))
        if self._is_share:
            found = say("rated %(levels)s by group: %(groups)s", levels=self.levels, groups=groups)
        else:
            figure = say(FIGURE_NAMES[self.requirement.figure])
            found = say("%(figure)s by group: %(groups)s", figure=figure, groups=groups)
        return _passing_over(found, small, self.words)

    def _short(self, slot: int, group: int) -> str:
        value = self._value(slot, group)
        if self.requirement.figure != "percent":
            return value
        counted = {"part": self.part[slot][group], "base": self.base[slot][group], "value": value}
        return self.words.gettext("%(part)s of %(base)s (%(value)s %%)", **counted)

    @property
    def _is_share(self) -> bool:
        return self.requirement.figure == "percent" and self.requirement.bounds is not None

    def _value(self, slot: int, group: int) -> str:
        if not self.defined[slot][group]:
            return self.words.gettext("undefined")
        key = self.numerator[slot][group], self.denominator[slot][group]
        if key not in self.shown:
            self.shown[key] = _shown(*key, self.power, self.requirement, self.words)
        return self.shown[key]


def _needed(found: str, wanted: str, words: Words) -> str:
    return words.gettext("%(found)s (%(wanted)s needed)", found=found, wanted=wanted)


def _passing_over(found: str, small: Sequence[str], words: Words) -> str:
    """Return what was found, with the groups that do not count and their sizes."""
    groups = ", ".join(small)
    return words.gettext("%(found)s; too few to count: %(groups)s", found=found, groups=groups) if small else found


def _facts(evidence: Evidence, group_names: Sequence[str], asked: list[list[int]], words: Words) -> _Facts:
    requirement, figure = evidence.requirement, evidence.figure
    wanted = requirement.wanted(words)
    place = _place(requirement, words)
    return _Facts(
        requirement=requirement,
        numerator=figure.numerator.tolist(),
        denominator=figure.denominator.tolist(),
        defined=figure.defined.tolist(),
        power=figure.power,
        part=evidence.part.tolist(),
        base=evidence.base.tolist(),
        large=evidence.large.tolist(),
        group_names=group_names,
        asked=asked,
        words=words,
        wanted=wanted,
        wanted_of_panel=words.gettext("%(wanted)s %(place)s", wanted=wanted, place=place) if place else wanted,
        levels=rule_words.levels(requirement.bounds, words),
    )


def _place(leaf: Requirement | InGroups, words: Words) -> str:
    return rule_words.place(leaf.groups, leaf.n_groups, leaf.named, words)


@dataclass(frozen=True)
class _GroupFacts:
    """In which groups a condition of several tests is met, as a reason quotes it."""

    claim: str
    wanted: str
    met: list[list[bool]]
    large: list[list[bool]]
    base: list[list[int]]
    asked: list[list[int]]
    columns: Sequence[tuple[int, str]]
    words: Words

    def fact(self, slot: int, group: int) -> str:
        """Return which groups meet it, as in "…: carers yes, users no (in at least one group needed)"."""
        met, large, base, say = self.met[slot], self.large[slot], self.base[slot], self.words.gettext
        counted = [f"{name} {say('yes') if met[column] else say('no')}" for column, name in self.columns if large[column]]
        asked = self.asked[slot]
        small = [f"{name} {base[column]}" for column, name in self.columns if asked[column] and not large[column]]
        groups = ", ".join(counted) or say("none is large enough")
        found = say("%(claim)s: %(groups)s", claim=self.claim, groups=groups)
        return _needed(_passing_over(found, small, self.words), self.wanted, self.words)


def _group_facts(
    leaf: InGroups,
    met: Flags,
    evidence: Mapping[Requirement, Evidence],
    group_names: Sequence[str],
    asked: list[list[int]],
    words: Words,
) -> _GroupFacts:
    base = next(each.base for test, each in evidence.items() if test.denominator == leaf.denominator)
    columns = [(column, name) for column, name in enumerate(group_names, start=1) if not leaf.named or name in leaf.named]
    large = (base >= leaf.n_min).tolist()
    claim, wanted = leaf.part.sentence(words), _place(leaf, words)
    return _GroupFacts(claim, wanted, met.tolist(), large, base.tolist(), asked, columns, words)


_LONE = marked("%(why)s.")
_LEADS = {
    True: (
        marked("Both conditions hold, so the rule decides nothing. In: %(why)s."),
        marked("Out: %(why)s."),
    ),
    False: (marked("Not in: %(why)s."), marked("Not out: %(why)s.")),
}


@dataclass(frozen=True)
class _Grounds:
    """Which facts a verdict rests on, each list with the sentence that says them."""

    parts: Sequence[tuple[str, Sequence[_Facts | _GroupFacts]]]
    words: Words

    def said(self, slot: int, group: int) -> str:
        """Return the sentences; a lone list begins its sentence."""
        sentences = []
        for message, deciding in self.parts:
            why = listed([each.fact(slot, group) for each in deciding], self.words)
            why = f"{why[:1].upper()}{why[1:]}" if message == _LONE else why
            sentences.append(self.words.gettext(message, why=why))
        return " ".join(sentences)


def _grounds(
    rule: Rule,
    facts: Mapping[Condition, _Facts | _GroupFacts],
    truth: Mapping[Condition, bool],
    words: Words,
    *,
    is_group: bool,
) -> _Grounds:
    """Return what decides: the condition that holds, or both where neither or each of them does."""
    found = [_deciding(condition, truth, is_group) for condition in rule.conditions]
    met = [outcome for outcome, _ in found]
    quoting = [[facts[leaf] for leaf in deciding] for _, deciding in found]
    if sum(met) == 1:
        return _Grounds([(_LONE, quoting[met.index(True)])], words)
    return _Grounds(list(zip(_LEADS[all(met)], quoting, strict=False)), words)


def _deciding(condition: Condition, truth: Mapping[Condition, bool], is_group: bool) -> tuple[bool, list[Condition]]:
    """Return whether the condition is met, and the tests that make it so: those that hold, or those that fail."""
    if isinstance(condition, InGroups) and is_group:
        return _deciding(condition.part, truth, is_group)
    if isinstance(condition, Requirement | InGroups):
        return truth[condition], [condition]
    found = [_deciding(part, truth, is_group) for part in condition.parts]
    met = all(outcome for outcome, _ in found) if isinstance(condition, AllOf) else any(outcome for outcome, _ in found)
    return met, [each for outcome, deciding in found if outcome is met for each in deciding]


def _not_rated(n_asked: int, n_unable: int, words: Words, *, is_group: bool) -> Judgement:
    if not n_asked:
        asked = marked("Nobody in this group who took part was asked it."), marked("Nobody who took part was asked it.")
        return Judgement(Verdict.NOT_RATED, words.gettext(asked[not is_group]))
    if not n_unable:
        rated = marked("Nobody in this group rated it."), marked("Nobody rated it.")
        return Judgement(Verdict.NOT_RATED, words.gettext(rated[not is_group]))
    if is_group:
        said = words.ngettext(
            "Nobody in this group rated it; %(num)s said that they are unable to.",
            "Nobody in this group rated it; %(num)s said that they are unable to.",
            n_unable,
        )
    else:
        said = words.ngettext(
            "Nobody rated it; %(num)s said that they are unable to.",
            "Nobody rated it; %(num)s said that they are unable to.",
            n_unable,
        )
    return Judgement(Verdict.NOT_RATED, said)


def _shown(numerator: int, denominator: int, power: int, requirement: Requirement, words: Words) -> str:
    """Return the figure rounded for reading, with as many decimals as it takes not to look like the threshold."""
    if requirement.figure == "ram":
        return rule_words.class_word(CLASSES[numerator // denominator], words)
    if power == 2:  # the root is rounded, but only shown and not compared
        numerator, denominator = sqrt(Fraction(numerator, denominator)).as_integer_ratio()
    threshold = requirement.threshold
    is_threshold = numerator * threshold.denominator == threshold.numerator * denominator
    for decimals in range(1 if requirement.figure == "percent" else 2, 7):
        rounded = _round(numerator * 10**decimals, denominator)
        if is_threshold or rounded * threshold.denominator != threshold.numerator * 10**decimals:
            break
    return words.decimal(_decimal(rounded, decimals))


def _decimal(number: int, decimals: int) -> str:
    """Return the number of so many tenths, hundredths, … as a reader expects it: 70, 1.5."""
    whole, rest = divmod(abs(number), 10**decimals)
    sign = "-" if number < 0 else ""
    return f"{sign}{whole}.{rest:0{decimals}d}".rstrip("0").rstrip(".")


def _round(numerator: int, denominator: int) -> int:
    """Return the nearest whole number, of two equally near the even one."""
    below, rest = divmod(numerator, denominator)
    return below + (2 * rest > denominator or (2 * rest == denominator and below % 2 == 1))
