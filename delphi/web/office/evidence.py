"""Everything that is known of one item: figures, how firm they are, how they moved, and what came before."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from flask import g, url_for
from markupsafe import Markup

from delphi.language import format_number
from delphi.manual.redline import changes_html, redline_markdown
from delphi.models import ItemVersion, Round
from delphi.services.decisions import comments_on, decisions_of
from delphi.services.disclosure import Entry, Policy, View, verdicts_of_groups
from delphi.services.protocol import Choices, choices_of
from delphi.services.reasons import reason_in_words
from delphi.services.results import linked_view
from delphi.services.reviewing import Appearance, appearances, figures_of, parents_of
from delphi.web.filters import figure, percent
from delphi.web.office.lines import share
from delphi.web.office.rule_words import rule_word
from delphi.web.office.words import TOO_FEW, action_word, standing_word, verdict_tone, verdict_word
from delphi.web.pictures import finding, groups_picture, panel_picture, small_picture
from delphi.web.words import gettext, ngettext

Said = tuple[str, str]


def evidence_of(round_: Round, key: str) -> list[dict[str, Any]]:
    """Return what the round says of an item, criterion by criterion."""
    choices, linked = choices_of(round_.protocol), linked_view(g.session, round_)
    labels = {criterion.key: gettext(criterion.label) for criterion in choices.criteria}
    return [
        {
            "entry": entry,
            "reason": reason_in_words(g.session, round_, entry),
            "criterion": labels[entry["criterion"]] if len(labels) > 1 else "",
            "verdict": verdict_word(entry["verdict"]),
            "tone": verdict_tone(entry["verdict"]),
            "picture": panel_picture(entry, choices),
            "groups": groups_picture(entry, choices),
            "by_group": _by_group(entry, choices.policy),
            "firmness": list(_firmness(linked["sensitivity"].get((key, entry["criterion"])), choices)),
            "by_rule": _by_rule(linked["sensitivity"].get((key, entry["criterion"])), choices),
            "movement": list(_movement(linked, key, entry["criterion"])),
            "before": linked["from"],
        }
        for entry in figures_of(g.session, round_, key)
    ]


def rounds_table(found: Sequence[Appearance]) -> dict[str, Any] | None:
    """Return an item in all rounds so far, side by side, where it was asked in two or more."""
    if len(found) < 2:
        return None
    numeric = (gettext("Rated"), gettext("Median"), gettext("IQR"), gettext("High"))
    header = [gettext("Round"), gettext("Verdict"), gettext("Ratings"), *({"text": head, "numeric": True} for head in numeric)]
    return {"header": header, "rows": [row for one in found for row in _round_rows(one)]}


def history_of(round_: Round, version: ItemVersion, found: Sequence[Appearance]) -> list[dict[str, Any]]:
    """Return the rounds before this one that asked the item or what it was made from: what was said, written and decided."""
    parents = [parent.item.key for parent in parents_of(g.session, version) if parent.item.key != version.item.key]
    inherited = [one for key in dict.fromkeys(parents) for one in appearances(g.session, g.study, key)]
    return [_before(earlier, version) for earlier in (*found, *inherited) if earlier.round.number < round_.number]


def _before(earlier: Appearance, version: ItemVersion) -> dict[str, Any]:
    choices, key = choices_of(earlier.round.protocol), earlier.version.item.key
    decision = decisions_of(g.session, earlier.round).get(key)
    return {
        "round": earlier.round,
        "key": key,
        "label": earlier.version.label,
        "redline": _redline(earlier.version.text, version.text) if earlier.version.text != version.text else None,
        "plain": _redline(earlier.version.plain, version.plain) if earlier.version.plain != version.plain else None,
        "reason": version.reason if earlier.version.id != version.id else "",
        "decision": decision,
        "action": action_word(decision.action) if decision else "",
        "n_comments": len(comments_on(g.session, earlier.round).get(key, [])),
        "figures": [
            {
                "finding": finding(entry["panel"], choices),
                "median": entry["panel"]["median"],
                "verdict": verdict_word(entry["verdict"]),
            }
            for entry in earlier.figures
        ],
    }


def _round_rows(one: Appearance) -> Iterator[list[object]]:
    choices = choices_of(one.round.protocol)
    url = url_for(".item", slug=g.study.slug, number=one.round.number, key=one.version.item.key)
    for entry in one.figures:
        criterion = "" if len(choices.criteria) == 1 else _label(choices, entry["criterion"])
        said = [gettext("version %(n)s", n=one.version.label), *([criterion] if criterion else [])]
        panel = entry["panel"]
        yield [
            Markup('<a href="{}">{}</a><span class="unit">{}</span>').format(
                url, gettext("Round %(n)s", n=one.round.number), " · ".join(said)
            ),
            verdict_word(entry["verdict"]),
            Markup('<div class="chart-paper chart-in-row">{}</div>').format(small_picture(entry, choices)),
            panel["n_rated"],
            figure(panel["median"]),
            figure(panel["iqr"]),
            percent(share(panel, "high")),
        ]


def _by_group(entry: Entry, policy: Policy) -> dict[str, Any]:
    verdicts = verdicts_of_groups(entry, policy)
    figures = (gettext("Rated"), gettext("Median"), gettext("IQR"), gettext("High"))
    # So that it is plain why fewer may have rated the item than took part.
    numeric = (*figures, gettext("Unable"), gettext("No answer"))
    header = [gettext("Group"), gettext("By itself"), *({"text": head, "numeric": True} for head in numeric)]
    rows = [
        [
            one["group"],
            verdict_word(verdicts[one["group"]] or TOO_FEW),
            one["n_rated"],
            figure(one["median"]),
            figure(one["iqr"]),
            percent(share(one, "high")),
            one.get("n_unable"),
            one.get("n_missing"),
        ]
        for one in entry["groups"]
    ]
    return {"header": header, "rows": rows}


def _label(choices: Choices, key: str) -> str:
    return next(str(gettext(criterion.label)) for criterion in choices.criteria if criterion.key == key)


def _firmness(one: Entry | None, choices: Choices) -> Iterator[Said]:
    """Yield what would change the verdict: other rules, one person fewer, one group fewer, another way of taking figures."""
    if one is None:
        return
    n_rules = len(one["verdicts"])
    n_same = sum(verdict == one["verdicts"][choices.rule["name"]] for verdict in one["verdicts"].values()) if n_rules else 0
    yield gettext("Other rules"), gettext("%(same)s of %(all)s rules say the same", same=n_same, all=n_rules)
    yield gettext("One person fewer"), _people_who_flip(one)
    flips = one["groups_that_flip"]
    without = "; ".join(
        gettext("without %(group)s: %(verdict)s", group=name, verdict=verdict_word(said)) for name, said in flips.items()
    )
    yield gettext("One group fewer"), without or gettext("the verdict stays")
    for name, alternatives in (
        (gettext("Other types of quartile"), one["quantile_types"]),
        (gettext("Percentages of others"), one["denominators"]),
    ):
        if alternatives:
            yield name, _alternatives(alternatives, one["verdicts"][choices.rule["name"]])


def _people_who_flip(one: Entry) -> str:
    if not one["people_who_flip"]:
        return gettext("the verdict stays, whoever had not answered")
    verdicts = ", ".join(verdict_word(verdict) for verdict in one["flips_to"])
    return ngettext(
        "had one certain person not answered, it would be: %(verdicts)s",
        "had one of %(num)s people not answered, it would be: %(verdicts)s",
        one["people_who_flip"],
        verdicts=verdicts,
    )


def _alternatives(alternatives: Mapping[str, str], verdict: str) -> str:
    others = {name: said for name, said in alternatives.items() if said != verdict}
    words = {"rated": gettext("of those who rated"), "answered": gettext("of all who answered")}
    told = "; ".join(
        f"{words[name] if name in words else gettext('type %(n)s', n=name)}: {verdict_word(said)}"
        for name, said in others.items()
    )
    return told or gettext("the verdict stays")


def _by_rule(one: Entry | None, choices: Choices) -> list[list[str]]:
    """Return what each rule says, the study's own first."""
    if one is None:
        return []
    own = choices.rule["name"]
    return [
        [f"{rule_word(name)} ({gettext('the rule of this study')})" if name == own else rule_word(name), verdict_word(verdict)]
        for name, verdict in one["verdicts"].items()
    ]


