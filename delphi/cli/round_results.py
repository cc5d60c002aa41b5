"""`delphi round results`: what a closed round says of its items, as the table of the site and an item's page have it."""

from collections.abc import Iterator, Mapping
from typing import Any

import click
from sqlalchemy.orm import Session

from delphi.canonical import canonical_json
from delphi.cli.acting import as_option, looking_at
from delphi.cli.comment_work import told as told_comments
from delphi.cli.on_the_site import as_on_the_page
from delphi.cli.options import json_option, round_argument, study_argument
from delphi.cli.words import exact
from delphi.files.written import csv_text
from delphi.manual.outline import Outline
from delphi.models import Decision, ItemVersion, Round, Study
from delphi.services.decisions import decisions_of, require_closed
from delphi.services.disclosure import Entry, View, verdicts_of_groups
from delphi.services.drafts import outline_of
from delphi.services.protocol import choices_of
from delphi.services.reasons import reason_in_words
from delphi.services.researchers import SEE_RESULTS
from delphi.services.results import linked_view
from delphi.services.reviewing import appearances, asked_items, figures_of, find_asked, parents_of

MOVEMENT = ("n_pairs", "percent_changed", "percent_zone_changed", "net_change_percent", "stable")
FIRMNESS = ("verdicts", "people_who_flip", "flips_to", "groups_that_flip", "quantile_types", "denominators")
WORST = ("verdict", "n_left", "percent_high", "all_lowest", "all_highest", "depends")


@click.command("results")
@study_argument
@round_argument
@click.option("--item", "key", metavar="KEY", help="One item with everything: reasons, rules, movement, comments, decision.")
@as_option
@json_option
def results_command(slug: str, number: int, key: str | None, address: str | None, as_json: bool) -> None:
    """Write what the closed round N says of its items: as CSV the table of the site, with --json with the counts per level too.

    \b
    Example:
      delphi round results making-connections 1 > items-1.csv
      delphi round results making-connections 1 --json
      delphi round results making-connections 1 --item first-meeting-place
    """
    with as_on_the_page(looking_at(slug, address, SEE_RESULTS)) as at:
        round_, session, study = at.round(number), at.session, at.study
        require_closed(round_)
        if key is not None:
            told = one_item(session, study, round_, key)
            click.echo(canonical_json(told) if as_json else "\n".join(_lines(told)))
        elif as_json:
            click.echo(canonical_json([*_items(session, round_)]))
        else:
            click.echo(_table(round_), nl=False)


def one_item(session: Session, study: Study, round_: Round, key: str) -> dict[str, Any]:
    """Return everything that is known of an item after the round, as its page tells it."""
    version = find_asked(asked_items(session, round_), key)
    linked, decision = linked_view(session, round_), decisions_of(session, round_).get(key)
    seen = [one for one in appearances(session, study, key) if one.round.number <= round_.number]
    return {
        **_what_it_is(outline_of(session, round_.draft), version),
        "text": version.text,
        "plain": version.plain,
        "made_from": sorted({parent.item.key for parent in parents_of(session, version)} - {key}),
        "criteria": [
            {**_figures(round_, entry), "reason": reason_in_words(session, round_, entry), **_linked(linked, entry)}
            for entry in figures_of(session, round_, key)
        ],
        "rounds": [
            {
                "round": one.round.number,
                "wording": one.version.label,
                "text": one.version.text,
                "criteria": [_figures(one.round, entry) for entry in one.figures],
            }
            for one in seen
        ],
        "comments": [one for one in told_comments(session, study, round_) if one["item"] == key],
        "decision": told_decision(decision),
    }


def told_decision(decision: Decision | None) -> dict[str, Any] | None:
    """Return what was decided, for programs."""
    if decision is None:
        return None
    answered = [exact(comment.id) for comment in decision.answers]
    words = dict(decision.wordings)
    return {"action": decision.action, "reason": decision.reason, "words": words, "answers": answered}


def _table(round_: Round) -> str:
    from delphi.web.office.columns import table
    from delphi.web.office.lines import lines_of

    return csv_text(*table(lines_of(round_)))


def _items(session: Session, round_: Round) -> Iterator[dict[str, Any]]:
    """Yield each item that was asked, criterion by criterion, in the manual's order."""
    linked, taken = linked_view(session, round_), decisions_of(session, round_)
    outline = outline_of(session, round_.draft)
    for version in asked_items(session, round_):
        decision = taken.get(version.item.key)
        for entry in figures_of(session, round_, version.item.key):
            yield {
                **_what_it_is(outline, version),
                **_figures(round_, entry),
                "movement": _of_panel(linked, entry),
                "decision": decision.action if decision else None,
            }


def _what_it_is(outline: Outline, version: ItemVersion) -> dict[str, Any]:
    section = outline.section_of(version.item.key).key
    return {"item": version.item.key, "section": section, "kind": version.kind, "wording": version.label}


def _figures(round_: Round, entry: Entry) -> dict[str, Any]:
    """Return what a round says of an item under one criterion: a group's own verdict only where enough of it have rated."""
    verdicts = verdicts_of_groups(entry, choices_of(round_.protocol).policy)
    kept = {name: entry[name] for name in ("criterion", "panel", "verdict", "fragility", "fragile")}
    return kept | {"groups": [{**one, "verdict": verdicts[one["group"]]} for one in entry["groups"]]}


def _of_panel(linked: View, entry: Entry) -> dict[str, Any] | None:
    return _part(linked["movement"].get((entry["item"], entry["criterion"]), {}).get(None), MOVEMENT)


def _linked(linked: View, entry: Entry) -> dict[str, Any]:
    """Return how firm the verdict is, and how the same people's answers changed since the round before."""
    slot = (entry["item"], entry["criterion"])
    standing = linked["standings"].get(slot)
    moved = linked["movement"].get(slot, {})
    return {
        "firmness": _part(linked["sensitivity"].get(slot), FIRMNESS),
        "movement": [{"group": group, **(_part(one, MOVEMENT) or {})} for group, one in moved.items() if one["n_pairs"]],
        "worst_case": _part(linked["worst_case"].get(slot), WORST),
        "standing": standing["standing"] if standing else None,
    }


def _part(entry: Mapping[str, Any] | None, names: tuple[str, ...]) -> dict[str, Any] | None:
    return None if entry is None else {name: entry[name] for name in names}


def _lines(told: Mapping[str, Any]) -> Iterator[str]:
    """Yield an item as lines to read."""
    yield f"{told['item']}, {told['kind']}, version {told['wording']}, in {told['section']}:"
    yield told["text"]
    for one in told["criteria"]:
        yield f"\n{one['criterion']}: {one['verdict']}. {one['reason']}"
        for part in (one["panel"], *one["groups"]):
            yield "\t".join(_said_of(part))
        for moved in one["movement"]:
            yield f"Since the round before, {moved['group'] or 'everybody'}: net change {moved['net_change_percent']} %"
        if one["fragile"]:
            yield f"Fragile: {one['fragility']} ratings would change it."
        if one["standing"]:
            yield f"Has come to: {one['standing']}"
    for comment in told["comments"]:
        yield f"\nComment {comment['comment']}: {comment['text']}"
    if decision := told["decision"]:
        yield f"\nDecision: {decision['action']}. {decision['reason']}"


def _said_of(part: Entry) -> Iterator[str]:
    yield part["group"] or "everybody"
    for name in ("n_rated", "n_unable", "median", "iqr"):
        yield f"{name.removeprefix('n_')} {'–' if part.get(name) is None else part[name]}"
    if part.get("verdict"):
        yield f"by itself {part['verdict']}"
