"""Reading a consensus rule: every mistake is refused when the rule is written, not when it is used."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from delphi.statistics.errors import RuleError
from delphi.statistics.ram import CLASSES
from delphi.statistics.rules import (
    COMPARISONS,
    CRITICAL,
    DEFAULT_N_MIN,
    DENOMINATORS,
    FIGURE_NAMES,
    SHARES,
    AllOf,
    AnyOf,
    Condition,
    InGroups,
    Requirement,
    Rule,
)
from delphi.statistics.scale import ONE_TO_NINE, Scale, Zones, format_range

_DEEPEST = 8
_LONGEST_TEXT = 500
_MOST_PARTS = 50
_KEYS = {"figure", "zone", "denominator", "groups", "n_min", *COMPARISONS}
_GROUPS = ("pooled", "every", "any", "balanced")
_MOST_PEOPLE = 10**9


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
    """Refuse a rule that looks at groups where there are none, at more groups than there are, or at one that is not there."""
    if rule.uses_groups and not group_names:
        raise RuleError(
            "The rule {rule!r} looks at groups, and these ratings have none; choose another rule or add groups.", rule=rule.name
        )
    for leaf in rule.leaves:
        if leaf.n_groups > len(group_names):
            raise RuleError(
                "The rule {rule!r} asks for {n} groups, and there are {there}; no item could ever meet it.",
                rule=rule.name,
                n=leaf.n_groups,
                there=len(group_names),
            )
        unknown = [name for name in leaf.named if name not in group_names]
        if unknown:
            raise RuleError(
                "The rule {rule!r} names the group {group!r}, and there is none; there are {there}.",
                rule=rule.name,
                group=unknown[0],
                there=", ".join(group_names),
            )


def _condition(written: object, context: RuleContext, depth: int) -> Condition:
    if depth > _DEEPEST:
        raise RuleError(f"Conditions lie at most {_DEEPEST} deep in each other.")
    content = _mapping(written, "A condition")
    for key, kind in (("all", AllOf), ("any", AnyOf)):
        if key in content:
            _require_keys(content, {key, "groups", "n_min"}, f'A condition with "{key}"')
            parts = kind(tuple(_condition(part, context, depth + 1) for part in _parts(content[key], key)))
            return _over_groups(parts, content)
    return _requirement(content, context)


def _over_groups(parts: AllOf | AnyOf, content: Mapping[str, object]) -> Condition:
    groups, n_groups, named = _groups(content.get("groups", "pooled"), "a condition of several tests")
    n_min = _n_min(content, groups)
    if groups == "pooled":
        return parts
    whole = InGroups(parts, groups, n_groups, n_min, named)
    if Rule("", "", parts, None).uses_groups:
        raise RuleError('"groups" is said of a condition or of the tests in it, not of both.')
    return whole


def _parts(written: object, key: str) -> Sequence[object]:
    if not isinstance(written, list | tuple) or not 1 <= len(written) <= _MOST_PARTS:
        raise RuleError(f'"{key}" is a list of 1 to {_MOST_PARTS} conditions.')
    return written


def _requirement(content: Mapping[str, object], context: RuleContext) -> Requirement:
    _require_keys(content, _KEYS, "A test")
    figure = content.get("figure")
    if not isinstance(figure, str) or figure not in FIGURE_NAMES:
        raise RuleError(f'A test needs a "figure": one of {", ".join(FIGURE_NAMES)}; {figure!r} is none.')
    _require_defined(figure, context.scale)
    comparison = _comparison(content, figure)
    written = content[comparison]
    is_critical = figure == "cvr" and written == CRITICAL
    groups, n_groups, named = _groups(content.get("groups", "pooled"), figure)
    zone, bounds = _zone(content, figure, context)
    return Requirement(
        figure=figure,
        comparison=comparison,
        threshold=_critical(comparison) if is_critical else _threshold(written, comparison, figure, context.scale),
        zone=zone,
        bounds=bounds,
        denominator=_denominator(content, figure, context),
        groups=groups,
        n_groups=n_groups,
        n_min=_n_min(content, groups),
        named=named,
        is_critical=is_critical,
    )


def _require_defined(figure: str, scale: Scale) -> None:
    if figure == "ram" and scale != ONE_TO_NINE:
        raise RuleError(f"RAND/UCLA (ram) is defined on the scale 1–9 only; this scale is {scale}.")
    if figure == "cv" and scale.low < 0:
        raise RuleError(f"The coefficient of variation (cv) is undefined with negative levels; this scale is {scale}.")


def _comparison(content: Mapping[str, object], figure: str) -> str:
    given = [comparison for comparison in COMPARISONS if comparison in content]
    if len(given) != 1:
        raise RuleError(f"The test of {figure!r} needs exactly one of {', '.join(COMPARISONS)}; it has {len(given)}.")
    return given[0]


def _critical(comparison: str) -> Fraction:
    if comparison not in ("at_least", "less_than"):
        raise RuleError(f"The critical value is the least that counts: at_least or less_than it, not {comparison}.")
    return Fraction(0)


def _threshold(written: object, comparison: str, figure: str, scale: Scale) -> Fraction:
    if figure == "ram":
        if not isinstance(written, str) or written not in CLASSES:
            raise RuleError(f"RAND/UCLA (ram) is compared with one of {', '.join(CLASSES)}; {written!r} is none.")
        threshold = Fraction(CLASSES.index(written))
        _require_possible(threshold, comparison, (0, len(CLASSES) - 1), figure)
        return threshold
    if isinstance(written, bool) or not isinstance(written, int | float) or not math.isfinite(written):
        raise RuleError(f"The test of {figure!r} compares with a number; {written!r} is none.")
    lowest, highest = _range(figure, scale)
    threshold = Fraction(str(written))
    if not lowest <= threshold <= highest:
        raise RuleError(f"The test of {figure!r} compares with a number from {lowest} to {highest}; {written} is outside.")
    _require_possible(threshold, comparison, (lowest, highest), figure)
    # Two ratings at the ends of the scale deviate most: their sd is the span over the root of 2.
    if figure == "sd" and comparison in ("at_least", "more_than") and 2 * threshold**2 > highest**2:
        raise RuleError(f"No panel on the scale {scale} has a standard deviation of {written}; no item could ever meet it.")
    return threshold


def _range(figure: str, scale: Scale) -> tuple[int, int]:
    span = scale.high - scale.low
    # An upper end for sd and cv would depend on n; the widest any panel can reach is enough to catch a slip.
    return {
        "percent": (0, 100),
        "median": (scale.low, scale.high),
        "mean": (scale.low, scale.high),
        "i_cvi": (0, 1),
        "cvr": (-1, 1),
        "n_rated": (1, _MOST_PEOPLE),
    }.get(figure, (0, span))


def _require_possible(threshold: Fraction, comparison: str, ends: tuple[int, int], figure: str) -> None:
    if (comparison == "less_than" and threshold == ends[0]) or (comparison == "more_than" and threshold == ends[1]):
        end = "lowest" if comparison == "less_than" else "highest"
        raise RuleError(f"Nothing is {COMPARISONS[comparison]} the {end} that {figure!r} can be; no item could ever meet it.")


def _zone(
    content: Mapping[str, object], figure: str, context: RuleContext
) -> tuple[str | tuple[int, int] | None, tuple[int, int] | None]:
    zone = content.get("zone", None if figure == "percent" else "high")
    if figure not in SHARES:
        if content.get("zone") is not None:
            raise RuleError(f'Only a percentage has a "zone"; {figure!r} has none.')
        return None, None
    if isinstance(zone, str):
        return zone, _on_scale(context.zones.named(zone), context.scale)
    bounds = _bounds(zone, context.scale)
    return bounds, bounds


def _bounds(zone: object, scale: Scale) -> tuple[int, int]:
    if isinstance(zone, list | tuple) and len(zone) == 2 and all(type(level) is int for level in zone):
        return _on_scale((zone[0], zone[1]), scale)
    raise RuleError('A percentage needs a "zone": low, middle, high or two levels like [7, 9].')


def _on_scale(bounds: tuple[int, int], scale: Scale) -> tuple[int, int]:
    if not scale.low <= bounds[0] <= bounds[1] <= scale.high:
        raise RuleError(f"The zone {format_range(bounds)} is not on the scale {scale}.")
    return bounds


def _denominator(content: Mapping[str, object], figure: str, context: RuleContext) -> str:
    if figure != "percent":
        if "denominator" in content:
            raise RuleError(f'Only a percentage has a "denominator"; {figure!r} is always of the rated.')
        return "rated"
    denominator = content.get("denominator", context.denominator)
    if not isinstance(denominator, str) or denominator not in DENOMINATORS:
        raise RuleError(f'A "denominator" is rated or answered; {denominator!r} is neither.')
    return denominator


def _groups(written: object, figure: str) -> tuple[str, int, tuple[str, ...]]:
    if isinstance(written, str) and written in _GROUPS:
        if written == "balanced" and figure != "percent":
            raise RuleError(f'Only percentages can be "balanced" over groups; {figure!r} cannot.')
        return written, 0, ()
    if isinstance(written, Mapping) and list(written) == ["at_least"]:
        n_groups = written["at_least"]
        if type(n_groups) is int and n_groups >= 1:
            return "at_least", n_groups, ()
    if isinstance(written, Mapping) and list(written) == ["named"]:
        return "named", 0, _names(written["named"])
    known = f'{", ".join(_GROUPS)}, {{"at_least": 2}} or {{"named": ["carers"]}}'
    raise RuleError(f'"groups" is one of {known}; {written!r} is none.')


def _names(written: object) -> tuple[str, ...]:
    if not isinstance(written, list | tuple) or not 1 <= len(written) <= _MOST_PARTS:
        raise RuleError(f'"named" is a list of 1 to {_MOST_PARTS} groups.')
    names = [name for name in written if isinstance(name, str) and name.strip() and len(name) <= _LONGEST_TEXT]
    if len(set(names)) < len(written):
        raise RuleError('"named" is a list of groups\' names, each once and none empty.')
    return tuple(names)


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
