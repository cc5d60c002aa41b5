"""What a consensus rule says of every item and group, with the numbers that decided."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from delphi.statistics.counts import Counts
from delphi.statistics.description import count_in
from delphi.statistics.figures import FIGURES, Fractions, Measure, base_of, share
from delphi.statistics.ram import CLASSES
from delphi.statistics.rules import FIGURE_NAMES, AllOf, Condition, Requirement, Rule, format_number
from delphi.statistics.scale import format_range

Flags = NDArray[np.bool_]


class Verdict(StrEnum):
    """What a consensus rule says of an item."""

    IN = "consensus in"
    OUT = "consensus out"
    NONE = "no consensus"
    NOT_RATED = "not rated"


@dataclass(frozen=True)
class Judgement:
    """A verdict and one or two sentences that give the numbers behind it."""

    verdict: Verdict
    reason: str


def judge(rule: Rule, counts: Counts, group_names: Sequence[str], measure: Measure) -> list[list[Judgement]]:
    """Return the rule's verdict for every slot and group, [slot][group] with the panel first.

    For the panel a test over groups looks at them; for a group every test is applied to that group's own counts, pooled.
    """
    evidence = {requirement: _gather(requirement, counts, group_names, measure) for requirement in rule.requirements}
    outcomes = {condition: flags.tolist() for condition, flags in _outcomes(rule, evidence).items()}
    asked = (counts.answered + counts.missing).tolist()
    return [
        [
            _judgement(rule, evidence, outcomes, (slot, group))
            if n_rated
            else _not_rated(asked[slot][group], counts.unable[slot, group], group)
            for group, n_rated in enumerate(row)
        ]
        for slot, row in enumerate(counts.rated.tolist())
    ]


@dataclass(frozen=True)
class _Evidence:
    """One requirement's answer for every slot and group, and what its reason quotes."""

    requirement: Requirement
    holds: Flags
    figure: list[list[Fraction | None]]
    part: list[list[int]]
    base: list[list[int]]
    group_names: Sequence[str]

    def fact(self, slot: int, group: int) -> str:
        """Return the number and what was wanted, as in "14 of 20 (70 %) rated 7–9 (at least 70 % needed)"."""
        said = self._by_group(slot) if group == 0 and self.requirement.groups != "pooled" else self._pooled(slot, group)
        return f"{said} ({self._wanted(group)} needed)"

    def _pooled(self, slot: int, group: int) -> str:
        name = FIGURE_NAMES[self.requirement.figure]
        if self.requirement.bounds is None:
            return f"the {name} is {self._value(slot, group)}"
        who = " who answered" if self.requirement.denominator == "answered" else ""
        return f"{self._counted(slot, group, who)} rated {format_range(self.requirement.bounds)}"

    def _by_group(self, slot: int) -> str:
        large, small = [], []
        for group, name in enumerate(self.group_names, start=1):
            if self.base[slot][group] < self.requirement.n_min:
                small.append(f"{name} {self.base[slot][group]}")
            else:
                large.append(f"{name} {self._short(slot, group)}")
        passed_over = f"; too few to count: {', '.join(small)}" if small else ""
        bounds = self.requirement.bounds
        what = f"rated {format_range(bounds)}" if bounds else FIGURE_NAMES[self.requirement.figure]
        mean = f", on average {self._value(slot, 0)} %" if self.requirement.groups == "balanced" and large else ""
        return f"{what} by group: {', '.join(large) or 'none is large enough'}{mean}{passed_over}"

    def _short(self, slot: int, group: int) -> str:
        return self._value(slot, group) if self.requirement.bounds is None else self._counted(slot, group, "")

    def _counted(self, slot: int, group: int, who: str) -> str:
        return f"{self.part[slot][group]} of {self.base[slot][group]}{who} ({self._value(slot, group)} %)"

    def _value(self, slot: int, group: int) -> str:
        value = self.figure[slot][group]
        if value is None:
            return "undefined"
        return CLASSES[int(value)] if self.requirement.figure == "ram" else _shown(value, self.requirement)

    def _wanted(self, group: int) -> str:
        where = {"every": " in every group", "any": " in at least one group", "balanced": " on average over the groups"}
        n_groups = self.requirement.n_groups
        many = "one group" if n_groups == 1 else f"{n_groups} groups"
        place = where.get(self.requirement.groups, f" in at least {many}" if n_groups else "")
        return f"{self.requirement.wanted}{place if group == 0 else ''}"


Evidence = Mapping[Requirement, _Evidence]
Outcomes = Mapping[Condition, list[list[bool]]]


def _gather(requirement: Requirement, counts: Counts, group_names: Sequence[str], measure: Measure) -> _Evidence:
    if requirement.bounds is None:
        fractions = FIGURES[requirement.figure](counts, measure)
        part = counts.rated
    else:
        fractions = share(counts, requirement.bounds, requirement.denominator, measure.scale)
        part = count_in(counts.levels, requirement.bounds, measure.scale)
    base = base_of(counts, requirement.denominator)
    figure = _values(fractions)
    holds = _compare(fractions, requirement)
    large = base[:, 1:] >= requirement.n_min
    if requirement.groups == "balanced":
        _balance(figure, large)
        holds[:, 0] = [_passes(row[0], requirement) for row in figure]
    elif requirement.groups != "pooled":
        holds[:, 0] = _over_groups(requirement, holds[:, 1:], large)
    return _Evidence(requirement, holds, figure, part.tolist(), base.tolist(), group_names)


