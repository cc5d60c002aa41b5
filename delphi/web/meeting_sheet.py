"""The sheet for the decision meeting: a page for each item that is not settled, with its evidence and boxes to tick."""

from typing import Any

from flask import g

from delphi.models import Action, Round
from delphi.services.drafts import outline_of
from delphi.services.meeting import Unsettled, unsettled_in
from delphi.services.protocol import choices_of
from delphi.services.reviewing import appearances
from delphi.web.access import now
from delphi.web.office.evidence import evidence_of, history_of
from delphi.web.office.words import item_kind_word
from delphi.web.prints import document
from delphi.web.words import gettext


def meeting_sheet_html(round_: Round) -> str:
    """Return the sheet of a closed round as one document that needs no other file."""
    items = unsettled_in(g.session, round_)
    outline = outline_of(g.session, round_.draft)
    return document(
        "paper/meeting.html",
        study=g.study,
        round=round_,
        made=now(),
        choices=choices_of(round_.protocol),
        items=[{**_item(round_, one), "heading": outline.section_of(one.version.item.key).heading} for one in items],
        options=options(),
    )


def options() -> list[tuple[str, str]]:
    """Return what can become of an item, each with what that means."""
    words = {
        Action.KEEP: (gettext("Keep"), gettext("it stays as it is and is not asked again")),
        Action.REWORD: (gettext("Reword"), gettext("new words, rated in the next round")),
        Action.RE_RATE: (gettext("Ask again"), gettext("the same words, once more")),
        Action.SPLIT: (gettext("Split"), gettext("it says two things, so it becomes two items")),
        Action.MERGE: (gettext("Merge"), gettext("another item says it as well; which?")),
        Action.DROP: (gettext("Drop"), gettext("it leaves the manual")),
    }
    return [*words.values(), (gettext("Move"), gettext("it belongs in another section; which?"))]


def _item(round_: Round, one: Unsettled) -> dict[str, Any]:
    """Return what stands on the page of an item."""
    key = one.version.item.key
    return {
        "version": one.version,
        "kind": "" if one.version.item.is_section else item_kind_word(one.version.kind),
        "why": one.why,
        "evidence": evidence_of(round_, key),
        "history": history_of(round_, one.version, appearances(g.session, g.study, key)) if round_.number > 1 else [],
        "comments": one.comments,
        "proposals": one.proposals,
    }
