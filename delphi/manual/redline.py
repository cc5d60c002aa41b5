"""What changed in the words: two texts compared word by word."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from enum import StrEnum

from markupsafe import Markup, escape

from delphi.manual.html import plain_text

_WORD = re.compile(r"\w+(?:['’-]\w+)*|\s+|[^\w\s]")
_SENTENCE = re.compile(r"[^.!?\n]*[.!?\n]+\s*|[^.!?\n]+")
_MOST_STEPS = 2_000_000  # the cost of a comparison grows with the product of the two lengths
_REWRITTEN = 0.3
_Run = tuple[bool, str, str]  # whether it was kept, the old words, the new ones


class ChangeKind(StrEnum):
    """What happened to a run of words."""

    KEPT = "kept"
    INSERTED = "inserted"
    DELETED = "deleted"


@dataclass(frozen=True)
class Change:
    """A run of words and what happened to it."""

    kind: ChangeKind
    text: str


def redline(old: str, new: str) -> tuple[Change, ...]:
    """Return the runs that lead from the old text to the new one.

    What is kept and deleted is the old text; what is kept and inserted is the new one. A text that is mostly rewritten
    comes as one deletion and one insertion, which reads better than a patchwork.

    >>> [f"{change.kind}: {change.text}" for change in redline("Meet at home.", "Meet nearby.")]
    ['kept: Meet ', 'deleted: at home', 'inserted: nearby', 'kept: .']
    """
    before, after = _WORD.findall(old), _WORD.findall(new)
    first = _same_at_start(before, after)
    last = _same_at_start(before[first:][::-1], after[first:][::-1])
    head, tail = "".join(before[:first]), "".join(before[len(before) - last :])
    middle = _runs(old[len(head) : len(old) - len(tail)], new[len(head) : len(new) - len(tail)])
    runs = [*[(True, head, head)] * bool(head), *middle, *[(True, tail, tail)] * bool(tail)]
    if len(runs) > 3 and _kept_share(runs, old, new) < _REWRITTEN:
        runs = [(False, old, new)]
    return tuple(_changes(_joined(runs)))


def redline_markdown(old: str, new: str) -> tuple[Change, ...]:
    """Return the runs between two texts in Markdown: of their words, or of the marks when the words are the same."""
    before, after = plain_text(old), plain_text(new)
    return redline(old, new) if before == after and old != new else redline(before, after)


def changes_html(changes: Iterable[Change], *, inserted: str = "inserted:", deleted: str = "deleted:") -> Markup:
    """Return the runs as HTML; `inserted` and `deleted` are for who cannot see the marks, and hidden by style sheets."""
    said = {ChangeKind.INSERTED: ("ins", inserted), ChangeKind.DELETED: ("del", deleted)}
    return Markup("").join(_run_html(change.text, *said.get(change.kind, ("", ""))) for change in changes)


def similarity(old: str, new: str) -> float:
    """Return the share of words that two texts have in common, from 0 to 1, whatever their order."""
    return SequenceMatcher(None, _words(old), _words(new), autojunk=False).quick_ratio()


def _run_html(text: str, tag: str, words: str) -> Markup:
    if not tag:
        return escape(text)
    return Markup("<{0}><i>{1} </i>{2}</{0}>").format(tag, words, text)


def _words(text: str) -> list[str]:
    return [token for token in _WORD.findall(text) if not token.isspace()]


def _same_at_start(before: Sequence[str], after: Sequence[str]) -> int:
    pairs = enumerate(zip(before, after, strict=False))
    return next((place for place, (one, other) in pairs if one != other), min(len(before), len(after)))


def _runs(old: str, new: str) -> list[_Run]:
    before, after = _tokens(old, new)
    matcher = SequenceMatcher(None, before, after, autojunk=False)
    return [(tag == "equal", "".join(before[a:b]), "".join(after[c:d])) for tag, a, b, c, d in matcher.get_opcodes()]


def _tokens(old: str, new: str) -> tuple[Sequence[str], Sequence[str]]:
    """Return both texts cut as finely as can be compared in reasonable time: words, sentences or not at all."""
    for pattern in (_WORD, _SENTENCE):
        before, after = pattern.findall(old), pattern.findall(new)
        if len(before) * len(after) <= _MOST_STEPS:
            return before, after
    return [old], [new]


def _kept_share(runs: Sequence[_Run], old: str, new: str) -> float:
    kept = sum(len(before.strip()) for is_kept, before, _ in runs if is_kept)
    return 2 * kept / (len(old) + len(new))


def _joined(runs: Iterable[_Run]) -> list[_Run]:
    """Join changes that only white space parts, so that a changed phrase is one change."""
    joined: list[_Run] = []
    pending = ""
    for is_kept, before, after in runs:
        if is_kept and joined and not before.strip():
            pending = before
        elif not is_kept and joined and not joined[-1][0]:
            _, old, new = joined.pop()
            joined.append((False, old + pending + before, new + pending + after))
            pending = ""
        else:
            joined += [(True, pending, pending)] * bool(pending)
            joined.append((is_kept, before, after))
            pending = ""
    return joined + [(True, pending, pending)] * bool(pending)


def _changes(runs: Iterable[_Run]) -> Iterable[Change]:
    for is_kept, before, after in runs:
        if is_kept:
            yield Change(ChangeKind.KEPT, after)
        else:
            yield from [Change(ChangeKind.DELETED, before)] * bool(before)
            yield from [Change(ChangeKind.INSERTED, after)] * bool(after)
