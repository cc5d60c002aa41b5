"""The decision meeting: which items of a closed round are still to be settled, and why."""

from dataclasses import dataclass

from sqlalchemy.orm import Session

from delphi.language import marked
from delphi.models import Comment, ItemVersion, Round
from delphi.services.decisions import comments_on, decisions_of, require_closed
from delphi.services.proposals import Proposed, proposals_to_read
from delphi.services.reviewing import asked_items
from delphi.services.rounds import why_open

WHY_PULLED = marked("It was pulled from the round and has no ratings that count.")


@dataclass(frozen=True)
class Unsettled:
    """An item to talk about: as the panel read it, why it is open, what people wrote and which other words they proposed."""

    version: ItemVersion
    why: str
    comments: tuple[Comment, ...]
    proposals: tuple[Proposed, ...]


def unsettled_in(session: Session, round_: Round) -> list[Unsettled]:
    """Return the round's items that the panel has not settled and nobody has decided on yet, in the manual's order.

    What is open follows from published figures alone, as what the next round asks does.
    """
    require_closed(round_)
    why = why_open(session, [round_])
    decided, comments = decisions_of(session, round_), comments_on(session, round_)
    proposals = [one for one in proposals_to_read(session, round_) if one.about is not None]
    return [
        Unsettled(
            version=version,
            why=why.get(version.item.key, WHY_PULLED),
            comments=tuple(comments.get(version.item.key, ())),
            proposals=tuple(one for one in proposals if one.about is not None and one.about.id == version.id),
        )
        for version in asked_items(session, round_)
        if why.get(version.item.key, WHY_PULLED) and version.item.key not in decided
    ]
