"""What a study's team has to do next, and why: derived from how far the study is, never stored."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from delphi.models import AuditEntry, Panelist, Round, RoundStatus, Study
from delphi.services.decisions import decisions_of
from delphi.services.drafts import latest_draft, outline_of
from delphi.services.marking import MARKED
from delphi.services.progress import progress_of
from delphi.services.protocol import STABLE, choices_of, current_protocol, is_kept
from delphi.services.results import linked_view
from delphi.services.rounds import Proposal, proposed_items
from delphi.services.studies import rounds_of

REHEARSED = "rehearsal begun"


class Step(StrEnum):
    """The one thing to do next."""

    MARK_ITEMS = "mark the items"
    IMPORT_PANEL = "import the panel"
    CHECK_PROTOCOL = "check the protocol"
    OPEN_ROUND = "open a round"
    WAIT = "wait for answers"
    CLOSE_ROUND = "close the round"
    PUBLISH = "read and publish the results"
    DECIDE = "decide on the items"
    FINISH = "make the final manual"


ADVISED = frozenset({Step.MARK_ITEMS, Step.CHECK_PROTOCOL})  # a round can open without them


@dataclass(frozen=True)
class Standing:
    """How far a study is: the facts that the next step follows from.

    `round` and `status` are those of the newest round (0 and None before the first); `n_completed` is as it was last counted,
    None before it was, for the first time on the day `first_count`, and where it is not told; `n_asked` is what the next round
    would ask, `n_undecided` how many of these are not settled and no one has decided on; `last_round` is None where the protocol
    sets no end. `is_stable` is true where the protocol stops at stable answers, the newest round had them and nothing has been
    reworded or added since.
    """

    is_marked: bool = True
    n_panelists: int = 0
    is_protocol_checked: bool = False
    is_rehearsed: bool = False
    round: int = 0
    status: RoundStatus | None = None
    n_invited: int = 0
    n_completed: int | None = 0
    first_count: datetime | None = None
    is_past_deadline: bool = False
    n_asked: int = 0
    n_undecided: int = 0
    last_round: int | None = 2
    is_stable: bool = False


def next_step(standing: Standing) -> Step:
    """Return what to do next.

    >>> next_step(Standing(n_panelists=12, is_protocol_checked=True))
    <Step.OPEN_ROUND: 'open a round'>
    """
    if standing.status is None and not standing.is_marked:
        return Step.MARK_ITEMS
    if not standing.n_panelists:
        return Step.IMPORT_PANEL
    if standing.status is None:
        return Step.OPEN_ROUND if standing.is_protocol_checked else Step.CHECK_PROTOCOL
    if standing.status is RoundStatus.OPEN:
        is_over = standing.is_past_deadline or (standing.n_completed or 0) >= standing.n_invited
        return Step.CLOSE_ROUND if is_over else Step.WAIT
    if standing.status is RoundStatus.CLOSED:
        return Step.PUBLISH
    if standing.n_undecided:
        return Step.DECIDE
    is_over = standing.is_stable or (standing.last_round is not None and standing.round >= standing.last_round)
    return Step.FINISH if is_over or not standing.n_asked else Step.OPEN_ROUND


def standing_of(session: Session, study: Study, *, now: datetime) -> Standing:
    """Return how far the study is."""
    rounds = rounds_of(session, study)
    newest = rounds[-1] if rounds else None
    everybody = select(func.count()).select_from(Panelist).where(Panelist.study_id == study.id)
    published = newest if newest is not None and newest.status == RoundStatus.PUBLISHED else None
    left = [proposal for proposal in proposed_items(session, study) if proposal.is_asked] if published else []
    choices = choices_of(current_protocol(session, study))
    progress = progress_of(session, newest) if newest is not None else None
    return Standing(
        is_marked=newest is not None or are_items_marked(session, study),
        n_panelists=session.scalar(everybody) or 0,
        is_protocol_checked=is_kept(session, study),
        is_rehearsed=_is_logged(session, study, REHEARSED),
        round=newest.number if newest else 0,
        status=RoundStatus(newest.status) if newest else None,
        n_invited=progress.invited - progress.left if progress else 0,
        n_completed=progress.completed if progress else 0,
        first_count=progress.first_count if progress else None,
        is_past_deadline=newest is not None and now > newest.deadline,
        n_asked=len(left),
        n_undecided=len(_undecided(session, published, left)) if published else 0,
        last_round=choices.last_round,
        is_stable=choices.stopping == STABLE and _has_settled_down(session, published, left),
    )


def are_items_marked(session: Session, study: Study) -> bool:
    """Tell whether somebody has marked what is rated, in the draft or on the site; else each section is rated as a whole."""
    return outline_of(session, latest_draft(session, study)).is_marked or _is_logged(session, study, MARKED)


def _is_logged(session: Session, study: Study, action: str) -> bool:
    saved = select(AuditEntry.id).where(AuditEntry.study_id == study.id, AuditEntry.action == action)
    return session.scalar(saved.limit(1)) is not None


def undecided_in(session: Session, round_: Round) -> frozenset[str]:
    """Return the keys of the items that `Standing.n_undecided` counts, as the results of this round show them.

    Only the newest round has such items, and only once it is published.
    """
    study = session.get_one(Study, round_.study_id)
    if round_.status != RoundStatus.PUBLISHED or round_ is not rounds_of(session, study)[-1]:
        return frozenset()
    return _undecided(session, round_, [proposal for proposal in proposed_items(session, study) if proposal.is_asked])


def _undecided(session: Session, published: Round, left: Sequence[Proposal]) -> frozenset[str]:
    decided, rated = decisions_of(session, published), _rated(published)
    open_ = (one.version for one in left if not one.changed and one.version.id in rated)
    return frozenset(version.item.key for version in open_ if version.item.key not in decided)


def _has_settled_down(session: Session, published: Round | None, left: Sequence[Proposal]) -> bool:
    """Tell whether the stopping rule says so of the newest round, and nothing is left to ask that it did not ask."""
    if published is None:
        return False
    answer, rated = linked_view(session, published)["stopping"], _rated(published)
    return bool(answer and answer["stop"]) and all(one.version.id in rated for one in left)


def _rated(round_: Round) -> set[int]:
    return {item.item_version_id for item in round_.items}
