"""A consensus rule made from a few choices, and one from a file: both in the form in which protocols keep rules."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from delphi.errors import InvalidError
from delphi.language import marked
from delphi.statistics.presets import PRESETS

OWN_RULE = "own"
OWN_SOURCE = marked("Written for this study")
LARGEST_RULE = 100_000  # bytes
POOLED, EVERY, ANY, TWO = "pooled", "every", "any", "two"
_GROUPS: Mapping[str, object] = {POOLED: POOLED, EVERY: EVERY, ANY: ANY, TWO: {"at_least": 2}}
WHOM = tuple(_GROUPS)  # of whom a rule of percentages has to hold
WHOM = tuple(_GROUPS)


@dataclass(frozen=True)
class BuiltRule:
    """A rule of shares: at least `percent` in the high zone (in) or the low one (out), fewer than `opposite` in the other.

    `opposite` and `most_iqr` are None where the rule does not ask for them. `whom` says whether this has to hold in the whole
    panel, in every group, in any, or in two at least; the share is of those who rated, or of all who answered.
    """

    percent: int = 70
    opposite: int | None = 15
    most_iqr: float | None = None
    whom: str = POOLED
    denominator: str = "rated"
    source: str = ""

    def written(self) -> dict[str, Any]:
        """Return the rule as a rule file has it."""
        return {
            "name": OWN_RULE,
            "source": self.source.strip() or OWN_SOURCE,
            "in": self._condition("high", "low"),
            "out": self._condition("low", "high"),
        }

    def _condition(self, zone: str, other: str) -> dict[str, Any]:
        share = {"figure": "percent", "denominator": self.denominator}
        parts: list[dict[str, Any]] = [{**share, "zone": zone, "at_least": self.percent}]
        if self.opposite is not None:
            parts.append({**share, "zone": other, "less_than": self.opposite})
        if self.most_iqr is not None:
            parts.append({"figure": "iqr", "at_most": self.most_iqr})
        whole: dict[str, Any] = parts[0] if len(parts) == 1 else {"all": parts}
        return whole if self.whom == POOLED else {**whole, "groups": _GROUPS[self.whom]}


def built_from(rule: Mapping[str, Any]) -> BuiltRule | None:
    """Return the choices that a rule was made from, or None where it is another kind of rule."""
    inner = rule["in"]
    parts = inner.get("all", [inner])
    share = parts[0] if parts and parts[0].get("figure") == "percent" else {}
    whom = next((name for name, groups in _GROUPS.items() if groups == inner.get("groups", POOLED)), "")
    built = BuiltRule(
        percent=share.get("at_least", 0),
        opposite=next((part["less_than"] for part in parts if "less_than" in part), None),
        most_iqr=next((part["at_most"] for part in parts if part.get("figure") == "iqr" and "at_most" in part), None),
        whom=whom,
        denominator=share.get("denominator", "rated"),
        source="" if rule.get("source") == OWN_SOURCE else str(rule.get("source", "")),
    )
    return built if whom and built.written() == dict(rule) else None


def rule_from_json(content: bytes, name: str) -> dict[str, Any]:
    """Return the rule that a file holds, or refuse what is no rule file; whether it fits the scale is seen later."""
    try:
        if len(content) > LARGEST_RULE:
            raise ValueError("it is too large for a rule file")
        rule = json.loads(content.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise InvalidError("{file} cannot be used as a rule: {error}.", file=name, error=error) from error
    if not isinstance(rule, dict):
        raise InvalidError('{file} cannot be used as a rule: it has to be an object with "name", "source", "in".', file=name)
    return rule


def is_preset(rule: Mapping[str, Any]) -> bool:
    """Tell whether a rule is one of those that come along, and not another that only has its name."""
    preset = PRESETS.get(str(rule.get("name")))
    return preset is not None and dict(preset.written) == dict(rule)
