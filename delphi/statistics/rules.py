"""Consensus rules as data: conditions on figures, each readable as one English sentence."""

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction
from typing import Any

from delphi.statistics.ram import CLASSES
from delphi.statistics.scale import format_range

COMPARISONS = {
    "at_least": "at least",
    "more_than": "more than",
    "at_most": "at most",
    "less_than": "less than",
}
FIGURE_NAMES = {
    "percent": "percentage",
    "median": "median",
    "mean": "mean",
    "iqr": "interquartile range",
    "sd": "standard deviation",
    "cv": "coefficient of variation",
    "ram": "RAND/UCLA class",
    "i_cvi": "item content validity index",
    "cvr": "content validity ratio",
    "n_rated": "number of ratings",
}
DENOMINATORS = ("rated", "answered")
SHARES = frozenset({"percent", "i_cvi", "cvr"})  # figures that follow from how many rated within a zone
CRITICAL = "critical"
DEFAULT_N_MIN = 5


@dataclass(frozen=True)
class Requirement:
    """One test: a figure compared with a threshold, over the pooled panel or its groups.

    `threshold` is exact; for `ram` it is the class's place among inappropriate, uncertain and appropriate; with `is_critical` the
    content validity ratio is compared with the smallest one that chance exceeds in at most 5 of 100 panels of that size.
    `zone` is what the rule says (a name or bounds), `bounds` the levels it stands for; both only for shares. `groups` is pooled,
    every, any, balanced (the mean of the groups' percentages), at_least with `n_groups`, or named with the groups `named`;
    groups below `n_min` ratings are passed over, and a named one below it does not hold.
    """

    figure: str
    comparison: str
    threshold: Fraction
    zone: str | tuple[int, int] | None = None
    bounds: tuple[int, int] | None = None
    denominator: str = "rated"
    groups: str = "pooled"
    n_groups: int = 0
    n_min: int = DEFAULT_N_MIN
    named: tuple[str, ...] = ()
    is_critical: bool = False

    @property
    def percent_wanted(self) -> Fraction | None:
        """The threshold of a share in percent of the rated, or None for what is no share or has no fixed threshold."""
        if self.is_critical:
            return None
        return {
            "percent": self.threshold,
            "i_cvi": 100 * self.threshold,
            "cvr": 50 * (1 + self.threshold),  # (n_e - N / 2) / (N / 2) is twice the share, less 1
        }.get(self.figure)

    @property
    def wanted(self) -> str:
        """What is asked for, as in "at least 70 %"."""
        if self.figure == "ram":
            return _wanted_class(self.comparison, CLASSES[int(self.threshold)])
        compared = COMPARISONS[self.comparison]
        if self.is_critical:
            return f"{compared} the critical value for its number of ratings (exact binomial, 5 %)"
        unit = " %" if self.figure == "percent" else ""
        return f"{compared} {format_number(self.threshold)}{unit}"

    def sentence(self) -> str:
        """Return the test as part of a sentence."""
        return _say(self)

    @property
    def subject(self) -> str:
        """What is looked at other than a percentage, as in "the median"."""
        of_what = "" if self.bounds is None else f" (of ratings {format_range(self.bounds)})"
        return f"the {FIGURE_NAMES[self.figure]}{of_what}"

    @property
    def claim(self) -> str:
        """The test without whom it looks at, as in "at least 70 % rate it 7–9"."""
        if self.figure != "percent" or self.bounds is None:
            return f"{self.subject} is {self.wanted}"
        of_whom = " of those who answered, unable to rate included," if self.denominator == "answered" else ""
        return f"{self.wanted}{of_whom} rate it {format_range(self.bounds)}"

    @property
    def whose(self) -> str:
        """Whom the test looks at, as the beginning of its sentence; nothing for the pooled panel."""
        return _whose(self)

    def as_dict(self) -> dict[str, Any]:
        """Return the test as a rule file has it, with nothing left to defaults."""
        at = CLASSES[int(self.threshold)] if self.figure == "ram" else plain_number(self.threshold)
        written: dict[str, Any] = {"figure": self.figure, self.comparison: CRITICAL if self.is_critical else at}
        if self.zone is not None:
            written["zone"] = self.zone if isinstance(self.zone, str) else list(self.zone)
        if self.figure == "percent":
            written["denominator"] = self.denominator
        return {**written, **_groups_as_dict(self)}


