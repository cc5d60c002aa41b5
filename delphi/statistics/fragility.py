"""How many ratings would have to be other levels for a rule to decide otherwise."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from math import prod

import numpy as np
from numpy.typing import NDArray

from delphi.statistics.changed_tables import changes_by_search, depth_in_budget
from delphi.statistics.counts import Counts
from delphi.statistics.figures import Measure, base_of
from delphi.statistics.outcomes import Flags, codes_of, combine, gather, verdict_codes
from delphi.statistics.regions import UNREACHABLE, Chain, Wholes, chain_of, fewest_changes
from delphi.statistics.rules import AllOf, Condition, InGroups, Requirement, Rule, pooled

_MOST_LEAVES = 6
_MOST_STATES = 512

Leaf = Requirement | InGroups


@dataclass(frozen=True)
class Fragility:
    """The smallest number of ratings that would have to be another level for the verdict to be another one, by slot and group.

    `changes` is float64[slot, group], nan where no other verdict was found; `searched` is int64[slot, group]: up to so many
    changed ratings everything is known. It is the number of ratings itself wherever the answer is exact without an end, so that
    nan there means that no change at all gives another verdict.
    """

    changes: NDArray[np.float64]
    searched: Wholes


def fragility(rule: Rule, counts: Counts, group_names: Sequence[str], measure: Measure, most: int | None = None) -> Fragility:
    """Return how many changed ratings each verdict bears, for the panel (its groups included where the rule looks at them) and
    for each group's own ratings; who rated, was unable or left it out stays as it is.

    Exact for any number of ratings where the rule asks for shares of zones at the ends of the scale (or of two zones anywhere),
    medians, interquartile ranges and RAND/UCLA classes, pooled or in groups. Other rules (standard deviations, means, balanced
    shares, panel and groups mixed) are searched table by table, exactly, up to `most` changes, by default as many as leave at
    most 2,500 tables to try for one verdict. For at least 70 % alone it is hi - ⌈.7 n⌉ + 1.

    >>> from delphi.statistics import ONE_TO_NINE, RuleContext, default_zones, preset_rule
    >>> rule = preset_rule("percent-75", RuleContext(ONE_TO_NINE, default_zones(ONE_TO_NINE)))
    >>> counts = Counts(np.array([[[0, 0, 0, 0, 4, 0, 0, 16, 0]]]), np.array([[0]]), np.array([[0]]))  # 16 of 20
    >>> float(fragility(rule, counts, [], Measure(ONE_TO_NINE)).changes[0, 0])
    2.0
    """
    n_slots, n_columns, n_levels = counts.levels.shape
    first = 1 if rule.uses_groups else 0
    changes, searched = np.full((n_slots, n_columns), np.nan), np.zeros((n_slots, n_columns), dtype=np.int64)
    own = Counts(
        counts.levels[:, first:].reshape(-1, 1, n_levels),
        counts.unable[:, first:].reshape(-1, 1),
        counts.missing[:, first:].reshape(-1, 1),
    )
    found = _of_pooled(rule.pooled(), own, measure, most)
    shape = n_slots, n_columns - first
    changes[:, first:], searched[:, first:] = found.changes.reshape(shape), found.searched.reshape(shape)
    if rule.uses_groups:
        panel = _of_groups(rule, counts, group_names, measure, most)
        changes[:, 0], searched[:, 0] = panel.changes, panel.searched
    return Fragility(changes, searched)


def _of_pooled(rule: Rule, counts: Counts, measure: Measure, most: int | None) -> Fragility:
    chain = chain_of(rule.requirements, measure)
    if chain is None:
        return _search(rule, counts, (), measure, most)

    def verdicts(levels: Wholes, unable: Wholes) -> Wholes:
        return verdict_codes(rule, _as_panels(levels, unable), (), measure)[:, 0].astype(np.int64)

    fewest = np.full((len(counts.levels), 3), UNREACHABLE, dtype=np.int64)
    rated = counts.rated[:, 0] > 0
    levels, unable = counts.levels[rated, 0], counts.unable[rated, 0]
    fewest[rated] = fewest_changes(chain, levels, unable, verdicts, 3)
    if rated.any():
        fewest[rated, verdicts(levels, unable)] = UNREACHABLE
    return _exact(fewest.min(axis=1), counts)


def _exact(fewest: Wholes, counts: Counts) -> Fragility:
    return Fragility(np.where(fewest < UNREACHABLE, fewest.astype(float), np.nan), counts.rated[:, 0])


def _as_panels(levels: Wholes, unable: Wholes) -> Counts:
    """Return the tables, each as a panel without groups."""
    return Counts(levels[:, None], unable[:, None], np.zeros_like(unable)[:, None])


def _of_groups(rule: Rule, counts: Counts, group_names: Sequence[str], measure: Measure, most: int | None) -> Fragility:
    leaves = tuple(dict.fromkeys(rule.leaves))
    chain = chain_of(rule.pooled().requirements, measure)
    n_states = prod(_n_counted(leaf) for leaf in leaves)
    in_groups = all(leaf.groups not in ("pooled", "balanced") for leaf in leaves)
    if chain is None or not in_groups or len(leaves) > _MOST_LEAVES or n_states > _MOST_STATES:
        return _search(rule, counts, group_names, measure, most)
    costs = _costs_by_group(leaves, chain, counts, measure)
    costs = _without_passed_over(costs, leaves, counts, group_names)
    fewest = _over_groups(costs, leaves)
    truths = _truths(leaves, counts, group_names)
    settled: dict[Condition, Flags] = {condition: combine(condition, truths) for condition in rule.conditions}
    codes = codes_of(rule, settled, counts.rated[:, :1])
    same = codes == verdict_codes(rule, counts, group_names, measure)[:, :1]
    return _exact(np.where(same, UNREACHABLE, fewest).min(axis=1), counts)


def _n_counted(leaf: Leaf) -> int:
    """Return how many states a condition over groups has: how many groups meet it, or whether all so far do."""
    return 2 if leaf.groups in ("every", "named") else max(1, leaf.n_groups) + 1


def _costs_by_group(leaves: Sequence[Leaf], chain: Chain, counts: Counts, measure: Measure) -> Wholes:
    """Return int64[slot, group, label]: the fewest changes for a group to say so; the label's bit k is what leaf k says of it."""
    owns = [pooled(leaf) for leaf in leaves]
    asking = Rule("", "", AllOf(tuple(owns)), None)

    def said(levels: Wholes, unable: Wholes) -> Wholes:
        evidence = gather(asking, _as_panels(levels, unable), (), measure)
        holds: Mapping[Condition, Flags] = {test: each.holds[:, 0] for test, each in evidence.items()}
        bits = [combine(own, holds).astype(np.int64) << bit for bit, own in enumerate(owns)]
        return np.asarray(np.sum(bits, axis=0), dtype=np.int64)

    n_slots, n_columns, n_levels = counts.levels.shape
    levels, unable = counts.levels[:, 1:].reshape(-1, n_levels), counts.unable[:, 1:].reshape(-1)
    costs = np.full((len(levels), 1 << len(leaves)), UNREACHABLE, dtype=np.int64)
    rated = levels.any(axis=1)
    costs[rated] = fewest_changes(chain, levels[rated], unable[rated], said, costs.shape[1])
    if len(levels):
        np.put_along_axis(costs, said(levels, unable)[:, None], 0, axis=1)
    return costs.reshape(n_slots, n_columns - 1, -1)


