"""The finished manual with what stands behind each of its items: wordings, published figures, verdicts, decisions."""

from collections.abc import Iterator

from delphi.manual.html import plain_text
from delphi.manual.outline import ItemKind
from delphi.manual.publication import ItemEvidence, Publication, WordingVersion
from delphi.models import Action, ItemVersion, Round
from delphi.reports.colophon import colophon_of
from delphi.reports.figures import criterion_label, round_evidence
from delphi.reports.history import Decided, History, PublishedRound
from delphi.services.disclosure import HIDDEN, Entry

SHORT = 80
DONE = {
    Action.KEEP: "kept",
    Action.REWORD: "reworded",
    Action.MERGE: "merged with another item",
    Action.SPLIT: "split",
    Action.DROP: "dropped",
    Action.RE_RATE: "asked again",
}
REMOVES = (Action.DROP, Action.SPLIT, Action.MERGE)
CAME_FROM = {"split": "before it was split", "merged": "of an item that was merged into it"}
BY_HAND = "It was taken out when the text was edited; there is no decision about it on record."


def publication_of(history: History) -> Publication:
    """Return the latest draft with the evidence for its items, and for those that are no longer in it after them."""
    gone = [key for key in history.asked if key not in history.current]
    evidence = tuple(_item_evidence(history, key) for key in [*history.current, *gone])
    return Publication(history.outline, evidence, colophon_of(history))


def _item_evidence(history: History, key: str) -> ItemEvidence:
    version = history.current.get(key) or history.versions[key][-1]
    rounds = history.was_asked(key)
    last = rounds[-1] if rounds else None
    return ItemEvidence(
        key=key,
        kind=ItemKind(version.kind),
        statement=_statement(version),
        section_heading=history.homes[key],
        versions=tuple(_versions(history, key)),
        rounds=tuple(
            round_evidence(round_, history.asked[key][round_.number], entry) for round_ in rounds for entry in round_.entries[key]
        ),
        verdict=_verdict(history, key, version, last) if last else None,
        decision=_decision(history, key),
        withheld=_withheld(last, key) if last else None,
        findings=tuple(_findings(history, key, version, last)),
        reasons=tuple(_reasons(last, key)) if last else (),
    )


def _statement(version: ItemVersion) -> str:
    return plain_text(_heading_of(version)) if version.item.is_section else version.text


def _heading_of(version: ItemVersion) -> str:
    return version.text.partition("\n")[0].lstrip("# ")


def _versions(history: History, key: str) -> Iterator[WordingVersion]:
    """Yield the wordings that an item has had, each after those of other items that it was made from."""
    for version in history.versions[key]:
        origins = history.origins.get(version.id, ())
        for origin in origins:
            if origin.parent.item_id != version.item_id:
                label = f"Wording {origin.parent.label} {CAME_FROM.get(origin.relation, 'of the item it came from')}"
                yield WordingVersion(label, _words(origin.parent), plain=origin.parent.plain)
        reason = version.reason if all(origin.is_published for origin in origins) else ""
        yield WordingVersion(f"Wording {version.label}", _words(version), reason, version.plain)


def _words(version: ItemVersion) -> str:
    """Return the wording as Markdown; a section's without a heading, which would stand among those of the appendix."""
    if not version.item.is_section:
        return version.text
    _, line_end, text = version.text.partition("\n")
    return f"**{_heading_of(version)}**{line_end}{text}"


def _verdict(history: History, key: str, version: ItemVersion, last: PublishedRound) -> str | None:
    """Return the verdict of the last round that asked the item, in words; each criterion has its own."""
    told = [entry for entry in last.entries[key] if entry["verdict"]]
    rated = history.asked[key][last.number]
    # Changed wording never inherits a verdict silently.
    wording = "" if rated.number == version.number else f" on wording {rated.label}"
    sentence = "; ".join(_labelled(last, entry, entry["verdict"] + wording) for entry in told)
    return _capital(sentence) or None


def _findings(history: History, key: str, version: ItemVersion, last: PublishedRound | None) -> Iterator[str]:
    if last is None:
        yield "There are no published ratings of it."
    else:
        rated = history.asked[key][last.number]
        if rated.number != version.number:
            yield (
                f"Wording {version.label}, the latest, has no published ratings: "
                f"the figures above speak for wording {rated.label}."
            )
        for entry in last.entries[key]:
            if entry["verdict"]:
                yield _capital(_labelled(last, entry, entry["reason"]))
                yield from _dissent(last, entry)
    if (round_ := _unpublished(history, key)) is not None:
        yield f"Round {round_.number} asked it too; its results are not published yet."