@dataclass(frozen=True)
class AllOf:
    """Holds when every part holds."""

    parts: tuple["Condition", ...]

    def sentence(self) -> str:
        """Return the condition as part of a sentence."""
        return _say(self)

    def as_dict(self) -> dict[str, Any]:
        """Return the condition as a rule file has it."""
        return {"all": [part.as_dict() for part in self.parts]}


@dataclass(frozen=True)
class AnyOf:
    """Holds when at least one part holds."""

    parts: tuple["Condition", ...]

    def sentence(self) -> str:
        """Return the condition as part of a sentence."""
        return _say(self)

    def as_dict(self) -> dict[str, Any]:
        """Return the condition as a rule file has it."""
        return {"any": [part.as_dict() for part in self.parts]}


@dataclass(frozen=True)
class InGroups:
    """Holds when its part, whose tests are all pooled, holds in the ratings of as many groups as it asks for.

    A part of several tests has to hold as a whole in the same group. A group counts with `n_min` ratings, or answers where all
    tests are of the answered.
    """

    part: "Condition"
    groups: str
    n_groups: int = 0
    n_min: int = DEFAULT_N_MIN
    named: tuple[str, ...] = ()

    @property
    def whose(self) -> str:
        """Which groups it looks at, as the beginning of its sentence."""
        return _whose(self)

    @property
    def denominator(self) -> str:
        """Whose number makes a group large enough."""
        return "answered" if {each.denominator for each in _requirements(self.part)} == {"answered"} else "rated"

    def sentence(self) -> str:
        """Return the condition as part of a sentence."""
        return _say(self)

    def as_dict(self) -> dict[str, Any]:
        """Return the condition as a rule file has it."""
        return {**self.part.as_dict(), **_groups_as_dict(self)}


Condition = Requirement | AllOf | AnyOf | InGroups


@dataclass(frozen=True)
class Rule:
    """When an item is in and when it is out; a rule without `out` never says out."""

    name: str
    source: str
    in_: Condition
    out: Condition | None

    @property
    def conditions(self) -> tuple[Condition, ...]:
        """The condition for in and, where there is one, the condition for out."""
        return (self.in_,) if self.out is None else (self.in_, self.out)

    @property
    def requirements(self) -> tuple[Requirement, ...]:
        """Every single test of the rule."""
        return tuple(requirement for condition in self.conditions for requirement in _requirements(condition))

    @property
    def leaves(self) -> tuple["Requirement | InGroups", ...]:
        """What looks at the panel or at its groups: every single test, but a condition over groups as a whole."""
        return tuple(leaf for condition in self.conditions for leaf in _leaves(condition))

    @property
    def uses_groups(self) -> bool:
        """Whether any test looks at stakeholder groups."""
        return any(leaf.groups != "pooled" for leaf in self.leaves)

    def sentence(self) -> str:
        """Return the whole rule as one English sentence; rules that decide any table differently read differently."""
        out = "" if self.out is None else f"; consensus out when {self.out.sentence()}"
        return f"Consensus in when {self.in_.sentence()}{out}; otherwise no consensus."

    def as_dict(self) -> dict[str, Any]:
        """Return the rule as a rule file has it; reading that gives an equal rule."""
        written: dict[str, Any] = {"name": self.name, "source": self.source, "in": self.in_.as_dict()}
        return written if self.out is None else {**written, "out": self.out.as_dict()}

    def with_each(self, change: Callable[[Requirement], Requirement]) -> "Rule":
        """Return the same rule with every single test changed."""
        return replace(self, in_=_changed(self.in_, change), out=None if self.out is None else _changed(self.out, change))

    def pooled(self) -> "Rule":
        """Return the rule as it is applied to one group's own ratings: no test looks at groups."""
        return replace(self, in_=pooled(self.in_), out=None if self.out is None else pooled(self.out))


