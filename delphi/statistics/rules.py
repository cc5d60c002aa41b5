"""Consensus rules as data: conditions on figures, each readable as one English sentence."""

from collections.abc import Iterator
from dataclasses import dataclass
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
    "iqr": "interquartile range",
    "sd": "standard deviation",
    "cv": "coefficient of variation",
    "ram": "RAND/UCLA class",
}
DENOMINATORS = ("rated", "answered")
DEFAULT_N_MIN = 5


@dataclass(frozen=True)
class Requirement:
    """One test: a figure compared with a threshold, over the pooled panel or its groups.

    `threshold` is exact; for `ram` it is the class's place among inappropriate, uncertain and appropriate. `zone` is what the
    rule says (a name or bounds), `bounds` the levels it stands for; both only for `percent`. `groups` is pooled, every, any,
    balanced (the mean of the groups' percentages) or at_least with `n_groups`; groups below `n_min` ratings are passed over.
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

    @property
    def wanted(self) -> str:
        """What is asked for, as in "at least 70 %"."""
        if self.figure == "ram":
            return _wanted_class(self.comparison, CLASSES[int(self.threshold)])
        unit = " %" if self.figure == "percent" else ""
        return f"{COMPARISONS[self.comparison]} {format_number(self.threshold)}{unit}"

    def sentence(self) -> str:
        return f"{self.whose}{self.claim}"

    @property
    def claim(self) -> str:
        """The test without whom it looks at, as in "at least 70 % rate it 7–9"."""
        if self.bounds is None:
            return f"the {FIGURE_NAMES[self.figure]} is {self.wanted}"
        of_whom = " of those who answered, unable to rate included," if self.denominator == "answered" else ""
        return f"{self.wanted}{of_whom} rate it {format_range(self.bounds)}"

    @property
    def whose(self) -> str:
        """Whom the test looks at, as the beginning of its sentence; nothing for the pooled panel."""
        size = f"of {self.n_min} or more"
        number = "one group" if self.n_groups == 1 else f"{self.n_groups} groups"
        return {
            "pooled": "",
            "every": f"in every group {size}, ",
            "any": f"in at least one group {size}, ",
            "at_least": f"in at least {number} {size}, ",
            "balanced": f"averaged over the groups {size} with equal weight, ",
        }[self.groups]

    def as_dict(self) -> dict[str, Any]:
        """Return the test as a rule file has it, with nothing left to defaults."""
        at = CLASSES[int(self.threshold)] if self.figure == "ram" else plain_number(self.threshold)
        written: dict[str, Any] = {"figure": self.figure, self.comparison: at}
        if self.zone is not None:
            written["zone"] = self.zone if isinstance(self.zone, str) else list(self.zone)
            written["denominator"] = self.denominator
        written["groups"] = {"at_least": self.n_groups} if self.groups == "at_least" else self.groups
        if self.groups != "pooled":
            written["n_min"] = self.n_min
        return written


@dataclass(frozen=True)
class AllOf:
    """Holds when every part holds."""

    parts: tuple["Condition", ...]

    def sentence(self) -> str:
        whose = {part.whose if isinstance(part, Requirement) else "" for part in self.parts}
        # "Any group" may be another one for each part, so only what holds for all groups is said once.
        if len(whose) == 1 and all(isinstance(part, Requirement) and part.groups in ("every", "balanced") for part in self.parts):
            return whose.pop() + " and ".join(part.claim for part in self.parts if isinstance(part, Requirement))
        return " and ".join(_part(part, AnyOf) for part in self.parts)

    def as_dict(self) -> dict[str, Any]:
        return {"all": [part.as_dict() for part in self.parts]}


@dataclass(frozen=True)
class AnyOf:
    """Holds when at least one part holds."""

    parts: tuple["Condition", ...]

    def sentence(self) -> str:
        return " or ".join(_part(part, AllOf) for part in self.parts)

    def as_dict(self) -> dict[str, Any]:
        return {"any": [part.as_dict() for part in self.parts]}


Condition = Requirement | AllOf | AnyOf


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
    def uses_groups(self) -> bool:
        """Whether any test looks at stakeholder groups."""
        return any(requirement.groups != "pooled" for requirement in self.requirements)

    def sentence(self) -> str:
        """Return the whole rule as one English sentence."""
        out = "" if self.out is None else f"; consensus out when {self.out.sentence()}"
        return f"Consensus in when {self.in_.sentence()}{out}; otherwise no consensus."

    def as_dict(self) -> dict[str, Any]:
        """Return the rule as a rule file has it; reading that gives an equal rule."""
        written: dict[str, Any] = {"name": self.name, "source": self.source, "in": self.in_.as_dict()}
        return written if self.out is None else {**written, "out": self.out.as_dict()}


def plain_number(value: Fraction) -> int | float:
    """Return the threshold as it was written."""
    return int(value) if value.denominator == 1 else float(value)


def format_number(value: Fraction) -> str:
    """Return the number as a reader expects it: 70, 1.5."""
    return f"{plain_number(value):.10g}"


def _wanted_class(comparison: str, name: str) -> str:
    if (comparison, name) in {("at_least", CLASSES[-1]), ("at_most", CLASSES[0])}:
        return name
    phrases = {"at_least": "{} or better", "at_most": "{} or worse", "more_than": "better than {}", "less_than": "worse than {}"}
    return phrases[comparison].format(name)


def _part(part: Condition, bracketed: type) -> str:
    return f"({part.sentence()})" if isinstance(part, bracketed) else part.sentence()


def _requirements(condition: Condition) -> Iterator[Requirement]:
    if isinstance(condition, Requirement):
        yield condition
    else:
        for part in condition.parts:
            yield from _requirements(part)