def _movement(linked: View, key: str, criterion: str) -> Iterator[Said]:
    """Yield how the answers of the same people changed since the round before, for the panel and each group that may be told."""
    entries = linked["movement"].get((key, criterion), {})
    for group, entry in entries.items():
        if entry["n_pairs"]:
            yield group or gettext("Everybody"), _change(entry)
    if (standing := linked["standings"].get((key, criterion))) and standing["standing"]:
        yield gettext("Has come to"), standing_word(standing["standing"])
    if worst := linked["worst_case"].get((key, criterion)):
        yield (
            gettext("Had all who left answered"),
            gettext(
                "at the lowest level: %(lowest)s; at the highest: %(highest)s",
                lowest=verdict_word(worst["all_lowest"]),
                highest=verdict_word(worst["all_highest"]),
            ),
        )


def _change(entry: Entry) -> str:
    return ngettext(
        "of %(num)s person who rated it twice, %(changed)s chose another level and %(zone)s another of low, middle and high; "
        "net change %(net)s",
        "of %(num)s people who rated it twice, %(changed)s chose another level and %(zone)s another of low, middle and high; "
        "net change %(net)s",
        entry["n_pairs"],
        changed=percent(entry["percent_changed"]),
        zone=percent(entry["percent_zone_changed"]),
        net=gettext("%(n)s %%", n=format_number(entry["net_change_percent"], 1)),
    )


def _redline(old: str, new: str) -> str:
    return changes_html(redline_markdown(old, new), inserted=gettext("inserted:"), deleted=gettext("deleted:"))