def _compare(fractions: Fractions, requirement: Requirement) -> Flags:
    """Return bool[slot, group]: whether the figure meets the threshold, compared as whole numbers."""
    threshold = requirement.threshold**fractions.power
    return fractions.defined & _meets(
        fractions.numerator * threshold.denominator, fractions.denominator * threshold.numerator, requirement.comparison
    )


def _meets(figure: NDArray[Any], threshold: NDArray[Any], comparison: str) -> Flags:
    compared = {
        "at_least": np.greater_equal,
        "more_than": np.greater,
        "at_most": np.less_equal,
        "less_than": np.less,
    }[comparison]
    met: Flags = compared(figure, threshold).astype(bool)
    return met


def _over_groups(requirement: Requirement, holds: Flags, large: Flags) -> Flags:
    """Return bool[slot] from bool[slot, group]; "every" is not met by having no group that counts."""
    n_large, n_holding = large.sum(axis=1), (holds & large).sum(axis=1)
    if requirement.groups == "every":
        return np.asarray((n_holding == n_large) & (n_large > 0))
    return np.asarray(n_holding >= (requirement.n_groups or 1))


def _balance(figure: list[list[Fraction | None]], large: Flags) -> None:
    """Put the unweighted mean of the groups' percentages in the panel's place."""
    for row, counts_here in zip(figure, large.tolist(), strict=True):
        shares = [value for value, is_large in zip(row[1:], counts_here, strict=True) if is_large and value is not None]
        row[0] = sum(shares, Fraction(0)) / len(shares) if shares else None


def _passes(value: Fraction | None, requirement: Requirement) -> bool:
    if value is None:
        return False
    return bool(_meets(np.array(value, dtype=object), np.array(requirement.threshold, dtype=object), requirement.comparison))


def _values(fractions: Fractions) -> list[list[Fraction | None]]:
    """Return the figures for display; the root of a square is rounded, but it is only shown, not compared."""
    rows = zip(fractions.numerator.tolist(), fractions.denominator.tolist(), fractions.defined.tolist(), strict=True)
    return [[_value(*cell, fractions.power) for cell in zip(*row, strict=True)] for row in rows]


def _value(numerator: int, denominator: int, defined: bool, power: int) -> Fraction | None:
    if not defined:
        return None
    return Fraction(numerator, denominator) if power == 1 else Fraction(float(Fraction(numerator, denominator)) ** 0.5)


def _outcomes(rule: Rule, evidence: Evidence) -> dict[Condition, Flags]:
    """Return bool[slot, group] of every condition of the rule, the parts included."""
    outcomes: dict[Condition, Flags] = {requirement: each.holds for requirement, each in evidence.items()}

    def settle(condition: Condition) -> Flags:
        if not isinstance(condition, Requirement):
            combine = np.logical_and if isinstance(condition, AllOf) else np.logical_or
            outcomes[condition] = np.asarray(combine.reduce([settle(part) for part in condition.parts]), dtype=bool)
        return outcomes[condition]

    for condition in rule.conditions:
        settle(condition)
    return outcomes


def _judgement(rule: Rule, evidence: Evidence, outcomes: Outcomes, place: tuple[int, int]) -> Judgement:
    slot, group = place
    holds = [outcomes[condition][slot][group] for condition in rule.conditions]
    reasons = [" and ".join(_deciding(condition, evidence, outcomes, place)) for condition in rule.conditions]
    if holds == [True, True]:
        return Judgement(Verdict.NONE, f"Both conditions hold, so the rule decides nothing. In: {reasons[0]}. Out: {reasons[1]}.")
    if True in holds:
        decided = holds.index(True)
        return Judgement((Verdict.IN, Verdict.OUT)[decided], f"{_capital(reasons[decided])}.")
    return Judgement(Verdict.NONE, " ".join(f"Not {way}: {why}." for way, why in zip(("in", "out"), reasons, strict=False)))


def _deciding(condition: Condition, evidence: Evidence, outcomes: Outcomes, place: tuple[int, int]) -> list[str]:
    """Return the facts that make the condition come out as it does: what holds, or what fails."""
    slot, group = place
    if isinstance(condition, Requirement):
        return [evidence[condition].fact(slot, group)]
    outcome = outcomes[condition][slot][group]
    return [
        fact
        for part in condition.parts
        if outcomes[part][slot][group] is outcome
        for fact in _deciding(part, evidence, outcomes, place)
    ]


def _not_rated(n_asked: int, n_unable: int, group: int) -> Judgement:
    whom = "" if group == 0 else " in this group"
    if not n_asked:
        return Judgement(Verdict.NOT_RATED, f"Nobody{whom} who took part was asked it.")
    unable = f"; {n_unable} said that they are unable to" if n_unable else ""
    return Judgement(Verdict.NOT_RATED, f"Nobody{whom} rated it{unable}.")


def _shown(value: Fraction, requirement: Requirement) -> str:
    """Return the figure rounded for reading, with as many decimals as it takes not to look like the threshold."""
    for decimals in range(1 if requirement.figure == "percent" else 2, 7):
        rounded = round(value, decimals)
        if rounded != requirement.threshold or value == requirement.threshold:
            break
    return format_number(rounded)


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
