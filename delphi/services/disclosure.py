"""What a reader may see of a round's figures. Pages, charts, reports and files all ask here, and nowhere else.

Small groups are protected from each other and in everything published: a figure of fewer people than the threshold is
hidden, and so is what would give it away by subtraction. Which groups are hidden follows from head counts alone, so that
it says nothing of the answers.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from delphi.errors import InvalidError
from delphi.statistics.rule_files import RuleContext, parse_rule
from delphi.statistics.rules import Rule
from delphi.statistics.scale import ZONE_NAMES, Scale, Zones

# A group that the protocol does not ask about an item has no figures on it, and there is nobody of it to protect.
LEVELS, ZONES, HIDDEN, NOT_ASKED = "levels", "zones", "hidden", "not asked"
DETAIL = ("n_rated", "n_unable", "n_missing", "counts", "median", "q1", "q3", "iqr", "mean", "sd", "percent", "zone_counts")
COARSE = ("n_rated", "n_unable", "median", "zone_counts")
HEADS = ("group", "invited", "completed", "stayed", "left", "joined")
BIAS = ("mean_stayed", "mean_left", "t", "df", "p", "mann_whitney_p")
SEEN_IN_ZONES = frozenset({"percent", "median"})

Entry = dict[str, Any]
View = dict[str, Any]


@dataclass(frozen=True)
class Policy:
    """From how many people on a figure is shown: zones and median of a group, of one's own group, and single levels.

    `least_commenters` is from how many comments on an item on each says which group its writer is of.
    """

    least_group: int = 5
    least_own_group: int = 6
    least_levels: int = 10
    least_commenters: int = 10

    def __post_init__(self) -> None:
        if not 3 <= self.least_group <= self.least_own_group <= self.least_levels:
            raise InvalidError(
                "A group is shown from three people on at the least, one's own from no fewer, levels from no fewer."
            ).about("least_group")
        if self.least_commenters < self.least_group:
            raise InvalidError(
                "A comment says its writer's group from no fewer comments on than a group has people to be shown."
            ).about("least_commenters")


def hidden_groups(people: Mapping[str, int], policy: Policy) -> frozenset[str]:
    """Return the groups too small to show, with as many of the next-smallest as keep them from following by subtraction."""
    hidden = {group for group, n in people.items() if n < policy.least_group}
    _hide_by_subtraction(hidden, people, _smallest_first(people), policy.least_group)
    return frozenset(hidden)


def shown_counts(counts: Mapping[str, int], policy: Policy) -> dict[str, int | None]:
    """Return counts of people in classes that exclude each other; None hides few people, and what would tell of them.

    A class of nobody is a figure of nobody: it is shown, unless it must hide another.
    """
    hidden = {name for name, n in counts.items() if 0 < n < policy.least_group}
    _hide_by_subtraction(hidden, counts, _smallest_first(counts), policy.least_group)
    return {name: None if name in hidden else n for name, n in counts.items()}


def labelled_groups(n_commenters: int, views: Iterable[View], policy: Policy) -> frozenset[str]:
    """Return the groups whose name may stand beside their members' comments on an item.

    `views` are what may be published of the item, by criterion: a group that is hidden in one of them is never named.
    """
    if n_commenters < policy.least_commenters:
        return frozenset()
    shown = [{entry["group"] for entry in view["groups"] if entry["shown"] not in (HIDDEN, NOT_ASKED)} for view in views]
    return frozenset(set.intersection(*shown)) if shown else frozenset()


def withheld_for(rule: Rule, people: Mapping[str, int], policy: Policy) -> frozenset[str | None]:
    """Return the groups (None is the whole panel) that are too small for this rule's verdicts to be published.

    As head counts have it, so even when everybody answers; a verdict is withheld when one of these is looked at.
    """
    entries: dict[str | None, Entry] = {group: {"n_rated": n} for group, n in people.items() if n}
    entries[None] = {"n_rated": sum(people.values())}
    tiers = _tiers(people, entries, policy, None)
    looked_at = [group for group in tiers if group is None or rule.uses_groups]
    return frozenset(group for group in looked_at if not _follows_from(rule, tiers[group]))


def for_team(document: Mapping[str, Any]) -> View:
    """Return all there is of a closed round: counts per level by group, pseudonymous and uncrossed (consent says so)."""
    view = _view(document, lambda _participants, entries: dict.fromkeys(entries, LEVELS), _verdicts_for_team)
    return view | _participation(document, frozenset())


def linked_for_team(document: Mapping[str, Any], policy: Policy) -> View:
    """Return what the team may see of how firm a round's verdicts are, and of the same people in it and the round before.

    What would change a verdict follows from the counts that the team sees anyway. Whoever answered twice is another matter: heads
    are told of every group, but figures only of as many as the threshold, and of no group that others would give away.
    """
    movement = document.get("stability", [])
    return {
        "from": movement[-1]["from"] if movement else None,
        "sensitivity": {_slot(one): one for one in (document.get("sensitivity") or {}).get("items", [])},
        "movement": {slot: _moved(entries, policy) for slot, entries in _by_item(_last(movement)).items()},
        "worst_case": {_slot(one): one for one in _last(document.get("worst_case", []))},
        "attrition": _who_stayed(document.get("attrition", []), policy),
        **_whether_to_stop(document, policy),
    }


def verdicts_of_groups(entry: Entry, policy: Policy) -> dict[str, str | None]:
    """Return what the rule says of each group by itself, for the team; None where too few rated the item for a verdict."""
    n_rated = {one["group"]: one["n_rated"] for one in entry["groups"]}
    verdicts: Mapping[str, str] = entry["group_verdicts"]
    return {
        group: verdict if verdict == NOT_ASKED or n_rated.get(group, 0) >= policy.least_group else None
        for group, verdict in verdicts.items()
    }


def for_panelists(document: Mapping[str, Any], policy: Policy, own_group: str | None) -> View:
    """Return what the members of one group are shown: no verdicts, their own group from one more person on."""
    return _view(document, lambda participants, entries: _tiers(participants, entries, policy, own_group), None)


def for_publication(document: Mapping[str, Any], policy: Policy) -> View:
    """Return what may stand in a report or a manual for everybody; a verdict that would tell of hidden people is withheld."""
    view = _view(document, lambda participants, entries: _tiers(participants, entries, policy, None), _verdicts_for_all)
    if "attributes" in document:  # frozen as everybody may know it
        view["attributes"] = document["attributes"]
    people: Mapping[str, int] = view["groups"]
    hidden: frozenset[str | None] = hidden_groups(people, policy)
    return view | _participation(document, hidden if view["participants"] >= policy.least_group else hidden | {None, *people})


def _slot(entry: Entry) -> tuple[str, str]:
    return entry["item"], entry["criterion"]


def _last(steps: Sequence[Mapping[str, Any]]) -> list[Entry]:
    return list(steps[-1]["items"]) if steps else []


def _moved(entries: Mapping[str | None, Entry], policy: Policy) -> dict[str | None, Entry]:
    """Return how the ratings of the panel (None) and of each group changed, of groups large enough."""
    counted = {group: int(entry["n_pairs"]) for group, entry in entries.items() if group is not None}
    hidden: set[str | None] = {group for group, n in shown_counts(counted, policy).items() if n is None}
    if 0 < entries[None]["n_pairs"] < policy.least_group:
        hidden |= {None, *counted}
    return {group: entry for group, entry in entries.items() if group not in hidden}


def _who_stayed(entries: Sequence[Entry], policy: Policy) -> list[Entry]:
    """Return the heads of each group, and how they had rated only where neither those who stayed nor those who left are few."""
    hidden: set[str | None] = set()
    for part in ("stayed", "left"):
        heads = {entry["group"]: int(entry[part]) for entry in entries if entry["group"] is not None}
        hidden |= {group for group, n in shown_counts(heads, policy).items() if n is None}
        if any(entry["group"] is None and 0 < entry[part] < policy.least_group for entry in entries):
            hidden |= {None, *heads}
    return [
        {**{name: entry[name] for name in HEADS}, "shown": entry["group"] not in hidden}
        | {name: None if entry["group"] in hidden else entry[name] for name in BIAS}
        for entry in entries
    ]


def _whether_to_stop(document: Mapping[str, Any], policy: Policy) -> View:
    """Return the stopping rule's answer and what each item has come to; not of so few people that it would tell of them."""
    panel = [entry for entry in document.get("attrition", []) if entry["group"] is None]
    if any(0 < entry["stayed"] < policy.least_group for entry in panel) or "standings" not in document:
        return {"stopping": None, "standings": {}}
    return {"stopping": document["stopping"], "standings": {_slot(one): one for one in document["standings"]}}


