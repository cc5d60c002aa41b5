"""What a consensus rule says of every slot and group, in whole numbers and without words."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from delphi.statistics.counts import Counts
from delphi.statistics.description import count_in
from delphi.statistics.figures import (
    FIGURES,
    Fractions,
    Measure,
    Whole,
    base_of,
    fewest_beyond_chance,
    fits,
    item_validity,
    largest,
    share,
    validity_ratio,
)
from delphi.statistics.rules import AllOf, Condition, InGroups, Requirement, Rule

Flags = NDArray[np.bool_]
Codes = NDArray[np.int8]

_COMPARE = {
    "at_least": np.greater_equal,
    "more_than": np.greater,
    "at_most": np.less_equal,
    "less_than": np.less,
}


class Verdict(StrEnum):
    """What a consensus rule says of an item."""

    IN = "consensus in"
    OUT = "consensus out"
    NONE = "no consensus"
    NOT_RATED = "not rated"


VERDICTS = tuple(Verdict)
IN, OUT, NONE, NOT_RATED = range(len(VERDICTS))


@dataclass(frozen=True)
class Evidence:
    """One requirement's answer for every slot and group, and the numbers behind it.

    `holds` is bool[slot, group], with the groups taken together where the requirement looks at groups in the panel's place;
    `part` of `base` (int64[slot, group]) rated within the bounds, or without bounds rated at all; `large` (bool[slot, group]) are
    groups that are not passed over.
    """

    requirement: Requirement
    holds: Flags
    figure: Fractions
    part: NDArray[np.int64]
    base: NDArray[np.int64]
    large: Flags


def verdict_codes(rule: Rule, counts: Counts, group_names: Sequence[str], measure: Measure) -> Codes:
    """Return the rule's verdict for every slot and group as places in VERDICTS, int8[slot, group] with the panel first.

    For the panel a test over groups looks at them; for a group every test is applied to that group's own counts, pooled. Compared
    are whole numbers, of 64 bits wherever the largest product provably fits and Python's own elsewhere. A group that the rule
    names and that is not among `group_names` holds nothing.
    """
    evidence = gather(rule, counts, group_names, measure)
    return codes_of(rule, outcomes(rule, evidence, group_names), counts.rated)


def gather(rule: Rule, counts: Counts, group_names: Sequence[str], measure: Measure) -> dict[Requirement, Evidence]:
    """Return every single test's answer for every slot and group."""
    return {requirement: _evidence(requirement, counts, group_names, measure) for requirement in rule.requirements}


def outcomes(rule: Rule, evidence: Mapping[Requirement, Evidence], group_names: Sequence[str]) -> dict[Condition, Flags]:
    """Return bool[slot, group] of the rule's conditions and of everything in them that looks at the panel or its groups."""
    settled: dict[Condition, Flags] = {}
    for leaf in rule.leaves:
        if isinstance(leaf, Requirement):
            settled[leaf] = evidence[leaf].holds
        else:
            holds = combine(leaf.part, {requirement: each.holds for requirement, each in evidence.items()})
            holds[:, 0] = _over_groups(leaf, holds[:, 1:], large_in(leaf, evidence)[:, 1:], group_names)
            settled[leaf] = holds
    return settled | {condition: combine(condition, settled) for condition in rule.conditions}


def combine(condition: Condition, leaves: Mapping[Condition, Flags]) -> Flags:
    """Return whether the condition is met from what its leaves say, in arrays of any one shape; never one of theirs."""
    if isinstance(condition, Requirement | InGroups):
        return leaves[condition].copy()
    join = np.logical_and if isinstance(condition, AllOf) else np.logical_or
    return np.asarray(join.reduce([combine(part, leaves) for part in condition.parts]), dtype=bool)


def large_in(leaf: InGroups, evidence: Mapping[Requirement, Evidence]) -> Flags:
    """Return bool[slot, group]: which groups are large enough to count for a condition over groups."""
    bases = [each.base for requirement, each in evidence.items() if requirement.denominator == leaf.denominator]
    return np.asarray(bases[0] >= leaf.n_min)


