"""The finished manual with what stands behind each of its items: wordings, published figures, verdicts, decisions."""

from collections.abc import Iterator, Sequence

from delphi import language
from delphi.language import gettext, marked, ngettext
from delphi.manual.html import plain_text
from delphi.manual.outline import ItemKind
from delphi.manual.publication import ItemEvidence, Publication, WordingVersion
from delphi.models import Action, ItemVersion, Round
from delphi.reports.colophon import colophon_of
from delphi.reports.figures import criterion_label, round_evidence
from delphi.reports.history import Decided, History, PublishedRound
from delphi.services.disclosure import HIDDEN, Entry
from delphi.statistics.words import listed

SHORT = 80
DONE = {
    Action.KEEP: marked("After round %(round)s: kept."),
    Action.REWORD: marked("After round %(round)s: reworded."),
    Action.MERGE: marked("After round %(round)s: merged with another item."),
    Action.SPLIT: marked("After round %(round)s: split."),
    Action.DROP: marked("After round %(round)s: dropped."),
    Action.RE_RATE: marked("After round %(round)s: asked again."),
}
VERDICTS = {
    "consensus in": marked("consensus in"),
    "consensus out": marked("consensus out"),
    "no consensus": marked("no consensus"),
    "not rated": marked("not rated"),
}
REMOVES = (Action.DROP, Action.SPLIT, Action.MERGE)
CAME_FROM = {
    "split": marked("Wording %(label)s before it was split"),
    "merged": marked("Wording %(label)s of an item that was merged into it"),
}
CAME_FROM_ANOTHER = marked("Wording %(label)s of the item it came from")
PLANNED_TO_ASK = marked("Round %(n)s asked it once more, although it was to rest: %(reason)s")
PLANNED_TO_REST = marked("Round %(n)s left it out, although it was to be asked: %(reason)s")
BY_HAND = marked("It was taken out when the text was edited; there is no decision about it on record.")


def publication_of(history: History, thanks: Sequence[str] = ()) -> Publication:
    """Return the latest draft with the evidence for its items, and for those that are no longer in it after them."""
    gone = [key for key in history.asked if key not in history.current]
    evidence = tuple(_item_evidence(history, key) for key in [*history.current, *gone])
    return Publication(history.outline, evidence, colophon_of(history), tuple(thanks))


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
                label = gettext(CAME_FROM.get(origin.relation, CAME_FROM_ANOTHER), label=origin.parent.label)
                yield WordingVersion(label, _words(origin.parent), plain=origin.parent.plain)
        reason = version.reason if all(origin.is_published for origin in origins) else ""
        yield WordingVersion(gettext("Wording %(label)s", label=version.label), _words(version), reason, version.plain)


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
    sentence = "; ".join(_labelled(last, entry, _verdict_word(entry, rated, version)) for entry in told)
    return _capital(sentence) or None


def _verdict_word(entry: Entry, rated: ItemVersion, version: ItemVersion) -> str:
    """Return the verdict, with the wording that it is of: changed wording never inherits one silently."""
    verdict = gettext(VERDICTS[entry["verdict"]])
    if rated.number == version.number:
        return verdict
    return gettext("%(verdict)s on wording %(label)s", verdict=verdict, label=rated.label)


def _findings(history: History, key: str, version: ItemVersion, last: PublishedRound | None) -> Iterator[str]:
    if last is None:
        yield gettext("There are no published ratings of it.")
    else:
        rated = history.asked[key][last.number]
        if rated.number != version.number:
            yield gettext(
                "Wording %(latest)s, the latest, has no published ratings: the figures above speak for wording %(rated)s.",
                latest=version.label,
                rated=rated.label,
            )
        for entry in last.entries[key]:
            if entry["verdict"]:
                yield _capital(_labelled(last, entry, last.reasons[entry["item"], entry["criterion"]]))
                yield from _dissent(last, entry)
    if (round_ := _unpublished(history, key)) is not None:
        yield gettext("Round %(n)s asked it too; its results are not published yet.", n=round_.number)
    for planned in history.planned.get(key, ()):
        words = PLANNED_TO_ASK if planned.is_asked else PLANNED_TO_REST
        yield gettext(words, n=planned.round_number, reason=planned.reason)


