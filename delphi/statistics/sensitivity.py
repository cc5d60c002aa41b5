"""How firm each decision is: under other rules, quantile types and denominators, without one person and without one group."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from delphi.statistics.counts import Counts
from delphi.statistics.errors import RuleError
from delphi.statistics.figures import Measure
from delphi.statistics.fragility import Fragility
from delphi.statistics.outcomes import NOT_RATED, VERDICTS, Codes, Flags, verdict_codes
from delphi.statistics.presets import PRESETS, preset_rule
from delphi.statistics.quantiles import QUANTILE_TYPES
from delphi.statistics.rule_files import RuleContext
from delphi.statistics.rules import DENOMINATORS, Requirement, Rule

QUANTILE_FIGURES = frozenset({"iqr", "ram"})  # the median does not depend on the type
_ENTRIES_AT_ONCE = 500_000


@dataclass(frozen=True)
class VerdictsByRule:
    """The panel's verdict on each item under several rules.

    `codes` is int8[rule, slot], places in VERDICTS; `agreement_percent` is float64[slot]: how many percent of the other rules say
    what the first one, the study's own, says; nan for what nobody rated and where there is no other rule.
    """

    names: tuple[str, ...]
    codes: Codes
    agreement_percent: NDArray[np.float64]


@dataclass(frozen=True)
class Alternatives:
    """The panel's verdict on each item with the study's rule taken otherwise: int8[choice, slot], places in VERDICTS.

    `names` are the choices (1 to 9, or rated and answered); there are none where the rule does not depend on the choice.
    """

    names: tuple[str, ...]
    codes: Codes

    def differing(self, codes: Codes) -> Flags:
        """Return bool[choice, slot]: which choices give another verdict than int8[slot]."""
        return np.asarray(self.codes != codes)


@dataclass(frozen=True)
class LeavingPeople:
    """How many people could not have left without another verdict, by slot.

    `n_people` is int64[slot]: who rated or was unable; `to` is int64[slot, verdict]: how many of them would by leaving alone have
    turned the verdict into each other one, in the order of VERDICTS.
    """

    n_people: NDArray[np.int64]
    to: NDArray[np.int64]

    @property
    def flips(self) -> NDArray[np.int64]:
        """How many people's leaving gives another verdict, int64[slot]."""
        return np.asarray(self.to.sum(axis=1))


@dataclass(frozen=True)
class LeavingGroups:
    """The panel's verdict without each group, int8[slot, group] as places in VERDICTS, and whether it is another one."""

    codes: Codes
    flips: Flags


def applicable_rules(rule: Rule, context: RuleContext) -> dict[str, Rule]:
    """Return by name the study's own rule and after it every preset that fits the scale, the zones and the groups."""
    rules = {rule.name: rule}
    for name, preset in PRESETS.items():
        if preset.scale not in (None, context.scale):
            continue
        try:
            other = preset_rule(name, context)
        except RuleError:  # it looks at groups that there are not, or at more than there are
            continue
        if other.conditions != rule.conditions:
            rules.setdefault(name, other)
    return rules


def verdicts_by_rule(rules: Mapping[str, Rule], counts: Counts, group_names: Sequence[str], measure: Measure) -> VerdictsByRule:
    """Return the verdicts of the panel under each rule; the first rule is the study's own, with which the others are compared."""
    codes = np.stack([verdict_codes(rule, counts, group_names, measure)[:, 0] for rule in rules.values()])
    n_others = len(codes) - 1
    n_same = (codes[1:] == codes[0]).sum(axis=0)
    judged = (codes[0] != NOT_RATED) & (n_others > 0)
    agreement = np.full(codes.shape[1], np.nan)
    np.divide(100.0 * n_same, n_others, out=agreement, where=judged)
    return VerdictsByRule(tuple(rules), codes, agreement)


def verdicts_by_quantile_type(rule: Rule, counts: Counts, group_names: Sequence[str], measure: Measure) -> Alternatives:
    """Return the panel's verdicts under each of Hyndman and Fan's types, where the rule asks for an IQR or a RAND/UCLA class."""
    if not any(test.figure in QUANTILE_FIGURES for test in rule.requirements):
        return _no_choice(counts)
    choices = {str(kind): replace(measure, quantile_type=kind) for kind in QUANTILE_TYPES}
    codes = [verdict_codes(rule, counts, group_names, choice)[:, 0] for choice in choices.values()]
    return Alternatives(tuple(choices), np.stack(codes))