def _dissent(last: PublishedRound, entry: Entry) -> Iterator[str]:
    """Yield a sentence that names the groups, of those that are shown, whose verdict is not the panel's."""
    others = {group: verdict for group, verdict in entry["group_verdicts"].items() if verdict != entry["verdict"]}
    if others:
        named = "; ".join(f"{group}, {verdict}" for group, verdict in others.items())
        yield _capital(_labelled(last, entry, f"taken by themselves, these groups differ from the panel's verdict: {named}."))


def _reasons(last: PublishedRound, key: str) -> Iterator[str]:
    """Yield what people said of an item on which, by what is published of it, they do not agree."""
    if any(_is_contested(entry) for entry in last.entries[key]):
        for comment in last.comments:
            if comment.item == key:
                yield f"{comment.text} ({comment.group})" if comment.group else comment.text


def _is_contested(entry: Entry) -> bool:
    if entry["verdict"] is None:
        return False
    return entry["verdict"] == "no consensus" or any(verdict != entry["verdict"] for verdict in entry["group_verdicts"].values())


def _withheld(last: PublishedRound, key: str) -> str | None:
    """Return in a sentence why no verdict is shown, where none is."""
    sentences = [
        _capital(_labelled(last, entry, f"the verdict is not shown, because {_why(last, entry)}."))
        for entry in last.entries[key]
        if entry["verdict"] is None
    ]
    return " ".join(sentences) or None


def _why(last: PublishedRound, entry: Entry) -> str:
    policy = last.choices.policy
    if entry["panel"]["shown"] == HIDDEN:
        return f"fewer than {policy.least_group} people rated the item"
    if last.choices.parsed_rule().uses_groups and any(group["shown"] == HIDDEN for group in entry["groups"]):
        return "the rule looks at each group, and it would tell of people whose group is too small to be shown"
    return f"fewer than {policy.least_levels} people rated the item and the rule needs more than may be shown of so few"


def _decision(history: History, key: str) -> str | None:
    """Return what was decided after each round, why, and how many comments that answers."""
    decisions = history.decisions.get(key, ())
    told = [_decided(history, one) for one in decisions]
    if key not in history.current and not any(one.row.action in REMOVES for one in decisions):
        round_ = _unpublished(history, key)
        told.append(f"It was taken out after round {round_.number}; the reason follows with its results." if round_ else BY_HAND)
    return " ".join(told) or None


def _unpublished(history: History, key: str) -> Round | None:
    """Return the round that asked the item and whose results are not published yet, if there is one."""
    return next((round_ for round_ in history.unpublished if round_.number in history.asked.get(key, {})), None)


def _decided(history: History, one: Decided) -> str:
    done = DONE[Action(one.row.action)] + _results(history, one)
    # A reason that stands beside the new wording already is not said twice.
    beside = {version.reason for version in history.versions[one.row.item.key]}
    reason = "" if one.row.reason in beside else f" {one.row.reason}"
    answers = {0: "", 1: " It answers one comment."}.get(one.n_comments, f" It answers {one.n_comments} comments.")
    return f"After round {one.round}: {done}.{reason}{answers}"


def _results(history: History, one: Decided) -> str:
    """Return what an item became, in the words that it became."""
    texts, into = one.row.wordings["texts"], one.row.wordings["into"]
    if one.row.action == Action.SPLIT:
        return " into " + " and ".join(_quoted(text) for text in texts.values())
    if one.row.action == Action.MERGE and into != one.row.item.key:
        return f": {_quoted(texts.get(into) or history.versions[into][-1].text)}"
    return ""


def _quoted(markdown: str) -> str:
    words = " ".join(plain_text(markdown).split())
    return f"“{words if len(words) <= SHORT else words[:SHORT].rsplit(' ', 1)[0] + ' …'}”"


def _labelled(published: PublishedRound, entry: Entry, text: str) -> str:
    label = criterion_label(published.choices, entry["criterion"])
    return f"{label.lower()}: {text}" if label else text


def _capital(sentence: str) -> str:
    return sentence[:1].upper() + sentence[1:]