def pooled(condition: Condition) -> Condition:
    """Return the condition as it is applied to one group's own ratings: no test looks at groups."""
    if isinstance(condition, Requirement):
        return replace(condition, groups="pooled", n_groups=0, named=(), n_min=DEFAULT_N_MIN)
    if isinstance(condition, InGroups):
        return condition.part
    return replace(condition, parts=tuple(pooled(part) for part in condition.parts))


def plain_number(value: Fraction) -> int | float:
    """Return the threshold as it was written."""
    return int(value) if value.denominator == 1 else float(value)


def format_number(value: Fraction) -> str:
    """Return the number as a reader expects it, with all its digits: 70, 1.5, 0.0000001."""
    return f"{Decimal(repr(plain_number(value))):f}"


def _wanted_class(comparison: str, name: str) -> str:
    if (comparison, name) in {("at_least", CLASSES[-1]), ("at_most", CLASSES[0])}:
        return name
    phrases = {"at_least": "{} or better", "at_most": "{} or worse", "more_than": "better than {}", "less_than": "worse than {}"}
    return phrases[comparison].format(name)


def _whose(over: Requirement | InGroups) -> str:
    size = f"of {over.n_min} or more"
    number = "one group" if over.n_groups == 1 else f"{over.n_groups} groups"
    return {
        "pooled": "",
        "every": f"in every group {size}, ",
        "any": f"in at least one group {size}, ",
        "at_least": f"in at least {number} {size}, ",
        "balanced": f"averaged over the groups {size} with equal weight, ",
        "named": f"in {quoted(over.named)}{', each' if len(over.named) > 1 else ''} {size}, ",
    }[over.groups]


def quoted(names: Sequence[str]) -> str:
    """Return the groups that a rule names, each in quotes so that no name can be taken for the sentence around it."""
    return " and in ".join(json.dumps(name, ensure_ascii=False) for name in names)


def _groups_as_dict(over: Requirement | InGroups) -> dict[str, Any]:
    chosen = {"at_least": {"at_least": over.n_groups}, "named": {"named": list(over.named)}}
    written: dict[str, Any] = {"groups": chosen.get(over.groups, over.groups)}
    return written if over.groups == "pooled" else {**written, "n_min": over.n_min}


def _say(condition: Condition) -> str:
    """Return the condition in words; where some tests look at groups, those of the whole panel say that they do not."""
    whom = {leaf.groups != "pooled" for leaf in _leaves(condition)}
    return _said(condition, "in the whole panel, " if len(whom) == 2 else "")


def _said(condition: Condition, panel: str) -> str:
    if isinstance(condition, Requirement):
        return f"{condition.whose or panel}{condition.claim}"
    if isinstance(condition, InGroups):
        return f"{condition.whose}{_said(condition.part, '')}"
    parts = condition.parts
    if isinstance(condition, AnyOf):
        return " or ".join(_bracketed(part, AllOf, panel) for part in parts)
    # "Any group" may be another one for each part, so only what holds for the same groups is said once.
    alike = [part for part in parts if isinstance(part, Requirement) and part.groups in ("every", "named", "balanced")]
    if len(alike) == len(parts) and len({(part.whose, part.denominator) for part in alike}) == 1:
        return alike[0].whose + " and ".join(part.claim for part in alike)
    return " and ".join(_bracketed(part, AnyOf, panel) for part in parts)


def _bracketed(part: Condition, bracketed: type, panel: str) -> str:
    return f"({_said(part, panel)})" if isinstance(part, bracketed | InGroups) else _said(part, panel)


def _leaves(condition: Condition) -> Iterator[Requirement | InGroups]:
    if isinstance(condition, Requirement | InGroups):
        yield condition
    else:
        for part in condition.parts:
            yield from _leaves(part)


def _requirements(condition: Condition) -> Iterator[Requirement]:
    for leaf in _leaves(condition):
        if isinstance(leaf, Requirement):
            yield leaf
        else:
            yield from _requirements(leaf.part)


def _changed(condition: Condition, change: Callable[[Requirement], Requirement]) -> Condition:
    if isinstance(condition, Requirement):
        return change(condition)
    if isinstance(condition, InGroups):
        return replace(condition, part=_changed(condition.part, change))
    return replace(condition, parts=tuple(_changed(part, change) for part in condition.parts))