def _without_passed_over(costs: Wholes, leaves: Sequence[Leaf], counts: Counts, group_names: Sequence[str]) -> Wholes:
    """Return the costs with what a group says where it does not count replaced by what makes no difference."""
    labels = np.broadcast_to(np.arange(costs.shape[2]), costs.shape)
    for bit, leaf in enumerate(leaves):
        large = base_of(counts, leaf.denominator)[:, 1:] >= leaf.n_min
        if leaf.groups == "named":
            is_named = np.array([name in leaf.named for name in group_names], dtype=bool)
            holding, failing = np.broadcast_to(~is_named, large.shape), is_named & ~large
        else:
            holding, failing = (~large, large & False) if leaf.groups == "every" else (large & False, ~large)
        labels = np.where(holding[:, :, None], labels | 1 << bit, labels)
        labels = np.where(failing[:, :, None], labels & ~(1 << bit), labels)
    merged = np.full_like(costs, UNREACHABLE)
    slot, group, _ = np.indices(costs.shape)
    np.minimum.at(merged, (slot, group, labels), costs)
    return merged


def _states(leaves: Sequence[Leaf]) -> list[tuple[int, ...]]:
    return list(product(*(range(_n_counted(leaf)) for leaf in leaves)))


def _next_state(state: Sequence[int], label: int, leaves: Sequence[Leaf]) -> tuple[int, ...]:
    """Return the state once one more group has said what the label says."""
    said = [label >> bit & 1 for bit in range(len(leaves))]
    return tuple(
        at & holds if leaf.groups in ("every", "named") else min(at + holds, _n_counted(leaf) - 1)
        for at, holds, leaf in zip(state, said, leaves, strict=True)
    )


def _over_groups(costs: Wholes, leaves: Sequence[Leaf]) -> Wholes:
    """Return int64[slot, state]: the fewest changes in all groups together that lead to the state."""
    states = _states(leaves)
    place = {state: index for index, state in enumerate(states)}
    begin = tuple(1 if leaf.groups in ("every", "named") else 0 for leaf in leaves)
    fewest = np.full((len(costs), len(states)), UNREACHABLE, dtype=np.int64)
    fewest[:, place[begin]] = 0
    for by_label in np.moveaxis(costs, 1, 0):
        after = np.full_like(fewest, UNREACHABLE)
        labels = np.flatnonzero((by_label < UNREACHABLE).any(axis=0)).tolist()
        for index in np.flatnonzero((fewest < UNREACHABLE).any(axis=0)).tolist():
            for label in labels:
                to = place[_next_state(states[index], label, leaves)]
                np.minimum(after[:, to], fewest[:, index] + by_label[:, label], out=after[:, to])
        fewest = np.minimum(after, UNREACHABLE)
    return fewest


def _truths(leaves: Sequence[Leaf], counts: Counts, group_names: Sequence[str]) -> dict[Condition, Flags]:
    """Return bool[slot, state]: what each condition over groups says once all groups have been looked at."""
    states = np.array(_states(leaves))
    truths: dict[Condition, Flags] = {}
    for at, leaf in zip(states.T, leaves, strict=True):
        counted = np.asarray((base_of(counts, leaf.denominator)[:, 1:] >= leaf.n_min).any(axis=1))
        possible = counted if leaf.groups == "every" else np.full(len(counted), set(leaf.named) <= set(group_names))
        truths[leaf] = possible[:, None] & (at == _n_counted(leaf) - 1)
    return truths


def _search(rule: Rule, counts: Counts, group_names: Sequence[str], measure: Measure, most: int | None) -> Fragility:
    depth = depth_in_budget(rule, counts, measure) if most is None else most
    changes = changes_by_search(rule, counts, group_names, measure, depth)
    return Fragility(changes, np.minimum(counts.rated[:, 0], depth))
