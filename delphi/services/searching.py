"""Search over a study's items, comments and decisions: as the team may read them, in one pass over each.

Databases fold accents and capitals each in their own way, so that the texts are read and compared here: three statements, however
many texts there are, and no more found ones are kept than a page shows.
"""

import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Executable, func, select
from sqlalchemy.orm import Session, lazyload

from delphi.errors import InvalidError
from delphi.manual.html import plain_text
from delphi.models import (
    Comment,
    CommentRelease,
    CommentVersion,
    Decision,
    Draft,
    Item,
    ItemVersion,
    ItemWording,
    Round,
    RoundItem,
    RoundStatus,
    Study,
)

LONGEST_QUERY = 200
MOST_WORDS = 10
MOST_SHOWN = 50  # of each kind
AT_A_TIME = 1000  # rows held at once
BEFORE, AFTER = 60, 160  # characters around what was found


@dataclass(frozen=True)
class Excerpt:
    """A piece of a text around the first word that was found in it."""

    before: str
    hit: str
    after: str


NOWHERE = Excerpt("", "", "")


@dataclass(frozen=True)
class Hit:
    """One place where something was found: on which item, and what a way to it needs.

    `round` is the round that a comment or a decision belongs to; of an item the newest closed one that asked it, if one did.
    `version` and `draft` are an item's, `action` a decision's, `comment` a comment's number, which says nothing of its writer.
    """

    key: str
    excerpt: Excerpt
    round: int | None = None
    version: str = ""
    draft: int = 0
    action: str = ""
    comment: int = 0


@dataclass(frozen=True)
class Found:
    """What was found of one kind: how much, and the first of it."""

    n: int = 0
    shown: Sequence[Hit] = ()


@dataclass(frozen=True)
class Results:
    """What a search found, by kind; of what the reader may not see there is nothing."""

    items: Found
    comments: Found
    decisions: Found


def search(session: Session, study: Study, query: str, *, with_results: bool) -> Results:
    """Return where all words of the query stand together, capitals and accents aside.

    Comments and decisions are only for who may see results, and nothing of a round that is open is looked through. A comment that
    its writer has taken back or that has been erased is not found; an item is found by the newest of its wordings that matches.
    """
    words = words_of(query)
    return Results(
        items=_found(_items(session, study), words),
        comments=_found(_comments(session, study), words) if with_results else Found(),
        decisions=_found(_decisions(session, study), words) if with_results else Found(),
    )


def words_of(query: str) -> list[str]:
    """Return the words to look for, folded, or refuse a query that cannot be looked for.

    >>> words_of("Où  ÉTAIT")
    ['ou', 'etait']
    """
    words = fold(query).split()
    if not words:
        raise InvalidError("Type at least one word to look for.")
    if len(query) > LONGEST_QUERY or len(words) > MOST_WORDS:
        raise InvalidError("Look for at most {n} words, of {m} characters together.", n=MOST_WORDS, m=LONGEST_QUERY)
    return words


def fold(text: str) -> str:
    """Return the text without accents and capitals.

    >>> fold("Straße À la carte")
    'strasse a la carte'
    """
    spread = unicodedata.normalize("NFKD", text.casefold())
    return "".join(letter for letter in spread if not unicodedata.combining(letter))


def excerpt_of(text: str, word: str) -> Excerpt:
    """Return the text on one line around the first place where a folded word stands in it; its beginning, where none does."""
    text = " ".join(text.split())
    folded = [(part, place) for place, letter in enumerate(text) for part in fold(letter)]
    begin = "".join(part for part, _ in folded).find(word)
    if begin < 0:
        return Excerpt(f"{text[:AFTER]}…" if len(text) > AFTER else text, "", "")
    first, last = folded[begin][1], folded[begin + len(word) - 1][1] + 1
    start, end = max(0, first - BEFORE), last + AFTER
    before, after = text[start:first], text[last:end]
    return Excerpt(f"…{before}" if start else before, text[first:last], f"{after}…" if end < len(text) else after)


