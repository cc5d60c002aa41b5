"""Reading a consensus rule: every mistake is refused when the rule is written, not when it is used."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from delphi.statistics.errors import RuleError
from delphi.statistics.ram import CLASSES
from delphi.statistics.rules import (
    COMPARISONS,
    DEFAULT_N_MIN,
    DENOMINATORS,
    FIGURE_NAMES,
    AllOf,
    AnyOf,
    Condition,
    Requirement,
    Rule,
)
from delphi.statistics.scale import ONE_TO_NINE, Scale, Zones, format_range

_DEEPEST = 8
_LONGEST_TEXT = 500
_MOST_PARTS = 50
_KEYS = {"figure", "zone", "denominator", "groups", "n_min", *COMPARISONS}
_GROUPS = ("pooled", "every", "any", "balanced")


@dataclass(frozen=True)
class RuleContext:
    """What a rule is read against. `group_names` None leaves open which groups there will be.

    `denominator` is taken by percentages that name none.
    """

    scale: Scale
    zones: Zones
    denominator: str = "rated"
    group_names: Sequence[str] | None = None


def parse_rule(written: object, context: RuleContext) -> Rule:
    """Return the rule that a rule file's content stands for, or refuse it with a sentence."""
    content = _mapping(written, "A rule")
    _require_keys(content, {"name", "source", "in", "out"}, "A rule")
    if "in" not in content:
        raise RuleError('A rule needs "in", the condition under which an item is in.')
    out = content.get("out")
    rule = Rule(
        name=_text(content, "name"),
        source=_text(content, "source"),
        in_=_condition(content["in"], context, 1),
        out=None if out is None else _condition(out, context, 1),
    )
    if context.group_names is not None:
        require_groups(rule, context.group_names)
    return rule


def require_groups(rule: Rule, group_names: Sequence[str]) -> None:
    """Refuse a rule that looks at groups where there are none, or at more groups than there are."""
    if rule.uses_groups and not group_names:
        raise RuleError(
            f"The rule {rule.name!r} looks at groups, and these ratings have none; choose another rule or add groups."
        )
    for requirement in rule.requirements:
        if requirement.n_groups > len(group_names):
            raise RuleError(
                f"The rule {rule.name!r} asks for {requirement.n_groups} groups, and there are {len(group_names)}; "
                "no item could ever meet it."
            )


def _condition(written: object, context: RuleContext, depth: int) -> Condition:
    if depth > _DEEPEST:
        raise RuleError(f"Conditions lie at most {_DEEPEST} deep in each other.")
    content = _mapping(written, "A condition")
    for key, kind in (("all", AllOf), ("any", AnyOf)):
        if key in content:
            _require_keys(content, {key}, f'A condition with "{key}"')
            return kind(tuple(_condition(part, context, depth + 1) for part in _parts(content[key], key)))
    return _requirement(content, context)


def _parts(written: object, key: str) -> Sequence[object]:
    if not isinstance(written, list | tuple) or not 1 <= len(written) <= _MOST_PARTS:
        raise RuleError(f'"{key}" is a list of 1 to {_MOST_PARTS} conditions.')
    return written


def _requirement(content: Mapping[str, object], context: RuleContext) -> Requirement:
    _require_keys(content, _KEYS, "A test")
    figure = content.get("figure")
    if not isinstance(figure, str) or figure not in FIGURE_NAMES:
        raise RuleError(f'A test needs a "figure": one of {", ".join(FIGURE_NAMES)}; {figure!r} is none.')
    if figure == "ram" and context.scale != ONE_TO_NINE:
        raise RuleError(f"RAND/UCLA (ram) is defined on the scale 1–9 only; this scale is {context.scale}.")
    comparison = _comparison(content, figure)
    groups, n_groups = _groups(content.get("groups", "pooled"), figure)
    zone, bounds = _zone(content, figure, context)
    return Requirement(
        figure=figure,
        comparison=comparison,
        threshold=_threshold(content[comparison], figure, context.scale),
        zone=zone,
        bounds=bounds,
        denominator=_denominator(content, figure, context),
        groups=groups,
        n_groups=n_groups,
        n_min=_n_min(content, groups),
    )


def _comparison(content: Mapping[str, object], figure: str) -> str:
    given = [comparison for comparison in COMPARISONS if comparison in content]
    if len(given) != 1:
        raise RuleError(f"The test of {figure!r} needs exactly one of {', '.join(COMPARISONS)}; it has {len(given)}.")
    return given[0]


