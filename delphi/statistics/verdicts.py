"""What a consensus rule says of every item and group, with the numbers that decided."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from math import sqrt

import numpy as np

from delphi.statistics.counts import Counts
from delphi.statistics.figures import Measure
from delphi.statistics.outcomes import NOT_RATED, VERDICTS, Evidence, Flags, codes_of, gather, outcomes
from delphi.statistics.outcomes import Verdict as Verdict
from delphi.statistics.ram import CLASSES
from delphi.statistics.rules import FIGURE_NAMES, AllOf, Condition, InGroups, Requirement, Rule, quoted
from delphi.statistics.scale import format_range


@dataclass(frozen=True)
class Judgement:
    """A verdict and one or two sentences that give the numbers behind it."""

    verdict: Verdict
    reason: str


def judge(rule: Rule, counts: Counts, group_names: Sequence[str], measure: Measure) -> list[list[Judgement]]:
    """Return the rule's verdict for every slot and group, [slot][group] with the panel first.

    For the panel a test over groups looks at them; for a group every test is applied to that group's own counts, pooled.
    """
    evidence = gather(rule, counts, group_names, measure)
    settled = outcomes(rule, evidence, group_names)
    codes = codes_of(rule, settled, counts.rated).tolist()
    facts: dict[Condition, _Facts | _GroupFacts] = {test: _facts(each, group_names) for test, each in evidence.items()}
    holds: dict[Condition, Flags] = {test: each.holds for test, each in evidence.items()}
    for leaf in rule.leaves:
        if isinstance(leaf, InGroups):
            facts[leaf] = _group_facts(leaf, settled[leaf], evidence, group_names)
            holds[leaf] = settled[leaf]
    patterns = _patterns(holds)
    grounds = {
        pattern: _grounds(rule, facts, dict(zip(holds, pattern[1:], strict=True)), pattern[0]) for pattern in set(patterns)
    }
    asked = (counts.answered + counts.missing).tolist()
    unable = counts.unable.tolist()
    width = counts.unable.shape[1]
    return [
        [
            _not_rated(asked[slot][group], unable[slot][group], group)
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
    wanted: str
    wanted_of_panel: str
    said: dict[tuple[int, int, int], str] = field(default_factory=dict)
    shown: dict[tuple[int, int], str] = field(default_factory=dict)

    def fact(self, slot: int, group: int) -> str:
        """Return the number and what was wanted, as in "14 of 20 (70 %) rated 7–9 (at least 70 % needed)"."""
        if group == 0 and self.requirement.groups != "pooled":
            return f"{self._by_group(slot)} ({self.wanted_of_panel} needed)"
        key = self.numerator[slot][group], self.denominator[slot][group], self.base[slot][group]
        if not self.defined[slot][group]:
            return f"{self._pooled(slot, group)} ({self.wanted} needed)"
        if key not in self.said:
            self.said[key] = f"{self._pooled(slot, group)} ({self.wanted} needed)"
        return self.said[key]

    def _pooled(self, slot: int, group: int) -> str:
        bounds = self.requirement.bounds
        if self.requirement.figure != "percent" or bounds is None:
            return f"{self.requirement.subject} is {self._value(slot, group)}"
        who = " who answered" if self.requirement.denominator == "answered" else ""
        return f"{self._counted(slot, group, who)} rated {format_range(bounds)}"

    def _by_group(self, slot: int) -> str:
        large, small = [], []
        for group, name in enumerate(self.group_names, start=1):
            if self.requirement.groups == "named" and name not in self.requirement.named:
                continue
            if self.large[slot][group]:
                large.append(f"{name} {self._short(slot, group)}")
            else:
                small.append(f"{name} {self.base[slot][group]}")
        passed_over = f"; too few to count: {', '.join(small)}" if small else ""
        bounds = self.requirement.bounds
        is_percent = self.requirement.figure == "percent" and bounds is not None
        what = f"rated {format_range(bounds)}" if is_percent and bounds else FIGURE_NAMES[self.requirement.figure]
        mean = f", on average {self._value(slot, 0)} %" if self.requirement.groups == "balanced" and large else ""
        return f"{what} by group: {', '.join(large) or 'none is large enough'}{mean}{passed_over}"

    def _short(self, slot: int, group: int) -> str:
        return self._counted(slot, group, "") if self.requirement.figure == "percent" else self._value(slot, group)

    def _counted(self, slot: int, group: int, who: str) -> str:
        return f"{self.part[slot][group]} of {self.base[slot][group]}{who} ({self._value(slot, group)} %)"

    def _value(self, slot: int, group: int) -> str:
        if not self.defined[slot][group]:
            return "undefined"
        key = self.numerator[slot][group], self.denominator[slot][group]
        if key not in self.shown:
            self.shown[key] = _shown(*key, self.power, self.requirement)
        return self.shown[key]


def _facts(evidence: Evidence, group_names: Sequence[str]) -> _Facts:
    requirement, figure = evidence.requirement, evidence.figure
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
        wanted=requirement.wanted,
        wanted_of_panel=f"{requirement.wanted}{_place(requirement)}",
    )


def _place(leaf: Requirement | InGroups) -> str:
    n_groups = leaf.n_groups
    return {
        "pooled": "",
        "every": " in every group",
        "any": " in at least one group",
        "at_least": f" in at least {'one group' if n_groups == 1 else f'{n_groups} groups'}",
        "balanced": " on average over the groups",
        "named": f" in {quoted(leaf.named)}",
    }[leaf.groups]


@dataclass(frozen=True)
class _GroupFacts:
    """In which groups a condition of several tests is met, as a reason quotes it."""

    claim: str
    wanted: str
    met: list[list[bool]]
    large: list[list[bool]]
    base: list[list[int]]
    columns: Sequence[tuple[int, str]]

    def fact(self, slot: int, group: int) -> str:
        """Return which groups meet it, as in "…: carers yes, users no (in at least one group needed)"."""
        met, large, base = self.met[slot], self.large[slot], self.base[slot]
        counted = [f"{name} {'yes' if met[column] else 'no'}" for column, name in self.columns if large[column]]
        small = [f"{name} {base[column]}" for column, name in self.columns if not large[column]]
        passed_over = f"; too few to count: {', '.join(small)}" if small else ""
        return f"{self.claim}: {', '.join(counted) or 'none is large enough'}{passed_over} ({self.wanted} needed)"


def _group_facts(leaf: InGroups, met: Flags, evidence: Mapping[Requirement, Evidence], group_names: Sequence[str]) -> _GroupFacts:
    base = next(each.base for test, each in evidence.items() if test.denominator == leaf.denominator)
    columns = [(column, name) for column, name in enumerate(group_names, start=1) if not leaf.named or name in leaf.named]
    wanted = _place(leaf).strip()
    return _GroupFacts(leaf.part.sentence(), wanted, met.tolist(), (base >= leaf.n_min).tolist(), base.tolist(), columns)


@dataclass(frozen=True)
class _Grounds:
    """Which facts a verdict rests on, each list with the words before it."""

    parts: Sequence[tuple[str, Sequence[_Facts | _GroupFacts]]]

    def said(self, slot: int, group: int) -> str:
        """Return the sentences; a lone list begins its sentence."""
        said = [(lead, " and ".join([each.fact(slot, group) for each in deciding])) for lead, deciding in self.parts]
        return " ".join([f"{lead}{why}." if lead else f"{why[:1].upper()}{why[1:]}." for lead, why in said])


def _grounds(
    rule: Rule, facts: Mapping[Condition, _Facts | _GroupFacts], truth: Mapping[Condition, bool], is_group: bool
) -> _Grounds:
    """Return what decides: the condition that holds, or both where neither or each of them does."""
    found = [_deciding(condition, truth, is_group) for condition in rule.conditions]
    met = [outcome for outcome, _ in found]
    quoting = [[facts[leaf] for leaf in deciding] for _, deciding in found]
    if sum(met) == 1:
        return _Grounds([("", quoting[met.index(True)])])
    leads = ("Both conditions hold, so the rule decides nothing. In: ", "Out: ") if all(met) else ("Not in: ", "Not out: ")
    return _Grounds(list(zip(leads, quoting, strict=False)))


def _deciding(condition: Condition, truth: Mapping[Condition, bool], is_group: bool) -> tuple[bool, list[Condition]]:
    """Return whether the condition is met, and the tests that make it so: those that hold, or those that fail."""
    if isinstance(condition, InGroups) and is_group:
        return _deciding(condition.part, truth, is_group)
    if isinstance(condition, Requirement | InGroups):
        return truth[condition], [condition]
    found = [_deciding(part, truth, is_group) for part in condition.parts]
    met = all(outcome for outcome, _ in found) if isinstance(condition, AllOf) else any(outcome for outcome, _ in found)
    return met, [each for outcome, deciding in found if outcome is met for each in deciding]


def _not_rated(n_asked: int, n_unable: int, group: int) -> Judgement:
    whom = "" if group == 0 else " in this group"
    if not n_asked:
        return Judgement(Verdict.NOT_RATED, f"Nobody{whom} who took part was asked it.")
    unable = f"; {n_unable} said that they are unable to" if n_unable else ""
    return Judgement(Verdict.NOT_RATED, f"Nobody{whom} rated it{unable}.")


def _shown(numerator: int, denominator: int, power: int, requirement: Requirement) -> str:
    """Return the figure rounded for reading, with as many decimals as it takes not to look like the threshold."""
    if requirement.figure == "ram":
        return CLASSES[numerator // denominator]
    if power == 2:  # the root is rounded, but only shown and not compared
        numerator, denominator = sqrt(Fraction(numerator, denominator)).as_integer_ratio()
    threshold = requirement.threshold
    is_threshold = numerator * threshold.denominator == threshold.numerator * denominator
    for decimals in range(1 if requirement.figure == "percent" else 2, 7):
        rounded = _round(numerator * 10**decimals, denominator)
        if is_threshold or rounded * threshold.denominator != threshold.numerator * 10**decimals:
            break
    return _decimal(rounded, decimals)


def _decimal(number: int, decimals: int) -> str:
    """Return the number of so many tenths, hundredths, … as a reader expects it: 70, 1.5."""
    whole, rest = divmod(abs(number), 10**decimals)
    sign = "-" if number < 0 else ""
    return f"{sign}{whole}.{rest:0{decimals}d}".rstrip("0").rstrip(".")


def _round(numerator: int, denominator: int) -> int:
    """Return the nearest whole number, of two equally near the even one."""
    below, rest = divmod(numerator, denominator)
    return below + (2 * rest > denominator or (2 * rest == denominator and below % 2 == 1))