def _view(document: Mapping[str, Any], tiers_of: Any, verdicts_of: Any) -> View:
    round_ = document["rounds"][0]
    zones = document["settings"]["zones"]
    items = []
    for (item, criterion), entries in _by_item(round_["items"]).items():
        left_out = _not_asked(document, item, entries)
        asked = {group: entry for group, entry in entries.items() if group not in left_out}
        tiers = {**tiers_of(round_["groups"], asked), **dict.fromkeys(left_out, NOT_ASKED)}
        shown = {group: _shown(entry, tiers[group], zones) for group, entry in entries.items()}
        view = {"item": item, "criterion": criterion, "panel": shown.pop(None), "groups": list(shown.values())}
        items.append({**view, **(verdicts_of(document, entries, tiers) if verdicts_of else {})})
    return {
        "round": round_["round"],
        "participants": round_["participants"],
        "groups": round_["groups"],
        "settings": document["settings"],
        "items": items,
    }


def _participation(document: Mapping[str, Any], hidden: frozenset[str | None]) -> View:
    """Return how many took part and had answered the round before; of hidden groups only how many took part."""
    if "participation" not in document:  # round 1, or a result that the first version froze
        return {}
    unsaid = {"answered_before": None, "skipped_before": None}
    return {"participation": [{**one, **unsaid} if one["group"] in hidden else one for one in document["participation"]]}


