"""The second person's word: with it the step is taken, by whoever had asked for it."""

from datetime import datetime

from sqlalchemy.orm import Session

from delphi.errors import ConflictError
from delphi.models import RequestState, Researcher, Round, RoundStep, StepRequest, Study
from delphi.services import rounds, sign_off
from delphi.services.auditing import actor_name
from delphi.services.keyring import Keyring
from delphi.services.researchers import RUN_ROUNDS, roles_in
from delphi.services.studies import find_round


def confirm(
    session: Session, keyring: Keyring, study: Study, request_id: int, *, by: Researcher, actor: str, now: datetime
) -> Round:
    """Give the second word, and take the step at once; whatever stands against the step stands against this too."""
    request = sign_off.waiting_request(session, study, request_id)
    sign_off.require_somebody_else(session, study, request, by)
    asking = session.get_one(Researcher, request.asked_by)
    if not roles_in(session, asking, study) & RUN_ROUNDS:
        raise ConflictError("{address}, who asked for this, runs no rounds any more. Decline it.", address=asking.email)
    sign_off.settle(session, study, request, RequestState.CONFIRMED, "second person confirmed", by, actor, now)
    return _take(session, keyring, study, request, actor_name(asking), now)


def _take(session: Session, keyring: Keyring, study: Study, request: StepRequest, actor: str, now: datetime) -> Round:
    if request.step == RoundStep.OPEN:
        return rounds.open_round(session, keyring, study, actor=actor, now=now, deadline=request.deadline)
    round_ = find_round(session, study, request.round_number)
    if request.step == RoundStep.CLOSE:
        return rounds.close_round(session, study, round_, actor=actor, now=now)
    return rounds.publish_round(session, study, round_, actor=actor, now=now)