def codes_of(rule: Rule, settled: Mapping[Condition, Flags], n_rated: NDArray[np.int64]) -> Codes:
    """Return the verdicts that follow from the rule's conditions: in or out where just one of the two holds."""
    is_in = settled[rule.in_]
    is_out = np.zeros_like(is_in) if rule.out is None else settled[rule.out]
    codes = np.where(is_in == is_out, NONE, np.where(is_in, IN, OUT)).astype(np.int8)
    return np.where(n_rated > 0, codes, np.int8(NOT_RATED))


def _evidence(requirement: Requirement, counts: Counts, group_names: Sequence[str], measure: Measure) -> Evidence:
    base = base_of(counts, requirement.denominator)
    large = base >= requirement.n_min
    bounds = requirement.bounds
    part = counts.rated if bounds is None else count_in(counts.levels, bounds, measure.scale)
    figure = _figure(requirement, counts, measure)
    if requirement.groups == "balanced":
        figure = _balanced(figure, part, base, large)
    if requirement.is_critical:
        holds = figure.defined & _COMPARE[requirement.comparison](part, fewest_beyond_chance(base))
    else:
        holds = _compare(figure, requirement)
    if requirement.groups not in ("pooled", "balanced"):
        holds[:, 0] = _over_groups(requirement, holds[:, 1:], large[:, 1:], group_names)
    return Evidence(requirement, holds, figure, part, base, large)


def _figure(requirement: Requirement, counts: Counts, measure: Measure) -> Fractions:
    bounds = requirement.bounds
    if bounds is None:
        return FIGURES[requirement.figure](counts, measure)
    if requirement.figure == "i_cvi":
        return item_validity(counts, bounds, measure.scale)
    if requirement.figure == "cvr":
        return validity_ratio(counts, bounds, measure.scale)
    return share(counts, bounds, requirement.denominator, measure.scale)


def _compare(figure: Fractions, requirement: Requirement) -> Flags:
    """Return bool[slot, group]: whether the figure meets the threshold, compared as whole numbers."""
    threshold = requirement.threshold**figure.power
    numerator, denominator = figure.numerator, figure.denominator
    products = largest(numerator) * threshold.denominator, largest(denominator) * threshold.numerator
    if not fits(*products, threshold.denominator, threshold.numerator):
        numerator, denominator = numerator.astype(object), denominator.astype(object)
    met = _COMPARE[requirement.comparison](numerator * threshold.denominator, denominator * threshold.numerator)
    return np.asarray(figure.defined & met.astype(bool))


def _over_groups(leaf: Requirement | InGroups, holds: Flags, large: Flags, group_names: Sequence[str]) -> Flags:
    """Return bool[slot] from bool[slot, group]; "every" is not met by having no group that counts."""
    if leaf.groups == "named":
        if not set(leaf.named) <= set(group_names):
            return np.zeros(len(holds), dtype=bool)
        named = [list(group_names).index(name) for name in leaf.named]
        return np.asarray((holds & large)[:, named].all(axis=1))
    n_large, n_holding = large.sum(axis=1), (holds & large).sum(axis=1)
    if leaf.groups == "every":
        return np.asarray((n_holding == n_large) & (n_large > 0))
    return np.asarray(n_holding >= (leaf.n_groups or 1))


def _balanced(figure: Fractions, part: NDArray[np.int64], base: NDArray[np.int64], large: Flags) -> Fractions:
    """Put the unweighted mean of the groups' percentages in the panel's place, over the product of their sizes."""
    counted = large[:, 1:] & (base[:, 1:] > 0)
    parts, bases = np.where(counted, part[:, 1:], 0), np.where(counted, base[:, 1:], 1)
    n_groups = counted.sum(axis=1)
    widest = prod(largest(bases[:, group]) for group in range(bases.shape[1]))
    kind: Any = np.int64 if fits(100 * widest * max(1, bases.shape[1])) else object
    numerator, denominator = np.zeros(len(parts), dtype=kind), np.ones(len(parts), dtype=kind)
    for n_in, n_of in zip(parts.T.astype(kind), bases.T.astype(kind), strict=True):
        numerator, denominator = numerator * n_of + 100 * denominator * n_in, denominator * n_of
    return Fractions(
        _with_panel(figure.numerator, numerator),
        _with_panel(figure.denominator, denominator * np.maximum(n_groups, 1)),
        _with_panel(figure.defined, n_groups > 0),
    )


def _with_panel(by_group: Whole, panel: Whole) -> Whole:
    return np.column_stack([panel, by_group[:, 1:]])
