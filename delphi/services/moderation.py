"""Comments on their way to the panel: judged by their text alone, and released in an order drawn by lot.

One state, `CommentRelease.state`, drives pages, reports and exports: a comment is shown in all of them or in none.
"""

import secrets
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from delphi.database import lock_round_to_save
from delphi.errors import ConflictError, InvalidError, NotFoundError
from delphi.language import marked
from delphi.models import (
    Audience,
    Comment,
    CommentRelease,
    ItemVersion,
    ReleaseState,
    Researcher,
    Round,
    RoundStatus,
    Study,
)
from delphi.services import auditing
from delphi.services.decisions import require_closed, sound_reason
from delphi.services.remarks import clean

NO_REASON = marked("Give the reason in a sentence: the writer reads it.")
SHOWN_ONCE = frozenset({ReleaseState.RELEASED, ReleaseState.RETRACTED})


@dataclass(frozen=True)
class ToRead:
    """A comment as the team reads it: its words, what they are about and who may read them; never whose they are."""

    id: int
    text: str
    audience: Audience
    about: ItemVersion
    release: CommentRelease | None

    @property
    def is_unjudged(self) -> bool:
        return self.audience is not Audience.TEAM and self.release is None


@dataclass(frozen=True)
class Judgement:
    """What is to become of a comment: shown (in the team's words, where its writer asked for that) or withheld, with a reason."""

    state: ReleaseState
    words: str = ""
    reason: str = ""


def comments_to_read(session: Session, round_: Round) -> list[ToRead]:
    """Return what people wrote in a closed round, in an order that tells nothing of who wrote it or when."""
    require_closed(round_)
    rows = session.execute(
        select(Comment, ItemVersion, CommentRelease)
        .join(ItemVersion, ItemVersion.id == Comment.item_version_id)
        .outerjoin(CommentRelease, CommentRelease.comment_id == Comment.id)
        .where(Comment.round_id == round_.id)
        .order_by(Comment.id)  # the ids are random
        .options(selectinload(ItemVersion.item))
    )
    return [
        ToRead(comment.id, comment.text, comment.audience, about, release) for comment, about, release in rows if comment.text
    ]


def n_unjudged(session: Session, round_: Round) -> int:
    """Return how many comments are meant for the panel and nobody has judged so far."""
    return sum(1 for one in comments_to_read(session, round_) if one.is_unjudged)


def judge(
    session: Session,
    study: Study,
    round_: Round,
    comment_id: int,
    judgement: Judgement,
    *,
    version: int,
    by: Researcher | None,
    actor: str,
    now: datetime,
) -> CommentRelease:
    """Keep what is to become of a comment that is meant for the panel; it is shown when the round is published.

    `version` is the judgement's version that the form had shown (0 for none): a newer one is not overwritten.
    """
    comment = _meant_for_panel(session, round_, comment_id)
    release = session.get(CommentRelease, comment.id, populate_existing=True)
    if (release.version if release else 0) != version:
        raise ConflictError("Somebody else has judged this comment meanwhile. Look at what they decided, then decide again.")
    if release is not None and release.state in SHOWN_ONCE:
        raise ConflictError("The panel has been shown this comment. It can be taken back, with a reason.")
    if judgement.state == ReleaseState.APPROVED and round_.status == RoundStatus.PUBLISHED:
        raise ConflictError("The results of round {number} are published, and its comments with them.", number=round_.number)
    text, reason = _sound(comment, judgement)
    if release is None:
        release = CommentRelease(comment_id=comment.id)
        session.add(release)
    release.number, release.state, release.text, release.reason = comment.number, judgement.state, text, reason
    release.decided_by, release.decided_at = (by.id if by else None), now
    session.flush()
    _record(session, study, round_, f"comment {judgement.state}", release, actor, now)
    return release