def _found(places: Iterable[tuple[Hit, Sequence[str]]], words: Sequence[str]) -> Found:
    """Return the places of which one text holds all words, each comment or decision once and each item by one wording."""
    seen: set[object] = set()
    shown: list[Hit] = []
    for hit, texts in places:
        name = hit.comment or (hit.key, hit.round if hit.action else None)
        text = next((text for text in texts if all(word in fold(text) for word in words)), None)
        if text is None or name in seen:
            continue
        seen.add(name)
        if len(shown) < MOST_SHOWN:
            shown.append(replace(hit, excerpt=excerpt_of(text, words[0])))
    return Found(len(seen), shown)


def _items(session: Session, study: Study) -> Iterator[tuple[Hit, Sequence[str]]]:
    asked = (
        select(ItemVersion.item_id, func.max(Round.number).label("round"))
        .join(RoundItem, RoundItem.item_version_id == ItemVersion.id)
        .join(Round, Round.id == RoundItem.round_id)
        .where(Round.study_id == study.id, Round.status != RoundStatus.OPEN, RoundItem.pulled_at.is_(None))
        .group_by(ItemVersion.item_id)
        .subquery()
    )
    rows = (
        select(Item.key, ItemVersion, ItemWording.text, ItemWording.plain, Draft.number, asked.c.round)
        .join(ItemVersion, ItemVersion.item_id == Item.id)
        .join(ItemWording, ItemWording.item_version_id == ItemVersion.id)
        .join(Draft, Draft.id == ItemVersion.draft_id)
        .outerjoin(asked, asked.c.item_id == Item.id)
        .where(Item.study_id == study.id)
        .order_by(Item.id, ItemVersion.number.desc(), ItemVersion.edit.desc())
        .options(lazyload(ItemVersion.wordings))
    )
    for key, version, text, plain, draft, round_ in _each(session, rows):
        yield Hit(key, NOWHERE, round=round_, version=version.label, draft=draft), (plain_text(text), plain)


def _comments(session: Session, study: Study) -> Iterator[tuple[Hit, Sequence[str]]]:
    newest = (
        select(CommentVersion.comment_id, func.max(CommentVersion.number).label("number"))
        .join(Comment, Comment.id == CommentVersion.comment_id)
        .join(Round, Round.id == Comment.round_id)
        .where(Round.study_id == study.id)
        .group_by(CommentVersion.comment_id)
        .subquery()
    )
    rows = (
        select(Comment.id, Item.key, Round.number, CommentVersion.text, CommentRelease.text)
        .join(newest, newest.c.comment_id == Comment.id)
        .join(CommentVersion, (CommentVersion.comment_id == Comment.id) & (CommentVersion.number == newest.c.number))
        .join(Round, Round.id == Comment.round_id)
        .join(ItemVersion, ItemVersion.id == Comment.item_version_id)
        .join(Item, Item.id == ItemVersion.item_id)
        .outerjoin(CommentRelease, CommentRelease.comment_id == Comment.id)
        .where(Round.study_id == study.id, Round.status != RoundStatus.OPEN, CommentVersion.text != "")
        .order_by(Round.number.desc(), Comment.id)  # the ids are random
    )
    for comment, key, round_, text, released in _each(session, rows):
        yield Hit(key, NOWHERE, round=round_, comment=comment), (text, released or "")


def _decisions(session: Session, study: Study) -> Iterator[tuple[Hit, Sequence[str]]]:
    rows = (
        select(Item.key, Round.number, Decision.action, Decision.reason, Decision.wordings)
        .join(Item, Item.id == Decision.item_id)
        .join(Round, Round.id == Decision.round_id)
        .where(Round.study_id == study.id, Round.status != RoundStatus.OPEN)
        .order_by(Round.number.desc(), Item.id)
    )
    for key, round_, action, reason, wordings in _each(session, rows):
        new = [*wordings.get("texts", {}).values(), *wordings.get("plains", {}).values()]
        yield Hit(key, NOWHERE, round=round_, action=action), (reason, *new)


def _each(session: Session, rows: Executable) -> Any:
    return session.execute(rows, execution_options={"yield_per": AT_A_TIME})