def _by_item(entries: Iterable[Entry]) -> dict[tuple[str, str], dict[str | None, Entry]]:
    items: dict[tuple[str, str], dict[str | None, Entry]] = {}
    for entry in entries:
        items.setdefault((entry["item"], entry["criterion"]), {})[entry["group"]] = entry
    return items


def _shown(entry: Entry, tier: str, zones: Mapping[str, Sequence[int] | None]) -> Entry:
    names = {LEVELS: DETAIL, NOT_ASKED: DETAIL, ZONES: COARSE, HIDDEN: ()}[tier]
    whole = {**entry, "zone_counts": _zone_counts(entry["counts"], zones)}
    return {"group": entry["group"], "shown": tier, **{name: whole[name] for name in names}}


def _zone_counts(counts: Mapping[str, int], zones: Mapping[str, Sequence[int] | None]) -> dict[str, int]:
    return {
        name: sum(n for level, n in counts.items() if bounds[0] <= int(level) <= bounds[1])
        for name, bounds in zones.items()
        if bounds
    }


def _not_asked(document: Mapping[str, Any], item: str, entries: Mapping[str | None, Entry]) -> frozenset[str]:
    """Return the groups that were not asked this item: by the protocol, or people of them took part and none was asked it."""
    heads, said = document["rounds"][0]["groups"], document.get("not_asked", {})
    groups = [group for group in entries if group is not None]
    return frozenset(
        group for group in groups if item in said.get(group, ()) or (heads.get(group) and not _was_asked(entries[group]))
    )


def _tiers(
    participants: Mapping[str, int], entries: Mapping[str | None, Entry], policy: Policy, own_group: str | None
) -> dict[str | None, str]:
    """Return how much of each entry is shown, so that nothing hidden follows by subtraction.

    Members of a group are shown what everybody is or less, never something else: what two groups are shown, laid side by side,
    must not give a third away.
    """
    rated = {group: int(entry["n_rated"]) for group, entry in entries.items() if group is not None}
    n_rated = int(entries[None]["n_rated"])
    smallest_first = _smallest_first({group: participants.get(group, 0) for group in rated})
    # Head counts settle it for most items; an item that fewer have rated may hide more.
    hidden = set(hidden_groups({group: participants.get(group, 0) for group in rated}, policy))
    hidden |= {group for group in rated if rated[group] < policy.least_group}
    _hide_by_subtraction(hidden, rated, smallest_first, policy.least_group)
    by_level = {group for group in rated if group not in hidden and rated[group] >= policy.least_levels}
    _coarsen_by_subtraction(by_level, rated, n_rated, smallest_first, policy.least_levels)
    least_panel = policy.least_group
    if own_group in rated:
        # Whoever is among them can take the own answer away.
        least_panel = policy.least_own_group
        if own_group in hidden or rated.get(own_group, 0) < policy.least_own_group:
            hidden.add(own_group)
            _hide_by_subtraction(hidden, rated, smallest_first, policy.least_own_group)
            by_level -= hidden
            _coarsen_by_subtraction(by_level, rated, n_rated, smallest_first, policy.least_levels)
    tiers: dict[str | None, str] = {None: HIDDEN if n_rated < least_panel else ZONES if n_rated < policy.least_levels else LEVELS}
    for group in rated:
        tiers[group] = HIDDEN if group in hidden else LEVELS if group in by_level else ZONES
    return tiers


