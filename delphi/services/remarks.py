"""What a panelist writes beside the ratings: comments, with who may read them, and other words for an item.

A text is never silently written over one that was changed elsewhere since the form was loaded: both are given back.
"""

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from delphi.errors import InvalidError
from delphi.language import marked
from delphi.models import Audience, Comment, CommentVersion, ItemVersion, Proposal, ProposalVersion, RoundMember
from delphi.services.ballots import Questionnaire

LONGEST_TEXT = 4000
COMMENT, WORDING = "comment", "wording"  # the two boxes of a card, as their fields are called
OTHER_ROUND = marked("This form belongs to another round. Open the section again; nothing was changed.")


@dataclass(frozen=True)
class Remark:
    """What a box brought: its text, the number of the version that the form had shown (0 for none), and who may read it.

    A text or an audience of None stays as the form had shown it. One that a page sent by itself `is_meant` even where it equals
    what was shown there; of a whole form, such a text is one that nobody touched.
    """

    text: str | None
    seen: int = 0
    audience: Audience | None = None
    is_meant: bool = False


@dataclass(frozen=True)
class Clash:
    """A text that was changed elsewhere since the form was loaded; it was not saved, and both are shown."""

    box: str
    item_key: str
    mine: str
    theirs: str
    theirs_number: int
    theirs_audience: Audience | None = None


@dataclass(frozen=True)
class Written:
    """What saving texts came to: the items whose text or audience changed, and the clashes."""

    saved: tuple[str, ...]
    clashes: tuple[Clash, ...]


def comments_of(session: Session, member: RoundMember) -> dict[int, Comment]:
    """Return one panelist's comments in one round by item version; taken-back ones too, with an empty text."""
    mine = select(Comment).where(Comment.round_id == member.round_id, Comment.panelist_id == member.panelist_id)
    return {comment.item_version_id: comment for comment in session.scalars(mine)}


def wordings_of(session: Session, member: RoundMember) -> dict[int, Proposal]:
    """Return the other words that one panelist proposed in one round, by item version; taken-back ones too."""
    mine = select(Proposal).where(
        Proposal.round_id == member.round_id,
        Proposal.panelist_id == member.panelist_id,
        Proposal.item_version_id.is_not(None),
    )
    return {proposal.item_version_id: proposal for proposal in session.scalars(mine) if proposal.item_version_id is not None}


def save_comments(session: Session, member: RoundMember, questionnaire: Questionnaire, remarks: Mapping[str, Remark]) -> Written:
    """Keep the comments that differ from what their form had shown; a change of audience alone is a new version too."""
    mine = comments_of(session, member) if remarks else {}
    saved, clashes = [], []
    for version, remark in _about(questionnaire, remarks):
        require_audience(questionnaire, remark.audience)
        key, comment = version.item.key, mine.get(version.id)
        shown, stands = _said(comment, remark.seen), _said(comment, comment.number if comment else 0)
        text = shown[0] if remark.text is None else clean(remark.text)
        if any((text, remark.audience or said[1]) == said for said in ((stands,) if remark.is_meant else (shown, stands))):
            continue
        if comment is not None and comment.number != remark.seen:
            clashes.append(Clash(COMMENT, key, text, stands[0], comment.number, stands[1]))
            continue
        if comment is None:
            comment = Comment(round_id=member.round_id, panelist_id=member.panelist_id, item_version_id=version.id)
            session.add(comment)
        audience = remark.audience or stands[1]
        comment.versions.append(CommentVersion(number=len(comment.versions) + 1, text=text, audience=audience))
        saved.append(key)
    session.flush()
    return Written(tuple(saved), tuple(clashes))


def save_wordings(session: Session, member: RoundMember, questionnaire: Questionnaire, remarks: Mapping[str, Remark]) -> Written:
    """Keep the other words for items that differ from what their form had shown; emptied ones are taken back."""
    mine = wordings_of(session, member) if remarks else {}
    saved, clashes = [], []
    for version, remark in _about(questionnaire, remarks):
        if version.item.is_section:
            raise InvalidError("This item is a whole section. Say in a comment what you would change in it.")
        key, proposal, text = version.item.key, mine.get(version.id), clean(remark.text or "")
        stands = proposal.text if proposal else ""
        if text == stands or (text == _text_at(proposal, remark.seen) and not remark.is_meant):
            continue
        if proposal is not None and proposal.number != remark.seen:
            clashes.append(Clash(WORDING, key, text, stands, proposal.number))
            continue
        if proposal is None:
            proposal = Proposal(round_id=member.round_id, panelist_id=member.panelist_id, item_version_id=version.id)
            session.add(proposal)
        proposal.versions.append(ProposalVersion(number=len(proposal.versions) + 1, text=text))
        saved.append(key)
    session.flush()
    return Written(tuple(saved), tuple(clashes))


def require_audience(questionnaire: Questionnaire, audience: Audience | None) -> None:
    """Refuse a comment meant for the panel in a study that shows the panel none."""
    if audience not in (None, Audience.TEAM) and not questionnaire.choices.show_comments:
        raise InvalidError("This study shows no comments to the panel, so this one can only go to the team.")


def clean(text: str) -> str:
    """Return the text as it is kept, without what cannot be seen or stored; refuse one that is too long."""
    # Half an emoji, as a cut JSON escape leaves it, cannot be stored; what stands in for it can be seen and mended.
    storable = text.encode("utf-8", "replace").decode().replace("\r\n", "\n").replace("\r", "\n")
    visible = "".join(one for one in storable if one in "\n\t" or unicodedata.category(one) != "Cc")
    kept = visible.strip()
    if len(kept) > LONGEST_TEXT:
        raise InvalidError(
            "A text here has at most {most} characters; this one has {n}. Shorten it, or split it between items.",
            most=LONGEST_TEXT,
            n=len(kept),
        )
    return kept


def _about(questionnaire: Questionnaire, remarks: Mapping[str, Remark]) -> list[tuple[ItemVersion, Remark]]:
    versions = {version.item.key: version for version in questionnaire.items}
    if not remarks.keys() <= versions.keys():
        raise InvalidError(OTHER_ROUND)
    return [(versions[key], remark) for key, remark in remarks.items()]


def _said(comment: Comment | None, number: int) -> tuple[str, Audience]:
    """Return text and audience of one version of a comment, or those of a box that nobody has touched."""
    for version in comment.versions if comment else ():
        if version.number == number:
            return version.text, Audience(version.audience)
    return "", Audience.TEAM


def _text_at(proposal: Proposal | None, number: int) -> str:
    return next((version.text for version in (proposal.versions if proposal else ()) if version.number == number), "")