def verdicts_by_denominator(rule: Rule, counts: Counts, group_names: Sequence[str], measure: Measure) -> Alternatives:
    """Return the panel's verdicts with all percentages of the rated and all of the answered, where the rule asks for any."""
    if not any(test.figure == "percent" for test in rule.requirements):
        return _no_choice(counts)

    def of(denominator: str) -> Rule:
        return rule.with_each(lambda test: _taken_of(test, denominator))

    codes = [verdict_codes(of(choice), counts, group_names, measure)[:, 0] for choice in DENOMINATORS]
    return Alternatives(DENOMINATORS, np.stack(codes))


def leave_one_person_out(rule: Rule, counts: Counts, group_names: Sequence[str], measure: Measure) -> LeavingPeople:
    """Return for how many people the panel's verdict would be another one had they alone not taken part.

    Counts are enough: whoever leaves takes one level (or one "unable to rate") out of a group and the panel, so that there are as
    many cases to judge as groups times answers, each for as many people as gave it. Whoever left the item out changes nothing.
    """
    counts = _only_looked_at(rule, counts)
    answers = np.concatenate([counts.levels, counts.unable[:, :, None]], axis=2)
    without_group = answers[:, :1] - answers[:, 1:].sum(axis=1, keepdims=True)
    people = np.concatenate([without_group, answers[:, 1:]], axis=1)
    now = verdict_codes(rule, counts, group_names, measure)[:, 0]
    to = np.zeros((len(now), len(VERDICTS)), dtype=np.int64)
    step = max(1, _ENTRIES_AT_ONCE // max(1, answers[0].size ** 2 if len(answers) else 1))
    for first in range(0, len(now), step):
        slot, group, answer = np.nonzero(people[first : first + step])
        slot += first
        remaining = answers[slot]
        remaining[np.arange(len(slot)), 0, answer] -= 1
        in_group = group > 0
        remaining[in_group, group[in_group], answer[in_group]] -= 1
        varied = Counts(remaining[:, :, :-1], remaining[:, :, -1], counts.missing[slot])
        codes = verdict_codes(rule, varied, group_names, measure)[:, 0]
        flipped = codes != now[slot]
        np.add.at(to, (slot[flipped], codes[flipped]), people[slot, group, answer][flipped])
    return LeavingPeople(answers[:, 0].sum(axis=1), to)


def leave_one_group_out(rule: Rule, counts: Counts, group_names: Sequence[str], measure: Measure) -> LeavingGroups:
    """Return the panel's verdict without each group: its ratings out of the panel's, and the rule looking at the others alone.

    A rule that asks for more groups than remain, or names the one that left, is not met.
    """
    now = verdict_codes(rule, counts, group_names, measure)[:, 0]
    n_groups = counts.levels.shape[1] - 1
    codes = np.empty((len(now), n_groups), dtype=np.int8)
    for group in range(1, n_groups + 1):
        names = [name for place, name in enumerate(group_names, start=1) if place != group]
        codes[:, group - 1] = verdict_codes(rule, _without(counts, group), names, measure)[:, 0]
    return LeavingGroups(codes, np.asarray(codes != now[:, None]))


def is_fragile(fragility: Fragility, leaving: LeavingPeople) -> Flags:
    """Return bool[slot]: whether one other rating, or one person fewer, would have given the panel another verdict."""
    return np.asarray((fragility.changes[:, 0] == 1) | (leaving.flips > 0))


def _no_choice(counts: Counts) -> Alternatives:
    return Alternatives((), np.empty((0, len(counts.levels)), dtype=np.int8))


def _taken_of(test: Requirement, denominator: str) -> Requirement:
    return replace(test, denominator=denominator) if test.figure == "percent" else test


def _only_looked_at(rule: Rule, counts: Counts) -> Counts:
    """Return the panel alone where the rule does not look at groups."""
    if rule.uses_groups:
        return counts
    return Counts(counts.levels[:, :1], counts.unable[:, :1], counts.missing[:, :1])


def _without(counts: Counts, group: int) -> Counts:
    def left(numbers: NDArray[np.int64]) -> NDArray[np.int64]:
        remaining = np.delete(numbers, group, axis=1)
        remaining[:, 0] -= numbers[:, group]
        return remaining

    return Counts(left(counts.levels), left(counts.unable), left(counts.missing))
