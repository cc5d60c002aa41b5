"""A round on paper: the pages of a pack, with the same words, changes and figures as on the screen, and boxes to tick."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

from flask import g
from markupsafe import Markup

from delphi.manual.html import render_markdown
from delphi.manual.outline import Chapter, Item, Section
from delphi.models import Audience
from delphi.services.answering import Sheet, feedback_before, sheet_of
from delphi.services.care import crisis_words, outside_contact
from delphi.services.discussion import discussion_of
from delphi.services.packs import Pack
from delphi.services.protocol import choices_of
from delphi.services.safeguarding import named_in
from delphi.services.sight import sight_of
from delphi.web.access import site
from delphi.web.panel.cards import Card, Typed, card
from delphi.web.panel.said import said_of
from delphi.web.panel.writing import audience_word
from delphi.web.prints import document

NOBODY = 0
NO_REASONS: Mapping[str, str] = MappingProxyType({})
BARS, BAND = Markup('<svg fill="#3f7480"'), Markup('fill="#8f7438"')


def pack_html(packs: Sequence[Pack], *, is_large: bool) -> str:
    """Return packs as one document to be printed; `is_large` sets everything in 18 points or more."""
    study, protocol = packs[0].study, packs[0].round.protocol
    return document(
        "paper/pack.html",
        packs=[_on_paper(pack) for pack in packs],
        is_large=is_large,
        sight=sight_of(g.session, study),
        crisis=crisis_words(study),
        outside=outside_contact(study),
        rule=choices_of(protocol).withdrawal,
        public_url=site().settings.public_url,
    )


def _audiences(pack: Pack) -> list[str]:
    """Return who may read a comment, where that is the writer's choice."""
    if not choices_of(pack.round.protocol).show_comments:
        return []
    has_reader = named_in(g.session, pack.study) is not None
    return [audience_word(audience, has_reader=has_reader) for audience in Audience]


def _on_paper(pack: Pack) -> dict[str, Any]:
    sheet = sheet_of(g.session, pack.member, pack.round)
    return {"pack": pack, "chapters": _chapters(pack, sheet), "audiences": _audiences(pack), "n_others": sheet.n_others}


def _chapters(pack: Pack, sheet: Sheet) -> list[dict[str, Any]]:
    """Return the chapters that ask something, as they are read: text, items to read, cards to answer on."""
    feedback = feedback_before(g.session, pack.member, pack.round)
    group = pack.member.group.label
    # As nobody in particular: whoever prints this must not learn which comments the person wrote.
    discussion = discussion_of(g.session, pack.round, NOBODY)
    cards = {
        key: {**_inked(card(asked, sheet, feedback, group, Typed())), **said_of(asked, discussion, pack.round)}
        for key, asked in sheet.asked.items()
    }
    asking = [chapter for chapter in sheet.chapters if sheet.asked_in(chapter)]
    return [{"heading": chapter.heading, "sections": sections_on_paper(chapter, cards, sheet.why)} for chapter in asking]


def _inked(one: Card) -> Card:
    """Return the card with the colours of its bars in the drawings themselves, which a stylesheet does not reach in print."""
    drawn = one["feedback"]
    return {**one, "feedback": drawn and drawn.replace("<svg", BARS).replace('class="band"', BAND)}


def sections_on_paper(chapter: Chapter, cards: dict[str, Card], why: Mapping[str, str] = NO_REASONS) -> list[dict[str, Any]]:
    """Return the sections of a chapter in blocks: text to read, or the card of an item that is asked.

    `why` has the reasons for leaving items out, by key.
    """
    return [{"heading": section.heading, "blocks": list(_blocks(section, cards, why))} for section in chapter.sections]


def _blocks(section: Section, cards: dict[str, Card], why: Mapping[str, str]) -> list[dict[str, Any]]:
    blocks: list[dict[str, Any]] = []
    for block in section.blocks:
        if isinstance(block, Item) and block.key in cards:
            blocks.append({"card": cards[block.key]})
        else:
            text = {"text": render_markdown(block.markdown), "plain": "", "left_out": ""}
            more = {"plain": block.plain, "left_out": why.get(block.key, "")} if isinstance(block, Item) else {}
            blocks.append(text | more)
    if section.rated and section.key in cards:
        blocks.append({"card": cards[section.key]})
    return blocks
