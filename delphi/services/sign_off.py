"""A second person's word where the protocol asks for it: what is asked for, declined and taken back.

The step itself happens when it is confirmed (`services.signing`). Whoever tries to take it otherwise, from a page, the command
line or a schedule, meets the same refusal here.
"""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from delphi.database import lock_row
from delphi.errors import ConflictError, ForbiddenError, InvalidError, NotFoundError
from delphi.language import marked
from delphi.models import MailKind, RequestState, Researcher, Round, RoundStatus, RoundStep, StepRequest, Study, StudyRole
from delphi.services import auditing
from delphi.services.outbox import queue_staff_mail
from delphi.services.protocol import NOT_ALONE, choices_of, current_protocol
from delphi.services.researchers import RUN_ROUNDS, require_any, roles_in
from delphi.services.studies import rounds_of

LONGEST_REASON = 1000
STEP_WORDS = {
    RoundStep.OPEN: marked("opening a round"),
    RoundStep.CLOSE: marked("closing a round"),
    RoundStep.PUBLISH: marked("publishing its results"),
}


def needs_second(session: Session, study: Study, step: RoundStep) -> bool:
    """Tell whether the protocol asks a second person's word for this step."""
    return step in choices_of(current_protocol(session, study)).sign_off


def require_second(session: Session, study: Study, step: RoundStep, number: int) -> None:
    """Refuse the step unless the protocol lets one person take it, or a second person has just confirmed it."""
    if needs_second(session, study, step) and _found(session, study, step, number, RequestState.CONFIRMED) is None:
        raise ConflictError(NOT_ALONE[step], number=number)


def ask(
    session: Session,
    study: Study,
    step: RoundStep,
    *,
    by: Researcher,
    actor: str,
    now: datetime,
    deadline: datetime | None = None,
) -> StepRequest:
    """Ask the others who run rounds to confirm this step; they are told by mail."""
    lock_row(session, study)
    require_any(roles_in(session, by, study), RUN_ROUNDS)
    if not needs_second(session, study, step):
        raise ConflictError("The protocol asks no second person's word for this. Take the step yourself.")
    if waiting_in(session, study) is not None:
        raise ConflictError("A step waits for a second person's word already. It has to be settled first.")
    number = _number_of(rounds_of(session, study), step)
    others = _others(session, study, by)
    if not others:
        raise ConflictError("Nobody else runs rounds in this study, so nobody could confirm it. Invite somebody under Team.")
    request = StepRequest(study_id=study.id, step=step, round_number=number, deadline=deadline, asked_by=by.id, asked_at=now)
    session.add(request)
    session.flush()
    for other in others:
        queue_staff_mail(session, study, other, MailKind.STEP_TO_CONFIRM, now=now, occasion=str(request.id))
    _record(session, study, "second person asked", request, actor, now)
    return request


def waiting_in(session: Session, study: Study) -> StepRequest | None:
    """Return the step that waits for a second person's word; there is at most one in a study."""
    mine = select(StepRequest).where(StepRequest.study_id == study.id, StepRequest.state == RequestState.WAITING)
    return session.scalar(mine.limit(1))


def waiting_request(session: Session, study: Study, request_id: int) -> StepRequest:
    """Return the study's request of that number, as long as nobody has settled it."""
    lock_row(session, study)
    request = session.get(StepRequest, request_id, populate_existing=True)
    if request is None or request.study_id != study.id:
        raise NotFoundError("There is no such request in this study.")
    if request.state != RequestState.WAITING:
        raise ConflictError("This request is settled already.")
    return request


def decline(session: Session, study: Study, request_id: int, reason: str, *, by: Researcher, actor: str, now: datetime) -> None:
    """Refuse to confirm the step, and say why; everything stays as it is."""
    request = waiting_request(session, study, request_id)
    require_somebody_else(session, study, request, by)
    if not reason.strip() or len(reason) > LONGEST_REASON:
        raise InvalidError("Say why in 1 to {most} characters. It goes into the log.", most=LONGEST_REASON)
    settle(session, study, request, RequestState.DECLINED, "second person declined", by, actor, now, reason.strip())


def take_back(session: Session, study: Study, request_id: int, *, by: Researcher, actor: str, now: datetime) -> None:
    """Let whoever has asked take the request back."""
    request = waiting_request(session, study, request_id)
    if request.asked_by != by.id:
        raise ForbiddenError("Only who has asked can take the request back. You can decline it.")
    settle(session, study, request, RequestState.WITHDRAWN, "request to second person taken back", by, actor, now)


def undo_confirmed(session: Session, study: Study, step: RoundStep, number: int) -> None:
    """Let a confirmation count no longer, as its step was taken back: the same step needs a new one."""
    confirmed = _found(session, study, step, number, RequestState.CONFIRMED)
    if confirmed is not None:
        confirmed.state = RequestState.UNDONE
        session.flush()


def require_somebody_else(session: Session, study: Study, request: StepRequest, by: Researcher) -> None:
    """Refuse whoever may not give the second word: without the role, or who has asked for it."""
    require_any(roles_in(session, by, study), RUN_ROUNDS)
    if request.asked_by == by.id:
        raise ForbiddenError("You have asked for this, so somebody else has to give the second word.")


def settle(
    session: Session,
    study: Study,
    request: StepRequest,
    state: RequestState,
    action: str,
    by: Researcher,
    actor: str,
    now: datetime,
    reason: str = "",
) -> None:
    """Keep what became of a request, and who settled it."""
    request.state, request.settled_by, request.settled_at, request.reason = state, by.id, now, reason
    session.flush()
    _record(session, study, action, request, actor, now)


def _number_of(rounds: list[Round], step: RoundStep) -> int:
    """Return the number of the round that the step would move, or say why none can be moved so."""
    newest = rounds[-1] if rounds else None
    if step is RoundStep.OPEN:
        if newest is not None and newest.status != RoundStatus.PUBLISHED:
            raise ConflictError(
                "Round {number} is not published yet. Close it and publish its results before the next one opens.",
                number=newest.number,
            )
        return len(rounds) + 1
    if newest is None:
        raise ConflictError("No round has been opened yet.")
    if step is RoundStep.CLOSE and newest.status != RoundStatus.OPEN:
        raise ConflictError("Round {number} is already closed.", number=newest.number)
    if step is RoundStep.PUBLISH:
        newest.require_publishable()
    return newest.number


def _others(session: Session, study: Study, by: Researcher) -> list[Researcher]:
    running = select(StudyRole.researcher_id).where(
        StudyRole.study_id == study.id, StudyRole.role.in_([str(role) for role in RUN_ROUNDS]), StudyRole.researcher_id != by.id
    )
    return list(session.scalars(select(Researcher).where(Researcher.id.in_(running)).order_by(Researcher.id)))


def _found(session: Session, study: Study, step: RoundStep, number: int, state: RequestState) -> StepRequest | None:
    return session.scalar(
        select(StepRequest)
        .where(
            StepRequest.study_id == study.id,
            StepRequest.step == step,
            StepRequest.round_number == number,
            StepRequest.state == state,
        )
        .limit(1)
    )


def _record(session: Session, study: Study, action: str, request: StepRequest, actor: str, now: datetime) -> None:
    detail = {"step": request.step, "round": request.round_number}
    texts = {"reason": request.reason} if request.reason else None
    auditing.record(session, study, action, actor=actor, now=now, detail=detail, texts=texts)
