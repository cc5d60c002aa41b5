"""Frozen results: what a closed round concluded, computed once and only read from then on."""

import json
from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from delphi.canonical import canonical_json, sha256
from delphi.errors import ConflictError
from delphi.models import Feedback, Round, RoundMember, RoundResult, RoundStatus, StakeholderGroup
from delphi.services import disclosure
from delphi.services.attributes import release_round
from delphi.services.linking import result_document
from delphi.services.protocol import Choices, choices_of

MOST_KEPT = 64  # frozen documents held parsed, by hash


def freeze_result(session: Session, round_: Round, *, now: datetime) -> RoundResult:
    """Compute what the round concluded, once, from every ballot, and keep it with its hash."""
    document = result_document(session, round_)
    if attributes := release_round(session, round_, choices_of(round_.protocol).policy):
        document |= {"attributes": attributes}
    content = canonical_json(document)
    result = RoundResult(round_id=round_.id, version=1, content=content, sha256=sha256(content), created_at=now)
    session.add(result)
    session.flush()
    return result


def result_of(session: Session, round_: Round) -> RoundResult:
    """Return the round's newest frozen result, or refuse while the round is open."""
    newest = select(RoundResult).where(RoundResult.round_id == round_.id).order_by(RoundResult.version.desc()).limit(1)
    result = session.scalar(newest)
    if result is None:
        raise ConflictError("Round {number} is still open. There are results once it is closed.", number=round_.number)
    return result


def team_view(session: Session, round_: Round) -> disclosure.View:
    """Return what the research team may see of a closed round."""
    result = result_of(session, round_)
    return _team_view(result.sha256, result.content)


def linked_view(session: Session, round_: Round) -> disclosure.View:
    """Return what the team may see of how firm the verdicts are, and of the same people in this round and the one before."""
    result = result_of(session, round_)
    return _linked_view(result.sha256, result.content, choices_of(round_.protocol).policy)


def public_view(session: Session, round_: Round) -> disclosure.View:
    """Return what may be published of a closed round."""
    return _public(result_of(session, round_), round_)


def public_views(session: Session, rounds: Sequence[Round]) -> dict[int, disclosure.View]:
    """Return the same of several rounds, by the round's id."""
    by_id = {round_.id: round_ for round_ in rounds}
    results = session.scalars(select(RoundResult).where(RoundResult.round_id.in_(by_id)).order_by(RoundResult.version))
    newest = {result.round_id: result for result in results}
    return {id_: _public(result, by_id[id_]) for id_, result in newest.items()}


def release_feedback(session: Session, round_: Round) -> None:
    """Write down what each group's members will be shown of the round, and what everybody may be."""
    document = json.loads(result_of(session, round_).content)
    choices = choices_of(round_.protocol)
    groups = session.scalars(
        select(StakeholderGroup).where(
            StakeholderGroup.id.in_(select(RoundMember.group_id).where(RoundMember.round_id == round_.id))
        )
    )
    for group in groups:
        view = disclosure.for_panelists(document, choices.policy, group.label)
        _keep(session, round_, group.id, _as_protocol_says(view, choices))
    _keep(session, round_, None, disclosure.for_publication(document, choices.policy))


def feedback_for(session: Session, round_: Round, group_id: int) -> Feedback | None:
    """Return what members of this group are shown of a published round."""
    return session.scalar(select(Feedback).where(Feedback.round_id == round_.id, Feedback.group_id == group_id))


def feedback_by_round(session: Session, rounds: Sequence[Round], group_id: int) -> dict[int, Feedback]:
    """Return what members of this group are shown of published rounds, by the round's id."""
    ids = [round_.id for round_ in rounds]
    released = session.scalars(select(Feedback).where(Feedback.round_id.in_(ids), Feedback.group_id == group_id))
    return {feedback.round_id: feedback for feedback in released}


def feedback_view(feedback: Feedback) -> disclosure.View:
    """Return the released figures as they were written down; readers must not change them."""
    return frozen_document(feedback.sha256, feedback.content)


def last_published(session: Session, study_id: int, before: int) -> Round | None:
    """Return the latest published round with a number below `before`."""
    return session.scalar(
        select(Round)
        .where(Round.study_id == study_id, Round.number < before, Round.status == RoundStatus.PUBLISHED)
        .order_by(Round.number.desc())
        .limit(1)
    )


def _public(result: RoundResult, round_: Round) -> disclosure.View:
    return _public_view(result.sha256, result.content, choices_of(round_.protocol).policy)


def _as_protocol_says(view: disclosure.View, choices: Choices) -> disclosure.View:
    """Leave out what the protocol's feedback policy does not show."""
    if not choices.show_panel:
        return {**view, "items": []}
    if not choices.show_groups:
        return {**view, "items": [{**item, "groups": []} for item in view["items"]]}
    return view


def _keep(session: Session, round_: Round, group_id: int | None, view: disclosure.View) -> None:
    content = canonical_json(view)
    session.add(Feedback(round_id=round_.id, group_id=group_id, content=content, sha256=sha256(content)))


# Frozen text never changes, so what was parsed once may be kept by its hash. Readers must not change what they get.
@lru_cache(maxsize=MOST_KEPT)
def frozen_document(_sha256: str, content: str) -> dict[str, Any]:
    """Return a frozen text as values."""
    document: dict[str, Any] = json.loads(content)
    return document


@lru_cache(maxsize=MOST_KEPT)
def _team_view(sha: str, content: str) -> disclosure.View:
    return disclosure.for_team(frozen_document(sha, content))


@lru_cache(maxsize=MOST_KEPT)
def _linked_view(sha: str, content: str, policy: disclosure.Policy) -> disclosure.View:
    return disclosure.linked_for_team(frozen_document(sha, content), policy)


@lru_cache(maxsize=MOST_KEPT)
def _public_view(sha: str, content: str, policy: disclosure.Policy) -> disclosure.View:
    return disclosure.for_publication(frozen_document(sha, content), policy)
