"""What the rule says of every item, how little would change it, and what other rules would say, as plain values."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from delphi.statistics.counts import Counts
from delphi.statistics.fragility import Fragility, fragility
from delphi.statistics.measures import Basis
from delphi.statistics.outcomes import VERDICTS, Codes
from delphi.statistics.plain import number
from delphi.statistics.rule_files import RuleContext
from delphi.statistics.rules import Rule
from delphi.statistics.sensitivity import (
    Alternatives,
    LeavingGroups,
    LeavingPeople,
    applicable_rules,
    is_fragile,
    leave_one_group_out,
    leave_one_person_out,
    verdicts_by_denominator,
    verdicts_by_quantile_type,
    verdicts_by_rule,
)
from delphi.statistics.verdicts import Judgement, judge

NOT_COMPARED = "Nobody rated it, or no other rule fits this scale."


@dataclass(frozen=True)
class Decisions:
    """What the rule says of every slot and group, [slot][group], and how little would change what it says of the panel."""

    judgements: list[list[Judgement]]
    fragility: Fragility
    leaving: LeavingPeople
    fragile: list[bool]


def decide(rule: Rule, counts: Counts, group_names: Sequence[str], basis: Basis) -> Decisions:
    """Return the rule's verdicts with their reasons and how fragile they are."""
    fewest = fragility(rule, counts, group_names, basis.measure)
    leaving = leave_one_person_out(rule, counts, group_names, basis.measure)
    judgements = judge(rule, counts, group_names, basis.measure)
    return Decisions(judgements, fewest, leaving, is_fragile(fewest, leaving).tolist())


def sensitivity_of(
    slots: Sequence[tuple[str, str | None]],
    group_names: Sequence[str],
    counts: Counts,
    decisions: Decisions,
    rule: Rule,
    basis: Basis,
) -> dict[str, Any]:
    """Return the panel's verdict on every slot under all rules that fit, and taken otherwise, and without people and groups."""
    rules = applicable_rules(rule, RuleContext(basis.scale, basis.zones, basis.denominator, group_names))
    by_rule = verdicts_by_rule(rules, counts, group_names, basis.measure)
    by_type = verdicts_by_quantile_type(rule, counts, group_names, basis.measure)
    by_denominator = verdicts_by_denominator(rule, counts, group_names, basis.measure)
    groups = leave_one_group_out(rule, counts, group_names, basis.measure)
    items = []
    for slot, (item, criterion) in enumerate(slots):
        agreement = number(by_rule.agreement_percent[slot])
        items.append(
            {
                "item": item,
                "criterion": criterion,
                "verdicts": dict(zip(by_rule.names, _named(by_rule.codes[:, slot]), strict=True)),
                "agreement_percent": agreement,
                "quantile_types": _chosen(by_type, slot),
                "denominators": _chosen(by_denominator, slot),
                "people_who_flip": int(decisions.leaving.flips[slot]),
                "flips_to": list(_flips_to(decisions.leaving, slot)),
                "groups_that_flip": dict(_flipping(groups, group_names, slot)),
                "fragile": decisions.fragile[slot],
                "undefined": {} if agreement is not None else {"agreement_percent": NOT_COMPARED},
            }
        )
    return {"rules": list(by_rule.names), "items": items}


def _named(codes: Codes) -> list[str]:
    return [VERDICTS[code].value for code in codes.tolist()]


def _chosen(alternatives: Alternatives, slot: int) -> dict[str, str]:
    return dict(zip(alternatives.names, _named(alternatives.codes[:, slot]), strict=True))


def _flips_to(leaving: LeavingPeople, slot: int) -> Iterator[str]:
    yield from (verdict.value for verdict, n in zip(VERDICTS, leaving.to[slot].tolist(), strict=True) if n)


def _flipping(groups: LeavingGroups, group_names: Sequence[str], slot: int) -> Iterator[tuple[str, str]]:
    found = zip(group_names, _named(groups.codes[slot]), groups.flips[slot].tolist(), strict=True)
    yield from ((name, verdict) for name, verdict, flips in found if flips)
