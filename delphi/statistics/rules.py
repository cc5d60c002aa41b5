"""Consensus rules as data: conditions on figures, each readable as one sentence."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

from delphi.statistics import rule_words
from delphi.statistics.ram import CLASSES
from delphi.statistics.rule_words import COMPARISONS as COMPARISONS
from delphi.statistics.rule_words import FIGURE_NAMES as FIGURE_NAMES
from delphi.statistics.rule_words import format_number as format_number
from delphi.statistics.rule_words import plain_number
from delphi.statistics.words import ENGLISH, Words, listed, offered

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

    def wanted(self, words: Words = ENGLISH) -> str:
        """Return what is asked for, as in "at least 70 %"."""
        return rule_words.wanted(self.figure, self.comparison, self.threshold, words, is_critical=self.is_critical)

    def subject(self, words: Words = ENGLISH) -> str:
        """Return what is looked at other than a percentage, as in "the median"."""
        return rule_words.subject(self.figure, rule_words.levels(self.bounds, words), words)

    def claim(self, words: Words = ENGLISH) -> str:
        """Return the test without whom it looks at, as in "at least 70 % rate it 7–9"."""
        wanted = self.wanted(words)
        if self.figure != "percent" or self.bounds is None:
            return words.gettext("%(subject)s is %(wanted)s", subject=self.subject(words), wanted=wanted)
        levels = rule_words.levels(self.bounds, words)
        if self.denominator == "answered":
            return words.gettext(
                "%(wanted)s of those who answered, unable to rate included, rate it %(levels)s", wanted=wanted, levels=levels
            )
        return words.gettext("%(wanted)s rate it %(levels)s", wanted=wanted, levels=levels)

    def sentence(self, words: Words = ENGLISH) -> str:
        """Return the test as part of a sentence."""
        return _say(self, words)

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

    def sentence(self, words: Words = ENGLISH) -> str:
        """Return the condition as part of a sentence."""
        return _say(self, words)

    def as_dict(self) -> dict[str, Any]:
        """Return the condition as a rule file has it."""
        return {"all": [part.as_dict() for part in self.parts]}


@dataclass(frozen=True)
class AnyOf:
    """Holds when at least one part holds."""

    parts: tuple["Condition", ...]

    def sentence(self, words: Words = ENGLISH) -> str:
        """Return the condition as part of a sentence."""
        return _say(self, words)

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
    def denominator(self) -> str:
        """Whose number makes a group large enough."""
        return "answered" if {each.denominator for each in _requirements(self.part)} == {"answered"} else "rated"

    def sentence(self, words: Words = ENGLISH) -> str:
        """Return the condition as part of a sentence."""
        return _say(self, words)

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

    def sentence(self, words: Words = ENGLISH) -> str:
        """Return the whole rule as one sentence; rules that decide any table differently read differently."""
        in_ = self.in_.sentence(words)
        if self.out is None:
            return words.gettext("Consensus in when %(in_)s; otherwise no consensus.", in_=in_)
        out = self.out.sentence(words)
        return words.gettext("Consensus in when %(in_)s; consensus out when %(out)s; otherwise no consensus.", in_=in_, out=out)

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


def _groups_as_dict(over: Requirement | InGroups) -> dict[str, Any]:
    chosen = {"at_least": {"at_least": over.n_groups}, "named": {"named": list(over.named)}}
    written: dict[str, Any] = {"groups": chosen.get(over.groups, over.groups)}
    return written if over.groups == "pooled" else {**written, "n_min": over.n_min}


def _say(condition: Condition, words: Words) -> str:
    """Return the condition in words; where some tests look at groups, those of the whole panel say that they do not."""
    whom = {leaf.groups != "pooled" for leaf in _leaves(condition)}
    return _said(condition, words, says_panel=len(whom) == 2)


def _said(condition: Condition, words: Words, *, says_panel: bool) -> str:
    if isinstance(condition, Requirement):
        claim = condition.claim(words)
        if condition.groups == "pooled" and says_panel:
            return words.gettext("in the whole panel, %(claim)s", claim=claim)
        return _over(condition, claim, words)
    if isinstance(condition, InGroups):
        return _over(condition, _said(condition.part, words, says_panel=False), words)
    parts = condition.parts
    if isinstance(condition, AnyOf):
        return offered([_bracketed(part, AllOf, words, says_panel=says_panel) for part in parts], words)
    # "Any group" may be another one for each part, so only what holds for the same groups is said once.
    alike = [part for part in parts if isinstance(part, Requirement) and part.groups in ("every", "named", "balanced")]
    if len(alike) == len(parts) and len({(part.groups, part.n_min, part.named, part.denominator) for part in alike}) == 1:
        return _over(alike[0], listed([part.claim(words) for part in alike], words), words)
    return listed([_bracketed(part, AnyOf, words, says_panel=says_panel) for part in parts], words)


def _over(leaf: Requirement | InGroups, claim: str, words: Words) -> str:
    return rule_words.in_groups(leaf.groups, leaf.n_groups, leaf.n_min, leaf.named, words, claim)


def _bracketed(part: Condition, bracketed: type, words: Words, *, says_panel: bool) -> str:
    said = _said(part, words, says_panel=says_panel)
    return f"({said})" if isinstance(part, bracketed | InGroups) else said


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