def retract(
    session: Session,
    study: Study,
    round_: Round,
    comment_id: int,
    reason: str,
    *,
    version: int,
    by: Researcher | None,
    actor: str,
    now: datetime,
) -> CommentRelease:
    """Take back a comment that was shown, with the reason that its writer reads; from now on nothing shows it."""
    comment = _meant_for_panel(session, round_, comment_id)
    release = session.get(CommentRelease, comment.id, populate_existing=True)
    if release is None or release.state != ReleaseState.RELEASED or release.version != version:
        raise ConflictError("This comment is not shown to the panel any more, or somebody else has changed that meanwhile.")
    release.state, release.reason = ReleaseState.RETRACTED, sound_reason(reason, NO_REASON)
    release.decided_by, release.decided_at = (by.id if by else None), now
    session.flush()
    _record(session, study, round_, "comment retracted", release, actor, now)
    return release


def object_to(session: Session, panelist_id: int, comment_id: int, *, objects: bool) -> None:
    """Keep that the writer does not want their comment shown as it stands, or does after all; until it is shown."""
    comment = session.get(Comment, comment_id)
    if comment is None or comment.panelist_id != panelist_id:
        raise NotFoundError("This is not a comment of yours.")
    lock_round_to_save(session, comment.round_id)
    release = session.get(CommentRelease, comment.id, populate_existing=True)
    if release is None or release.state != ReleaseState.APPROVED or _is_published(session, comment.round_id):
        raise ConflictError("The team has changed this meanwhile. Look at what it says now.")
    release.has_objection = objects
    session.flush()


def release_comments(session: Session, study: Study, round_: Round, *, actor: str, now: datetime) -> int:
    """Show the panel what was approved and nobody objected to, all at once, each at a place drawn by lot; return how many."""
    approved = session.execute(
        select(CommentRelease, Comment)
        .join(Comment, Comment.id == CommentRelease.comment_id)
        .where(Comment.round_id == round_.id, CommentRelease.state == ReleaseState.APPROVED)
    )
    ready = [release for release, comment in approved if not release.has_objection and release.number == comment.number]
    secrets.SystemRandom().shuffle(ready)
    for position, release in enumerate(ready, start=1):
        release.state, release.position = ReleaseState.RELEASED, position
    session.flush()
    if ready:
        detail = {"round": round_.number, "comments": len(ready)}
        auditing.record(session, study, "comments released", actor=actor, now=now, detail=detail)
    return len(ready)


def _meant_for_panel(session: Session, round_: Round, comment_id: int) -> Comment:
    """Return the comment, held as it is while the round neither closes nor is published."""
    lock_round_to_save(session, round_.id)
    session.refresh(round_)
    require_closed(round_)
    comment = session.get(Comment, comment_id)
    if comment is None or comment.round_id != round_.id or not comment.text:
        raise NotFoundError("Round {number} has no such comment.", number=round_.number)
    if comment.audience is Audience.TEAM:
        raise ConflictError("Its writer means this comment for the team alone, so it cannot be shown to the panel.")
    return comment


def _sound(comment: Comment, judgement: Judgement) -> tuple[str, str]:
    """Return the words that are shown and the reason for showing none, or refuse what does not fit the writer's choice."""
    if judgement.state == ReleaseState.WITHHELD:
        return comment.text, sound_reason(judgement.reason, NO_REASON)
    if judgement.state != ReleaseState.APPROVED:
        raise InvalidError("A comment is either shown when the round is published, or withheld.")
    words = clean(judgement.words)
    if comment.audience is Audience.VERBATIM:
        if words not in ("", comment.text):
            raise InvalidError("Its writer wants this comment shown in their own words. Show it as it is, or withhold it.")
        return comment.text, ""
    if not words or words == comment.text:
        raise InvalidError("Its writer wants this comment in other words. Write them, or withhold it.")
    return words, ""


def _is_published(session: Session, round_id: int) -> bool:
    return session.get_one(Round, round_id, populate_existing=True).status == RoundStatus.PUBLISHED


def _record(
    session: Session, study: Study, round_: Round, action: str, release: CommentRelease, actor: str, now: datetime
) -> None:
    texts = {"text": release.text} | ({"reason": release.reason} if release.reason else {})
    detail = {"round": round_.number, "comment": str(release.comment_id)}
    auditing.record(session, study, action, actor=actor, now=now, detail=detail, texts=texts)