def _threshold(written: object, figure: str, scale: Scale) -> Fraction:
    if figure == "ram":
        if not isinstance(written, str) or written not in CLASSES:
            raise RuleError(f"RAND/UCLA (ram) is compared with one of {', '.join(CLASSES)}; {written!r} is none.")
        return Fraction(CLASSES.index(written))
    if isinstance(written, bool) or not isinstance(written, int | float) or not math.isfinite(written):
        raise RuleError(f"The test of {figure!r} compares with a number; {written!r} is none.")
    span = scale.high - scale.low
    # An upper end for sd and cv would depend on n; the widest any panel can reach is enough to catch a slip.
    lowest, highest = {"percent": (0, 100), "median": (scale.low, scale.high)}.get(figure, (0, span))
    threshold = Fraction(str(written))
    if not lowest <= threshold <= highest:
        raise RuleError(f"The test of {figure!r} compares with a number from {lowest} to {highest}; {written} is outside.")
    return threshold


def _zone(
    content: Mapping[str, object], figure: str, context: RuleContext
) -> tuple[str | tuple[int, int] | None, tuple[int, int] | None]:
    zone = content.get("zone")
    if figure != "percent":
        if zone is not None:
            raise RuleError(f'Only a percentage has a "zone"; {figure!r} has none.')
        return None, None
    if isinstance(zone, str):
        return zone, context.zones.named(zone)
    bounds = _bounds(zone, context.scale)
    return bounds, bounds


def _bounds(zone: object, scale: Scale) -> tuple[int, int]:
    if isinstance(zone, list | tuple) and len(zone) == 2 and all(type(level) is int for level in zone):
        first, last = zone
        if scale.low <= first <= last <= scale.high:
            return first, last
        raise RuleError(f"The zone {format_range((first, last))} is not on the scale {scale}.")
    raise RuleError('A percentage needs a "zone": low, middle, high or two levels like [7, 9].')


def _denominator(content: Mapping[str, object], figure: str, context: RuleContext) -> str:
    if figure != "percent":
        if "denominator" in content:
            raise RuleError(f'Only a percentage has a "denominator"; {figure!r} is always of the rated.')
        return "rated"
    denominator = content.get("denominator", context.denominator)
    if not isinstance(denominator, str) or denominator not in DENOMINATORS:
        raise RuleError(f'A "denominator" is rated or answered; {denominator!r} is neither.')
    return denominator


def _groups(written: object, figure: str) -> tuple[str, int]:
    if isinstance(written, str) and written in _GROUPS:
        if written == "balanced" and figure != "percent":
            raise RuleError(f'Only percentages can be "balanced" over groups; {figure!r} cannot.')
        return written, 0
    if isinstance(written, Mapping) and list(written) == ["at_least"]:
        n_groups = written["at_least"]
        if type(n_groups) is int and n_groups >= 1:
            return "at_least", n_groups
    raise RuleError(f'"groups" is one of {", ".join(_GROUPS)} or {{"at_least": 2}}; {written!r} is none.')


def _n_min(content: Mapping[str, object], groups: str) -> int:
    n_min = content.get("n_min", DEFAULT_N_MIN)
    if type(n_min) is not int or n_min < 1:
        raise RuleError(f'"n_min" is the least number of ratings a group needs to count, 1 or more; {n_min!r} is not.')
    if "n_min" in content and groups == "pooled":
        raise RuleError('"n_min" says which groups count; it needs "groups" other than pooled.')
    return n_min


def _mapping(written: object, what: str) -> Mapping[str, object]:
    if not isinstance(written, Mapping) or not all(isinstance(key, str) for key in written):
        raise RuleError(f"{what} is written as a JSON object in braces.")
    return written


def _require_keys(content: Mapping[str, object], known: set[str], what: str) -> None:
    unknown = sorted(set(content) - known)
    if unknown:
        raise RuleError(f"{what} knows {', '.join(sorted(known))}; {', '.join(map(repr, unknown))} is not among them.")


def _text(content: Mapping[str, object], key: str) -> str:
    text = content.get(key, "")
    if not isinstance(text, str) or len(text) > _LONGEST_TEXT:
        raise RuleError(f'The "{key}" of a rule is a text of at most {_LONGEST_TEXT} characters.')
    if key == "name" and not text.strip():
        raise RuleError('A rule needs a "name".')
    return text