def _smallest_first(people: Mapping[str, int]) -> list[str]:
    return sorted(people, key=lambda group: (people[group], group))


def _hide_by_subtraction(hidden: set[str], people: Mapping[str, int], smallest_first: Sequence[str], least: int) -> None:
    """Hide the next-smallest groups until those hidden are at least `least` people in at least two groups, or nobody."""
    for group in smallest_first:
        total = sum(people[name] for name in hidden)
        if total == 0 or (total >= least and len(hidden) >= 2):
            return
        hidden.add(group)


def _coarsen_by_subtraction(
    by_level: set[str], rated: Mapping[str, int], n_rated: int, smallest_first: Sequence[str], least: int
) -> None:
    """Show fewer groups level by level until the levels of the rest, by subtraction, are nobody's or enough people's."""
    for group in smallest_first:
        rest = n_rated - sum(rated[name] for name in by_level)
        if rest == 0 or rest >= least:
            return
        by_level.discard(group)


def _verdicts_for_team(
    document: Mapping[str, Any], entries: Mapping[str | None, Entry], tiers: Mapping[str | None, str]
) -> Entry:
    groups = {
        group: NOT_ASKED if tiers[group] == NOT_ASKED else entry["verdict"]
        for group, entry in entries.items()
        if group is not None
    }
    panel = entries[None]
    # Results frozen by the first version do not say how firm a verdict is.
    firmness = {"fragility": panel.get("fragility"), "fragile": panel.get("fragile", False)}
    return {"verdict": panel["verdict"], "reason": panel["reason"], "group_verdicts": groups, **firmness}


def _verdicts_for_all(document: Mapping[str, Any], entries: Mapping[str | None, Entry], tiers: Mapping[str | None, str]) -> Entry:
    rule = rule_of(document)
    shown = [group for group in entries if group is not None and _follows_from(rule, tiers[group])]
    groups = {group: entries[group]["verdict"] for group in shown}
    looked_at = [group for group in tiers if group is None or (rule.uses_groups and _was_asked(entries[group]))]
    if not all(_follows_from(rule, tiers[group]) for group in looked_at):
        return {"verdict": None, "reason": None, "group_verdicts": groups}
    return {"verdict": entries[None]["verdict"], "reason": entries[None]["reason"], "group_verdicts": groups}


def _was_asked(entry: Entry) -> bool:
    """Whether anybody of the group who took part was asked this item; of a group that was not, a verdict can tell nothing."""
    return bool(entry["n_rated"] or entry["n_unable"] or entry["n_missing"])


def _follows_from(rule: Rule, tier: str) -> bool:
    """Whether the verdict tells no more than the figures that are shown anyway."""
    if tier == ZONES:
        return all(
            requirement.figure in SEEN_IN_ZONES and not isinstance(requirement.zone, tuple) and requirement.denominator == "rated"
            for requirement in rule.requirements
        )
    return tier == LEVELS


def rule_of(document: Mapping[str, Any]) -> Rule:
    """Return the consensus rule that a result was made with."""
    settings = document["settings"]
    low, middle, high = (tuple(bounds) if (bounds := settings["zones"][name]) else None for name in ZONE_NAMES)
    context = RuleContext(Scale(**settings["scale"]), Zones(low, middle, high), settings["denominator"])  # type: ignore[arg-type]
    return parse_rule(settings["rule"], context)