def _dissent(last: PublishedRound, entry: Entry) -> Iterator[str]:
    """Yield a sentence that names the groups, of those that are shown, whose verdict is not the panel's."""
    others = {group: verdict for group, verdict in entry["group_verdicts"].items() if verdict != entry["verdict"]}
    if others:
        named = "; ".join(f"{group}, {gettext(VERDICTS[verdict])}" for group, verdict in others.items())
        said = gettext("taken by themselves, these groups differ from the panel's verdict: %(groups)s.", groups=named)
        yield _capital(_labelled(last, entry, said))


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
    sentences = [_capital(_labelled(last, entry, _why(last, entry))) for entry in last.entries[key] if entry["verdict"] is None]
    return " ".join(sentences) or None


def _why(last: PublishedRound, entry: Entry) -> str:
    """Return why the verdict is not shown; that follows from head counts and the rule alone."""
    policy = last.choices.policy
    if entry["panel"]["shown"] == HIDDEN:
        return gettext("the verdict is not shown, because fewer than %(n)s people rated the item.", n=policy.least_group)
    if last.choices.parsed_rule().uses_groups and any(group["shown"] == HIDDEN for group in entry["groups"]):
        return gettext(
            "the verdict is not shown, because the rule looks at each group, and it would tell of people whose group is too "
            "small to be shown."
        )
    return gettext(
        "the verdict is not shown, because fewer than %(n)s people rated the item and the rule needs more than may be shown of "
        "so few.",
        n=policy.least_levels,
    )


def _decision(history: History, key: str) -> str | None:
    """Return what was decided after each round, why, and how many comments that answers."""
    decisions = history.decisions.get(key, ())
    told = [_decided(history, one) for one in decisions]
    if key not in history.current and not any(one.row.action in REMOVES for one in decisions):
        round_ = _unpublished(history, key)
        told.append(
            gettext("It was taken out after round %(n)s; the reason follows with its results.", n=round_.number)
            if round_
            else gettext(BY_HAND)
        )
    return " ".join(told) or None


def _unpublished(history: History, key: str) -> Round | None:
    """Return the round that asked the item and whose results are not published yet, if there is one."""
    return next((round_ for round_ in history.unpublished if round_.number in history.asked.get(key, {})), None)


def _decided(history: History, one: Decided) -> str:
    # A reason that stands beside the new wording already is not said twice.
    beside = {version.reason for version in history.versions[one.row.item.key]}
    reason = "" if one.row.reason in beside else one.row.reason
    answers = ngettext("It answers one comment.", "It answers %(num)s comments.", one.n_comments) if one.n_comments else ""
    return " ".join(part for part in (_done(history, one), reason, answers) if part)


def _done(history: History, one: Decided) -> str:
    """Return what was decided, and what the item became, in the words that it became."""
    texts, into = one.row.wordings["texts"], one.row.wordings["into"]
    if one.row.action == Action.SPLIT:
        items = listed([_quoted(text) for text in texts.values()], language)
        return gettext("After round %(round)s: split into %(items)s.", round=one.round, items=items)
    if one.row.action == Action.MERGE and into != one.row.item.key:
        words = _quoted(texts.get(into) or history.versions[into][-1].text)
        return gettext("After round %(round)s: merged with another item: %(words)s.", round=one.round, words=words)
    return gettext(DONE[Action(one.row.action)], round=one.round)


def _quoted(markdown: str) -> str:
    words = " ".join(plain_text(markdown).split())
    return f"“{words if len(words) <= SHORT else words[:SHORT].rsplit(' ', 1)[0] + ' …'}”"


def _labelled(published: PublishedRound, entry: Entry, text: str) -> str:
    label = criterion_label(published.choices, entry["criterion"])
    return gettext("%(criterion)s: %(text)s", criterion=label, text=text) if label else text


def _capital(sentence: str) -> str:
    return sentence[:1].upper() + sentence[1:]
